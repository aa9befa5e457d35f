//! A model of one's own: it answers with the number of words that it was told, and works offline.
//!
//! `cargo run -p chatcore-examples --example 04_custom_model`
//!
//! The model is in `abacus.rs`. That it keeps what a model promises is proved by `tests/custom_model_conformance.rs`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod abacus;

use abacus::Abacus;
use chatcore::account::Caller;
use chatcore::conversation::NewConversation;
use chatcore::page::PageRequest;
use chatcore::turn::Models;
use chatcore::{Chat, MemoryStore, RandomIds, Timestamp, UserId};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Eliza;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let abacus = Abacus::default();
    // beside others; a turn names the one that it wants, or gets the first
    let models = Models::new().with(abacus.clone()).with(Eliza::new());
    let chat = Chat::new(MemoryStore::in_memory(), models, SystemClock);
    for info in chat.models() {
        println!("{} can read {} tokens", info.id, info.context_tokens);
    }
    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
    let conversation = chat.conversations().create(&me, NewConversation::default()).await?;
    for text in ["How many words are these?", "And with these, how many in all?"] {
        chat.send(&me, conversation.id, text).await?.driver.await;
    }
    let page = chat.conversations().branch(&me, conversation.id, None, &PageRequest::first()).await?;
    for view in &page.items {
        println!("{:?}: {}", view.message.role, view.message.text());
    }
    println!("answers in the making: {}", abacus.at_work());
    Ok(())
}
