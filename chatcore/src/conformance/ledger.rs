//! Wallets and entries as a store finds and lists them.

use super::bench::Bench;
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::billing::ledger::{Account, Credit, EntryKind, LedgerEntry, Line, Slice, Terms, Wallet};
use crate::store::Batch;
use crate::subject::Subject;
use crate::testing::{user, visitor};

fn time(micros: i64) -> Timestamp {
    Timestamp::from_micros(micros)
}

fn micros(amount: i64) -> Credit {
    Credit::from_micros(amount)
}

fn entry(owner: Subject, number: u64, event: &str) -> LedgerEntry {
    LedgerEntry {
        event: event.to_owned(),
        owner,
        number,
        at: time(0),
        kind: EntryKind::Adjustment,
        lines: [(Account::Credit, 1), (Account::Adjustments, -1)]
            .map(|(account, amount)| Line { account, amount: micros(amount) })
            .into(),
        spent: Credit::ZERO,
        charge: None,
        corrects: None,
        reason: None,
        by: None,
    }
}

pub(super) async fn wallet_by_owner(bench: Bench<'_>) {
    // a user and a visitor of one number
    let owners = [user(1).subject(), visitor(1).subject(), user(2).subject()];
    for (owner, plain) in owners.into_iter().zip([0, 7, -7]) {
        assert_eq!(bench.store.wallet(owner).await.unwrap(), None);
        let wallet = Wallet { plain: micros(plain), ..Wallet::empty(owner) };
        bench.commit(Batch::of(Insert(wallet.clone()))).await.unwrap();
        assert_eq!(bench.store.wallet(owner).await.unwrap().as_ref(), Some(&wallet));
        let later = Wallet { held: micros(1), entries: 9, ..wallet };
        bench.commit(Batch::of(Update(later.clone()))).await.unwrap();
        assert_eq!(bench.store.wallet(owner).await.unwrap(), Some(later));
    }
}

pub(super) async fn entry_by_event(bench: Bench<'_>) {
    let events = ["", "run:a", "run:A", "run:a ", "run:ab", "\u{e4}"];
    for (number, event) in (1..).zip(events) {
        assert_eq!(bench.store.ledger_entry(event).await.unwrap(), None);
        let entry = entry(user(1).subject(), number, event);
        bench.commit(Batch::of(Insert(entry.clone()))).await.unwrap();
        assert_eq!(bench.store.ledger_entry(event).await.unwrap(), Some(entry));
    }
    for event in ["run:", "RUN:A", " run:a", "\u{c4}"] {
        assert_eq!(bench.store.ledger_entry(event).await.unwrap(), None);
    }
}

/// Entries of two owners with numbers from 1 to 40. Names of events are in another order.
async fn booked(bench: &Bench<'_>) -> Vec<LedgerEntry> {
    let mut own = Vec::new();
    for number in 1..=40_u64 {
        for owner in [user(1), visitor(1)] {
            let entry = entry(owner.subject(), number, &format!("{:02} {}", number * 7 % 41, owner.subject()));
            bench.commit(Batch::of(Insert(entry.clone()))).await.unwrap();
            own.extend((owner.subject() == user(1).subject()).then_some(entry));
        }
    }
    own.reverse();
    own
}

pub(super) async fn entries_newest_first(bench: Bench<'_>) {
    let (own, owner) = (booked(&bench).await, user(1).subject());
    for page in [1, 3, 39, 40, 41, usize::MAX] {
        let mut joined: Vec<LedgerEntry> = Vec::new();
        loop {
            let before = joined.last().map(|last| last.number);
            let found = bench.store.ledger_entries(owner, before, page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, own, "pages of {page} do not join to the whole");
    }
    let of = async |owner, before, limit| bench.store.ledger_entries(owner, before, limit).await.unwrap();
    assert_eq!(of(owner, Some(u64::MAX), 2).await, own[..2]);
    assert_eq!(of(owner, Some(99), 2).await, own[..2]);
    assert_eq!(of(owner, Some(1), 2).await, []);
    assert_eq!(of(owner, Some(0), 2).await, []);
    assert_eq!(of(owner, None, 0).await, []);
    assert_eq!(of(user(9).subject(), None, 9).await, []);
}

pub(super) async fn entry_pages_under_writes(bench: Bench<'_>) {
    let (mut own, owner) = (booked(&bench).await, user(1).subject());
    let mut before = None;
    while let Some(last) = own.get(6).map(|last| last.number) {
        let page: Vec<LedgerEntry> = own.drain(..7).collect();
        assert_eq!(bench.store.ledger_entries(owner, before, 7).await.unwrap(), page);
        before = Some(last);
        let next = 1000 - last;
        bench.commit(Batch::of(Insert(entry(owner, next, &format!("new {next}"))))).await.unwrap();
    }
    assert_eq!(bench.store.ledger_entries(owner, before, 7).await.unwrap(), own);
}

pub(super) async fn lapsed_wallets_oldest_first(bench: Bench<'_>) {
    // expiries fall and rise while owners only rise; some have nothing that could expire
    let wallet = |n: u64, expiries: &[i64], held| {
        let terms = |expiry| Terms { priority: 0, expires_at: Some(time(expiry)), trial: false };
        let slices = expiries.iter().map(|expiry| Slice { terms: terms(*expiry), left: micros(5) }).collect();
        Wallet { slices, held: micros(held), plain: micros(1), ..Wallet::empty(user(n).subject()) }
    };
    let mut all = vec![
        wallet(1, &[50, 60], 0),
        wallet(2, &[10], 5),
        wallet(3, &[10], 6),
        wallet(4, &[], 0),
        wallet(5, &[i64::MIN, 10], 0),
        wallet(6, &[10], 0),
        wallet(7, &[i64::MAX], 0),
        wallet(8, &[-1, 99], 10),
    ];
    for wallet in &all {
        bench.commit(Batch::of(Insert(wallet.clone()))).await.unwrap();
    }
    let expect = async |all: &[Wallet], now: i64, limit: usize| {
        let lapses = |wallet: &&Wallet| wallet.expires_at().is_some_and(|expiry| expiry <= time(now));
        let mut lapsed: Vec<Wallet> = all.iter().filter(lapses).cloned().collect();
        lapsed.sort_by_key(|wallet| (wallet.expires_at(), wallet.owner));
        lapsed.truncate(limit);
        let found = bench.store.lapsed_wallets(time(now), limit).await.unwrap();
        assert_eq!(found, lapsed, "at most {limit} by {now}");
    };
    for now in [i64::MIN, -2, -1, 9, 10, 50, i64::MAX] {
        for limit in [0, 1, 3, usize::MAX] {
            expect(&all, now, limit).await;
        }
    }
    assert_eq!(bench.store.lapsed_wallets(time(10), 9).await.unwrap().len(), 4, "what is held does not expire");
    all[1].held = micros(6);
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    bench.commit(Batch::of(Delete(all.remove(0)))).await.unwrap();
    expect(&all, 99, usize::MAX).await;
}
