//! What is said in chats, by number.

use chatcore::Error;
use chatcore::account::{Caller, User};
use chatcore::conversation::{Conversation, MessageView, Part, Role};
use chatcore::turn::{Ask, Policy, RunState, Say};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::chats::{asks, by_number, shown as shown_chat};
use super::missing;
use crate::compat::fastapi::{Model, Query, integer_in_path, refusal};
use crate::compat::reply::ok;
use crate::compat::talk::{branch, talk};
use crate::compat::time::naive;
use crate::compat::{Call, Outcome, Refusal};

/// A message, without what there is not.
fn shown(view: &MessageView, chat: u64, user: &User) -> Value {
    let message = &view.message;
    let mut body = json!({
        "id": message.number,
        "content": message.text(),
        "role": if message.role == Role::Assistant { "assistant" } else { "user" },
        "chat_id": chat,
        "user_id": user.number,
        "created_at": naive(message.created_at),
    });
    if let Some(model) = &message.model {
        body["model_used"] = model.clone().into();
    }
    if let Some(usage) = &message.usage {
        body["tokens_used"] = usage.total().into();
    }
    body
}

pub(super) async fn send(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let mut model = Model::read(&call)?;
    let (content, chat) = (model.text("content"), model.integer("chat_id"));
    model.check()?;
    let chat = by_number(&call, &caller, chat).await?;
    let ask = Ask { policy: Policy::RejectStale, ..Ask::default() };
    let talk = match talk(&call.app, &caller, chat.id, Say { ask, ..Say::text(content) }).await {
        Ok(talk) => talk,
        Err(Error::Busy | Error::StaleHead { .. } | Error::StaleVersion) => {
            let text = "Another message of this chat is being answered";
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", text));
        }
        Err(Error::OverLimit(_)) => {
            return Err(refusal(StatusCode::TOO_MANY_REQUESTS, "rate_limit_error", "Limit exceeded"));
        }
        Err(Error::InsufficientCredit { .. } | Error::CapReached { .. }) => {
            return Err(refusal(StatusCode::PAYMENT_REQUIRED, "insufficient_credits_error", "Insufficient credits"));
        }
        Err(Error::Invalid { reason, .. }) => return Err(model.value_error("content", &reason)),
        Err(other) => return Err(other.into()),
    };
    if talk.state == RunState::Failed {
        return Err(refusal(StatusCode::INTERNAL_SERVER_ERROR, "llm_error", "Failed to generate response"));
    }
    let mut body = talk.question.as_ref().map(|view| shown(view, chat.number, &user)).unwrap_or_default();
    body["ai_message"] = shown(&talk.answer, chat.number, &user);
    ok(&body)
}

/// The chat of a path, and what was said in it, root first.
async fn of_chat(call: &Call, caller: &Caller) -> Result<(Conversation, Vec<MessageView>), Refusal> {
    let number = integer_in_path(call, "chat_id")?;
    let chat = by_number(call, caller, number).await?;
    let mut said = branch(&call.app, caller, chat.id).await?;
    said.retain(|view| matches!(view.message.role, Role::User | Role::Assistant));
    Ok((chat, said))
}

async fn newest(call: &Call, usual: i64) -> Outcome {
    let (caller, user) = asks(call).await?;
    let mut query = Query::of(call);
    let limit = query.integer("limit", 1..=100, usual);
    let offset = query.integer("offset", 0..=i64::MAX, 0);
    query.check()?;
    let (chat, said) = of_chat(call, &caller).await?;
    let page = said.iter().rev().skip(offset).take(limit);
    ok(&page.map(|view| shown(view, chat.number, &user)).collect::<Vec<Value>>())
}

pub(super) async fn list(call: Call) -> Outcome {
    newest(&call, 50).await
}

pub(super) async fn recent(call: Call) -> Outcome {
    newest(&call, 10).await
}

pub(super) async fn full(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let (chat, said) = of_chat(&call, &caller).await?;
    let mut body = shown_chat(&chat, &user);
    body["messages"] = said.iter().map(|view| shown(view, chat.number, &user)).collect();
    ok(&body)
}

/// The caller's message of a path, with the number of its chat.
async fn of_path(call: &Call, caller: &Caller) -> Result<(MessageView, u64), Refusal> {
    let number = integer_in_path(call, "message_id")?;
    let conversations = call.app.chat.conversations();
    let view = match conversations.message_by_number(caller, number).await {
        Err(Error::NotFound(_)) => return Err(missing(&format!("Message {number}"))),
        found => found?,
    };
    let chat = conversations.get(caller, view.message.conversation).await?;
    Ok((view, chat.number))
}

pub(super) async fn get(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let (view, chat) = of_path(&call, &caller).await?;
    ok(&shown(&view, chat, &user))
}

/// The message keeps its number; nobody answers it anew.
pub(super) async fn revise(call: Call) -> Outcome {
    let (caller, user) = asks(&call).await?;
    let (view, chat) = of_path(&call, &caller).await?;
    let mut model = Model::read(&call)?;
    let content = model.text("content");
    model.check()?;
    match call.app.chat.conversations().revise(&caller, view.message.id, vec![Part::text(content)]).await {
        Err(Error::Invalid { reason, .. }) => Err(model.value_error("content", &reason)),
        Err(Error::Busy) => Err(refusal(StatusCode::CONFLICT, "conflict_error", "The message is still being written")),
        revised => ok(&shown(&revised?, chat, &user)),
    }
}

pub(super) async fn delete(call: Call) -> Outcome {
    let (caller, _) = asks(&call).await?;
    let (view, _) = of_path(&call, &caller).await?;
    call.app.chat.delete_message(&caller, view.message.id).await?;
    ok(&json!({ "message": "Message deleted successfully" }))
}
