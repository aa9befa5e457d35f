//! The prices of one run, as they were when it began.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::credit::Credit;
use crate::turn::{Prices, Usage};

/// By which prices a run is charged.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Quote {
    /// The version of the table that they are from.
    pub version: String,
    /// The prices.
    pub rate: Rate,
}

/// What a run is charged for.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case", tag = "charge")]
#[non_exhaustive]
pub enum Rate {
    /// Nothing.
    Free,
    /// That it was asked for.
    PerRequest {
        /// How much.
        amount: Credit,
    },
    /// What models read and write.
    PerToken {
        /// The prices of the model that was asked. A model that answers under a name that nobody expected costs as much.
        asked: Prices,
        /// Those of the models that may answer in its place.
        others: BTreeMap<String, Prices>,
    },
}

impl Quote {
    /// The most that one request of so many prompt tokens and an answer of at most so many can cost, whichever of the
    /// models answers and however the tokens are divided among caches and reasoning.
    #[must_use]
    pub fn most(&self, prompt: u64, answer: u64) -> Credit {
        match &self.rate {
            Rate::Free => Credit::ZERO,
            Rate::PerRequest { amount } => *amount,
            Rate::PerToken { asked, others } => {
                let models = [asked].into_iter().chain(others.values());
                micros(models.map(|prices| prices.most(prompt, answer)).max().unwrap_or_default())
            }
        }
    }

    /// What it cost, by what each model used. It is rounded up once; what is more than can be charged is [`Credit::MAX`].
    #[must_use]
    pub fn cost(&self, used: &BTreeMap<String, Usage>) -> Credit {
        match &self.rate {
            Rate::Free => Credit::ZERO,
            Rate::PerRequest { amount } => *amount,
            Rate::PerToken { asked, others } => {
                let of = |(model, usage): (&String, &Usage)| others.get(model).unwrap_or(asked).weigh(usage);
                micros(used.iter().map(of).fold(0, u128::saturating_add))
            }
        }
    }
}

fn micros(weight: u128) -> Credit {
    Credit::cost(weight.div_ceil(Prices::TOKENS))
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn quote(rate: Rate) -> Quote {
        Quote { version: "1".to_owned(), rate }
    }

    fn used(model: &str, input: u64, output: u64) -> (String, Usage) {
        (model.to_owned(), Usage { input, output, ..Usage::default() })
    }

    #[test]
    fn each_model_has_its_price_and_a_sum_is_rounded_once() {
        let price = |input| Prices { input, ..Prices::default() };
        let quote =
            quote(Rate::PerToken { asked: price(600_000), others: [("large".to_owned(), price(700_000))].into() });
        assert_eq!(quote.cost(&[used("small", 1, 0)].into()), Credit::from_micros(1));
        assert_eq!(quote.cost(&[used("small", 1, 0), used("large", 1, 0)].into()), Credit::from_micros(2));
        assert_eq!(quote.cost(&[used("small-2026", 10, 0)].into()), Credit::from_micros(6), "a name of its own");
        assert_eq!(quote.cost(&BTreeMap::new()), Credit::ZERO);
        assert_eq!(quote.most(10, 0), Credit::from_micros(7), "the dearest may answer");
    }

    #[test]
    fn a_request_costs_what_it_costs() {
        let flat = quote(Rate::PerRequest { amount: Credit::from_micros(100) });
        assert_eq!(
            (flat.most(9, 9), flat.cost(&[used("any", 1, 1)].into())),
            (Credit::from_micros(100), Credit::from_micros(100))
        );
        assert_eq!(quote(Rate::Free).cost(&[used("any", 1, 1)].into()), Credit::ZERO);
    }

    #[test]
    fn more_than_can_be_charged_is_the_most() {
        let prices = Prices { input: u64::MAX, ..Prices::default() };
        let quote = quote(Rate::PerToken { asked: prices, others: BTreeMap::new() });
        assert_eq!(quote.cost(&[used("any", u64::MAX, u64::MAX)].into()), Credit::MAX);
        assert_eq!(quote.most(u64::MAX, u64::MAX), Credit::MAX);
    }

    fn any_prices() -> impl Strategy<Value = Prices> {
        let price = || 0..1_u64 << 40;
        let maybe = || prop::option::of(0..1_u64 << 40);
        (price(), price(), maybe(), maybe(), maybe()).prop_map(|(input, output, cache_read, cache_write, reasoning)| {
            Prices { input, output, cache_read, cache_write, reasoning }
        })
    }

    proptest! {
        /// However a model divides what it was allowed, it costs no more than was said before.
        #[test]
        fn nothing_costs_more_than_the_most(
            asked in any_prices(),
            other in any_prices(),
            input in 0..1_u64 << 30, read in 0..1_u64 << 30, write in 0..1_u64 << 30,
            output in 0..1_u64 << 30, reasoning in 0..1_u64 << 30,
            model in 0..3_usize,
        ) {
            let quote = quote(Rate::PerToken { asked, others: [("large".to_owned(), other)].into() });
            let usage = Usage { input, output, cache_read: read, cache_write: write, reasoning, ..Usage::default() };
            let cost = quote.cost(&[(["small", "large", "strange"][model].to_owned(), usage)].into());
            prop_assert!(cost <= quote.most(input + read + write, output + reasoning));
        }
    }
}
