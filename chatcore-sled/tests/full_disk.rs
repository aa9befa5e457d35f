//! A disk that is full: nothing that was answered is lost, reads go on, and so does writing when there is room again.
//!
//! The disk is a small one in memory, which takes root to mount; without, the tests are skipped, and counted so.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::BTreeMap;
use std::fs;
use std::io::Write;
use std::path::{Path, PathBuf};
use std::process::Command;

use chatcore::StoreError;
use chatcore::store::{KeyValue, KvWrite, OpenKeyValue, Range, StoreErrorKind};
use chatcore_sled::{SledMap, SledOptions};
use futures::executor::block_on;
use libtest_mimic::{Arguments, Trial};
use tempfile::TempDir;

/// 16 MiB, gone with the value.
struct SmallDisk(TempDir);

impl SmallDisk {
    fn mount() -> Option<Self> {
        let folder = tempfile::tempdir().unwrap();
        let mounted =
            Command::new("mount").args(["-t", "tmpfs", "-o", "size=16m", "tmpfs"]).arg(folder.path()).output();
        mounted.is_ok_and(|output| output.status.success()).then_some(Self(folder))
    }

    fn path(&self) -> PathBuf {
        self.0.path().join("chat")
    }

    /// Takes room away.
    fn fill(&self, bytes: usize) {
        fs::write(self.0.path().join("filler"), vec![1; bytes]).unwrap();
    }

    /// Takes all room away but 1 MiB, in which sled can tidy its pages.
    fn fill_up(&self) {
        let mut file = fs::File::create(self.0.path().join("rest")).unwrap();
        while file.write_all(&[1; 4096]).is_ok() {}
        let length = file.metadata().unwrap().len();
        file.set_len(length.saturating_sub(1024 * 1024)).unwrap();
    }

    fn make_room(&self) {
        fs::remove_file(self.0.path().join("filler")).unwrap();
    }
}

impl Drop for SmallDisk {
    fn drop(&mut self) {
        let _ = Command::new("umount").arg(self.0.path()).output();
    }
}

fn open(path: &Path) -> SledMap {
    block_on(SledMap::open(SledOptions::folder(path))).unwrap()
}

type Pairs = BTreeMap<Vec<u8>, Vec<u8>>;

/// A group that changes one old pair, and adds new ones of all sizes.
fn group(n: u32, bytes: usize) -> Pairs {
    let key = |part: u32| [n.to_be_bytes(), part.to_be_bytes()].concat();
    let value = |part: u32| format!("{n} {part} ").repeat(bytes / 8).into_bytes();
    let mut pairs: Pairs = (0..20).map(|part| (key(part), value(part))).collect();
    pairs.insert(b"last".to_vec(), value(0));
    pairs
}

fn write(map: &SledMap, pairs: &Pairs) -> Result<(), StoreError> {
    let put = |(key, value): (&Vec<u8>, &Vec<u8>)| KvWrite::Put { key: key.clone(), value: value.clone() };
    block_on(map.apply(pairs.iter().map(put).collect()))
}

fn all(map: &SledMap, reverse: bool) -> Vec<(Vec<u8>, Vec<u8>)> {
    block_on(map.scan(Range { start: Vec::new(), end: None, reverse }, usize::MAX)).unwrap()
}

/// Exactly what was answered is read, every way there is.
fn holds(map: &SledMap, known: &Pairs) {
    let pairs: Vec<_> = known.iter().map(|(key, value)| (key.clone(), value.clone())).collect();
    assert!(all(map, false) == pairs, "a scan shows something else");
    assert!(all(map, true).into_iter().rev().eq(pairs), "a scan backwards shows something else");
    let found = block_on(map.get_many(known.keys().cloned().collect())).unwrap();
    assert!(found.into_iter().flatten().eq(known.values().cloned()), "a look-up shows something else");
}

fn write_until_full(map: &SledMap, known: &mut Pairs, bytes: usize) -> StoreError {
    for n in 0..100_000 {
        let pairs = group(n, bytes);
        match write(map, &pairs) {
            Ok(()) => known.extend(pairs),
            Err(error) => return error,
        }
    }
    panic!("the disk was never full");
}

/// Unknown if the group met the full disk; certainly not written if sled's cleaner met it first.
fn is_full(error: &StoreError) -> bool {
    match error.kind() {
        StoreErrorKind::Unavailable => true,
        _ => error.to_string().contains("disk is full"),
    }
}

fn goes_on(bytes: usize) {
    let disk = SmallDisk::mount().unwrap();
    let map = open(&disk.path());
    disk.fill(6 * 1024 * 1024);
    let mut known = Pairs::new();
    let error = write_until_full(&map, &mut known, bytes);
    assert!(!known.is_empty());
    assert!(is_full(&error), "{error}");
    holds(&map, &known);
    disk.fill_up();
    let refused = write(&map, &group(0, 8)).unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied, "{refused}");
    assert!(refused.to_string().contains("disk is full"), "{refused}");
    holds(&map, &known);

    disk.make_room();
    let more = group(1, 100);
    write(&map, &more).unwrap();
    known.extend(more);
    holds(&map, &known);
    block_on(map.close());
    holds(&open(&disk.path()), &known);
}

fn survives_a_restart(bytes: usize) {
    let disk = SmallDisk::mount().unwrap();
    let map = open(&disk.path());
    disk.fill(6 * 1024 * 1024);
    let mut known = Pairs::new();
    let error = write_until_full(&map, &mut known, bytes);
    assert!(is_full(&error), "{error}");
    drop(map);
    disk.make_room();
    let map = open(&disk.path());
    // the group of unknown outcome is there as a whole, or not at all
    let found: Pairs = all(&map, false).into_iter().collect();
    if found != known {
        let n =
            found.keys().filter_map(|key| key.first_chunk()).map(|n| u32::from_be_bytes(*n)).filter(|n| *n < 100_000);
        known.extend(group(n.max().unwrap(), bytes));
        assert!(found == known, "a half of a group was found");
    }
}

fn main() {
    let ignored = SmallDisk::mount().is_none();
    let sizes = [("small", 64), ("page_sized", 4096), ("cut", 20_000)];
    let trials = sizes.into_iter().flat_map(|(name, bytes)| {
        let trial = |test: &str, run: fn(usize)| {
            let run = move || {
                run(bytes);
                Ok(())
            };
            Trial::test(format!("{test}_{name}"), run).with_ignored_flag(ignored)
        };
        [trial("writing_goes_on_when_there_is_room", goes_on), trial("nothing_is_lost", survives_a_restart)]
    });
    libtest_mimic::run(&Arguments::from_args(), trials.collect()).exit();
}
