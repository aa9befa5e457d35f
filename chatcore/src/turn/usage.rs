//! What an answer used, split the way providers bill it.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

/// Tokens of one run. The parts do not overlap: `input` leaves out what the cache served or took in, `output` leaves
/// out reasoning, so that each can have its own price and a total is a sum.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Usage {
    /// Prompt tokens at full price.
    #[serde(default)]
    pub input: u64,
    /// Answer tokens that the reader sees.
    #[serde(default)]
    pub output: u64,
    /// Prompt tokens that the provider's cache served.
    #[serde(default)]
    pub cache_read: u64,
    /// Prompt tokens that went into the provider's cache.
    #[serde(default)]
    pub cache_write: u64,
    /// Tokens spent thinking.
    #[serde(default)]
    pub reasoning: u64,
    /// Who counted.
    #[serde(default)]
    pub source: UsageSource,
}

impl Usage {
    /// Both together. A sum is no better counted than the worse of the two.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            cache_read: self.cache_read.saturating_add(other.cache_read),
            cache_write: self.cache_write.saturating_add(other.cache_write),
            reasoning: self.reasoning.saturating_add(other.reasoning),
            source: self.source.max(other.source),
        }
    }

    /// What came to it since it was that much.
    #[must_use]
    pub(crate) fn since(self, before: Self) -> Self {
        Self {
            input: self.input.saturating_sub(before.input),
            output: self.output.saturating_sub(before.output),
            cache_read: self.cache_read.saturating_sub(before.cache_read),
            cache_write: self.cache_write.saturating_sub(before.cache_write),
            reasoning: self.reasoning.saturating_sub(before.reasoning),
            source: self.source,
        }
    }

    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.input, self.output, self.cache_read, self.cache_write, self.reasoning]
            .into_iter()
            .fold(0, u64::saturating_add)
    }
}

/// Usage by the model that gave the answers: several may take turns in one run.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct UsageByModel(BTreeMap<String, Usage>);

impl UsageByModel {
    /// What one model used.
    pub fn of(model: impl Into<String>, usage: Usage) -> Self {
        Self(BTreeMap::from([(model.into(), usage)]))
    }

    /// Adds what a model used.
    pub fn add(&mut self, model: &str, usage: Usage) {
        match self.0.get_mut(model) {
            Some(spent) => *spent = spent.plus(usage),
            None => _ = self.0.insert(model.to_owned(), usage),
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(mut self, other: &Self) -> Self {
        other.iter().for_each(|(model, usage)| self.add(model, usage));
        self
    }

    /// All of it; `None` when nobody used anything.
    #[must_use]
    pub fn total(&self) -> Option<Usage> {
        self.0.values().copied().reduce(Usage::plus)
    }

    /// Each model with what it used.
    pub fn iter(&self) -> impl Iterator<Item = (&str, Usage)> {
        self.0.iter().map(|(model, usage)| (model.as_str(), *usage))
    }
}

/// Who counted the tokens, the best first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Default, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum UsageSource {
    /// The provider said so.
    Provider,
    /// A tokenizer of ours counted the text.
    Counted,
    /// A rule of thumb over the length of the text.
    #[default]
    Estimated,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_total_is_a_sum_that_cannot_overflow() {
        let usage = Usage { input: 1, output: 2, cache_read: 3, cache_write: 4, reasoning: 5, ..Usage::default() };
        assert_eq!(usage.total(), 15);
        assert_eq!(Usage { input: u64::MAX, output: 1, ..Usage::default() }.total(), u64::MAX);
    }
}
