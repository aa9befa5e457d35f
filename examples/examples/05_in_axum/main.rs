//! A chat inside an axum application: four routes over the library, without chatcore's server.
//!
//! `cargo run -p chatcore-examples --example 05_in_axum` starts it, plays a client of it, and ends. With `-- serve` it stays:
//!
//! ```sh
//! ME=$(uuidgen)
//! curl -X POST localhost:3000/chats -H "x-user: $ME"
//! curl -N -X POST localhost:3000/chats/<id> -H "x-user: $ME" -H 'content-type: application/json' -d '{"text": "Hello."}'
//! ```

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

mod routes;

use std::time::Duration;

use chatcore::{Chat, MemoryStore};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Eliza;
use serde_json::{Value, json};
use tokio::net::TcpListener;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

#[tokio::main]
async fn main() -> Result<()> {
    // 1. A store, a model, a clock. `SqliteStore::open("chat.db").await?` in place of the first keeps what is said, and
    //    `chatcore_llm::Client` in place of the second asks a provider.
    let chat = Chat::new(MemoryStore::in_memory(), Eliza::new(), SystemClock);

    // 2. What the last process left behind is put in order before anybody asks.
    chat.recover().await?;
    tokio::spawn(keep_house(chat.clone()));

    // 3. The routes are a `Router` like any other: `merge` or `nest` them into your own.
    let stays = std::env::args().nth(1).as_deref() == Some("serve");
    let listener = TcpListener::bind(if stays { "127.0.0.1:3000" } else { "127.0.0.1:0" }).await?;
    let address = listener.local_addr()?;
    let serving = tokio::spawn(async move { axum::serve(listener, routes::router(chat)).await });
    if stays {
        println!("listening on http://{address}");
        return Ok(serving.await??);
    }
    play(&format!("http://{address}")).await
}

/// Ends runs whose process went away, and removes what is kept for a while only.
async fn keep_house(chat: Chat) {
    loop {
        tokio::time::sleep(Duration::from_secs(5)).await;
        if let Err(error) = chat.sweep().await {
            println!("failed to look for runs that lapsed: {error}");
        }
        if let Err(error) = chat.tidy().await {
            println!("failed to tidy up: {error}");
        }
    }
}

/// What a client does: makes a chat, says something, hears the answer as it is written, and hears it again.
async fn play(base: &str) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let me = "018bcfe5-6800-7000-8000-000000000001";
    let made: Value = http.post(format!("{base}/chats")).header("x-user", me).send().await?.json().await?;
    let chat = format!("{base}/chats/{}", made["id"].as_str().unwrap_or_default());

    let said = json!({"text": "I am learning Rust."});
    let response = http.post(&chat).header("x-user", me).json(&said).send().await?.error_for_status()?;
    let run = response.headers()["x-run"].to_str()?.to_owned();
    println!("--- as it is written\n{}", response.text().await?.trim_end());

    // who lost the connection behind event 3 asks for what came after it, as an `EventSource` does by itself
    let events = http.get(format!("{base}/runs/{run}/events")).header("x-user", me).header("last-event-id", "3");
    let rest = events.send().await?.text().await?;
    println!("--- resumed behind event 3: {}", rest.lines().next().unwrap_or_default());

    let messages: Value = http.get(&chat).header("x-user", me).send().await?.json().await?;
    for message in messages.as_array().into_iter().flatten() {
        println!("{}: {}", message["role"], message["text"]);
    }
    let foreign = http.get(&chat).header("x-user", "018bcfe5-6800-7000-8000-000000000002").send().await?;
    println!("somebody else hears {}", foreign.status());
    Ok(())
}
