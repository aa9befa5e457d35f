//! Clients that mean harm, all at once: heads that trickle, bodies without an end, readers that never read. Those who
//! behave notice nothing, and the server's memory stays where it was.
//!
//! `CHATCORE_BULLIES=1` is the long run: 1,000 heads, 500 readers, until the last of them is cut.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};
use tokio::task::JoinSet;

use crate::client::{Client, Event, assert_whole, text_of};
use crate::cuts::words;
use crate::server::{PATIENCE, Server, said, upstream};

/// What the server may take more than before, in KiB, however much is thrown at it: something for the bodies that it has
/// room for, and something for each connection (most of it the stack of futures of a build that is not optimised).
fn allowance(connections: usize) -> u64 {
    (64 << 10) + 128 * connections as u64
}

struct Numbers {
    heads: usize,
    bodies: usize,
    readers: usize,
    long: bool,
}

fn numbers() -> Numbers {
    if std::env::var("CHATCORE_BULLIES").is_ok_and(|value| value == "1") {
        Numbers { heads: 1000, bodies: 100, readers: 500, long: true }
    } else {
        Numbers { heads: 100, bodies: 20, readers: 60, long: false }
    }
}

pub(crate) async fn all_at_once() {
    let Numbers { heads, bodies, readers, long } = numbers();
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(5)).await;
    let server = Server::start(folder.path(), &upstream, 0).await;
    let ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    // much to be read: more than the sockets hold
    let large = ada.begin(&conversation, &words(30_000)).await;
    let (before, more) = (server.memory(), allowance(heads + bodies + readers));
    let descriptors = server.descriptors();
    let mut bullies = JoinSet::new();
    for at in 0..heads {
        bullies.spawn(trickles(server.address, at));
    }
    for _ in 0..bodies {
        bullies.spawn(floods(server.address, ada.token.clone()));
    }
    let mut silent = Vec::new();
    for _ in 0..readers {
        silent.push(never_reads(server.address, &large, &ada.token).await);
    }
    let elsewhere = ada.conversation().await;
    for _ in 0..5 {
        let text = words(30);
        let run = ada.begin(&elsewhere, &text).await;
        let mut events: Vec<Event> = Vec::new();
        ada.read(&run, &mut events, usize::MAX).await;
        assert_whole(&events);
        assert_eq!(text_of(&events), said(&text));
        let grown = server.memory().saturating_sub(before);
        assert!(grown < more, "the server has grown by {grown} KiB");
    }
    // each of these is closed by the server
    let closed = async { while bullies.join_next().await.is_some_and(|ended| ended.is_ok()) {} };
    tokio::time::timeout(PATIENCE, closed).await.expect("heads and bodies are given up");
    if long {
        // for as long as a write may wait, and longer
        tokio::time::sleep(Duration::from_secs(45)).await;
        ada.post(&format!("/runs/{large}/stop"), &serde_json::json!({})).await;
        ada.ended(&large).await;
        // some are cut because they take nothing; of others all fits into the socket, and they are idle then
        let closed = async {
            while server.descriptors() > descriptors + 20 {
                tokio::time::sleep(Duration::from_millis(200)).await;
            }
        };
        tokio::time::timeout(3 * PATIENCE, closed).await.expect("who never reads is given up");
    }
    drop(silent);
    let grown = server.memory().saturating_sub(before);
    assert!(grown < more, "the server has grown by {grown} KiB");
    eprintln!("{heads} heads, {bodies} bodies, {readers} readers: {before} KiB, and {grown} more");
    server.end().await;
}

/// Sends a head byte by byte until the server has enough.
async fn trickles(server: SocketAddr, at: usize) {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let head = format!("GET /api/v1/models?{at} HTTP/1.1\r\nhost: localhost\r\nx-slow: ");
    let _ = stream.write_all(head.as_bytes()).await;
    let mut answer = [0; 1024];
    loop {
        tokio::select! {
            read = stream.read(&mut answer) => {
                if read.is_ok_and(|count| count > 0) { continue }
                return;
            }
            () = tokio::time::sleep(Duration::from_millis(200)) => {}
        }
        if stream.write_all(b"x").await.is_err() {
            return;
        }
    }
}

/// Sends a body without an end until the server has enough.
async fn floods(server: SocketAddr, token: String) {
    let mut stream = TcpStream::connect(server).await.unwrap();
    let head = format!(
        "POST /api/v1/conversations HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
         content-type: application/json\r\ntransfer-encoding: chunked\r\n\r\n"
    );
    let _ = stream.write_all(head.as_bytes()).await;
    let chunk = format!("{:x}\r\n{}\r\n", 4096, " ".repeat(4096));
    while stream.write_all(chunk.as_bytes()).await.is_ok() {}
}

/// Asks for a long stream and reads nothing of it.
async fn never_reads(server: SocketAddr, run: &str, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(server).await.unwrap();
    let head =
        format!("GET /api/v1/runs/{run}/events HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}
