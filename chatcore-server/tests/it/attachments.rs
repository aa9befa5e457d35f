//! Files that people attach: uploaded, named by messages, shown to nobody else, and gone when nobody names them.

use std::path::{Path, PathBuf};

use chatcore_server::config::{AttachmentSettings, LimitSettings, Settings};
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::records::Turn;
use crate::server::{Kind, TestServer, echo};

pub(crate) const PNG: &[u8] = b"\x89PNG\r\n\x1a\n\0\0\0\rIHDR\0\0\0\x01\0\0\0\x01\x08\x06\0\0\0\x1f\x15\xc4\x89";

/// A form as a browser sends it: `head` is what stands behind `name="file"`.
pub(crate) fn form(head: &[u8], bytes: &[u8]) -> Vec<u8> {
    let start = b"--limit\r\nContent-Disposition: form-data; name=\"file\"";
    [start, head, b"\r\n\r\n", bytes, b"\r\n--limit--\r\n"].concat()
}

pub(crate) async fn send(client: &Client, body: impl Into<reqwest::Body>) -> Answer {
    let request = client.request(Method::POST, "/attachments");
    client.ask(request.header("content-type", "multipart/form-data; boundary=limit").body(body)).await
}

pub(crate) async fn upload(client: &Client, name: &str, bytes: &[u8]) -> Answer {
    send(client, form(format!("; filename=\"{name}\"").as_bytes(), bytes)).await
}

async fn id(client: &Client, name: &str, bytes: &[u8]) -> String {
    upload(client, name, bytes).await.to::<Value>(201)["id"].as_str().unwrap().to_owned()
}

/// All files below a folder.
pub(crate) fn files(folder: &Path) -> Vec<PathBuf> {
    let Ok(entries) = std::fs::read_dir(folder) else { return Vec::new() };
    let below = |path: PathBuf| if path.is_dir() { files(&path) } else { vec![path] };
    entries.flat_map(|entry| below(entry.unwrap().path())).collect()
}

each_store! {
    async fn a_file_is_attached_and_shown_to_its_owner_alone(kind) {
        let server = TestServer::start(kind).await;
        let (ada, mallory) = (server.user("ada").await, server.user("mallory").await);
        let made: Value = upload(&ada, "notes.md", "# Notes\nä".as_bytes()).await.to(201);
        assert_eq!((&made["name"], &made["kind"], &made["media_type"]), (&json!("notes.md"), &json!("text"), &json!("text/plain")));
        assert_eq!((&made["size"], &made["links"]), (&json!(10), &json!(0)));
        let note = made["id"].as_str().unwrap();
        let conversation = ada.conversation().await.id;
        let turn: Turn = ada.send(&conversation, json!({"text": "look", "attachments": [note]})).await.to(201);
        let said: Value = ada.get(&format!("/messages/{}", turn.said().id)).await.to(200);
        let part = json!({"type": "file", "url": note, "name": "notes.md", "media_type": "text/plain"});
        assert_eq!((&said["parts"][1], &said["text"]), (&part, &json!("look")));
        assert!(turn.answer().text.contains("# Notes"), "the model reads it: {}", turn.answer().text);
        let path = format!("/attachments/{note}");
        assert_eq!(ada.get(&path).await.to::<Value>(200)["links"], 1);
        let content = ada.get(&format!("{path}/content")).await;
        assert_eq!((content.status, content.body.as_str()), (200, "# Notes\nä"));
        let known = ada.request(Method::GET, &format!("{path}/content")).header("if-none-match", content.header("etag"));
        ada.ask(known).await.is(304);
        for path in [path.clone(), format!("{path}/content")] {
            mallory.get(&path).await.problem(404, "not-found");
            server.anonymous().get(&path).await.problem(401, "unauthenticated");
        }
        let page: Value = mallory.get("/attachments").await.to(200);
        assert_eq!(page, json!({"items": [], "next_cursor": null}));
        ada.delete(&path).await.is(204);
        ada.get(&path).await.problem(404, "not-found");
    }

    async fn a_foreign_file_is_none_wherever_it_is_named(kind) {
        let server = TestServer::start(kind).await;
        let (ada, mallory) = (server.user("ada").await, server.user("mallory").await);
        let hers = id(&ada, "a.txt", b"secret").await;
        let own = mallory.conversation().await.id;
        let said = mallory.say(&own, "hello").await.said().id.clone();
        let missing = format!("att_{:032x}", 7);
        let before = mallory.tree(&own).await;
        let places = [
            (Method::POST, format!("/conversations/{own}/messages")),
            (Method::POST, format!("/conversations/{own}/plan")),
            (Method::POST, format!("/messages/{said}/edit")),
            (Method::PATCH, format!("/messages/{said}")),
        ];
        for (method, path) in &places {
            let ask = async |body: Value| mallory.ask(mallory.request(method.clone(), path).json(&body)).await;
            let foreign = ask(json!({"text": "look", "attachments": [hers]})).await;
            let none = ask(json!({"text": "look", "attachments": [missing]})).await;
            foreign.problem(404, "not-found");
            assert_eq!(foreign.body, none.body, "{path}");
            if *method == Method::POST {
                ask(json!({"parts": [{"type": "image", "url": hers}]})).await.problem(404, "not-found");
                ask(json!({"parts": [{"type": "file", "url": missing}]})).await.problem(404, "not-found");
            }
        }
        assert_eq!(mallory.tree(&own).await, before);
        assert_eq!(ada.get(&format!("/attachments/{hers}")).await.to::<Value>(200)["links"], 0);
    }

    async fn a_model_that_reads_no_images_says_so_before_anything_is_stored(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let image = id(&ada, "a.png", PNG).await;
        let conversation = ada.conversation().await.id;
        let refused = ada.send(&conversation, json!({"text": "what is it?", "attachments": [image]})).await;
        let problem = refused.problem(422, "invalid");
        assert!(problem["detail"].as_str().unwrap().contains("`echo` reads none"), "{problem}");
        assert_eq!(ada.tree(&conversation).await.len(), 0);
        // it can be said without a model, and stays when the words change
        let body = json!({"text": "look", "attachments": [image], "run": false});
        let said = ada.send(&conversation, body).await.to::<Value>(201)["user_message"]["id"].as_str().unwrap().to_owned();
        let path = format!("/messages/{said}");
        let revised: Value = ada.patch(&path, json!({"text": "see"})).await.to(200);
        assert_eq!(revised["parts"][1]["url"], json!(image));
        let bare: Value = ada.patch(&path, json!({"text": "see", "attachments": []})).await.to(200);
        assert_eq!(bare["parts"].as_array().unwrap().len(), 1);
        assert_eq!(ada.get(&format!("/attachments/{image}")).await.to::<Value>(200)["links"], 0);
    }

    async fn as_many_bytes_are_kept_as_the_plan_covers(kind) {
        let limits = LimitSettings { users: Some("stored_bytes=10".into()), visitors: None };
        let server = TestServer::set_up(kind, Settings { limits, ..Settings::default() }, Some(echo(std::time::Duration::ZERO))).await;
        let ada = server.user("ada").await;
        let first = id(&ada, "a.txt", b"1234567").await;
        upload(&ada, "b.txt", b"12345").await.problem(429, "limit-reached");
        upload(&ada, "c.txt", b"123").await.is(201);
        upload(&ada, "d.txt", b"1").await.problem(429, "limit-reached");
        let usage: Value = ada.get("/me/usage").await.to(200);
        assert_eq!((&usage["limits"][0]["meter"], &usage["limits"][0]["used"]), (&json!("stored_bytes"), &json!(10)));
        ada.delete(&format!("/attachments/{first}")).await.is(204);
        upload(&ada, "d.txt", b"1234567").await.is(201);
    }
}

#[tokio::test]
async fn whoever_may_attach_nothing_is_told_so() {
    let off = AttachmentSettings { place: Some("off".into()), max_bytes: None };
    let settings = Settings { attachments: off, ..Settings::default() };
    let server = TestServer::set_up(Kind::Memory, settings, Some(echo(std::time::Duration::ZERO))).await;
    let ada = server.user("ada").await;
    upload(&ada, "a.txt", b"words").await.problem(422, "invalid");
    server.anonymous().get("/attachments").await.problem(401, "unauthenticated");
    upload(&server.anonymous(), "a.txt", b"words").await.problem(401, "unauthenticated");
}
