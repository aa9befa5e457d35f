//! The chatbot back end with sessions by name: `/compat/chatbot/api/v1/...`.
//!
//! A token is opaque, lasts until its owner signs out, and is the same at every sign-in until then. A session is a
//! conversation; its id is the conversation's, or whatever text the client made up for it.

use chatcore::account::{Caller, NewAccount};
use chatcore::conversation::{Conversation, MessageView, Name, NewConversation, Role};
use chatcore::turn::{Ask, Policy, Say};
use chatcore::{ConversationId, Error};
use poem::Route;
use poem::http::StatusCode;
use serde_json::{Value, json};
use uuid::Uuid;

use super::admin;
use super::drf::{self, Drf, Form, TOKEN_CHALLENGE, Text, by_token, data, field};
use super::mount::Mount;
use super::reply::{created, json, ok, refuse};
use super::talk::{branch, conversations, talk};
use super::time::utc;
use super::{Call, Outcome, Refusal, Resource};
use crate::app::App;

/// Its name in paths, and that of its tokens.
const NAME: &str = "chatbot";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: drf::render };

/// The longest id that a client makes up.
const MAX_SESSION_ID: usize = 200;

fn routes() -> Route {
    let resource = || Resource::new(Drf { challenge: TOKEN_CHALLENGE });
    Route::new()
        .at("/api/v1/accounts/register", resource().post(register))
        .at("/api/v1/accounts/login", resource().post(login))
        .at("/api/v1/accounts/logout", resource().post(logout))
        .at("/api/v1/chat", resource().post(send))
        .at("/api/v1/chat/chats-history", resource().get(list))
        .at("/api/v1/chat/chats/:session_id", resource().get(detail))
        .at("/admin", resource().get(admin::index))
}

fn error(status: StatusCode, text: &str) -> Refusal {
    refuse(status, &json!({ "error": text }))
}

async fn register(call: Call) -> Outcome {
    let mut form = Form::new(data(&call).await?);
    let password = Text::required().as_it_is().min(call.app.compat.passwords.min_chars);
    let username = form.text("username", Text::required().max(150).username());
    let email = form.given("email", Text::optional().or_blank().email()).filter(|email| !email.is_empty());
    let (first, second) = (form.text("password1", password), form.text("password2", password));
    form.check()?;
    if first != second {
        return Err(field("password", "Passwords do not match."));
    }
    let policy = call.app.compat.passwords;
    let new = |email| NewAccount { username: Some(username.clone()), email, password: first.clone(), policy };
    let accounts = call.app.credentials.accounts();
    let made = match accounts.register(new(email.clone())).await {
        // an address that is somebody's stays theirs, and no secret of theirs is told by it: the account begins without it
        Err(Error::Taken(_)) if email.is_some() => accounts.register(new(None)).await,
        made => made,
    };
    let taken = "A user with that username already exists.";
    made.map_err(|error| drf::registration(error, "username", "password1", taken))?;
    created(&json!({ "message": "User created successfully." }))
}

async fn login(call: Call) -> Outcome {
    let given = data(&call).await?;
    let text = |name: &str| given.get(name).and_then(Value::as_str).filter(|text| !text.is_empty());
    let (Some(username), Some(password)) = (text("username"), text("password")) else {
        return Err(error(StatusCode::BAD_REQUEST, "Username and password are required."));
    };
    let accounts = call.app.credentials.accounts();
    let found = accounts.token_by_password(username, password, call.network(), NAME).await;
    // which of the two is wrong is nobody's business
    let (user, token) = found.map_err(|refused| match refused {
        Error::Unauthenticated => error(StatusCode::BAD_REQUEST, "Incorrect username or password."),
        other => other.into(),
    })?;
    ok(&json!({
        "token": token.secret,
        "user_id": user.number,
        "username": user.username,
        "message": "User logged in successfully.",
    }))
}

async fn logout(call: Call) -> Outcome {
    let (_, _, token) = by_token(&call, NAME).await?;
    call.app.credentials.accounts().end_token(&token).await?;
    ok(&json!({ "message": "Successfully logged out." }))
}

async fn send(call: Call) -> Outcome {
    let (caller, _, _) = by_token(&call, NAME).await?;
    let given = data(&call).await?;
    let message = match given.get("message") {
        None | Some(Value::Null) => return Err(error(StatusCode::BAD_REQUEST, "Message is required.")),
        Some(Value::String(text)) if text.trim().is_empty() => {
            return Err(error(StatusCode::BAD_REQUEST, "Message is required."));
        }
        Some(Value::String(text)) => text.clone(),
        Some(_) => return Err(error(StatusCode::BAD_REQUEST, "Message must be a text.")),
    };
    let session = match given.get("session_id") {
        None | Some(Value::Null) => call.app.chat.create(&caller, NewConversation::default()).await?,
        Some(Value::String(id)) if id.is_empty() => call.app.chat.create(&caller, NewConversation::default()).await?,
        Some(Value::String(id)) => found_or_made(&call.app, &caller, id).await?,
        Some(_) => return Err(error(StatusCode::BAD_REQUEST, "Session id must be a text.")),
    };
    let ask = Ask { policy: Policy::Enqueue, ..Ask::default() };
    let talk = talk(&call.app, &caller, session.id, Say { ask, ..Say::text(message) }).await?;
    match talk.text() {
        Ok(text) => ok(&json!({ "session_id": session_id(&session), "message": text })),
        Err(why) => Err(error(StatusCode::INTERNAL_SERVER_ERROR, &why)),
    }
}

async fn list(call: Call) -> Outcome {
    let (caller, _, _) = by_token(&call, NAME).await?;
    let mut found = conversations(&call.app, &caller).await?;
    found.sort_by_key(|session| std::cmp::Reverse((session.created_at, session.number)));
    let sessions: Vec<Value> = found.iter().map(head).collect();
    ok(&sessions)
}

async fn detail(call: Call) -> Outcome {
    let (caller, _, _) = by_token(&call, NAME).await?;
    let id = percent_encoding::percent_decode_str(call.segment("session_id")).decode_utf8_lossy().into_owned();
    let session = find(&call.app, &caller, &id).await?.ok_or_else(no_session)?;
    let mut body = head(&session);
    let messages = branch(&call.app, &caller, session.id).await?;
    body["messages"] = messages.iter().filter_map(told).collect();
    Ok(json(StatusCode::OK, &body))
}

fn no_session() -> Refusal {
    error(StatusCode::NOT_FOUND, "Chat session not found.")
}

fn head(session: &Conversation) -> Value {
    json!({ "session_id": session_id(session), "created_at": utc(session.created_at) })
}

fn told(view: &MessageView) -> Option<Value> {
    let role = match view.message.role {
        Role::User => "user",
        Role::Assistant => "assistant",
        Role::System => "system",
        Role::Tool => return None,
    };
    let timestamp = utc(view.message.created_at);
    Some(json!({ "role": role, "content": view.message.text(), "timestamp": timestamp }))
}

/// The client's own id for it, if it made one up.
fn session_id(session: &Conversation) -> String {
    session.external_id.clone().unwrap_or_else(|| session.id.as_uuid().to_string())
}

async fn find(app: &App, caller: &Caller, id: &str) -> Result<Option<Conversation>, Error> {
    let conversations = app.chat.conversations();
    if id.is_empty() || id.chars().count() > MAX_SESSION_ID || id.contains('\0') {
        return Ok(None);
    }
    let found = match Uuid::try_parse(id) {
        Ok(uuid) => conversations.get(caller, ConversationId::from_uuid(uuid)).await,
        Err(_) => Err(Error::NotFound("conversation")),
    };
    let found = match found {
        Err(Error::NotFound(_)) => conversations.find(caller, Name::External(id)).await,
        found => found,
    };
    match found {
        Err(Error::NotFound(_)) => Ok(None),
        found => found.map(Some),
    }
}

/// A session by its id. A text that no server made is a client's own, and makes a session of that id; an id that has the
/// form of ours (a UUID of version 7) and is no session of the caller is refused, whether or not it is somebody else's.
async fn found_or_made(app: &App, caller: &Caller, id: &str) -> Result<Conversation, Refusal> {
    if let Some(found) = find(app, caller, id).await? {
        return Ok(found);
    }
    let is_ours = Uuid::try_parse(id).is_ok_and(|uuid| uuid.get_version_num() == 7);
    if is_ours || id.chars().count() > MAX_SESSION_ID || id.contains('\0') {
        return Err(no_session());
    }
    let new = NewConversation { external_id: Some(id.to_owned()), ..NewConversation::default() };
    match app.chat.create(caller, new).await {
        // another request of theirs was quicker
        Err(Error::Taken(_)) => find(app, caller, id).await?.ok_or_else(no_session),
        made => Ok(made?),
    }
}
