//! Going on with an answer: what it had said becomes the beginning of the new one.

use super::Chat;
use crate::conversation::{Message, MessageState, Part};
use crate::error::Error;
use crate::turn::FinishReason;
use crate::turn::event::RunEvent;

impl Chat {
    /// Refuses to go on with what is whole, or not at its end yet.
    pub(super) async fn expect_unfinished(&self, answer: &Message) -> Result<(), Error> {
        match (answer.state, answer.run) {
            (MessageState::Open, _) => Err(Error::Busy),
            (MessageState::Stopped | MessageState::Failed | MessageState::Interrupted, _) => Ok(()),
            (MessageState::Complete, Some(run))
                if self.store().run(run).await?.is_some_and(|run| run.finish == Some(FinishReason::Length)) =>
            {
                Ok(())
            }
            (MessageState::Complete, _) => Err(Error::invalid("message_id", "is an answer that is complete")),
        }
    }
}

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
