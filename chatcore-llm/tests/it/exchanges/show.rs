//! An answer as lines of text, to be compared and read. Pieces of one kind that follow each other are one.

use chatcore::turn::{FinishReason, ModelEvent};

use crate::support::Heard;

pub(super) fn show(heard: &Heard) -> String {
    let mut lines: Vec<String> = Vec::new();
    let mut open: Option<(&str, String)> = None;
    for event in &heard.events {
        let piece = match event {
            ModelEvent::Text(text) => Some(("text", text)),
            ModelEvent::Reasoning { text, signature: None } => Some(("thought", text)),
            ModelEvent::Refusal(text) => Some(("refusal", text)),
            _ => None,
        };
        if let (Some((kind, text)), Some((open, said))) = (piece, &mut open)
            && *open == kind
        {
            said.push_str(text);
            continue;
        }
        lines.extend(open.take().map(|(kind, text)| format!("{kind} {text:?}")));
        match piece {
            Some((kind, text)) => open = Some((kind, text.clone())),
            None => lines.push(line(event)),
        }
    }
    lines.extend(open.map(|(kind, text)| format!("{kind} {text:?}")));
    if let Some(error) = &heard.error {
        assert!(!format!("{error:?}").contains(super::KEY), "an error tells the key");
        let wish = error.retry_after.map(|wish| format!(", again in {} s", wish.as_secs())).unwrap_or_default();
        lines.push(format!("error {}{wish}", error.kind));
    }
    lines.join("\n")
}

fn line(event: &ModelEvent) -> String {
    match event {
        ModelEvent::Reasoning { text, signature } => format!("proof {text:?} {signature:?}"),
        ModelEvent::ToolCall { id, name, arguments } => format!("call {id} {name} {arguments}"),
        ModelEvent::Usage(usage) => format!(
            "usage input {} output {} cache_read {} cache_write {} reasoning {}",
            usage.input, usage.output, usage.cache_read, usage.cache_write, usage.reasoning
        ),
        ModelEvent::Provider { provider, raw } => format!("keep {provider} {raw}"),
        ModelEvent::Finish(FinishReason::Other(word)) => format!("finish other {word}"),
        ModelEvent::Finish(reason) => format!("finish {reason:?}"),
        other => format!("{other:?}"),
    }
}
