//! What is always shown, made to fit.

use super::cut::cut;
use super::tokens::{part_size, size};
use super::{Decision, Entry, Reason, shown};
use crate::conversation::{Part, Role};
use crate::turn::model::TokenCounter;

/// Stands for a message of which nothing can be shown.
const NOTHING: &str = "[...]";

/// Cuts what is to be shown so far down to the budget. Texts shrink to one length, so that a short one beside a long one
/// stays whole.
pub(super) fn always(entries: &mut [Entry], budget: u64, counter: &dyn TokenCounter) {
    if shown(entries) <= budget {
        return;
    }
    let before: Vec<u64> = entries.iter().map(|entry| entry.tokens).collect();
    // a thought cannot be shown in part: its signature covers all of it
    retain(entries, counter, |part| !matches!(part, Part::Reasoning { .. }));
    if fixed(entries, counter) > budget {
        only_texts(entries, counter);
    }
    let left = budget.saturating_sub(fixed(entries, counter));
    let lengths = kept(entries).flat_map(|entry| &entry.parts).filter_map(text_of);
    let most = level(lengths.map(|text| counter.count(text)).collect(), left);
    for entry in entries.iter_mut().filter(|entry| entry.decision != Decision::Drop) {
        for part in &mut entry.parts {
            if let Some(text) = text_mut(part) {
                *text = cut(text, most, counter);
            }
        }
        entry.tokens = size(entry.role, &entry.parts, counter);
    }
    for (entry, before) in entries.iter_mut().zip(before) {
        if entry.decision == Decision::Keep && entry.tokens < before {
            entry.decision = Decision::Truncate;
        }
    }
}

fn kept(entries: &[Entry]) -> impl Iterator<Item = &Entry> {
    entries.iter().filter(|entry| entry.decision != Decision::Drop)
}

/// What no cutting of texts saves.
fn fixed(entries: &[Entry], counter: &dyn TokenCounter) -> u64 {
    let of = |entry: &Entry| {
        let texts = entry.parts.iter().filter(|part| text_of(part).is_some());
        let texts = texts.map(|part| part_size(part, counter)).fold(0, u64::saturating_add);
        size(entry.role, &entry.parts, counter).saturating_sub(texts)
    };
    kept(entries).map(of).fold(0, u64::saturating_add)
}

/// Not even the files and calls have room: then only what people and the model said is shown, and only of the messages
/// that nothing can do without.
fn only_texts(entries: &mut [Entry], counter: &dyn TokenCounter) {
    let user = entries.iter().rposition(|entry| entry.role == Role::User);
    let last = entries.len().saturating_sub(1);
    for (at, entry) in entries.iter_mut().enumerate() {
        let is_needed = entry.role == Role::System || Some(at) == user || at == last;
        if entry.decision != Decision::Drop && !is_needed {
            (entry.decision, entry.reason) = (Decision::Drop, Reason::NoRoom);
        }
    }
    let is_text = |part: &Part| matches!(part, Part::Text { .. } | Part::Refusal { .. });
    retain(entries, counter, is_text);
    for (at, entry) in entries.iter_mut().enumerate().filter(|(_, entry)| entry.decision != Decision::Drop) {
        // one text for all: each of many would take a little, too
        let texts: Vec<&str> = entry.parts.iter().filter_map(text_of).collect();
        let text = if texts.is_empty() { NOTHING.to_owned() } else { texts.join("\n") };
        if texts.is_empty() && Some(at) != user {
            (entry.decision, entry.reason) = (Decision::Drop, Reason::NoRoom);
        }
        entry.parts = vec![Part::text(text)];
        entry.tokens = size(entry.role, &entry.parts, counter);
    }
}

fn retain(entries: &mut [Entry], counter: &dyn TokenCounter, keep: impl Fn(&Part) -> bool) {
    for entry in entries.iter_mut().filter(|entry| entry.decision != Decision::Drop) {
        entry.parts.retain(&keep);
        entry.tokens = size(entry.role, &entry.parts, counter);
    }
}

/// A text that may be cut.
fn text_of(part: &Part) -> Option<&str> {
    match part {
        Part::Text { text } | Part::Refusal { text } | Part::ToolResult { content: text, .. } => Some(text),
        _ => None,
    }
}

fn text_mut(part: &mut Part) -> Option<&mut String> {
    match part {
        Part::Text { text } | Part::Refusal { text } | Part::ToolResult { content: text, .. } => Some(text),
        _ => None,
    }
}

/// The most that each may have so that all together have no more than `left`.
fn level(mut lengths: Vec<u64>, mut left: u64) -> u64 {
    lengths.sort_unstable();
    let mut count = u64::try_from(lengths.len()).unwrap_or(u64::MAX);
    for length in lengths {
        if length.saturating_mul(count) > left {
            return left / count;
        }
        left -= length;
        count -= 1;
    }
    u64::MAX
}

#[cfg(test)]
mod tests {
    use super::level;

    #[test]
    fn the_long_ones_pay() {
        assert_eq!(level(vec![10, 1000], 100), 90);
        assert_eq!(level(vec![1000, 500, 10], 100), 45);
        assert_eq!(level(vec![1, 2], 3), u64::MAX);
        assert_eq!(level(vec![5, 5], 0), 0);
    }
}
