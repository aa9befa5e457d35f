//! Attachments and the bytes that they have.

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::attachment::{Attachment, AttachmentState, Blob, BlobState, ContentHash};
use crate::id::AttachmentId;
use crate::quota::{ScopeKey, Who};

pub(super) fn attachments(maker: &Maker<'_>) -> Vec<Sample> {
    let mut all = Vec::new();
    for (at, text) in texts().into_iter().enumerate() {
        all.push(attachment(maker, at, &text));
        all.push(blob(maker, u8::try_from(at * 23).unwrap_or(u8::MAX), TIMES[at % 5]));
    }
    all
}

fn attachment(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let owner = Maker::owner(at);
    let before = Attachment {
        id: AttachmentId::mint(time(5_000_000), maker.ids),
        owner,
        hash: ContentHash([u8::MAX; 32]),
        name: text.to_owned(),
        media_type: text.to_owned(),
        size: MAX,
        state: AttachmentState::Arriving,
        links: 0,
        idle_since: Some(time(TIMES[at % 5])),
        scopes: vec![ScopeKey::subject(owner), ScopeKey::of(Who::Network(text.to_owned()))],
        created_at: time(TIMES[at % 5]),
    };
    let after = Attachment {
        owner: Maker::owner(at + 1),
        state: AttachmentState::Ready,
        links: MAX,
        idle_since: None,
        scopes: Vec::new(),
        ..before.clone()
    };
    sample(before, after)
}

fn blob(maker: &Maker<'_>, byte: u8, idle: i64) -> Sample {
    let before = Blob {
        hash: ContentHash([byte; 32]),
        upload: AttachmentId::mint(time(5_000_000), maker.ids),
        size: MAX,
        state: BlobState::Arriving,
        links: MAX,
        idle_since: None,
    };
    let state = if byte.is_multiple_of(2) { BlobState::Kept } else { BlobState::Leaving };
    let after = Blob { state, links: 0, idle_since: Some(time(idle)), ..before.clone() };
    sample(before, after)
}
