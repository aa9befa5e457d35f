//! What is shown of a message that was found.

use super::query::Query;
use super::words::places;

/// Characters before the first word that was looked for, and of the whole.
const BEFORE: usize = 60;
const WHOLE: usize = 200;

/// A piece of a text, with what was looked for marked by place: it is text, and never HTML.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Snippet {
    /// The piece, on one line; `…` stands where it was cut.
    pub text: String,
    /// The words that were looked for, in order.
    pub highlights: Vec<Highlight>,
}

/// A place in a snippet, counted in Unicode characters.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Highlight {
    /// Where it starts, from 0.
    pub start: usize,
    /// How long it is.
    pub length: usize,
}

impl Snippet {
    /// The piece of a text around the first word that was looked for.
    #[must_use]
    pub fn of(text: &str, query: &Query) -> Self {
        let meant: Vec<_> = places(text).filter(|(_, word)| query.is_meant(word)).map(|(place, _)| place).collect();
        let first = meant.first().map_or(0, |place| place.start);
        let start = text[..first].char_indices().rev().take(BEFORE).last().map_or(first, |(at, _)| at);
        let end = text[start..].char_indices().nth(WHOLE).map_or(text.len(), |(at, _)| start + at);
        let (ahead, behind) = (if start > 0 { "…" } else { "" }, if end < text.len() { "…" } else { "" });
        let piece: String = text[start..end].chars().map(|it| if it.is_whitespace() { ' ' } else { it }).collect();
        let count = |text: &str| text.chars().count();
        let inside = meant.into_iter().filter(|place| place.start >= start && place.end <= end);
        let highlights = inside.map(|place| Highlight {
            start: count(ahead) + count(&text[start..place.start]),
            length: count(&text[place]),
        });
        Self { highlights: highlights.collect(), text: format!("{ahead}{piece}{behind}") }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn marked(text: &str, query: &str) -> (String, Vec<String>) {
        let Snippet { text, highlights } = Snippet::of(text, &Query::parse(query).unwrap());
        let letters: Vec<char> = text.chars().collect();
        let marked = highlights.iter().map(|it| letters[it.start..it.start + it.length].iter().collect());
        (text, marked.collect())
    }

    #[test]
    fn the_words_that_were_looked_for_are_marked() {
        let (text, marks) = marked("Ä blue\nWhale, and <b>blue</b> whales", "blue wha");
        assert_eq!(text, "Ä blue Whale, and <b>blue</b> whales");
        assert_eq!(marks, ["blue", "Whale", "blue", "whales"]);
    }

    #[test]
    fn a_long_text_is_cut_around_the_first_of_them() {
        let (text, marks) = marked(&format!("{}Whale {}", "ß ".repeat(500), "é ".repeat(500)), "whale");
        assert_eq!((text.chars().count(), marks), (202, vec!["Whale".to_owned()]));
        assert!(text.starts_with('…') && text.ends_with('…'));
        // what was found lies behind what counts of the text, or in no word of it
        assert_eq!(marked("nothing here", "whale"), ("nothing here".to_owned(), Vec::new()));
    }
}
