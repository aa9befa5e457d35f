//! Texts that say who wrote them.

use rand::RngExt;
use rand::rngs::StdRng;

/// A short text of a few words, none like another.
pub(crate) fn some(name: &str, random: &mut StdRng) -> String {
    let count = random.random_range(2..14);
    (0..count).fold(name.to_owned(), |text, at| format!("{text} word{at}"))
}

/// A text of so many bytes, at least those of the name.
pub(crate) fn exactly(name: &str, bytes: usize) -> String {
    let mut text = name.to_owned();
    while text.len() < bytes {
        text.push(' ');
        text.push_str(name);
    }
    text.truncate(bytes.max(name.len()));
    text
}
