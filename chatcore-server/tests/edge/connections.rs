//! Connections: deadlines, the cap, the end.

use std::sync::atomic::Ordering;
use std::time::{Duration, Instant};

use chatcore_server::http::{EdgeSettings, ServerLimits};
use tokio::time::{sleep, timeout};

use crate::client::{Client, PATIENCE, ask, bare};
use crate::service::{Dropped, Server, start, start_with};

async fn limited(limits: ServerLimits) -> Server {
    start_with(EdgeSettings::default(), limits).await
}

async fn gone(dropped: &Dropped) {
    let wait = async {
        while !dropped.0.load(Ordering::SeqCst) {
            sleep(Duration::from_millis(20)).await;
        }
    };
    timeout(PATIENCE, wait).await.expect("the handler is dropped");
}

#[tokio::test]
async fn a_head_that_trickles_is_given_up() {
    let server = limited(ServerLimits { header_timeout: Duration::from_secs(1), ..ServerLimits::default() }).await;
    let mut slow = Client::new(server.address).await;
    slow.send("GET /peer HTTP/1.1\r\n").await;
    let sender = slow.keep_sending("x".to_owned(), Duration::from_millis(500));
    let mut silent = Client::new(server.address).await;
    slow.rest().await;
    silent.rest().await;
    assert!(timeout(PATIENCE, sender).await.unwrap().unwrap() < 30);
}

#[tokio::test]
async fn the_second_head_has_the_same_deadline() {
    let server = limited(ServerLimits { header_timeout: Duration::from_secs(1), ..ServerLimits::default() }).await;
    let mut client = Client::new(server.address).await;
    client.send(&bare("GET", "/peer")).await;
    assert_eq!(client.answer().await.status, 200);
    client.send("GET /peer HTTP/1.1\r\nx-slow:").await;
    client.rest().await;
}

#[tokio::test]
async fn a_connection_may_pause_longer_between_requests_than_within_a_head() {
    let limits = ServerLimits { header_timeout: Duration::from_millis(700), ..ServerLimits::default() };
    let server = limited(ServerLimits { idle_timeout: PATIENCE, ..limits.clone() }).await;
    let mut client = Client::new(server.address).await;
    for _ in 0..3 {
        client.send(&bare("GET", "/peer")).await;
        assert_eq!(client.answer().await.status, 200);
        sleep(Duration::from_millis(1500)).await;
    }
    let server = limited(ServerLimits { idle_timeout: Duration::from_millis(500), ..limits }).await;
    let mut client = Client::new(server.address).await;
    client.send(&bare("GET", "/peer")).await;
    assert_eq!(client.answer().await.status, 200);
    client.rest().await;
}

#[tokio::test]
async fn an_answer_may_take_longer_than_any_pause() {
    let short = Duration::from_millis(600);
    let server = limited(ServerLimits { header_timeout: short, idle_timeout: short, ..ServerLimits::default() }).await;
    let answer = ask(server.address, &bare("GET", "/events?15")).await;
    assert!(answer.body.ends_with("id: 14\nevent: delta\ndata: event 14\n\n"), "{}", answer.body);
}

#[tokio::test]
async fn a_client_that_reads_nothing_is_given_up() {
    let server = limited(ServerLimits { write_timeout: Duration::from_millis(500), ..ServerLimits::default() }).await;
    let mut client = Client::new(server.address).await;
    client.send(&bare("GET", "/flood")).await;
    gone(&server.dropped).await;
}

#[tokio::test]
async fn a_request_ends_with_its_connection() {
    let server = start().await;
    let mut client = Client::new(server.address).await;
    client.send(&bare("GET", "/hang")).await;
    sleep(Duration::from_millis(200)).await;
    drop(client);
    gone(&server.dropped).await;
}

#[tokio::test]
async fn the_cap_on_connections_holds_and_recovers() {
    let server = limited(ServerLimits { max_connections: 2, ..ServerLimits::default() }).await;
    let mut clients = Vec::new();
    for _ in 0..2 {
        let mut client = Client::new(server.address).await;
        client.send(&bare("GET", "/peer")).await;
        assert_eq!(client.answer().await.status, 200);
        clients.push(client);
    }
    let mut third = Client::new(server.address).await;
    third.send(&bare("GET", "/peer")).await;
    assert!(timeout(Duration::from_millis(700), third.answer()).await.is_err(), "one more than the cap was served");
    clients.pop();
    assert_eq!(third.answer().await.status, 200);
}

#[tokio::test]
async fn the_end_closes_idle_connections_and_lets_requests_finish() {
    let server = start().await;
    let mut idle = Client::new(server.address).await;
    idle.send(&bare("GET", "/peer")).await;
    idle.answer().await;
    let mut stream = Client::new(server.address).await;
    stream.send(&bare("GET", "/events?10")).await;
    stream.head().await;
    server.stop.send(()).unwrap();
    idle.rest().await;
    let (body, whole) = timeout(PATIENCE, stream.chunks()).await.unwrap();
    assert!(whole && body.contains("event 9"), "{body}");
    assert!(tokio::net::TcpStream::connect(server.address).await.is_err(), "a connection was taken after the end");
    timeout(PATIENCE, server.task).await.unwrap().unwrap().unwrap();
}

#[tokio::test]
async fn the_end_cuts_what_does_not_finish() {
    let server = limited(ServerLimits { drain: Duration::from_millis(700), ..ServerLimits::default() }).await;
    let mut stream = Client::new(server.address).await;
    stream.send(&bare("GET", "/events?1000000")).await;
    stream.head().await;
    let mut hanging = Client::new(server.address).await;
    hanging.send(&bare("GET", "/hang")).await;
    sleep(Duration::from_millis(200)).await;
    let asked = Instant::now();
    server.stop.send(()).unwrap();
    timeout(PATIENCE, server.task).await.unwrap().unwrap().unwrap();
    assert!(asked.elapsed() >= Duration::from_millis(700), "cut before the time was up");
    let (_, whole) = timeout(PATIENCE, stream.chunks()).await.unwrap();
    assert!(!whole, "a stream that was cut must not look finished");
    gone(&server.dropped).await;
}
