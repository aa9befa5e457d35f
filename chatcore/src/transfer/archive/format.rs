//! The lines of an archive. They are compared as text, so that each has one form alone.

use serde::{Deserialize, Serialize};

use super::error::ArchiveProblem;
use crate::store::{Kind, codec};
use crate::transfer::digest::{Digest, KindDigest, Sha256Hash};
use crate::transfer::kinds;

/// The version of archives that this program writes, and the newest one that it reads.
pub(super) const VERSION: u32 = 1;

/// Bytes of a line: more than any record has, and little enough to be held in memory.
pub(super) const MAX_LINE: usize = 256 * 1024 * 1024;

const FORMAT: &str = "chatcore archive";

#[derive(Debug, Serialize, Deserialize)]
pub(super) struct Header {
    format: String,
    pub(super) version: u32,
    /// The version of the program that wrote it.
    pub(super) program: String,
    /// The version of the stored form of records.
    pub(super) encoding: u8,
}

impl Header {
    pub(super) fn line() -> Vec<u8> {
        let program = env!("CARGO_PKG_VERSION");
        let encoding = codec::VERSION;
        format!(r#"{{"format":"{FORMAT}","version":{VERSION},"program":"{program}","encoding":{encoding}}}"#).into()
    }

    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        serde_json::from_slice(line).ok().filter(|header: &Self| header.format == FORMAT)
    }
}

/// The line of a record, from its stored form: a version byte, then JSON.
pub(super) fn record(kind: Kind, stored: &[u8]) -> Vec<u8> {
    let json = stored.get(1..).unwrap_or_default();
    [br#"{"kind":""#, kind.name().as_bytes(), br#"","record":"#, json, b"}"].concat()
}

/// The name of the kind and the JSON in the line of a record.
pub(super) fn parse_record(line: &[u8]) -> Option<(&str, &[u8])> {
    let rest = line.strip_prefix(br#"{"kind":""#)?;
    let quote = rest.iter().position(|byte| *byte == b'"')?;
    let (name, rest) = rest.split_at(quote);
    let json = rest.strip_prefix(br#"","record":"#)?.strip_suffix(b"}")?;
    Some((str::from_utf8(name).ok()?, json))
}

pub(super) fn section_end(section: &KindDigest) -> Vec<u8> {
    let KindDigest { kind, records, hash } = section;
    format!(r#"{{"end":"{}","records":{records},"sha256":"{hash}"}}"#, kind.name()).into()
}

/// The last line.
pub(super) fn end(digest: &Digest, lines: Sha256Hash) -> Vec<u8> {
    let (records, total) = (digest.records(), digest.total());
    format!(r#"{{"end":"archive","records":{records},"sha256":"{total}","lines_sha256":"{lines}"}}"#).into()
}

/// What a line ends.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Ends {
    Section(String),
    Archive,
}

impl Ends {
    pub(super) fn parse(line: &[u8]) -> Option<Self> {
        let rest = line.strip_prefix(br#"{"end":""#)?;
        let quote = rest.iter().position(|byte| *byte == b'"')?;
        let name = str::from_utf8(&rest[..quote]).ok()?;
        Some(if name == "archive" { Self::Archive } else { Self::Section(name.to_owned()) })
    }
}

/// The kind of that name, if it is one that is moved.
pub(super) fn kind_named(name: &str) -> Result<Kind, ArchiveProblem> {
    let unknown = || ArchiveProblem::UnknownKind(name.chars().take(40).collect());
    kinds().find(|kind| kind.name() == name).ok_or_else(unknown)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_kinds_are_unambiguous_and_need_no_escape() {
        for kind in kinds() {
            assert_eq!(kind_named(kind.name()).ok(), Some(kind));
            assert_ne!(kind.name(), "archive");
            assert!(kind.name().bytes().all(|byte| byte == b' ' || byte.is_ascii_lowercase()));
        }
    }

    #[test]
    fn what_is_written_is_understood() {
        let header = Header::parse(&Header::line()).unwrap();
        assert_eq!((header.version, header.encoding), (VERSION, codec::VERSION));
        let line = record(Kind::RunLog, b"\x01{\"a\":\"}\"}");
        assert_eq!(parse_record(&line), Some(("run log", &b"{\"a\":\"}\"}"[..])));
        assert_eq!(Ends::parse(&line), None);
        let nothing = KindDigest { kind: Kind::Job, records: 0, hash: Sha256Hash([0; 32]) };
        assert_eq!(Ends::parse(&section_end(&nothing)), Some(Ends::Section("job".into())));
        assert_eq!(Ends::parse(&end(&Digest::default(), Sha256Hash([0; 32]))), Some(Ends::Archive));
    }
}
