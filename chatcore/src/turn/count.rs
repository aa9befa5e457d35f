//! Tokens that no provider reported are counted.

use super::model::TokenCounter;
use super::plan::{Estimate, PER_MESSAGE, part_size};
use super::usage::{Usage, UsageSource};
use crate::conversation::Part;

/// What was used when the model does not say: for what it said behind what it repeats. What tools said is part of the next
/// prompt, not of an answer.
pub(crate) fn counted_usage(prompt: u64, said: &[Part], before: &[Part], counter: &dyn TokenCounter) -> Usage {
    let (repeated, (output, reasoning)) = (tokens(before, counter), tokens(said, counter));
    let (output, reasoning) = (output.saturating_sub(repeated.0), reasoning.saturating_sub(repeated.1));
    let estimated = counter.name() == Estimate.name();
    let source = if estimated { UsageSource::Estimated } else { UsageSource::Counted };
    Usage { input: prompt, output, reasoning, source, ..Usage::default() }
}

/// What a reader sees, and what was thought.
fn tokens(parts: &[Part], counter: &dyn TokenCounter) -> (u64, u64) {
    let own = parts.iter().filter(|part| !matches!(part, Part::ToolResult { .. }));
    let (thought, shown): (Vec<&Part>, Vec<&Part>) = own.partition(|part| matches!(part, Part::Reasoning { .. }));
    if thought.is_empty() && shown.is_empty() {
        return (0, 0);
    }
    let size = |parts: &[&Part]| parts.iter().map(|part| part_size(part, counter)).fold(0, u64::saturating_add);
    (size(&shown).saturating_add(PER_MESSAGE), size(&thought))
}
