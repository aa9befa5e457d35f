//! A client that is not ours: the package `eventsource` on Node, over connections that are cut.

use std::path::PathBuf;
use std::process::Stdio;
use std::time::Duration;

use libtest_mimic::Trial;
use tokio::io::{AsyncReadExt, AsyncWriteExt, copy};
use tokio::net::{TcpListener, TcpStream};
use tokio::process::Command;

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

async fn reads(package: PathBuf) {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(4)).await;
    let server = Server::start(folder.path(), &upstream, 0).await;
    let ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    // beside the package, where Node looks for it
    let script = package.join(format!("reader-{}.mjs", std::process::id()));
    std::fs::write(&script, SCRIPT).unwrap();
    for _ in 0..crate::cuts().div_ceil(12) {
        let text = words(150);
        let run = ada.begin(&conversation, &text).await;
        let proxy = cutting(server.address).await;
        let url = ada.url(&format!("/runs/{run}/events")).replace(&server.address.to_string(), &proxy);
        let mut node = Command::new("node");
        node.arg(&script).args([&url, &ada.token]).stdin(Stdio::null()).stderr(Stdio::inherit()).kill_on_drop(true);
        let output = tokio::time::timeout(PATIENCE, node.output()).await.expect("an end in time").unwrap();
        assert!(output.status.success());
        let heard: serde_json::Value = serde_json::from_slice(&output.stdout).unwrap();
        assert_eq!(heard["text"], said(&text));
        assert_eq!(heard["message"], said(&text));
        let seqs: Vec<u64> = serde_json::from_value(heard["seqs"].clone()).unwrap();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "a gap or a repetition");
        assert!(heard["connections"].as_u64() > Some(2), "the connection was not cut: {heard}");
    }
    std::fs::remove_file(script).unwrap();
    server.end().await;
}

/// A proxy that cuts every connection after some bytes of the answer; its address.
async fn cutting(server: std::net::SocketAddr) -> String {
    let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
    let address = listener.local_addr().unwrap().to_string();
    tokio::spawn(async move {
        for connection in 0.. {
            let Ok((client, _)) = listener.accept().await else { return };
            tokio::spawn(async move {
                let (mut from, mut to) = client.into_split();
                let (mut answer, mut request) = TcpStream::connect(server).await.unwrap().into_split();
                let sending = tokio::spawn(async move { copy(&mut from, &mut request).await.map(drop) });
                let mut left = 3000 + some(connection, 3000);
                let mut bytes = vec![0; 64];
                while let Ok(count @ 1..) = answer.read(&mut bytes).await {
                    if left < count || to.write_all(&bytes[..count]).await.is_err() {
                        break;
                    }
                    left -= count;
                }
                sending.abort();
            });
        }
    });
    address
}
