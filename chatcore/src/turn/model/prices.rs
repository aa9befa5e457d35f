//! What tokens cost.

use serde::{Deserialize, Serialize};

use crate::turn::usage::Usage;

/// The prices of a model's tokens: micro-units of the currency for a million tokens. Two dollars and a half for a
/// million tokens are `2_500_000`. Which currency that is, is for whoever sets the prices to say, once for all models.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct Prices {
    /// Prompt tokens.
    pub input: u64,
    /// Answer tokens that the reader sees.
    pub output: u64,
    /// Prompt tokens that the provider's cache served; as `input` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_read: Option<u64>,
    /// Prompt tokens that went into the provider's cache; as `input` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub cache_write: Option<u64>,
    /// Tokens spent thinking; as `output` if not given.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reasoning: Option<u64>,
}

impl Prices {
    /// Prices are for so many tokens.
    pub(crate) const TOKENS: u128 = 1_000_000;

    /// What that usage costs, in micro-units of the currency. It is rounded up, once, after everything is added; what
    /// is more than a `u64` holds is `u64::MAX`.
    #[must_use]
    pub fn cost(&self, usage: &Usage) -> u64 {
        u64::try_from(self.weigh(usage).div_ceil(Self::TOKENS)).unwrap_or(u64::MAX)
    }

    /// Tokens times prices, before it is rounded: [`Self::TOKENS`] of it are a micro-unit.
    pub(crate) fn weigh(&self, usage: &Usage) -> u128 {
        let lines = [
            (usage.input, self.input),
            (usage.output, self.output),
            (usage.cache_read, self.cache_read.unwrap_or(self.input)),
            (usage.cache_write, self.cache_write.unwrap_or(self.input)),
            (usage.reasoning, self.reasoning.unwrap_or(self.output)),
        ];
        let weights = lines.into_iter().map(|(tokens, price)| u128::from(tokens) * u128::from(price));
        weights.fold(0_u128, u128::saturating_add)
    }

    /// The most that so many tokens can weigh: of a prompt, and of an answer with the thinking before it.
    pub(crate) fn most(&self, prompt: u64, answer: u64) -> u128 {
        let input = self.input.max(self.cache_read.unwrap_or_default()).max(self.cache_write.unwrap_or_default());
        let output = self.output.max(self.reasoning.unwrap_or_default());
        (u128::from(prompt) * u128::from(input)).saturating_add(u128::from(answer) * u128::from(output))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn tokens(input: u64, output: u64) -> Usage {
        Usage { input, output, ..Usage::default() }
    }

    #[test]
    fn every_kind_of_token_has_its_price() {
        let prices =
            Prices { input: 1, output: 10, cache_read: Some(100), cache_write: Some(1000), reasoning: Some(10_000) };
        let million = 1_000_000;
        let usage = Usage {
            input: million,
            output: 2 * million,
            cache_read: 3 * million,
            cache_write: 4 * million,
            reasoning: 5 * million,
            ..Usage::default()
        };
        assert_eq!(prices.cost(&usage), 54_321);
        let plain = Prices { input: 1, output: 10, ..Prices::default() };
        assert_eq!(plain.cost(&usage), 1 + 20 + 3 + 4 + 50);
    }

    #[test]
    fn it_is_rounded_up_once() {
        let prices = Prices { input: 600_000, output: 600_000, ..Prices::default() };
        assert_eq!(prices.cost(&tokens(0, 0)), 0);
        assert_eq!(prices.cost(&tokens(1, 0)), 1);
        assert_eq!(prices.cost(&tokens(1, 1)), 2, "1.2 is rounded, not 0.6 twice");
        assert_eq!(prices.cost(&tokens(2, 3)), 3, "3.0 is 3");
    }

    #[test]
    fn a_cost_cannot_overflow() {
        let prices = Prices { input: u64::MAX, output: u64::MAX, ..Prices::default() };
        let all = Usage {
            input: u64::MAX,
            output: u64::MAX,
            cache_read: u64::MAX,
            cache_write: u64::MAX,
            reasoning: u64::MAX,
            ..Usage::default()
        };
        assert_eq!(prices.cost(&all), u64::MAX);
    }

    proptest! {
        #[test]
        fn parts_never_cost_less_than_the_whole(a in 0..1u64 << 40, b in 0..1u64 << 40, price in 0..1u64 << 20) {
            let prices = Prices { input: price, ..Prices::default() };
            let (whole, parts) = (prices.cost(&tokens(a + b, 0)), prices.cost(&tokens(a, 0)) + prices.cost(&tokens(b, 0)));
            prop_assert!(whole <= parts && parts <= whole + 1);
        }
    }
}
