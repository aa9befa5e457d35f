//! One group of writes as one line.
//!
//! ```text
//! {"writes":[["a2V5","dmFsdWU="],["Z29uZQ==",null]],"sum":"0a1b2c3d"}
//! ```
//!
//! Keys and values are bytes, so they stand there in base64; `null` is the value of a key that is gone. The sum is the
//! CRC-32 of what comes before it. A line is written with one group or not at all: with its sum and its end, it counts.

use std::io;

use base64::Engine;
use base64::prelude::BASE64_STANDARD as BASE64;
use chatcore::store::KvWrite;
use serde::Deserialize;
use serde_json::{Value, json};

/// The first line of a file, so that nobody else's file is taken for a store. The number changes with the format.
pub(super) const HEADER: &str = "{\"store\":\"json lines\",\"version\":1}\n";
/// How long [`seal`] is.
const SEAL: usize = ",\"sum\":\"00000000\"}\n".len();

/// Where the text of a value lies in the file.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) offset: u64,
    pub(super) length: usize,
}

/// The line of a group.
pub(super) fn encode(writes: &[KvWrite]) -> String {
    let write = |write: &KvWrite| match write {
        KvWrite::Put { key, value } => json!([BASE64.encode(key), BASE64.encode(value)]),
        KvWrite::Delete { key } => json!([BASE64.encode(key), null]),
    };
    let writes: Value = writes.iter().map(write).collect();
    let mut line = format!("{{\"writes\":{writes}");
    line.push_str(&seal(line.as_bytes()));
    line
}

/// Whether a line is what was written once, all of it.
pub(super) fn is_whole(line: &[u8]) -> bool {
    let parts = line.len().checked_sub(SEAL).and_then(|at| line.split_at_checked(at));
    parts.is_some_and(|(body, end)| end == seal(body).as_bytes())
}

/// Whether a line that is not whole may be the beginning of one, and not two: after the sum comes nothing but its end.
pub(super) fn may_be_torn(line: &[u8]) -> bool {
    let sum = line.windows(8).position(|part| part == b",\"sum\":\"");
    sum.is_none_or(|at| line.len() <= at + SEAL)
}

/// The keys of a line that begins at `start`, each with the place of its value.
pub(super) fn parse(line: &[u8], start: u64) -> io::Result<Vec<(Vec<u8>, Option<Place>)>> {
    #[derive(Deserialize)]
    struct Line<'a> {
        #[serde(borrow)]
        writes: Vec<(&'a str, Option<&'a str>)>,
    }
    // the texts are pieces of the line, so their addresses say where in it they are
    let place =
        |text: &str| Place { offset: start + (text.as_ptr().addr() - line.as_ptr().addr()) as u64, length: text.len() };
    let line: Line<'_> = serde_json::from_slice(line)?;
    line.writes.into_iter().map(|(key, value)| Ok((decode(key.as_bytes())?, value.map(place)))).collect()
}

/// The value of a text.
pub(super) fn decode(text: &[u8]) -> io::Result<Vec<u8>> {
    BASE64.decode(text).map_err(|error| io::Error::new(io::ErrorKind::InvalidData, error))
}

/// How many bytes of a line a key and its value take, with what stands around them.
pub(super) fn size(key: &[u8], place: Place) -> u64 {
    (key.len().div_ceil(3) * 4 + place.length + "[\"\",\"\"],".len()) as u64
}

fn seal(body: &[u8]) -> String {
    format!(",\"sum\":\"{:08x}\"}}\n", crc32fast::hash(body))
}
