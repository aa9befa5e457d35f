//! Messages by themselves: lists of them, files that are attached, what people think of answers.

use std::time::Duration;

use chatcore::account::Caller;
use chatcore::attachment::Attachment;
use chatcore::conversation::{MessageView, Role};
use chatcore::feedback::{Opinion, Rating};
use chatcore::{AttachmentId, Error};
use poem::http::StatusCode;
use poem::{Body, IntoResponse};
use serde_json::{Value, json};

use super::branches::{role, shown as branch};
use super::messages::{place, uid};
use super::who::{caller, chat, error, guest, message_id, named};
use crate::api::{Content, Form};
use crate::compat::drf::{data, detail};
use crate::compat::reply::{created, ok};
use crate::compat::talk::conversations;
use crate::compat::time::utc;
use crate::compat::{Call, Outcome, Refusal};
use crate::http::Problem;

/// Chats whose messages are listed together.
const CHATS: usize = 20;
/// The longest time that an upload may take.
const LONGEST: Duration = Duration::from_secs(600);

/// A message as an object of its own.
pub(super) fn object(view: &MessageView) -> Value {
    let mut body = place(view);
    body["id"] = uid(view.message.id).into();
    body["uid"] = uid(view.message.id).into();
    body["role"] = role(view).into();
    body["content"] = view.message.text().into();
    body["version"] = 1.into();
    body["created_at"] = utc(view.message.created_at).into();
    body
}

/// The active branches of the chats that were written to last.
pub(super) async fn list(call: Call) -> Outcome {
    let Some(caller) = guest(&call).await? else { return ok(&Vec::<Value>::new()) };
    let mut all = Vec::new();
    for of in conversations(&call.app, &caller).await?.iter().take(CHATS) {
        all.extend(branch(&call, &caller, of).await?.iter().map(object));
    }
    ok(&all)
}

pub(super) async fn of_chat(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let asked = call.parameter("chat_session_id");
    let id = named(asked.as_deref()).ok_or_else(|| error(StatusCode::BAD_REQUEST, "chat_session_id is required"))?;
    let of = chat(&call, &caller, id).await?;
    ok(&branch(&call, &caller, &of).await?.iter().map(object).collect::<Vec<_>>())
}

fn none() -> Refusal {
    detail(StatusCode::NOT_FOUND, "No Message matches the given query.").into()
}

/// The message of a path.
async fn of_path(call: &Call, caller: &Caller) -> Result<MessageView, Refusal> {
    match call.app.chat.conversations().message(caller, message_id(call.segment("uid"))).await {
        Err(Error::NotFound(_)) => Err(none()),
        found => Ok(found?),
    }
}

pub(super) async fn one(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    ok(&object(&of_path(&call, &caller).await?))
}

/// A file for a message that was said; read as it arrives.
pub(super) async fn attach(call: Call, body: Body) -> Outcome {
    let caller = caller(&call).await?;
    let message = of_path(&call, &caller).await?.message.id;
    let service = call.app.chat.attachments();
    let service = service.ok_or_else(|| error(StatusCode::BAD_REQUEST, "Files are not kept here"))?;
    let no_file = || error(StatusCode::BAD_REQUEST, "No file provided");
    let form = Form::read(&call.request, body).map_err(|_| no_file())?;
    let _turn = call.app.uploads.try_acquire().map_err(|_| Problem::overloaded())?;
    let upload = async {
        let file = form.beside(&["filename"]).file().await?;
        let name = file.beside.first().unwrap_or(&file.name);
        let uploaded = service.upload(&caller, name, file.bytes).await?;
        call.app.chat.conversations().attach(&caller, message, uploaded.id).await?;
        Ok::<_, Error>(uploaded)
    };
    match tokio::time::timeout(LONGEST, upload).await.map_err(|_| Problem::request_timeout())? {
        Ok(attachment) => created(&file(&attachment)),
        Err(Error::Invalid { field: "file", reason }) if reason == "is missing" => Err(no_file()),
        Err(Error::Invalid { field, reason }) => Err(error(StatusCode::BAD_REQUEST, &format!("{field} {reason}"))),
        Err(other) => Err(other.into()),
    }
}

/// A file, with the path at which its bytes are.
fn file(of: &Attachment) -> Value {
    json!({
        "id": of.id.to_string(),
        "file": format!("/media/chat_files/{}", of.id),
        "filename": of.name,
        "content_type": of.media_type,
        "created_at": utc(of.created_at),
    })
}

/// The bytes, for their owner alone.
pub(super) async fn content(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let missing = || Refusal::from(detail(StatusCode::NOT_FOUND, "Not found."));
    let id: AttachmentId = call.parse("id").ok_or_else(missing)?;
    let service = call.app.chat.attachments().ok_or_else(missing)?;
    match service.open(&caller, id).await {
        Ok((found, bytes)) => Ok(Content::Bytes(found, bytes).into_response()),
        Err(Error::NotFound(_)) => Err(missing()),
        Err(other) => Err(other.into()),
    }
}

/// What somebody thinks of an answer; `null` takes it back.
pub(super) async fn feedback(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let of = of_path(&call, &caller).await?;
    if of.message.role != Role::Assistant {
        return Err(error(StatusCode::BAD_REQUEST, "Feedback can only be left for assistant messages"));
    }
    let given = data(&call).await?;
    let rating = match given.get("is_liked") {
        None | Some(Value::Null) => None,
        Some(Value::Bool(true)) => Some(Rating::Up),
        Some(Value::Bool(false)) => Some(Rating::Down),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("true") => Some(Rating::Up),
        Some(Value::String(word)) if word.eq_ignore_ascii_case("false") => Some(Rating::Down),
        Some(_) => return Err(error(StatusCode::BAD_REQUEST, "is_liked must be true, false or null")),
    };
    let comment = given.get("comment").and_then(Value::as_str).map(str::to_owned);
    if rating.is_none() && comment.as_ref().is_some_and(|comment| !comment.trim().is_empty()) {
        return Err(error(StatusCode::BAD_REQUEST, "A comment needs is_liked to be true or false"));
    }
    let opinion = rating.map(|rating| Opinion { rating, comment });
    let said = call.app.chat.conversations().set_feedback(&caller, of.message.id, opinion).await;
    let said = said.map_err(|why| match why {
        Error::Invalid { field, reason } => error(StatusCode::BAD_REQUEST, &format!("{field} {reason}")),
        other => other.into(),
    })?;
    let at = |at: Option<chatcore::Timestamp>| at.map(utc);
    ok(&json!({
        "id": uid(of.message.id),
        "is_liked": said.as_ref().map(|said| said.rating == Rating::Up),
        "comment": said.as_ref().and_then(|said| said.comment.clone()),
        "created_at": at(said.as_ref().map(|said| said.created_at)),
        "updated_at": at(said.as_ref().map(|said| said.updated_at)),
    }))
}
