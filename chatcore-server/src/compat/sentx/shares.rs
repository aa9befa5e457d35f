//! Links under which anybody reads a chat.

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, Role};
use chatcore::page::{MAX_PAGE, PageRequest};
use chatcore::share::{Link, NewShare, SharedMessage};
use chatcore::{Error, ShareId};
use poem::http::StatusCode;
use serde_json::{Value, json};

use super::who::{caller, chat, error, guest, text};
use crate::app::detached;
use crate::compat::drf::data;
use crate::compat::reply::{created, json as reply, ok};
use crate::compat::time::offset;
use crate::compat::{Call, Outcome, Refusal};

/// Pages of what a link shows that are read at most.
const MOST: usize = 10;

fn none(why: Error) -> Refusal {
    match why {
        Error::NotFound(_) => error(StatusCode::NOT_FOUND, "Shared chat not found"),
        other => other.into(),
    }
}

/// The chat that a body names.
async fn named(call: &Call) -> Result<(Caller, Conversation), Refusal> {
    let caller = caller(call).await?;
    let given = data(call).await?;
    let id = text(&given, "chatId").ok_or_else(|| error(StatusCode::BAD_REQUEST, "chatId is required"))?;
    let of = chat(call, &caller, id).await?;
    Ok((caller, of))
}

async fn links(call: &Call, caller: &Caller, of: &Conversation) -> Result<Vec<Link>, Error> {
    Ok(call.app.shares.list(caller, of.id, &PageRequest::first().limit(MAX_PAGE)).await?.items)
}

/// A link to the chat as it is now: the one that there is, or a new one.
pub(super) async fn share(call: Call) -> Outcome {
    let (caller, of) = named(&call).await?;
    let head = of.head_message();
    let now = call.app.now();
    let shows = |link: &Link| Some(link.share.message) == head && link.share.is_live(now);
    let known = links(&call, &caller, &of).await?.into_iter().filter(shows).find_map(|link| link.token);
    let (status, token) = match known {
        Some(token) => (StatusCode::OK, Some(token)),
        None => (StatusCode::CREATED, made(&call, &caller, &of).await?.token),
    };
    let token = token.unwrap_or_default();
    Ok(reply(status, &json!({ "shareUrl": format!("/share/{token}"), "token": token })))
}

async fn made(call: &Call, caller: &Caller, of: &Conversation) -> Result<Link, Refusal> {
    let made = call.app.shares.create(caller, of.id, NewShare::default()).await;
    made.map_err(|why| match why {
        Error::Invalid { .. } => error(StatusCode::BAD_REQUEST, "There is nothing to share yet"),
        Error::Busy => error(StatusCode::CONFLICT, "The answer is still being written"),
        other => other.into(),
    })
}

pub(super) async fn end(call: Call) -> Outcome {
    let (caller, of) = named(&call).await?;
    let ended: Vec<ShareId> = links(&call, &caller, &of).await?.iter().map(|link| link.share.id).collect();
    call.app.shares.end(&caller, of.id, None).await?;
    ok(&json!({ "success": true, "deleted": ended.len() }))
}

/// What a link shows, root first. Messages have numbers there and no ids: those are the owner's.
pub(super) async fn read(call: Call) -> Outcome {
    let token = call.segment("token");
    let (shares, mut page) = (&call.app.shares, PageRequest::first().limit(MAX_PAGE));
    let mut shared = shares.read(token, &page).await.map_err(none)?;
    let mut pages = vec![std::mem::take(&mut shared.messages.items)];
    while let Some(next) = shared.messages.next.take().filter(|_| pages.len() < MOST) {
        page = PageRequest::first().limit(MAX_PAGE).after(Some(next));
        let before = shares.read(token, &page).await.map_err(none)?.messages;
        (shared.messages.next, _) = (before.next, pages.push(before.items));
    }
    let is_owner = match guest(&call).await? {
        Some(caller) => shares.own(&caller, token).await.map_err(none)?.is_some(),
        None => false,
    };
    let said = pages.iter().rev().flatten().zip(1_u64..);
    ok(&json!({
        "title": shared.title,
        "createdAt": offset(shared.created_at),
        "isOwner": is_owner,
        "messages": said.map(|(it, number)| message(it, number)).collect::<Vec<_>>(),
    }))
}

fn message(of: &SharedMessage, number: u64) -> Value {
    json!({
        "uid": number.to_string(),
        "role": if of.role == Role::Assistant { "assistant" } else { "user" },
        "content": of.text,
        "createdAt": offset(of.created_at),
    })
}

/// A copy to go on with; whoever shared the chat goes on with the chat itself.
pub(super) async fn go_on(call: Call) -> Outcome {
    let caller = caller(&call).await?;
    let token = call.segment("token").to_owned();
    if let Some(own) = call.app.shares.own(&caller, &token).await.map_err(none)? {
        return ok(&json!({ "chatId": own.as_uuid().to_string(), "isNew": false }));
    }
    let once = call.once()?;
    let shares = call.app.shares.clone();
    let copy = detached(async move { shares.fork(&caller, &token, once).await }).await.map_err(none)?;
    created(&json!({ "chatId": copy.id.as_uuid().to_string(), "isNew": true }))
}
