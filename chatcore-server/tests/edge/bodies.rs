//! Limits on bodies.

use std::time::Duration;

use chatcore_server::http::{BodyLimits, EdgeSettings, ServerLimits};
use tokio::io::AsyncWriteExt;

use crate::client::{Client, ask, bare, json};
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

#[tokio::test]
async fn an_endless_body_without_a_length_is_cut() {
    let server = small().await;
    for path in ["/echo", "/upload", "/nowhere"] {
        let mut client = Client::new(server.address).await;
        client.send(&format!("POST {path} HTTP/1.1\r\nhost: test\r\ntransfer-encoding: chunked\r\n\r\n")).await;
        let chunk = format!("{:x}\r\n{}\r\n", 4096, "x".repeat(4096));
        let Client { mut writer, .. } = {
            let (answer, sent) = endless(client, chunk).await;
            assert!(sent < 64 << 20, "{path}: {sent} bytes were taken");
            answer.0.problem(413, "payload-too-large");
            answer.1
        };
        let _ = writer.shutdown().await;
    }
}

/// Sends chunks until the server has enough; its answer, and how much was sent.
async fn endless(mut client: Client, chunk: String) -> ((crate::client::Answer, Client), usize) {
    let mut sent = 0;
    let answer = {
        // the socket is split, so that the answer is read while the body is still sent
        let Client { reader, mut writer } = client;
        let (stop, mut stopped) = tokio::sync::oneshot::channel::<()>();
        let sender = tokio::spawn(async move {
            let mut sent = 0;
            while stopped.try_recv().is_err() {
                if writer.write_all(chunk.as_bytes()).await.is_err() {
                    break;
                }
                sent += chunk.len();
                tokio::task::yield_now().await;
            }
            (writer, sent)
        });
        let mut half = crate::client::Reader(reader);
        let answer = half.answer().await;
        half.rest().await;
        drop(stop);
        let (writer, count) = sender.await.unwrap();
        sent += count;
        client = Client { reader: half.0, writer };
        answer
    };
    ((answer, client), sent)
}
