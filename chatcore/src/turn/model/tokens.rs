//! The port to tokenizers.

/// Counts the tokens of a text as one model sees it.
///
/// Counting is pure and takes time in proportion to the text. What a provider adds around a message is not in it.
pub trait TokenCounter: Send + Sync {
    /// The name of the tokenizer, `o200k_base` say.
    fn name(&self) -> &str;

    /// How many tokens the text has.
    fn count(&self, text: &str) -> u64;
}
