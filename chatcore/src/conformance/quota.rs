//! Counters and holds as a store finds and lists them.

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::billing::entitlement::Hold;
use crate::billing::ledger::Credit;
use crate::quota::{Amounts, Counter, ScopeKey, Who};
use crate::store::Batch;

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

pub(super) async fn counters_by_scope(bench: Bench<'_>) {
    let all = ScopeKey::of(Who::Everything);
    let own = ScopeKey::subject(bench.caller.subject());
    let scopes = [own.with_model("Small"), all.clone(), own.with_model("small"), own.clone(), all.with_model("")];
    for (runs, scope) in (0..).zip(&scopes) {
        assert_eq!(bench.store.counters(std::slice::from_ref(scope)).await.unwrap(), []);
        bench.commit(Batch::of(Insert(Counter { runs, ..Counter::new(scope.clone()) }))).await.unwrap();
    }
    let found = bench.store.counters(&scopes).await.unwrap();
    assert_eq!(found.iter().map(|counter| counter.runs).collect::<Vec<_>>(), [0, 1, 2, 3, 4], "in another order");
    let asked = [own.with_model("SMALL"), all.with_model("small"), own, ScopeKey::of(Who::Plan(String::new()))];
    let found = bench.store.counters(&asked).await.unwrap();
    assert_eq!(found.iter().map(|counter| counter.runs).collect::<Vec<_>>(), [3], "a counter of another scope");
    assert_eq!(bench.store.counters(&[]).await.unwrap(), []);
}

fn hold(bench: &Bench<'_>, expires_at: i64) -> Hold {
    let subject = bench.caller.subject();
    Hold {
        run: bench.mint_run(),
        subject,
        model: "scripted".into(),
        prompt: 9,
        scopes: vec![ScopeKey::subject(subject)],
        amounts: Amounts { messages: 1, requests: 1, ..Amounts::default() },
        money: Credit::ZERO,
        quote: None,
        placed_at: time(-9),
        expires_at: time(expires_at),
    }
}

pub(super) async fn hold_by_run(bench: Bench<'_>) {
    for expires_at in [-5, i64::MAX, 7] {
        let hold = hold(&bench, expires_at);
        assert_eq!(bench.store.hold(hold.run).await.unwrap(), None);
        bench.commit(Batch::of(Insert(hold.clone()))).await.unwrap();
        assert_eq!(bench.store.hold(hold.run).await.unwrap(), Some(hold), "it may have expired long ago");
    }
    assert_eq!(bench.store.hold(bench.mint_run()).await.unwrap(), None);
}

pub(super) async fn expired_holds_oldest_first(bench: Bench<'_>) {
    let mut all: Vec<Hold> = [50, 10, i64::MAX, i64::MIN, 30, 10, -1, 99, 10].map(|at| hold(&bench, at)).into();
    for hold in &all {
        bench.commit(Batch::of(Insert(hold.clone()))).await.unwrap();
    }
    let expect = async |all: &[Hold], now: i64, limit: usize| {
        let mut expected: Vec<Hold> = all.iter().filter(|hold| hold.expires_at <= time(now)).cloned().collect();
        expected.sort_by_key(|hold| (hold.expires_at, hold.run));
        expected.truncate(limit);
        assert_eq!(bench.store.expired_holds(time(now), limit).await.unwrap(), expected, "{limit} by {now}");
    };
    for now in [i64::MIN, -2, -1, 9, 10, 11, 49, 50, i64::MAX] {
        for limit in [0, 1, 3, 100] {
            expect(&all, now, limit).await;
        }
    }
    // one is put off, one ends
    all[1].expires_at = time(60);
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(4)))).await.unwrap();
    expect(&all, 50, 100).await;
    expect(&all, 60, 100).await;
}
