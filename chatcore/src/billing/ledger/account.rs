//! Accounts: where credit comes from and where it goes.

use std::cmp::Ordering;
use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Deserializer, Serialize, Serializer, de};

use crate::clock::Timestamp;

/// The terms of granted credit. What is granted under the same terms is one slice of somebody's credit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
pub struct Terms {
    /// Credit of a lower number is used first.
    pub priority: u8,
    /// When what is left is gone; never if `None`.
    pub expires_at: Option<Timestamp>,
    /// Whether it is for visitors as such, and does not come along when they sign in.
    #[serde(default, skip_serializing_if = "is_false")]
    pub trial: bool,
}

/// What most things are is not written.
fn is_false(is: &bool) -> bool {
    !is
}

impl Terms {
    /// Those of what visitors get for nothing. Whoever could take it along would come back as another visitor for more.
    pub const TRIAL: Self = Self { priority: 0, expires_at: None, trial: true };

    /// What becomes of them when their owner stops being a visitor.
    #[must_use]
    pub(super) fn ended(self, at: Timestamp) -> Self {
        if self.trial { Self { trial: false, expires_at: Some(at), ..self } } else { self }
    }

    /// Whether what is left is gone by then.
    #[must_use]
    pub fn has_lapsed(&self, at: Timestamp) -> bool {
        self.expires_at.is_some_and(|expiry| expiry <= at)
    }
}

/// In the order in which credit is used: by priority, what does not come along first, then by expiry.
impl Ord for Terms {
    fn cmp(&self, other: &Self) -> Ordering {
        let key = |terms: &Self| (terms.priority, !terms.trial, terms.expires_at.is_none(), terms.expires_at);
        key(self).cmp(&key(other))
    }
}

impl PartialOrd for Terms {
    fn partial_cmp(&self, other: &Self) -> Option<Ordering> {
        Some(self.cmp(other))
    }
}

/// One side of a movement of credit. An entry is about one owner, so the first two are that owner's. As text:
/// `credit`, `grant/10/2026-02-01T00:00:00Z`, `grant/0/never`, `grant/0/never/trial`, `revenue`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Account {
    /// The owner's credit without terms. Below zero it is a debt.
    Credit,
    /// The owner's credit that was granted under these terms.
    Grant(Terms),
    /// What was earned.
    Revenue,
    /// What was given away.
    Promotions,
    /// What was paid for.
    Payments,
    /// What nobody used in time.
    Expired,
    /// What staff put right.
    Adjustments,
    /// What was used and is not charged, because it was more than was held.
    Waived,
    /// On its way from one owner to another: what leaves one comes to the other, so the account is always even.
    Transfers,
}

impl Account {
    /// Those without terms, by their names.
    const NAMED: [(Self, &'static str); 8] = [
        (Self::Credit, "credit"),
        (Self::Revenue, "revenue"),
        (Self::Promotions, "promotions"),
        (Self::Payments, "payments"),
        (Self::Expired, "expired"),
        (Self::Adjustments, "adjustments"),
        (Self::Waived, "waived"),
        (Self::Transfers, "transfers"),
    ];

    /// Whether it is a part of the owner's credit.
    #[must_use]
    pub const fn is_owners(&self) -> bool {
        matches!(self, Self::Credit | Self::Grant(_))
    }

    /// The account of credit under these terms, or without any.
    #[must_use]
    pub const fn of(terms: Option<Terms>) -> Self {
        match terms {
            Some(terms) => Self::Grant(terms),
            None => Self::Credit,
        }
    }
}

impl fmt::Display for Account {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Grant(Terms { priority, expires_at, trial }) => {
                match expires_at {
                    Some(expiry) => write!(f, "grant/{priority}/{expiry}")?,
                    None => write!(f, "grant/{priority}/never")?,
                }
                f.write_str(if *trial { "/trial" } else { "" })
            }
            other => f.write_str(Self::NAMED.iter().find(|(account, _)| account == other).map_or("", |(_, name)| name)),
        }
    }
}

/// A text that names no account.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("not an account")]
pub struct AccountError;

impl FromStr for Account {
    type Err = AccountError;

    fn from_str(text: &str) -> Result<Self, AccountError> {
        if let Some((account, _)) = Self::NAMED.iter().find(|(_, name)| *name == text) {
            return Ok(*account);
        }
        let terms = text.strip_prefix("grant/").and_then(|terms| terms.split_once('/'));
        let (priority, expiry) = terms.ok_or(AccountError)?;
        let priority = priority.parse().map_err(|_| AccountError)?;
        let (expiry, trial) = expiry.strip_suffix("/trial").map_or((expiry, false), |expiry| (expiry, true));
        let expires_at = match expiry {
            "never" => None,
            moment => Some(moment.parse().map_err(|_| AccountError)?),
        };
        Ok(Self::Grant(Terms { priority, expires_at, trial }))
    }
}

impl Serialize for Account {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> Deserialize<'de> for Account {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        text.parse().map_err(de::Error::custom)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn texts_are_read_as_they_are_written() {
        let terms = [Some(Timestamp::from_micros(1)), Some(Timestamp::MAX), None]
            .map(|expires_at| [true, false].map(|trial| Account::Grant(Terms { priority: 7, expires_at, trial })));
        for account in Account::NAMED.map(|(account, _)| account).into_iter().chain(terms.into_iter().flatten()) {
            assert_eq!(account.to_string().parse(), Ok(account), "{account}");
        }
        for wrong in ["", "grant", "grant/7", "grant/300/never", "grant/-1/never", "grant/7/soon", "Credit"] {
            assert_eq!(wrong.parse::<Account>(), Err(AccountError), "{wrong}");
        }
    }

    #[test]
    fn what_ends_first_is_used_first_within_a_priority() {
        let terms = |priority, expiry: Option<i64>| {
            let expires_at = expiry.map(Timestamp::from_micros);
            Terms { priority, expires_at, trial: false }
        };
        let order = [
            Terms::TRIAL,
            terms(0, Some(9)),
            terms(0, None),
            terms(1, Some(3)),
            terms(1, Some(i64::MAX)),
            terms(1, None),
        ];
        assert!(order.is_sorted());
    }
}
