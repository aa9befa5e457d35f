//! What a file is, by its first bytes.

/// The media type of what begins like this, where its first bytes say so.
#[must_use]
pub fn detect(head: &[u8]) -> Option<&'static str> {
    infer::get(head).map(|kind| kind.mime_type())
}

#[cfg(test)]
mod tests {
    use chatcore::attachment::MediaKind;

    use super::*;

    #[test]
    fn what_is_taken_is_known_by_its_first_bytes() {
        let heads: [(&[u8], Option<&str>); 8] = [
            (b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR", Some("image/png")),
            (b"\xff\xd8\xff\xe0\0\x10JFIF", Some("image/jpeg")),
            (b"GIF89a\x01\0\x01\0", Some("image/gif")),
            (b"RIFF\x24\0\0\0WEBPVP8 ", Some("image/webp")),
            (b"%PDF-1.7\n", Some("application/pdf")),
            (b"PK\x03\x04\x14\0", Some("application/zip")),
            (b"just words", None),
            (b"", None),
        ];
        for (head, expected) in heads {
            assert_eq!(detect(head), expected, "{head:?}");
        }
        let kinds = heads.map(|(_, media_type)| media_type.and_then(MediaKind::of));
        assert_eq!(kinds.iter().flatten().count(), 5, "what is not taken is known, too");
    }
}
