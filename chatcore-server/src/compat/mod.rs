//! The mounts for clients of five other chat back ends: `/compat/<name>` in front of the path that a client knows.
//!
//! A mount translates, and decides nothing: it reads what its clients send, calls the services of the core, and writes
//! what its clients expect. Rules, limits, credit and accounts are those of the server, so an account is one account in
//! all mounts, and what it used in one counts in the others.
//!
//! | file | holds |
//! | --- | --- |
//! | `mount` | what a mount is, and where it is served |
//! | `call`, `resource` | a request, and the methods of one path |
//! | `reply` | answers, and refusals in the shape of a mount |
//! | `sse` | streams of events |
//! | `document` | what a mount says of its routes, in OpenAPI |
//! | `admin` | the way to the pages of those who run the service |
//! | `talk` | turns whose answer is waited for, conversations and branches read whole |
//! | `drf` | what clients of Django REST framework expect: bodies, field errors, tokens |
//! | `fastapi` | what clients of FastAPI expect |
//! | one file or folder a system | its routes and its JSON |
//!
//! Routes are plain ones of the web framework: in these systems a path takes three kinds of bodies, errors come in five
//! shapes, and a missing slash is no other path, none of which the typed routes of the native API can say.

mod admin;
mod ai_chat_system;
mod call;
mod chat_platform;
mod chatbot;
mod django_chat;
mod document;
mod drf;
mod fastapi;
mod mount;
mod reply;
mod resource;
mod sentx;
mod sse;
mod talk;
mod time;

/// The mount whose chats are paid with tokens, as the ledger names it.
pub(crate) use ai_chat_system::NAME as TOKENS;
pub(crate) use mount::{Mount, check, is_upload, nest, profiles, render, served};

use call::Call;
use reply::{Outcome, Refusal};
use resource::{Dialect, Resource};
