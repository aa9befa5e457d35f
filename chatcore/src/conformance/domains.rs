//! What a store keeps, and what it says of the rest.

use std::fmt::Debug;

use uuid::Uuid;

use super::bench::Bench;
use super::raw::{Absent, Insert, Same};
use super::samples::samples;
use crate::account::{IdentityKey, TokenHash};
use crate::attachment::ContentHash;
use crate::billing::{ObjectKind, PlanId};
use crate::id::{AttachmentId, ConversationId, SessionId, UserId, VisitorId};
use crate::job::{Job, Work};
use crate::quota::{ScopeKey, Who};
use crate::store::{Batch, Domain, Kind, StoreError, StoreErrorKind};

/// Fails unless something was refused because the store leaves a domain out.
#[track_caller]
fn expect_unsupported<T: Debug>(answer: Result<T, StoreError>, domain: Domain) {
    let kind = answer.as_ref().err().map(StoreError::kind);
    assert_eq!(kind, Some(&StoreErrorKind::Unsupported(domain)), "the store leaves {} out: {answer:?}", domain.name());
}

pub(super) async fn domains_are_whole(bench: Bench<'_>) {
    for sample in samples(&*bench.ids) {
        let domain = sample.kind.domain();
        let work = Work::PurgeConversation { conversation: ConversationId::mint(bench.now(), &*bench.ids) };
        let beside = Job { id: bench.mint_job(), work, created_at: bench.now() };
        let done = bench.commit((sample.insert)().and(Insert(beside.clone()))).await;
        if bench.store.supports(domain) {
            done.unwrap_or_else(|error| panic!("a store that keeps {} refused one: {error}", domain.name()));
            bench.commit((sample.is_before)().and(Same(beside))).await.unwrap();
        } else {
            expect_unsupported(done, domain);
            for batch in [&sample.update, &sample.delete, &sample.is_absent] {
                expect_unsupported(bench.commit(batch()).await, domain);
            }
            bench.commit(Batch::of(Absent(beside))).await.expect("a batch that was refused left a trace");
        }
    }
    for kind in Kind::ALL.iter().filter(|kind| !bench.store.supports(kind.domain())) {
        assert_eq!(bench.count(*kind).await, 0, "a scan finds a {} in a store that keeps none", kind.name());
    }
    if !bench.store.supports(Domain::Accounts) {
        expect_no_accounts(&bench).await;
    }
    if !bench.store.supports(Domain::Quota) {
        let (store, domain) = (&bench.store, Domain::Quota);
        expect_unsupported(store.counters(&[ScopeKey::of(Who::Everything)]).await, domain);
        expect_unsupported(store.hold(bench.mint_run()).await, domain);
        expect_unsupported(store.expired_holds(bench.now(), 1).await, domain);
    }
    if !bench.store.supports(Domain::Attachments) {
        let (store, domain, owner) = (&bench.store, Domain::Attachments, bench.caller.subject());
        expect_unsupported(store.attachment(AttachmentId::mint(bench.now(), &*bench.ids)).await, domain);
        expect_unsupported(store.attachments(owner, None, 1).await, domain);
        expect_unsupported(store.idle_attachments(bench.now(), 1).await, domain);
        expect_unsupported(store.blob(ContentHash([1; 32])).await, domain);
        expect_unsupported(store.idle_blobs(bench.now(), 1).await, domain);
    }
    if !bench.store.supports(Domain::Billing) {
        expect_no_ledger(&bench).await;
    }
    if !bench.store.supports(Domain::Billing) {
        expect_no_billing(&bench).await;
    }
}

async fn expect_no_billing(bench: &Bench<'_>) {
    let (store, domain) = (&bench.store, Domain::Billing);
    let (subject, id) = (bench.caller.subject(), PlanId("pro".into()));
    expect_unsupported(store.plan(&id).await, domain);
    expect_unsupported(store.plans(None, 1).await, domain);
    expect_unsupported(store.entitlement(subject).await, domain);
    expect_unsupported(store.customer(subject).await, domain);
    expect_unsupported(store.subscription("sub").await, domain);
    expect_unsupported(store.subscriptions(subject, None, 1).await, domain);
    expect_unsupported(store.due_subscriptions(bench.now(), 1).await, domain);
    expect_unsupported(store.payment_event("evt").await, domain);
    expect_unsupported(store.parked_events(None, 1).await, domain);
    expect_unsupported(store.payment_object(ObjectKind::Customer, "cus").await, domain);
}

async fn expect_no_accounts(bench: &Bench<'_>) {
    let (store, domain) = (&bench.store, Domain::Accounts);
    let (user, session) = (UserId::from_uuid(Uuid::from_u128(1)), SessionId::from_uuid(Uuid::from_u128(2)));
    expect_unsupported(store.user(user).await, domain);
    expect_unsupported(store.user_by_number(1).await, domain);
    expect_unsupported(store.identity(&IdentityKey::Password(user)).await, domain);
    expect_unsupported(store.identities(user).await, domain);
    expect_unsupported(store.session(session).await, domain);
    expect_unsupported(store.sessions(user, None, 1).await, domain);
    expect_unsupported(store.challenge(TokenHash([1; 32])).await, domain);
    expect_unsupported(store.expired_challenges(bench.now(), 1).await, domain);
    expect_unsupported(store.api_key(TokenHash([1; 32])).await, domain);
    expect_unsupported(store.api_keys(user, None, 1).await, domain);
    expect_unsupported(store.visitor(VisitorId::from_uuid(Uuid::from_u128(3))).await, domain);
}

async fn expect_no_ledger(bench: &Bench<'_>) {
    let (store, domain, owner) = (&bench.store, Domain::Billing, bench.caller.subject());
    expect_unsupported(store.wallet(owner).await, domain);
    expect_unsupported(store.ledger_entry("start").await, domain);
    expect_unsupported(store.ledger_entries(owner, None, 1).await, domain);
    expect_unsupported(store.lapsed_wallets(bench.now(), 1).await, domain);
}
