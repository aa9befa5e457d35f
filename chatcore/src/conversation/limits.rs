//! How big things may be, and what they may not contain.

use super::message::Role;
use super::part::Part;
use crate::error::Error;

/// Bytes of all parts of a message.
pub const MAX_MESSAGE_BYTES: usize = 1024 * 1024;
/// Parts of a message.
pub const MAX_PARTS: usize = 64;
/// Characters of a title.
pub const MAX_TITLE_CHARS: usize = 200;
/// Bytes of a system prompt.
pub const MAX_SYSTEM_PROMPT_BYTES: usize = 64 * 1024;
/// Characters of a name that a client gives to something.
pub const MAX_NAME_CHARS: usize = 200;

/// Not every store can keep a zero character, so none takes one.
fn text(field: &'static str, text: &str) -> Result<(), Error> {
    if text.contains('\0') { Err(Error::invalid(field, "contains a NUL character")) } else { Ok(()) }
}

pub(super) fn title(title: Option<&str>) -> Result<(), Error> {
    let Some(title) = title else { return Ok(()) };
    if title.chars().count() > MAX_TITLE_CHARS {
        return Err(Error::invalid("title", format!("is longer than {MAX_TITLE_CHARS} characters")));
    }
    text("title", title)
}

pub(super) fn system_prompt(prompt: Option<&str>) -> Result<(), Error> {
    let Some(prompt) = prompt else { return Ok(()) };
    if prompt.len() > MAX_SYSTEM_PROMPT_BYTES {
        return Err(Error::invalid("system_prompt", format!("is longer than {MAX_SYSTEM_PROMPT_BYTES} bytes")));
    }
    text("system_prompt", prompt)
}

pub(crate) fn name(field: &'static str, name: Option<&str>) -> Result<(), Error> {
    let Some(name) = name else { return Ok(()) };
    if name.is_empty() || name.chars().count() > MAX_NAME_CHARS {
        return Err(Error::invalid(field, format!("must have 1 to {MAX_NAME_CHARS} characters")));
    }
    text(field, name)
}

/// What a conversation that comes from elsewhere says of itself.
pub(crate) fn check_import(title: Option<&str>, prompt: Option<&str>, model: Option<&str>) -> Result<(), Error> {
    self::title(title)?;
    system_prompt(prompt)?;
    name("model", model)
}

/// A message that comes from elsewhere: an answer that was cut short at its beginning says nothing, and one of many rounds
/// of tools is longer than what people may say.
pub(crate) fn check_imported(role: Role, said: &[Part], model: Option<&str>) -> Result<(), Error> {
    let is_blank = said.iter().all(|part| matches!(part, Part::Text { text } if text.trim().is_empty()));
    let times = if role == Role::Assistant { 16 } else { 1 };
    bounded(said, times * MAX_PARTS, times * MAX_MESSAGE_BYTES)?;
    if !is_blank {
        texts(said)?;
    }
    name("model", model)
}

/// A message says something, and not too much.
pub(crate) fn parts(parts: &[Part]) -> Result<(), Error> {
    bounded(parts, MAX_PARTS, MAX_MESSAGE_BYTES)?;
    let blank = |part: &Part| matches!(part, Part::Text { text } if text.trim().is_empty());
    if parts.is_empty() || parts.iter().all(blank) {
        return Err(Error::invalid("text", "is empty"));
    }
    texts(parts)
}

fn bounded(parts: &[Part], most: usize, most_bytes: usize) -> Result<(), Error> {
    if parts.len() > most {
        return Err(Error::invalid("parts", format!("has more than {most} parts")));
    }
    if parts.iter().map(Part::size).sum::<usize>() > most_bytes {
        return Err(Error::invalid("parts", format!("is longer than {most_bytes} bytes")));
    }
    Ok(())
}

/// What every store can keep.
fn texts(parts: &[Part]) -> Result<(), Error> {
    parts.iter().try_for_each(|part| match part {
        Part::Text { text: said } | Part::Refusal { text: said } | Part::Reasoning { text: said, .. } => {
            text("text", said)
        }
        Part::ToolCall { id, name, arguments } => {
            [id, name, arguments].into_iter().try_for_each(|said| text("parts", said))
        }
        Part::ToolResult { call_id, content, .. } => {
            [call_id, content].into_iter().try_for_each(|said| text("parts", said))
        }
        Part::Image { url, .. } | Part::File { url, .. } => text("parts", url),
        Part::Provider { provider, raw } => {
            text("parts", provider)?;
            if raw.to_string().contains("\\u0000") {
                return Err(Error::invalid("parts", "contains a NUL character"));
            }
            Ok(())
        }
    })
}
