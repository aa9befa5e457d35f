//! A chain of acts that was tampered with.

use chatcore::audit::{Act, AuditEntry, AuditHead, Draft, Note};
use chatcore::check::{Options, check, repair};
use chatcore::once::Fingerprint;
use chatcore::store::{Batch, Commit};
use chatcore::testing::user;
use chatcore::{MemoryStore, Timestamp};
use futures::executor::block_on;

use crate::raw::{dump, gone, patch};

/// Three acts.
fn store() -> MemoryStore {
    let store = MemoryStore::in_memory();
    for n in 1..=3 {
        let about = user(n).subject();
        let draft = Draft {
            actor: user(9).user_id(),
            act: Act::ReadChat,
            object: about.into(),
            about: Some(about),
            reason: Some(format!("complaint {n}")),
            network: None,
            detail: None,
            at: Timestamp::from_micros(5),
        };
        block_on(store.commit(Batch::of(Note(draft)))).unwrap();
    }
    store
}

/// Says something else under a hash that fits what it says.
fn retold(entry: &mut AuditEntry) {
    entry.reason = Some("nothing".into());
    entry.hash = entry.expected_hash();
}

#[test]
fn what_was_done_to_the_chain_shows_and_is_left_alone() {
    let cases: [(Batch, &[&str]); 8] = [
        (patch::<AuditEntry>(2, |entry| entry.reason = Some("nothing".into())), &["audit_entry_altered"]),
        (patch::<AuditEntry>(2, |entry| entry.actor = None), &["audit_entry_altered"]),
        (patch::<AuditEntry>(2, |entry| entry.at = Timestamp::from_micros(6)), &["audit_entry_altered"]),
        (patch::<AuditEntry>(2, retold), &["audit_chain_broken"]),
        (patch::<AuditEntry>(3, retold), &["audit_head_differs"]),
        (gone::<AuditEntry>(1), &["audit_chain_broken"]),
        (gone::<AuditEntry>(3), &["audit_head_differs"]),
        (patch::<AuditHead>((), |head| head.hash = Fingerprint([0; 32])), &["audit_head_differs"]),
    ];
    for (damage, expected) in cases {
        let store = store();
        assert!(block_on(check(&store, &Options::default(), &mut |_| {})).unwrap().is_clean());
        let told = format!("{damage:?}");
        block_on(store.commit(damage)).unwrap();
        let before = dump(&store);
        let report = block_on(repair(&store, &Options::default(), &mut |_| {})).unwrap();
        let rules: Vec<&str> = report.defects.iter().map(|defect| defect.rule).collect();
        assert_eq!(rules, expected, "{told}");
        assert_eq!(dump(&store), before, "{told}");
    }
}
