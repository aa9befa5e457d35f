//! The plain list.

use std::collections::{BTreeMap, BTreeSet};

use crate::Timestamp;
use crate::billing::ledger::{Allowance, MAX_SLICES, Month, Terms};
use crate::subject::Subject;

/// What somebody has, a lot for each gift.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Owner {
    lots: Vec<(Option<Terms>, i64)>,
    debt: i64,
    pub(super) held: i64,
    spent: BTreeMap<Month, i64>,
    refilled_at: Option<Timestamp>,
}

/// What a movement did to lots: what came or went, by terms. Enough to take it back.
pub(super) type Moved = BTreeMap<Option<Terms>, i64>;

/// Why a movement was refused.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Refused {
    Insufficient,
    Cap,
}

fn lapsed(terms: Option<Terms>, at: Timestamp) -> bool {
    terms.is_some_and(|terms| terms.has_lapsed(at))
}

impl Owner {
    pub(super) fn balance(&self) -> i64 {
        self.lots.iter().map(|lot| lot.1).sum::<i64>() - self.debt
    }

    pub(super) fn available(&self) -> i64 {
        self.balance() - self.held
    }

    pub(super) fn spent(&self, at: Timestamp) -> i64 {
        match self.spent.last_key_value() {
            Some((month, amount)) if *month == Month::of(at) => *amount,
            _ => 0,
        }
    }

    /// What is left by terms; what is without them, or owed, under `None`.
    pub(super) fn by_terms(&self) -> BTreeMap<Option<Terms>, i64> {
        let mut sums = BTreeMap::from([(None, -self.debt)]);
        for (terms, amount) in &self.lots {
            *sums.entry(*terms).or_default() += amount;
        }
        sums.retain(|terms, amount| terms.is_none() || *amount != 0);
        sums
    }

    pub(super) fn give(&mut self, terms: Option<Terms>, amount: i64) -> Moved {
        let before = self.by_terms();
        let paid = amount.min(self.debt);
        self.debt -= paid;
        if amount > paid {
            self.lots.push((terms, amount - paid));
        }
        let all: BTreeSet<Terms> = self.lots.iter().filter_map(|lot| lot.0).collect();
        if all.len() > MAX_SLICES {
            let first = all.into_iter().min_by_key(|terms| (terms.expires_at.unwrap_or(Timestamp::MAX), *terms));
            self.lots.iter_mut().filter(|lot| lot.0 == first).for_each(|lot| lot.0 = None);
        }
        self.since(&before)
    }

    /// Takes the best lots first, in the order of `rank`; the rest is owed.
    fn take_by<K: Ord>(&mut self, amount: i64, rank: impl Fn(&Option<Terms>) -> K) -> Moved {
        let before = self.by_terms();
        self.lots.sort_by_key(|lot| rank(&lot.0));
        let mut rest = amount;
        for lot in &mut self.lots {
            let part = lot.1.min(rest);
            (lot.1, rest) = (lot.1 - part, rest - part);
        }
        self.debt += rest;
        self.lots.retain(|lot| lot.1 > 0);
        self.since(&before)
    }

    fn take(&mut self, amount: i64, at: Timestamp) -> Moved {
        self.take_by(amount, |terms| (!lapsed(*terms, at), terms.is_none(), *terms))
    }

    fn take_from(&mut self, first: Option<Terms>, amount: i64, at: Timestamp) {
        self.take_by(amount, |terms| (*terms != first, !lapsed(*terms, at), terms.is_none(), *terms));
    }

    fn since(&self, before: &Moved) -> Moved {
        let mut moved = self.by_terms();
        for (terms, amount) in before {
            *moved.entry(*terms).or_default() -= amount;
        }
        moved.retain(|_, amount| *amount != 0);
        moved
    }

    pub(super) fn lapse(&mut self, at: Timestamp) {
        let mut free = self.available().max(0);
        self.lots.sort_by_key(|lot| lot.0.map(|terms| (terms.expires_at, terms)));
        for lot in self.lots.iter_mut().filter(|lot| lapsed(lot.0, at)) {
            let part = lot.1.min(free);
            (lot.1, free) = (lot.1 - part, free - part);
        }
        self.lots.retain(|lot| lot.1 > 0);
    }

    /// What is due: what lapsed goes, what everybody gets comes.
    pub(super) fn update(&mut self, terms: Option<Terms>, allowance: &Allowance, at: Timestamp) {
        self.lapse(at);
        let Some(last) = self.refilled_at else {
            self.refilled_at = Some(at);
            self.give(terms, allowance.start.as_micros());
            return;
        };
        let Some(refill) = allowance.refill else { return };
        let hour = 3_600_000_000;
        let period = i64::from(refill.hours) * hour;
        let periods = (at.as_micros() - last.as_micros()) / period;
        self.refilled_at = Some(Timestamp::from_micros(last.as_micros() + periods * period));
        let room = (refill.ceiling.as_micros() - self.balance()).max(0);
        self.give(terms, (refill.amount.as_micros() * periods).min(room));
    }

    pub(super) fn hold(&mut self, amount: i64, cap: Option<i64>, at: Timestamp) -> Result<(), Refused> {
        if self.available() < amount {
            return Err(Refused::Insufficient);
        }
        if cap.is_some_and(|cap| self.spent(at) + self.held + amount > cap) {
            return Err(Refused::Cap);
        }
        self.held += amount;
        Ok(())
    }

    /// What a run is charged that held so much; what it did to the lots.
    pub(super) fn settle(&mut self, held: i64, cost: i64, overdraft: Option<i64>, at: Timestamp) -> (i64, Moved) {
        self.held -= held;
        let most = overdraft.map_or(held, |debt| held.max(self.available() + debt));
        let charged = cost.min(most);
        let moved = self.take(charged, at);
        self.count(charged, at);
        self.lapse(at);
        (charged, moved)
    }

    pub(super) fn count(&mut self, spent: i64, at: Timestamp) {
        if spent != 0 {
            *self.spent.entry(Month::of(at)).or_default() += spent;
        }
    }

    pub(super) fn remove(&mut self, amount: i64, at: Timestamp) -> Result<Moved, Refused> {
        if self.available() < amount { Err(Refused::Insufficient) } else { Ok(self.take(amount, at)) }
    }

    /// Takes a movement back.
    pub(super) fn reverse(&mut self, moved: &Moved, at: Timestamp) -> Result<(), Refused> {
        let given: i64 = moved.values().sum();
        if given > 0 && self.available() < given {
            return Err(Refused::Insufficient);
        }
        for (terms, amount) in moved {
            if *amount < 0 {
                self.give(terms.filter(|terms| !terms.has_lapsed(at)), -amount);
            } else {
                self.take_from(*terms, *amount, at);
            }
        }
        Ok(())
    }

    /// What somebody else has becomes this owner's, but for what is theirs as a visitor: no more of that comes along than
    /// runs have been promised, and not for longer.
    pub(super) fn merge(&mut self, other: &mut Self, at: Timestamp) {
        let mut free = other.available().max(0);
        for lot in other.lots.iter_mut().filter(|lot| lot.0.is_some_and(|terms| terms.trial)) {
            let part = lot.1.min(free);
            (lot.1, free) = (lot.1 - part, free - part);
            lot.0 = lot.0.map(|terms| Terms { trial: false, expires_at: Some(at), ..terms });
        }
        other.lots.retain(|lot| lot.1 > 0);
        for (terms, amount) in other.by_terms().into_iter().filter(|(terms, _)| terms.is_some()) {
            self.give(terms, amount);
        }
        let plain = other.by_terms().get(&None).copied().unwrap_or_default();
        if plain < 0 {
            self.take(-plain, at);
        } else {
            self.give(None, plain);
        }
        self.held += other.held;
        self.count(other.spent(at), at);
        other.count(-other.spent(at), at);
        (other.lots, other.debt, other.held) = (Vec::new(), 0, 0);
    }
}

/// All owners.
pub(super) type Owners = BTreeMap<Subject, Owner>;
