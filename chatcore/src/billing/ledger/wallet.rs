//! What somebody has: the sum of their entries, kept beside them so that a decision needs one record.

use serde::{Deserialize, Serialize};

use super::account::{Account, Terms};
use super::credit::{Credit, CreditError};
use super::entry::Lines;
use super::month::Spent;
use crate::clock::Timestamp;
use crate::store::{Entries, Index, Kind, Record};
use crate::subject::Subject;

/// What a user or a visitor has. All but `held` and `refilled_at` follows from their entries.
///
/// Credit is kept in slices, one for each terms under which it was granted, and a rest without terms. It is used by
/// priority, then by expiry, the rest last. Whoever owes something has no slices: what comes pays the debt first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Wallet {
    /// Whose.
    pub owner: Subject,
    /// Credit without terms; a debt if it is below zero.
    pub plain: Credit,
    /// Credit that was granted under terms, in their order. None is empty.
    pub slices: Vec<Slice>,
    /// How much of all that is set aside for runs that go on.
    pub held: Credit,
    /// What was spent in the last month.
    pub spent: Spent,
    /// Until when the owner has got what everybody gets every now and then; `None` before the first time.
    pub refilled_at: Option<Timestamp>,
    /// How many entries there are; the number of the last one.
    pub entries: u64,
}

/// Credit under the same terms.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Slice {
    /// The terms.
    #[serde(flatten)]
    pub terms: Terms,
    /// How much is left.
    pub left: Credit,
}

/// Terms that somebody's credit may be under at once. With one more, what would expire first loses its terms, so it does
/// not expire: a wallet stays small, and nobody loses by it.
pub const MAX_SLICES: usize = 32;

impl Wallet {
    /// The wallet of somebody who never had anything.
    #[must_use]
    pub const fn empty(owner: Subject) -> Self {
        let spent = Spent { month: super::month::Month(0), amount: Credit::ZERO };
        Self {
            owner,
            plain: Credit::ZERO,
            slices: Vec::new(),
            held: Credit::ZERO,
            spent,
            refilled_at: None,
            entries: 0,
        }
    }

    /// All that the owner has; below zero it is a debt.
    #[must_use]
    pub fn balance(&self) -> Credit {
        Credit::total(self.slices.iter().map(|slice| slice.left).chain([self.plain]))
    }

    /// What is not set aside.
    #[must_use]
    pub fn available(&self) -> Credit {
        Credit::total([self.balance(), -self.held])
    }

    /// When credit expires next, if any does that is not set aside.
    #[must_use]
    pub fn expires_at(&self) -> Option<Timestamp> {
        let next = self.slices.iter().filter_map(|slice| slice.terms.expires_at).min();
        next.filter(|_| self.available() > Credit::ZERO)
    }

    /// Adds credit: pays what is owed, and keeps the rest under the terms.
    pub(super) fn add(&mut self, terms: Option<Terms>, amount: Credit, lines: &mut Lines) -> Result<(), CreditError> {
        if self.balance().or_zero().plus(amount)? > Credit::MAX {
            return Err(CreditError::TooMuch);
        }
        let debt = (-self.plain).or_zero().min(amount);
        self.add_plain(debt, lines)?;
        let rest = amount.minus(debt)?;
        match terms {
            _ if rest == Credit::ZERO => Ok(()),
            None => self.add_plain(rest, lines),
            Some(terms) => self.add_slice(terms, rest, lines),
        }
    }

    fn add_plain(&mut self, amount: Credit, lines: &mut Lines) -> Result<(), CreditError> {
        self.plain = self.plain.plus(amount)?;
        lines.add(Account::Credit, amount)
    }

    fn add_slice(&mut self, terms: Terms, amount: Credit, lines: &mut Lines) -> Result<(), CreditError> {
        match self.slices.binary_search_by_key(&terms, |slice| slice.terms) {
            Ok(at) => {
                if let Some(slice) = self.slices.get_mut(at) {
                    slice.left = slice.left.plus(amount)?;
                }
            }
            Err(at) => self.slices.insert(at, Slice { terms, left: amount }),
        }
        lines.add(Account::Grant(terms), amount)?;
        if self.slices.len() <= MAX_SLICES {
            return Ok(());
        }
        let first = (0..).zip(&self.slices).min_by_key(|(_, slice)| slice.terms.expires_at.unwrap_or(Timestamp::MAX));
        let Some((at, slice)) = first.map(|(at, slice)| (at, *slice)) else { return Ok(()) };
        self.slices.remove(at);
        lines.add(Account::Grant(slice.terms), -slice.left)?;
        self.add_plain(slice.left, lines)
    }

    /// Takes credit, what has lapsed first. What there is not is owed: whoever must not owe looks before.
    pub(super) fn take(&mut self, amount: Credit, at: Timestamp, lines: &mut Lines) -> Result<(), CreditError> {
        let mut rest = amount;
        for lapsed in [true, false] {
            for slice in self.slices.iter_mut().filter(|slice| slice.terms.has_lapsed(at) == lapsed) {
                let part = slice.left.min(rest);
                slice.left = slice.left.minus(part)?;
                rest = rest.minus(part)?;
                lines.add(Account::Grant(slice.terms), -part)?;
            }
        }
        self.slices.retain(|slice| slice.left != Credit::ZERO);
        self.add_plain(-rest, lines)
    }

    /// Takes credit of these terms first, and the rest wherever there is some.
    pub(super) fn take_back(
        &mut self,
        terms: Option<Terms>,
        amount: Credit,
        at: Timestamp,
        lines: &mut Lines,
    ) -> Result<(), CreditError> {
        let mut rest = amount;
        if let Some(slice) = self.slices.iter_mut().find(|slice| Some(slice.terms) == terms) {
            let part = slice.left.min(rest);
            slice.left = slice.left.minus(part)?;
            rest = rest.minus(part)?;
            lines.add(Account::Grant(slice.terms), -part)?;
        } else if terms.is_none() {
            let part = self.plain.or_zero().min(rest);
            rest = rest.minus(part)?;
            self.add_plain(-part, lines)?;
        }
        self.take(rest, at, lines)
    }

    /// Takes what does not come along when its owner stops being a visitor.
    pub(super) fn end_trial(&mut self, lines: &mut Lines) -> Result<(), CreditError> {
        self.take_what_is_over(|terms| terms.trial, lines)
    }

    /// Takes what has lapsed.
    pub(super) fn lapse(&mut self, at: Timestamp, lines: &mut Lines) -> Result<(), CreditError> {
        self.take_what_is_over(|terms| terms.has_lapsed(at), lines)
    }

    /// Takes all that is over. What is set aside is not: it was promised to a run.
    fn take_what_is_over(&mut self, is_over: impl Fn(&Terms) -> bool, lines: &mut Lines) -> Result<(), CreditError> {
        let mut free = self.available().or_zero();
        let mut over: Vec<&mut Slice> = self.slices.iter_mut().filter(|slice| is_over(&slice.terms)).collect();
        over.sort_by_key(|slice| slice.terms.expires_at);
        for slice in over {
            let part = slice.left.min(free);
            slice.left = slice.left.minus(part)?;
            free = free.minus(part)?;
            lines.add(Account::Grant(slice.terms), -part)?;
        }
        self.slices.retain(|slice| slice.left != Credit::ZERO);
        Ok(())
    }

    /// Sets credit aside, or stops to if it is below zero. Never less than nothing is set aside: a run must be able to
    /// end, whatever a damaged record says.
    pub(super) fn set_aside(&mut self, amount: Credit) -> Result<(), CreditError> {
        self.held = self.held.plus(amount)?.or_zero();
        Ok(())
    }
}

impl Record for Wallet {
    type Key = Subject;
    const KIND: Kind = Kind::Wallet;

    fn key(&self) -> Subject {
        self.owner
    }

    fn index(&self, entries: &mut Entries) {
        if let Some(expiry) = self.expires_at() {
            entries.add(Index::WalletsByExpiry, &(expiry, self.owner));
        }
    }
}

#[cfg(test)]
mod tests;
