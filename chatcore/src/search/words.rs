//! The words of a text.

use std::collections::BTreeSet;
use std::ops::Range;

/// Characters of a word that count.
pub const MAX_WORD_CHARS: usize = 64;

/// Bytes of a text that count: what every index can take of one message.
pub const MAX_TEXT_BYTES: usize = 256 * 1024;

/// The words of a text, each once.
#[must_use]
pub fn words(text: &str) -> BTreeSet<String> {
    let text = &text[..text.floor_char_boundary(MAX_TEXT_BYTES)];
    places(text).map(|(_, word)| word).collect()
}

/// The words of a text with the bytes where they stand.
pub(super) fn places(text: &str) -> impl Iterator<Item = (Range<usize>, String)> {
    let mut rest = 0;
    std::iter::from_fn(move || {
        let start = rest + text[rest..].find(char::is_alphanumeric)?;
        let length = text[start..].find(|letter: char| !letter.is_alphanumeric());
        let end = length.map_or(text.len(), |length| start + length);
        rest = end;
        Some((start..end, folded(&text[start..end])))
    })
}

fn folded(word: &str) -> String {
    word.chars().flat_map(char::to_lowercase).take(MAX_WORD_CHARS).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn all(text: &str) -> Vec<String> {
        places(text).map(|(_, word)| word).collect()
    }

    #[test]
    fn words_are_runs_of_letters_and_digits() {
        assert_eq!(all("Don't stop: v1.5 of foo_bar!"), ["don", "t", "stop", "v1", "5", "of", "foo", "bar"]);
        assert_eq!(all("ÜBER Straße ДОМ 漢字。かな"), ["über", "straße", "дом", "漢字", "かな"]);
        assert!(all(" \n\u{0} -- 🦀").is_empty());
        let text = "a Bc";
        assert_eq!(places(text).map(|(place, _)| &text[place]).collect::<Vec<_>>(), ["a", "Bc"]);
    }

    #[test]
    fn what_is_too_long_is_cut() {
        assert_eq!(all(&"x".repeat(1000))[0].len(), MAX_WORD_CHARS);
        let text = format!("{}é end", " ".repeat(MAX_TEXT_BYTES - 1));
        assert!(words(&text).is_empty(), "a letter that is cut in two is left out");
        assert_eq!(words("b a b"), BTreeSet::from(["a".to_owned(), "b".to_owned()]));
    }
}
