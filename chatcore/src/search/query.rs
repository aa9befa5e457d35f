//! What is looked for.

use std::collections::BTreeSet;

use super::words::{places, words};
use crate::error::Error;

/// Characters of a query.
pub const MAX_QUERY_CHARS: usize = 200;

/// Words of a query.
pub const MAX_QUERY_WORDS: usize = 16;

/// Words that a message must have. They hold letters and digits alone, whatever somebody typed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Query {
    whole: BTreeSet<String>,
    beginning: String,
}

impl Query {
    /// The query that somebody typed: all words but the last are whole ones.
    ///
    /// # Errors
    /// [`Error::Invalid`] when it has no word, or too many.
    pub fn parse(text: &str) -> Result<Self, Error> {
        if text.chars().count() > MAX_QUERY_CHARS {
            return Err(Error::invalid("q", format!("is longer than {MAX_QUERY_CHARS} characters")));
        }
        let mut all: Vec<String> = places(text).map(|(_, word)| word).collect();
        if all.len() > MAX_QUERY_WORDS {
            return Err(Error::invalid("q", format!("has more than {MAX_QUERY_WORDS} words")));
        }
        let beginning = all.pop().ok_or(Error::invalid("q", "has no word to look for"))?;
        Ok(Self { whole: all.into_iter().collect(), beginning })
    }

    /// The words that a message must have.
    #[must_use]
    pub fn whole(&self) -> &BTreeSet<String> {
        &self.whole
    }

    /// What one of the message's words must begin with.
    #[must_use]
    pub fn beginning(&self) -> &str {
        &self.beginning
    }

    /// Whether a text has what is looked for: the rule itself, for stores without an index.
    #[must_use]
    pub fn finds(&self, text: &str) -> bool {
        let words = words(text);
        let mut behind = words.range(self.beginning.clone()..);
        behind.next().is_some_and(|word| word.starts_with(&self.beginning)) && self.whole.is_subset(&words)
    }

    /// Whether a word of a text is one that is looked for.
    pub(super) fn is_meant(&self, word: &str) -> bool {
        word.starts_with(&self.beginning) || self.whole.contains(word)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn all_words_count_and_the_last_may_be_a_beginning() {
        let finds = |query: &str, text: &str| Query::parse(query).unwrap().finds(text);
        assert!(finds("blue wha", "A WHALE is blue."));
        assert!(finds("blue whale", "blue whales"));
        assert!(!finds("whal blue", "a blue whale"), "only the last word may be a beginning");
        assert!(!finds("hale", "whale") && !finds("blue", "") && !finds("blue red", "blue"));
        assert!(finds("\"blue\" -- OR*", "blue oracle"), "signs mean nothing");
        assert!(finds("z", "a zebra") && !finds("zz", "a zebra"));
    }

    #[test]
    fn queries_without_a_word_and_endless_ones_are_refused() {
        for wrong in ["", " ", "*", "\"'", &"a ".repeat(17), &"x".repeat(201)] {
            assert!(Query::parse(wrong).is_err(), "{wrong}");
        }
    }
}
