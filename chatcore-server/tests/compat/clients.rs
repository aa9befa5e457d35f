//! Clients that are not ours, at the mounts: npm's `eventsource` and `ethers`, PyPI's `eth-account` and `stripe`.
//!
//! ```text
//! CHATCORE_NODE=<folder with node_modules> CHATCORE_PYTHON=<interpreter> \
//!     cargo nextest run -p chatcore-server --test compat --run-ignored only clients::
//! ```
//!
//! What is missing is skipped and says so; with `CHATCORE_REQUIRE_SERVICES=1` missing means failed.

use std::path::{Path, PathBuf};
use std::process::Stdio;
use std::sync::atomic::{AtomicU32, Ordering};

use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;
use tokio::process::Command;

use crate::client::{Client, PATIENCE};
use crate::server::{Kind, TestServer};
use crate::world::{WEBHOOK, World};
use crate::{django_chat, sentx};

/// Says that something is missing; where it must not be it fails.
#[expect(clippy::print_stderr, reason = "what is skipped is said")]
fn skipped(what: &str) {
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(!required, "it needs {what}");
    eprintln!("skipped: it needs {what}");
}

/// A folder in which Node finds a package.
fn node(package: &str) -> Option<PathBuf> {
    let folder = std::env::var_os("CHATCORE_NODE").map(PathBuf::from);
    let found = folder.filter(|folder| folder.join(format!("node_modules/{package}/package.json")).is_file());
    if found.is_none() {
        skipped(&format!("the package `{package}` of Node (CHATCORE_NODE names the folder)"));
    }
    found
}

/// An interpreter that has a module.
async fn python(module: &str) -> Option<String> {
    let name = std::env::var("CHATCORE_PYTHON").unwrap_or_else(|_| "python3".to_owned());
    let mut import = Command::new(&name);
    import.args(["-c", &format!("import {module}")]).stdout(Stdio::null()).stderr(Stdio::null());
    let found = import.status().await.is_ok_and(|status| status.success());
    if !found {
        skipped(&format!("a Python with `{module}` (CHATCORE_PYTHON names it)"));
    }
    found.then_some(name)
}

/// What a program says in JSON, with one line of JSON to read.
async fn said(mut program: Command, asked: &Value) -> Value {
    let said = async {
        let piped = program.stdin(Stdio::piped()).stdout(Stdio::piped()).kill_on_drop(true).env("NO_PROXY", "*");
        let mut running = piped.spawn().unwrap();
        let mut input = running.stdin.take().unwrap();
        input.write_all(format!("{asked}\n").as_bytes()).await.unwrap();
        drop(input);
        let output = running.wait_with_output().await.unwrap();
        assert!(output.status.success(), "{asked}");
        serde_json::from_slice(&output.stdout).unwrap()
    };
    tokio::time::timeout(PATIENCE, said).await.expect("an end in time")
}

/// Runs a script of Node beside its packages, where Node looks for them.
async fn run_node(folder: &Path, script: &str, asked: &Value) -> Value {
    static NEXT: AtomicU32 = AtomicU32::new(0);
    let path = folder.join(format!("compat-{}-{}.mjs", std::process::id(), NEXT.fetch_add(1, Ordering::Relaxed)));
    std::fs::write(&path, script).unwrap();
    let mut node = Command::new("node");
    node.arg(&path);
    let said = said(node, asked).await;
    std::fs::remove_file(path).unwrap();
    said
}

const READER: &str = include_str!("reader.mjs");

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs packages of Node; the head of this file has the command"]
async fn an_event_source_hears_an_answer_of_the_django_chat() {
    let Some(folder) = node("eventsource") else { return };
    let server = TestServer::start(Kind::Memory).await;
    let ann = django_chat::registered(&server.anonymous().at("django-chat"), "ann").await;
    let chat = ann.post("/api/chat/", json!({"title": "Test Chat", "content": "Hello there"})).await.json(201);
    let chat = chat["id"].as_str().unwrap();
    // as a page does it that can send no headers
    let ticket = ann.post("/auth/ticket/", json!({"chat_id": chat})).await.json(200);
    let url = format!("{}/api/chat/{chat}/messages/?ticket={}", ann.base, ticket["ticket"].as_str().unwrap());
    let asked = json!({"url": url, "last": "done", "names": ["message", "delta", "done"]});
    let listening = tokio::spawn(async move { run_node(&folder, READER, &asked).await });
    // it opens a moment later, and the first answer may be whole by then
    while !listening.is_finished() {
        ann.post(&format!("/api/chat/{chat}/send/"), json!({"content": "Hello there"})).await;
        tokio::time::sleep(std::time::Duration::from_millis(300)).await;
    }
    let heard = listening.await.unwrap();
    let events = heard["events"].as_array().unwrap();
    assert!(events.iter().all(|event| event["name"] == event["data"]["type"]), "{heard}");
    assert_eq!(events.last().unwrap()["name"], "done");
    assert!(events.last().unwrap()["data"].to_string().contains("Hello there"), "{heard}");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs packages of Node; the head of this file has the command"]
async fn an_event_source_hears_an_answer_of_sentx() {
    let Some(folder) = node("eventsource") else { return };
    let server = TestServer::start(Kind::Memory).await;
    let ann = sentx::registered(&server.anonymous().at("sentx"), "ann").await;
    let said = ann.post("/chat/messages", json!({"content": "one two three"})).await.json(200);
    let url = format!("{}/chat/stream?chatId={}", ann.base, said["chatId"].as_str().unwrap());
    let asked = json!({"url": url, "authorization": ann.authorization(), "last": "[DONE]", "names": []});
    let heard = run_node(&folder, READER, &asked).await;
    let events = heard["events"].as_array().unwrap();
    assert_eq!(heard["connections"], 1, "it does not come back for what it has heard");
    let last = &events[events.len() - 1]["data"];
    assert_eq!((&last["content"], &last["role"]), (&json!("one two three"), &json!("assistant")), "{heard}");
    server.end().await;
}

/// Signs in at the platform for wallets with what a program signs.
async fn sign_in(client: &Client, sign: impl AsyncFnOnce(Value) -> Value) {
    let text = client.get("/auth/message").await.json(200)["message"].clone();
    let signed = sign(json!({"key": format!("0x{}", "46".repeat(32)), "text": text})).await;
    let body = json!({"wallet_address": signed["address"], "signature": signed["signature"]});
    let session = client.post("/auth/authenticate", body).await.json(200);
    let me = client.showing(format!("Bearer {}", session["access_token"].as_str().unwrap()));
    let wallet = me.get("/user/profile").await.json(200)["wallet_address"].clone();
    assert_eq!(wallet, signed["address"].as_str().unwrap().to_lowercase());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs packages of Node and Python; the head of this file has the command"]
async fn wallets_of_others_sign_in() {
    let server = TestServer::start(Kind::Memory).await;
    let client = server.anonymous().at("chat-platform");
    if let Some(folder) = node("ethers") {
        let script = include_str!("../wallet/sign.mjs");
        sign_in(&client, async |asked| run_node(&folder, script, &asked).await).await;
    }
    if let Some(python) = python("eth_account").await {
        let mut program = Command::new(python);
        program.arg(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/wallet/sign.py"));
        sign_in(&client, async |asked| said(program, &asked).await).await;
    }
    server.end().await;
}

const SIGNER: &str = "
import json, sys, time, stripe
asked = json.loads(sys.stdin.readline())
sign = stripe.WebhookSignature.generate_signature_header
print(json.dumps(sign(asked['body'], asked['secret'], timestamp=int(time.time()) - asked['age'])))
";

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
#[ignore = "needs packages of Python; the head of this file has the command"]
async fn stripes_own_signatures_are_taken() {
    let Some(python) = python("stripe").await else { return };
    let world = World::open(Kind::Memory).await;
    let client = world.server.anonymous().at("sentx");
    let ann = sentx::registered(&client, "ann").await;
    let order = json!({"plan_id": 1, "success_url": "https://app.test/", "cancel_url": "https://app.test/"});
    ann.post("/api/payments/subscriptions/", order).await.json(201);
    let event = world.stripe.events()[0]["id"].as_str().unwrap().to_owned();
    let (body, _) = world.stripe.signed(&event).unwrap();
    for (secret, age, status) in [(WEBHOOK, 0, 200), (WEBHOOK, 60, 200), (WEBHOOK, 3600, 400), ("whsec_other", 0, 400)]
    {
        let mut program = Command::new(&python);
        program.args(["-c", SIGNER]);
        let header = said(program, &json!({"body": body, "secret": secret, "age": age})).await;
        let told = client.with("stripe-signature", header.as_str().unwrap());
        let answer = told.send("POST", "/api/payments/webhook/", Some(("application/json", &body))).await;
        assert_eq!(answer.status, status, "{secret} {age}: {}", answer.body);
    }
    world.server.end().await;
}
