//! What an answer used, split the way providers bill it.

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

    /// All tokens.
    #[must_use]
    pub fn total(&self) -> u64 {
        [self.input, self.output, self.cache_read, self.cache_write, self.reasoning]
            .into_iter()
            .fold(0, u64::saturating_add)
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
