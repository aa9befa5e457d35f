//! The platform that people sign in to with wallets: `/compat/chat-platform/...`.
//!
//! | file | holds |
//! | --- | --- |
//! | `wallet` | the text that is signed, signing in, access tokens |
//! | `email` | an address for an account |
//! | `user` | the profile, and limits |
//! | `chats`, `messages` | chats by number, and what is said in them |
//!
//! Ids are numbers, counted for each account: a number of somebody else's chat is no number of the caller's.

mod chats;
mod email;
mod messages;
mod user;
mod wallet;

pub(crate) use wallet::Claims;

use chatcore::Error;
use poem::Route;
use poem::http::{Method, StatusCode};
use serde_json::json;

use super::document::Document;
use super::fastapi::{self, FastApi, bearer, refusal};
use super::mount::Mount;
use super::reply::ok;
use super::{Call, Outcome, Refusal, Resource};
use crate::auth::Authenticated;

/// Its name in paths, and that of its sessions.
const NAME: &str = "chat-platform";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: fastapi::render };

/// What is told of the routes, made of the table that is tested row by row.
const DOCUMENT: Document = Document {
    title: "ChatPlatform",
    table: include_str!("../../../docs/compat/chat-platform.toml"),
    version: "3.1.0",
};

fn routes() -> Route {
    let resource = || Resource::new(FastApi);
    let chat = resource().get(chats::get).on(Method::PUT, chats::rename).on(Method::DELETE, chats::delete);
    let message = resource().get(messages::get).on(Method::PUT, messages::revise).on(Method::DELETE, messages::delete);
    Route::new()
        .at("/", resource().get(about))
        .at("/health", resource().get(health))
        .at("/openapi.json", resource().get(async |call| DOCUMENT.answer(&call, "/openapi.json", "application/json")))
        .at("/docs", resource().get(async |call| DOCUMENT.swagger(&call, "/docs")))
        .at("/redoc", resource().get(async |call| DOCUMENT.redoc(&call, "/redoc")))
        .at("/auth/message", resource().get(wallet::message))
        .at("/auth/authenticate", resource().post(wallet::authenticate))
        .at("/auth/add-email", resource().post(email::add))
        .at("/auth/verify-email-code", resource().post(email::verify))
        .at("/user/profile", resource().get(user::profile).on(Method::PUT, user::update))
        .at("/user/me", resource().get(user::profile))
        .at("/user/limits", resource().get(user::limits))
        .at("/user/wallet/:address", resource().get(user::by_wallet))
        .at("/chat", resource().get(chats::list).post(chats::create))
        .at("/chat/recent", resource().get(chats::recent))
        .at("/chat/:chat_id", chat)
        .at("/message", resource().post(messages::send))
        .at("/message/chat/:chat_id", resource().get(messages::list))
        .at("/message/chat/:chat_id/full", resource().get(messages::full))
        .at("/message/chat/:chat_id/recent", resource().get(messages::recent))
        .at("/message/:message_id", message)
}

async fn about(_: Call) -> Outcome {
    ok(&json!({ "message": "ChatPlatform", "version": env!("CARGO_PKG_VERSION") }))
}

async fn health(call: Call) -> Outcome {
    if call.app.answers().await {
        return ok(&json!({ "status": "healthy", "service": "chatcore" }));
    }
    Err(refusal(StatusCode::SERVICE_UNAVAILABLE, "service_error", "Service temporarily unavailable"))
}

/// Who sends a request.
async fn signed_in(call: &Call) -> Result<Authenticated, Refusal> {
    let token = bearer(call)?;
    match call.app.credentials.by_profile(NAME, token).await {
        Err(Error::Unauthenticated) => Err(refusal(StatusCode::UNAUTHORIZED, "auth_error", "Invalid or expired token")),
        found => Ok(found?),
    }
}

/// There is no such thing, or it is somebody else's.
fn missing(what: &str) -> Refusal {
    refusal(StatusCode::NOT_FOUND, "not_found_error", &format!("{what} not found"))
}
