//! Credit of runs: set aside when one begins, charged or given back when it ends.
//!
//! These are parts of the changes that begin and end a run, so what is charged and what was said are one batch. Each run has
//! one hold, whose record (`quota::Hold`) is the proof that its credit is set aside: who removes it calls one of
//! [`settle_money`] and [`release_money`], once.

use super::account::Account;
use super::credit::{Credit, CreditError};
use super::entry::{Charge, EntryKind, event};
use super::month::Month;
use super::posting::{Posting, Purse};
use super::rules::{CreditRules, lapse};
use crate::clock::Timestamp;
use crate::store::{Conflict, Stop, Tx};
use crate::subject::Subject;

/// Sets credit aside, after what has lapsed is gone and what is due has come. `cap` is the most that the owner wants to
/// spend in a month. Nothing is loaded or written for an amount of nothing.
///
/// # Errors
/// [`Conflict::InsufficientCredit`], [`Conflict::CapReached`].
pub fn hold_money(
    tx: &mut Tx<'_>,
    owner: Subject,
    amount: Credit,
    cap: Option<Credit>,
    rules: &CreditRules,
    at: Timestamp,
) -> Result<(), Stop> {
    if amount <= Credit::ZERO {
        return Ok(());
    }
    let mut purse = Purse::load(tx, owner)?;
    let wallet = &mut purse.wallet;
    let entries = rules.update(wallet, at)?;
    let available = wallet.available();
    if available < amount {
        return Err(Conflict::InsufficientCredit { needed: amount, available: available.or_zero() }.into());
    }
    if let Some(cap) = cap {
        let spent = wallet.spent.during(Month::of(at)).plus(wallet.held)?;
        if spent.plus(amount)? > cap {
            return Err(Conflict::CapReached { needed: amount, cap, spent }.into());
        }
    }
    wallet.set_aside(amount)?;
    purse.note(entries);
    purse.write(tx)
}

/// Charges what a run used out of what was set aside for it, and gives the rest back.
///
/// What the run used beyond that is booked in full and not clamped: as a debt as far as [`CreditRules::overdraft`] goes,
/// and otherwise as [waived](Account::Waived). It is never refused: a run must be able to end.
///
/// # Errors
/// [`Stop::Need`]; and a refusal when a record of the store is damaged beyond counting.
pub fn settle_money(
    tx: &mut Tx<'_>,
    owner: Subject,
    held: Credit,
    (cost, charge): (Credit, Charge),
    rules: &CreditRules,
    at: Timestamp,
) -> Result<(), Stop> {
    if cost <= Credit::ZERO {
        return release_money(tx, owner, held, at);
    }
    let mut purse = Purse::load(tx, owner)?;
    let wallet = &mut purse.wallet;
    wallet.set_aside(-held)?;
    let most = chargeable(wallet.available(), wallet.balance(), held, rules.overdraft)?;
    let charged = cost.min(most);
    let mut posting = Posting::new(EntryKind::Charge, event::run(charge.run), at);
    wallet.take(charged, at, &mut posting.lines)?;
    posting.lines.add(Account::Waived, -cost.minus(charged)?)?;
    posting.spent = charged;
    posting.charge = Some(charge);
    let entry = posting.book(wallet)?;
    let expiry = lapse(wallet, at)?;
    purse.note(entry.into_iter().chain(expiry));
    purse.write(tx)
}

/// The most that is charged: what was set aside; more where a debt is allowed. On sound records the balance always
/// covers what was set aside.
fn chargeable(
    available: Credit,
    balance: Credit,
    held: Credit,
    overdraft: Option<Credit>,
) -> Result<Credit, CreditError> {
    let most = match overdraft {
        Some(debt) => held.max(available.plus(debt)?),
        None => held,
    };
    Ok(most.min(balance.plus(overdraft.unwrap_or_default())?).or_zero())
}

/// Gives back what was set aside for a run that used nothing.
///
/// # Errors
/// [`Stop::Need`]; and a refusal when a record of the store is damaged beyond counting.
pub fn release_money(tx: &mut Tx<'_>, owner: Subject, held: Credit, at: Timestamp) -> Result<(), Stop> {
    if held <= Credit::ZERO {
        return Ok(());
    }
    let mut purse = Purse::load(tx, owner)?;
    purse.wallet.set_aside(-held)?;
    let expiry = lapse(&mut purse.wallet, at)?;
    purse.note(expiry);
    purse.write(tx)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_more_is_charged_than_was_held_unless_a_debt_is_allowed() {
        let most = |available: i64, balance: i64, held: i64, overdraft: Option<i64>| {
            let [available, balance, held] = [available, balance, held].map(Credit::from_micros);
            chargeable(available, balance, held, overdraft.map(Credit::from_micros)).map(Credit::as_micros)
        };
        assert_eq!(most(100, 100, 30, None), Ok(30));
        assert_eq!(most(100, 100, 30, Some(0)), Ok(100), "what is there is charged");
        assert_eq!(most(100, 150, 30, Some(20)), Ok(120), "what others hold is not");
        assert_eq!(most(30, 30, 30, Some(20)), Ok(50));
        assert_eq!(most(10, 50, 30, Some(20)), Ok(30), "somebody owes already: what was held is charged all the same");
        assert_eq!(most(5, 5, 30, None), Ok(5), "a damaged wallet does not go below zero");
        assert_eq!(most(-5, -5, 30, None), Ok(0));
    }
}
