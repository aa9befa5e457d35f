//! What is known about a model before it is asked.

use serde::{Deserialize, Serialize};

use super::prices::Prices;
use super::request::ModelOptions;

/// What is known about a model.
///
/// ```
/// use chatcore::turn::{Capabilities, ModelInfo, Prices};
///
/// let info = ModelInfo::new("small", "example", 128_000)
///     .max_output_tokens(16_000)
///     .capabilities(Capabilities { tools: true, ..Capabilities::default() })
///     .prices(Prices { input: 250_000, output: 2_000_000, ..Prices::default() });
/// assert!(info.capabilities.tools && !info.capabilities.images);
/// ```
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct ModelInfo {
    /// The name that requests use.
    pub id: String,
    /// Tokens of prompt and answer together.
    pub context_tokens: u64,
    /// The longest answer in tokens, where the model has a limit of its own.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub max_output_tokens: Option<u64>,
    /// Whose it is, `openai` or `offline` say.
    pub provider: String,
    /// What it can do beyond text.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What its tokens cost, where somebody said so.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub prices: Option<Prices>,
    /// The name of the tokenizer that counts its tokens, `o200k_base` say, where it is known.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub tokenizer: Option<String>,
}

impl ModelInfo {
    /// A model of which no more is known than that.
    pub fn new(id: impl Into<String>, provider: impl Into<String>, context_tokens: u64) -> Self {
        Self {
            id: id.into(),
            context_tokens,
            max_output_tokens: None,
            provider: provider.into(),
            capabilities: Capabilities::default(),
            prices: None,
            tokenizer: None,
        }
    }

    /// The longest answer in tokens: what is asked for, what the model can, or a quarter of its context.
    #[must_use]
    pub fn answer_tokens(&self, options: &ModelOptions) -> u64 {
        options.max_output_tokens.or(self.max_output_tokens).unwrap_or(self.context_tokens / 4)
    }

    /// Tokens that a prompt may have: all that the answer does not need, and half of the context at least.
    #[must_use]
    pub fn prompt_tokens(&self, options: &ModelOptions) -> u64 {
        self.context_tokens.saturating_sub(self.answer_tokens(options).min(self.context_tokens / 2))
    }

    /// With a limit on the answer, in tokens.
    #[must_use]
    pub fn max_output_tokens(mut self, tokens: u64) -> Self {
        self.max_output_tokens = Some(tokens);
        self
    }

    /// With what it can do.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.capabilities = capabilities;
        self
    }

    /// With what it costs.
    #[must_use]
    pub fn prices(mut self, prices: Prices) -> Self {
        self.prices = Some(prices);
        self
    }

    /// With the name of its tokenizer.
    #[must_use]
    pub fn tokenizer(mut self, name: impl Into<String>) -> Self {
        self.tokenizer = Some(name.into());
        self
    }
}

/// What a model can do beyond reading and writing text. `false` also where nobody said: it is what a front end offers. Only what
/// is [attached](crate::attachment) is refused by it, before anything is stored.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct Capabilities {
    /// Reads images.
    pub images: bool,
    /// Reads files, PDF say.
    pub files: bool,
    /// Calls tools.
    pub tools: bool,
    /// Thinks before it answers, and can be told how hard.
    pub reasoning: bool,
    /// Answers in JSON of a given schema.
    pub structured_output: bool,
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_json_of_yesterday_is_read() {
        let old = r#"{"id": "m", "context_tokens": 9, "provider": "p"}"#;
        assert_eq!(serde_json::from_str::<ModelInfo>(old).ok(), Some(ModelInfo::new("m", "p", 9)));
        let some: Capabilities = serde_json::from_str(r#"{"tools": true}"#).unwrap();
        assert_eq!(some, Capabilities { tools: true, ..Capabilities::default() });
        assert!(serde_json::from_str::<Capabilities>(r#"{"tool": true}"#).is_err());
    }
}
