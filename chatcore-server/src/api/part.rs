//! The parts of a message as JSON.

use chatcore::AttachmentId;
use chatcore::conversation::Part;
use poem_openapi::{Object, Union};
use serde_json::Value;

use super::support::path_id;
use super::text::Text;
use crate::http::Problem;

macro_rules! part_objects {
    ($($(#[$doc:meta])* $name:ident { $($(#[$field_doc:meta])* $field:ident: $type:ty,)* })*) => {$(
        $(#[$doc])*
        #[derive(Debug, Clone, Object)]
        pub(super) struct $name {
            $($(#[$field_doc])* $field: $type,)*
        }
    )*};
}

part_objects! {
    /// Text, Markdown as a rule.
    TextPart {
        /// The text.
        text: Text,
    }
    /// What the model thought before it answered.
    ReasoningPart {
        /// The thought.
        text: Text,
        /// The provider's proof of it.
        #[oai(skip_serializing_if_is_none)]
        signature: Option<Text>,
    }
    /// A tool that the model wants to be run.
    ToolCallPart {
        /// The id of the call.
        id: Text,
        /// Which tool.
        name: Text,
        /// Its arguments, JSON as the model wrote it.
        arguments: Text,
    }
    /// What a tool answered.
    ToolResultPart {
        /// The id of the call.
        call_id: Text,
        /// The answer.
        content: Text,
        /// Whether the tool failed.
        #[oai(default)]
        is_error: bool,
    }
    /// An image by reference.
    ImagePart {
        /// The id of an attachment, or a `data:` URL.
        url: Text,
        /// Its media type.
        #[oai(skip_serializing_if_is_none)]
        media_type: Option<Text>,
    }
    /// A file by reference.
    FilePart {
        /// The id of an attachment, or a `data:` URL.
        url: Text,
        /// Its name.
        #[oai(skip_serializing_if_is_none)]
        name: Option<Text>,
        /// Its media type.
        #[oai(skip_serializing_if_is_none)]
        media_type: Option<Text>,
    }
    /// The model declined.
    RefusalPart {
        /// Its words.
        text: Text,
    }
    /// Something that only one provider knows.
    ProviderPart {
        /// Whose it is.
        provider: Text,
        /// The block as it came.
        raw: Value,
    }
}

/// One piece of a message.
#[derive(Debug, Clone, Union)]
#[oai(one_of = true, discriminator_name = "type", rename = "Part")]
pub(super) enum PartDto {
    /// Text.
    #[oai(mapping = "text")]
    Text(TextPart),
    /// A thought.
    #[oai(mapping = "reasoning")]
    Reasoning(ReasoningPart),
    /// A tool call.
    #[oai(mapping = "tool_call")]
    ToolCall(ToolCallPart),
    /// A tool's answer.
    #[oai(mapping = "tool_result")]
    ToolResult(ToolResultPart),
    /// An image.
    #[oai(mapping = "image")]
    Image(ImagePart),
    /// A file.
    #[oai(mapping = "file")]
    File(FilePart),
    /// A refusal.
    #[oai(mapping = "refusal")]
    Refusal(RefusalPart),
    /// A provider's own block.
    #[oai(mapping = "provider")]
    Provider(ProviderPart),
}

impl PartDto {
    /// The JSON of a part; `None` for one that this version of the API does not know.
    pub(super) fn of(part: Part) -> Option<Self> {
        Some(match part {
            Part::Text { text } => Self::Text(TextPart { text: text.into() }),
            Part::Reasoning { text, signature } => {
                Self::Reasoning(ReasoningPart { text: text.into(), signature: signature.map(Text) })
            }
            Part::ToolCall { id, name, arguments } => {
                Self::ToolCall(ToolCallPart { id: id.into(), name: name.into(), arguments: arguments.into() })
            }
            Part::ToolResult { call_id, content, is_error } => {
                Self::ToolResult(ToolResultPart { call_id: call_id.into(), content: content.into(), is_error })
            }
            Part::Image { url, media_type } => {
                Self::Image(ImagePart { url: url.into(), media_type: media_type.map(Text) })
            }
            Part::File { url, name, media_type } => {
                Self::File(FilePart { url: url.into(), name: name.map(Text), media_type: media_type.map(Text) })
            }
            Part::Refusal { text } => Self::Refusal(RefusalPart { text: text.into() }),
            Part::Provider { provider, raw } => Self::Provider(ProviderPart { provider: provider.into(), raw }),
            _ => return None,
        })
    }

    /// The part that a client may send: text, images and files. The server fetches nothing that a client names.
    fn said(self) -> Result<Part, Problem> {
        let part = match self {
            Self::Text(part) => Part::text(part.text),
            Self::Image(part) => Part::Image { url: part.url.into(), media_type: part.media_type.map(String::from) },
            Self::File(part) => Part::File {
                url: part.url.into(),
                name: part.name.map(String::from),
                media_type: part.media_type.map(String::from),
            },
            _ => return Err(chatcore::Error::invalid("parts", "only text, image and file parts can be sent").into()),
        };
        match part.is_here() {
            true => Ok(part),
            false => {
                Err(chatcore::Error::invalid("parts", "images and files must be attachments or `data:` URLs").into())
            }
        }
    }
}

/// What a client says: a text, or parts, and not both, and what is attached.
pub(super) fn said(
    text: Option<Text>,
    parts: Option<Vec<PartDto>>,
    attachments: Vec<AttachmentId>,
) -> Result<Vec<Part>, Problem> {
    let mut said = match (text, parts) {
        (Some(text), None) => vec![Part::text(text)],
        (None, Some(parts)) => parts.into_iter().map(PartDto::said).collect::<Result<_, _>>()?,
        (None, None) if !attachments.is_empty() => Vec::new(),
        (None, None) => return Err(chatcore::Error::invalid("text", "is missing").into()),
        (Some(_), Some(_)) => return Err(chatcore::Error::invalid("text", "and `parts` exclude each other").into()),
    };
    said.extend(attachments.into_iter().map(Part::naming));
    Ok(said)
}

/// Ids of attachments. One that cannot be an id is the id of nothing.
pub(super) fn attached(ids: Option<Vec<Text>>) -> Result<Vec<AttachmentId>, Problem> {
    ids.into_iter().flatten().map(|id| path_id(&id, "attachment")).collect()
}
