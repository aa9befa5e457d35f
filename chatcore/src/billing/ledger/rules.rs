//! What everybody gets, and how far somebody may owe.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::account::Terms;
use super::credit::{Credit, CreditError};
use super::entry::{EntryKind, LedgerEntry, event};
use super::posting::Posting;
use super::wallet::Wallet;
use crate::clock::Timestamp;
use crate::subject::Subject;

/// What holds for everybody's credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CreditRules {
    /// What users get.
    pub users: Allowance,
    /// What visitors get, as such: what is left of it is [gone](Terms::TRIAL) when they sign in.
    pub visitors: Allowance,
    /// What happens when a run used more than was set aside for it. `None`: no more than that is charged, the rest is
    /// [waived](super::Account::Waived). An amount: the rest is charged too, until the owner owes so much.
    pub overdraft: Option<Credit>,
}

/// What somebody gets for nothing.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Allowance {
    /// Once, when they are new.
    pub start: Credit,
    /// Every now and then.
    pub refill: Option<Refill>,
}

/// Credit that comes every now and then.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Refill {
    /// How much.
    pub amount: Credit,
    /// Every so many hours since the owner is there.
    pub hours: u32,
    /// Up to this balance: who has more gets nothing.
    pub ceiling: Credit,
}

impl CreditRules {
    /// The allowance of somebody.
    #[must_use]
    pub const fn allowance(&self, owner: Subject) -> &Allowance {
        match owner {
            Subject::User(_) => &self.users,
            Subject::Visitor(_) => &self.visitors,
        }
    }

    /// Refuses amounts that cannot be taken. To be asked where the rules are loaded.
    ///
    /// # Errors
    /// [`CreditError`].
    pub fn validate(&self) -> Result<(), CreditError> {
        let allowances = [self.users, self.visitors];
        let refills = allowances.iter().filter_map(|allowance| allowance.refill);
        let amounts = refills.flat_map(|refill| [refill.amount, refill.ceiling]);
        let amounts = amounts.chain(allowances.iter().map(|allowance| allowance.start)).chain(self.overdraft);
        for amount in amounts {
            if amount < Credit::ZERO {
                return Err(CreditError::Negative);
            }
            if amount > Credit::MAX {
                return Err(CreditError::TooMuch);
            }
        }
        Ok(())
    }

    /// Brings a wallet up to date: what has lapsed goes, what the owner is to get comes. Returns the entries that say so.
    pub(super) fn update(&self, wallet: &mut Wallet, at: Timestamp) -> Result<Vec<LedgerEntry>, CreditError> {
        let mut entries = Vec::new();
        entries.extend(lapse(wallet, at)?);
        let allowance = self.allowance(wallet.owner);
        let terms = matches!(wallet.owner, Subject::Visitor(_)).then_some(Terms::TRIAL);
        match wallet.refilled_at {
            None => {
                wallet.refilled_at = Some(at);
                let event = event::start(wallet.owner);
                entries.extend(Posting::new(EntryKind::Start, event, at).give(wallet, terms, allowance.start)?);
            }
            Some(last) => {
                if let Some(refill) = allowance.refill {
                    entries.extend(refill.apply(wallet, terms, last, at)?);
                }
            }
        }
        Ok(entries)
    }
}

/// Moves what has lapsed to [`Account::Expired`](super::Account::Expired).
pub(super) fn lapse(wallet: &mut Wallet, at: Timestamp) -> Result<Option<LedgerEntry>, CreditError> {
    let event = event::expiry(wallet.owner, wallet.entries.saturating_add(1));
    let mut posting = Posting::new(EntryKind::Expiry, event, at);
    wallet.lapse(at, &mut posting.lines)?;
    posting.book(wallet)
}

impl Refill {
    fn apply(
        self,
        wallet: &mut Wallet,
        terms: Option<Terms>,
        last: Timestamp,
        at: Timestamp,
    ) -> Result<Option<LedgerEntry>, CreditError> {
        let period = u64::from(self.hours.max(1)).saturating_mul(3600);
        let periods = at.since(last).as_secs() / period;
        if periods == 0 {
            return Ok(None);
        }
        let upto = last.plus(Duration::from_secs(periods.saturating_mul(period)));
        wallet.refilled_at = Some(upto);
        let due = i128::from(self.amount.as_micros()).saturating_mul(i128::from(periods));
        let room = self.ceiling.minus(wallet.balance())?.or_zero();
        let amount = i64::try_from(due).map_or(room, |due| Credit::from_micros(due).min(room));
        Posting::new(EntryKind::Refill, event::refill(wallet.owner, upto), at).give(wallet, terms, amount)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::id::{UserId, VisitorId};

    const HOUR: i64 = 3_600_000_000;

    fn rules() -> CreditRules {
        let refill = Refill { amount: Credit::from_micros(10), hours: 2, ceiling: Credit::from_micros(35) };
        let users = Allowance { start: Credit::from_micros(5), refill: Some(refill) };
        CreditRules { users, ..CreditRules::default() }
    }

    #[test]
    fn a_refill_comes_every_period_up_to_the_ceiling() {
        let mut wallet = Wallet::empty(Subject::User(UserId::from_uuid(uuid::Uuid::nil())));
        let mut after = |hours: i64| {
            let entries = rules().update(&mut wallet, Timestamp::from_micros(hours * HOUR)).unwrap_or_default();
            (entries.len(), wallet.balance().as_micros())
        };
        assert_eq!(after(1), (1, 5), "the start");
        assert_eq!(after(2), (0, 5));
        assert_eq!(after(3), (1, 15), "two hours after the start");
        assert_eq!(after(3), (0, 15), "once");
        assert_eq!(after(8), (1, 35), "two periods, cut at the ceiling");
        assert_eq!(after(2), (0, 35), "a clock that was set back takes nothing");
        assert_eq!(after(11), (0, 35));
        wallet.plain = Credit::ZERO;
        let entries = rules().update(&mut wallet, Timestamp::from_micros(12 * HOUR)).unwrap_or_default();
        assert_eq!(entries, [], "a period that was full is over");
    }

    #[test]
    fn visitors_get_what_visitors_get() {
        let mut wallet = Wallet::empty(Subject::Visitor(VisitorId::from_uuid(uuid::Uuid::nil())));
        assert_eq!(rules().update(&mut wallet, Timestamp::from_micros(1)), Ok(Vec::new()));
        assert_eq!(wallet.refilled_at, Some(Timestamp::from_micros(1)));
    }

    #[test]
    fn amounts_that_cannot_be_are_refused() {
        assert_eq!(rules().validate(), Ok(()));
        let mut wrong = rules();
        wrong.overdraft = Some(Credit::from_micros(-1));
        assert_eq!(wrong.validate(), Err(CreditError::Negative));
        wrong.overdraft = None;
        wrong.visitors.start = Credit::from_micros(i64::MAX);
        assert_eq!(wrong.validate(), Err(CreditError::TooMuch));
    }
}
