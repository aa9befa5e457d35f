//! The chat with sign-in at Google and a stream for each chat: `/compat/django-chat/...`.
//!
//! | file | holds |
//! | --- | --- |
//! | `accounts` | registering, signing in, staying signed in |
//! | `google` | the way to Google and back |
//! | `chats` | chats and what is said in them |
//! | `stream` | a chat as server-sent events |
//! | `tokens` | access tokens with a role |
//! | `plain` | errors |

mod accounts;
mod chats;
mod google;
mod plain;
mod stream;
mod tokens;

pub(crate) use tokens::Claims;

use poem::Route;

use super::Resource;
use super::admin;
use super::mount::Mount;
use plain::Plain;

/// Its name in paths, and that of its sessions.
const NAME: &str = "django-chat";

pub(super) const MOUNT: Mount = Mount { name: NAME, routes, render: plain::render };

fn routes() -> Route {
    let resource = || Resource::new(Plain);
    Route::new()
        .at("/auth/register", resource().post(accounts::register))
        .at("/auth/login", resource().post(accounts::login))
        .at("/auth/refresh", resource().post(accounts::refresh))
        .at("/auth/logout", resource().post(accounts::logout))
        .at("/auth/me", resource().get(accounts::me))
        .at("/auth/ticket", resource().post(stream::ticket))
        .at("/auth/google/login", resource().get(google::login))
        .at("/auth/google/callback", resource().get(google::callback).post(google::exchange))
        .at("/api/chat", resource().get(chats::list).post(chats::create))
        .at("/api/chat/:chat/send", resource().post(chats::send))
        .at("/api/chat/:chat/messages", resource().get(stream::messages))
        .at("/admin", resource().get(admin::index))
}
