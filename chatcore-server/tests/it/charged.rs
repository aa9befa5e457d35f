//! What answers cost that do not come to their end: cut at every piece, stopped at every piece, left by a server that was
//! killed. What is charged is what the provider said, or a count of what came, and the entry says which.

use std::time::Duration;

use chatcore::conversation::Part;
use chatcore::turn::estimate;
use chatcore_llm::testing::{Answer, MockOpenAi};
use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::{Client, User, eventually, text_of};
use crate::records::Turn;
use crate::server::{Kind, TestServer};

/// Words of an answer. Behind them come its end, the provider's report, and the mark of the end.
const WORDS: usize = 5;
/// What the provider reports: tokens read and written.
const REPORT: (u64, u64) = (30, 12);
const POLICIES: [&str; 4] = ["generated", "delivered", "drain=5000/1000", "surcharge=1000"];
const QUESTION: &str = "a question of some length";

/// A token that is read costs 1, one that is written 2.
const CHARGING: &str = "
    [charging]
    charge = 'per_token'
    start_balance = 1_000_000_000
    aborted = '{policy}'

    [[models]]
    id = 'echo'
    kind = 'echo'
    prices = { input = 1_000_000, output = 2_000_000 }
";

fn said(words: usize) -> String {
    (0..words).map(|at| format!("word{at} ")).collect()
}

fn tokens(text: &str) -> u64 {
    if text.is_empty() { 0 } else { estimate(&[Part::text(text)]) }
}

/// A whole answer of the provider, as events.
fn whole() -> Answer {
    let event = |delta: &Value, finish: Option<&str>| {
        format!("data: {}\n\n", json!({"choices": [{"index": 0, "delta": delta, "finish_reason": finish}]}))
    };
    let words: String = (0..WORDS).map(|at| event(&json!({"content": format!("word{at} ")}), None)).collect();
    let usage = json!({"choices": [], "usage": {"prompt_tokens": REPORT.0, "completion_tokens": REPORT.1}});
    Answer::events(&format!("{words}{}data: {usage}\n\ndata: [DONE]\n\n", event(&json!({}), Some("stop"))))
}

/// A server before a scripted provider, and somebody with a conversation.
struct Scene {
    upstream: MockOpenAi,
    _server: TestServer,
    ada: User,
    conversation: String,
}

impl Scene {
    async fn new(policy: &str) -> Self {
        let upstream = MockOpenAi::start().await.unwrap();
        let text = CHARGING
            .replace("{policy}", policy)
            .replace("id = 'echo'\n    kind = 'echo'", "id = 'mock'\n    kind = 'openai'");
        let text = format!("{text}\nbase_url = '{}'", upstream.base_url());
        let server = TestServer::set_up(Kind::Memory, toml::from_str::<Settings>(&text).unwrap(), None).await;
        let ada = server.user("ada").await;
        let conversation = ada.conversation().await.id;
        Self { upstream, _server: server, ada, conversation }
    }

    /// How long the prompt of the question is.
    async fn prompt(&self) -> u64 {
        prompt(&self.ada, &self.conversation, json!({"text": QUESTION, "parent_id": null})).await
    }

    async fn begin(&self) -> crate::client::Events {
        let path = format!("/conversations/{}/messages", self.conversation);
        self.ada.stream(&path, json!({"text": QUESTION, "parent_id": null, "stream": true})).await
    }

    /// Somebody stops the answer when these words are there, and says that they have seen half of them.
    async fn stopped_behind(&self, words: usize) -> String {
        let mut events = self.begin().await;
        let mut heard = vec![events.next().await.unwrap()];
        while text_of(&heard).len() < said(words).len() {
            heard.push(events.next().await.unwrap());
        }
        let run = heard[0].run.clone();
        let seen = said(words / 2).len();
        self.ada.post(&format!("/runs/{run}/stop"), json!({"seen_len": seen})).await.is(202);
        events.rest().await;
        // one that is not silent may have come to its end meanwhile
        let state = self.ada.ended(&run).await.state;
        assert!(matches!(&*state, "stopped" | "completed"), "{state}");
        run
    }

    async fn charged(&self, run: &str) -> Option<Charged> {
        charged(&self.ada, run).await
    }
}

async fn prompt(client: &Client, conversation: &str, body: Value) -> u64 {
    let plan: Value = client.post(&format!("/conversations/{conversation}/plan"), body).await.to(200);
    plan["tokens"].as_u64().unwrap()
}

/// What stands in the ledger of a run: tokens read and written, and who counted.
#[derive(Debug, PartialEq, Eq)]
struct Charged {
    read: u64,
    written: u64,
    source: String,
}

impl Charged {
    fn reported() -> Self {
        Self { read: REPORT.0, written: REPORT.1, source: "provider".into() }
    }

    /// Counted, with so many hundredths of a percent more.
    fn counted(read: u64, written: u64, more: u64) -> Self {
        let of = |tokens: u64| (tokens * (10_000 + more)).div_ceil(10_000);
        Self { read: of(read), written: of(written), source: "estimated".into() }
    }
}

async fn charged(client: &Client, run: &str) -> Option<Charged> {
    let entries = client.pages::<Value>("/me/ledger", 100).await;
    let entry = entries.iter().find(|entry| entry["charge"]["run_id"] == run)?;
    let usage = &entry["charge"]["models"][0]["usage"];
    let number = |name: &str| usage[name].as_u64().unwrap();
    let charged = Charged {
        read: number("input"),
        written: number("output"),
        source: usage["source"].as_str().unwrap().to_owned(),
    };
    let cost = i64::try_from(charged.read + 2 * charged.written).unwrap();
    assert_eq!(entry["amount"], -cost, "by the prices: {entry}");
    Some(charged)
}

/// Nothing is held, and what is left is what the entries leave.
async fn expect_even(client: &Client) {
    let now: Value = client.get("/me/usage").await.to(200);
    let entries = client.pages::<Value>("/me/ledger", 100).await;
    let sum: i64 = entries.iter().map(|entry| entry["amount"].as_i64().unwrap()).sum();
    assert_eq!((now["balance"].as_i64(), now["available"].as_i64()), (Some(sum), Some(sum)), "{now}");
}

fn surcharge(policy: &str) -> u64 {
    policy.strip_prefix("surcharge=").map_or(0, |more| more.parse().unwrap())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_breaks_off_costs_what_came_of_it() {
    for policy in POLICIES {
        let scene = Scene::new(policy).await;
        let prompt = scene.prompt().await;
        for pieces in 0..=WORDS + 3 {
            scene.upstream.push(whole().break_after(pieces));
            let events = scene.begin().await.rest().await;
            let run = scene.ada.run(&events[0].run).await;
            let text = said(pieces.min(WORDS));
            assert_eq!(text_of(&events), text, "{policy} behind {pieces}");
            let more = if run.state == "completed" { 0 } else { surcharge(policy) };
            let expected = match pieces {
                0 => None,
                _ if pieces > WORDS + 1 => Some(Charged::reported()),
                _ => Some(Charged::counted(prompt, tokens(&text), more)),
            };
            assert_eq!(scene.charged(&run.id).await, expected, "{policy} behind {pieces}, {}", run.state);
        }
        expect_even(&scene.ada).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_answer_that_is_stopped_costs_what_the_policy_says() {
    for policy in POLICIES {
        let scene = Scene::new(policy).await;
        let prompt = scene.prompt().await;
        for words in 1..=WORDS {
            let drains = policy.starts_with("drain");
            // who is heard out goes on by itself, all others would be silent for good
            scene.upstream.push(if drains {
                whole().pace(Duration::from_millis(20))
            } else {
                whole().hang_after(words)
            });
            let run = scene.stopped_behind(words).await;
            let written = if policy == "delivered" { said(words / 2) } else { said(words) };
            let expected = match drains {
                true => Charged::reported(),
                false => Charged::counted(prompt, tokens(&written), surcharge(policy)),
            };
            assert_eq!(scene.charged(&run).await, Some(expected), "{policy} behind {words}");
        }
        expect_even(&scene.ada).await;
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_killed_server_leaves_nothing_held_and_what_was_stored_is_charged() {
    let folder = tempfile::tempdir().unwrap();
    std::fs::write(folder.path().join("chat.toml"), CHARGING.replace("{policy}", "generated")).unwrap();
    let environment = [
        ("CHATCORE_OFFLINE_DELAY_MS", "30"),
        ("CHATCORE_CONFIG", "chat.toml"),
        ("CHATCORE_LIMITS", "concurrent_runs=3"),
    ];
    let server = Binary::start(folder.path(), &environment).await;
    let ada = server.anonymous().register("ada").await;
    let (text, mut begun) = ("a word or two ".repeat(500), Vec::new());
    for _ in 0..3 {
        let id = ada.conversation().await.id;
        let ask = json!({"text": text, "model": "echo"});
        let prompt = prompt(&ada, &id, ask.clone()).await;
        let turn: Turn = ada.send(&id, json!({"text": text, "model": "echo", "detach": true})).await.to(202);
        begun.push((turn, prompt));
    }
    let full = ada.send(&ada.conversation().await.id, json!({"text": "one more", "model": "echo"})).await;
    full.problem(429, "limit-reached");
    for (turn, _) in &begun {
        let some = async || Some(ada.message(&turn.answer().id).await).filter(|message| message.text.len() > 20);
        eventually("some of the answer is stored", some).await;
    }
    let held: Value = ada.get("/me/usage").await.to(200);
    assert_ne!(held["balance"], held["available"], "credit is set aside");
    server.kill().await;

    let server = Binary::start(folder.path(), &environment).await;
    let ada = server.anonymous().bearer(&ada.session.access_token);
    for (turn, prompt) in &begun {
        let message = ada.message(&turn.answer().id).await;
        assert_eq!(message.state, "interrupted");
        let expected = Charged::counted(*prompt, tokens(&message.text), 0);
        assert_eq!(charged(&ada, &turn.run().id).await, Some(expected), "the prompt, and what was stored");
    }
    expect_even(&ada).await;
    ada.send(&ada.conversation().await.id, json!({"text": "short", "model": "echo"})).await.is(201);
    server.end().await;
}
