//! How large a prompt is.

use crate::conversation::{Part, Role};
use crate::turn::model::TokenCounter;

/// What a message costs beside what it says.
pub(in crate::turn) const PER_MESSAGE: u64 = 4;

/// What an image or a file costs, whatever its size.
const PER_FILE: u64 = 1_000;

/// A rule of thumb for models whose tokenizer is not known: four ASCII characters a token, one of any other script. It is
/// rather too high than too low.
#[derive(Debug, Clone, Copy, Default)]
pub struct Estimate;

impl TokenCounter for Estimate {
    fn name(&self) -> &str {
        "estimate"
    }

    fn count(&self, text: &str) -> u64 {
        estimate_text(text)
    }
}

/// The rule of [`Estimate`] for the parts of a message.
#[must_use]
pub fn estimate(parts: &[Part]) -> u64 {
    parts.iter().map(|part| part_size(part, &Estimate)).fold(PER_MESSAGE, u64::saturating_add)
}

/// The rule of [`Estimate`] for a text.
#[must_use]
pub fn estimate_text(text: &str) -> u64 {
    let (mut ascii, mut other) = (0_u64, 0_u64);
    for letter in text.chars() {
        *(if letter.is_ascii() { &mut ascii } else { &mut other }) += 1;
    }
    ascii.div_ceil(4) + other
}

/// A message, with what lies around each of the turns that it makes.
pub(super) fn size(role: Role, parts: &[Part], counter: &dyn TokenCounter) -> u64 {
    let turns = super::speeches(role, parts).len().max(1);
    let around = PER_MESSAGE.saturating_mul(u64::try_from(turns).unwrap_or(u64::MAX));
    parts.iter().map(|part| part_size(part, counter)).fold(around, u64::saturating_add)
}

pub(in crate::turn) fn part_size(part: &Part, counter: &dyn TokenCounter) -> u64 {
    match part {
        Part::Text { text } | Part::Refusal { text } | Part::Reasoning { text, .. } => counter.count(text),
        Part::ToolCall { name, arguments, .. } => counter.count(name).saturating_add(counter.count(arguments)),
        Part::ToolResult { content, .. } => counter.count(content),
        Part::Image { .. } | Part::File { .. } => PER_FILE,
        Part::Provider { raw, .. } => counter.count(&raw.to_string()),
    }
}
