//! Archives that are not what was written. None is taken for a good one.

use std::io::{self, BufReader, Read};
use std::sync::LazyLock;

use chatcore::MemoryStore;
use chatcore::store::{AnyRecord, Kind};
use chatcore::transfer::archive::{self, ArchiveError, ArchiveProblem};
use chatcore::transfer::{Options, TransferError};
use futures::executor::block_on;
use proptest::prelude::*;
use sha2::{Digest, Sha256};

use crate::archives::archive_of;
use crate::digests::job;
use crate::stores::{pairs, put, samples};

/// Reads to the end; the first error, or none if the reader takes it for a whole archive.
fn problem(file: &[u8]) -> Option<ArchiveError> {
    let mut reader = match archive::read(file) {
        Ok(reader) => reader,
        Err(error) => return Some(error),
    };
    let error = reader.by_ref().find_map(Result::err);
    assert_eq!(reader.digest().is_none(), error.is_some(), "an archive is good or bad");
    assert!(reader.next().is_none(), "nothing follows an error");
    error
}

fn lines(file: &[u8]) -> Vec<Vec<u8>> {
    file.split_inclusive(|byte| *byte == b'\n').map(<[u8]>::to_vec).collect()
}

/// With a hash of the lines that fits again, so that it is not this alone that notices.
fn sealed(lines: &[Vec<u8>]) -> Vec<u8> {
    let (last, above) = lines.split_last().unwrap();
    let above = above.concat();
    let hash: String = Sha256::digest(&above).iter().map(|byte| format!("{byte:02x}")).collect();
    let last = String::from_utf8(last.clone()).unwrap();
    let (before, _) = last.split_once("\"lines_sha256\"").unwrap();
    [above, format!("{before}\"lines_sha256\":\"{hash}\"}}\n").into_bytes()].concat()
}

/// An archive with records of every kind, and little text.
fn file() -> Vec<u8> {
    static FILE: LazyLock<Vec<u8>> = LazyLock::new(|| block_on(archive_of(brief_samples())));
    FILE.clone()
}

fn brief_samples() -> impl Iterator<Item = AnyRecord> {
    samples(1).into_iter().filter(|record| record.encode().len() < 1500)
}

#[test]
fn an_archive_that_ends_early_is_refused_wherever_it_ends() {
    let file = file();
    assert!(problem(&file).is_none());
    let mut at = 0;
    for (number, line) in lines(&file).iter().enumerate() {
        for end in [at, at + line.len() / 2, at + line.len() - 1] {
            let error = problem(&file[..end]).unwrap();
            assert_eq!(error.line, number as u64 + 1);
            let expected = if number == 0 { "not an archive" } else { "cut off" };
            assert!(error.to_string().contains(expected), "{error}");
        }
        at += line.len();
    }
    assert_eq!(at, file.len());
}

#[test]
fn a_flipped_bit_anywhere_is_noticed() {
    let file = block_on(archive_of([job(1), job(2)]));
    for at in 0..file.len() {
        for bit in 0..8 {
            let mut flipped = file.clone();
            flipped[at] ^= 1 << bit;
            assert!(problem(&flipped).is_some(), "bit {bit} of byte {at}");
        }
    }
}

#[test]
fn lines_that_are_gone_doubled_or_swapped_are_refused_even_if_the_hash_of_all_lines_fits() {
    let lines = lines(&file());
    let is_record = |line: &[u8]| line.starts_with(b"{\"kind\"");
    for at in 1..lines.len() - 2 {
        let mut without = lines.clone();
        let gone = without.remove(at);
        assert!(problem(&sealed(&without)).is_some(), "line {at}");
        let mut doubled = lines.clone();
        doubled.insert(at, gone);
        let error = problem(&sealed(&doubled)).unwrap();
        assert!(matches!(error.problem, ArchiveProblem::OutOfOrder(_)), "{error}");
        assert_eq!(error.line, at as u64 + 2);
        let mut swapped = lines.clone();
        swapped.swap(at, at + 1);
        let error = problem(&sealed(&swapped));
        assert!(error.is_some(), "lines {at} and the next");
        if is_record(&lines[at]) && is_record(&lines[at + 1]) {
            assert!(matches!(error.unwrap().problem, ArchiveProblem::OutOfOrder(_)));
        }
    }
}

#[test]
fn an_archive_from_before_a_kind_was_there_is_read() {
    let mut lines = lines(&block_on(archive_of([job(1)])));
    lines.retain(|line| !line.starts_with(b"{\"end\":\"session\""));
    assert!(problem(&sealed(&lines)).is_none());
}

#[test]
fn refusals_say_what_is_wrong_and_where() {
    let good = block_on(archive_of([job(1)]));
    let text = String::from_utf8(good.clone()).unwrap();
    let last = text.lines().count();
    let refusal = |file: &[u8]| problem(file).unwrap().to_string();
    let with = |from: &str, to: &str| {
        assert_eq!(text.matches(from).count(), 1, "{from}");
        refusal(&sealed(&lines(text.replace(from, to).as_bytes())))
    };
    assert_eq!(refusal(b""), "line 1: this is not an archive of chatcore");
    assert_eq!(refusal(b"PK\x03\x04"), "line 1: this is not an archive of chatcore");
    assert_eq!(refusal(b"{\"format\":\"tar\"}\n"), "line 1: this is not an archive of chatcore");
    let newer = with("\"version\":1,\"program\":\"", "\"version\":2,\"program\":\"9.");
    assert!(newer.starts_with("line 1: the archive has version 2 and was written by chatcore 9."), "{newer}");
    assert!(
        with("\"encoding\":1", "\"encoding\":2").starts_with("line 1: the archive has version 1"),
        "a newer record"
    );
    let strange = with("{\"kind\":\"job\"", "{\"kind\":\"spaceship\"");
    assert_eq!(strange, "line 12: there is no kind of record named `spaceship`");
    // a projection is no kind of record that is moved
    assert_eq!(with("{\"kind\":\"job\"", "{\"kind\":\"place\""), "line 12: there is no kind of record named `place`");
    assert_eq!(with("\"created_at\":", "\"created\":"), "line 12: the job cannot be read");
    assert_eq!(with("{\"kind\":\"job\"", "{ \"kind\":\"job\""), "line 12: the line cannot be understood");
    let other = with("{\"end\":\"job\",\"records\":1", "{\"end\":\"job\",\"records\":2");
    assert_eq!(other, "line 13: the records of kind `job` are not those that were written");
    assert_eq!(with("{\"end\":\"job\",", "{\"end\":\"user\","), "line 13: the user is not in its place");
    let other = with("{\"end\":\"archive\",\"records\":1", "{\"end\":\"archive\",\"records\":2");
    assert_eq!(other, format!("line {last}: the archive is not what was written"));
    let behind = format!("line {last}: there is something behind the end of the archive");
    assert_eq!(refusal(&[&good[..], b"\n"].concat()), behind);
    assert_eq!(refusal(&[&good[..], &good[..]].concat()), behind);
}

/// A disk that fails.
struct Broken<'a>(&'a [u8]);

impl Read for Broken<'_> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        match self.0.read(into)? {
            0 => Err(io::Error::other("the disk is broken")),
            some => Ok(some),
        }
    }
}

#[test]
fn a_disk_that_fails_is_not_an_end() {
    let file = block_on(archive_of([job(1)]));
    let mut reader = archive::read(BufReader::new(Broken(&file[..file.len() - 10]))).unwrap();
    let error = reader.find_map(Result::err).unwrap();
    let last = file.iter().filter(|byte| **byte == b'\n').count();
    assert_eq!(error.to_string(), format!("line {last}: the disk is broken"));
}

#[test]
fn a_line_without_an_end_does_not_fill_the_memory() {
    let file = block_on(archive_of([]));
    let endless = BufReader::new(file[..40].chain(io::repeat(b'x')));
    let error = archive::read(endless).err().or_else(|| panic!("an endless header"));
    assert!(matches!(error.unwrap().problem, ArchiveProblem::NotAnArchive));
}

/// What was put in before the damage was met can be completed with a good copy of the archive.
#[test]
fn a_restore_from_a_damaged_archive_can_be_completed_from_a_good_one() {
    let good = file();
    block_on(async {
        let from = MemoryStore::in_memory();
        put(&from, brief_samples()).await;
        let damaged = &good[..good.len() - 200];
        let (to, options) = (MemoryStore::in_memory(), Options::default().batch_records(5));
        let error = archive::restore(damaged, &to, &options, &mut |_| {}).await.unwrap_err();
        assert!(matches!(error, TransferError::Archive(_)), "{error}");
        let some = chatcore::transfer::digest(&to).await.unwrap().kinds().iter().any(|it| it.kind == Kind::Message);
        assert!(some, "it had begun");
        archive::restore(&good[..], &to, &options.resume(true), &mut |_| {}).await.unwrap();
        assert!(pairs(&from).await == pairs(&to).await);
    });
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 256, ..ProptestConfig::default() })]

    #[test]
    fn bytes_that_were_changed_are_noticed(at: prop::sample::Index, to: u8, seal: bool) {
        let mut file = file();
        let at = at.index(file.len());
        prop_assume!(file[at] != to);
        file[at] = to;
        let file = if seal && at < file.len() - 300 { sealed(&lines(&file)) } else { file };
        let before_sections = file.iter().position(|byte| *byte == b'\n').unwrap_or(0);
        // behind the header the hash of a kind notices by itself
        prop_assert!(problem(&file).is_some() || (seal && at <= before_sections));
    }

    #[test]
    fn any_bytes_are_read_without_a_panic(bytes: Vec<u8>, keep: prop::sample::Index) {
        let file = block_on(archive_of([job(1)]));
        problem(&[&file[..keep.index(file.len())], &bytes[..]].concat());
    }
}
