//! Codes, keys of programs, visitors and counts as a store finds and lists them.

use uuid::Uuid;

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::account::{ApiKey, ApiKeyKind, Challenge, ChallengeKind, Scope, TokenHash, Visitor};
use crate::id::{ApiKeyId, UserId, VisitorId};
use crate::limits::RateCounter;
use crate::store::Batch;

pub(super) fn hash(n: u8) -> TokenHash {
    TokenHash([n; 32])
}

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn user(n: u128) -> UserId {
    UserId::from_uuid(Uuid::from_u128(n))
}

/// Moments at which things expire, in no order, some of them at once.
const EXPIRIES: [i64; 9] = [50, 10, i64::MAX, i64::MIN, 30, 10, -1, 99, 10];

/// Moments at which somebody asks what has expired.
const ASKED: [i64; 9] = [i64::MIN, -2, -1, 9, 10, 11, 49, 50, i64::MAX];

fn challenge(n: u8, expires_at: i64) -> Challenge {
    Challenge {
        hash: hash(n),
        kind: ChallengeKind::ALL[usize::from(n) % ChallengeKind::ALL.len()],
        payload: format!("{n}"),
        user: None,
        epoch: None,
        binding: None,
        created_at: time(-9),
        expires_at: time(expires_at),
    }
}

pub(super) async fn challenge_by_hash(bench: Bench<'_>) {
    // two hashes that only the last byte tells apart
    let near = |last: u8| {
        let mut bytes = [7; 32];
        bytes[31] = last;
        TokenHash(bytes)
    };
    for (n, last) in [0, 1, 255].into_iter().enumerate() {
        let code = Challenge { hash: near(last), ..challenge(u8::try_from(n).unwrap(), -5) };
        assert_eq!(bench.store.challenge(code.hash).await.unwrap(), None);
        bench.commit(Batch::of(Insert(code.clone()))).await.unwrap();
        assert_eq!(bench.store.challenge(code.hash).await.unwrap(), Some(code), "it has expired long ago");
    }
    assert_eq!(bench.store.challenge(near(2)).await.unwrap(), None);
}

pub(super) async fn expired_challenges_oldest_first(bench: Bench<'_>) {
    let mut all = Vec::new();
    for (n, expiry) in (0..).zip(EXPIRIES) {
        all.push(challenge(9 - n, expiry));
        bench.commit(Batch::of(Insert(all[usize::from(n)].clone()))).await.unwrap();
    }
    let expect = async |all: &[Challenge], now: i64, limit: usize| {
        let mut expired: Vec<Challenge> = all.iter().filter(|code| code.expires_at <= time(now)).cloned().collect();
        expired.sort_by_key(|code| (code.expires_at, code.hash));
        expired.truncate(limit);
        let found = bench.store.expired_challenges(time(now), limit).await.unwrap();
        assert_eq!(found, expired, "at most {limit} by {now}");
    };
    for now in ASKED {
        for limit in [0, 1, 3, usize::MAX] {
            expect(&all, now, limit).await;
        }
    }
    bench.commit(Batch::of(Delete(all.remove(3)))).await.unwrap();
    expect(&all, 10, usize::MAX).await;
}

pub(super) fn key(bench: &Bench<'_>, n: u8, owner: UserId) -> ApiKey {
    ApiKey {
        hash: hash(n),
        id: ApiKeyId::mint(bench.now(), &*bench.ids),
        owner,
        kind: ApiKeyKind::Key,
        name: format!("{n}"),
        prefix: "ck_".into(),
        scopes: vec![Scope::Read],
        epoch: 0,
        created_at: bench.now(),
        last_used_at: None,
        expires_at: None,
        revoked_at: None,
    }
}

pub(super) async fn api_key_by_hash(bench: Bench<'_>) {
    let live = key(&bench, 1, user(1));
    let revoked = ApiKey { revoked_at: Some(bench.now()), ..key(&bench, 2, user(1)) };
    for key in [&live, &revoked] {
        assert_eq!(bench.store.api_key(key.hash).await.unwrap(), None);
        bench.commit(Batch::of(Insert(key.clone()))).await.unwrap();
        assert_eq!(bench.store.api_key(key.hash).await.unwrap().as_ref(), Some(key));
    }
    assert_eq!(bench.store.api_key(hash(3)).await.unwrap(), None);
}

pub(super) async fn api_keys_in_order(bench: Bench<'_>) {
    // hashes fall while ids grow
    let all: Vec<ApiKey> = (0..20).map(|n| key(&bench, 200 - n, user(1 + u128::from(n % 2)))).collect();
    for key in all.iter().rev() {
        bench.commit(Batch::of(Insert(key.clone()))).await.unwrap();
    }
    let mut own: Vec<ApiKey> = all.into_iter().filter(|key| key.owner == user(1)).collect();
    own[2].revoked_at = Some(bench.now());
    bench.commit(Batch::of(Update(own[2].clone()))).await.unwrap();
    for page in [1, 3, 10, 11, usize::MAX] {
        let mut joined: Vec<ApiKey> = Vec::new();
        loop {
            let found = bench.store.api_keys(user(1), joined.last().map(|last| last.id), page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, own, "pages of {page} do not join to the whole, revoked ones included");
    }
    let gone = own.remove(4);
    bench.commit(Batch::of(Delete(gone.clone()))).await.unwrap();
    assert_eq!(bench.store.api_keys(user(1), Some(gone.id), 2).await.unwrap(), own[4..6]);
    assert_eq!(bench.store.api_keys(user(1), None, 0).await.unwrap(), []);
    assert_eq!(bench.store.api_keys(user(9), None, 9).await.unwrap(), []);
}

pub(super) async fn visitor_by_id(bench: Bench<'_>) {
    let id = VisitorId::mint(bench.now(), &*bench.ids);
    assert_eq!(bench.store.visitor(id).await.unwrap(), None);
    let visitor =
        Visitor { id, created_at: bench.now(), network: "192.0.2.0/24".into(), merged_into: None, merged_at: None };
    bench.commit(Batch::of(Insert(visitor.clone()))).await.unwrap();
    assert_eq!(bench.store.visitor(id).await.unwrap().as_ref(), Some(&visitor));
    let merged = Visitor { merged_into: Some(user(1)), merged_at: Some(bench.now()), ..visitor };
    bench.commit(Batch::of(Update(merged.clone()))).await.unwrap();
    assert_eq!(bench.store.visitor(id).await.unwrap(), Some(merged));
}

fn counter(bucket: &str, expires_at: i64) -> RateCounter {
    RateCounter { bucket: bucket.to_owned(), failures: 1, changed_at: time(0), expires_at: time(expires_at) }
}

pub(super) async fn rate_counter_by_bucket(bench: Bench<'_>) {
    let names = ["", "a", "A", "a ", "ab", "\u{e4}"];
    let all: Vec<RateCounter> =
        names.into_iter().zip([i64::MIN, -60, 0, 60, 99, i64::MAX]).map(|(name, at)| counter(name, at)).collect();
    for counter in &all {
        assert_eq!(bench.store.rate_counter(&counter.bucket).await.unwrap(), None);
        bench.commit(Batch::of(Insert(counter.clone()))).await.unwrap();
    }
    for counter in &all {
        assert_eq!(bench.store.rate_counter(&counter.bucket).await.unwrap().as_ref(), Some(counter));
    }
    for bucket in ["b", "AB", " a", "\u{c4}"] {
        assert_eq!(bench.store.rate_counter(bucket).await.unwrap(), None);
    }
}

pub(super) async fn expired_counters_oldest_first(bench: Bench<'_>) {
    let mut all = Vec::new();
    for (n, expiry) in EXPIRIES.into_iter().enumerate() {
        let counter = counter(&format!("{}{n}", ["b", "a"][usize::from(n % 2 == 0)]), expiry);
        bench.commit(Batch::of(Insert(counter.clone()))).await.unwrap();
        all.push(counter);
    }
    let expect = async |all: &[RateCounter], now: i64, limit: usize| {
        let mut expired: Vec<RateCounter> = all.iter().filter(|one| one.expires_at <= time(now)).cloned().collect();
        expired.sort_by_key(|one| (one.expires_at, one.bucket.clone()));
        expired.truncate(limit);
        let found = bench.store.expired_counters(time(now), limit).await.unwrap();
        assert_eq!(found, expired, "at most {limit} by {now}");
    };
    for now in ASKED {
        for limit in [0, 1, 3, usize::MAX] {
            expect(&all, now, limit).await;
        }
    }
    // one is counted on, one is removed
    all[1].expires_at = time(99);
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(3)))).await.unwrap();
    for now in [10, 99] {
        expect(&all, now, 99).await;
    }
}
