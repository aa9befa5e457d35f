//! Feedback and links.

use super::{Maker, Sample, TIMES, sample, texts, time};
use crate::account::TokenHash;
use crate::feedback::{Feedback, Rating};
use crate::id::ShareId;
use crate::share::Share;

pub(super) fn social(maker: &Maker<'_>) -> Vec<Sample> {
    let mut all = Vec::new();
    for (at, text) in texts().into_iter().enumerate() {
        let before = Feedback {
            message: maker.message(),
            by: Maker::owner(at),
            conversation: maker.conversation(),
            model: Some(text.clone()),
            rating: Rating::Up,
            comment: Some(text),
            created_at: time(TIMES[at % 5]),
            updated_at: time(TIMES[(at + 1) % 5]),
        };
        let after = Feedback {
            model: None,
            rating: Rating::Down,
            comment: None,
            updated_at: time(TIMES[(at + 2) % 5]),
            ..before.clone()
        };
        all.push(sample(before, after));
    }
    for at in 0..5_u8 {
        let mut hash = [255; 32];
        hash[31] = at;
        let before = Share {
            hash: TokenHash(hash),
            id: ShareId::mint(time(7_000_000), maker.ids),
            conversation: maker.conversation(),
            message: maker.message(),
            created_at: time(TIMES[usize::from(at)]),
            expires_at: Some(time(TIMES[usize::from(4 - at)])),
        };
        all.push(sample(before.clone(), Share { expires_at: None, ..before }));
    }
    all
}
