//! Chats.

use chatcore::Error;
use chatcore::account::Caller;
use chatcore::conversation::{Conversation, NewConversation, Settings};
use poem::Response;
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::branches::shown as branch;
use super::items::object;
use super::who::{caller, chat, error, guest, text};
use crate::compat::drf::{Form, Text, data, detail};
use crate::compat::reply::{created, ok};
use crate::compat::talk::conversations;
use crate::compat::time::utc;
use crate::compat::{Call, Outcome, Refusal};

/// What a chat is called that has no title.
const UNTITLED: &str = "New chat";
/// Chats that are listed with all their messages.
const MOST: usize = 100;
/// The longest title that is shown, and that is kept, in characters.
const SHOWN: usize = 80;
const KEPT: usize = 200;

/// Cuts a text to so many characters, the last three of them points.
fn cut(text: &str, most: usize) -> String {
    if text.chars().count() <= most {
        return text.to_owned();
    }
    text.chars().take(most - 3).chain("...".chars()).collect()
}

async fn shown(call: &Call, caller: &Caller, of: &Conversation) -> Result<Value, Error> {
    let messages: Vec<Value> = branch(call, caller, of).await?.iter().map(object).collect();
    Ok(json!({
        "id": of.id.as_uuid().to_string(),
        "title": cut(of.title.as_deref().unwrap_or(UNTITLED), SHOWN),
        "created_at": utc(of.created_at),
        "updated_at": utc(of.updated_at),
        "messages": messages,
    }))
}

/// The chat of a path.
async fn of_path(call: &Call) -> Result<(Caller, Conversation), Refusal> {
    let caller = caller(call).await?;
    let none = || detail(StatusCode::NOT_FOUND, "No ChatSession found with this ID");
    match chat(call, &caller, call.segment("id")).await {
        Err(Refusal::Answer(answer)) if answer.status() == StatusCode::NOT_FOUND => Err(none().into()),
        found => Ok((caller, found?)),
    }
}

pub(super) async fn list(call: Call) -> Outcome {
    let Some(caller) = guest(&call).await? else { return ok(&Vec::<Value>::new()) };
    let mut all = Vec::new();
    for of in conversations(&call.app, &caller).await?.iter().take(MOST) {
        all.push(shown(&call, &caller, of).await?);
    }
    ok(&all)
}

/// Names alone, the chat that was written to last first.
pub(super) async fn names(call: Call) -> Outcome {
    let Some(caller) = guest(&call).await? else { return ok(&Vec::<Value>::new()) };
    let tell = |of: &Conversation| {
        let title = cut(of.title.as_deref().unwrap_or(UNTITLED), SHOWN);
        json!({ "chatId": of.id.as_uuid().to_string(), "title": title, "createdAt": utc(of.created_at) })
    };
    ok(&conversations(&call.app, &caller).await?.iter().map(tell).collect::<Vec<Value>>())
}

pub(super) async fn create(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let title = form.given("title", Text::optional().or_blank().or_null()).filter(|title| !title.is_empty());
    form.check()?;
    let title = title.map(|title| cut(&title, KEPT));
    let made = call.app.chat.create(&caller, NewConversation { title, ..NewConversation::default() }).await?;
    created(&shown(&call, &caller, &made).await?)
}

pub(super) async fn get(call: Call) -> Outcome {
    let (caller, of) = of_path(&call).await?;
    ok(&shown(&call, &caller, &of).await?)
}

async fn set_title(call: &Call, caller: &Caller, of: &Conversation, title: &str) -> Result<Conversation, Error> {
    let settings = Settings { title: Some(Some(cut(title, KEPT))), ..Settings::default() };
    call.app.chat.update(caller, of.id, settings, None).await
}

pub(super) async fn rename_by_path(call: Call) -> Outcome {
    let (caller, of) = of_path(&call).await?;
    let mut form = Form::new(data(&call).await?);
    let title = form.text("title", Text::required());
    form.check()?;
    let renamed = set_title(&call, &caller, &of, &title).await?;
    ok(&shown(&call, &caller, &renamed).await?)
}

pub(super) async fn rename(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let given = data(&call).await?;
    let needed =
        |name: &str| text(&given, name).ok_or_else(|| error(StatusCode::BAD_REQUEST, &format!("{name} is required")));
    let (id, title) = (needed("chatId")?, needed("title")?);
    let of = chat(&call, &caller, id).await?;
    let renamed = set_title(&call, &caller, &of, title).await?;
    ok(&json!({ "chatId": renamed.id.as_uuid().to_string(), "title": renamed.title }))
}

pub(super) async fn delete(call: Call) -> Outcome {
    let (caller, of) = of_path(&call).await?;
    call.app.chat.delete(&caller, of.id).await?;
    Ok(Response::from(StatusCode::NO_CONTENT))
}
