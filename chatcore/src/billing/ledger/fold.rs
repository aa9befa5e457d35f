//! What entries add up to. It is what a wallet must be.

use std::collections::BTreeMap;

use super::account::{Account, Terms};
use super::credit::Credit;
use super::entry::LedgerEntry;
use super::month::{Month, Spent};
use super::wallet::{Slice, Wallet};
use crate::clock::Timestamp;
use crate::subject::Subject;

/// The sum of an owner's entries. They come as a store lists them, newest first.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Fold {
    owner: Subject,
    plain: i128,
    slices: BTreeMap<Terms, i128>,
    spent: BTreeMap<Month, i128>,
    entries: u64,
    last_at: Option<Timestamp>,
    /// The number of the entry that was added last.
    oldest: Option<u64>,
    /// Whether a number did not follow on the one before.
    gaps: bool,
}

impl Fold {
    /// The sum of no entries.
    #[must_use]
    pub const fn new(owner: Subject) -> Self {
        Self {
            owner,
            plain: 0,
            slices: BTreeMap::new(),
            spent: BTreeMap::new(),
            entries: 0,
            last_at: None,
            oldest: None,
            gaps: false,
        }
    }

    /// Adds an entry.
    pub fn add(&mut self, entry: &LedgerEntry) {
        for line in &entry.lines {
            let amount = i128::from(line.amount.as_micros());
            match line.account {
                Account::Credit => self.plain += amount,
                Account::Grant(terms) => *self.slices.entry(terms).or_default() += amount,
                _ => {}
            }
        }
        if entry.spent != Credit::ZERO {
            *self.spent.entry(Month::of(entry.at)).or_default() += i128::from(entry.spent.as_micros());
        }
        self.entries = self.entries.saturating_add(1);
        self.last_at = self.last_at.max(Some(entry.at));
        self.gaps |= self.oldest.is_some_and(|oldest| oldest.checked_sub(1) != Some(entry.number));
        self.oldest = Some(entry.number);
    }

    /// How many entries were added.
    #[must_use]
    pub const fn entries(&self) -> u64 {
        self.entries
    }

    /// Whether they are numbered 1, 2, 3 and so on, each once.
    #[must_use]
    pub fn is_dense(&self) -> bool {
        !self.gaps && self.oldest.is_none_or(|oldest| oldest == 1)
    }

    /// The wallet that these entries lead to, of somebody whose own is lost: nothing is set aside, and what everybody gets
    /// comes from the last entry on. `None` if they lead to none.
    #[must_use]
    pub fn lost_wallet(&self) -> Option<Wallet> {
        self.wallet(&Wallet { refilled_at: self.last_at, ..Wallet::empty(self.owner) })
    }

    /// The wallet that these entries lead to; what does not follow from them is taken from the one that is there.
    /// `None` if they lead to none: to amounts that no wallet holds.
    #[must_use]
    pub fn wallet(&self, beside: &Wallet) -> Option<Wallet> {
        let credit = |sum: i128| i64::try_from(sum).ok().map(Credit::from_micros);
        let mut slices = Vec::new();
        for (terms, sum) in self.slices.iter().filter(|(_, sum)| **sum != 0) {
            slices.push(Slice { terms: *terms, left: credit(*sum)? });
        }
        let spent = match self.spent.last_key_value() {
            Some((month, sum)) => Spent { month: *month, amount: credit(*sum)? },
            None => Spent::default(),
        };
        Some(Wallet {
            owner: self.owner,
            plain: credit(self.plain)?,
            slices,
            held: beside.held,
            spent,
            refilled_at: beside.refilled_at,
            entries: self.entries,
        })
    }
}
