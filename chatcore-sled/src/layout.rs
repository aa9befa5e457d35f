//! How a pair of the store becomes pairs of sled.
//!
//! ```text
//! 0                 "chatcore-sled 1"                 the layout, so that an older program leaves a newer one alone
//! 1, key            0, value                          a value of at most 4095 bytes
//! 1, key            1, number of pieces, beginning    a longer one: its first 4091 bytes,
//! 2, key, n         piece n, from 0                   and the rest in pieces of at most 4096 bytes
//! ```
//!
//! Numbers are 4 bytes, big-endian. Lists run over the heads (`1, ..`) alone, which sort like the keys; pieces are read by
//! exact key. No value is longer than 4096 bytes, because sled puts a page of more than 128 KiB into a file of its own
//! that it never syncs; a page holds about 20 values.

use crate::error::corrupt;
use chatcore::StoreError;

/// The bytes of a value of sled.
pub(crate) const MAX_VALUE: usize = 4096;

/// The bytes of a key. Pages hold up to 320 keys, so only rather long ones fill a page; see `Blobs`.
pub(crate) const MAX_KEY: usize = 2048;

/// Where the layout is written down.
pub(crate) const LAYOUT_KEY: &[u8] = &[0];

const NAME: &str = "chatcore-sled ";
const VERSION: u32 = 1;

const HEAD: u8 = 1;
const PIECE: u8 = 2;

const WHOLE: u8 = 0;
const CUT: u8 = 1;
const CUT_HEADER: usize = 5;

/// What is written down about the layout.
pub(crate) fn layout() -> String {
    format!("{NAME}{VERSION}")
}

/// Whether this program can use what was written down; otherwise why not.
pub(crate) fn check_layout(bytes: &[u8]) -> Result<(), String> {
    let text = str::from_utf8(bytes).ok().and_then(|text| text.strip_prefix(NAME));
    match text.and_then(|version| version.trim_end().parse::<u32>().ok()) {
        None => Err("it holds the data of another program".into()),
        Some(version) if version > VERSION => Err(format!("its layout has version {version}, newer than this program")),
        Some(0) => Err("its layout has version 0, which never was".into()),
        Some(_) => Ok(()),
    }
}

/// Where a value begins.
pub(crate) fn head_key(key: &[u8]) -> Vec<u8> {
    [&[HEAD], key].concat()
}

/// The keys behind all heads.
pub(crate) fn behind_heads() -> Vec<u8> {
    vec![HEAD + 1]
}

/// The key whose head this is.
pub(crate) fn key_of(head_key: &[u8]) -> &[u8] {
    head_key.get(1..).unwrap_or_default()
}

/// Where a later piece of a value lies.
pub(crate) fn piece_key(key: &[u8], n: u32) -> Vec<u8> {
    [&[PIECE], key, &n.to_be_bytes()].concat()
}

/// What a head says.
#[derive(Debug, PartialEq, Eq)]
pub(crate) enum Head<'a> {
    Whole(&'a [u8]),
    Cut { pieces: u32, beginning: &'a [u8] },
}

impl<'a> Head<'a> {
    pub(crate) fn read(bytes: &'a [u8]) -> Result<Self, StoreError> {
        match bytes.split_first() {
            Some((&WHOLE, value)) => Ok(Self::Whole(value)),
            Some((&CUT, rest)) => match rest.split_first_chunk() {
                Some((pieces, beginning)) => Ok(Self::Cut { pieces: u32::from_be_bytes(*pieces), beginning }),
                None => Err(corrupt("the beginning of a value")),
            },
            _ => Err(corrupt("the beginning of a value")),
        }
    }

    /// How many pieces follow.
    pub(crate) fn pieces(&self) -> u32 {
        match self {
            Self::Whole(_) => 0,
            Self::Cut { pieces, .. } => *pieces,
        }
    }
}

/// A value as sled gets it: the head, and the pieces that follow.
pub(crate) fn cut(value: &[u8]) -> (Vec<u8>, impl Iterator<Item = (u32, &[u8])>) {
    let whole = value.len() < MAX_VALUE;
    let (beginning, rest) = if whole { (value, &[][..]) } else { value.split_at(MAX_VALUE - CUT_HEADER) };
    let pieces = (0_u32..).zip(rest.chunks(MAX_VALUE));
    let head = match u32::try_from(rest.len().div_ceil(MAX_VALUE)) {
        Ok(count) if !whole => [&[CUT][..], &count.to_be_bytes(), beginning].concat(),
        _ => [&[WHOLE], beginning].concat(),
    };
    (head, pieces)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// These bytes are on disks: if this test fails, `VERSION` has to go up, and old databases have to be read still.
    #[test]
    fn the_bytes_on_disk_never_change() {
        assert_eq!((LAYOUT_KEY, layout().as_str()), (&[0][..], "chatcore-sled 1"));
        assert_eq!(head_key(b"ab"), [1, b'a', b'b']);
        assert_eq!(piece_key(b"ab", 0x0102), [2, b'a', b'b', 0, 0, 1, 2]);
        assert_eq!(cut(b"").0, [0]);
        assert_eq!(cut(b"xy").0, [0, b'x', b'y']);
        let (head, pieces) = cut(&[7; 4095]);
        assert_eq!((head.len(), head[0], pieces.count()), (4096, 0, 0));
        let value: Vec<u8> = (0..=255).cycle().take(4091 + 4096 + 1).collect();
        let (head, pieces) = cut(&value);
        assert_eq!((head.len(), &head[..8]), (4096, &[1, 0, 0, 0, 2, 0, 1, 2][..]));
        let pieces: Vec<_> = pieces.collect();
        assert_eq!(pieces, [(0, &value[4091..8187]), (1, &value[8187..])]);
    }

    #[test]
    fn a_head_is_read_as_it_was_written() {
        for length in [0, 1, 4094, 4095, 4096, 8187, 8188, 100_000] {
            let value = vec![3; length];
            let (head, pieces) = cut(&value);
            let pieces: Vec<_> = pieces.collect();
            let read = Head::read(&head).unwrap();
            assert_eq!(read.pieces() as usize, pieces.len());
            let (Head::Whole(beginning) | Head::Cut { beginning, .. }) = read;
            assert_eq!(beginning.len() + pieces.iter().map(|(_, piece)| piece.len()).sum::<usize>(), length);
            assert!(head.len() <= MAX_VALUE && pieces.iter().all(|(_, piece)| piece.len() <= MAX_VALUE));
        }
        for damaged in [&[][..], &[9], &[CUT], &[CUT, 0, 0, 0]] {
            assert!(Head::read(damaged).is_err(), "{damaged:?}");
        }
    }

    #[test]
    fn newer_and_strange_layouts_are_refused() {
        assert_eq!(check_layout(layout().as_bytes()), Ok(()));
        assert!(check_layout(b"chatcore-sled 2").is_err_and(|why| why.contains("newer than this program")));
        for strange in [&b"chatcore-sled 0"[..], b"chatcore-sled", b"chatcore-sled x", b"", b"\xff"] {
            assert!(check_layout(strange).is_err(), "{strange:?}");
        }
    }
}
