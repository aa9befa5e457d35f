//! Chats by number.

use chatcore::Error;
use chatcore::account::{Caller, User};
use chatcore::conversation::{Conversation, Name, NewConversation, Settings};
use serde_json::{Value, json};

use super::{missing, signed_in};
use crate::compat::fastapi::{Model, Query, integer_in_path};
use crate::compat::reply::ok;
use crate::compat::talk::conversations;
use crate::compat::time::naive;
use crate::compat::{Call, Outcome, Refusal};

/// What a chat is called that has no name.
const UNTITLED: &str = "New Chat";

/// Who asks, as far as answers show it.
pub(super) async fn asks(call: &Call) -> Result<(Caller, User), Refusal> {
    let who = signed_in(call).await?;
    Ok((who.caller, who.user.ok_or(Error::Unauthenticated)?))
}

pub(super) fn shown(chat: &Conversation, user: &User) -> Value {
    json!({
        "id": chat.number,
        "title": chat.title.as_deref().unwrap_or(UNTITLED),
        "user_id": user.number,
        "message_count": chat.message_count,
        "created_at": naive(chat.created_at),
        "updated_at": naive(chat.updated_at),
    })
}

/// The caller's chat of that number.
pub(super) async fn by_number(call: &Call, caller: &Caller, number: u64) -> Result<Conversation, Refusal> {
    match call.app.chat.conversations().find(caller, Name::Number(number)).await {
        Err(Error::NotFound(_)) => Err(missing(&format!("Chat {number}"))),
        found => Ok(found?),
    }
}

async fn of_path(call: &Call) -> Result<(Caller, User, Conversation), Refusal> {
    let (caller, user) = asks(call).await?;
    let number = integer_in_path(call, "chat_id")?;
    let chat = by_number(call, &caller, number).await?;
    Ok((caller, user, chat))
}

async fn newest(call: &Call, (skip, take): (usize, usize), caller: &Caller, user: &User) -> Outcome {
    let mut found = conversations(&call.app, caller).await?;
    found.sort_by_key(|chat| std::cmp::Reverse(chat.number));
    ok(&found.iter().skip(skip).take(take).map(|chat| shown(chat, user)).collect::<Vec<Value>>())
}

pub(super) async fn list(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let mut query = Query::of(&call);
    let limit = query.integer("limit", 1..=100, 50);
    let offset = query.integer("offset", 0..=i64::MAX, 0);
    query.check()?;
    newest(&call, (offset, limit), &caller, &user).await
}

/// Those that were written to last.
pub(super) async fn recent(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let mut query = Query::of(&call);
    let limit = query.integer("limit", 1..=100, 10);
    query.check()?;
    let found = conversations(&call.app, &caller).await?;
    ok(&found.iter().take(limit).map(|chat| shown(chat, &user)).collect::<Vec<Value>>())
}

pub(super) async fn create(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let mut model = Model::read_if_any(&call)?;
    let title = model.text_if_any("title").filter(|title| !title.trim().is_empty());
    model.check()?;
    match call.app.chat.create(&caller, NewConversation { title, ..NewConversation::default() }).await {
        Err(Error::Invalid { reason, .. }) => Err(model.value_error("title", &reason)),
        made => ok(&shown(&made?, &user)),
    }
}

pub(super) async fn get(call: Call) -> Outcome {
    let (_, user, chat) = of_path(&call).await?;
    ok(&shown(&chat, &user))
}

pub(super) async fn rename(call: Call) -> Outcome {
    let (caller, user, chat) = of_path(&call).await?;
    let mut model = Model::read(&call)?;
    let title = model.text("title");
    model.check()?;
    let settings = Settings { title: Some(Some(title)), ..Settings::default() };
    match call.app.chat.update(&caller, chat.id, settings, None).await {
        Err(Error::Invalid { reason, .. }) => Err(model.value_error("title", &reason)),
        changed => ok(&shown(&changed?, &user)),
    }
}

pub(super) async fn delete(call: Call) -> Outcome {
    let (caller, _, chat) = of_path(&call).await?;
    call.app.chat.delete(&caller, chat.id).await?;
    ok(&json!({ "message": "Chat deleted successfully" }))
}
