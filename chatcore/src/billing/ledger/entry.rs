//! Entries of the ledger: what happened, in lines that sum to zero.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::account::Account;
use super::credit::{Credit, CreditError};
use crate::clock::Timestamp;
use crate::id::{RunId, UserId};
use crate::store::{Entries, Index, Kind, Record};
use crate::subject::Subject;
use crate::turn::Usage;

/// What happened to somebody's credit, once. No change updates or removes an entry; what was wrong is put right by another.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct LedgerEntry {
    /// What happened, by a name that nothing else has ([`event`]): so it is booked once.
    pub event: String,
    /// Whose credit it is about.
    pub owner: Subject,
    /// Its number among the owner's entries: 1, 2, 3, without gaps.
    pub number: u64,
    /// When.
    pub at: Timestamp,
    /// What sort of thing happened.
    pub kind: EntryKind,
    /// What moved. They sum to zero: what one account loses others get.
    pub lines: Vec<Line>,
    /// What it adds to what the owner spent in the month of `at`; below zero if it gives back.
    pub spent: Credit,
    /// What was used, if something was.
    pub charge: Option<Charge>,
    /// The event of the entry that this one puts right.
    pub corrects: Option<String>,
    /// Why, in the words of whoever did it.
    pub reason: Option<String>,
    /// Which of those who run the service did it.
    pub by: Option<UserId>,
}

/// What sort of thing happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EntryKind {
    /// Somebody is new, and gets what everybody gets.
    Start,
    /// What everybody gets every now and then.
    Refill,
    /// What comes with a plan.
    Plan,
    /// Given away.
    Promotion,
    /// Paid for.
    Purchase,
    /// A bill that was paid: money came in, and the owner's credit stays as it is.
    Payment,
    /// Used.
    Charge,
    /// Put right by staff.
    Adjustment,
    /// Another entry, taken back.
    Correction,
    /// Not used in time.
    Expiry,
    /// Moved to or from another owner.
    Transfer,
}

/// What one account gets, or loses if it is below zero.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub struct Line {
    /// Which.
    pub account: Account,
    /// How much.
    pub amount: Credit,
}

/// What was used, and by which prices it is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Charge {
    /// The run that used it.
    pub run: RunId,
    /// The version of the price table that was in force when the run began.
    pub price_version: String,
    /// What each model used. [`Usage::source`] says who counted.
    pub used: BTreeMap<String, Usage>,
}

impl LedgerEntry {
    /// What the owner's credit got, or lost if it is below zero.
    #[must_use]
    pub fn owners(&self) -> Credit {
        Credit::total(self.lines.iter().filter(|line| line.account.is_owners()).map(|line| line.amount))
    }

    /// Whether its lines sum to zero.
    #[must_use]
    pub fn is_balanced(&self) -> bool {
        self.lines.iter().map(|line| i128::from(line.amount.as_micros())).sum::<i128>() == 0
    }

    /// Where a page of an owner's entries ends: newest first, so the largest number comes first.
    pub(crate) const fn place(number: u64) -> u64 {
        u64::MAX - number
    }
}

impl Record for LedgerEntry {
    type Key = String;
    const KIND: Kind = Kind::LedgerEntry;

    fn key(&self) -> String {
        self.event.clone()
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::LedgerByOwner, &(self.owner, Self::place(self.number), self.event.clone()));
    }
}

/// Lines while they come together: one for each account, none of them empty.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub(super) struct Lines(Vec<Line>);

impl Lines {
    pub(super) fn add(&mut self, account: Account, amount: Credit) -> Result<(), CreditError> {
        match self.0.iter_mut().find(|line| line.account == account) {
            Some(line) => line.amount = line.amount.plus(amount)?,
            None => self.0.push(Line { account, amount }),
        }
        self.0.retain(|line| line.amount != Credit::ZERO);
        Ok(())
    }

    pub(super) const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Books on one account what the others lack to zero.
    pub(super) fn against(mut self, account: Account) -> Result<Vec<Line>, CreditError> {
        let sum = self.0.iter().try_fold(Credit::ZERO, |sum, line| sum.plus(line.amount))?;
        self.add(account, -sum)?;
        Ok(self.0)
    }
}

/// Names of events. Whoever has an event of another sort brings a name of its own, which nothing else begins like.
pub mod event {
    use crate::clock::Timestamp;
    use crate::id::{RunId, VisitorId};
    use crate::subject::Subject;

    /// A run has ended and is charged.
    #[must_use]
    pub fn run(run: RunId) -> String {
        format!("run:{run}")
    }

    /// Somebody gets what everybody gets who is new.
    #[must_use]
    pub fn start(owner: Subject) -> String {
        format!("start:{owner}")
    }

    /// Somebody gets what a place gives to whoever is new there.
    #[must_use]
    pub fn welcome(owner: Subject, place: &str) -> String {
        format!("welcome:{owner}:{place}")
    }

    /// Somebody gets what everybody gets every now and then.
    #[must_use]
    pub fn refill(owner: Subject, at: Timestamp) -> String {
        format!("refill:{owner}:{}", at.as_micros())
    }

    /// Credit has expired; `number` is that of the entry.
    #[must_use]
    pub fn expiry(owner: Subject, number: u64) -> String {
        format!("expiry:{owner}:{number}")
    }

    /// Credit comes with a period of something: of a subscription, say.
    #[must_use]
    pub fn grant(of: &str, period_start: Timestamp) -> String {
        format!("grant:{of}:{}", period_start.as_micros())
    }

    /// A payment has come.
    #[must_use]
    pub fn payment(id: &str) -> String {
        format!("payment:{id}")
    }

    /// A bill was paid, by its id at whoever took the money.
    #[must_use]
    pub fn bill(id: &str) -> String {
        format!("bill:{id}")
    }

    /// Staff put something right, and gave it no name; `number` is that of the entry.
    #[must_use]
    pub fn adjusted(owner: Subject, number: u64) -> String {
        format!("adjusted:{owner}:{number}")
    }

    /// An entry is taken back. There is one such name for each, so none is taken back twice.
    #[must_use]
    pub fn correction(of: &str) -> String {
        format!("correction:{of}")
    }

    /// What a visitor had has left them; `number` is that of the entry by which it did.
    #[must_use]
    pub fn moved_out(visitor: VisitorId, number: u64) -> String {
        format!("merge:{visitor}:{number}:out")
    }

    /// What a visitor had has come to the user that they have become.
    #[must_use]
    pub fn moved_in(visitor: VisitorId, number: u64) -> String {
        format!("merge:{visitor}:{number}:in")
    }
}
