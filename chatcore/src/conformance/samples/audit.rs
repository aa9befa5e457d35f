//! What those who run the service did.

use super::{MAX, Maker, Sample, TIMES, sample, texts, time};
use crate::audit::{Act, AuditEntry, AuditHead, Object, ObjectKind};
use crate::once::Fingerprint;

const ACTS: [Act; 17] = [
    Act::Suspend,
    Act::Reinstate,
    Act::DeleteAccount,
    Act::SetRole,
    Act::SetPassword,
    Act::EndSessions,
    Act::EndSession,
    Act::GrantCredit,
    Act::AdjustBalance,
    Act::CorrectEntry,
    Act::SetEntitlement,
    Act::PutPlan,
    Act::WithdrawPlan,
    Act::ReplayPayment,
    Act::ReadChat,
    Act::DeleteChat,
    Act::DeleteMessage,
];

const KINDS: [ObjectKind; 8] = [
    ObjectKind::User,
    ObjectKind::Visitor,
    ObjectKind::Session,
    ObjectKind::LedgerEntry,
    ObjectKind::Plan,
    ObjectKind::PaymentEvent,
    ObjectKind::Conversation,
    ObjectKind::Message,
];

pub(super) fn audit(maker: &Maker<'_>) -> Vec<Sample> {
    let texts = texts();
    let entries = (0..ACTS.len()).map(|at| entry(maker, at, &texts[at % texts.len()]));
    let before = AuditHead { number: MAX, hash: Fingerprint([0xff; 32]) };
    entries.chain([sample(before, AuditHead { number: 1, hash: Fingerprint([0; 32]) })]).collect()
}

fn entry(maker: &Maker<'_>, at: usize, text: &str) -> Sample {
    let before = AuditEntry {
        number: MAX - at as u64,
        at: time(TIMES[at % 5]),
        actor: Some(maker.user()),
        act: ACTS[at],
        object: Object::new(KINDS[at % KINDS.len()], text),
        about: Some(Maker::owner(at)),
        reason: Some(text.to_owned()),
        network: Some(text.to_owned()),
        detail: Some(text.to_owned()),
        previous: Fingerprint([0; 32]),
        hash: Fingerprint([0xff; 32]),
    };
    let after = AuditEntry {
        actor: None,
        act: ACTS[(at + 1) % ACTS.len()],
        object: Object::new(KINDS[(at + 1) % KINDS.len()], ""),
        about: None,
        reason: None,
        network: None,
        detail: None,
        previous: Fingerprint([1; 32]),
        ..before.clone()
    };
    sample(before, after)
}
