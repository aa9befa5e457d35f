//! Who asks: an account by its token, or a device by the name that it gives itself.

use std::str::FromStr;

use chatcore::account::Caller;
use chatcore::conversation::Conversation;
use chatcore::{ConversationId, Error, MessageId};
use poem::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::accounts::TOKENS;
use crate::compat::drf::detail;
use crate::compat::reply::refuse;
use crate::compat::{Call, Refusal};

/// The header with the name of a device.
const DEVICE: &str = "x-fingerprint-hash";

/// A refusal as the chat paths tell it.
pub(super) fn error(status: StatusCode, text: &str) -> Refusal {
    refuse(status, &json!({ "error": text }))
}

/// Whether a device says its name.
pub(super) fn names_device(call: &Call) -> bool {
    call.header(DEVICE).is_some_and(|device| !device.trim().is_empty())
}

/// Who asks, if anybody does.
pub(super) async fn guest(call: &Call) -> Result<Option<Caller>, Refusal> {
    if let Some(found) = TOKENS.guest(call).await? {
        return Ok(Some(found.caller));
    }
    let Some(device) = call.header(DEVICE).map(str::trim).filter(|device| !device.is_empty()) else { return Ok(None) };
    if !call.app.credentials.takes_visitors() {
        return Ok(None);
    }
    let network = call.network().unwrap_or_else(|| "unknown".to_owned());
    Ok(Some(call.app.credentials.accounts().by_device(device, &network).await?))
}

/// Who asks.
pub(super) async fn caller(call: &Call) -> Result<Caller, Refusal> {
    match guest(call).await? {
        Some(caller) => Ok(caller),
        None if !call.app.credentials.takes_visitors() => {
            let text = "Authentication credentials were not provided.";
            Err(crate::compat::reply::challenged(detail(StatusCode::UNAUTHORIZED, text), "Bearer realm=\"api\"").into())
        }
        None => Err(error(StatusCode::FORBIDDEN, "X-Fingerprint-Hash header is required")),
    }
}

/// A UUID in a text.
pub(super) fn uuid(text: &str) -> Option<Uuid> {
    Uuid::from_str(text.trim()).ok()
}

/// The chat that a text names; `None` for what stands for none.
pub(super) fn named(text: Option<&str>) -> Option<&str> {
    text.map(str::trim).filter(|text| !matches!(*text, "" | "null" | "undefined"))
}

/// The caller's chat of that id.
pub(super) async fn chat(call: &Call, caller: &Caller, id: &str) -> Result<Conversation, Refusal> {
    let none = || error(StatusCode::NOT_FOUND, "Chat session not found");
    let id = uuid(id).ok_or_else(none)?;
    match call.app.chat.conversations().get(caller, ConversationId::from_uuid(id)).await {
        Err(Error::NotFound(_)) => Err(none()),
        found => Ok(found?),
    }
}

/// The id of a message; an id that is none is that of nothing.
pub(super) fn message_id(text: &str) -> MessageId {
    MessageId::from_uuid(uuid(text).unwrap_or_default())
}

/// A field of a body, if it is a text that says something.
pub(super) fn text<'a>(data: &'a serde_json::Map<String, Value>, name: &str) -> Option<&'a str> {
    named(data.get(name).and_then(Value::as_str))
}
