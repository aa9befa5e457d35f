//! Both at once.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::time::Duration;

use super::Outcome;
use super::list::{Moved, Owner, Owners, Refused};
use crate::Timestamp;
use crate::billing::ledger::{
    AdjustCredit, Allowance, CorrectEntry, Credit, CreditRules, ExpireCredit, GrantCredit, GrantKind, Ledger, Month,
    MoveWallet, Refill, Terms, Wallet, event,
};
use crate::conformance::bench::Bench;
use crate::conformance::credit::{EndHold, SetAside, micros};
use crate::id::RunId;
use crate::store::{Batch, Change, Conflict, Kind};
use crate::subject::Subject;
use crate::testing::{user, visitor};

/// A run that holds credit.
struct Hold {
    owner: Subject,
    run: RunId,
    amount: i64,
}

/// An entry that may be taken back: whose, what it did, and what was spent by it, when.
struct Booked {
    event: String,
    owner: Subject,
    moved: Moved,
    spent: (i64, Timestamp),
    back: bool,
}

/// The store and the list.
pub(super) struct Twins<'a> {
    bench: Bench<'a>,
    owners: Owners,
    holds: Vec<Hold>,
    booked: Vec<Booked>,
    rules: CreditRules,
    state: u64,
    next: u64,
    /// Whether the store is to be closed and opened again.
    reopens: bool,
    outcome: Outcome,
}

/// After so many movements all entries are added up, and then each time that they are twice as many.
const ROUND: usize = 500;

/// More entries than that need not be remembered to be taken back.
const REMEMBERED: usize = 50;

/// The store, which holds nothing yet: whether it keeps what it holds shows when it is opened again.
async fn opened(bench: Bench<'_>) -> (Bench<'_>, bool) {
    let (check, harness) = (bench.check, bench.harness);
    match bench.again().await {
        Some(bench) => (bench, true),
        None => (Bench::open(check, harness).await, false),
    }
}

impl<'a> Twins<'a> {
    pub(super) async fn follow(bench: Bench<'a>, seed: u64, count: usize) -> Outcome {
        let refill = Refill { amount: micros(40), hours: 12, ceiling: micros(200) };
        let rules = CreditRules {
            users: Allowance { start: micros(100), refill: Some(refill) },
            visitors: Allowance { start: micros(30), refill: None },
            // an odd seed lets people owe
            overdraft: (seed % 2 == 1).then(|| micros(25)),
        };
        let state = seed.wrapping_mul(0x9e37_79b9_7f4a_7c15) | 1;
        let (owners, outcome) = (BTreeMap::new(), Outcome::default());
        let (bench, keeps) = opened(bench).await;
        let (holds, booked) = (Vec::new(), Vec::new());
        let mut twins = Self { bench, owners, holds, booked, rules, state, next: 0, reopens: false, outcome };
        for at in 1..=count {
            let what = twins.step().await;
            if std::mem::take(&mut twins.reopens) && keeps {
                twins = twins.reopen().await;
            }
            twins.outcome.movements += 1;
            twins.compare(&format!("movement {at} of seed {seed}, {what}")).await;
            if at % ROUND == 0 && (at / ROUND).is_power_of_two() {
                twins.add_up().await;
            }
        }
        // what goes on ends, so that nothing stays set aside
        while let Some(hold) = twins.holds.pop() {
            twins.end(hold, None).await;
        }
        twins.add_up().await;
        twins.bench.expect_sound().await;
        twins.outcome.entries = twins.bench.count(Kind::LedgerEntry).await;
        twins.outcome
    }

    fn random(&mut self, below: u64) -> u64 {
        self.state ^= self.state << 13;
        self.state ^= self.state >> 7;
        self.state ^= self.state << 17;
        (self.state >> 16) % below
    }

    fn amount(&mut self) -> i64 {
        i64::try_from(self.random(80)).unwrap() + 1
    }

    fn owner(&mut self) -> Subject {
        match self.random(6) {
            number @ 0..4 => user(number).subject(),
            number => visitor(number).subject(),
        }
    }

    fn name(&mut self, kind: &str) -> String {
        self.next += 1;
        format!("{kind} {}", self.next)
    }

    fn entry(&mut self, owner: Subject) -> &mut Owner {
        self.owners.entry(owner).or_default()
    }

    /// The same owner with what is due: kept only if the movement is not refused.
    fn due(&mut self, owner: Subject) -> Owner {
        let (allowance, at) = (*self.rules.allowance(owner), self.bench.now());
        let mut due = self.entry(owner).clone();
        let terms = matches!(owner, Subject::Visitor(_)).then_some(Terms::TRIAL);
        due.update(terms, &allowance, at);
        due
    }

    async fn commit(&self, change: impl Change + 'static) -> Result<(), Refused> {
        match self.bench.commit(Batch::of(change)).await {
            Ok(_) => Ok(()),
            Err(error) => match error.conflict() {
                Some(Conflict::InsufficientCredit { .. }) => Err(Refused::Insufficient),
                Some(Conflict::CapReached { .. }) => Err(Refused::Cap),
                _ => panic!("neither done nor refused: {error}"),
            },
        }
    }

    /// Both did the same; what the list made of it is kept if it was not refused.
    fn agree<T>(&mut self, what: &str, store: Result<(), Refused>, list: Result<T, Refused>) -> Option<T> {
        let said = list.as_ref().map(|_| ()).map_err(|refused| *refused);
        assert_eq!(store, said, "{what}: the store and the list");
        self.outcome.refused += usize::from(store.is_err());
        list.ok()
    }

    async fn step(&mut self) -> &'static str {
        match self.random(100) {
            0..16 => self.give().await,
            16..42 => self.hold().await,
            42..70 => self.end_one().await,
            70..76 => self.adjust().await,
            76..82 => self.correct().await,
            82..92 => {
                let hours = self.random(20) * self.random(4);
                self.bench.clock.advance(Duration::from_secs(3600 * hours));
                "time passes"
            }
            92..95 => self.expire().await,
            95..97 => self.tidy().await,
            97..99 => self.merge().await,
            _ => {
                self.reopens = true;
                "a reopening"
            }
        }
    }

    async fn give(&mut self) -> &'static str {
        let (owner, amount, at) = (self.owner(), self.amount(), self.bench.now());
        let hours = self.random(100);
        let expires_at = (hours > 30).then(|| at.plus(Duration::from_secs(3600 * hours)));
        let priority = u8::try_from(self.random(3)).unwrap();
        let terms = (self.random(4) > 0).then_some(Terms { priority, expires_at, trial: false });
        let (event, kind) = (self.name("gift"), GrantKind::Promotion);
        let gift = GrantCredit {
            event: event.clone(),
            owner,
            amount: micros(amount),
            kind,
            terms,
            reason: None,
            by: None,
            at,
        };
        // what is heard twice is booked once
        for _ in 0..=self.random(2) {
            self.commit(gift.clone()).await.unwrap();
        }
        let moved = self.entry(owner).give(terms, amount);
        self.remember(Booked { event, owner, moved, spent: (0, at), back: false });
        "a gift"
    }

    fn remember(&mut self, booked: Booked) {
        if self.booked.len() >= REMEMBERED {
            let at = usize::try_from(self.random(REMEMBERED as u64)).unwrap();
            self.booked.swap_remove(at);
        }
        self.booked.push(booked);
    }

    async fn hold(&mut self) -> &'static str {
        let (owner, amount, at) = (self.owner(), self.amount(), self.bench.now());
        let cap = (self.random(3) == 0).then(|| 2 * amount + 60);
        let change = SetAside { owner, amount: micros(amount), cap: cap.map(micros), rules: self.rules, at };
        let done = self.commit(change).await;
        let mut due = self.due(owner);
        let said = due.hold(amount, cap, at);
        if self.agree("a hold", done, said).is_some() {
            self.owners.insert(owner, due);
            let run = self.bench.mint_run();
            self.holds.push(Hold { owner, run, amount });
        }
        "a hold"
    }

    async fn end_one(&mut self) -> &'static str {
        if self.holds.is_empty() {
            return "nothing ends";
        }
        let at = usize::try_from(self.random(self.holds.len() as u64)).unwrap();
        let hold = self.holds.swap_remove(at);
        // a little less, or more than was held
        let cost = i64::try_from(self.random(hold.amount.unsigned_abs() * 5 / 4 + 2)).unwrap();
        let cost = if self.random(6) == 0 { None } else { Some(cost) };
        self.end(hold, cost).await;
        "an end"
    }

    async fn end(&mut self, hold: Hold, cost: Option<i64>) {
        let (Hold { owner, run, amount }, at) = (hold, self.bench.now());
        let (held, rules) = (micros(amount), self.rules);
        let change = EndHold { owner, held, cost: cost.map(|cost| (micros(cost), run)), rules, at };
        self.commit(change).await.unwrap();
        let overdraft = self.rules.overdraft.map(Credit::as_micros);
        let (charged, moved) = self.entry(owner).settle(amount, cost.unwrap_or_default(), overdraft, at);
        if cost.is_some_and(|cost| cost > 0) {
            self.remember(Booked { event: event::run(run), owner, moved, spent: (charged, at), back: false });
        }
    }

    async fn adjust(&mut self) -> &'static str {
        let (owner, at) = (self.owner(), self.bench.now());
        let amount = self.amount() * if self.random(2) == 0 { 1 } else { -1 };
        let event = self.name("put right");
        let (reason, rules) = ("put right".to_owned(), self.rules);
        let change =
            AdjustCredit { event: Some(event.clone()), owner, amount: micros(amount), reason, by: None, rules, at };
        let done = self.commit(change).await;
        let mut due = self.due(owner);
        let said = if amount < 0 { due.remove(-amount, at) } else { Ok(due.give(None, amount)) };
        if let Some(moved) = self.agree("an adjustment", done, said) {
            self.owners.insert(owner, due);
            self.remember(Booked { event, owner, moved, spent: (0, at), back: false });
        }
        "an adjustment"
    }

    async fn correct(&mut self) -> &'static str {
        if self.booked.is_empty() {
            return "nothing is taken back";
        }
        let (at, now) = (usize::try_from(self.random(self.booked.len() as u64)).unwrap(), self.bench.now());
        let Booked { event, owner, moved, spent, back } = self.booked.swap_remove(at);
        let reason = "taken back".to_owned();
        let done = self.commit(CorrectEntry { corrects: event.clone(), reason, by: None, at: now }).await;
        let mut after = self.entry(owner).clone();
        let mut said = Ok(());
        if !back {
            after.lapse(now);
            said = after.reverse(&moved, now);
            if Month::of(now) == Month::of(spent.1) {
                after.count(-spent.0, now);
            }
        }
        let done = self.agree("a correction", done, said).is_some();
        if done {
            self.owners.insert(owner, after);
        }
        self.remember(Booked { event, owner, moved, spent, back: back || done });
        "a correction"
    }

    async fn expire(&mut self) -> &'static str {
        let (owner, at) = (self.owner(), self.bench.now());
        self.commit(ExpireCredit { owner, at }).await.unwrap();
        self.entry(owner).lapse(at);
        "an expiry"
    }

    fn ledger(&self) -> Ledger {
        Ledger::new(self.bench.store.clone(), Arc::new(self.bench.clock.clone()), self.rules)
    }

    async fn tidy(&mut self) -> &'static str {
        self.ledger().tidy().await.unwrap();
        let at = self.bench.now();
        self.owners.values_mut().for_each(|owner| owner.lapse(at));
        "a sweep"
    }

    async fn merge(&mut self) -> &'static str {
        let (from, to, at) = (visitor(4 + self.random(2)).subject(), user(self.random(4)).subject(), self.bench.now());
        let (Subject::Visitor(from_id), Subject::User(to_id)) = (from, to) else { return "nobody" };
        self.commit(MoveWallet { visitor: from_id, user: to_id, at }).await.unwrap();
        let mut other = self.entry(from).clone();
        self.entry(to).merge(&mut other, at);
        self.owners.insert(from, other);
        // their runs end at the user's
        self.holds.iter_mut().filter(|hold| hold.owner == from).for_each(|hold| hold.owner = to);
        "a merge"
    }

    async fn reopen(mut self) -> Self {
        self.outcome.reopened += 1;
        let bench = self.bench.again().await.expect("a store that kept its data keeps it no more");
        Self { bench, ..self }
    }

    async fn compare(&self, when: &str) {
        let at = self.bench.now();
        for (owner, list) in &self.owners {
            let wallet = self.bench.store.wallet(*owner).await.unwrap().unwrap_or_else(|| Wallet::empty(*owner));
            let mut by_terms = BTreeMap::from([(None, wallet.plain.as_micros())]);
            by_terms.extend(wallet.slices.iter().map(|slice| (Some(slice.terms), slice.left.as_micros())));
            assert_eq!(by_terms, list.by_terms(), "{when}: what {owner} has");
            assert_eq!(wallet.held.as_micros(), list.held, "{when}: what {owner} holds");
            assert_eq!(wallet.spent.during(Month::of(at)).as_micros(), list.spent(at), "{when}: what {owner} spent");
            let least = self.rules.overdraft.map_or(0, Credit::as_micros);
            assert!(wallet.available().as_micros() >= -least, "{when}: {owner} has less than nothing: {wallet:?}");
        }
        let held: i64 = self.holds.iter().map(|hold| hold.amount).sum();
        assert_eq!(held, self.owners.values().map(|owner| owner.held).sum::<i64>(), "{when}: every hold ends once");
    }

    /// Each entry sums to zero, their numbers have no gaps, and wallets are their sums.
    async fn add_up(&self) {
        for owner in self.owners.keys() {
            let found = self.ledger().verify(*owner).await.unwrap();
            assert!(found.is_sound && found.matches, "{owner}: {found:?}");
        }
    }
}
