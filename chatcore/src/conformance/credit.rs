//! What becomes of credit: rules that hold on every store, and races for it.

use std::sync::Arc;
use std::time::Duration;

use super::bench::{Bench, expect_refusal};
use super::threads::race;
use crate::Timestamp;
use crate::billing::ledger::{
    Account, Allowance, Balance, Charge, CorrectEntry, Credit, CreditRules, EntryKind, GrantCredit, GrantKind, Ledger,
    LedgerEntry, MoveWallet, Slice, Terms, event, hold_money, release_money, settle_money,
};
use crate::id::{RunId, UserId, VisitorId};
use crate::page::PageRequest;
use crate::store::{Batch, Change, Conflict, Kind, Stop, StoreError, Tx};
use crate::subject::Subject;
use crate::testing::{user, visitor};
use crate::turn::{Usage, UsageSource};

/// Sets credit aside, as the change does that begins a run.
#[derive(Debug, Clone)]
pub(super) struct SetAside {
    pub(super) owner: Subject,
    pub(super) amount: Credit,
    pub(super) cap: Option<Credit>,
    pub(super) rules: CreditRules,
    pub(super) at: Timestamp,
}

impl Change for SetAside {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        hold_money(tx, self.owner, self.amount, self.cap, &self.rules, self.at)
    }
}

/// Charges a run or lets go of what was set aside, as the change does that ends it.
#[derive(Debug, Clone)]
pub(super) struct EndHold {
    pub(super) owner: Subject,
    pub(super) held: Credit,
    /// What it cost, and which run it was; `None` when nothing was used.
    pub(super) cost: Option<(Credit, RunId)>,
    pub(super) rules: CreditRules,
    pub(super) at: Timestamp,
}

impl Change for EndHold {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some((cost, run)) = self.cost else { return release_money(tx, self.owner, self.held, self.at) };
        let usage = Usage { output: 7, source: UsageSource::Counted, ..Usage::default() };
        let charge = Charge { run, price_version: "1".into(), used: [("small".to_owned(), usage)].into() };
        settle_money(tx, self.owner, self.held, (cost, charge), &self.rules, self.at)
    }
}

pub(super) fn micros(amount: i64) -> Credit {
    Credit::from_micros(amount)
}

fn ledger(bench: &Bench<'_>, rules: CreditRules) -> Ledger {
    Ledger::new(bench.store.clone(), Arc::new(bench.clock.clone()), rules)
}

async fn balance(bench: &Bench<'_>, owner: Subject) -> Balance {
    ledger(bench, CreditRules::default()).balance(owner).await.unwrap()
}

/// What is there, and what of it is set aside.
async fn has(bench: &Bench<'_>, owner: Subject) -> (i64, i64) {
    let balance = balance(bench, owner).await;
    (balance.balance.as_micros(), balance.held.as_micros())
}

fn gift(event: &str, owner: Subject, amount: i64, terms: Option<Terms>, at: Timestamp) -> GrantCredit {
    let (event, amount, kind) = (event.to_owned(), micros(amount), GrantKind::Promotion);
    GrantCredit { event, owner, amount, kind, terms, reason: None, by: None, at }
}

async fn give(bench: &Bench<'_>, event: &str, owner: Subject, amount: i64, terms: Option<Terms>) {
    bench.commit(Batch::of(gift(event, owner, amount, terms, bench.now()))).await.unwrap();
}

async fn hold(bench: &Bench<'_>, owner: Subject, amount: i64, cap: Option<i64>) -> Result<(), StoreError> {
    let (rules, at) = (CreditRules::default(), bench.now());
    bench.commit(Batch::of(SetAside { owner, amount: micros(amount), cap: cap.map(micros), rules, at })).await.map(drop)
}

async fn end(bench: &Bench<'_>, owner: Subject, held: i64, cost: Option<i64>, rules: CreditRules) -> RunId {
    let run = bench.mint_run();
    let cost = cost.map(|cost| (micros(cost), run));
    let change = EndHold { owner, held: micros(held), cost, rules, at: bench.now() };
    bench.commit(Batch::of(change)).await.unwrap();
    run
}

async fn entry(bench: &Bench<'_>, event: &str) -> LedgerEntry {
    bench.store.ledger_entry(event).await.unwrap().unwrap_or_else(|| panic!("there is no entry of {event}"))
}

fn lines(entry: &LedgerEntry) -> Vec<(Account, i64)> {
    entry.lines.iter().map(|line| (line.account, line.amount.as_micros())).collect()
}

/// Fails unless somebody's wallet is the sum of their entries.
async fn expect_even(bench: &Bench<'_>, owner: Subject) {
    let found = ledger(bench, CreditRules::default()).verify(owner).await.unwrap();
    assert!(found.is_sound && found.matches, "{owner}: {found:?}");
}

pub(super) async fn a_run_is_charged_what_it_used(bench: Bench<'_>) {
    let owner = user(1).subject();
    give(&bench, "gift", owner, 100, None).await;
    hold(&bench, owner, 60, None).await.unwrap();
    expect_refusal(
        hold(&bench, owner, 41, None).await,
        &Conflict::InsufficientCredit { needed: micros(41), available: micros(40) },
    );
    hold(&bench, owner, 40, None).await.unwrap();
    assert_eq!(has(&bench, owner).await, (100, 100));
    let run = end(&bench, owner, 60, Some(25), CreditRules::default()).await;
    assert_eq!(has(&bench, owner).await, (75, 40));
    let charge = entry(&bench, &event::run(run)).await;
    assert_eq!(lines(&charge), [(Account::Credit, -25), (Account::Revenue, 25)]);
    assert_eq!((charge.kind, charge.spent), (EntryKind::Charge, micros(25)));
    let used = charge.charge.unwrap();
    assert_eq!((used.run, used.price_version.as_str()), (run, "1"));
    assert_eq!(used.used["small"].source, UsageSource::Counted, "the entry says who counted");
    end(&bench, owner, 40, None, CreditRules::default()).await;
    assert_eq!(has(&bench, owner).await, (75, 0), "who used nothing pays nothing");
    assert_eq!(bench.count(Kind::LedgerEntry).await, 2);
    expect_even(&bench, owner).await;
}

pub(super) async fn more_than_was_held_is_shown(bench: Bench<'_>) {
    let owner = user(1).subject();
    give(&bench, "gift", owner, 100, None).await;
    hold(&bench, owner, 30, None).await.unwrap();
    let run = end(&bench, owner, 30, Some(50), CreditRules::default()).await;
    assert_eq!(has(&bench, owner).await, (70, 0), "no more than was held");
    let waived = entry(&bench, &event::run(run)).await;
    assert_eq!(lines(&waived), [(Account::Credit, -30), (Account::Waived, -20), (Account::Revenue, 50)]);
    let rules = CreditRules { overdraft: Some(micros(15)), ..CreditRules::default() };
    hold(&bench, owner, 30, None).await.unwrap();
    let run = end(&bench, owner, 30, Some(99), rules).await;
    assert_eq!(has(&bench, owner).await, (-15, 0), "a debt, as far as it may go");
    let owed = entry(&bench, &event::run(run)).await;
    assert_eq!(lines(&owed), [(Account::Credit, -85), (Account::Waived, -14), (Account::Revenue, 99)]);
    assert!(hold(&bench, owner, 1, None).await.is_err(), "who owes begins nothing");
    let terms = Terms { priority: 1, expires_at: None, trial: false };
    give(&bench, "more", owner, 20, Some(terms)).await;
    assert_eq!(lines(&entry(&bench, "more").await)[..2], [(Account::Credit, 15), (Account::Grant(terms), 5)]);
    assert_eq!(has(&bench, owner).await, (5, 0), "what is owed is paid first");
    expect_even(&bench, owner).await;
}

pub(super) async fn an_entry_is_taken_back_once(bench: Bench<'_>) {
    let owner = user(1).subject();
    let terms = Terms { priority: 1, expires_at: Some(bench.now().plus(Duration::from_secs(60))), trial: false };
    give(&bench, "gift", owner, 10, Some(terms)).await;
    give(&bench, "rest", owner, 10, None).await;
    hold(&bench, owner, 15, None).await.unwrap();
    let run = end(&bench, owner, 15, Some(15), CreditRules::default()).await;
    let back = |corrects: &str| {
        let (corrects, reason) = (corrects.to_owned(), "said twice".to_owned());
        Batch::of(CorrectEntry { corrects, reason, by: None, at: bench.now() })
    };
    for _ in 0..2 {
        bench.commit(back(&event::run(run))).await.unwrap();
        let balance = balance(&bench, owner).await;
        assert_eq!((balance.balance, balance.grants[0].left, balance.spent), (micros(20), micros(10), Credit::ZERO));
    }
    let correction = entry(&bench, &event::correction(&event::run(run))).await;
    assert_eq!(correction.corrects, Some(event::run(run)));
    let wanted = [(Account::Grant(terms), 10), (Account::Credit, 5), (Account::Revenue, -15)];
    assert!(wanted.iter().all(|line| lines(&correction).contains(line)), "{correction:?}");
    // a gift that was used in part is taken back whole, or not at all
    hold(&bench, owner, 12, None).await.unwrap();
    end(&bench, owner, 12, Some(12), CreditRules::default()).await;
    let refused = Conflict::InsufficientCredit { needed: micros(10), available: micros(8) };
    expect_refusal(bench.commit(back("gift")).await, &refused);
    give(&bench, "more", owner, 10, None).await;
    bench.commit(back("gift")).await.unwrap();
    assert_eq!(has(&bench, owner).await, (8, 0));
    expect_refusal(bench.commit(back("nothing")).await, &Conflict::Missing(Kind::LedgerEntry));
    expect_even(&bench, owner).await;
}

pub(super) async fn a_cap_holds_below_the_balance(bench: Bench<'_>) {
    let owner = user(1).subject();
    give(&bench, "gift", owner, 100, None).await;
    hold(&bench, owner, 10, Some(30)).await.unwrap();
    end(&bench, owner, 10, Some(10), CreditRules::default()).await;
    hold(&bench, owner, 15, Some(30)).await.unwrap();
    let refused = Conflict::CapReached { needed: micros(6), cap: micros(30), spent: micros(25) };
    expect_refusal(hold(&bench, owner, 6, Some(30)).await, &refused);
    hold(&bench, owner, 5, Some(30)).await.unwrap();
    end(&bench, owner, 20, None, CreditRules::default()).await;
    bench.clock.advance(Duration::from_secs(32 * 86_400));
    hold(&bench, owner, 30, Some(30)).await.unwrap();
    assert_eq!(has(&bench, owner).await, (90, 30), "a new month");
}

pub(super) async fn a_merge_moves_all_credit(bench: Bench<'_>) {
    let (from, to) = (visitor(1), user(1));
    let (visitor, user): (VisitorId, UserId) = match (from.subject(), to.subject()) {
        (Subject::Visitor(visitor), Subject::User(user)) => (visitor, user),
        other => panic!("a visitor and a user: {other:?}"),
    };
    let terms = Terms { priority: 1, expires_at: Some(bench.now().plus(Duration::from_secs(60))), trial: false };
    give(&bench, "theirs", from.subject(), 50, None).await;
    give(&bench, "bonus", from.subject(), 10, Some(terms)).await;
    give(&bench, "mine", to.subject(), 5, Some(terms)).await;
    hold(&bench, from.subject(), 20, None).await.unwrap();
    end(&bench, from.subject(), 20, Some(8), CreditRules::default()).await;
    hold(&bench, from.subject(), 30, None).await.unwrap();
    for _ in 0..2 {
        bench.commit(Batch::of(MoveWallet { visitor, user, at: bench.now() })).await.unwrap();
        assert_eq!(has(&bench, from.subject()).await, (0, 0));
        assert_eq!(has(&bench, to.subject()).await, (57, 30));
    }
    let balance = balance(&bench, to.subject()).await;
    assert_eq!((balance.spent, balance.grants.len(), balance.grants[0].left), (micros(8), 1, micros(7)));
    // the run of the visitor ends at the user's
    end(&bench, to.subject(), 30, Some(30), CreditRules::default()).await;
    give(&bench, "late", from.subject(), 3, None).await;
    bench.commit(Batch::of(MoveWallet { visitor, user, at: bench.now() })).await.unwrap();
    assert_eq!(has(&bench, to.subject()).await, (30, 0), "what came late is moved too");
    for owner in [from.subject(), to.subject()] {
        expect_even(&bench, owner).await;
    }
    bench.expect_sound().await;
}

pub(super) async fn what_visitors_get_for_nothing_stays_behind(bench: Bench<'_>) {
    let to = user(1).subject();
    let Subject::User(user) = to else { panic!("a user: {to}") };
    let allowance = |start| Allowance { start: micros(start), refill: None };
    let rules = CreditRules { users: allowance(20), visitors: allowance(50), overdraft: None };
    let hold = async |owner, amount| {
        let change = SetAside { owner, amount: micros(amount), cap: None, rules, at: bench.now() };
        bench.commit(Batch::of(change)).await.map(drop)
    };
    let merge = async |from| {
        let Subject::Visitor(visitor) = from else { panic!("a visitor: {from}") };
        bench.commit(Batch::of(MoveWallet { visitor, user, at: bench.now() })).await.unwrap();
    };
    hold(to, 1).await.unwrap();
    end(&bench, to, 1, None, rules).await;
    for n in 1..=3 {
        // as far as runs were promised it comes along, and no longer than they take
        let from = visitor(n).subject();
        give(&bench, &format!("gift {n}"), from, 5, None).await;
        hold(from, 30).await.unwrap();
        let wallet = bench.store.wallet(from).await.unwrap().unwrap();
        assert_eq!(wallet.slices, [Slice { terms: Terms::TRIAL, left: micros(50) }], "what they get is told apart");
        merge(from).await;
        assert_eq!(has(&bench, from).await, (0, 0));
        end(&bench, to, 30, None, rules).await;
        let gifts = i64::try_from(n).unwrap() * 5;
        assert_eq!(has(&bench, to).await, (20 + gifts, 0), "their own, and what was given to visitors");
        expect_even(&bench, from).await;
    }
    let poor = crate::testing::user(2).subject();
    let from = visitor(9).subject();
    hold(from, 30).await.unwrap();
    let Subject::Visitor(visitor) = from else { panic!("a visitor: {from}") };
    let Subject::User(user) = poor else { panic!("a user: {poor}") };
    bench.commit(Batch::of(MoveWallet { visitor, user, at: bench.now() })).await.unwrap();
    assert_eq!(has(&bench, poor).await, (30, 30), "a run that goes on can be paid");
    end(&bench, poor, 30, Some(12), rules).await;
    assert_eq!(has(&bench, poor).await, (0, 0), "the rest is gone");
    for owner in [to, poor, from] {
        expect_even(&bench, owner).await;
    }
    bench.expect_sound().await;
}

pub(super) async fn what_lapses_is_booked(bench: Bench<'_>) {
    let service = ledger(&bench, CreditRules::default());
    let until = bench.now().plus(Duration::from_secs(60));
    let owners = [user(1).subject(), user(2).subject(), user(3).subject()];
    for (owner, name) in owners.into_iter().zip(["a", "b", "c"]) {
        give(&bench, name, owner, 10, Some(Terms { priority: 0, expires_at: Some(until), trial: false })).await;
        give(&bench, &format!("{name} rest"), owner, 5, None).await;
    }
    hold(&bench, owners[2], 12, None).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(has(&bench, owners[0]).await, (5, 0), "it is gone though nothing says so yet");
    assert!(hold(&bench, owners[0], 6, None).await.is_err());
    hold(&bench, owners[0], 5, None).await.unwrap();
    assert_eq!(service.tidy().await.unwrap(), 2, "who does not come back, and what is not held");
    assert_eq!(service.tidy().await.unwrap(), 0);
    for (owner, expired) in owners.into_iter().zip([10, 10, 3]) {
        let entry = entry(&bench, &event::expiry(owner, 3)).await;
        assert_eq!(lines(&entry).last(), Some(&(Account::Expired, expired)));
        expect_even(&bench, owner).await;
    }
    let run = end(&bench, owners[2], 12, Some(4), CreditRules::default()).await;
    assert_eq!(has(&bench, owners[2]).await, (5, 0), "what had lapsed is used first, the rest of it is gone");
    assert_eq!(entry(&bench, &event::run(run)).await.owners(), micros(-4));
    expect_even(&bench, owners[2]).await;
}

pub(super) async fn balances_survive(bench: Bench<'_>) {
    let owner = user(1).subject();
    give(&bench, "gift", owner, 100, None).await;
    hold(&bench, owner, 30, None).await.unwrap();
    let Some(bench) = bench.reopen().await else { return };
    assert_eq!(has(&bench, owner).await, (100, 30));
    end(&bench, owner, 30, Some(7), CreditRules::default()).await;
    let Some(bench) = bench.reopen().await else { return };
    assert_eq!(has(&bench, owner).await, (93, 0));
    let page = ledger(&bench, CreditRules::default()).entries(&user(1), &PageRequest::first().limit(1)).await.unwrap();
    assert_eq!((page.items[0].number, page.next.is_some()), (2, true));
    expect_even(&bench, owner).await;
}

pub(super) async fn credit_is_set_aside_once(bench: Bench<'_>) {
    let mut rules = CreditRules::default();
    // it covers ten, and not eleven
    rules.visitors.start = micros(105);
    for (round, is_new) in (1..).zip([false, true, false, true]) {
        let owner = if is_new { visitor(round).subject() } else { user(round).subject() };
        if !is_new {
            give(&bench, &format!("gift {round}"), owner, 105, None).await;
        }
        let (store, at) = (bench.store.clone(), bench.now());
        let all = race(&bench, |_| {
            let (store, change) = (store.clone(), SetAside { owner, amount: micros(10), cap: None, rules, at });
            Box::pin(async move { store.commit(Batch::of(change)).await })
        });
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 10, "so many of 64 got one of ten");
        let refusal = Conflict::InsufficientCredit { needed: micros(10), available: micros(5) };
        all.into_iter().filter(Result::is_err).for_each(|lost| expect_refusal(lost, &refusal));
        assert_eq!(has(&bench, owner).await, (105, 100));
        expect_even(&bench, owner).await;
    }
}

pub(super) async fn credit_that_comes_at_once_is_all_there(bench: Bench<'_>) {
    let (owner, store, at) = (user(1).subject(), bench.store.clone(), bench.now());
    let all = race(&bench, |number| {
        let store = store.clone();
        // every second is the same gift
        let event = if number % 2 == 0 { "again".to_owned() } else { format!("gift {number}") };
        let change = gift(&event, owner, 10, None, at);
        Box::pin(async move { store.commit(Batch::of(change)).await })
    });
    assert!(all.iter().all(Result::is_ok), "what was given before is no refusal");
    assert_eq!(has(&bench, owner).await, (330, 0));
    let other = bench.commit(Batch::of(gift("again", owner, 11, None, at))).await;
    expect_refusal(other, &Conflict::Exists(Kind::LedgerEntry));
    expect_even(&bench, owner).await;
}
