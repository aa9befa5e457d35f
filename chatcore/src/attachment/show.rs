//! Attachments as parts of messages.

use super::link::named;
use super::record::{Attachment, AttachmentState};
use crate::conversation::Part;
use crate::error::Error;
use crate::id::AttachmentId;
use crate::store::{Domain, Store, StoreError};
use crate::subject::Subject;

/// An attachment of that owner that is there.
async fn ready(store: &dyn Store, owner: Subject, part: &Part) -> Result<Option<Attachment>, StoreError> {
    let Some(id) = part.attachment() else { return Ok(None) };
    let found = store.attachment(id).await?;
    Ok(found.filter(|found| found.owner == owner && found.state == AttachmentState::Ready))
}

/// Parts that name attachments say what these are, whatever the client said of them.
///
/// # Errors
/// [`Error::NotFound`] for one that is not there, or somebody else's; [`Error::Invalid`] when the store keeps none.
pub(crate) async fn completed(store: &dyn Store, owner: Subject, parts: &mut [Part]) -> Result<(), Error> {
    if named(parts).is_empty() {
        return Ok(());
    }
    if !store.supports(Domain::Attachments) {
        return Err(Error::invalid("attachments", "are not kept here"));
    }
    for part in parts.iter_mut().filter(|part| part.attachment().is_some()) {
        *part = ready(store, owner, part).await?.ok_or(Error::NotFound("attachment"))?.part();
    }
    Ok(())
}

/// What parts name and is there.
pub(crate) async fn attached(
    store: &dyn Store,
    owner: Subject,
    parts: &[Part],
) -> Result<Vec<AttachmentId>, StoreError> {
    let mut found = Vec::new();
    for part in parts {
        found.extend(ready(store, owner, part).await?.map(|one| one.id));
    }
    Ok(found)
}

/// Parts of which copies can be made for that owner: what they cannot have is replaced by a word about it.
pub(crate) async fn surviving(
    store: &dyn Store,
    owner: Subject,
    mut parts: Vec<Part>,
) -> Result<Vec<Part>, StoreError> {
    for part in parts.iter_mut().filter(|part| part.attachment().is_some()) {
        if ready(store, owner, part).await?.is_none() {
            *part = gone(part);
        }
    }
    Ok(parts)
}

/// What is said in place of an attachment that is gone.
fn gone(part: &Part) -> Part {
    absent(part, "is gone")
}

/// What is said in place of an attachment that is not shown.
pub(crate) fn absent(part: &Part, why: &str) -> Part {
    Part::text(match part {
        Part::File { name: Some(name), .. } => format!("[The file \"{name}\" {why}.]"),
        Part::File { .. } => format!("[A file {why}.]"),
        _ => format!("[An image {why}.]"),
    })
}
