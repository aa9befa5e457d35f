//! Chats, and what is said in them.

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, MessageView, NewConversation, Role};
use chatcore::turn::{Ask, Policy, Say};
use chatcore::{ConversationId, Error};
use poem::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::plain::{check, error};
use super::tokens::signed_in;
use crate::app::Begun;
use crate::compat::drf::{Form, Text, data};
use crate::compat::reply::{json as reply, ok};
use crate::compat::talk::conversations;
use crate::compat::time::utc;
use crate::compat::{Call, Outcome, Refusal};

/// A title, and what is said.
const TITLE: Text = Text::optional().or_blank().or_null().max(200);
const CONTENT: Text = Text::optional().or_blank().or_null();

pub(super) async fn list(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let found = conversations(&call.app, &caller).await?;
    ok(&found.iter().map(shown).collect::<Vec<Value>>())
}

pub(super) async fn create(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let mut form = Form::new(data(&call).await?);
    let title = form.given("title", TITLE).filter(|title| !title.is_empty());
    let content = form.given("content", CONTENT).filter(|content| !content.is_empty());
    check(&form)?;
    let chat = call.app.chat.create(&caller, NewConversation { title, ..NewConversation::default() }).await?;
    let mut body = shown(&chat);
    if let Some(content) = content {
        let begun = match say(&call, &caller, chat.id, content).await {
            Ok(begun) => begun,
            Err(refused) => {
                // a chat whose first message is refused is none
                call.app.chat.delete(&caller, chat.id).await?;
                return Err(refused.into());
            }
        };
        body["message"] = begun.user_message.as_ref().map(message).unwrap_or_default();
        body["message_id"] = body["message"]["id"].clone();
        body["status"] = "processing".into();
    }
    Ok(reply(StatusCode::CREATED, &body))
}

pub(super) async fn send(call: Call) -> Outcome {
    let caller = signed_in(&call).await?.caller;
    let chat = find(&call, &caller).await?;
    let mut form = Form::new(data(&call).await?);
    let content = form.given("content", CONTENT).or_else(|| form.given("message", CONTENT));
    if content.as_ref().is_none_or(String::is_empty) {
        form.refuse("content", "This field is required.");
    }
    check(&form)?;
    let begun = say(&call, &caller, chat.id, content.unwrap_or_default()).await?;
    let said = begun.user_message.as_ref().map(message).unwrap_or_default();
    let body = json!({
        "id": said["id"], "message_id": said["id"], "chat_id": uuid(&chat), "status": "processing", "message": said,
    });
    Ok(reply(StatusCode::ACCEPTED, &body))
}

async fn say(call: &Call, caller: &Caller, chat: ConversationId, content: String) -> Result<Begun, Error> {
    let ask = Ask { policy: Policy::Enqueue, ..Ask::default() };
    let (me, say) = (caller.clone(), Say { ask, ..Say::text(content) });
    call.app.begin(move |chats| async move { chats.send(&me, chat, say).await }).await
}

/// The chat of a path, if it is the caller's.
pub(super) async fn find(call: &Call, caller: &Caller) -> Result<Conversation, Refusal> {
    let none = || error(StatusCode::NOT_FOUND, "Chat not found");
    let id = call.parse::<Uuid>("chat").ok_or_else(none)?;
    match call.app.chat.conversations().get(caller, ConversationId::from_uuid(id)).await {
        Err(Error::NotFound(_)) => Err(none()),
        found => Ok(found?),
    }
}

fn uuid(chat: &Conversation) -> String {
    chat.id.as_uuid().to_string()
}

fn shown(chat: &Conversation) -> Value {
    json!({
        "id": uuid(chat),
        "chat_id": uuid(chat),
        "title": chat.title,
        "created_at": utc(chat.created_at),
        "updated_at": utc(chat.updated_at),
    })
}

/// A message as clients see one.
pub(super) fn message(view: &MessageView) -> Value {
    let message = &view.message;
    json!({
        "id": message.id.as_uuid().to_string(),
        "chat_id": message.conversation.as_uuid().to_string(),
        "role": role(message.role),
        "content": message.text(),
        "created_at": utc(message.created_at),
    })
}

fn role(role: Role) -> &'static str {
    match role {
        Role::System => "system",
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::Tool => "tool",
    }
}
