//! What those who run the service did, as a store finds and lists it, and the chain that it is.

use super::bench::{Bench, expect_refusal};
use super::raw::Insert;
use super::threads::race;
use crate::account::{AccountRole, AccountState, DeleteUser, RegisterUser, SetRole, SetState};
use crate::audit::{Act, Audit, AuditEntry, Audited, Chain, Draft, Note, Object};
use crate::id::UserId;
use crate::once::Fingerprint;
use crate::store::{Batch, Conflict, Kind};
use crate::subject::Subject;
use crate::testing::{user, visitor};

/// What somebody does to somebody, where nobody has to be.
fn draft(bench: &Bench<'_>, act: Act, about: Subject) -> Draft {
    let (reason, network, detail) = (Some("because".to_owned()), None, None);
    Draft { actor: None, act, object: about.into(), about: Some(about), reason, network, detail, at: bench.now() }
}

async fn note(bench: &Bench<'_>, about: Subject) -> AuditEntry {
    let done = bench.commit(Batch::of(Note(draft(bench, Act::ReadChat, about)))).await.unwrap();
    let entry = done.all::<AuditEntry>().next().cloned();
    entry.expect("a note is an entry")
}

/// Forty entries about each of two, and one that is about nobody, the newest first.
async fn noted(bench: &Bench<'_>) -> Vec<AuditEntry> {
    let mut all = Vec::new();
    for _ in 0..40 {
        for about in [user(1), visitor(1)] {
            all.push(note(bench, about.subject()).await);
        }
    }
    let draft = Draft { about: None, ..draft(bench, Act::PutPlan, user(1).subject()) };
    let done = bench.commit(Batch::of(Note(draft))).await.unwrap();
    all.extend(done.all::<AuditEntry>().cloned());
    all.reverse();
    all
}

pub(super) async fn audit_entry_by_number(bench: Bench<'_>) {
    assert_eq!(bench.store.audit_entry(1).await.unwrap(), None);
    for entry in noted(&bench).await {
        assert_eq!(bench.store.audit_entry(entry.number).await.unwrap(), Some(entry));
    }
    for number in [0, 82, u64::MAX] {
        assert_eq!(bench.store.audit_entry(number).await.unwrap(), None);
    }
}

pub(super) async fn audit_head_is_the_last(bench: Bench<'_>) {
    assert_eq!(bench.store.audit_head().await.unwrap(), None);
    for number in 1..=3 {
        let entry = note(&bench, user(1).subject()).await;
        let head = bench.store.audit_head().await.unwrap().map(|head| (head.number, head.hash));
        assert_eq!(head, Some((number, entry.hash)));
    }
}

pub(super) async fn audit_newest_first(bench: Bench<'_>) {
    let all = noted(&bench).await;
    for page in [1, 7, 80, 81, usize::MAX] {
        let mut joined: Vec<AuditEntry> = Vec::new();
        loop {
            let found = bench.store.audit_entries(joined.last().map(|last| last.number), page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, all, "pages of {page} do not join to the whole");
    }
    let of = async |before, limit| bench.store.audit_entries(before, limit).await.unwrap();
    assert_eq!(of(Some(u64::MAX), 2).await, all[..2]);
    assert_eq!(of(Some(1), 2).await, []);
    assert_eq!(of(Some(0), 2).await, []);
    assert_eq!(of(None, 0).await, []);
}

pub(super) async fn audit_of_one_newest_first(bench: Bench<'_>) {
    let all = noted(&bench).await;
    for about in [user(1).subject(), visitor(1).subject(), user(2).subject()] {
        let own: Vec<AuditEntry> = all.iter().filter(|entry| entry.about == Some(about)).cloned().collect();
        for page in [1, 7, 40, 41] {
            let mut joined: Vec<AuditEntry> = Vec::new();
            loop {
                let before = joined.last().map(|last| last.number);
                let found = bench.store.audit_about(about, before, page).await.unwrap();
                assert!(found.len() <= page, "a page of {page} has {}", found.len());
                if found.is_empty() {
                    break;
                }
                joined.extend(found);
            }
            assert_eq!(joined, own, "pages of {page} do not join to the whole");
        }
        let of = async |before, limit| bench.store.audit_about(about, before, limit).await.unwrap();
        assert_eq!(of(Some(u64::MAX), 100).await, own);
        assert_eq!(of(Some(0), 100).await, []);
        assert_eq!(of(None, 0).await, []);
    }
}

pub(super) async fn audit_pages_under_writes(bench: Bench<'_>) {
    let about = user(1).subject();
    let mut own: Vec<AuditEntry> = noted(&bench).await.into_iter().filter(|it| it.about == Some(about)).collect();
    let mut before = None;
    while let Some(last) = own.get(6).map(|last| last.number) {
        let page: Vec<AuditEntry> = own.drain(..7).collect();
        assert_eq!(bench.store.audit_about(about, before, 7).await.unwrap(), page);
        before = Some(last);
        note(&bench, about).await;
    }
    assert_eq!(bench.store.audit_about(about, before, 7).await.unwrap(), own);
}

/// Nothing is wrong with the chain, and it has so many entries.
async fn expect_chain(bench: &Bench<'_>, entries: u64) {
    let Chain { head, broken_at } = Audit::new(bench.store.clone()).verify(None).await.unwrap();
    assert_eq!((head.map_or(0, |head| head.number), broken_at), (entries, None));
    bench.expect_sound().await;
}

async fn registered(bench: &Bench<'_>, name: &str) -> UserId {
    let (id, at) = (UserId::mint(bench.now(), &*bench.ids), bench.now());
    let (username, secret, role) = (Some(name.to_owned()), "$argon2id$".to_owned(), AccountRole::User);
    bench.commit(Batch::of(RegisterUser { id, username, email: None, secret, role, at })).await.unwrap();
    id
}

pub(super) async fn an_act_and_its_entry_are_one(bench: Bench<'_>) {
    let ann = registered(&bench, "ann").await;
    let delete = |at| {
        let draft = Some(draft(&bench, Act::DeleteAccount, Subject::User(ann)));
        Batch::of(Audited { change: DeleteUser { by: None, user: ann, job: bench.mint_job(), at }, draft })
    };
    let act = |state, act| {
        let draft = draft(&bench, act, Subject::User(ann));
        Batch::of(Audited { change: SetState { by: None, user: ann, state }, draft: Some(draft) })
    };
    bench.commit(act(AccountState::Suspended, Act::Suspend)).await.unwrap();
    expect_chain(&bench, 1).await;
    bench.commit(act(AccountState::Suspended, Act::Suspend)).await.unwrap();
    expect_chain(&bench, 1).await;
    bench.commit(delete(bench.now())).await.unwrap();
    bench.commit(delete(bench.now())).await.unwrap();
    let refused = bench.commit(act(AccountState::Active, Act::Reinstate)).await;
    expect_refusal(refused, &Conflict::AccountInactive);
    expect_chain(&bench, 2).await;
    let acts: Vec<Act> = bench.store.audit_entries(None, 9).await.unwrap().iter().map(|entry| entry.act).collect();
    assert_eq!(acts, [Act::DeleteAccount, Act::Suspend]);
    // nobody writes over what was written
    let forged = bench.store.audit_entry(1).await.unwrap().map(|entry| AuditEntry {
        reason: None,
        hash: Fingerprint([0; 32]),
        object: Object::from(user(2).subject()),
        ..entry
    });
    expect_refusal(bench.commit(Batch::of(Insert(forged.unwrap()))).await, &Conflict::Exists(Kind::AuditEntry));
}

pub(super) async fn acts_at_once_are_one_chain(bench: Bench<'_>) {
    let mut users = Vec::new();
    for name in ["ann", "bob", "eve", "joe"] {
        users.push(registered(&bench, name).await);
    }
    let store = bench.store.clone();
    let drafts: Vec<Draft> = users.iter().map(|id| draft(&bench, Act::SetRole, Subject::User(*id))).collect();
    let all = race(&bench, |racer| {
        let (store, user, draft) = (store.clone(), users[racer % 4], Some(drafts[racer % 4].clone()));
        // a role that they do not have yet, so that each changes something
        let role = if racer < 32 { AccountRole::Staff } else { AccountRole::User };
        let change = SetRole { by: None, user, role };
        Box::pin(async move { store.commit(Batch::of(Audited { change, draft })).await })
    });
    let written = all.into_iter().map(|done| done.unwrap().all::<AuditEntry>().count()).sum::<usize>();
    expect_chain(&bench, u64::try_from(written).unwrap()).await;
    assert!(written >= 4, "{written} of 64 changed something");
}
