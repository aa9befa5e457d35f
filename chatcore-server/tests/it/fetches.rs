//! The server opens no connection because of what a client writes.
//!
//! No route takes the address of something to fetch: images and files are attachments or `data:` URLs. So that this stays
//! so, each address of a corpus is written into every text that the document of the API has, and a listener counts who
//! comes; and into every text that the tables of the mounts show. Where strace is to be had, every `connect` of the process is seen as well, also those to addresses that nobody
//! listens at, and questions for names.

mod mounts;
mod places;

use std::net::SocketAddr;
use std::path::Path;
use std::process::Command;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use reqwest::Method;
use serde_json::{Value, json};
use tokio::net::TcpListener;

use self::mounts::{hire, tell_mounts};
use self::places::{Place, filled, places};
use crate::attachments::{form, send};
use crate::binary::Binary;
use crate::client::{Client, PATIENCE, User, eventually, percent};

/// Names of texts that a program might take for an address, which are told every one; all others are told some.
const TEMPTING: [&str; 9] =
    ["url", "redirect_uri", "external_id", "origin", "domain", "message", "provider", "system_prompt", "parameters"];

/// How many addresses each other place is told.
const SOME: usize = 6;

/// A listener that answers nobody, and counts who came.
struct Trap {
    address: SocketAddr,
    visits: Arc<AtomicUsize>,
}

impl Trap {
    async fn set() -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let visits = Arc::new(AtomicUsize::new(0));
        let counted = Arc::clone(&visits);
        // on IPv6 as well, where the machine has it
        let other = TcpListener::bind(("::1", address.port())).await.ok();
        for listener in [Some(listener), other].into_iter().flatten() {
            let counted = Arc::clone(&counted);
            tokio::spawn(async move {
                while listener.accept().await.is_ok() {
                    counted.fetch_add(1, Ordering::Relaxed);
                }
            });
        }
        Self { address, visits }
    }

    fn visits(&self) -> usize {
        self.visits.load(Ordering::Relaxed)
    }
}

fn addresses(port: u16) -> Vec<String> {
    let text = include_str!("../hostile/addresses.txt");
    let lines = text.lines().filter(|line| !line.is_empty() && !line.starts_with('#'));
    lines.map(|line| line.replace("{port}", &port.to_string()).replace("\\u0000", "\0")).collect()
}

/// Everything that a server of its own can be asked to do is switched on; what it may connect to is `own`.
fn settings(own: SocketAddr) -> String {
    format!(
        r#"
tools = "current_time"
offline_delay_ms = 0

[sign_in]
visitors = "on"
wallets = "on"

[http]
rate_limits = "off"

[mail]
smtp_url = "smtp://{own}"
from = "Chat <chat@mail.test>"

[[oauth]]
name = "corp"
kind = "oidc"
issuer = "http://{own}"
client_id = "chat"
client_secret = "hush"
redirect_uris = ["http://127.0.0.1:1/back"]

[[oauth]]
name = "google"
kind = "oidc"
issuer = "http://{own}"
client_id = "chat"
client_secret = "hush"
redirect_uris = ["https://app.test/auth/callback"]

[[oauth]]
name = "twitter"
kind = "twitter"
client_id = "chat"
client_secret = "hush"
issuer = "http://{own}"
authorization_endpoint = "http://{own}/authorize"
token_endpoint = "http://{own}/token"
userinfo_endpoint = "http://{own}/2/users/me"
redirect_uris = ["https://app.test/auth/callback"]

[[models]]
id = "echo"
kind = "echo"

[[models]]
id = "remote"
kind = "openai"
base_url = "http://{own}/v1"

[[plans]]
id = "plus"
name = "Plus"
price = {{ reference = "price_plus", amount = 900, currency = "usd", interval = "month" }}
"#
    )
}

/// Ids to put into paths: what is there, and can be spared.
struct Things {
    user: String,
    conversation: String,
    said: String,
    answer: String,
    run: String,
}

impl Things {
    async fn of(client: &User, spare: &User) -> Self {
        let conversation = client.conversation().await.id;
        let turn = client.say(&conversation, "hello").await;
        let user = spare.session.user.id.clone();
        let (said, answer, run) = (turn.said().id.clone(), turn.answer().id.clone(), turn.run().id.clone());
        Self { user, conversation, said, answer, run }
    }

    fn fitting(&self, operation: &str) -> &str {
        let is = |part: &str| operation.contains(part);
        match () {
            () if is("/users/{id}") => &self.user,
            () if is("/runs/{id}") => &self.run,
            () if is("/edit") || is("PATCH /messages") || is("/answer") => &self.said,
            () if is("/messages/{id}") => &self.answer,
            () => &self.conversation,
        }
    }
}

/// Writes an address into one place, whatever the server says to it.
async fn tell(http: &reqwest::Client, client: &Client, things: &Things, place: &Place, address: &str) {
    let (method, path) = place.operation.split_once(' ').unwrap();
    let mut path = path.to_owned();
    if let Some(name) = &place.in_path {
        path = path.replace(&format!("{{{name}}}"), &percent(address));
    }
    // the one provider that there is
    path = path.replace("{id}", things.fitting(&place.operation)).replace("{provider}", "corp");
    path = path.replace("{token}", "none").replace("{event}", "none");
    if let Some(name) = &place.in_query {
        path = format!("{path}?{name}={}", percent(address));
    }
    let mut request = client.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
    if let Some(name) = &place.in_header {
        let value = address.chars().filter(char::is_ascii_graphic).collect::<String>();
        request = request.header(name.as_str(), value);
    }
    if let Some(body) = &place.body {
        request = request.json(&filled(body, address));
    }
    // streams of events end when nobody listens any more
    let answer = http.execute(request.build().unwrap());
    let answer = tokio::time::timeout(PATIENCE, answer).await.expect("an answer in time").unwrap();
    assert_ne!(answer.status().as_u16(), 500, "{} {:?} {address}", place.operation, place.name);
    if !path.contains("/events") {
        answer.bytes().await.unwrap();
    }
}

/// Headers by which a request says where it comes from, and forms with files.
async fn tell_aside(client: &Client, address: &str) {
    let plain: String = address.chars().filter(char::is_ascii_graphic).collect();
    for header in ["origin", "referer", "x-forwarded-host", "forwarded", "x-original-url", "from", "link"] {
        client.ask(client.request(Method::GET, "/me").header(header, plain.as_str())).await;
    }
    let name = plain.replace(['"', '\\'], "");
    send(client, form(format!("; filename=\"{name}\"").as_bytes(), address.as_bytes())).await;
    let svg = format!("<svg xmlns:x=\"{plain}\"><image href=\"{plain}\"/></svg>");
    send(client, form(b"; filename=\"a.svg\"", svg.as_bytes())).await;
}

async fn tell_all(client: &Client, things: &Things, port: u16) -> (usize, usize) {
    let (all, addresses) = (places(), addresses(port));
    // a browser would go where it is sent; here nobody does
    let http = reqwest::Client::builder().no_proxy().redirect(reqwest::redirect::Policy::none()).build().unwrap();
    let mut told = 0;
    for (at, place) in all.iter().enumerate() {
        let tempting = TEMPTING.iter().any(|name| place.name == *name);
        let some = if tempting { addresses.len() } else { SOME };
        let mine = addresses.iter().cycle().skip(at * SOME).take(some);
        for address in mine {
            tell(&http, client, things, place, address).await;
            told += 1;
        }
    }
    for address in &addresses {
        tell_aside(client, address).await;
        // what a model reads and says again is rendered, and no more
        let text = format!("![a]({address}) [b]({address}) <img src=\"{address}\"> {address}").replace('\0', "");
        let body = json!({"text": text, "model": "echo"});
        client
            .ask(
                client
                    .request(Method::POST, &format!("/conversations/{}/messages?render=html", things.conversation))
                    .json(&body),
            )
            .await
            .is(201);
    }
    (all.len(), told)
}

/// The command that writes down every `connect`, if there is one. Through it the server remains a child of this process.
fn watched(log: &Path) -> Vec<String> {
    let found = Command::new("strace").args(["-D", "-f", "-e", "trace=connect", "true"]).output();
    let works = found.is_ok_and(|output| output.status.success());
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    assert!(works || !required, "strace is needed here");
    if !works {
        return Vec::new();
    }
    let log = log.display().to_string();
    ["strace", "-D", "-f", "-s", "0", "-e", "trace=connect", "-o", &log].map(str::to_owned).into()
}

/// The addresses of the network that a process connected to, or tried to.
fn connects(log: &Path) -> Vec<String> {
    let text = std::fs::read_to_string(log).unwrap();
    let lines = text.lines().filter(|line| line.contains("connect(") && line.contains("AF_INET"));
    lines.map(str::to_owned).collect()
}

#[test]
fn the_corpus_is_large_and_says_nothing_twice() {
    let all = addresses(1);
    assert!(all.len() >= 150, "{}", all.len());
    assert_eq!(all.iter().collect::<std::collections::BTreeSet<_>>().len(), all.len());
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_address_that_a_client_writes_is_asked_for_anything() {
    let folder = tempfile::tempdir().unwrap();
    let (trap, own) = (Trap::set().await, Trap::set().await);
    std::fs::write(folder.path().join("chatcore.toml"), settings(own.address)).unwrap();
    let log = folder.path().join("connects");
    let base = format!("http://{}", own.address);
    let stripe = [("STRIPE_SECRET_KEY", "sk_test_x"), ("STRIPE_WEBHOOK_SECRET", "whsec_x"), ("STRIPE_API_BASE", &base)];
    let wrapper = watched(&log);
    let server = Binary::start_under(&wrapper, folder.path(), &stripe).await;
    let client = server.anonymous();
    let code = server.set_up_code().await;
    let root = json!({"code": code, "username": "root", "password": crate::client::PASSWORD});
    client.post("/auth/set-up", root).await.is(201);
    let (admin, spare) = (client.login("root").await, client.register("spare").await);
    let things = Things::of(&admin, &spare).await;

    let (places, told) = tell_all(&admin, &things, trap.address.port()).await;
    assert!(places >= 120 && told >= 2_000, "{told} requests at {places} places");
    hire(&admin).await;
    let mounts = tell_mounts(&client, &addresses(trap.address.port())).await;
    let (missed, rows) = (mounts.missed.len(), mounts.rows);
    assert!(missed * 6 <= rows, "{missed} of {rows} rows were not answered as the tables say: {:#?}", mounts.missed);
    assert!(mounts.places >= 100 && mounts.requests >= 1_000, "{} at {}", mounts.requests, mounts.places);
    for name in ["redirect_uri", "success_url", "cancel_url", "return_url", "credentials", "code_verifier"] {
        assert!(mounts.names.iter().any(|told| told == name), "{name} was told nothing: {:?}", mounts.names);
    }
    assert_eq!(trap.visits(), 0, "somebody came");

    // the traps work, and so does the eye on the process: what an operator names is connected to
    let before = own.visits();
    let mut asked: Value = json!({"text": "hello", "model": "remote", "detach": true});
    asked["stream"] = json!(false);
    admin.send(&things.conversation, asked).await.is(202);
    eventually("the model of the settings is asked", async || (own.visits() > before).then_some(())).await;
    server.end().await;
    if !wrapper.is_empty() {
        let (meant, seen) = (format!("sin_port=htons({})", own.address.port()), connects(&log));
        let strange: Vec<&String> = seen.iter().filter(|line| !line.contains(&meant)).collect();
        assert!(strange.is_empty(), "{strange:#?}");
        assert!(!seen.is_empty(), "strace saw nothing");
    }
}
