//! A whole chat in one function: a question, an answer as it is written, both kept on disk.
//!
//! `cargo run -p chatcore-examples --example 01_embed`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use chatcore::account::Caller;
use chatcore::conversation::NewConversation;
use chatcore::turn::RunEvent;
use chatcore::{Chat, RandomIds, Timestamp, UserId};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Eliza;
use chatcore_sqlx::SqliteStore;
use futures::StreamExt;

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chat = Chat::new(SqliteStore::open("chat.db").await?, Eliza::new(), SystemClock);
    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
    let conversation = chat.conversations().create(&me, NewConversation::default()).await?;
    let turn = chat.send(&me, conversation.id, "I am learning Rust.").await?;
    tokio::spawn(turn.driver);
    let mut events = chat.events(&me, turn.run.id, 0).await?;
    while let Some(event) = events.next().await {
        if let RunEvent::Delta { text } = event?.event {
            print!("{text}");
        }
    }
    Ok(())
}
