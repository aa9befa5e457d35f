//! The chat with branches and streams that carry several answers: `/compat/sentx/...`.
//!
//! | file | holds |
//! | --- | --- |
//! | `accounts` | tokens, registering, the account, passwords |
//! | `who` | who asks: an account, or a device without one |
//! | `messages` | saying something, and answering again |
//! | `branches` | the active branch, and switching to another one |
//! | `sessions` | chats |
//! | `stream` | events: of one chat, or of all that a device talks in |
//! | `limits` | what may be used, and what was |
//!
//! The chat paths have two spellings, `/chat/...` and `/api/chat/...`, and both are served. Ids of messages and chats are
//! UUIDs.

mod accounts;
mod branches;
mod limits;
mod messages;
mod sessions;
mod stream;
mod who;

pub(crate) use accounts::Claims;

use poem::Route;
use poem::http::Method;

use super::Resource;
use super::drf::{self, Drf, JWT_CHALLENGE};
use super::mount::Mount;

/// Its name in paths, and that of its sessions.
const NAME: &str = "sentx";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: drf::render };

fn resource() -> Resource {
    Resource::new(Drf { challenge: JWT_CHALLENGE })
}

fn routes() -> Route {
    let routes = ["/chat", "/api/chat"].into_iter().fold(accounts_at(Route::new()), chats_at);
    routes
        .at("/api/regeneration", resource().post(messages::regenerate))
        .at("/api/usage-limits", resource().get(limits::limits))
        .at("/api/payments/billing-plans", resource().get(limits::plans))
        .at("/api/payments/billing-plans/:id", resource().get(limits::plan))
}

fn accounts_at(routes: Route) -> Route {
    let me = resource()
        .get(accounts::me)
        .on(Method::PUT, accounts::change)
        .on(Method::PATCH, accounts::change)
        .on(Method::DELETE, accounts::close);
    let routes = ["/api/auth/jwt", "/api/auth/jwt/jwt"].into_iter().fold(routes, |routes, at| {
        routes
            .at(format!("{at}/create"), resource().post(accounts::token))
            .at(format!("{at}/refresh"), resource().post(accounts::refresh))
            .at(format!("{at}/verify"), resource().post(accounts::verify))
    });
    routes
        .at("/api/token", resource().post(accounts::token))
        .at("/api/token/refresh", resource().post(accounts::refresh))
        .at("/api/auth/users", resource().get(accounts::hidden).post(accounts::register))
        .at("/api/auth/users/me", me)
        .at("/api/auth/users/set_password", resource().post(accounts::set_password))
        .at("/api/auth/users/reset_password", resource().post(accounts::forgot))
        .at("/api/auth/users/reset_password_confirm", resource().post(accounts::reset))
        .at("/api/auth/users/activation", resource().post(accounts::activate))
        .at("/api/auth/users/resend_activation", resource().post(accounts::activate_again))
}

/// The chat paths in one spelling.
fn chats_at(routes: Route, at: &str) -> Route {
    let one = resource()
        .get(sessions::get)
        .on(Method::PUT, sessions::rename_by_path)
        .on(Method::PATCH, sessions::rename_by_path)
        .on(Method::DELETE, sessions::delete);
    routes
        .at(format!("{at}/messages"), resource().post(messages::send))
        .at(format!("{at}/messages/regenerate"), resource().post(messages::regenerate))
        .at(format!("{at}/stream"), resource().get(stream::open))
        .at(format!("{at}/pong"), resource().post(stream::pong))
        .at(format!("{at}/stop-streaming"), resource().post(stream::stop))
        .at(format!("{at}/history"), resource().get(branches::history))
        .at(format!("{at}/switch-branch"), resource().post(branches::switch))
        .at(format!("{at}/rename"), resource().on(Method::PUT, sessions::rename))
        .at(format!("{at}/sessions"), resource().get(sessions::list).post(sessions::create))
        .at(format!("{at}/sessions/list"), resource().get(sessions::names))
        .at(format!("{at}/sessions/with_last_message"), resource().get(sessions::names))
        .at(format!("{at}/sessions/:id"), one)
}
