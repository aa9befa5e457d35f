//! What those who run the service did.

use chatcore::audit::{Act, AuditEntry, AuditHead, Object, ObjectKind};
use chatcore::once::Fingerprint;
use chatcore::{ConversationId, Subject, UserId};
use uuid::Uuid;

use super::{Sample, at, sample, some};

fn hashed(entry: AuditEntry) -> AuditEntry {
    AuditEntry { hash: entry.expected_hash(), ..entry }
}

/// The hashes are those of what the entries say, so the file also holds what is hashed, and how.
pub(super) fn audit() -> Vec<Sample> {
    let first = hashed(AuditEntry {
        number: 1,
        at: at(4),
        actor: Some(id!(UserId, 2)),
        act: Act::ReadChat,
        object: Object::new(ObjectKind::Conversation, id!(ConversationId, 3)),
        about: Some(Subject::User(id!(UserId, 1))),
        reason: some("they asked for help"),
        network: some("192.0.2.0/24"),
        detail: some("by \u{e4}"),
        previous: AuditEntry::genesis(),
        hash: Fingerprint([0; 32]),
    });
    let second = hashed(AuditEntry {
        number: 2,
        actor: None,
        act: Act::PutPlan,
        object: Object::new(ObjectKind::Plan, "pro"),
        about: None,
        reason: None,
        network: None,
        detail: None,
        previous: first.hash,
        ..first.clone()
    });
    let head = AuditHead { number: 2, hash: second.hash };
    vec![sample(first), sample(second), sample(head)]
}
