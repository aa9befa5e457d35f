//! The folder: what is kept, who may have it, and how one that cannot be used is refused.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::fs;
use std::path::{Path, PathBuf};

use chatcore::store::{KeyValue, KvWrite, Range, Store};
use chatcore_sled::{FolderLock, SledOptions, SledStore};
use futures::executor::block_on;
use tempfile::TempDir;

fn scratch() -> (TempDir, PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chat");
    (folder, path)
}

fn open(options: impl Into<SledOptions>) -> SledStore {
    block_on(SledStore::open(options)).unwrap()
}

fn refusal(options: impl Into<SledOptions>) -> String {
    let Err(error) = block_on(SledStore::open(options)) else { panic!("it was opened") };
    whole_message(&error)
}

fn whole_message(error: &dyn std::error::Error) -> String {
    let source = error.source().map(whole_message).unwrap_or_default();
    format!("{error}: {source}")
}

fn write(store: &SledStore, n: u32) {
    let pair = KvWrite::Put { key: n.to_be_bytes().to_vec(), value: vec![1; 5000] };
    block_on(store.inner().apply(vec![pair])).unwrap();
}

fn count(store: &SledStore) -> usize {
    let all = Range { start: Vec::new(), end: None, reverse: false };
    block_on(store.inner().scan(all, usize::MAX)).unwrap().len()
}

#[test]
fn a_store_is_found_again_whether_it_was_closed_or_dropped() {
    let (_folder, path) = scratch();
    for n in 0..4 {
        let store = open(&path);
        assert!(store.is_exclusive());
        assert_eq!(count(&store), n as usize);
        write(&store, n);
        if n % 2 == 0 {
            block_on(store.close());
        }
    }
}

#[test]
fn a_second_store_on_the_same_folder_is_refused() {
    let (folder, path) = scratch();
    let store = open(&path);
    #[cfg(unix)]
    std::os::unix::fs::symlink(&path, folder.path().join("link")).unwrap();
    for name in ["chat", "link"] {
        let message = refusal(folder.path().join(name));
        assert!(message.contains("in use by another process"), "{message}");
    }
    block_on(store.close());
    open(&path);
}

#[test]
fn a_lock_keeps_a_folder_when_the_store_under_it_is_closed() {
    let (folder, path) = scratch();
    let lock = FolderLock::take(&path).unwrap();
    let under = || SledOptions::folder(&path).under(&lock);
    for n in 0..2 {
        let store = open(under());
        write(&store, n);
        block_on(store.close());
        let message = refusal(&path);
        assert!(message.contains("in use by another process"), "{message}");
    }
    let elsewhere = SledOptions::folder(folder.path().join("other")).under(&lock);
    assert!(refusal(elsewhere).contains("the lock is that of another folder"));
    assert!(FolderLock::take(&path).is_err());
    // the folder is another one, and the name is still theirs
    fs::rename(&path, folder.path().join("before")).unwrap();
    let message = refusal(&path);
    assert!(message.contains("in use by another process"), "{message}");
    drop(lock);
    assert_eq!(count(&open(folder.path().join("before"))), 2);
}

#[cfg(unix)]
#[test]
fn a_new_folder_is_private() {
    use std::os::unix::fs::PermissionsExt;
    let (folder, path) = scratch();
    let path = path.join("deep");
    let store = open(&path);
    write(&store, 1);
    let mode = |path: &Path| fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&path), 0o700);
    assert_eq!(mode(&folder.path().join("chat")), 0o700);
    for name in ["db", "layout", "reserve"] {
        assert_eq!(mode(&path.join(name)), 0o600, "{name}");
    }
    assert_eq!(mode(&folder.path().join("chat").join("deep.lock")), 0o600);
}

#[test]
fn partial_snapshots_are_removed() {
    let (_folder, path) = scratch();
    let store = open(&path);
    write(&store, 1);
    block_on(store.close());
    let partial = path.join("snap.FFFFFFFFFFFFFFFF.generating");
    fs::write(&partial, "cut sho").unwrap();
    let store = open(&path);
    assert_eq!(count(&store), 1);
    assert!(!partial.exists());
}

/// What a kill leaves behind at any moment before the new database was ready.
#[test]
fn a_beginning_that_was_cut_short_is_begun_again() {
    let conf = b"segment_size: 524288\nuse_com".as_slice();
    let begun: [&[(&str, &[u8])]; 4] = [
        &[("conf", conf)],
        &[("conf", b""), ("db", b"")],
        &[("conf", conf), ("db", b""), ("layout.new", b"chat"), ("reserve", b"x")],
        &[("snap.0000000000000000.generating", b"x")],
    ];
    for files in begun {
        let (_folder, path) = scratch();
        fs::create_dir_all(path.join("blobs")).unwrap();
        for (name, bytes) in files {
            fs::write(path.join(name), bytes).unwrap();
        }
        let store = open(&path);
        write(&store, 1);
        block_on(store.close());
        assert_eq!(count(&open(&path)), 1);
    }
    // everything was there but the label
    let (_folder, path) = scratch();
    block_on(open(&path).close());
    fs::remove_file(path.join("layout")).unwrap();
    open(&path);
    assert!(path.join("layout").exists());
}

#[test]
fn folders_that_are_not_ours_are_refused_and_left_alone() {
    let (folder, path) = scratch();
    fs::create_dir(&path).unwrap();
    fs::write(path.join("letter.txt"), "Dear reader").unwrap();
    let message = refusal(&path);
    assert!(message.contains("letter.txt"), "{message}");
    assert_eq!(fs::read_dir(&path).unwrap().count(), 1);
    let message = refusal(path.join("letter.txt"));
    assert!(message.contains("letter.txt"), "{message}");

    let theirs = folder.path().join("theirs");
    sled::open(&theirs).unwrap().insert("their", "data").unwrap();
    let message = refusal(&theirs);
    assert!(message.contains("another program"), "{message}");
    assert_eq!(sled::open(&theirs).unwrap().len(), 1);

    let tree = folder.path().join("tree");
    sled::open(&tree).unwrap().open_tree("theirs").unwrap();
    let message = refusal(&tree);
    assert!(message.contains("another program"), "{message}");

    let missing = SledOptions::folder(folder.path().join("missing")).create(false);
    let message = refusal(missing);
    assert!(message.contains("missing") && message.contains("No such file"), "{message}");
    let empty = folder.path().join("empty");
    fs::create_dir(&empty).unwrap();
    let message = refusal(SledOptions::folder(&empty).create(false));
    assert!(message.contains("no database"), "{message}");
}

#[test]
fn a_newer_layout_is_refused() {
    let (_folder, path) = scratch();
    block_on(open(&path).close());
    let label = fs::read_to_string(path.join("layout")).unwrap();
    assert_eq!(label, "chatcore-sled 1\n");
    fs::write(path.join("layout"), "chatcore-sled 2\n").unwrap();
    let message = refusal(&path);
    assert!(message.contains("version 2, newer than this program"), "{message}");
    // and if only the data says so
    fs::write(path.join("layout"), &label).unwrap();
    sled::open(&path).unwrap().insert([0], b"chatcore-sled 2").unwrap();
    let message = refusal(&path);
    assert!(message.contains("version 2, newer than this program"), "{message}");
}

/// Damage is an error, not a panic, and never a store that looks empty.
#[test]
fn damaged_databases_are_refused() {
    let damages: [fn(&Path); 5] = [
        |path| fs::remove_file(path.join("db")).unwrap(),
        |path| fs::write(path.join("db"), "").unwrap(),
        |path| fs::write(path.join("db"), vec![0xa5; 2_000_000]).unwrap(),
        |path| fs::write(path.join("conf"), vec![0xa5; 100]).unwrap(),
        |path| fs::write(path.join("snap.7FFFFFFFFFFFFFFF"), vec![0xa5; 100]).unwrap(),
    ];
    for damage in damages {
        let (_folder, path) = scratch();
        let store = open(&path);
        for n in 0..200 {
            write(&store, n);
        }
        block_on(store.close());
        damage(&path);
        let message = refusal(&path);
        assert!(message.contains("chat"), "{message}");
        // and again: the failed attempt let go of everything, and made nothing better or worse
        let message = refusal(&path);
        assert!(!message.contains("in use"), "{message}");
    }
}
