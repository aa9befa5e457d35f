//! Two stores that saw the same batches must answer the same, whatever they are asked.

use chatcore::billing::{ObjectKind, PlanId};
use chatcore::conversation::{LaneRange, Name, Place, Shelf, Stretch};
use chatcore::feedback::Rating;
use chatcore::search::Query;
use chatcore::store::{AnyRecord, Kind, Store};
use chatcore::{ApiKeyId, JobId, SessionId, ShareId};

use super::attachments;
use super::records::{
    at, conversation_id, hash, message_id, owner, record, run_id, scope, text, user_id, uuid, visitor_id,
};

/// All records of a kind, page by page.
pub(crate) async fn everything(store: &dyn Store, kind: Kind, page: usize) -> Vec<AnyRecord> {
    let mut all: Vec<AnyRecord> = Vec::new();
    loop {
        let after = all.last().map(AnyRecord::key_bytes);
        let next = store.scan(kind, after.as_deref(), page).await.expect("a scan");
        assert!(next.len() <= page, "a page is not longer than asked");
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}

/// Asks both the same and compares.
macro_rules! same {
    ($left:expr, $right:expr, $($question:tt)+) => {
        assert_eq!(
            $left.$($question)+.await.expect("the first store answers"),
            $right.$($question)+.await.expect("the second store answers"),
            "{}",
            stringify!($($question)+),
        )
    };
}

pub(crate) async fn same_records(left: &dyn Store, right: &dyn Store) {
    for kind in Kind::ALL {
        let all = everything(left, *kind, 1000).await;
        assert!(all.iter().map(AnyRecord::key_bytes).is_sorted(), "{} in key order", kind.name());
        for page in [3, 1000] {
            assert_eq!(everything(right, *kind, page).await, all, "{} in pages of {page}", kind.name());
        }
    }
}

pub(crate) async fn same_answers(left: &dyn Store, right: &dyn Store) {
    for n in 0..8 {
        same!(left, right, conversation(conversation_id(n)));
        same!(left, right, message(message_id(n)));
        same!(left, right, run(run_id(n)));
        same!(left, right, user(user_id(n)));
        same!(left, right, user_by_number(u64::from(n)));
        same!(left, right, identities(user_id(n)));
        same!(left, right, session(SessionId::from_uuid(uuid(n))));
        same!(left, right, sessions(user_id(n), None, 3));
        same!(left, right, sessions(user_id(n), Some(SessionId::from_uuid(uuid(1))), 1000));
        same!(left, right, jobs(Some(JobId::from_uuid(uuid(n))), usize::from(n)));
        same!(left, right, expired_keys(at(n), usize::from(n)));
        for b in 0..3 {
            let AnyRecord::IdempotencyKey(name) = record(Kind::IdempotencyKey, n, b, n) else { unreachable!() };
            same!(left, right, idempotency_key(name.owner, &name.name));
        }
        same!(left, right, challenge(hash(n)));
        same!(left, right, expired_challenges(at(n), usize::from(n)));
        same!(left, right, api_key(hash(n)));
        same!(left, right, api_keys(user_id(n), None, 3));
        same!(left, right, api_keys(user_id(n), Some(ApiKeyId::from_uuid(uuid(1))), 1000));
        same!(left, right, visitor(visitor_id(n)));
        same!(left, right, rate_counter(&text(n)));
        same!(left, right, expired_counters(at(n), usize::from(n)));
        same!(left, right, counters(&[scope(n, 0), scope(n, 1)]));
        same!(left, right, hold(run_id(n)));
        same!(left, right, expired_holds(at(n), usize::from(n)));
        same!(left, right, wallet(owner(n)));
        same!(left, right, ledger_entry(&text(n)));
        same!(left, right, ledger_entries(owner(n), None, usize::from(n)));
        same!(left, right, ledger_entries(owner(n), Some(u64::from(n)), 1000));
        same!(left, right, lapsed_wallets(at(n), usize::from(n)));
        said(left, right, n).await;
        same!(left, right, due_subscriptions(at(n), usize::from(n)));
        billed(left, right, n).await;
        attached(left, right, n).await;
        same!(left, right, lapsed_runs(at(n), usize::from(n)));
        same!(left, right, active_runs(conversation_id(n)));
        same!(left, right, runs_of(owner(n), None, 3));
        same!(left, right, runs_of(owner(n), Some(run_id(n)), usize::MAX));
        same!(left, right, logged_runs(Some(run_id(n)), usize::from(n)));
        for after in 0..16 {
            same!(left, right, run_log(run_id(n), after, 2));
        }
    }
    same!(left, right, jobs(None, usize::MAX));
    same!(left, right, logged_runs(None, usize::MAX));
    same!(left, right, run_log(run_id(0), u64::MAX, usize::MAX));
    same!(left, right, user_by_number(u64::MAX));
    for n in 0..4 {
        owned(left, right, n).await;
        tree(left, right, n).await;
    }
}

async fn attached(left: &dyn Store, right: &dyn Store, n: u8) {
    let (id, hash, size) = (attachments::id(n), attachments::hash(n), usize::from(n));
    same!(left, right, attachment(id));
    same!(left, right, attachments(owner(n), None, 3));
    same!(left, right, attachments(owner(n), Some((at(n), id)), 1000));
    same!(left, right, idle_attachments(at(n), size));
    same!(left, right, blob(hash));
    same!(left, right, idle_blobs(at(n), size));
}

async fn billed(left: &dyn Store, right: &dyn Store, n: u8) {
    let (name, id) = (text(n), PlanId(text(n)));
    same!(left, right, plan(&id));
    same!(left, right, plans(Some(&id), 3));
    same!(left, right, plans(None, usize::from(n)));
    same!(left, right, entitlement(owner(n)));
    same!(left, right, customer(owner(n)));
    same!(left, right, subscription(&name));
    same!(left, right, subscriptions(owner(n), None, 3));
    same!(left, right, subscriptions(owner(n), Some(&name), usize::MAX));
    same!(left, right, payment_event(&name));
    same!(left, right, parked_events(None, usize::from(n)));
    same!(left, right, parked_events(Some((at(n), &name)), usize::MAX));
    for kind in [ObjectKind::Customer, ObjectKind::Subscription, ObjectKind::Invoice] {
        same!(left, right, payment_object(kind, &name));
    }
}

async fn said(left: &dyn Store, right: &dyn Store, n: u8) {
    let messages: Vec<_> = (0..8).rev().map(message_id).collect();
    same!(left, right, feedback_on(owner(n), &messages));
    for rating in [None, Some(Rating::Up), Some(Rating::Down)] {
        same!(left, right, feedback(rating, at(n), None, 3));
        same!(left, right, feedback(rating, at(0), Some((at(n), message_id(n), owner(n))), usize::MAX));
    }
    same!(left, right, share(hash(n)));
    same!(left, right, shares(conversation_id(n), None, 2));
    same!(left, right, shares(conversation_id(n), Some(ShareId::from_uuid(uuid(2))), usize::MAX));
    same!(left, right, expired_shares(at(n), usize::from(n)));
}

async fn owned(left: &dyn Store, right: &dyn Store, n: u8) {
    let owner = owner(n);
    same!(left, right, conversations(owner, None, 2));
    same!(left, right, conversations(owner, None, usize::MAX));
    for shelf in Shelf::ALL {
        same!(left, right, shelved(owner, shelf, None, 2));
        same!(left, right, shelved(owner, shelf, Some((at(2), conversation_id(1))), usize::MAX));
    }
    for query in ["plain", "p", "with inside", "ünïcödé", "drop table mess", "a b"] {
        let query = Query::parse(query).expect("a query");
        for (before, limit) in [(None, 2), (Some(2), usize::MAX), (None, usize::MAX)] {
            // where a search stops is each store's own business
            let [one, other] = [left, right].map(|store| store.search(owner, &query, before, limit));
            let (one, other) = (one.await.expect("hits"), other.await.expect("hits"));
            assert_eq!(one.messages, other.messages, "{query:?} below {before:?}, at most {limit}");
        }
    }
    for (seconds, id) in [(0, 0), (1, 2), (2, 1), (3, 7)] {
        same!(left, right, conversations(owner, Some((at(seconds), conversation_id(id))), 3));
    }
    for name in 0..8 {
        same!(left, right, find_conversation(owner, Name::Number(u64::from(name))));
        same!(left, right, find_conversation(owner, Name::External(&text(name))));
        same!(left, right, message_by_number(owner, u64::from(name)));
    }
}

async fn tree(left: &dyn Store, right: &dyn Store, n: u8) {
    let id = conversation_id(n);
    same!(left, right, tree(id, None, 3));
    same!(left, right, tree(id, None, usize::MAX));
    same!(left, right, tree(id, Some(Place { lane: 1, position: 2 }), usize::MAX));
    let range = |lane, first, last| LaneRange { lane, first, last };
    same!(left, right, messages_in(id, &[]));
    same!(left, right, messages_in(id, &[range(2, 3, u32::MAX), range(0, 0, 4), range(1, 5, 2), range(0, 2, 3)]));
    let stretch = |lane, first, last, before| Stretch { range: range(lane, first, last), before };
    same!(left, right, tally(id, &[]));
    same!(
        left,
        right,
        tally(id, &[stretch(2, 0, 9, 3), stretch(0, 0, 4, 25), stretch(1, 5, 2, 0), stretch(0, 0, 4, 1)])
    );
    for lane in 0..6 {
        for floor in [0, 1, 3, u32::MAX] {
            same!(left, right, lanes_up(id, lane, floor));
        }
        for (first, last) in [(0, u32::MAX), (0, 2), (2, 3), (3, 1)] {
            let range = range(lane, first, last);
            same!(left, right, tip(id, range));
            for before in [0, 25, u64::MAX] {
                same!(left, right, tally(id, &[Stretch { range, before }]));
            }
            same!(left, right, lanes_from(id, range, None, 2));
            same!(left, right, lanes_from(id, range, None, usize::MAX));
            same!(left, right, lanes_from(id, range, Some((first, 21)), 3));
            same!(left, right, lanes_from(id, range, Some((first, u64::MAX)), usize::MAX));
        }
    }
}
