//! Everything that somebody owns, as a file; and such a file taken in.

use std::io;
use std::time::Duration;

use bytes::Bytes;
use chatcore::Error;
use chatcore::export::{ExportError, Imported, Portable};
use futures::channel::mpsc;
use futures::future::ready;
use futures::{SinkExt, StreamExt, TryStreamExt};
use poem::Body;
use poem::http::StatusCode;
use poem_openapi::payload::{Binary, Json};
use poem_openapi::{ApiResponse, Object, OpenApi};

use super::Tag;
use super::once::Key;
use super::support::{Answer, Auth};
use crate::app::{Busy, Pass};
use crate::http::{FieldError, Problem};

pub(crate) struct PortableApi;

/// The longest time that an import may take: an account that is erased meanwhile is looked at once more after that
/// ([`chatcore::erasure::SETTLE`]).
const LONGEST: Duration = Duration::from_secs(600);

/// The longest time that an export may take: whoever takes it byte by byte keeps others from theirs.
const LONGEST_EXPORT: Duration = Duration::from_secs(3600);

/// The name that browsers give to the file.
const DISPOSITION: &str = "attachment; filename=\"chatcore-export.tar\"";

/// An export.
#[derive(ApiResponse)]
enum Exported {
    /// The archive. One that breaks off lacks its last entry, and no import takes it.
    #[oai(status = 200, content_type = "application/x-tar")]
    Archive(
        Binary<Body>,
        /// It is a download.
        #[oai(header = "Content-Disposition")]
        String,
        /// It is the owner's alone.
        #[oai(header = "Cache-Control")]
        String,
    ),
}

/// What an import did.
#[derive(Object)]
#[oai(rename = "Imported")]
struct ImportedDto {
    /// Conversations that were made.
    conversations: u64,
    /// Conversations that an earlier import under the same `Idempotency-Key` made.
    present: u64,
    /// Messages that were stored.
    messages: u64,
    /// Files that were stored.
    attachments: u64,
}

impl From<Imported> for ImportedDto {
    fn from(done: Imported) -> Self {
        let Imported { conversations, present, messages, attachments } = done;
        Self { conversations, present, messages, attachments }
    }
}

fn refused(error: ExportError) -> Problem {
    match error {
        ExportError::Service(error) => error.into(),
        damaged @ ExportError::Archive { .. } => {
            Problem::unprocessable([FieldError::new("archive", damaged.to_string())])
        }
        _ => Problem::internal(),
    }
}

/// Lets somebody export, if they do not already and there are not too many.
fn admitted(auth: &Auth) -> Answer<Pass> {
    auth.app.exports.enter(auth.caller().subject()).map_err(|busy| match busy {
        Busy::Inside => {
            let detail = "An export of yours is under way. Wait for its end.";
            Problem::new(StatusCode::TOO_MANY_REQUESTS, "export-under-way", "One export at a time", detail)
                .retry_after(2)
        }
        Busy::Full => Problem::overloaded(),
    })
}

/// Writes an export as fast as it is read. The answer breaks off where it cannot go on.
fn streamed(auth: &Auth, pass: Pass) -> Body {
    let (portable, caller) = (Portable::new(&auth.app.chat), auth.caller().clone());
    let (to, from) = mpsc::channel::<Result<Bytes, io::Error>>(2);
    let mut broken = to.clone();
    tokio::spawn(async move {
        let _pass = pass;
        let to = to.with(|bytes| ready(Ok::<_, mpsc::SendError>(Ok(bytes))));
        let done = tokio::time::timeout(LONGEST_EXPORT, portable.export(&caller, to)).await;
        let error = match done {
            Ok(Ok(()) | Err(ExportError::Closed)) => return,
            Ok(Err(error)) => io::Error::other(error),
            Err(late) => io::Error::other(late),
        };
        tracing::warn!(%error, "an export broke off");
        let _ = broken.send(Err(error)).await;
    });
    Body::from_bytes_stream(from)
}

#[OpenApi(tag = "Tag::Accounts")]
impl PortableApi {
    /// Everything that I own, as a file
    ///
    /// A tar archive of JSON lines and the bytes of attachments: my profile, all conversations with all versions of their messages,
    /// what I think of answers, and files. `POST /me/import` takes it in again. One at a time (429), and it may take an hour.
    #[oai(path = "/me/export", method = "get")]
    async fn export(&self, auth: Auth) -> Answer<Exported> {
        auth.caller().require(chatcore::account::Scope::Read)?;
        let pass = admitted(&auth)?;
        Ok(Exported::Archive(Binary(streamed(&auth, pass)), DISPOSITION.into(), "private, no-store".into()))
    }

    /// Take in what was exported
    ///
    /// From this account or another one, of this server or another one. Conversations, messages and files get new ids. Each
    /// conversation is there as a whole or not at all; where the archive is damaged, those before the damage are there. The same
    /// request under the same `Idempotency-Key` goes on where it broke off, within a day.
    #[oai(path = "/me/import", method = "post")]
    async fn import(
        &self,
        auth: Auth,
        /// The name of this request.
        #[oai(name = "Idempotency-Key")]
        key: Key,
        archive: Binary<Body>,
    ) -> Answer<Json<ImportedDto>> {
        let once = key.once()?.ok_or_else(|| Error::invalid("Idempotency-Key", "is required"))?;
        let _turn = auth.app.uploads.try_acquire().map_err(|_| Problem::overloaded())?;
        let broken = |_: io::Error| Error::invalid("archive", "did not arrive");
        let pieces = archive.0.into_bytes_stream().map_err(broken).boxed();
        let portable = Portable::new(&auth.app.chat);
        let import = portable.import(auth.caller(), &once, pieces);
        let done = tokio::time::timeout(LONGEST, import).await.map_err(|_| Problem::request_timeout())?;
        Ok(Json(done.map_err(refused)?.into()))
    }
}
