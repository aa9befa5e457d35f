//! Going on with an answer: what it had said becomes the beginning of the new one.

use crate::conversation::{Message, Part};
use crate::turn::event::RunEvent;

/// The event that says a part; `None` for what a run does not say, and for a tool call: the model would make it again.
fn event_of(part: &Part) -> Option<RunEvent> {
    Some(match part.clone() {
        Part::Text { text } => RunEvent::Delta { text },
        Part::Reasoning { text, signature } => RunEvent::Reasoning { text, signature },
        Part::Refusal { text } => RunEvent::Refusal { text },
        Part::Provider { provider, raw } => RunEvent::Provider { provider, raw },
        Part::ToolCall { .. } | Part::ToolResult { .. } | Part::Image { .. } | Part::File { .. } => return None,
    })
}

/// The events that a run begins with that goes on with an answer.
pub(super) fn seed_of(answer: &Message) -> Vec<RunEvent> {
    std::iter::once(RunEvent::Started).chain(answer.parts.iter().map_while(event_of)).collect()
}

/// What the model is shown of an answer that it is to go on with; nothing when it has not said a word.
pub(super) fn said_by(answer: &Message) -> Vec<Part> {
    let said: Vec<Part> = answer.parts.iter().take_while(|part| event_of(part).is_some()).cloned().collect();
    let is_word = |part: &Part| matches!(part, Part::Text { text } | Part::Refusal { text } if !text.is_empty());
    if said.iter().any(is_word) { said } else { Vec::new() }
}
