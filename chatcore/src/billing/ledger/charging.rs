//! What is charged for: nothing, requests, or tokens by the prices of their models.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::credit::{Credit, CreditError};
use super::quote::{Quote, Rate};
use crate::turn::Prices;

/// What is charged for.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "charge", deny_unknown_fields)]
#[non_exhaustive]
pub enum Charging {
    /// Nothing.
    #[default]
    Free,
    /// Each answer that is asked for, whatever it takes.
    PerRequest {
        /// How much.
        amount: Credit,
    },
    /// What models read and write, by their prices. A unit of credit is a unit of the currency of the prices.
    PerToken {
        /// What happens with models that have no price.
        #[serde(default)]
        unpriced: Unpriced,
    },
}

/// What happens with models that have no price.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Unpriced {
    /// They are not asked.
    #[default]
    Refuse,
    /// They cost nothing.
    Free,
}

/// What is charged for and by which prices, under a name that changes whenever they do. It is made where the prices are
/// loaded; every hold and every entry says which one was in force.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PriceTable {
    version: String,
    charging: Charging,
    models: BTreeMap<String, Prices>,
}

/// A price table that cannot be taken.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum PriceError {
    /// Its version is empty or longer than [`PriceTable::MAX_VERSION`].
    #[error("a price table has a version of 1 to {} characters", PriceTable::MAX_VERSION)]
    Version,
    /// An amount that is none.
    #[error("the amount for a request: {0}")]
    Amount(CreditError),
    /// A price is so high that a cost could not be counted.
    #[error("the price `{price}` of the model `{model}` is above {}", PriceTable::MAX_PRICE)]
    TooHigh {
        /// Of which model.
        model: String,
        /// For which tokens.
        price: &'static str,
    },
}

/// A model that has no price, in a table that refuses those.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("the model `{0}` has no price")]
pub struct NoPrice(pub String);

impl PriceTable {
    /// The longest version, in characters.
    pub const MAX_VERSION: usize = 64;

    /// The highest price, in micro-units for a million tokens: a whole unit a token.
    pub const MAX_PRICE: u64 = 1_000_000_000_000;

    /// A table. Prices are looked at whether or not tokens are charged for.
    ///
    /// # Errors
    /// [`PriceError`] says what is wrong.
    pub fn new(
        version: impl Into<String>,
        charging: Charging,
        models: BTreeMap<String, Prices>,
    ) -> Result<Self, PriceError> {
        let version = version.into();
        if version.is_empty() || version.chars().count() > Self::MAX_VERSION {
            return Err(PriceError::Version);
        }
        if let Charging::PerRequest { amount } = charging {
            expect_amount(amount).map_err(PriceError::Amount)?;
        }
        for (model, prices) in &models {
            if let Some(price) = too_high(prices) {
                return Err(PriceError::TooHigh { model: model.clone(), price });
            }
        }
        Ok(Self { version, charging, models })
    }

    /// A table in which everything is free.
    #[must_use]
    pub fn free() -> Self {
        Self { version: "free".to_owned(), charging: Charging::Free, models: BTreeMap::new() }
    }

    /// Its version.
    #[must_use]
    pub fn version(&self) -> &str {
        &self.version
    }

    /// What is charged for.
    #[must_use]
    pub const fn charging(&self) -> Charging {
        self.charging
    }

    /// By which prices a run is charged that asks this model, and perhaps others in its place. It stays so however the
    /// table changes while the run goes on.
    ///
    /// # Errors
    /// [`NoPrice`] when one of them has none and the table refuses that.
    pub fn quote<'a>(&self, model: &str, substitutes: impl IntoIterator<Item = &'a str>) -> Result<Quote, NoPrice> {
        let rate = match self.charging {
            Charging::Free => Rate::Free,
            Charging::PerRequest { amount } => Rate::PerRequest { amount },
            Charging::PerToken { unpriced } => {
                let mut others = BTreeMap::new();
                for substitute in substitutes {
                    others.insert(substitute.to_owned(), self.prices(substitute, unpriced)?);
                }
                Rate::PerToken { asked: self.prices(model, unpriced)?, others }
            }
        };
        Ok(Quote { version: self.version.clone(), rate })
    }

    fn prices(&self, model: &str, unpriced: Unpriced) -> Result<Prices, NoPrice> {
        match (self.models.get(model), unpriced) {
            (Some(prices), _) => Ok(*prices),
            (None, Unpriced::Free) => Ok(Prices::default()),
            (None, Unpriced::Refuse) => Err(NoPrice(model.to_owned())),
        }
    }
}

fn expect_amount(amount: Credit) -> Result<(), CreditError> {
    if amount < Credit::ZERO {
        Err(CreditError::Negative)
    } else if amount > Credit::MAX {
        Err(CreditError::TooMuch)
    } else {
        Ok(())
    }
}

fn too_high(prices: &Prices) -> Option<&'static str> {
    let all = [
        ("input", Some(prices.input)),
        ("output", Some(prices.output)),
        ("cache_read", prices.cache_read),
        ("cache_write", prices.cache_write),
        ("reasoning", prices.reasoning),
    ];
    all.into_iter().find(|(_, price)| price.is_some_and(|price| price > PriceTable::MAX_PRICE)).map(|(name, _)| name)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn table(charging: Charging, prices: Prices) -> Result<PriceTable, PriceError> {
        PriceTable::new("2026-11", charging, [("small".to_owned(), prices)].into())
    }

    #[test]
    fn prices_that_cannot_be_are_refused_and_named() {
        let wrong = Prices { reasoning: Some(PriceTable::MAX_PRICE + 1), ..Prices::default() };
        let refused = table(Charging::Free, wrong).map_err(|error| error.to_string());
        assert_eq!(refused, Err("the price `reasoning` of the model `small` is above 1000000000000".to_owned()));
        for (amount, error) in [(-1, CreditError::Negative), (i64::MAX, CreditError::TooMuch)] {
            let charging = Charging::PerRequest { amount: Credit::from_micros(amount) };
            assert_eq!(table(charging, Prices::default()), Err(PriceError::Amount(error)));
        }
        for version in [String::new(), "v".repeat(65)] {
            assert_eq!(PriceTable::new(version, Charging::Free, BTreeMap::new()), Err(PriceError::Version));
        }
    }

    #[test]
    fn what_is_no_amount_is_not_read() {
        for text in ["-1", "2.5", "1e400", "18446744073709551616", "null", "\"1\""] {
            let prices = format!("{{\"input\": {text}, \"output\": 1}}");
            assert!(serde_json::from_str::<Prices>(&prices).is_err(), "{text}");
        }
        let charging: Charging = serde_json::from_str("{\"charge\": \"per_token\"}").unwrap_or_default();
        assert_eq!(charging, Charging::PerToken { unpriced: Unpriced::Refuse });
    }

    #[test]
    fn models_without_a_price_are_refused_or_free() {
        let prices = Prices { input: 1, output: 2, ..Prices::default() };
        let of = |unpriced| table(Charging::PerToken { unpriced }, prices).map(|table| table.quote("small", ["large"]));
        assert_eq!(of(Unpriced::Refuse), Ok(Err(NoPrice("large".to_owned()))));
        let others = [("large".to_owned(), Prices::default())].into();
        let quote = Quote { version: "2026-11".to_owned(), rate: Rate::PerToken { asked: prices, others } };
        assert_eq!(of(Unpriced::Free), Ok(Ok(quote)));
        assert_eq!(PriceTable::free().quote("any", []).map(|quote| quote.rate), Ok(Rate::Free));
    }
}
