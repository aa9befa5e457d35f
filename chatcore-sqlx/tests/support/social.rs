//! Feedback and links from small numbers.

use chatcore::ShareId;
use chatcore::feedback::{Feedback, Rating};
use chatcore::share::Share;

use super::records::{at, conversation_id, hash, maybe, message_id, owner, text, uuid};

pub(super) fn feedback(a: u8, b: u8, salt: u8) -> Feedback {
    Feedback {
        message: message_id(a),
        by: owner(b % 3),
        conversation: conversation_id(salt % 3),
        model: maybe(salt, || text(salt)),
        rating: if salt.is_multiple_of(2) { Rating::Up } else { Rating::Down },
        comment: maybe(salt / 2, || text(salt)),
        created_at: at(a),
        updated_at: at(salt % 5),
    }
}

pub(super) fn share(a: u8, salt: u8) -> Share {
    Share {
        hash: hash(a),
        id: ShareId::from_uuid(uuid(a)),
        conversation: conversation_id(salt % 3),
        message: message_id(salt),
        created_at: at(a),
        expires_at: maybe(salt, || at(salt % 6)),
    }
}
