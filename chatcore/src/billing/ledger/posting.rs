//! From what happens to a wallet to the entry that says so.

use super::account::{Account, Terms};
use super::credit::{Credit, CreditError};
use super::entry::{Charge, EntryKind, LedgerEntry, Lines};
use super::month::Month;
use super::wallet::Wallet;
use crate::clock::Timestamp;
use crate::id::UserId;
use crate::store::{Stop, Tx};
use crate::subject::Subject;

/// An entry while it is made.
#[derive(Debug)]
pub(super) struct Posting {
    pub(super) kind: EntryKind,
    pub(super) event: String,
    pub(super) at: Timestamp,
    pub(super) lines: Lines,
    pub(super) spent: Credit,
    pub(super) charge: Option<Charge>,
    pub(super) corrects: Option<String>,
    pub(super) reason: Option<String>,
    pub(super) by: Option<UserId>,
}

impl Posting {
    pub(super) fn new(kind: EntryKind, event: String, at: Timestamp) -> Self {
        let (lines, spent) = (Lines::default(), Credit::ZERO);
        Self { kind, event, at, lines, spent, charge: None, corrects: None, reason: None, by: None }
    }

    /// Gives credit, and books it; nothing if it is nothing.
    pub(super) fn give(
        mut self,
        wallet: &mut Wallet,
        terms: Option<Terms>,
        amount: Credit,
    ) -> Result<Option<LedgerEntry>, CreditError> {
        wallet.add(terms, amount, &mut self.lines)?;
        self.book(wallet)
    }

    /// Books the lines, against the account from which such things come; `None` if there is nothing to book.
    pub(super) fn book(self, wallet: &mut Wallet) -> Result<Option<LedgerEntry>, CreditError> {
        if self.lines.is_empty() && self.spent == Credit::ZERO {
            return Ok(None);
        }
        self.written(wallet).map(Some)
    }

    /// The entry, also of nothing: what has its name does not happen again.
    pub(super) fn written(self, wallet: &mut Wallet) -> Result<LedgerEntry, CreditError> {
        wallet.entries = wallet.entries.checked_add(1).ok_or(CreditError::TooMuch)?;
        wallet.spent.add(Month::of(self.at), self.spent)?;
        Ok(LedgerEntry {
            event: self.event,
            owner: wallet.owner,
            number: wallet.entries,
            at: self.at,
            kind: self.kind,
            lines: self.lines.against(other_side(self.kind))?,
            spent: self.spent,
            charge: self.charge,
            corrects: self.corrects,
            reason: self.reason,
            by: self.by,
        })
    }
}

/// The account on the other side of what happens. A correction says for itself.
const fn other_side(kind: EntryKind) -> Account {
    match kind {
        EntryKind::Start | EntryKind::Refill | EntryKind::Plan | EntryKind::Promotion => Account::Promotions,
        EntryKind::Purchase | EntryKind::Payment => Account::Payments,
        EntryKind::Charge => Account::Revenue,
        EntryKind::Adjustment | EntryKind::Correction => Account::Adjustments,
        EntryKind::Expiry => Account::Expired,
        EntryKind::Transfer => Account::Transfers,
    }
}

/// A wallet in a batch: as it was, as it is to be, and the entries that lead from one to the other.
pub(super) struct Purse {
    pub(super) wallet: Wallet,
    was: Option<Wallet>,
    entries: Vec<LedgerEntry>,
}

impl Purse {
    /// The wallet of somebody, empty if they have none yet.
    pub(super) fn load(tx: &mut Tx<'_>, owner: Subject) -> Result<Self, Stop> {
        let was = tx.get::<Wallet>(&owner)?;
        let wallet = was.clone().unwrap_or_else(|| Wallet::empty(owner));
        Ok(Self { wallet, was, entries: Vec::new() })
    }

    pub(super) fn note(&mut self, entries: impl IntoIterator<Item = LedgerEntry>) {
        self.entries.extend(entries);
    }

    /// Writes what is new. The number of an entry is the wallet's, which is loaded, so nobody else can have its name;
    /// whoever takes a name from outside looks it up before.
    pub(super) fn write(self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        for entry in self.entries {
            tx.insert_fresh(entry)?;
        }
        match self.was {
            Some(was) if was == self.wallet => Ok(()),
            Some(_) => tx.update(self.wallet),
            None => tx.insert(self.wallet),
        }
    }
}
