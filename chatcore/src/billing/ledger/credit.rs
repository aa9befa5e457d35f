//! Amounts of credit.

use std::fmt;
use std::ops::Neg;

use serde::{Deserialize, Serialize};

use crate::store::{Conflict, Stop};

/// An amount of credit in micro-units: a unit is a million of them. What a unit is worth, a dollar or a token of a game,
/// is for whoever runs the service to say. Below zero it is what somebody owes.
///
/// There is no arithmetic that rounds, and none that overflows without saying so.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Credit(i64);

/// An amount that cannot be taken.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum CreditError {
    /// It is below zero.
    #[error("an amount of credit is not below zero")]
    Negative,
    /// It is not a number.
    #[error("an amount of credit is a number")]
    NotANumber,
    /// It is more than [`Credit::MAX`].
    #[error("an amount of credit is at most {} micro-units", Credit::MAX)]
    TooMuch,
}

impl Credit {
    /// Nothing.
    pub const ZERO: Self = Self(0);

    /// The most that anybody has, pays or is granted at once: a million million units. Small enough that a few of them
    /// together still fit the integer.
    pub const MAX: Self = Self(1_000_000_000_000_000_000);

    /// So many micro-units.
    #[must_use]
    pub const fn from_micros(micros: i64) -> Self {
        Self(micros)
    }

    /// In micro-units.
    #[must_use]
    pub const fn as_micros(self) -> i64 {
        self.0
    }

    /// An amount that somebody sets: a price, a grant.
    ///
    /// # Errors
    /// [`CreditError::TooMuch`].
    pub fn amount(micros: u64) -> Result<Self, CreditError> {
        let amount = i64::try_from(micros).map(Self).map_err(|_| CreditError::TooMuch)?;
        if amount > Self::MAX { Err(CreditError::TooMuch) } else { Ok(amount) }
    }

    /// An amount that somebody sets in units, with decimals; rounded to the nearest micro-unit.
    ///
    /// # Errors
    /// [`CreditError`] when it is below zero, infinite, not a number, or too much.
    pub fn from_units(units: f64) -> Result<Self, CreditError> {
        let micros = (units * 1e6).round();
        if units.is_nan() {
            Err(CreditError::NotANumber)
        } else if units < 0.0 {
            Err(CreditError::Negative)
        } else if micros > 1e18 {
            Err(CreditError::TooMuch)
        } else {
            #[expect(clippy::cast_possible_truncation, reason = "it is a whole number between 0 and 10^18")]
            Ok(Self(micros as i64))
        }
    }

    /// What something costs; [`Self::MAX`] if that is more than can be charged.
    #[must_use]
    pub fn cost(micros: u128) -> Self {
        i64::try_from(micros).map_or(Self::MAX, |micros| Self(micros).min(Self::MAX))
    }

    /// Both together.
    ///
    /// # Errors
    /// [`CreditError::TooMuch`] when the integer does not hold it.
    pub fn plus(self, other: Self) -> Result<Self, CreditError> {
        self.0.checked_add(other.0).map(Self).ok_or(CreditError::TooMuch)
    }

    /// This without another.
    ///
    /// # Errors
    /// [`CreditError::TooMuch`] when the integer does not hold it.
    pub fn minus(self, other: Self) -> Result<Self, CreditError> {
        self.0.checked_sub(other.0).map(Self).ok_or(CreditError::TooMuch)
    }

    /// This, or nothing if it is below zero.
    #[must_use]
    pub fn or_zero(self) -> Self {
        self.max(Self::ZERO)
    }

    /// All of them together, or as near to it as an `i64` comes: for sums that are shown.
    pub fn total(amounts: impl IntoIterator<Item = Self>) -> Self {
        let sum: i128 = amounts.into_iter().map(|amount| i128::from(amount.0)).sum();
        Self(i64::try_from(sum).unwrap_or(if sum < 0 { i64::MIN } else { i64::MAX }))
    }
}

impl Neg for Credit {
    type Output = Self;

    /// The one integer that has no negative is out of every range that is counted in; it becomes the nearest.
    fn neg(self) -> Self {
        Self(self.0.saturating_neg())
    }
}

impl fmt::Display for Credit {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.fmt(f)
    }
}

impl From<CreditError> for Stop {
    fn from(_: CreditError) -> Self {
        Conflict::Rule("the credit is more than can be counted").into()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn amounts_that_are_none_are_refused() {
        for (units, error) in [
            (f64::NAN, CreditError::NotANumber),
            (-0.000_001, CreditError::Negative),
            (f64::NEG_INFINITY, CreditError::Negative),
            (f64::INFINITY, CreditError::TooMuch),
            (1.1e12, CreditError::TooMuch),
        ] {
            assert_eq!(Credit::from_units(units), Err(error), "{units}");
        }
        assert_eq!(Credit::from_units(2.5), Ok(Credit(2_500_000)));
        assert_eq!(Credit::from_units(-0.0), Ok(Credit::ZERO));
        assert_eq!(Credit::from_units(1e12), Ok(Credit::MAX));
        assert_eq!(Credit::amount(1 << 63), Err(CreditError::TooMuch));
        assert_eq!(Credit::amount(1_000_000_000_000_000_001), Err(CreditError::TooMuch));
        assert_eq!(Credit::amount(1_000_000_000_000_000_000), Ok(Credit::MAX));
    }

    #[test]
    fn nothing_overflows_unnoticed() {
        let most = Credit(i64::MAX);
        assert_eq!(most.plus(Credit(1)), Err(CreditError::TooMuch));
        assert_eq!(Credit(i64::MIN).minus(Credit(1)), Err(CreditError::TooMuch));
        assert_eq!(Credit::total([most, most, -most]), most);
        assert_eq!(Credit::cost(u128::MAX), Credit::MAX);
        assert_eq!(Credit::cost(7), Credit(7));
    }
}
