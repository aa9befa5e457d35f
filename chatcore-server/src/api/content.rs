//! The bytes of attachments as answers: whatever somebody uploaded, nothing of it runs.

use chatcore::attachment::{Attachment, BlobStream, MediaKind, TAKEN};
use futures::StreamExt;
use percent_encoding::{AsciiSet, NON_ALPHANUMERIC, utf8_percent_encode};
use poem::http::{StatusCode, header};
use poem::{Body, IntoResponse, Response};
use poem_openapi::ApiResponse;
use poem_openapi::payload::{Binary, Payload};
use poem_openapi::registry::{MetaMediaType, MetaResponse, MetaResponses, Registry};

/// What RFC 8187 lets stand as it is.
const PLAIN: &AsciiSet = &NON_ALPHANUMERIC.remove(b'-').remove(b'.').remove(b'_').remove(b'~');

/// Should a browser show it as a page after all, it is an empty one of nobody's.
const SANDBOX: &str = "default-src 'none'; frame-ancestors 'none'; sandbox";

/// Text is UTF-8: nothing else was taken for it.
const TEXT: &str = "text/plain; charset=utf-8";

/// The content of an attachment.
pub(crate) enum Content {
    /// Its bytes.
    Bytes(Attachment, BlobStream),
    /// Whoever asks has them.
    Known(Attachment),
}

impl Content {
    /// The bytes of an attachment never change.
    pub(super) fn tag(of: &Attachment) -> String {
        format!("\"{}\"", of.hash)
    }

    fn disposition(of: &Attachment) -> String {
        let how = if of.kind() == MediaKind::Image { "inline" } else { "attachment" };
        let plain = |letter: char| letter.is_ascii_graphic() && !matches!(letter, '"' | '\\' | '%');
        let fallback: String =
            of.name.chars().map(|letter| if plain(letter) || letter == ' ' { letter } else { '_' }).collect();
        format!("{how}; filename=\"{fallback}\"; filename*=UTF-8''{}", utf8_percent_encode(&of.name, PLAIN))
    }
}

impl IntoResponse for Content {
    fn into_response(self) -> Response {
        let (attachment, bytes) = match self {
            Self::Bytes(attachment, bytes) => (attachment, Some(bytes)),
            Self::Known(attachment) => (attachment, None),
        };
        // it is the owner's alone, and only for as long as they are signed in
        let answer = Response::builder()
            .header(header::ETAG, Self::tag(&attachment))
            .header(header::CACHE_CONTROL, "private, no-cache")
            .header(header::CONTENT_SECURITY_POLICY, SANDBOX);
        let Some(bytes) = bytes else { return answer.status(StatusCode::NOT_MODIFIED).finish() };
        answer
            .content_type(if attachment.kind() == MediaKind::Text { TEXT } else { &attachment.media_type })
            .header(header::CONTENT_LENGTH, attachment.size)
            .header(header::CONTENT_DISPOSITION, Self::disposition(&attachment))
            .body(Body::from_bytes_stream(bytes.map(|piece| piece.map_err(std::io::Error::other))))
    }
}

impl ApiResponse for Content {
    fn meta() -> MetaResponses {
        let answer = |status, description, content| MetaResponse {
            description,
            status: Some(status),
            status_range: None,
            content,
            headers: vec![],
        };
        let bytes = TAKEN.map(|(content_type, kind)| MetaMediaType {
            content_type: if kind == MediaKind::Text { TEXT } else { content_type },
            schema: <Binary<Body> as Payload>::schema_ref(),
        });
        let (found, known) = ("The bytes, of the attachment's media type.", "You have them.");
        MetaResponses { responses: vec![answer(200, found, bytes.into()), answer(304, known, vec![])] }
    }

    fn register(_registry: &mut Registry) {}
}

#[cfg(test)]
mod tests {
    use chatcore::attachment::{AttachmentState, ContentHash, clean_name};
    use chatcore::testing::user;
    use chatcore::{RandomIds, Timestamp};

    use super::*;

    fn named(name: &str, media_type: &str) -> Attachment {
        let at = Timestamp::from_micros(1);
        Attachment {
            id: chatcore::AttachmentId::mint(at, &RandomIds),
            owner: user(1).subject(),
            hash: ContentHash([1; 32]),
            name: clean_name(name),
            media_type: media_type.into(),
            size: 1,
            state: AttachmentState::Ready,
            links: 0,
            idle_since: None,
            scopes: Vec::new(),
            created_at: at,
        }
    }

    #[test]
    fn a_name_cannot_leave_its_header() {
        let of = |name: &str| Content::disposition(&named(name, "text/plain"));
        assert_eq!(of("a b.txt"), "attachment; filename=\"a b.txt\"; filename*=UTF-8''a%20b.txt");
        assert_eq!(of("é\".txt"), "attachment; filename=\"_.txt\"; filename*=UTF-8''%C3%A9.txt");
        for name in ["x\r\nSet-Cookie: a=b", "x\"; filename=\"evil.html", "100%2e.txt", "\u{202e}txt.exe"] {
            let header = of(name);
            assert!(header.is_ascii() && !header.contains(['\r', '\n']), "{header}");
            assert_eq!(header.matches('"').count(), 2, "{header}");
        }
        assert!(Content::disposition(&named("a.png", "image/png")).starts_with("inline; "));
    }
}
