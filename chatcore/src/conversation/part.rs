//! What a message is made of: typed parts, because an answer is more than a string.

use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::id::AttachmentId;

/// One piece of a message.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "type", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Part {
    /// Text, Markdown as a rule.
    Text {
        /// The text.
        text: String,
    },
    /// What the model thought before it answered; shown folded, and sent back only to models that ask for it.
    Reasoning {
        /// The thought, or the summary that the provider gives.
        text: String,
        /// The provider's proof of it, to be sent back unchanged.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        signature: Option<String>,
    },
    /// A tool that the model wants to be run.
    ToolCall {
        /// The provider's id of the call; the result names it.
        id: String,
        /// Which tool.
        name: String,
        /// Its arguments, JSON as the model wrote it (models also write JSON that does not parse).
        arguments: String,
    },
    /// What a tool answered.
    ToolResult {
        /// The id of the call.
        call_id: String,
        /// The answer, text as a rule.
        content: String,
        /// Whether the tool failed.
        #[serde(default)]
        is_error: bool,
    },
    /// An image by reference.
    Image {
        /// Where it is: an attachment id or a `data:` URL.
        url: String,
        /// Its media type, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// A file by reference.
    File {
        /// Where it is: an attachment id or a `data:` URL.
        url: String,
        /// The name that the uploader gave it.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        name: Option<String>,
        /// Its media type, when known.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        media_type: Option<String>,
    },
    /// The model declined, in its own words.
    Refusal {
        /// The words.
        text: String,
    },
    /// Something that only one provider knows, kept so that it can be sent back.
    Provider {
        /// Whose it is, `anthropic` say.
        provider: String,
        /// The block as it came.
        raw: Value,
    },
}

impl Part {
    /// A text part.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text { text: text.into() }
    }

    /// The attachment that it names, if it is an image or a file by the id of one.
    #[must_use]
    pub fn attachment(&self) -> Option<AttachmentId> {
        match self {
            Self::Image { url, .. } | Self::File { url, .. } => url.parse().ok(),
            _ => None,
        }
    }

    /// Whether all of it is here: an image or a file is an attachment or its own bytes, and nothing that a model's provider
    /// would fetch from wherever somebody says.
    #[must_use]
    pub fn is_here(&self) -> bool {
        match self {
            Self::Image { url, .. } | Self::File { url, .. } => url.starts_with("data:") || self.attachment().is_some(),
            _ => true,
        }
    }

    /// A part that names an attachment; what that is will be said when it is stored.
    #[must_use]
    pub fn naming(attachment: AttachmentId) -> Self {
        Self::File { url: attachment.to_string(), name: None, media_type: None }
    }

    /// Bytes that this part takes, roughly: what limits are measured in.
    #[must_use]
    pub fn size(&self) -> usize {
        match self {
            Self::Text { text } | Self::Refusal { text } => text.len(),
            Self::Reasoning { text, signature } => text.len() + signature.as_ref().map_or(0, String::len),
            Self::ToolCall { id, name, arguments } => id.len() + name.len() + arguments.len(),
            Self::ToolResult { call_id, content, .. } => call_id.len() + content.len(),
            Self::Image { url, .. } | Self::File { url, .. } => url.len(),
            Self::Provider { provider, raw } => provider.len() + raw.to_string().len(),
        }
    }
}

/// What a reader sees: the text and refusal parts, joined by blank lines.
#[must_use]
pub fn text_of(parts: &[Part]) -> String {
    let mut texts = parts.iter().filter_map(|part| match part {
        Part::Text { text } | Part::Refusal { text } => Some(text.as_str()),
        _ => None,
    });
    let mut all = texts.next().unwrap_or_default().to_owned();
    for text in texts {
        all.push_str("\n\n");
        all.push_str(text);
    }
    all
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_text_of_a_message_leaves_thoughts_and_tools_out() {
        let parts = [
            Part::Reasoning { text: "hm".into(), signature: None },
            Part::text("one"),
            Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() },
            Part::text("two"),
        ];
        assert_eq!(text_of(&parts), "one\n\ntwo");
        assert_eq!(text_of(&[]), "");
    }

    #[test]
    fn the_json_form_is_tagged() {
        let json = serde_json::to_value(Part::text("hi")).unwrap();
        assert_eq!(json, serde_json::json!({"type": "text", "text": "hi"}));
        assert!(serde_json::from_value::<Part>(serde_json::json!({"type": "hologram"})).is_err());
    }
}
