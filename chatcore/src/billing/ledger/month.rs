//! Months, for what somebody spends in one.

use serde::{Deserialize, Serialize};
use time::OffsetDateTime;

use super::credit::{Credit, CreditError};
use crate::clock::Timestamp;

/// A month of the calendar, in UTC: `202611` is November of 2026.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Month(pub u32);

impl Month {
    /// The month of a moment; `Month(0)` for one that is in no calendar.
    #[must_use]
    pub fn of(at: Timestamp) -> Self {
        let moment = OffsetDateTime::from_unix_timestamp(at.as_seconds()).ok();
        let number = moment.and_then(|at| u32::try_from(at.year() * 100 + i32::from(u8::from(at.month()))).ok());
        Self(number.unwrap_or_default())
    }
}

/// What was spent in the last month in which something was.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Spent {
    /// Which month.
    pub month: Month,
    /// How much.
    pub amount: Credit,
}

impl Spent {
    /// What was spent in a month, as far as it is known.
    #[must_use]
    pub fn during(&self, month: Month) -> Credit {
        if self.month == month { self.amount } else { Credit::ZERO }
    }

    /// Counts what was spent in a month. A month before the last one is over, and is not counted any more.
    pub(super) fn add(&mut self, month: Month, amount: Credit) -> Result<(), CreditError> {
        if amount == Credit::ZERO || month < self.month {
            return Ok(());
        }
        *self = Self { month, amount: self.during(month).plus(amount)? };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_month_begins_at_midnight_of_utc() {
        let at = |text: &str| Month::of(text.parse().unwrap_or_default());
        assert_eq!(at("2026-11-30T23:59:59.999999Z"), Month(202_611));
        assert_eq!(at("2026-12-01T00:00:00Z"), Month(202_612));
        assert_eq!(at("2027-01-01T00:30:00+01:00"), Month(202_612));
        assert_eq!(Month::of(Timestamp::MAX), Month(0));
    }

    #[test]
    fn what_was_spent_is_that_of_the_last_month() {
        let (mut spent, amount) = (Spent::default(), Credit::from_micros(5));
        for month in [202_601, 202_601, 202_603, 202_602] {
            assert_eq!(spent.add(Month(month), amount), Ok(()));
        }
        assert_eq!(spent, Spent { month: Month(202_603), amount });
        assert_eq!(spent.during(Month(202_602)), Credit::ZERO);
    }
}
