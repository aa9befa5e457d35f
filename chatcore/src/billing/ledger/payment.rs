//! Bills that were paid: the books say what came in.

use std::fmt;

use super::account::Account;
use super::credit::{Credit, CreditError};
use super::entry::{EntryKind, LedgerEntry, event};
use super::posting::{Posting, Purse};
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Kind, Stop, Tx};
use crate::subject::Subject;

/// Money as whoever takes it counts it.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Money {
    /// How much, in the smallest units of the currency.
    pub amount: u64,
    /// ISO 4217, in lower case.
    pub currency: String,
}

/// Currencies whose smallest unit is the whole one, as gateways have them.
const WHOLE: [&str; 15] =
    ["bif", "clp", "djf", "gnf", "jpy", "kmf", "krw", "mga", "pyg", "rwf", "vnd", "vuv", "xaf", "xof", "xpf"];

/// Currencies whose smallest unit is a thousandth.
const THOUSANDTHS: [&str; 5] = ["bhd", "jod", "kwd", "omr", "tnd"];

impl Money {
    /// Digits behind the point.
    fn digits(&self) -> u32 {
        let is = |all: &[&str]| all.contains(&&*self.currency);
        if is(&WHOLE) {
            0
        } else if is(&THOUSANDTHS) {
            3
        } else {
            2
        }
    }

    /// The same in micro-units: a unit of credit is a unit of the currency.
    ///
    /// # Errors
    /// [`CreditError::TooMuch`].
    pub fn credit(&self) -> Result<Credit, CreditError> {
        let micros = self.amount.checked_mul(10_u64.pow(6 - self.digits()));
        micros.ok_or(CreditError::TooMuch).and_then(Credit::amount)
    }
}

/// `9.00 usd`.
impl fmt::Display for Money {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (unit, digits) = (10_u64.pow(self.digits()), self.digits() as usize);
        write!(f, "{}", self.amount / unit)?;
        if digits > 0 {
            write!(f, ".{:0digits$}", self.amount % unit)?;
        }
        write!(f, " {}", self.currency)
    }
}

/// A bill was paid: what came in is earned, and stands beside the owner's other entries. Their credit stays as it is. A bill
/// that is booked is not booked again, and one of nothing never.
#[derive(Debug, Clone)]
pub struct BookPayment {
    /// The bill, by its id at whoever took the money.
    pub bill: String,
    /// Who paid.
    pub owner: Subject,
    /// How much.
    pub money: Money,
    /// When.
    pub at: Timestamp,
}

impl Change for BookPayment {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (amount, event) = (self.money.credit()?, event::bill(&self.bill));
        let (purse, found) = (Purse::load(tx, self.owner), tx.get::<LedgerEntry>(&event));
        let (mut purse, found) = (purse?, found?);
        if let Some(found) = found {
            let is_same = found.owner == self.owner && found.kind == EntryKind::Payment;
            return if is_same { Ok(()) } else { Err(Conflict::Exists(Kind::LedgerEntry).into()) };
        }
        let mut posting = Posting::new(EntryKind::Payment, event, self.at);
        posting.lines.add(Account::Revenue, amount)?;
        posting.reason = Some(self.money.to_string());
        let entry = posting.book(&mut purse.wallet)?;
        purse.note(entry);
        purse.write(tx)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn money_is_told_in_its_own_currency_and_booked_in_micro_units() {
        let rows = [
            (900, "usd", 9_000_000, "9.00 usd"),
            (5, "eur", 50_000, "0.05 eur"),
            (900, "jpy", 900_000_000, "900 jpy"),
            (1_234, "kwd", 1_234_000, "1.234 kwd"),
        ];
        for (amount, currency, micros, text) in rows {
            let money = Money { amount, currency: currency.into() };
            assert_eq!((money.credit(), money.to_string().as_str()), (Ok(Credit::from_micros(micros)), text));
        }
        let all = Money { amount: u64::MAX, currency: "usd".into() };
        assert_eq!(all.credit(), Err(CreditError::TooMuch));
    }
}
