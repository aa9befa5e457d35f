//! What comes in, looked at while it does: how long it is, what it is, and its hash. Nothing of it is kept here but its
//! first bytes.

use sha2::{Digest, Sha256};

use super::hash::ContentHash;
use super::media::{Detect, TAKEN, TextScan, judge};
use super::rules::AttachmentRules;
use crate::error::Error;

/// Bytes by which a file is known.
const HEAD: usize = 4096;

/// A file while it comes in.
pub(super) struct Intake {
    detect: Detect,
    most: u64,
    head: Vec<u8>,
    scan: TextScan,
    hash: Sha256,
    size: u64,
}

/// What came in.
pub(super) struct Arrival {
    pub(super) hash: ContentHash,
    pub(super) size: u64,
    pub(super) media_type: &'static str,
}

impl Intake {
    pub(super) fn new(rules: &AttachmentRules, detect: Detect) -> Self {
        let (head, scan, hash) = (Vec::new(), TextScan::new(), Sha256::new());
        Self { detect, most: rules.max_bytes, head, scan, hash, size: 0 }
    }

    /// Looks at the next bytes.
    ///
    /// # Errors
    /// [`Error::TooLarge`]; [`Error::UnknownMedia`] as soon as it is clear that it is nothing that is taken.
    pub(super) fn read(&mut self, bytes: &[u8]) -> Result<(), Error> {
        self.size = self.size.saturating_add(u64::try_from(bytes.len()).unwrap_or(u64::MAX));
        if self.size > self.most {
            return Err(Error::TooLarge { most: self.most });
        }
        let missing = HEAD.saturating_sub(self.head.len()).min(bytes.len());
        self.head.extend_from_slice(&bytes[..missing]);
        self.scan.read(bytes);
        self.hash.update(bytes);
        if self.head.len() == HEAD && !self.scan.may_be_text() { self.media_type().map(drop) } else { Ok(()) }
    }

    /// What it was.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an empty file; [`Error::UnknownMedia`].
    pub(super) fn finish(self) -> Result<Arrival, Error> {
        if self.size == 0 {
            return Err(Error::invalid("file", "is empty"));
        }
        let media_type = self.media_type()?;
        Ok(Arrival { hash: ContentHash(self.hash.finalize().into()), size: self.size, media_type })
    }

    fn media_type(&self) -> Result<&'static str, Error> {
        let found = judge((self.detect)(&self.head), self.scan.is_text());
        found.ok_or_else(|| Error::UnknownMedia { taken: TAKEN.map(|(name, _)| name).join(", ") })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn detect(head: &[u8]) -> Option<&'static str> {
        head.starts_with(b"\x89PNG").then_some("image/png")
    }

    fn take(most: u64, pieces: &[&[u8]]) -> Result<Arrival, Error> {
        let mut intake = Intake::new(&AttachmentRules { max_bytes: most, ..AttachmentRules::default() }, detect);
        pieces.iter().try_for_each(|piece| intake.read(piece))?;
        intake.finish()
    }

    #[test]
    fn what_is_too_long_is_refused_at_the_byte_that_is_too_many() {
        assert_eq!(take(4, &[b"ab", b"cd"]).ok().map(|it| it.size), Some(4));
        assert!(matches!(take(4, &[b"ab", b"cde"]), Err(Error::TooLarge { most: 4 })));
        assert!(matches!(take(4, &[]), Err(Error::Invalid { field: "file", .. })));
    }

    #[test]
    fn the_hash_and_the_type_do_not_depend_on_the_pieces() {
        let whole = take(99, &[b"\x89PNG\0\0"]).ok().unwrap();
        let cut = take(99, &[b"\x89P", b"NG\0", b"\0"]).ok().unwrap();
        assert_eq!((whole.hash, whole.media_type), (cut.hash, "image/png"));
        assert_eq!(take(99, &[b"abc"]).ok().map(|it| it.hash.to_string()), {
            Some("ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad".to_owned())
        });
    }

    #[test]
    fn what_is_not_taken_is_refused_before_its_end() {
        let mut intake = Intake::new(&AttachmentRules::default(), detect);
        assert!(matches!(intake.read(&[0; HEAD]), Err(Error::UnknownMedia { .. })));
        assert!(matches!(take(99, &[b"a\0"]), Err(Error::UnknownMedia { .. })));
    }
}
