//! Files, feedback, links, streams that stay open and the messages interface at the mount for SentX.

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::sentx::registered;
use crate::world::{PASSWORD, World};

/// A form with a file, and a name beside it if there is one.
pub(crate) async fn upload(client: &Client, path: &str, text: &str, name: Option<&str>) -> Answer {
    let name = name.map(|name| format!("--b\r\nContent-Disposition: form-data; name=\"filename\"\r\n\r\n{name}\r\n"));
    let body = format!(
        "{}--b\r\nContent-Disposition: form-data; name=\"file\"; filename=\"a.txt\"\r\n\r\n{text}\r\n--b--\r\n",
        name.unwrap_or_default()
    );
    client.send("POST", path, Some(("multipart/form-data; boundary=b", &body))).await
}

fn text<'a>(body: &'a Value, name: &str) -> &'a str {
    body[name].as_str().unwrap()
}

/// Somebody who said something and was answered: the chat, the question, the answer.
async fn answered(client: &Client) -> [String; 3] {
    let said = client.post("/chat/messages", json!({"content": "Hello"})).await.json(200);
    let chat = text(&said, "chatId");
    client.get(&format!("/chat/stream?chatId={chat}")).await;
    let history = client.get(&format!("/chat/history?chatId={chat}")).await.json(200);
    [chat.to_owned(), text(&said, "messageId").to_owned(), text(&history["messages"][1], "messageId").to_owned()]
}

each_store! {
    async fn files_belong_to_what_was_said(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let (ann, bob) = (registered(&client, "ann").await, registered(&client, "bob").await);
        let [_, question, answer] = answered(&ann).await;
        let path = format!("/chat/messages-list/{question}/attach_file/");
        let uploads = futures::future::join_all((0..4).map(|n| {
            let (ann, path) = (ann.clone(), path.clone());
            async move { upload(&ann, &path, &format!("file {n}"), Some("notes.txt")).await.json(201) }
        }));
        let files = uploads.await;
        for (n, file) in files.iter().enumerate() {
            assert_eq!((text(file, "filename"), text(file, "content_type")), ("notes.txt", "text/plain"));
            let bytes = ann.get(text(file, "file")).await;
            assert_eq!((bytes.status, bytes.body), (200, format!("file {n}")));
            assert_eq!(bob.get(text(file, "file")).await.status, 404, "it is hers");
        }
        // none of several at once is lost
        let native = world.server.anonymous().showing(native(&client, "ann").await);
        let seen = native.get(&format!("/api/v1/messages/msg_{}", question.replace('-', ""))).await;
        assert!(seen.status == 404 || files.iter().all(|file| seen.body.contains(text(file, "id"))), "{}", seen.body);
        assert_eq!(upload(&bob, &path, "x", None).await.status, 404);
        let path = format!("/chat/messages-list/{answer}/attach_file/");
        assert_eq!(upload(&ann, &path, "x", None).await.status, 400, "nobody attaches to what a model said");
        let path = format!("/api/chat/messages-list/{question}/attach_file/");
        // what may stand beside a file is short, and not much
        let field = |text: &str| format!("--b\r\ncontent-disposition: form-data; name=\"filename\"\r\n\r\n{text}\r\n");
        for beside in [field("x").repeat(100), field(&"x".repeat(2000))] {
            let form = format!("{beside}--b--\r\n");
            let refused = ann.send("POST", &path, Some(("multipart/form-data; boundary=b", &form))).await;
            assert_eq!(refused.status, 400, "{}", refused.body);
            assert!(refused.body.contains("beside it"), "{}", refused.body);
        }
        let nothing = ann.send("POST", &path, Some(("multipart/form-data; boundary=b", "--b--\r\n"))).await;
        nothing.says(400, json!({"error": "No file provided"}));
        assert_eq!(ann.post(&path, json!({})).await.status, 400);
        world.server.end().await;
    }

    async fn answers_are_liked_or_not(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let (ann, bob) = (registered(&client, "ann").await, registered(&client, "bob").await);
        let [_, question, answer] = answered(&ann).await;
        let path = format!("/chat/messages-list/{answer}/feedback/");
        let said = ann.post(&path, json!({"is_liked": true, "comment": "fine"})).await.json(200);
        assert_eq!((&said["is_liked"], &said["comment"]), (&json!(true), &json!("fine")));
        let later = ann.post(&path, json!({"is_liked": false})).await.json(200);
        assert_eq!((&later["is_liked"], &later["created_at"]), (&json!(false), &said["created_at"]));
        assert_eq!(ann.post(&path, json!({"is_liked": null})).await.json(200)["is_liked"], Value::Null);
        let of_question = ann.post(&format!("/chat/messages-list/{question}/feedback/"), json!({"is_liked": true})).await;
        of_question.says(400, json!({"error": "Feedback can only be left for assistant messages"}));
        assert_eq!(ann.post(&path, json!({"is_liked": "maybe"})).await.status, 400);
        assert_eq!(ann.post(&path, json!({"is_liked": null, "comment": "x"})).await.status, 400);
        assert_eq!(bob.post(&path, json!({"is_liked": true})).await.status, 404);
        world.server.end().await;
    }

    async fn a_link_shows_a_chat_to_anybody(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let (ann, bob) = (registered(&client, "ann").await, registered(&client, "bob").await);
        let [chat, question, _] = answered(&ann).await;
        let body = json!({"chatId": chat});
        let link = ann.post("/api/chat/share/", body.clone()).await.json(201);
        assert_eq!(ann.post("/chat/share", body.clone()).await.json(200), link, "there is one already");
        let path = format!("/api{}/", text(&link, "shareUrl"));
        let seen = client.get(&path).await;
        let shown = seen.json(200);
        assert_eq!((shown["messages"].as_array().unwrap().len(), &shown["isOwner"]), (2, &json!(false)));
        assert_eq!(shown["messages"][0]["content"], "Hello");
        assert!(!seen.body.contains(&question), "ids are the owner's: {}", seen.body);
        assert_eq!(ann.get(&format!("/api/s/{}/", text(&link, "token"))).await.json(200)["isOwner"], true);
        let copy = bob.post(&format!("{path}continue/"), json!({})).await.json(201);
        assert_ne!(copy["chatId"], json!(chat));
        assert_eq!(bob.get(&format!("/chat/history?chatId={}", text(&copy, "chatId"))).await.json(200)["messages"].as_array().unwrap().len(), 2);
        ann.post(&format!("{path}continue/"), json!({})).await.says(200, json!({"chatId": chat, "isNew": false}));
        assert_eq!(bob.post("/chat/share/", body.clone()).await.status, 404);
        let ended = ann.send("DELETE", "/chat/share/", Some(("application/json", &body.to_string()))).await;
        ended.says(200, json!({"success": true, "deleted": 1}));
        client.get(&path).await.says(404, json!({"error": "Shared chat not found"}));
        world.server.end().await;
    }

    async fn a_stream_that_stays_open_says_what_its_events_are(kind) {
        let world = World::open(kind).await;
        let device = world.server.anonymous().at("sentx").with("x-fingerprint-hash", "d41d8cd98f00b204");
        let listening =
            device.listening("/api/chat/persistent-stream?sessionId=mine", "\"end-tokens\"").await;
        let body = json!({"content": "Hello", "sessionId": "mine", "chatId": null});
        let said = device.post("/api/chat/persistent-messages", body).await.json(200);
        assert_eq!(said["status"], "processing");
        let heard = listening.await.unwrap();
        assert!(heard.starts_with("data: {\"sessionId\":\"mine\",\"type\":\"connected\"}"), "{heard}");
        assert!(heard.contains("\"type\":\"userMessage\""), "{heard}");
        let none = device.post("/api/chat/persistent-messages", json!({"content": "x"})).await;
        none.says(400, json!({"error": "sessionId is required"}));
        world.server.end().await;
    }

    async fn the_messages_interface_is_for_staff(kind) {
        let world = World::open(kind).await;
        let client = world.server.anonymous().at("sentx");
        let ann = registered(&client, "ann").await;
        let [chat, ..] = answered(&ann).await;
        let pair = json!({"email": "root@example.com", "password": PASSWORD});
        let pair = client.post("/api/token/", pair).await.json(200);
        let root = client.showing(format!("Bearer {}", text(&pair, "access")));
        let at = "/admin/llm/messages-interface/api";
        for path in ["filters/", "breadcrumbs/", "date-filters/", "chats/", &format!("chats/messages/?chatId={chat}&reason=x")] {
            assert_eq!(ann.get(&format!("{at}/{path}")).await.status, 403, "{path}");
            assert_eq!(client.get(&format!("{at}/{path}")).await.status, 401, "{path}");
            root.get(&format!("{at}/{path}")).await.json(200);
        }
        let found = root.get(&format!("{at}/chats/?page=1&email=ann@example.com")).await.json(200);
        assert_eq!((&found["data"][0]["uid"], &found["data"][0]["email"]), (&json!(chat), &json!("ann@example.com")));
        assert_eq!((&found["pagesAmount"], &found["activePage"]), (&json!(1), &json!(1)));
        let bob = registered(&client, "bob").await;
        let [newer, ..] = answered(&bob).await;
        ann.post("/chat/messages", json!({"content": "written to last", "chatId": chat})).await.json(200);
        let all = root.get(&format!("{at}/chats/")).await.json(200);
        let uids: Vec<&str> = all["data"].as_array().unwrap().iter().map(|row| text(row, "uid")).collect();
        assert_eq!(uids, [&*newer, &*chat], "the newest first");
        for nothing in ["email=nobody@example.com", "date=2001-01", "message=nothing-like-it"] {
            assert_eq!(root.get(&format!("{at}/chats/?{nothing}")).await.json(200)["data"], json!([]), "{nothing}");
        }
        assert_eq!(root.get(&format!("{at}/chats/messages/?chatId={chat}")).await.status, 400, "whoever reads says why");
        let said = root.get(&format!("{at}/chats/messages/?chatId={chat}&reason=complaint")).await.json(200);
        let last = json!({"role": "user", "content": "written to last"});
        assert_eq!(said, json!([{"role": "user", "content": "Hello"}, {"role": "assistant", "content": "Hello"}, last]));
        for (path, end) in [("/admin/", "/admin"), ("/admin/llm/messages-interface/", "/admin/conversations")] {
            let answer = client.get(path).await;
            assert!(answer.status == 302 && answer.header("location").ends_with(end), "{answer:?}");
        }
        world.server.end().await;
    }
}

/// The same account at the native API.
async fn native(client: &Client, name: &str) -> String {
    let origin = client.base.split("/compat").next().unwrap();
    let body = json!({"login": format!("{name}@example.com"), "password": PASSWORD});
    let session = client.elsewhere(origin).post("/api/v1/auth/login", body).await.json(200);
    format!("Bearer {}", text(&session, "access_token"))
}
