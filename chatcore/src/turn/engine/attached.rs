//! What is attached to messages, as models get it: text as text, before the prompt is planned, so that it is counted and cut
//! like what is said; images and documents as `data:` URLs, just before the model is asked.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

use super::Chat;
use super::driver::{End, Work};
use crate::attachment::{Attachment, Attachments, MediaKind, absent};
use crate::conversation::{Message, Part};
use crate::error::Error;
use crate::subject::Subject;
use crate::turn::model::{Capabilities, ModelError, ModelErrorKind, ModelInfo, ModelRequest};

/// Bytes of text that a token has at most, more or less. More is not read of files than may be shown.
const BYTES_A_TOKEN: u64 = 4;

/// Whether a model reads what this part names.
fn reads(capabilities: Capabilities, kind: MediaKind) -> bool {
    match kind {
        MediaKind::Image => capabilities.images,
        MediaKind::Document => capabilities.files,
        MediaKind::Text => true,
    }
}

/// What the attachment that a part names is, as the part says.
fn kind(part: &Part) -> Option<MediaKind> {
    part.attachment()?;
    match part {
        Part::Image { .. } => Some(MediaKind::Image),
        Part::File { media_type: Some(media_type), .. } => MediaKind::of(media_type).or(Some(MediaKind::Document)),
        _ => Some(MediaKind::Document),
    }
}

/// Refuses what is attached to a new message if the model cannot read it.
pub(super) fn expect_readable(info: &ModelInfo, parts: &[Part]) -> Result<(), Error> {
    let unread = parts.iter().filter_map(kind).find(|kind| !reads(info.capabilities, *kind));
    let what = match unread {
        None => return Ok(()),
        Some(MediaKind::Image) => "images",
        Some(_) => "files",
    };
    Err(Error::invalid("attachments", format!("are {what}, and the model `{}` reads none", info.id)))
}

impl Chat {
    /// Text files of a path become text, the newest first, as far as the prompt may have so many tokens.
    pub(super) async fn read_files(&self, path: &mut [Message], budget: u64) -> Result<(), Error> {
        let Some(attachments) = &self.attachments else { return Ok(()) };
        let mut left = budget.saturating_mul(BYTES_A_TOKEN);
        for message in path.iter_mut().rev() {
            for part in message.parts.iter_mut().filter(|part| kind(part) == Some(MediaKind::Text)) {
                *part = read_file(attachments, message.owner, part, &mut left).await?;
            }
        }
        Ok(())
    }
}

async fn read_file(from: &Attachments, owner: Subject, part: &Part, left: &mut u64) -> Result<Part, Error> {
    let Some((found, bytes)) = fetch(from, owner, part, left).await? else {
        return Ok(absent(part, "is not there, or too large to be shown"));
    };
    let (name, text) = (found.name, String::from_utf8_lossy(&bytes));
    Ok(Part::text(format!("[File \"{name}\"]\n{text}\n[End of file \"{name}\"]")))
}

/// What a part names, with its bytes, if it is there and fits what is left.
async fn fetch(
    from: &Attachments,
    owner: Subject,
    part: &Part,
    left: &mut u64,
) -> Result<Option<(Attachment, Vec<u8>)>, Error> {
    let Some(id) = part.attachment() else { return Ok(None) };
    let found = from.of(owner, id).await?.filter(|found| found.size <= *left);
    let Some(found) = found else { return Ok(None) };
    *left -= found.size;
    Ok(from.whole(&found).await?.map(|bytes| (found, bytes)))
}

impl Work {
    /// The request with the bytes of what is attached, the newest first.
    pub(super) async fn load(&mut self, mut request: ModelRequest) -> Result<ModelRequest, End> {
        let named = |part: &Part| part.attachment().is_some();
        if !request.messages.iter().flat_map(|message| &message.parts).any(named) {
            return Ok(request);
        }
        let (attachments, owner) = (self.chat.attachments.clone(), self.record.owner);
        // a model that is not in the list any more is asked as one that reads everything
        let known = self.chat.models.find(Some(&request.model)).map(|(info, _)| info.capabilities);
        let can = known.unwrap_or(Capabilities { images: true, files: true, ..Capabilities::default() });
        let loading = async move {
            let mut left = attachments.as_ref().map_or(0, |it| it.rules().max_prompt_bytes);
            for part in request.messages.iter_mut().rev().flat_map(|message| &mut message.parts) {
                let Some(kind) = kind(part) else { continue };
                *part = match &attachments {
                    Some(from) if reads(can, kind) => loaded(from, owner, part, &mut left).await?,
                    _ => absent(part, "cannot be read by this model"),
                };
            }
            Ok(request)
        };
        let loaded: Result<ModelRequest, Error> = self.wait(loading).await?;
        loaded.map_err(|error| {
            tracing::warn!(run = %self.run, %error, "failed to read what is attached");
            End::Failed(ModelError::new(ModelErrorKind::Unavailable, "what is attached cannot be read now"))
        })
    }
}

async fn loaded(from: &Attachments, owner: Subject, part: &Part, left: &mut u64) -> Result<Part, Error> {
    let Some((found, bytes)) = fetch(from, owner, part, left).await? else {
        return Ok(absent(part, "is not there any more, or too large to be shown"));
    };
    let url = format!("data:{};base64,{}", found.media_type, STANDARD.encode(bytes));
    let media_type = Some(found.media_type);
    Ok(match part {
        Part::Image { .. } => Part::Image { url, media_type },
        _ => Part::File { url, name: Some(found.name), media_type },
    })
}
