//! Saying something, and answering again.

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, MessageView, NewConversation, NewMessage, Parent, Part, Role};
use chatcore::turn::{Ask, Policy, Say};
use chatcore::{Error, MessageId};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::who::{caller, chat, error, message_id, text};
use crate::app::Begun;
use crate::compat::drf::{Form, Text, data};
use crate::compat::reply::ok;
use crate::compat::{Call, Outcome, Refusal};

/// What the core refuses, in the words of the system.
pub(super) fn refused(why: Error) -> Refusal {
    match why {
        Error::OverLimit(_) | Error::InsufficientCredit { .. } | Error::CapReached { .. } => {
            error(StatusCode::TOO_MANY_REQUESTS, "Daily limit exceeded. Requests left: 0")
        }
        Error::NotFound(_) => error(StatusCode::NOT_FOUND, "Message not found in this chat"),
        other => other.into(),
    }
}

/// An id as clients see one.
pub(super) fn uid(id: MessageId) -> String {
    id.as_uuid().to_string()
}

/// Where a message stands: its parent, and which of its versions it is.
pub(super) fn place(view: &MessageView) -> Value {
    json!({
        "parentId": view.message.parent.map(uid),
        "currentVersion": view.version,
        "totalVersions": view.versions,
    })
}

/// What is said to be edited: the message itself, or the parent below which the new version goes.
enum Edit {
    Message(MessageId),
    Below(MessageId),
    None,
}

pub(super) async fn send(call: Call) -> Outcome {
    ok(&said(&call).await?)
}

/// The same for clients whose stream stays open: what is said is answered there.
pub(super) async fn send_to_stream(call: Call) -> Outcome {
    let given = data(&call).await?;
    if text(&given, "sessionId").is_none() {
        return Err(error(StatusCode::BAD_REQUEST, "sessionId is required"));
    }
    let mut body = said(&call).await?;
    body["status"] = "processing".into();
    ok(&body)
}

async fn said(call: &Call) -> Result<Value, Refusal> {
    let caller = caller(call).await?;
    let given = data(call).await?;
    let mut form = Form::new(given.clone());
    let content = form.text("content", Text::required());
    form.check()?;
    let edit = match (text(&given, "editMessageId"), text(&given, "parentId")) {
        (Some(id), _) => Edit::Message(message_id(id)),
        (None, Some(id)) => Edit::Below(message_id(id)),
        (None, None) => Edit::None,
    };
    let (conversation, is_new) = match text(&given, "chatId") {
        Some(id) => (chat(call, &caller, id).await?, false),
        None => (call.app.chat.create(&caller, NewConversation::default()).await?, true),
    };
    // whoever names a stream hears the answer there; whoever does not opens one for this chat
    let is_heard = text(&given, "sessionId").is_some();
    let said = match edit {
        Edit::None if !is_heard => store(call, &caller, &conversation, content).await,
        edit => begin(call, &caller, &conversation, edit, content).await,
    };
    let view = match said {
        Ok(view) => view,
        Err(why) => {
            if is_new {
                // a chat whose first message is refused is none
                call.app.chat.delete(&caller, conversation.id).await?;
            }
            return Err(refused(why));
        }
    };
    let mut body = place(&view);
    body["messageId"] = uid(view.message.id).into();
    body["chatId"] = conversation.id.as_uuid().to_string().into();
    body["isTemporary"] = false.into();
    Ok(body)
}

async fn store(call: &Call, caller: &Caller, of: &Conversation, content: String) -> Result<MessageView, Error> {
    let parts = vec![Part::text(content)];
    let new =
        NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head: None, client_ref: None, once: None };
    call.app.chat.conversations().append(caller, of.id, new).await
}

async fn begin(
    call: &Call,
    caller: &Caller,
    of: &Conversation,
    edit: Edit,
    content: String,
) -> Result<MessageView, Error> {
    let (me, id) = (caller.clone(), of.id);
    let policy = if matches!(edit, Edit::None) { Policy::Enqueue } else { Policy::Sibling };
    let say = Say { ask: Ask { policy, ..Ask::default() }, ..Say::text(content) };
    let begun: Begun = match edit {
        Edit::Message(message) => {
            let edited = call.app.chat.conversations().message(caller, message).await?;
            if edited.message.conversation != id {
                return Err(Error::NotFound("message"));
            }
            call.app.begin(move |chats| async move { chats.edit(&me, message, say).await }).await?
        }
        Edit::Below(parent) => {
            let say = Say { parent: Parent::Message(parent), ..say };
            call.app.begin(move |chats| async move { chats.send(&me, id, say).await }).await?
        }
        Edit::None => call.app.begin(move |chats| async move { chats.send(&me, id, say).await }).await?,
    };
    begun.user_message.ok_or(Error::NotFound("message"))
}

pub(super) async fn regenerate(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let given = data(&call).await?;
    let id = text(&given, "messageId").ok_or_else(|| error(StatusCode::BAD_REQUEST, "messageId is required"))?;
    let id = message_id(id);
    let view = match call.app.chat.conversations().message(&caller, id).await {
        Err(Error::NotFound(_)) => return Err(error(StatusCode::NOT_FOUND, "Message not found")),
        found => found?,
    };
    if let Some(named) = text(&given, "chatId") {
        let of = chat(&call, &caller, named).await?;
        if of.id != view.message.conversation {
            return Err(error(StatusCode::NOT_FOUND, "Message not found"));
        }
    }
    let me = caller.clone();
    let is_answer = view.message.role == Role::Assistant;
    let begun = call.app.begin(move |chats| async move {
        // an answer is written again; a question that has none, or another one, gets one
        if is_answer {
            chats.regenerate(&me, id, Ask::default()).await
        } else {
            chats.answer(&me, id, Ask::default()).await
        }
    });
    let answer = begun.await.map_err(refused)?.assistant_message;
    let mut body = place(&answer);
    body["success"] = true.into();
    body["message"] = "Regeneration started".into();
    body["messageId"] = uid(answer.message.id).into();
    ok(&body)
}
