//! What the indexes of words hold: the words of a message as the core makes them, and whose they are.

use chatcore::Subject;
use chatcore::conversation::{Part, text_of};
use chatcore::search::words;
use chatcore::store::OrderedKey;

/// What stands in the index for an owner. Words hold letters and digits alone, so none begins like that.
pub(crate) fn mark(owner: Subject) -> String {
    let hex: String = owner.to_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    format!("@{hex}")
}

/// The words of a message with spaces between them, its owner first; nothing for a message without words.
pub(crate) fn of(owner: Subject, parts: &[Part]) -> String {
    let words = words(&text_of(parts));
    if words.is_empty() {
        return String::new();
    }
    let mut all = mark(owner);
    for word in words {
        all.push(' ');
        all.push_str(&word);
    }
    all
}
