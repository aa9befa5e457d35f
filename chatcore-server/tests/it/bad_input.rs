//! Requests that cannot be taken: each has its status and a clear word, and nothing is stored.

use reqwest::Method;
use serde_json::{Value, json};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::{PATIENCE, User, percent};
use crate::records::{Conversation, Node};
use crate::server::TestServer;

/// Everything that a user can see of their conversations.
async fn everything(user: &User) -> Vec<(Conversation, Vec<Node>)> {
    let mut all = Vec::new();
    for conversation in user.pages::<Conversation>("/conversations", 100).await {
        let tree = user.tree(&conversation.id).await;
        all.push((conversation, tree));
    }
    all
}

/// Sends a body as it is, as JSON; the answer must be that problem.
async fn refused(user: &User, method: Method, path: &str, body: &[u8], status: u16, slug: &str) -> Value {
    let request = user.request(method, path).header("content-type", "application/json").body(body.to_vec());
    let answer = user.ask(request).await;
    assert_eq!(answer.status, status, "{}: {}", String::from_utf8_lossy(body), answer.body);
    answer.problem(status, slug)
}

/// Sends as much as the server takes of a large body, and reads the answer.
async fn flood(server: &TestServer, head: &str, piece: &[u8], pieces: usize) -> String {
    let (mut read, mut write) = TcpStream::connect(server.address).await.unwrap().into_split();
    write.write_all(head.as_bytes()).await.unwrap();
    let piece = piece.to_vec();
    let sending = tokio::spawn(async move {
        for _ in 0..pieces {
            if write.write_all(&piece).await.is_err() {
                break;
            }
        }
        write
    });
    let mut answer = Vec::new();
    let _ = tokio::time::timeout(PATIENCE, read.read_to_end(&mut answer)).await.expect("the server closes");
    sending.abort();
    String::from_utf8_lossy(&answer).into_owned()
}

each_store! {
    async fn bodies_that_are_no_messages(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.say(&id, "hello").await;
        let path = format!("/conversations/{id}/messages");
        let before = everything(&ada).await;
        let broken: [&[u8]; 9] = [
            b"",
            b"{",
            b"not json",
            br#"{"text": "x""#,
            br#"{"text": "x"} x"#,
            br#"{"text": "\ud800"}"#,
            br#"{"text": "\udc00\ud800"}"#,
            b"{\"text\": \"\xff\xfe\"}",
            b"{\"text\": \"a\0b\"}",
        ];
        for body in broken {
            let problem = refused(&ada, Method::POST, &path, body, 400, "bad-request").await;
            assert!(!problem["detail"].as_str().unwrap().contains("x\""), "{problem}");
        }
        let wrong = [
            (json!({}), "text"),
            (json!([]), ""),
            (json!("text"), ""),
            (json!({"text": 5}), "text"),
            (json!({"text": ["x"]}), "text"),
            (json!({"text": null}), "text"),
            (json!({"text": ""}), "text"),
            (json!({"text": " \n\t"}), "text"),
            (json!({"text": "a\0b"}), "text"),
            (json!({"text": "x", "parts": [{"type": "text", "text": "x"}]}), "text"),
            (json!({"text": "x", "stream": "yes"}), "stream"),
            (json!({"text": "x", "max_output_tokens": 1.5}), "max_output_tokens"),
            (json!({"text": "x", "client_ref": ""}), "client_ref"),
            (json!({"text": "x", "client_ref": "a\0b"}), "client_ref"),
            (json!({"text": "x", "model": "no-such-model"}), "model"),
            (json!({"text": "x", "parent_id": 5}), "parent_id"),
            (json!({"text": "x", "policy": "queue"}), "policy"),
            (json!({"text": "x", "reasoning_effort": "extreme"}), "reasoning_effort"),
            (json!({"text": "x", "temprature": 1}), "temprature"),
            (json!({"parts": []}), "text"),
            (json!({"parts": [{"type": "no-such-part"}]}), "parts[0].type"),
            (json!({"parts": [{"type": "text", "text": "x"}, {"type": "text"}]}), "parts[1].text"),
            (json!({"parts": [{"type": "image", "url": "https://elsewhere.test/x.png"}]}), "parts"),
            (json!({"parts": [{"type": "tool_result", "call_id": "x", "content": "y"}]}), "parts"),
            (json!({"text": "x".repeat((1 << 20) + 1)}), "parts"),
        ];
        for (body, field) in wrong {
            let text = body.to_string();
            let problem = refused(&ada, Method::POST, &path, text.as_bytes(), 422, "invalid").await;
            assert_eq!(problem["errors"][0]["field"], field, "{}: {problem}", &text[..text.len().min(200)]);
        }
        let odd = br#"{"text": "x", "policy": "queue"}"#;
        let problem = refused(&ada, Method::POST, &path, odd, 422, "invalid").await;
        let choices = "must be one of `sibling`, `reject_stale`, `enqueue`, `interrupt`";
        assert_eq!(problem["errors"], json!([{"field": "policy", "message": choices}]));
        let problem = ada.get(&format!("{path}?render=pdf")).await.problem(400, "bad-request");
        assert_eq!(problem["errors"], json!([{"field": "render", "message": "must be one of `html`"}]));
        let deep = format!("{{\"text\": {}}}", "[".repeat(100_000));
        refused(&ada, Method::POST, &path, deep.as_bytes(), 400, "bad-request").await;
        assert_eq!(everything(&ada).await, before);
    }

    async fn bodies_of_other_routes(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "hello").await;
        let (said, answer) = (turn.said().id.clone(), turn.answer().id.clone());
        let before = everything(&ada).await;
        let one = format!("/conversations/{id}");
        let rows = [
            (Method::POST, "/conversations".to_owned(), json!({"title": 5}), "title"),
            (Method::POST, "/conversations".to_owned(), json!({"title": "a\0b"}), "title"),
            (Method::POST, "/conversations".to_owned(), json!({"external_id": ""}), "external_id"),
            (Method::POST, "/conversations".to_owned(), json!({"system_prompt": "x".repeat(70_000)}), "system_prompt"),
            (Method::PATCH, one.clone(), json!({"title": false}), "title"),
            (Method::PATCH, one.clone(), json!({"system_prompt": "\0"}), "system_prompt"),
            (Method::PATCH, one.clone(), json!({"title": "x", "expected_version": "1"}), "expected_version"),
            (Method::PUT, format!("{one}/head"), json!({}), "message_id"),
            (Method::PUT, format!("{one}/head"), json!({"message_id": 1}), "message_id"),
            (Method::POST, format!("{one}/fork"), json!({"title": "x"}), "message_id"),
            (Method::POST, format!("{one}/fork"), json!({"message_id": said, "title": "\0"}), "title"),
            (Method::POST, format!("/messages/{said}/edit"), json!({"text": ""}), "text"),
            (Method::POST, format!("/messages/{said}/edit"), json!({"text": "x", "model": "none"}), "model"),
            (Method::POST, format!("/messages/{answer}/regenerate"), json!({"model": "none"}), "model"),
            (Method::POST, format!("/messages/{answer}/regenerate"), json!({"temperature": "hot"}), "temperature"),
            (Method::POST, format!("/messages/{said}/answer"), json!({"model": "none"}), "model"),
            (Method::PATCH, format!("/messages/{said}"), json!({"text": "\0"}), "text"),
            (Method::PATCH, format!("/messages/{said}"), json!({}), "text"),
            (Method::POST, "/auth/register".to_owned(), json!({"username": "bob", "password": 12}), "password"),
        ];
        for (method, path, body, field) in rows {
            let problem = refused(&ada, method, &path, body.to_string().as_bytes(), 422, "invalid").await;
            assert_eq!(problem["errors"][0]["field"], field, "{path} {body}: {problem}");
        }
        for path in ["/conversations", "/auth/login", &format!("{one}/head"), "//web/session/login"] {
            let method = if path.ends_with("head") { Method::PUT } else { Method::POST };
            refused(&ada, method.clone(), path, b"{", 400, "bad-request").await;
            let text = ada.request(method, path).header("content-type", "text/plain").body("{}");
            ada.ask(text).await.problem(415, "unsupported-media-type");
        }
        // a body that may be left out is not one that may be anything
        for path in [format!("{one}/shares"), format!("/messages/{answer}/regenerate")] {
            let sent = ada.request(Method::POST, &path).header("content-type", "application/json");
            let answer = ada.ask(sent.body("null")).await;
            assert_eq!(answer.status, 422, "{path}: {}", answer.body);
        }
        let zipped = ada.request(Method::POST, "/conversations").header("content-encoding", "gzip").body("{}");
        ada.ask(zipped).await.problem(415, "unsupported-media-type");
        assert_eq!(everything(&ada).await, before);
    }

    async fn ids_that_lead_nowhere(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let (id, other) = (ada.conversation().await.id, ada.conversation().await.id);
        let here = ada.say(&id, "hello").await;
        let there = ada.say(&other, "hello").await;
        let before = everything(&ada).await;
        let path = format!("/conversations/{id}");
        let elsewhere = there.answer().id.clone();
        let nowhere = format!("msg_{:032x}", 7);
        let odd = ["", "x", "msg_", &nowhere, &nowhere.to_uppercase(), &elsewhere, &id, "../../etc/passwd", "msg_\0"];
        for message in odd {
            let body = json!({"text": "x", "parent_id": message});
            ada.send(&id, body).await.problem(404, "not-found");
            ada.put(&format!("{path}/head"), json!({"message_id": message})).await.problem(404, "not-found");
            ada.post(&format!("{path}/fork"), json!({"message_id": message})).await.problem(404, "not-found");
            let leaf = format!("{path}/messages?leaf={}", percent(message));
            ada.get(&leaf).await.problem(404, "not-found");
        }
        let stale = json!({"text": "x", "expected_head": elsewhere});
        let problem = ada.send(&id, stale).await.problem(409, "stale-head");
        assert_eq!(problem["head"], here.answer().id.as_str());
        for wrong in ["x", "%00", "%ff", "..", "cnv_", &"x".repeat(5000)] {
            ada.get(&format!("/conversations/{wrong}")).await.problem(404, "not-found");
        }
        assert_eq!(everything(&ada).await, before);
    }

    async fn bodies_that_are_too_long(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let before = everything(&ada).await;
        let (path, token) = (format!("/api/v1/conversations/{id}/messages"), &ada.session.access_token);
        let head = |more: &str| {
            format!(
                "POST {path} HTTP/1.1\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\
                 content-type: application/json\r\n{more}\r\n\r\n"
            )
        };
        let mebibyte = vec![b'x'; 1 << 20];
        let told = flood(&server, &head("content-length: 20971520"), &mebibyte, 20).await;
        let chunk = [b"100000\r\n", mebibyte.as_slice(), b"\r\n"].concat();
        let untold = flood(&server, &head("transfer-encoding: chunked"), &chunk, 20).await;
        let lying = flood(&server, &head("content-length: 99999999999999999999"), b"{}", 1).await;
        for answer in [told, untold] {
            assert!(answer.starts_with("HTTP/1.1 413 "), "{answer}");
            assert!(answer.contains("application/problem+json") && answer.contains(r#""limit":2097152"#), "{answer}");
            assert!(answer.contains(r#""status":413"#), "{answer}");
        }
        assert!(lying.starts_with("HTTP/1.1 4") && lying.contains("application/problem+json"), "{lying}");
        assert_eq!(everything(&ada).await, before);
    }
}
