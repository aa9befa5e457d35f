//! Branches: edit a question, answer again, switch between versions, fork a branch into a conversation of its own.
//!
//! `cargo run -p chatcore-examples --example 02_branching`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use chatcore::account::Caller;
use chatcore::conversation::{MessageView, NewConversation, Role};
use chatcore::page::PageRequest;
use chatcore::turn::{Ask, Turn};
use chatcore::{Chat, ConversationId, Error, MemoryStore, RandomIds, Timestamp, UserId};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Echo;

/// Waits for the answer of a turn.
async fn finish(turn: Turn) -> MessageView {
    turn.driver.await;
    turn.assistant_message
}

/// Prints the branch that the owner looks at.
async fn show(chat: &Chat, me: &Caller, id: ConversationId, what: &str) -> Result<(), Error> {
    println!("--- {what}");
    for MessageView { message, version, versions, .. } in
        chat.conversations().branch(me, id, None, &PageRequest::first()).await?.items
    {
        let who = if message.role == Role::User { "me " } else { "bot" };
        println!("{who} {version}/{versions}  {}", message.text());
    }
    Ok(())
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    let chat = Chat::new(MemoryStore::in_memory(), Echo::new(), SystemClock);
    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
    let conversation = chat.conversations().create(&me, NewConversation::default()).await?.id;

    let first = chat.send(&me, conversation, "What is a tree?").await?;
    let question = first.user_message.as_ref().map(|view| view.message.id).ok_or("no question")?;
    let answer = finish(first).await;
    show(&chat, &me, conversation, "a question and its answer").await?;

    finish(chat.regenerate(&me, answer.message.id, Ask::default()).await?).await;
    show(&chat, &me, conversation, "the answer again: version 2 of 2").await?;

    finish(chat.edit(&me, question, "What is a forest?").await?).await;
    show(&chat, &me, conversation, "the question edited: a branch of its own").await?;

    chat.conversations().move_head(&me, conversation, question, None).await?;
    show(&chat, &me, conversation, "back: the answer that was looked at last comes with it").await?;

    let copy = chat.conversations().fork(&me, conversation, answer.message.id, Some("A copy".to_owned())).await?;
    show(&chat, &me, copy.id, "the first branch, forked into a conversation of its own").await?;

    chat.delete_message(&me, question).await?;
    show(&chat, &me, conversation, "the first question deleted, with all below it").await?;
    Ok(())
}
