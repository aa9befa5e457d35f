//! How the server fares with a conversation 10,000 messages deep and with a message that has 1,000 siblings: the 95th
//! percentile of sending, of a page of 50 and of switching, beside a conversation of depth 100 in the same run.
//!
//! `cargo bench -p chatcore-benches --bench deep`. Over HTTP on loopback, SQLite in a file, a model that answers at once.
//!
//! A prompt grows with the conversation until the model's context is full, so sending is measured twice: to a model
//! whose context is full at depth 100 already, which shows what depth itself costs, and to one that reads 128,000
//! tokens, which shows what reading a long prompt costs.

#![expect(clippy::print_stdout, reason = "a bench prints what it measured")]

use std::error::Error;
use std::time::{Duration, Instant};

use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use chatcore::turn::{ModelInfo, Models};
use chatcore::{Chat, ConversationId, MessageId, account::Caller};
use chatcore_llm::offline::Scripted;
use chatcore_server::Server;
use chatcore_server::app::App;
use chatcore_server::config::{HttpSettings, Settings};
use reqwest::{Client, RequestBuilder};
use serde_json::{Value, json};

type Failure = Box<dyn Error>;

const ROUNDS: usize = 200;

/// A conversation that is measured, and two siblings between which its head moves.
struct Measured {
    name: &'static str,
    id: ConversationId,
    siblings: [MessageId; 2],
    times: [Vec<Duration>; 4],
}

async fn build(chat: &Chat, me: &Caller, name: &'static str, depth: usize, wide: usize) -> Result<Measured, Failure> {
    let id = chat.conversations().create(me, NewConversation::default()).await?.id;
    let say = |text: String, parent| NewMessage {
        role: Role::User,
        parts: vec![Part::text(text)],
        parent,
        expected_head: None,
        client_ref: None,
        once: None,
    };
    let mut last = None;
    for at in 0..depth {
        let text = format!("message {at} of a long conversation, with some words in it");
        last = Some(chat.conversations().append(me, id, say(text, Parent::Head)).await?.message.id);
    }
    let parent = last.map_or(Parent::Root, Parent::Message);
    let mut siblings = Vec::new();
    for at in 0..wide {
        let stored = chat.conversations().append(me, id, say(format!("sibling {at}"), parent)).await?;
        siblings.push(stored.message.id);
    }
    let siblings = [siblings[wide / 2 - 1], siblings[wide - 1]];
    Ok(Measured { name, id, siblings, times: Default::default() })
}

async fn timed(request: RequestBuilder) -> Result<(Duration, Value), Failure> {
    let begin = Instant::now();
    let answer = request.send().await?.error_for_status()?;
    let body = answer.json().await?;
    Ok((begin.elapsed(), body))
}

fn p95(times: &mut [Duration]) -> Duration {
    times.sort_unstable();
    times.get(times.len() * 95 / 100).copied().unwrap_or_default()
}

#[tokio::main]
async fn main() -> Result<(), Failure> {
    let folder = tempfile::tempdir()?;
    let settings = Settings {
        listen: Some("127.0.0.1:0".into()),
        store: Some(format!("sqlite:{}", folder.path().join("deep.db").display()).into()),
        // one address asks as often as it can
        http: HttpSettings { rate_limits: Some("off".into()), ..HttpSettings::default() },
        ..Settings::default()
    };
    let config = settings.resolve()?;
    let model = |id: &str, context_tokens| {
        let info = ModelInfo::new(id, "bench", context_tokens).max_output_tokens(100);
        Scripted::says("yes").named(info)
    };
    let models = Models::new().with(model("small", 2_000)).with(model("large", 128_000));
    let app = App::with_models(&config, models).await?;
    let server = Server::bind_app(app.clone(), &config).await?;
    let api = format!("http://{}/api/v1", server.address()?);
    let (stop, stopped) = tokio::sync::oneshot::channel::<()>();
    let running = tokio::spawn(server.run(async {
        let _ = stopped.await;
    }));

    let http = Client::builder().no_proxy().build()?;
    let account = json!({ "email": "deep@example.com", "password": "correct horse battery" });
    let (_, session) = timed(http.post(format!("{api}/auth/register")).json(&account)).await?;
    let token = session["access_token"].as_str().ok_or("no token")?.to_owned();
    let me = Caller::user(session["user"]["id"].as_str().ok_or("no user")?.parse()?);

    println!("building ...");
    let mut all = vec![
        build(&app.chat, &me, "depth 100", 100, 2).await?,
        build(&app.chat, &me, "depth 10,000", 10_000, 2).await?,
        build(&app.chat, &me, "1,000 siblings", 100, 1_000).await?,
    ];
    for round in 0..ROUNDS {
        for one in &mut all {
            let conversation = format!("{api}/conversations/{}", one.id);
            let head = json!({ "message_id": one.siblings[round % 2] });
            let (time, _) = timed(http.put(format!("{conversation}/head")).bearer_auth(&token).json(&head)).await?;
            one.times[2].push(time);
            let page = http.get(format!("{conversation}/messages?limit=50")).bearer_auth(&token);
            one.times[1].push(timed(page).await?.0);
            for (at, model) in [(0, "small"), (3, "large")] {
                let say = json!({ "text": "hello", "detach": true, "model": model });
                let send = http.post(format!("{conversation}/messages")).bearer_auth(&token).json(&say);
                let (time, turn) = timed(send).await?;
                one.times[at].push(time);
                // the next one starts when this answer has ended
                let run = turn["run"]["id"].as_str().ok_or("no run")?;
                http.get(format!("{api}/runs/{run}/events")).bearer_auth(&token).send().await?.text().await?;
            }
        }
    }

    println!("95th percentiles, and beside depth 100");
    println!("{:<16} {:>12} {:>12} {:>12} {:>12}", "", "send", "page of 50", "switch", "send (128k)");
    let mut base = [Duration::ZERO; 4];
    for (at, one) in all.iter_mut().enumerate() {
        let found = one.times.each_mut().map(|times| p95(times));
        if at == 0 {
            base = found;
        }
        let micros = found.map(|time| format!("{} us", time.as_micros()));
        let ratios: Vec<String> = found
            .iter()
            .zip(base)
            .map(|(time, base)| format!("{:.2}x", time.as_secs_f64() / base.as_secs_f64()))
            .collect();
        let [send, page, switch, large] = micros;
        println!("{:<16} {send:>12} {page:>12} {switch:>12} {large:>12}   {}", one.name, ratios.join("  "));
    }
    drop(stop);
    running.await??;
    Ok(())
}
