//! A client that is not ours: the package `eventsource` on Node, over connections that are cut.

use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::Stdio;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use libtest_mimic::Trial;
use serde::Deserialize;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;
use tokio::task::JoinHandle;

use crate::client::Client;
use crate::cuts::{some, words};
use crate::server::{PATIENCE, Server, said, upstream};

const NAME: &str = "the_event_source_of_node_has_every_byte_once";
const SCRIPT: &str = include_str!("reader.mjs");

/// The folder with the package, if there is one.
fn package() -> Option<PathBuf> {
    let folder = PathBuf::from(std::env::var_os("CHATCORE_EVENTSOURCE")?);
    folder.join("node_modules/eventsource/package.json").is_file().then_some(folder)
}

pub(crate) fn trial() -> Trial {
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let package = package();
    if package.is_none() {
        eprintln!("{NAME} is skipped: CHATCORE_EVENTSOURCE names no folder with the package `eventsource`");
    }
    let skip = package.is_none() && !required;
    Trial::test(NAME, move || {
        let package = package.ok_or("it needs the package `eventsource` (CHATCORE_EVENTSOURCE)")?;
        tokio::runtime::Runtime::new()?.block_on(reads(package));
        Ok(())
    })
    .with_ignored_flag(skip)
}

/// What the reader heard.
#[derive(Deserialize)]
struct Heard {
    text: String,
    seqs: Vec<u64>,
    connections: usize,
    message: String,
}

/// A reader that begins to read a run, in a process of its own.
struct Reader {
    script: PathBuf,
    proxy: Proxy,
}

impl Reader {
    fn begin(&self, ada: &Client, server: &Server, run: &str) -> JoinHandle<Heard> {
        let url = ada.url(&format!("/runs/{run}/events")).replace(&server.address.to_string(), &self.proxy.address);
        let mut node = Command::new("node");
        node.arg(&self.script)
            .args([&url, &ada.token])
            .stdin(Stdio::null())
            .stderr(Stdio::inherit())
            .kill_on_drop(true);
        tokio::spawn(async move {
            let output = tokio::time::timeout(PATIENCE, node.output()).await.expect("an end in time").unwrap();
            assert!(output.status.success());
            serde_json::from_slice(&output.stdout).unwrap()
        })
    }
}

impl Heard {
    /// Every event once and none left out, and what was heard is what is stored.
    fn expect_whole(&self) {
        assert_eq!(self.seqs, (1..=self.seqs.len() as u64).collect::<Vec<_>>(), "a gap or a repetition");
        assert_eq!(self.text, self.message);
    }
}

async fn reads(package: PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(4)).await;
    let mut server = Server::start(folder.path(), &upstream, 0).await;
    let mut ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    // beside the package, where Node looks for it
    let script = package.join(format!("reader-{}.mjs", std::process::id()));
    std::fs::write(&script, SCRIPT).unwrap();
    let reader = Reader { script, proxy: Proxy::before(server.address).await };

    let (mut cuts, text) = (0, words(150));
    while cuts < crate::cuts() {
        let run = ada.begin(&conversation, &text).await;
        let heard = reader.begin(&ada, &server, &run).await.unwrap();
        heard.expect_whole();
        assert_eq!(heard.message, said(&text));
        assert!(heard.connections > 2, "the connection was not cut: {} connections", heard.connections);
        cuts += heard.connections - 1;
    }
    // the server goes in the middle, and another is there in its place
    let text = words(5000);
    for round in 0..crate::cuts().div_ceil(10) {
        for killed in [false, true] {
            let run = ada.begin(&conversation, &text).await;
            let reading = reader.begin(&ada, &server, &run);
            let mut seen = Vec::new();
            ada.read(&run, &mut seen, 60 + some(round, 60)).await;
            if killed {
                server.kill().await;
            } else {
                server.end().await;
            }
            server = Server::start(folder.path(), &upstream, 0).await;
            ada = ada.at(&server);
            reader.proxy.lead_to(server.address);
            let heard = reading.await.unwrap();
            assert!(said(&text).starts_with(&heard.message), "what is stored is no beginning of what was said");
            assert!(!heard.message.is_empty() && heard.connections > 1, "{} connections", heard.connections);
            if !killed {
                heard.expect_whole();
            }
        }
    }
    std::fs::remove_file(reader.script).unwrap();
    server.end().await;
}

/// A proxy that cuts every connection after some bytes of the answer.
struct Proxy {
    address: String,
    server: Arc<Mutex<SocketAddr>>,
}

impl Proxy {
    async fn before(server: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap().to_string();
        let server = Arc::new(Mutex::new(server));
        let known = server.clone();
        tokio::spawn(async move {
            for connection in 0.. {
                let Ok((client, _)) = listener.accept().await else { return };
                let server = *known.lock().unwrap();
                // one that is gone is a connection that breaks
                tokio::spawn(async move {
                    if let Ok(server) = TcpStream::connect(server).await {
                        pass(client, server, 3000 + some(connection, 3000)).await;
                    }
                });
            }
        });
        Self { address, server }
    }

    /// From now on it leads there.
    fn lead_to(&self, server: SocketAddr) {
        *self.server.lock().unwrap() = server;
    }
}

/// Passes on what both say, and no more than so many bytes of the answer.
async fn pass(client: TcpStream, server: TcpStream, mut left: usize) {
    let (mut from, mut to) = client.into_split();
    let (mut answer, mut request) = server.into_split();
    let sending = tokio::spawn(async move { copy(&mut from, &mut request).await.map(drop) });
    let mut bytes = vec![0; 64];
    while let Ok(count @ 1..) = answer.read(&mut bytes).await {
        if left < count || to.write_all(&bytes[..count]).await.is_err() {
            break;
        }
        left -= count;
    }
    sending.abort();
}
