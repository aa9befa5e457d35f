//! The chat with branches and streams that carry several answers: `/compat/sentx/...`.
//!
//! | file | holds |
//! | --- | --- |
//! | `accounts` | tokens, registering, the account, passwords |
//! | `who` | who asks: an account, or a device without one |
//! | `messages` | saying something, and answering again |
//! | `branches` | the active branch, and switching to another one |
//! | `sessions` | chats |
//! | `items` | messages by themselves: lists, files, what people think of answers |
//! | `shares` | links under which anybody reads a chat |
//! | `social` | signing in at Google and X |
//! | `payments` | plans, what was bought, what Stripe tells |
//! | `office` | what those who run the service read |
//! | `stream` | events: of one chat, or of all that a device talks in |
//! | `limits` | what may be used, and what was |
//!
//! The chat paths have two spellings, `/chat/...` and `/api/chat/...`, and both are served. Ids of messages and chats are
//! UUIDs.

mod accounts;
mod branches;
mod items;
mod limits;
mod messages;
mod office;
mod payments;
mod sessions;
mod shares;
mod social;
mod stream;
mod who;

pub(crate) use accounts::Claims;

use poem::Route;
use poem::http::Method;

use super::admin;
use super::document::Document;
use super::drf::{self, Drf, JWT_CHALLENGE};
use super::mount::Mount;
use super::{Call, Outcome, Resource};

/// Its name in paths, and that of its sessions.
const NAME: &str = "sentx";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: drf::render };

fn resource() -> Resource {
    Resource::new(Drf { challenge: JWT_CHALLENGE })
}

/// What is told of the routes, made of the table that is tested row by row.
const DOCUMENT: Document = Document {
    title: "SentX AI Chat Server",
    table: include_str!("../../../docs/compat/sentx.toml"),
    version: "3.0.3",
};

fn routes() -> Route {
    let routes = ["/chat", "/api/chat"].into_iter().fold(accounts_at(Route::new()), chats_at);
    let routes = ["/api/share/:token", "/api/s/:token"].into_iter().fold(routes, |routes, at| {
        routes.at(at, resource().get(shares::read)).at(format!("{at}/continue"), resource().post(shares::go_on))
    });
    office_at(payments_at(social_at(routes)))
        .at("/api/regeneration", resource().post(messages::regenerate))
        .at("/api/usage-limits", resource().get(limits::limits))
        .at("/media/chat_files/:id", resource().get(items::content))
        .at("/api/schema", resource().get(schema))
        .at("/api/swagger", resource().get(async |call| DOCUMENT.swagger(&call, "/api/swagger")))
        .at("/api/redoc", resource().get(async |call| DOCUMENT.redoc(&call, "/api/redoc")))
}

/// In YAML, of which JSON is a part, or in JSON.
async fn schema(call: Call) -> Outcome {
    let kind = match call.parameter("format").as_deref() {
        Some("json") => "application/vnd.oai.openapi+json",
        _ => "application/vnd.oai.openapi; charset=utf-8",
    };
    DOCUMENT.answer(&call, "/api/schema", kind)
}

fn social_at(routes: Route) -> Route {
    let exchange = || resource().get(social::callback).post(social::exchange);
    routes
        .at("/api/auth/o/:provider", resource().get(social::depart).post(social::arrive))
        .at("/api/auth/users/social/:provider", exchange())
        .at("/api/auth/custom/:provider/callback", exchange())
        .at("/api/auth/custom/google-one-tap", resource().post(social::one_tap))
}

fn payments_at(routes: Route) -> Route {
    let subscriptions = "/api/payments/subscriptions";
    let one = resource().get(payments::subscription).on(Method::DELETE, payments::cancel);
    routes
        .at("/api/payments/billing-plans", resource().get(payments::plans))
        .at("/api/payments/billing-plans/:id", resource().get(payments::plan))
        .at(subscriptions, resource().get(payments::subscriptions).post(payments::subscribe))
        .at(format!("{subscriptions}/create_checkout_session"), resource().post(payments::checkout))
        .at(format!("{subscriptions}/create_portal_session"), resource().post(payments::portal))
        .at(format!("{subscriptions}/:id"), one)
        .at("/api/payments/webhook", resource().post(payments::webhook))
        .at("/api/payments/webhooks/stripe", resource().post(payments::webhook))
}

fn office_at(routes: Route) -> Route {
    let interface = "/admin/llm/messages-interface";
    routes
        .at("/admin", resource().get(admin::index))
        .at(interface, resource().get(office::page))
        .at(format!("{interface}/api/filters"), resource().get(office::filters))
        .at(format!("{interface}/api/breadcrumbs"), resource().get(office::breadcrumbs))
        .at(format!("{interface}/api/date-filters"), resource().get(office::date_filters))
        .at(format!("{interface}/api/chats"), resource().get(office::chats))
        .at(format!("{interface}/api/chats/messages"), resource().get(office::messages))
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
        .at(format!("{at}/share"), resource().post(shares::share).on(Method::DELETE, shares::end))
        .at(format!("{at}/persistent-stream"), resource().get(stream::open_for_all))
        .at(format!("{at}/persistent-messages"), resource().post(messages::send_to_stream))
        .at(format!("{at}/messages-list"), resource().get(items::list))
        .at(format!("{at}/messages-list/chat_history"), resource().get(items::of_chat))
        .at(format!("{at}/messages-list/:uid"), resource().get(items::one))
        .at(format!("{at}/messages-list/:uid/attach_file"), resource().upload(items::attach))
        .at(format!("{at}/messages-list/:uid/feedback"), resource().post(items::feedback))
}
