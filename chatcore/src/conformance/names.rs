//! Names of requests as a store finds and lists them.

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::id::ConversationId;
use crate::once::{Fingerprint, IdempotencyKey, Made, RequestName};
use crate::store::Batch;
use crate::subject::Subject;
use crate::testing::{user, visitor};

fn named(bench: &Bench<'_>, owner: Subject, name: RequestName, expires_at: Option<i64>) -> IdempotencyKey {
    let made = Made {
        conversation: ConversationId::mint(bench.now(), &*bench.ids),
        message: None,
        answer: None,
        run: Some(bench.mint_run()),
    };
    let expires_at = expires_at.map(Timestamp::from_micros);
    IdempotencyKey { owner, name, fingerprint: Fingerprint::of(["asked"]), made, expires_at }
}

pub(super) async fn request_by_name(bench: Bench<'_>) {
    let here = ConversationId::mint(bench.now(), &*bench.ids);
    let there = ConversationId::mint(bench.now(), &*bench.ids);
    let key = |text: &str| RequestName::Key(text.into());
    let names = [
        key("try"),
        key("Try"),
        key("try "),
        RequestName::ClientRef(here, "try".into()),
        RequestName::ClientRef(here, "\u{e4}".into()),
        RequestName::ClientRef(there, "try".into()),
    ];
    let owners = [user(1).subject(), user(2).subject(), visitor(1).subject()];
    let mut stored = Vec::new();
    for (at, name) in names.iter().enumerate() {
        for owner in owners {
            let found = bench.store.idempotency_key(owner, name).await.unwrap();
            assert_eq!(found, None, "{name:?} is found before it was taken");
            let expires_at = (at % 2 == 0).then_some(i64::MIN);
            let name = named(&bench, owner, name.clone(), expires_at);
            bench.commit(Batch::of(Insert(name.clone()))).await.unwrap();
            stored.push(name);
        }
    }
    for name in &stored {
        let found = bench.store.idempotency_key(name.owner, &name.name).await.unwrap();
        assert_eq!(found.as_ref(), Some(name));
    }
    for stranger in [key("tr"), key("TRY"), RequestName::ClientRef(there, "\u{e4}".into())] {
        assert_eq!(bench.store.idempotency_key(owners[0], &stranger).await.unwrap(), None, "{stranger:?}");
    }
}

pub(super) async fn expired_names_oldest_first(bench: Bench<'_>) {
    let owners = [user(2).subject(), visitor(1).subject(), user(1).subject()];
    let times = [Some(50), Some(10), None, Some(i64::MIN), Some(30), Some(10), Some(-1), Some(i64::MAX), Some(10)];
    let mut all = Vec::new();
    for (at, time) in times.iter().enumerate() {
        let name = named(&bench, owners[at % 3], RequestName::Key(format!("{}", 9 - at)), *time);
        bench.commit(Batch::of(Insert(name.clone()))).await.unwrap();
        all.push(name);
    }
    let expected = |all: &[IdempotencyKey], now: i64, limit: usize| {
        let now = Timestamp::from_micros(now);
        let mut expired: Vec<IdempotencyKey> = all.iter().filter(|name| name.has_expired(now)).cloned().collect();
        expired.sort_by_key(|name| (name.expires_at, name.owner, name.name.clone()));
        expired.truncate(limit);
        expired
    };
    for now in [i64::MIN, -2, -1, 9, 10, 11, 49, 50, i64::MAX] {
        for limit in [0, 1, 3, usize::MAX] {
            let found = bench.store.expired_keys(Timestamp::from_micros(now), limit).await.unwrap();
            assert_eq!(found, expected(&all, now, limit), "at most {limit} by {now}");
        }
    }
    // one is taken anew, one is removed
    all[1].expires_at = Some(Timestamp::from_micros(99));
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(3)))).await.unwrap();
    for now in [10, 99] {
        let found = bench.store.expired_keys(Timestamp::from_micros(now), 99).await.unwrap();
        assert_eq!(found, expected(&all, now, 99));
    }
}
