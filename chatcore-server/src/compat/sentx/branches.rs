//! The active branch, and switching to another one.

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, MessageView, Role};
use chatcore::page::{MAX_PAGE, PageRequest};
use chatcore::{Error, MessageId};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::messages::{place, uid};
use super::who::{caller, chat, error, message_id, named, text};
use crate::compat::drf::data;
use crate::compat::reply::ok;
use crate::compat::talk::branch;
use crate::compat::time::offset;
use crate::compat::{Call, Outcome, Refusal};

/// What clients call a role.
pub(super) fn role(view: &MessageView) -> &'static str {
    if view.message.role == Role::Assistant { "assistant" } else { "user" }
}

/// The branch that is looked at, without what people do not see.
pub(super) async fn shown(call: &Call, caller: &Caller, of: &Conversation) -> Result<Vec<MessageView>, Error> {
    let mut said = branch(&call.app, caller, of.id).await?;
    said.retain(|view| matches!(view.message.role, Role::User | Role::Assistant));
    Ok(said)
}

async fn told(call: &Call, caller: &Caller, of: &Conversation) -> Outcome {
    let chat = of.id.as_uuid().to_string();
    let tell = |view: &MessageView| {
        let mut body = place(view);
        body["messageId"] = uid(view.message.id).into();
        body["chatId"] = chat.clone().into();
        body["role"] = role(view).into();
        body["content"] = view.message.text().into();
        body["v"] = "1".into();
        body["createdAt"] = offset(view.message.created_at).into();
        body
    };
    let messages: Vec<Value> = shown(call, caller, of).await?.iter().map(tell).collect();
    ok(&json!({ "chatId": chat, "messages": messages }))
}

pub(super) async fn history(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let asked = call.parameter("chatId");
    match named(asked.as_deref()) {
        None => ok(&json!({ "chatId": null, "messages": [] })),
        Some(id) => {
            let of = chat(&call, &caller, id).await?;
            told(&call, &caller, &of).await
        }
    }
}

/// Two forms: the message that is wanted, or the parent and which of its children.
pub(super) async fn switch(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let given = data(&call).await?;
    let id = text(&given, "chatId").ok_or_else(|| error(StatusCode::BAD_REQUEST, "chatId is required"))?;
    let of = chat(&call, &caller, id).await?;
    let to = match text(&given, "messageId") {
        Some(id) => message_id(id),
        None => {
            let version = given.get("newVersion").and_then(Value::as_u64);
            let version = version.filter(|version| *version > 0);
            let version = version.ok_or_else(|| error(StatusCode::BAD_REQUEST, "newVersion is required"))?;
            child(&call, &caller, &of, text(&given, "parentId").map(message_id), version).await?
        }
    };
    let moved = call.app.chat.conversations().move_head(&caller, of.id, to, None).await;
    let of = moved.map_err(|why| match why {
        Error::NotFound(_) => error(StatusCode::NOT_FOUND, "Message not found in this chat"),
        other => other.into(),
    })?;
    told(&call, &caller, &of).await
}

/// The child of that number below a message of the active branch, or the root of that number.
async fn child(
    call: &Call,
    caller: &Caller,
    of: &Conversation,
    parent: Option<MessageId>,
    version: u64,
) -> Result<MessageId, Refusal> {
    let active = branch(&call.app, caller, of.id).await?;
    let parent_is_there = parent.is_none_or(|parent| active.iter().any(|view| view.message.id == parent));
    if !parent_is_there {
        return Err(error(StatusCode::NOT_FOUND, "Parent message not found in this chat"));
    }
    let known = active.iter().find(|view| view.message.parent == parent);
    let known = known.ok_or_else(|| error(StatusCode::NOT_FOUND, "No branches found for this message"))?;
    let (total, mut page) = (known.versions, PageRequest::first().limit(MAX_PAGE));
    loop {
        let found = call.app.chat.conversations().siblings(caller, known.message.id, &page).await?;
        if let Some(wanted) = found.items.iter().find(|sibling| sibling.version == version) {
            return Ok(wanted.message);
        }
        let Some(next) = found.next else { break };
        page = PageRequest::first().limit(MAX_PAGE).after(Some(next));
    }
    let text = format!("newVersion={version} exceeds total branches={total}");
    Err(error(StatusCode::BAD_REQUEST, &text))
}
