//! A store of your own: everything in one file of JSON lines. The store is in `json_lines`; this talks over it, closes it
//! and opens it again.
//!
//! `cargo run -p chatcore-examples --example 03_custom_store`, with a file name behind `--` to keep the file

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod json_lines;

use std::path::PathBuf;

use chatcore::account::Caller;
use chatcore::conversation::NewConversation;
use chatcore::page::PageRequest;
use chatcore::{Chat, RandomIds, Timestamp, UserId};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Eliza;

use crate::json_lines::JsonLines;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let folder = tempfile::tempdir()?;
    let file = std::env::args_os().nth(1).map_or_else(|| folder.path().join("chat.jsonl"), PathBuf::from);
    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));

    let chat = Chat::new(JsonLines::open(&file).await?, Eliza::new(), SystemClock);
    let conversation = chat.conversations().create(&me, NewConversation::default()).await?.id;
    for text in ["I am writing a store.", "It keeps all in one file."] {
        chat.send(&me, conversation, text).await?.driver.await;
    }
    drop(chat);
    println!("--- closed: {} lines in {}", std::fs::read_to_string(&file)?.lines().count(), file.display());

    let chat = Chat::new(JsonLines::open(&file).await?, Eliza::new(), SystemClock);
    println!("--- opened again");
    for view in chat.conversations().branch(&me, conversation, None, &PageRequest::first()).await?.items {
        println!("{:?}: {}", view.message.role, view.message.text());
    }
    Ok(())
}
