//! Limits on bodies.

use std::time::Duration;

use chatcore_server::http::{BodyLimits, EdgeSettings, ServerLimits};
use tokio::time::timeout;

use crate::client::{Client, PATIENCE, ask, bare, json};
use crate::service::{Server, start_with};

async fn start(body: BodyLimits) -> Server {
    start_with(EdgeSettings { body, ..EdgeSettings::default() }, ServerLimits::default()).await
}

async fn small() -> Server {
    start(BodyLimits { bytes: 10_000, ..BodyLimits::default() }).await
}

#[tokio::test]
async fn an_honest_length_over_the_limit_is_refused_before_the_body_comes() {
    let server = small().await;
    let head = "POST /echo HTTP/1.1\r\nhost: test\r\nexpect: 100-continue\r\ncontent-length: 10001\r\n\r\n";
    let answer = ask(server.address, head).await;
    assert_eq!(answer.problem(413, "payload-too-large")["limit"], 10_000);
    assert_eq!(answer.headers["connection"], "close");
    let fits = "x".repeat(10_000);
    assert_eq!(ask(server.address, &json("POST", "/echo", &fits)).await.body, fits);
}

/// Far more than the buffers of the two sockets hold.
const MUCH: usize = 64 << 20;

#[tokio::test]
async fn an_endless_body_without_a_length_is_cut() {
    let server = small().await;
    for path in ["/echo", "/upload", "/nowhere"] {
        let mut client = Client::new(server.address).await;
        client.send(&format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
        let chunk = format!("{:x}\r\n{}\r\n", 4096, "x".repeat(4096));
        let sender = client.keep_sending(chunk, Duration::ZERO);
        client.answer().await.problem(413, "payload-too-large");
        client.rest().await;
        let sent = timeout(PATIENCE, sender).await.unwrap().unwrap();
        assert!(sent < MUCH, "{path}: {sent} bytes were taken");
    }
}

#[tokio::test]
async fn a_length_that_lies_changes_nothing() {
    let server = small().await;
    // more than it says: the rest is read as another request, and that is refused
    let mut client = Client::new(server.address).await;
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 3\r\n\r\n").await;
    let sender = client.keep_sending("x".repeat(4096), Duration::ZERO);
    assert_eq!(client.answer().await.body, "xxx");
    let refused = client.answer().await;
    assert!((400..500).contains(&refused.status), "{refused:?}");
    client.rest().await;
    assert!(timeout(PATIENCE, sender).await.unwrap().unwrap() < MUCH);

    // two lengths, or a length beside chunks: not a request at all
    for lies in ["content-length: 3\r\ncontent-length: 30", "content-length: 1x"] {
        let request = format!("POST /echo HTTP/1.1\r\nhost: test\r\n{lies}\r\n\r\nxxx");
        ask(server.address, &request).await.problem(400, "bad-request");
    }
}

#[tokio::test]
async fn a_body_that_does_not_come_is_given_up() {
    let limits = BodyLimits { idle: Duration::from_millis(300), ..BodyLimits::default() };
    let server = start(limits).await;
    for path in ["/echo", "/upload"] {
        let mut client = Client::new(server.address).await;
        client.send(&format!("POST {path} HTTP/1.1\r\nhost: test\r\ncontent-length: 30\r\n\r\nxxx")).await;
        client.answer().await.problem(408, "request-timeout");
        client.rest().await;
    }
}

#[tokio::test]
async fn a_body_that_trickles_is_given_up() {
    let server = start(BodyLimits { total: Duration::from_millis(600), ..BodyLimits::default() }).await;
    let mut client = Client::new(server.address).await;
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 3000\r\n\r\n").await;
    let sender = client.keep_sending("x".to_owned(), Duration::from_millis(50));
    client.answer().await.problem(408, "request-timeout");
    client.rest().await;
    assert!(timeout(PATIENCE, sender).await.unwrap().unwrap() < 3000);
}

#[tokio::test]
async fn what_a_handler_leaves_of_a_body_does_not_break_the_connection() {
    let server = start(BodyLimits::default()).await;
    let mut client = Client::new(server.address).await;
    let length = json("POST", "/glance", &"x".repeat(200_000));
    let chunked = "POST /glance HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n".to_owned();
    let chunked = chunked + &format!("{:x}\r\n{}\r\n", 50_000, "x".repeat(50_000)).repeat(4) + "0\r\n\r\n";
    for request in [&length, &chunked, &length] {
        client.send(request).await;
        let answer = client.answer().await;
        assert_eq!((answer.status, answer.headers.get("connection")), (415, None), "the connection can be used again");
    }
    // more than the server has patience for: it says that this was the last answer
    client.send(&json("POST", "/glance", &"x".repeat(2_000_000))[..1_000_000]).await;
    let answer = client.answer().await;
    assert_eq!((answer.status, answer.headers["connection"].as_str()), (415, "close"));
    client.rest().await;
}

#[tokio::test]
async fn compressed_bodies_are_not_taken() {
    let server = small().await;
    let request = "POST /echo HTTP/1.1\r\nhost: test\r\ncontent-encoding: gzip\r\ncontent-length: 3\r\n\r\nxxx";
    ask(server.address, request).await.problem(415, "unsupported-media-type");
    let request = request.replace("gzip", "identity");
    assert_eq!(ask(server.address, &request).await.body, "xxx");
}

#[tokio::test]
async fn all_bodies_together_have_a_limit_that_recovers() {
    let server = start(BodyLimits { bytes_of_all: 1000, ..BodyLimits::default() }).await;
    let mut client = Client::new(server.address).await;
    client.send("POST /echo HTTP/1.1\r\nhost: test\r\ncontent-length: 900\r\n\r\n").await;
    client.send(&"x".repeat(800)).await;
    let other = json("POST", "/echo", &"x".repeat(500));
    // the first body is on its way: the second is refused as soon as the first has been read
    let refused = async {
        loop {
            let answer = ask(server.address, &other).await;
            if answer.status != 200 {
                return answer;
            }
        }
    };
    let refused = timeout(PATIENCE, refused).await.unwrap();
    refused.problem(503, "overloaded");
    assert_eq!(refused.headers["retry-after"], "1");
    client.send(&"x".repeat(100)).await;
    assert_eq!(client.answer().await.status, 200);
    assert_eq!(ask(server.address, &other).await.status, 200);
    assert_eq!(ask(server.address, &bare("GET", "/peer")).await.status, 200);
}
