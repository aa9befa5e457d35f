//! Counting tokens as OpenAI's models see them, with the feature `tokenizer`.

use std::sync::Arc;

use chatcore::turn::{ModelInfo, TokenCounter};

#[cfg(feature = "tokenizer")]
mod tiktoken;
#[cfg(feature = "tokenizer")]
pub use tiktoken::Tiktoken;

/// What counts for a model: the tokenizer that its description names, or the one that its name tells.
#[cfg(feature = "tokenizer")]
pub(crate) fn counter(by_name: bool, name: &str, info: Option<&ModelInfo>) -> Option<Arc<dyn TokenCounter>> {
    let named = info.and_then(|info| info.tokenizer.as_deref()).and_then(Tiktoken::named);
    let known = named.or_else(|| if by_name { Tiktoken::of_model(name) } else { None })?;
    Some(Arc::new(known))
}

#[cfg(not(feature = "tokenizer"))]
pub(crate) fn counter(_by_name: bool, _name: &str, _info: Option<&ModelInfo>) -> Option<Arc<dyn TokenCounter>> {
    None
}
