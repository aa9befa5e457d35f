//! The tokenizers of OpenAI, whose vocabularies are part of the program.

use chatcore::turn::TokenCounter;
use tiktoken_rs::tokenizer::{Tokenizer, get_tokenizer};
use tiktoken_rs::{CoreBPE, cl100k_base_singleton, o200k_base_singleton, o200k_harmony_singleton};

/// One of OpenAI's tokenizers.
///
/// A vocabulary takes some tenths of a second to set up. That happens once in a program, at the first text that is
/// counted.
#[derive(Debug, Clone, Copy)]
pub struct Tiktoken {
    name: &'static str,
    vocabulary: fn() -> &'static CoreBPE,
}

/// Those that are of use today, by the names that OpenAI gave them.
const ALL: [Tiktoken; 3] = [
    Tiktoken { name: "o200k_harmony", vocabulary: o200k_harmony_singleton },
    Tiktoken { name: "o200k_base", vocabulary: o200k_base_singleton },
    Tiktoken { name: "cl100k_base", vocabulary: cl100k_base_singleton },
];

impl Tiktoken {
    /// The tokenizer of that name: `o200k_base`, `o200k_harmony` or `cl100k_base`.
    #[must_use]
    pub fn named(name: &str) -> Option<Self> {
        ALL.into_iter().find(|known| known.name == name)
    }

    /// The tokenizer of one of OpenAI's models, `gpt-5` say; `None` for a model of others, or one that is too new.
    #[must_use]
    pub fn of_model(model: &str) -> Option<Self> {
        Self::named(match get_tokenizer(model)? {
            Tokenizer::O200kHarmony => "o200k_harmony",
            Tokenizer::O200kBase => "o200k_base",
            Tokenizer::Cl100kBase => "cl100k_base",
            _ => return None,
        })
    }
}

impl TokenCounter for Tiktoken {
    fn name(&self) -> &str {
        self.name
    }

    fn count(&self, text: &str) -> u64 {
        // words that look like control tokens are text: this is what people wrote
        u64::try_from((self.vocabulary)().encode_ordinary(text).len()).unwrap_or(u64::MAX)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn models_have_their_tokenizers() {
        let name = |model: &str| Tiktoken::of_model(model).map(|known| known.name);
        assert_eq!(name("gpt-4o-mini"), Some("o200k_base"));
        assert_eq!(name("gpt-4"), Some("cl100k_base"));
        assert_eq!((name("claude-3"), name("")), (None, None));
        assert!(Tiktoken::named("cl100k_base").is_some() && Tiktoken::named("p0").is_none());
    }

    #[test]
    fn texts_are_counted_as_the_published_examples_say() {
        let counter = Tiktoken::named("cl100k_base").unwrap();
        assert_eq!(counter.count("tiktoken is great!"), 6);
        assert_eq!(counter.count("antidisestablishmentarianism"), 6);
        assert_eq!(counter.count(""), 0);
        let control = counter.count("<|endoftext|>");
        assert!(control > 1, "text is not a control token");
    }
}
