//! Everything that somebody owns: taken away over HTTP, taken in by another account, and erased with the account.

use chatcore::testing::user;
use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments::upload;
use crate::client::{Answer, Client, PASSWORD, eventually};
use crate::server::{Kind, TestServer};

async fn import(client: &Client, key: Option<&str>, archive: Vec<u8>) -> Answer {
    let request = client.request(Method::POST, "/me/import").header("content-type", "application/octet-stream");
    let request = key.into_iter().fold(request, |request, key| request.header("idempotency-key", key));
    client.ask(request.body(archive)).await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn exports_wait_for_each_other() {
    let server = TestServer::start(Kind::Memory).await;
    let (ada, bob) = (server.user("ada").await, server.user("bob").await);
    // more than lies between the two ends of a connection, so it cannot end before somebody reads
    let large = vec![b'a'; 12 << 20];
    for name in ["one.txt", "two.txt", "three.txt"] {
        upload(&ada, name, &large).await.is(201);
    }
    let under_way = ada.request(Method::GET, "/me/export").send().await.unwrap();
    assert_eq!(under_way.status(), 200);
    let refused = ada.get("/me/export").await;
    refused.problem(429, "export-under-way");
    assert_eq!(refused.header("retry-after"), "2");
    bob.get("/me/export").await.is(200);
    drop(under_way);
    let admitted = async || (ada.get("/me/export").await.status == 200).then_some(());
    eventually("who went away makes room", admitted).await;

    let exports = &server.app().exports;
    let others: Vec<_> = (0..).map_while(|n| exports.enter(user(n).subject()).ok()).collect();
    assert!(others.len() > 1, "one at a time for everybody");
    bob.get("/me/export").await.problem(503, "overloaded");
    drop(others);
    bob.get("/me/export").await.is(200);
}

each_store! {
    async fn what_is_exported_is_taken_in_by_another_account(kind) {
        let server = TestServer::start(kind).await;
        let (ada, bob, eve) = (server.user("ada").await, server.user("bob").await, server.user("eve").await);
        let note: Value = upload(&ada, "notes.md", b"a note to keep").await.to(201);
        let id = ada.conversation().await.id;
        ada.send(&id, json!({"text": "look", "attachments": [note["id"]]})).await.is(201);
        let export = ada.get("/me/export").await;
        assert_eq!((export.status, export.header("content-type")), (200, "application/x-tar"));
        assert!(export.header("content-disposition").contains("chatcore-export.tar"));
        assert!(export.body.contains("\"username\":\"ada\"") && !export.body.contains("$argon2"));
        let archive = export.body.clone().into_bytes();

        import(&bob, None, archive.clone()).await.problem(422, "invalid");
        let cut = archive[..archive.len() / 2].to_vec();
        import(&bob, Some("once"), cut).await.problem(422, "invalid");
        let made: Value = import(&bob, Some("once"), archive.clone()).await.to(200);
        assert_eq!(made, json!({"conversations": 1, "present": 0, "messages": 2, "attachments": 1}));
        let again: Value = import(&bob, Some("once"), archive.clone()).await.to(200);
        assert_eq!((&again["conversations"], &again["present"]), (&json!(0), &json!(1)));
        // the same name of somebody else's request is another request
        let theirs: Value = import(&eve, Some("once"), archive).await.to(200);
        assert_eq!((&theirs["conversations"], &theirs["present"]), (&json!(1), &json!(0)));
        let list: Value = bob.get("/conversations").await.to(200);
        assert_eq!(list["items"].as_array().map(Vec::len), Some(1));
        let copy = list["items"][0]["id"].as_str().unwrap_or_default();
        let said: Value = bob.get(&format!("/conversations/{copy}/messages")).await.to(200);
        let url = said["items"][0]["parts"][1]["url"].as_str().unwrap_or_default().to_owned();
        assert_ne!(url, note["id"].as_str().unwrap_or_default(), "the file is another one");
        assert_eq!(bob.get(&format!("/attachments/{url}/content")).await.body, "a note to keep");
        ada.get(&format!("/attachments/{url}")).await.problem(404, "not-found");
    }

    async fn a_closed_account_is_erased_by_the_server(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.send(&id, json!({"text": "soon gone"})).await.is(201);
        let me: Value = ada.get("/me").await.to(200);
        let close = ada.request(Method::DELETE, "/me").json(&json!({"current_password": PASSWORD}));
        ada.ask(close).await.is(204);
        ada.get("/me").await.problem(401, "unauthenticated");
        // the name is free again, as soon as the job has begun
        let name_is_free = async || server.accounts().account_of(None, "ada").await.is_err().then_some(());
        eventually("the name is free", name_is_free).await;
        let again = server.user("ada").await;
        let now: Value = again.get("/me").await.to(200);
        assert_ne!(now["id"], me["id"]);
        assert_eq!(again.get("/conversations").await.to::<Value>(200)["items"], json!([]));
    }
}
