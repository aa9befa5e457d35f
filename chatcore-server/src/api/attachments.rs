//! Files that are attached to messages.

use std::time::Duration;

use chatcore::attachment::{Attachment, Attachments, MediaKind};
use chatcore::{AttachmentId, Error};
use poem_openapi::param::{Header, Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiResponse, Enum, Object, OpenApi};

use super::Tag;
use super::content::Content;
use super::form::Form;
use super::support::{Answer, Auth, Done, PageOf, page_request, path_id};
use crate::http::Problem;

pub(crate) struct AttachmentApi;

/// The longest time that an upload may take.
const LONGEST: Duration = Duration::from_secs(600);

/// What can be done with a file.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "MediaKind", rename_all = "snake_case")]
enum KindDto {
    /// It can be shown: a PNG, JPEG, GIF or WebP.
    Image,
    /// A PDF.
    Document,
    /// Text in UTF-8, whatever it is written in.
    Text,
}

impl From<MediaKind> for KindDto {
    fn from(kind: MediaKind) -> Self {
        match kind {
            MediaKind::Image => Self::Image,
            MediaKind::Document => Self::Document,
            MediaKind::Text => Self::Text,
        }
    }
}

/// A file that is attached to messages, or is about to be.
#[derive(Debug, Object)]
#[oai(rename = "Attachment")]
struct AttachmentDto {
    /// Its id: what `attachments` of a message takes, and the `url` of the part that shows it.
    id: String,
    /// Its name, to be shown.
    name: String,
    /// What can be done with it.
    kind: KindDto,
    /// Its media type, by its bytes.
    media_type: String,
    /// Its length in bytes.
    size: u64,
    /// The SHA-256 of its bytes.
    sha256: String,
    /// How many messages name it. One that none names goes after a day.
    links: u64,
    /// When it came.
    created_at: String,
}

impl From<Attachment> for AttachmentDto {
    fn from(attachment: Attachment) -> Self {
        Self {
            id: attachment.id.to_string(),
            kind: attachment.kind().into(),
            name: attachment.name,
            media_type: attachment.media_type,
            size: attachment.size,
            sha256: attachment.hash.to_string(),
            links: attachment.links,
            created_at: attachment.created_at.to_string(),
        }
    }
}

/// A file came.
#[derive(ApiResponse)]
enum Uploaded {
    /// It can be attached now.
    #[oai(status = 201)]
    Created(Json<AttachmentDto>),
}

/// The service, if anything can be attached.
fn attachments(auth: &Auth) -> Answer<Attachments> {
    auth.app.chat.attachments().ok_or_else(|| Error::invalid("attachments", "are not kept here").into())
}

#[OpenApi(tag = "Tag::Messages")]
impl AttachmentApi {
    /// Upload a file to be attached to messages
    ///
    /// What it is, its bytes say: a PNG, JPEG, GIF, WebP or PDF, or text in UTF-8. Name its id in `attachments` of a message
    /// within a day, or it goes.
    #[oai(path = "/attachments", method = "post")]
    async fn upload(&self, auth: Auth, form: Form) -> Answer<Uploaded> {
        let service = attachments(&auth)?;
        let _turn = auth.app.uploads.try_acquire().map_err(|_| Problem::overloaded())?;
        let upload = async {
            let file = form.file().await?;
            service.upload(auth.caller(), &file.name, file.bytes).await
        };
        let uploaded = tokio::time::timeout(LONGEST, upload).await.map_err(|_| Problem::request_timeout())?;
        Ok(Uploaded::Created(Json(uploaded?.into())))
    }

    /// My attachments, newest first
    #[oai(path = "/attachments", method = "get")]
    async fn list(
        &self,
        auth: Auth,
        /// At most this many, up to 200.
        #[oai(validator(minimum(value = "1")))]
        limit: Query<Option<u32>>,
        /// Where an earlier page ended.
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<AttachmentDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = attachments(&auth)?.list(auth.caller(), &page).await?;
        Ok(Json(found.map(AttachmentDto::from).into()))
    }

    /// One attachment
    #[oai(path = "/attachments/:id", method = "get")]
    async fn get(&self, auth: Auth, id: Path<String>) -> Answer<Json<AttachmentDto>> {
        let id: AttachmentId = path_id(&id, "attachment")?;
        Ok(Json(attachments(&auth)?.get(auth.caller(), id).await?.into()))
    }

    /// The bytes of an attachment
    ///
    /// Images as what they are, everything else as a download.
    #[oai(path = "/attachments/:id/content", method = "get")]
    async fn content(
        &self,
        auth: Auth,
        id: Path<String>,
        /// The `ETag` that you have.
        #[oai(name = "If-None-Match")]
        if_none_match: Header<Option<String>>,
    ) -> Answer<Content> {
        let id: AttachmentId = path_id(&id, "attachment")?;
        let service = attachments(&auth)?;
        let found = service.get(auth.caller(), id).await?;
        if if_none_match.0.is_some_and(|known| known == Content::tag(&found)) {
            return Ok(Content::Known(found));
        }
        let (found, bytes) = service.open(auth.caller(), id).await?;
        Ok(Content::Bytes(found, bytes))
    }

    /// Delete an attachment
    ///
    /// Messages that name it show that it is gone.
    #[oai(path = "/attachments/:id", method = "delete")]
    async fn delete(&self, auth: Auth, id: Path<String>) -> Answer<Done> {
        let id: AttachmentId = path_id(&id, "attachment")?;
        attachments(&auth)?.remove(auth.caller(), id).await?;
        Ok(Done::Done)
    }
}
