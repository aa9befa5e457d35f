//! Clients of other systems, at their mounts: what they send is what the documents of those systems say, and only the base
//! URL is another.
//!
//! `table` sends every row of `docs/compat/*.toml`, in order, on every store, and keeps the pages that are made of the rows
//! in step. The other files are what a table cannot say: errors to the letter, several accounts, many at once.
#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test that fails panics")]

#[macro_use]
#[path = "../it/server.rs"]
#[expect(dead_code, reason = "shared with the tests of the native API")]
mod server;

mod acts;
mod ai_chat_system;
mod chat_platform;
mod chatbot;
mod client;
#[cfg(feature = "stripe")]
mod clients;
mod differential;
mod django_chat;
mod documents;
mod foreign;
mod google;
mod importing;
mod items;
#[path = "../oauth/mock.rs"]
#[expect(dead_code, reason = "shared with the tests of the flow by itself")]
mod mock;
mod mounts;
mod one_account;
mod sentx;
#[cfg(feature = "stripe")]
mod shop;
#[path = "../oauth/signing.rs"]
#[expect(dead_code, reason = "shared with the tests of the flow by itself")]
mod signing;
mod social;
mod table;
#[path = "../common/wallet.rs"]
mod wallet;
mod world;
