//! What a file is: by its bytes, never by its name.

use serde::{Deserialize, Serialize};

/// Finds the media type in the first bytes of a file. It is a port, because knowing many formats is a library's job;
/// which of them are taken is decided here.
pub type Detect = fn(head: &[u8]) -> Option<&'static str>;

/// What can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum MediaKind {
    /// A raster image: nothing in it runs, so it may be shown where it stands.
    Image,
    /// A document that models read as it is.
    Document,
    /// Text in UTF-8, whatever it is written in.
    Text,
}

/// The media type of all text. Which language it is in cannot be told by its bytes, and a browser is not to guess.
const TEXT: &str = "text/plain";

/// The media types that are taken.
pub const TAKEN: [(&str, MediaKind); 6] = [
    ("image/png", MediaKind::Image),
    ("image/jpeg", MediaKind::Image),
    ("image/gif", MediaKind::Image),
    ("image/webp", MediaKind::Image),
    ("application/pdf", MediaKind::Document),
    (TEXT, MediaKind::Text),
];

impl MediaKind {
    /// The kind of a media type that is taken.
    #[must_use]
    pub fn of(media_type: &str) -> Option<Self> {
        TAKEN.iter().find(|(name, _)| *name == media_type).map(|(_, kind)| *kind)
    }
}

/// What a file is taken for: what its first bytes say, or text if all of it is; nothing if it is not taken.
pub(super) fn judge(detected: Option<&str>, is_text: bool) -> Option<&'static str> {
    let known = TAKEN.iter().map(|(name, _)| *name).find(|name| *name != TEXT && Some(*name) == detected);
    known.or(is_text.then_some(TEXT))
}

/// Whether bytes are text, piece by piece: UTF-8 without control characters other than white space.
#[derive(Debug)]
pub(super) struct TextScan {
    is_text: bool,
    /// The beginning of a character whose end is in the next piece.
    open: Vec<u8>,
}

impl TextScan {
    pub(super) fn new() -> Self {
        Self { is_text: true, open: Vec::new() }
    }

    pub(super) fn read(&mut self, piece: &[u8]) {
        if !self.is_text {
            return;
        }
        self.open.extend_from_slice(piece);
        match std::str::from_utf8(&self.open) {
            Ok(text) => {
                self.is_text = !text.bytes().any(is_control);
                self.open.clear();
            }
            Err(error) if error.error_len().is_none() => {
                let rest = self.open.split_off(error.valid_up_to());
                self.is_text = !self.open.iter().copied().any(is_control);
                self.open = rest;
            }
            Err(_) => self.is_text = false,
        }
    }

    /// Whether all of it can be text so far.
    pub(super) fn may_be_text(&self) -> bool {
        self.is_text
    }

    /// Whether all of it was text.
    pub(super) fn is_text(&self) -> bool {
        self.is_text && self.open.is_empty()
    }
}

fn is_control(byte: u8) -> bool {
    (byte < b' ' && !matches!(byte, b'\t' | b'\n' | b'\r' | b'\x0c')) || byte == 0x7f
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn is_text(pieces: &[&[u8]]) -> bool {
        let mut scan = TextScan::new();
        pieces.iter().for_each(|piece| scan.read(piece));
        scan.is_text()
    }

    #[test]
    fn text_is_utf_8_without_control_characters() {
        assert!(is_text(&["<svg onload=alert(1)>\r\n\t\u{feff}ä漢\u{1f600}".as_bytes()]) && is_text(&[]));
        for wrong in [&b"a\0b"[..], b"\x1b[0m", b"\x7f", b"\xff\xfe", b"\xc3", b"\xed\xa0\x80", b"PK\x03\x04"] {
            assert!(!is_text(&[wrong]), "{wrong:?}");
        }
    }

    #[test]
    fn what_is_taken_is_named_by_its_bytes() {
        assert_eq!(judge(Some("image/png"), false), Some("image/png"));
        assert_eq!(judge(Some("text/html"), true), Some("text/plain"));
        assert_eq!((judge(Some("application/zip"), false), judge(None, false)), (None, None));
        assert_eq!(judge(Some("text/plain"), false), None, "it is not text to its end");
        assert_eq!(MediaKind::of("image/svg+xml"), None);
    }

    proptest! {
        #[test]
        fn it_does_not_matter_where_the_pieces_are_cut(text in "[a\u{e9}\u{6f22}\u{1f600}\0]{0,8}", at in 0_usize..40) {
            let bytes = text.as_bytes();
            let (one, two) = bytes.split_at(at.min(bytes.len()));
            prop_assert_eq!(is_text(&[one, two]), !text.contains('\0'));
        }
    }
}
