//! A tool that the model calls, and a hook that looks at every turn.
//!
//! `cargo run -p chatcore-examples --example 08_tools`

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::account::Caller;
use chatcore::conversation::{NewConversation, Part};
use chatcore::turn::{Ended, FinishReason, Hook, Outgoing, Refusal, Tool, ToolCall, ToolError, ToolSpec};
use chatcore::{Chat, Error, MemoryStore, RandomIds, Timestamp, UserId};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::{Scripted, Step};
use serde_json::json;

/// Knows what is in stock.
struct Stock;

#[async_trait]
impl Tool for Stock {
    fn spec(&self) -> ToolSpec {
        ToolSpec {
            name: "stock".into(),
            description: "How many pieces of an article are in stock.".into(),
            parameters: json!({"type": "object", "properties": {"article": {"type": "string"}}, "required": ["article"]}),
        }
    }

    async fn call(&self, call: ToolCall) -> Result<String, ToolError> {
        // what a tool may see depends on who asks: `call.owner`
        match call.arguments["article"].as_str() {
            Some("chair") => Ok("7".to_owned()),
            Some(other) => Err(ToolError::new(format!("there is no article `{other}`"))),
            None => Err(ToolError::new("`article` is missing")),
        }
    }
}

/// Lets nothing through that asks for a password, and writes down what answers use.
struct Watch;

#[async_trait]
impl Hook for Watch {
    async fn before_send(&self, turn: &Outgoing<'_>) -> Result<(), Refusal> {
        let asks = |part: &Part| matches!(part, Part::Text { text } if text.contains("password"));
        let refusal = || Refusal { code: "moderation".into(), message: "we do not talk about passwords".into() };
        if turn.said.iter().any(asks) { Err(refusal()) } else { Ok(()) }
    }

    async fn after_answer(&self, answer: &Ended<'_>) {
        println!("[{} used {} tokens]", answer.model, answer.usage.total());
    }
}

#[tokio::main]
async fn main() -> Result<(), Box<dyn std::error::Error>> {
    // a real model decides by itself; this one follows a script
    let arguments = json!({"article": "chair"}).to_string();
    let call = Step::ToolCall { id: "1".into(), name: "stock".into(), arguments };
    let model = Scripted::new([call, Step::Finish(FinishReason::ToolCalls)])
        .then([Step::text("There are seven chairs."), Step::stop()]);
    let (store, clock) = (Arc::new(MemoryStore::in_memory()), Arc::new(SystemClock));
    let chat = Chat::over(store, model, clock, Arc::new(RandomIds)).tool(Stock).hook(Watch);

    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
    let conversation = chat.conversations().create(&me, NewConversation::default()).await?;
    let turn = chat.send(&me, conversation.id, "How many chairs do we have?").await?;
    turn.driver.await;
    let answer = chat.conversations().message(&me, turn.assistant_message.message.id).await?;
    for part in &answer.message.parts {
        match part {
            Part::ToolCall { name, arguments, .. } => println!("calls {name} with {arguments}"),
            Part::ToolResult { content, .. } => println!("it answers {content}"),
            Part::Text { text } => println!("{text}"),
            _ => {}
        }
    }
    match chat.send(&me, conversation.id, "What is your password?").await {
        Err(Error::Moderated(refusal)) => println!("refused: {refusal}"),
        _ => println!("it went through"),
    }
    Ok(())
}
