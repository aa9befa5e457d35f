//! Feedback and links.

use chatcore::account::TokenHash;
use chatcore::conversation::Conversation;
use chatcore::feedback::{Feedback, Rating};
use chatcore::share::Share;
use chatcore::store::AnyRecord;
use chatcore::{ConversationId, MessageId, ShareId, Subject, UserId, VisitorId};
use uuid::Uuid;

use super::{Sample, at, sample, some};

/// Conversations that are set apart: the others are stored as they were before that could be.
fn set_apart() -> impl Iterator<Item = Sample> {
    let AnyRecord::Conversation(plain) = super::conversations().swap_remove(0).record else { unreachable!() };
    let kinds = [(true, false), (true, true)].into_iter();
    kinds.map(move |(pinned, archived)| sample(Conversation { pinned, archived, ..plain.clone() }))
}

pub(super) fn social() -> Vec<Sample> {
    let bare = Feedback {
        message: id!(MessageId, 4),
        by: Subject::User(id!(UserId, 1)),
        conversation: id!(ConversationId, 2),
        model: None,
        rating: Rating::Up,
        comment: None,
        created_at: at(5),
        updated_at: at(6),
    };
    let full = Feedback {
        by: Subject::Visitor(id!(VisitorId, 7)),
        model: some("small"),
        rating: Rating::Down,
        comment: some("wrong year"),
        ..bare.clone()
    };
    let share = Share {
        hash: TokenHash([0xab; 32]),
        id: id!(ShareId, 12),
        conversation: id!(ConversationId, 2),
        message: id!(MessageId, 4),
        created_at: at(5),
        expires_at: None,
    };
    let rest = [sample(bare), sample(full), sample(share.clone()), sample(Share { expires_at: Some(at(9)), ..share })];
    rest.into_iter().chain(set_apart()).collect()
}
