//! What the store of `03_custom_store` promises beside what every store does: about its file, and what becomes of it.

#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

#[path = "../examples/03_custom_store/json_lines/mod.rs"]
mod json_lines;

use std::fs;
use std::path::{Path, PathBuf};

use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, StoreErrorKind};
use futures::executor::block_on;
use json_lines::JsonLines;

type Pairs = Vec<(Vec<u8>, Vec<u8>)>;

fn put(key: &[u8], value: &[u8]) -> KvWrite {
    KvWrite::Put { key: key.to_vec(), value: value.to_vec() }
}

fn delete(key: &[u8]) -> KvWrite {
    KvWrite::Delete { key: key.to_vec() }
}

fn open(path: &Path) -> DoorStore<JsonLines> {
    block_on(JsonLines::open(path)).unwrap()
}

fn write(store: &DoorStore<JsonLines>, writes: Vec<KvWrite>) {
    block_on(store.inner().apply(writes)).unwrap();
}

fn content(store: &DoorStore<JsonLines>) -> Pairs {
    block_on(store.inner().scan(Range { start: Vec::new(), end: None, reverse: false }, usize::MAX)).unwrap()
}

/// Why the file cannot be opened, with its cause.
fn refusal(path: &Path) -> (StoreErrorKind, String) {
    let error = block_on(JsonLines::open(path)).err().unwrap();
    let cause = std::error::Error::source(&error).unwrap().to_string();
    (error.kind().clone(), format!("{error}: {cause}"))
}

/// Groups that overwrite, delete, and hold every byte; what is there after each; and how long the file is.
fn three_groups(path: &Path) -> (Vec<Pairs>, Vec<usize>) {
    let all: Vec<u8> = (0..=u8::MAX).collect();
    let groups = [
        vec![put(b"a", b"1"), put(b"b", b""), put(&all, &all)],
        vec![delete(b"a"), put(b"b", b"2\n"), delete(b"nobody")],
        vec![put(b"a", b"{\"newer\":true}\n"), delete(&all), put(b"c", &[b'c'; 40])],
    ];
    let store = open(path);
    let length = || usize::try_from(fs::metadata(path).unwrap().len()).unwrap();
    let (mut contents, mut lengths) = (vec![content(&store)], vec![length()]);
    for group in groups {
        write(&store, group);
        contents.push(content(&store));
        lengths.push(length());
    }
    (contents, lengths)
}

struct File {
    folder: tempfile::TempDir,
}

impl File {
    fn new() -> Self {
        Self { folder: tempfile::tempdir().unwrap() }
    }

    fn path(&self) -> PathBuf {
        self.folder.path().join("store.jsonl")
    }
}

#[test]
fn a_file_that_ends_anywhere_in_its_last_line_holds_the_groups_before() {
    let file = File::new();
    let (contents, lengths) = three_groups(&file.path());
    let whole = fs::read(file.path()).unwrap();
    assert_eq!((whole.len(), contents[3].len()), (lengths[3], 3));
    for length in lengths[2]..=lengths[3] {
        fs::write(file.path(), &whole[..length]).unwrap();
        let store = open(&file.path());
        let expected = if length == lengths[3] { &contents[3] } else { &contents[2] };
        assert_eq!(content(&store), *expected, "cut off at {length}");
        // and it goes on from there
        write(&store, vec![put(b"next", b"group")]);
        let grown = content(&store);
        drop(store);
        assert_eq!((grown.len(), content(&open(&file.path()))), (expected.len() + 1, grown), "cut off at {length}");
    }
}

#[test]
fn a_last_line_of_which_a_part_never_reached_the_disk_is_cut_off() {
    let file = File::new();
    let (contents, lengths) = three_groups(&file.path());
    let whole = fs::read(file.path()).unwrap();
    for at in lengths[2]..lengths[3] {
        let mut bytes = whole.clone();
        bytes[at] = 0;
        fs::write(file.path(), bytes).unwrap();
        assert_eq!(content(&open(&file.path())), contents[2], "a zero at {at}");
        assert_eq!(fs::read(file.path()).unwrap(), whole[..lengths[2]]);
    }
}

#[test]
fn a_damaged_line_in_the_middle_is_named_and_nothing_is_cut_off() {
    let file = File::new();
    let (_, lengths) = three_groups(&file.path());
    let whole = fs::read(file.path()).unwrap();
    for at in 0..lengths[2] {
        let mut bytes = whole.clone();
        bytes[at] ^= 1;
        fs::write(file.path(), &bytes).unwrap();
        let line = 1 + lengths.iter().filter(|end| **end <= at).count();
        let (kind, text) = refusal(&file.path());
        assert_eq!(kind, StoreErrorKind::Corrupt, "{text}");
        assert!(text.contains(&format!("line {line} is damaged")), "byte {at}, line {line}: {text}");
        assert_eq!(fs::read(file.path()).unwrap(), bytes);
    }
}

#[test]
fn somebody_elses_file_is_left_alone() {
    let file = File::new();
    for text in ["", "notes", "notes\n", "{\"store\":\"json lines\",\"version\":2}\n", "{\"store\":\"json lin"] {
        fs::write(file.path(), text).unwrap();
        let (kind, why) = refusal(&file.path());
        assert_eq!(kind, StoreErrorKind::Corrupt, "{why}");
        assert_eq!(fs::read_to_string(file.path()).unwrap(), text);
    }
}

#[test]
fn a_line_that_only_a_newer_program_understands_is_not_cut_off() {
    let file = File::new();
    drop(three_groups(&file.path()));
    let body = "{\"blobs\":[]";
    let line = format!("{body},\"sum\":\"{:08x}\"}}\n", crc32fast::hash(body.as_bytes()));
    let bytes = [fs::read(file.path()).unwrap(), line.into_bytes()].concat();
    fs::write(file.path(), &bytes).unwrap();
    let (kind, text) = refusal(&file.path());
    assert_eq!((kind, text.contains("line 5 is damaged")), (StoreErrorKind::Corrupt, true), "{text}");
    assert_eq!(fs::read(file.path()).unwrap(), bytes);
}

#[test]
fn one_store_at_a_time_has_the_file() {
    let file = File::new();
    let first = open(&file.path());
    let (kind, text) = refusal(&file.path());
    assert_eq!(kind, StoreErrorKind::Unavailable);
    assert!(text.contains("another store may have it open"), "{text}");
    write(&first, vec![put(b"a", b"1")]);
    drop(first);
    assert_eq!(content(&open(&file.path())), [(b"a".to_vec(), b"1".to_vec())]);
}

#[test]
fn a_file_that_is_mostly_garbage_is_written_anew_and_no_other() {
    let file = File::new();
    let length = || fs::metadata(file.path()).unwrap().len();
    let store = open(&file.path());
    for round in 0..10_u8 {
        write(
            &store,
            (0..100).map(|key| put(&[key], &[round; 50])).chain([put(&[round, 1], b""), delete(&[7])]).collect(),
        );
    }
    let (before, expected) = (length(), content(&store));
    drop(store);
    // what a crash left of an earlier try is no obstacle
    fs::write(file.path().with_added_extension("new"), "a part of").unwrap();
    let store = open(&file.path());
    assert_eq!((content(&store), expected.len()), (expected.clone(), 109));
    let after = length();
    assert!(after < before / 5, "{before} bytes became {after}");
    // the new file is the one that is locked, written and read from now on
    assert_eq!(refusal(&file.path()).0, StoreErrorKind::Unavailable);
    write(&store, vec![delete(&[0])]);
    drop(store);
    let written = fs::read(file.path()).unwrap();
    assert_eq!(
        content(&open(&file.path())),
        expected[1..].iter().filter(|(key, _)| *key != [0]).cloned().collect::<Pairs>()
    );
    assert_eq!(fs::read(file.path()).unwrap(), written, "it was written anew without need");
}

/// The other half of the test below, in a process of its own, whose files may not grow beyond some kilobytes.
#[test]
#[ignore = "runs as a child of `a_full_disk_leaves_nothing_behind`"]
fn full_disk() {
    let path = PathBuf::from(std::env::var_os("CHATCORE_TEST_FILE").unwrap());
    let store = open(&path);
    let mut kept = Vec::new();
    let error = loop {
        let key = u32::try_from(kept.len()).unwrap().to_be_bytes();
        match block_on(store.inner().apply(vec![put(&key, &[1; 1000]), put(b"last", &key)])) {
            Ok(()) => kept.push(key),
            Err(error) => break error,
        }
    };
    assert_eq!(*error.kind(), StoreErrorKind::NotApplied, "{error}");
    assert!(kept.len() > 2, "{error}");
    // what was there is there, and what fits is taken
    assert_eq!(content(&store).len(), kept.len() + 1);
    let last = block_on(store.inner().get_many(vec![b"last".to_vec()])).unwrap();
    assert_eq!(last, [kept.last().map(|key| key.to_vec())]);
    write(&store, vec![put(b"small", b"1")]);
}

#[cfg(unix)]
#[test]
fn a_full_disk_leaves_nothing_behind() {
    let file = File::new();
    let limited = std::process::Command::new("sh")
        .args(["-c", "trap '' XFSZ; ulimit -f 20 && exec \"$0\" --exact full_disk --ignored"])
        .arg(std::env::current_exe().unwrap())
        .env("CHATCORE_TEST_FILE", file.path())
        .output()
        .unwrap();
    let said = String::from_utf8_lossy(&limited.stdout);
    assert!(limited.status.success() && said.contains("1 passed"), "{said}");
    let bytes = fs::read(file.path()).unwrap();
    let kept = content(&open(&file.path()));
    assert_eq!(fs::read(file.path()).unwrap(), bytes, "there was something to cut off");
    assert_eq!(kept.last().map(|(key, _)| key.as_slice()), Some(b"small".as_slice()));
}
