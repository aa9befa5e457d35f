//! What happens to somebody's credit beside runs.

use super::account::{Account, Terms};
use super::credit::{Credit, CreditError};
use super::entry::{EntryKind, LedgerEntry, Line, event};
use super::month::Month;
use super::posting::{Posting, Purse};
use super::rules::{CreditRules, lapse};
use super::wallet::Wallet;
use crate::clock::Timestamp;
use crate::id::{UserId, VisitorId};
use crate::store::{Change, Conflict, Kind, Stop, Tx};
use crate::subject::Subject;

/// Why credit is given.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum GrantKind {
    /// It comes with a plan.
    Plan,
    /// It is given away.
    Promotion,
    /// It was paid for.
    Purchase,
}

impl From<GrantKind> for EntryKind {
    fn from(kind: GrantKind) -> Self {
        match kind {
            GrantKind::Plan => Self::Plan,
            GrantKind::Promotion => Self::Promotion,
            GrantKind::Purchase => Self::Purchase,
        }
    }
}

/// Gives somebody credit. What was given under the same event before is not given again; that is no refusal unless it
/// was something else.
#[derive(Debug, Clone)]
pub struct GrantCredit {
    /// What it is given for: [`event::grant`], [`event::payment`].
    pub event: String,
    /// To whom.
    pub owner: Subject,
    /// How much; above zero.
    pub amount: Credit,
    /// Why.
    pub kind: GrantKind,
    /// Under which terms, if any.
    pub terms: Option<Terms>,
    /// Why, in somebody's words.
    pub reason: Option<String>,
    /// Who of those who run the service gives it.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

impl Change for GrantCredit {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (purse, found) = (Purse::load(tx, self.owner), tx.get::<LedgerEntry>(&self.event));
        let (mut purse, found) = (purse?, found?);
        let kind = EntryKind::from(self.kind);
        if let Some(found) = found {
            return expect_same(&found, self.owner, kind, self.amount);
        }
        if self.amount <= Credit::ZERO {
            return Err(Conflict::Rule("a grant is more than nothing").into());
        }
        let mut posting = Posting::new(kind, self.event.clone(), self.at);
        (posting.reason, posting.by) = (self.reason.clone(), self.by);
        let entry = posting.give(&mut purse.wallet, self.terms, self.amount)?;
        purse.note(entry);
        purse.write(tx)
    }
}

/// What was booked under an event is this, or the event was used for something else.
fn expect_same(found: &LedgerEntry, owner: Subject, kind: EntryKind, amount: Credit) -> Result<(), Stop> {
    let same = found.owner == owner && found.kind == kind && found.owners() == amount;
    if same { Ok(()) } else { Err(Conflict::Exists(Kind::LedgerEntry).into()) }
}

/// Staff gives or takes credit, and says why. Again under the same event it does nothing.
#[derive(Debug, Clone)]
pub struct AdjustCredit {
    /// What it is done for; somebody who tries again names the same. Without, it is done whenever somebody asks.
    pub event: Option<String>,
    /// Whose credit.
    pub owner: Subject,
    /// How much they get; below zero it is taken.
    pub amount: Credit,
    /// Why.
    pub reason: String,
    /// Who does it; `None` is the program itself.
    pub by: Option<UserId>,
    /// What everybody gets.
    pub rules: CreditRules,
    /// When.
    pub at: Timestamp,
}

impl Change for AdjustCredit {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (purse, found) = (Purse::load(tx, self.owner), self.booked(tx));
        let (mut purse, found) = (purse?, found?);
        if let Some(found) = found {
            return expect_same(&found, self.owner, EntryKind::Adjustment, self.amount);
        }
        let due = self.rules.update(&mut purse.wallet, self.at)?;
        let own = || event::adjusted(self.owner, purse.wallet.entries.saturating_add(1));
        let event = self.event.clone().unwrap_or_else(own);
        let mut posting = Posting::new(EntryKind::Adjustment, event, self.at);
        (posting.reason, posting.by) = (Some(self.reason.clone()), self.by);
        let entry = if self.amount < Credit::ZERO {
            expect_available(&purse, -self.amount)?;
            purse.wallet.take(-self.amount, self.at, &mut posting.lines)?;
            posting.book(&mut purse.wallet)?
        } else {
            posting.give(&mut purse.wallet, None, self.amount)?
        };
        purse.note(due.into_iter().chain(entry));
        purse.write(tx)
    }
}

impl AdjustCredit {
    fn booked(&self, tx: &mut Tx<'_>) -> Result<Option<LedgerEntry>, Stop> {
        self.event.as_ref().map_or(Ok(None), |event| tx.get::<LedgerEntry>(event))
    }
}

fn expect_available(purse: &Purse, needed: Credit) -> Result<(), Stop> {
    let available = purse.wallet.available();
    if available < needed {
        return Err(Conflict::InsufficientCredit { needed, available: available.or_zero() }.into());
    }
    Ok(())
}

/// Takes an entry back, whole and once: another entry books the reverse. Credit comes back under the terms that it had,
/// without terms if they have lapsed. What was given is taken back as far as it is still there under its terms, the rest
/// from other credit; if the owner has not so much to spare it is refused.
#[derive(Debug, Clone)]
pub struct CorrectEntry {
    /// The event of the entry.
    pub corrects: String,
    /// Why.
    pub reason: String,
    /// Who does it; `None` is the program itself.
    pub by: Option<UserId>,
    /// When.
    pub at: Timestamp,
}

impl Change for CorrectEntry {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let event = event::correction(&self.corrects);
        let (wrong, found) = (tx.require::<LedgerEntry>(&self.corrects), tx.get::<LedgerEntry>(&event));
        let (wrong, found) = (wrong?, found?);
        if found.is_some() {
            return Ok(());
        }
        if matches!(wrong.kind, EntryKind::Correction | EntryKind::Transfer | EntryKind::Expiry) {
            return Err(Conflict::Rule("such an entry is not taken back").into());
        }
        let mut purse = Purse::load(tx, wrong.owner)?;
        let expiry = lapse(&mut purse.wallet, self.at)?;
        purse.note(expiry);
        let mut posting = Posting::new(EntryKind::Correction, event, self.at);
        let lost = wrong.owners();
        if lost > Credit::ZERO {
            expect_available(&purse, lost)?;
        }
        let mut lines = wrong.lines;
        // what has no terms first: what comes back pays a debt with it, not with what was granted
        lines.sort_by_key(|line| line.account);
        for line in lines {
            take_back(&mut purse.wallet, line, self.at, &mut posting)?;
        }
        if Month::of(self.at) == Month::of(wrong.at) {
            posting.spent = -wrong.spent;
        }
        posting.corrects = Some(self.corrects.clone());
        (posting.reason, posting.by) = (Some(self.reason.clone()), self.by);
        let entry = posting.book(&mut purse.wallet)?;
        purse.note(entry);
        purse.write(tx)
    }
}

fn take_back(wallet: &mut Wallet, line: Line, at: Timestamp, posting: &mut Posting) -> Result<(), CreditError> {
    let terms = match line.account {
        Account::Credit => None,
        Account::Grant(terms) => Some(terms),
        other => return posting.lines.add(other, -line.amount),
    };
    if line.amount < Credit::ZERO {
        wallet.add(terms.filter(|terms| !terms.has_lapsed(at)), -line.amount, &mut posting.lines)
    } else {
        wallet.take_back(terms, line.amount, at, &mut posting.lines)
    }
}

/// Moves what has lapsed out of somebody's credit. Rules that decide on credit do so for themselves; this is for who does
/// not come back.
#[derive(Debug, Clone, Copy)]
pub struct ExpireCredit {
    /// Whose.
    pub owner: Subject,
    /// When.
    pub at: Timestamp,
}

impl Change for ExpireCredit {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let mut purse = Purse::load(tx, self.owner)?;
        let expiry = lapse(&mut purse.wallet, self.at)?;
        if expiry.is_none() {
            return Ok(());
        }
        purse.note(expiry);
        purse.write(tx)
    }
}

/// A visitor has become a user: what they had, what is set aside and what they spent is the user's. What everybody gets as
/// a visitor stays behind: it expires, and what of it is set aside does so when its run has ended. Doing it again moves
/// what has come since, as a rule nothing.
#[derive(Debug, Clone, Copy)]
pub struct MoveWallet {
    /// The visitor.
    pub visitor: VisitorId,
    /// The user.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

impl Change for MoveWallet {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (from, to) = (Subject::Visitor(self.visitor), Subject::User(self.user));
        let (from, to) = (Purse::load(tx, from), Purse::load(tx, to));
        let (mut from, mut to) = (from?, to?);
        let was = from.wallet.clone();
        let event = event::expiry(from.wallet.owner, was.entries.saturating_add(1));
        let mut stays = Posting::new(EntryKind::Expiry, event, self.at);
        from.wallet.end_trial(&mut stays.lines)?;
        let stays = stays.book(&mut from.wallet)?;
        from.note(stays);
        let had = from.wallet.clone();
        let number = had.entries.saturating_add(1);
        let spent = had.spent.during(Month::of(self.at));
        let mut out = Posting::new(EntryKind::Transfer, event::moved_out(self.visitor, number), self.at);
        let mut into = Posting::new(EntryKind::Transfer, event::moved_in(self.visitor, number), self.at);
        (out.spent, into.spent) = (-spent, spent);
        for slice in &had.slices {
            out.lines.add(Account::Grant(slice.terms), -slice.left)?;
            to.wallet.add(Some(slice.terms.ended(self.at)), slice.left, &mut into.lines)?;
        }
        out.lines.add(Account::Credit, -had.plain)?;
        if had.plain < Credit::ZERO {
            to.wallet.take(-had.plain, self.at, &mut into.lines)?;
        } else {
            to.wallet.add(None, had.plain, &mut into.lines)?;
        }
        (from.wallet.slices, from.wallet.plain, from.wallet.held) = (Vec::new(), Credit::ZERO, Credit::ZERO);
        to.wallet.set_aside(had.held)?;
        let (out, into) = (out.book(&mut from.wallet)?, into.book(&mut to.wallet)?);
        from.note(out);
        to.note(into);
        if from.wallet == was {
            return Ok(());
        }
        from.write(tx)?;
        to.write(tx)
    }
}
