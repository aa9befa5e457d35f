//! OpenAI's two wires, each of which others speak too.

mod chat;
mod responses;

use chatcore::turn::ReasoningEffort;

pub(crate) use chat::{Chat, ChatReader};
pub(crate) use responses::Responses;

/// How both wires call it.
fn effort(effort: ReasoningEffort) -> &'static str {
    match effort {
        ReasoningEffort::None => "none",
        ReasoningEffort::Minimal => "minimal",
        ReasoningEffort::Low => "low",
        ReasoningEffort::High => "high",
        _ => "medium",
    }
}
