//! The server's routes inside a poem application of your own, beside your own routes, with the same accounts.
//!
//! `cargo run -p chatcore-examples --example 06_mount_in_poem` starts it, plays a client of it, and ends. With `-- serve` it
//! stays: the chat page is at `/`, the API at `/api/v1`, your own page at `/hello`.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::page::PageRequest;
use chatcore::turn::Models;
use chatcore_llm::offline::Eliza;
use chatcore_server::app::App;
use chatcore_server::config::Settings;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::Data;
use poem::{EndpointExt, Request, Route, Server, get, handler};
use serde_json::{Value, json};

type Result<T> = std::result::Result<T, Box<dyn std::error::Error + Send + Sync>>;

/// A page of your own. It knows who is signed in by asking whom the server's routes ask, and what they have by calling the
/// same services.
#[handler]
async fn hello(request: &Request, app: Data<&Arc<App>>) -> poem::Result<String> {
    let refused = |_| poem::Error::from_status(StatusCode::UNAUTHORIZED);
    let who = app.credentials.authenticate(request).await.map_err(refused)?;
    let chats = app.chat.conversations().list(&who.caller, &PageRequest::first()).await;
    let chats =
        chats.map_err(|error| poem::Error::from_string(error.to_string(), StatusCode::INTERNAL_SERVER_ERROR))?;
    let name = who.user.and_then(|user| user.username).unwrap_or_else(|| "you".to_owned());
    Ok(format!("Hello {name}, you have {} chats.", chats.items.len()))
}

#[tokio::main]
async fn main() -> Result<()> {
    // 1. Settings are those of the program; a file and the environment are read only if you ask for it.
    let settings =
        Settings { store: Some("memory:".to_owned().into()), ollama: Some("off".to_owned()), ..Settings::default() };
    let config = settings.resolve()?;

    // 2. The application: store, accounts, models of your own if you like.
    let app = App::with_models(&config, Models::new().with(Eliza::new())).await?;

    // 3. Your routes come first, the server's take what is left.
    let routes =
        Route::new().at("/hello", get(hello).data(app.clone())).nest("/", chatcore_server::routes(&app, &config));
    let stays = std::env::args().nth(1).as_deref() == Some("serve");
    let acceptor = TcpListener::bind(if stays { "127.0.0.1:8000" } else { "127.0.0.1:0" }).into_acceptor().await?;
    let address = acceptor.local_addr().first().and_then(|address| address.as_socket_addr().copied());
    let base = format!("http://{}", address.ok_or("no address")?);

    // 4. What a server does beside answering: it looks after runs that lapsed, erases what was deleted, hears of other servers.
    let house = app.keep_house();
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let ends = async move { if stays { drop(tokio::signal::ctrl_c().await) } else { drop(stopped.await) } };
    let serving = tokio::spawn(Server::new_with_acceptor(acceptor).run_with_graceful_shutdown(routes, ends, None));
    if stays {
        println!("listening on {base}");
    } else {
        play(&base).await?;
        let _ = stop.send(());
    }
    serving.await??;

    // 5. The end, in order: answers that are being written come to theirs, then the store is closed.
    app.wind_down(Duration::from_secs(5)).await;
    house.iter().for_each(tokio::task::JoinHandle::abort);
    app.close().await;
    Ok(())
}

/// What a client does: it signs up at the server's route, chats there, and is known on your page.
async fn play(base: &str) -> Result<()> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    println!("a stranger at /hello: {}", http.get(format!("{base}/hello")).send().await?.status());
    let account = json!({"username": "ann", "password": "correct horse battery"});
    let signed_in = http.post(format!("{base}/api/v1/auth/register")).json(&account).send().await?;
    let session: Value = signed_in.error_for_status()?.json().await?;
    let token = session["access_token"].as_str().ok_or("no token")?;
    let chat = http.post(format!("{base}/api/v1/conversations")).bearer_auth(token).json(&json!({})).send().await?;
    let chat: Value = chat.error_for_status()?.json().await?;
    let messages = format!("{base}/api/v1/conversations/{}/messages", chat["id"].as_str().ok_or("no id")?);
    let turn = http.post(messages).bearer_auth(token).json(&json!({"text": "I am learning Rust."})).send().await?;
    let turn: Value = turn.error_for_status()?.json().await?;
    println!("eliza: {}", turn["assistant_message"]["text"].as_str().unwrap_or_default());
    println!("{}", http.get(format!("{base}/hello")).bearer_auth(token).send().await?.text().await?);
    println!("the page at /: {}", http.get(base).send().await?.status());
    Ok(())
}
