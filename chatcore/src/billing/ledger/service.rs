//! The service: what somebody has, what became of it, and what those who run the service do about it. `by` is the caller
//! who wants that; `None` is the program itself.

use std::sync::Arc;

use super::account::Terms;
use super::change::{AdjustCredit, BringCredit, CorrectEntry, ExpireCredit, GrantCredit, GrantKind};
use super::credit::Credit;
use super::entry::{LedgerEntry, event};
use super::fold::Fold;
use super::month::Month;
use super::rules::CreditRules;
use super::wallet::{Slice, Wallet};
use crate::account::{Caller, Permission, Scope};
use crate::audit::{Act, Audited, By, Draft, Object, ObjectKind, checked_reason};
use crate::clock::Clock;
use crate::error::Error;
use crate::page::{Cursor, CursorError, List, MAX_PAGE, Page, PageRequest};
use crate::store::{Batch, OrderedKey, Store};
use crate::subject::Subject;

/// The ledger over a store.
#[derive(Clone)]
pub struct Ledger {
    pub(super) store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    rules: CreditRules,
}

/// What somebody has now: what has lapsed is gone from it and what is due has come, whether or not it is booked yet.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Balance {
    /// All of it; below zero it is a debt.
    pub balance: Credit,
    /// How much of it is set aside for runs that go on.
    pub held: Credit,
    /// What can be used.
    pub available: Credit,
    /// Credit under terms, in the order in which it is used.
    pub grants: Vec<Slice>,
    /// What was spent in this month of UTC.
    pub spent: Credit,
}

/// What a look at all of somebody's entries says.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Verification {
    /// How many entries there are.
    pub entries: u64,
    /// Whether each sums to zero, and they are numbered without gaps.
    pub is_sound: bool,
    /// Whether the wallet is their sum.
    pub matches: bool,
}

/// The longest name of an event that comes from outside, in bytes.
const MAX_EVENT: usize = 200;

/// Wallets that are looked at together.
const STEP: usize = 200;

impl Ledger {
    /// The service over a store.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, rules: CreditRules) -> Self {
        Self { store, clock, rules }
    }

    /// What holds for everybody's credit.
    #[must_use]
    pub const fn rules(&self) -> &CreditRules {
        &self.rules
    }

    /// What somebody has now. Writes nothing.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Refused`] when a damaged record cannot be counted with.
    pub async fn balance(&self, owner: Subject) -> Result<Balance, Error> {
        let at = self.clock.now();
        let mut wallet = self.store.wallet(owner).await?.unwrap_or_else(|| Wallet::empty(owner));
        self.rules.update(&mut wallet, at).map_err(|error| Error::invalid("balance", error.to_string()))?;
        Ok(Balance {
            balance: wallet.balance(),
            held: wallet.held,
            available: wallet.available().or_zero(),
            spent: wallet.spent.during(Month::of(at)),
            grants: wallet.slices,
        })
    }

    /// The caller's own entries, the newest first.
    ///
    /// # Errors
    /// [`Error::Denied`] without the scope to read the account, [`Error::Invalid`] for a cursor of another list.
    pub async fn entries(&self, caller: &Caller, page: &PageRequest) -> Result<Page<LedgerEntry>, Error> {
        caller.require(Scope::Read)?;
        self.page(caller.subject(), page).await
    }

    /// Somebody's entries, the newest first, for staff.
    ///
    /// # Errors
    /// [`Error::Denied`] when the role does not allow it, [`Error::Invalid`] for a cursor of another list.
    pub async fn entries_of(
        &self,
        by: Option<&Caller>,
        owner: Subject,
        page: &PageRequest,
    ) -> Result<Page<LedgerEntry>, Error> {
        By::from(by).expect(Permission::SeeUsage)?;
        self.page(owner, page).await
    }

    async fn page(&self, owner: Subject, page: &PageRequest) -> Result<Page<LedgerEntry>, Error> {
        let before =
            page.position(List::Ledger)?.map(|mut bytes| u64::read(&mut bytes).ok_or(CursorError)).transpose()?;
        let found = self.store.ledger_entries(owner, before, page.size() + 1).await?;
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::Ledger, last.number.to_bytes())))
    }

    /// Books a payment of somebody. `id` is the payment's, at whoever took the money: it is booked once.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an amount of nothing; [`Error::Taken`] when the payment was booked otherwise.
    pub async fn pay(&self, owner: Subject, id: &str, amount: Credit, terms: Option<Terms>) -> Result<(), Error> {
        let (event, kind, at) = (checked_event(event::payment(id))?, GrantKind::Purchase, self.clock.now());
        let grant = GrantCredit { event, owner, amount: positive(amount)?, kind, terms, reason: None, by: None, at };
        self.commit(Batch::of(grant)).await
    }

    /// Gives somebody credit. `event` is what staff gives it for: under the same one it is given once.
    ///
    /// # Errors
    /// [`Error::Denied`] when the role does not allow it; [`Error::Invalid`] for an amount of nothing, or without a
    /// reason; [`Error::Taken`] when something else was given under that event.
    pub async fn grant(
        &self,
        by: Option<&Caller>,
        owner: Subject,
        event: &str,
        amount: Credit,
        terms: Option<Terms>,
        reason: &str,
    ) -> Result<(), Error> {
        let (event, by) = (staff_event("promotion", event)?, By::from(by).because(reason));
        let grant = GrantCredit {
            event,
            owner,
            amount: positive(amount)?,
            kind: GrantKind::Promotion,
            terms,
            reason: Some(checked_reason(reason)?),
            by: by.expect(Permission::AdjustBalances)?,
            at: self.clock.now(),
        };
        let draft = self.draft(by, Act::GrantCredit, owner)?.detail(amount.to_string());
        self.commit(Batch::of(self.audited(by, grant, draft))).await
    }

    /// Gives somebody what a place gives to whoever is new there, a front end of the service say: once, however often they
    /// come, and however much it is by then.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a name that is too long.
    pub async fn welcome(&self, owner: Subject, place: &str, amount: Credit) -> Result<(), Error> {
        let event = checked_event(event::welcome(owner, place))?;
        if amount <= Credit::ZERO || self.knows(owner, place).await? {
            return Ok(());
        }
        let (kind, at) = (GrantKind::Promotion, self.clock.now());
        let grant = GrantCredit { event, owner, amount, kind, terms: None, reason: None, by: None, at };
        match self.commit(Batch::of(grant)).await {
            // another request was quicker, under other terms
            Err(Error::Taken(_)) => Ok(()),
            done => done,
        }
    }

    /// Whether somebody was [welcomed](Self::welcome) in a place, or [brought](Self::bring) along what they had there.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn knows(&self, owner: Subject, place: &str) -> Result<bool, Error> {
        Ok(self.store.ledger_entry(&event::welcome(owner, place)).await?.is_some())
    }

    /// Books what somebody had in a place elsewhere, nothing at all or more, when they come from there: in place of what it
    /// [gives to whoever is new](Self::welcome), so once. Returns whether it was booked now.
    ///
    /// # Errors
    /// [`Error::Invalid`] for a debt, for too much, and for a name that is too long.
    pub async fn bring(&self, owner: Subject, place: &str, amount: Credit) -> Result<bool, Error> {
        let event = checked_event(event::welcome(owner, place))?;
        if amount < Credit::ZERO || amount > Credit::MAX {
            return Err(Error::invalid("amount", "is below zero, or too much"));
        }
        if self.knows(owner, place).await? {
            return Ok(false);
        }
        let (reason, at) = (format!("brought along from {place}"), self.clock.now());
        let bring = BringCredit { event: event.clone(), owner, amount, reason, at };
        let done = self.store.commit(Batch::of(bring)).await?;
        Ok(done.get::<LedgerEntry>(&event).is_some())
    }

    /// Gives somebody credit, or takes some: so much more, or less. `event` is what staff does it for: under the same one
    /// it is done once.
    ///
    /// # Errors
    /// [`Error::Denied`] when the role does not allow it; [`Error::Invalid`] for an amount of nothing, or without a
    /// reason; [`Error::InsufficientCredit`] when there is not so much; [`Error::Taken`] when something else was done
    /// under that event.
    pub async fn adjust(
        &self,
        by: Option<&Caller>,
        owner: Subject,
        event: &str,
        amount: Credit,
        reason: &str,
    ) -> Result<(), Error> {
        let (event, by) = (staff_event("adjustment", event)?, By::from(by).because(reason));
        self.commit(Batch::of(self.adjustment(by, owner, Some(event), amount, reason)?)).await
    }

    /// Takes an entry back, whole and once.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Denied`] when the role does not allow it; [`Error::Invalid`] without a reason;
    /// [`Error::InsufficientCredit`] when what was given is not there any more.
    pub async fn correct(&self, by: Option<&Caller>, event: &str, reason: &str) -> Result<(), Error> {
        let by = By::from(by).because(reason);
        let (user, reason) = (by.expect(Permission::AdjustBalances)?, checked_reason(reason)?);
        let wrong = self.store.ledger_entry(event).await?.ok_or(Error::NotFound("ledger entry"))?;
        let object = Object::new(ObjectKind::LedgerEntry, event);
        let draft = by.draft(Act::CorrectEntry, object, self.clock.now())?.about(wrong.owner);
        let change = CorrectEntry { corrects: event.to_owned(), reason, by: user, at: self.clock.now() };
        self.commit(Batch::of(self.audited(by, change, draft))).await
    }

    /// Moves what has lapsed out of everybody's credit. Returns how many wallets it was.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn tidy(&self) -> Result<usize, Error> {
        let (at, mut done) = (self.clock.now(), 0);
        loop {
            let lapsed = self.store.lapsed_wallets(at, STEP).await?;
            if lapsed.is_empty() {
                return Ok(done);
            }
            let mut batch = Batch::default();
            lapsed.iter().for_each(|wallet| batch.push(ExpireCredit { owner: wallet.owner, at }));
            self.store.commit(batch).await?;
            done += lapsed.len();
        }
    }

    /// Looks at all entries of somebody, and whether the wallet is their sum. Who writes meanwhile is seen half-way; ask
    /// again if something does not match.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn verify(&self, owner: Subject) -> Result<Verification, Error> {
        let wallet = self.store.wallet(owner).await?.unwrap_or_else(|| Wallet::empty(owner));
        let (mut fold, mut balanced, mut before) = (Fold::new(owner), true, None);
        loop {
            let found = self.store.ledger_entries(owner, before, MAX_PAGE).await?;
            let Some(last) = found.last() else { break };
            before = Some(last.number);
            for entry in &found {
                balanced &= entry.is_balanced();
                fold.add(entry);
            }
        }
        let is_sound = balanced && fold.is_dense();
        Ok(Verification { entries: fold.entries(), is_sound, matches: fold.wallet(&wallet).as_ref() == Some(&wallet) })
    }

    /// The change by which staff adjusts somebody's credit, with its entry in the audit log.
    pub(super) fn adjustment(
        &self,
        by: By<'_>,
        owner: Subject,
        event: Option<String>,
        amount: Credit,
        reason: &str,
    ) -> Result<Audited<AdjustCredit>, Error> {
        let user = by.expect(Permission::AdjustBalances)?;
        if amount == Credit::ZERO || amount > Credit::MAX || -amount > Credit::MAX {
            return Err(Error::invalid("amount", "is nothing, or too much"));
        }
        let (reason, at) = (checked_reason(reason)?, self.clock.now());
        let change = AdjustCredit { event, owner, amount, reason, by: user, rules: self.rules, at };
        let draft = self.draft(by, Act::AdjustBalance, owner)?.detail(amount.to_string());
        Ok(self.audited(by, change, draft))
    }

    fn draft(&self, by: By<'_>, act: Act, owner: Subject) -> Result<Draft, Error> {
        Ok(by.draft(act, owner, self.clock.now())?.about(owner))
    }

    /// What people do to credit stands in the audit log, too; what the program itself does stands in the ledger alone.
    fn audited<C>(&self, by: By<'_>, change: C, draft: Draft) -> Audited<C> {
        let audited = Audited::new(&*self.store, change, draft);
        Audited { draft: audited.draft.filter(|_| by.is_somebody()), ..audited }
    }

    async fn commit(&self, batch: Batch) -> Result<(), Error> {
        self.store.commit(batch).await?;
        Ok(())
    }
}

fn positive(amount: Credit) -> Result<Credit, Error> {
    let is_one = amount > Credit::ZERO && amount <= Credit::MAX;
    if is_one { Ok(amount) } else { Err(Error::invalid("amount", "is nothing, below zero, or too much")) }
}

fn staff_event(kind: &str, event: &str) -> Result<String, Error> {
    if event.is_empty() {
        return Err(Error::invalid("event", "must not be empty"));
    }
    checked_event(format!("{kind}:{event}"))
}

fn checked_event(event: String) -> Result<String, Error> {
    if event.len() > MAX_EVENT || event.chars().any(char::is_control) {
        return Err(Error::invalid("event", format!("must be at most {MAX_EVENT} bytes without control characters")));
    }
    Ok(event)
}
