//! What is somebody else's answers exactly like what does not exist, on every route that takes an id.
//!
//! The routes come from the document: one that is new fails here until it has a row.

pub(crate) mod admin;
mod callers;
mod own;
mod pages;

use std::collections::BTreeSet;

use reqwest::Method;
use serde_json::{Value, json};

use crate::attachments;
use crate::client::{Answer, Client, Events, User, eventually};
use crate::openapi::{fields, operations};
use crate::records::{ApiKey, SessionInfo};
use crate::server::TestServer;
use crate::visitors;

/// Every operation with an id in its path, and a body that it would take.
fn rows() -> Vec<(&'static str, Value)> {
    let text = || json!({"text": "mine now"});
    // the id in the body is the caller's own, or none: it is the one in the path that is foreign
    let message = || json!({"message_id": format!("msg_{:032x}", 7)});
    vec![
        ("GET /conversations/{id}", Value::Null),
        ("PATCH /conversations/{id}", json!({"title": "mine now"})),
        ("DELETE /conversations/{id}", Value::Null),
        ("GET /conversations/{id}/messages", Value::Null),
        ("POST /conversations/{id}/messages", text()),
        ("POST /conversations/{id}/plan", text()),
        ("GET /conversations/{id}/usage", Value::Null),
        ("GET /conversations/{id}/tree", Value::Null),
        ("PUT /conversations/{id}/head", message()),
        ("POST /conversations/{id}/fork", message()),
        ("GET /conversations/{id}/events", Value::Null),
        ("GET /messages/{id}", Value::Null),
        ("PATCH /messages/{id}", text()),
        ("DELETE /messages/{id}", Value::Null),
        ("GET /messages/{id}/siblings", Value::Null),
        ("POST /messages/{id}/edit", text()),
        ("POST /messages/{id}/regenerate", json!({})),
        ("POST /messages/{id}/answer", json!({})),
        ("POST /messages/{id}/continue", json!({})),
        ("POST /messages/{id}/tool-results", json!({"results": []})),
        ("PUT /messages/{id}/feedback", json!({"rating": 1})),
        ("GET /conversations/{id}/shares", Value::Null),
        ("POST /conversations/{id}/shares", json!({})),
        ("DELETE /conversations/{id}/shares", Value::Null),
        ("GET /runs/{id}", Value::Null),
        ("GET /runs/{id}/events", Value::Null),
        ("POST /runs/{id}/stop", Value::Null),
        ("GET /attachments/{id}", Value::Null),
        ("GET /attachments/{id}/content", Value::Null),
        ("DELETE /attachments/{id}", Value::Null),
        ("DELETE /me/sessions/{id}", Value::Null),
        ("DELETE /me/api-keys/{id}", Value::Null),
        ("DELETE /me/identities/{id}", Value::Null),
    ]
}

/// Every other place that an id may stand in: the operation, and the field or parameter.
const OTHER_PLACES: [(&str, &str); 18] = [
    ("GET /conversations/{id}/messages", "leaf"),
    ("POST /conversations/{id}/messages", "parent_id"),
    ("POST /conversations/{id}/messages", "expected_head"),
    ("PUT /conversations/{id}/head", "message_id"),
    ("PUT /conversations/{id}/head", "expected_head"),
    ("POST /conversations/{id}/fork", "message_id"),
    ("POST /conversations/{id}/shares", "message_id"),
    ("DELETE /conversations/{id}/shares", "share_id"),
    ("POST /messages/{id}/edit", "parent_id"),
    ("POST /messages/{id}/edit", "expected_head"),
    ("POST /messages/{id}/regenerate", "expected_head"),
    ("POST /messages/{id}/answer", "expected_head"),
    ("POST /messages/{id}/continue", "expected_head"),
    ("POST /messages/{id}/tool-results", "expected_head"),
    ("GET /conversations/{id}/usage", "leaf"),
    ("POST /conversations/{id}/plan", "parent_id"),
    ("POST /conversations/{id}/plan", "expected_head"),
    ("GET /runs/{id}/events", "Last-Event-ID"),
];

/// The places that take no value here: an edited message keeps its parent, and an answer without calls waits for nothing.
const REFUSED: [(&str, &str); 2] =
    [("POST /messages/{id}/edit", "parent_id"), ("POST /messages/{id}/tool-results", "expected_head")];

/// Places for the ids of many runs, of which those that lead nowhere are passed over.
const BOOKMARKS: [(&str, &str); 4] = [
    ("GET /conversations/{id}/events", "Last-Event-ID"),
    ("GET /conversations/{id}/events", "after"),
    ("GET /me/events", "Last-Event-ID"),
    ("GET /me/events", "after"),
];

/// Tickets are made for any id, and open nothing that is somebody else's: their own tests say so.
const TICKETS: [(&str, &str); 1] = [("POST /auth/ticket", "about")];

/// Fields that end like an id and are none of the server's.
const NO_IDS: [&str; 2] = ["external_id", "chain_id"];

#[test]
fn every_place_for_an_id_has_a_row() {
    let document: Value = serde_json::from_str(&chatcore_server::openapi()).unwrap();
    let (mut paths, mut others, mut admins) = (BTreeSet::new(), BTreeSet::new(), BTreeSet::new());
    let (mut cursors, mut names) = (BTreeSet::new(), BTreeSet::new());
    for (name, operation) in operations() {
        if name.contains(" /admin/") {
            admins.insert(name);
            continue;
        }
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        // what is a number is the id of nothing
        let parameters = parameters.filter(|it| it["schema"]["type"] == "string");
        let parameters = parameters.filter_map(|it| it["name"].as_str()).map(str::to_owned);
        for place in parameters.chain(fields(&document, &operation)) {
            let lower = place.to_lowercase();
            let named = ["leaf", "expected_head", "about", "after"].contains(&lower.as_str());
            if lower == "id" {
                paths.insert(name.clone());
            } else if lower == "cursor" {
                cursors.insert(name.clone());
            } else if lower == "idempotency-key" {
                names.insert(name.clone());
            } else if named || ((lower.ends_with("id") || lower.ends_with("ids")) && !NO_IDS.contains(&&*place)) {
                others.insert((name.clone(), place));
            }
        }
    }
    assert_eq!(paths, rows().into_iter().map(|(name, _)| name.to_owned()).collect());
    assert_eq!(admins, admin::rows().into_iter().map(|(name, _)| name.to_owned()).collect());
    let lists = pages::CURSORS.iter().chain(&pages::OF_LINKS);
    assert_eq!(cursors, lists.map(|name| (*name).to_owned()).collect());
    let named = pages::NAMED.iter().chain(&pages::BY_LINKS).chain(&pages::WITH_FILES);
    assert_eq!(names, named.map(|name| (*name).to_owned()).collect());
    let places = OTHER_PLACES.iter().chain(&BOOKMARKS).chain(&TICKETS);
    assert_eq!(others, places.map(|(name, place)| ((*name).to_owned(), (*place).to_owned())).collect());
}

/// Calls an operation with an id in its path.
async fn call(user: &Client, name: &str, id: &str, body: &Value) -> Answer {
    let (method, path) = name.split_once(' ').unwrap();
    let request = user.request(Method::from_bytes(method.as_bytes()).unwrap(), &path.replace("{id}", id));
    user.ask(if body.is_null() { request } else { request.json(body) }).await
}

/// Ids of one user: their own, a way in, a conversation, the message that was said, the answer, the run, a file, where they are signed in, a key.
struct Things {
    user: String,
    identity: String,
    conversation: String,
    said: String,
    answer: String,
    run: String,
    attachment: String,
    session: String,
    key: String,
}

impl Things {
    /// Of somebody who may have no account.
    async fn chatting(client: &Client) -> Self {
        let conversation = client.conversation().await.id;
        let turn = client.say(&conversation, "hello").await;
        let (said, answer, run) = (turn.said().id.clone(), turn.answer().id.clone(), turn.run().id.clone());
        let uploaded: Value = attachments::upload(client, "a.txt", b"words").await.to(201);
        let attachment = uploaded["id"].as_str().unwrap().to_owned();
        let (user, identity, session, key) = Default::default();
        Self { user, identity, conversation, said, answer, run, attachment, session, key }
    }

    async fn of(user: &User) -> Self {
        let identities: Value = user.get("/me/identities").await.to(200);
        let identity = identities["items"][0]["id"].as_str().unwrap().to_owned();
        let session = user.pages::<SessionInfo>("/me/sessions", 10).await.remove(0).id;
        let key = user.key("laptop", &["read"]).await.api_key.id;
        let of_user = user.session.user.id.clone();
        Self { user: of_user, identity, session, key, ..Self::chatting(user).await }
    }

    /// Whether they can still be used: the session is what `user` shows.
    async fn are_untouched(&self, user: &User) -> bool {
        user.pages::<ApiKey>("/me/api-keys", 10).await.iter().all(|key| key.active)
    }

    /// The ids that a path may take.
    fn fitting(&self, path: &str) -> Vec<&str> {
        match path.split(' ').nth(1).and_then(|path| path.split('/').nth(1)) {
            Some("conversations") => vec![&self.conversation],
            Some("messages") => vec![&self.said, &self.answer],
            Some("runs") => vec![&self.run],
            Some("attachments") => vec![&self.attachment],
            Some("me") if path.contains("/sessions/") => vec![&self.session],
            Some("me") if path.contains("/api-keys/") => vec![&self.key],
            Some("me") => vec![&self.identity],
            Some("admin") if path.contains("/plans/") => vec!["free"],
            Some("admin") if path.contains("/conversations/") => vec![&self.conversation],
            Some("admin") => vec![&self.user],
            other => panic!("a kind of id that this test does not know: {other:?}"),
        }
    }
}

/// Calls an operation on the user's own things, with an id in another place.
async fn call_with(user: &Client, own: &Things, name: &str, place: &str, id: &str) -> Answer {
    let (method, path) = name.split_once(' ').unwrap();
    let of = if ["/regenerate", "/continue", "/tool-results"].iter().any(|end| name.ends_with(end)) {
        &own.answer
    } else {
        own.fitting(name)[0]
    };
    let path = path.replace("{id}", of);
    let in_query = ["leaf", "after", "share_id"].contains(&place);
    let path = if in_query { format!("{path}?{place}={id}") } else { path };
    let request = user.request(Method::from_bytes(method.as_bytes()).unwrap(), &path);
    let body = rows().into_iter().find(|(row, _)| *row == name).map(|(_, body)| body);
    let request = match (place, body.unwrap_or_else(|| json!({}))) {
        ("leaf" | "after" | "share_id", _) => request,
        ("Last-Event-ID", _) => request.header(place, format!("{id}:1")),
        (_, mut body) => {
            if body.get("message_id").is_some() {
                body["message_id"] = own.said.as_str().into();
            }
            body[place] = id.into();
            request.json(&body)
        }
    };
    user.ask(request).await
}

/// An id of the same kind that nobody has.
fn missing(id: &str) -> String {
    let kind = id.split('_').next().unwrap();
    format!("{kind}_{:032x}", 7)
}

each_store! {
    async fn a_foreign_id_in_a_path_looks_like_none(kind) {
        let server = TestServer::start(kind).await;
        let (ada, mallory) = (server.user("ada").await, server.user("mallory").await);
        let things = Things::of(&ada).await;
        let before = (ada.read(&things.conversation).await, ada.branch(&things.conversation, None).await);
        for (name, body) in rows() {
            for id in things.fitting(name) {
                let foreign = call(&mallory, name, id, &body).await;
                foreign.problem(404, "not-found");
                let none = call(&mallory, name, &missing(id), &body).await;
                assert_eq!((foreign.status, &foreign.body), (none.status, &none.body), "{name}");
                let garbage = call(&mallory, name, "garbage", &body).await;
                // of two ids that lead nowhere the other one may be named
                garbage.problem(404, "not-found");
                assert!(foreign.body == garbage.body || body.get("message_id").is_some(), "{name}: {}", garbage.body);
                let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<BTreeSet<_>>();
                assert_eq!(names(&foreign), names(&none), "{name}");
            }
        }
        let after = (ada.read(&things.conversation).await, ada.branch(&things.conversation, None).await);
        assert_eq!(after, before);
        assert!(things.are_untouched(&ada).await);
        assert_eq!(mallory.pages::<Value>("/conversations", 10).await, Vec::<Value>::new());
    }

    async fn a_foreign_id_anywhere_else_looks_like_none(kind) {
        let server = visitors::start(kind).await;
        let ada = server.user("ada").await;
        let theirs = Things::of(&ada).await;
        let before = (ada.read(&theirs.conversation).await, ada.branch(&theirs.conversation, None).await);
        for (who, stranger) in callers::strangers(&server).await {
            let own = Things::chatting(&stranger).await;
            let mine = (stranger.read(&own.conversation).await, stranger.tree(&own.conversation).await);
            for (name, place) in OTHER_PLACES.into_iter().filter(|place| !REFUSED.contains(place)) {
                for id in [&theirs.said, &theirs.answer, &theirs.run] {
                    let foreign = call_with(&stranger, &own, name, place, id).await;
                    let none = call_with(&stranger, &own, name, place, &missing(id)).await;
                    assert_eq!((foreign.status, &foreign.body), (none.status, &none.body), "{who}: {name} {place}");
                    match place {
                        "Last-Event-ID" => foreign.problem(422, "invalid"),
                        "expected_head" if !id.starts_with("run_") => foreign.problem(409, "stale-head"),
                        _ => foreign.problem(404, "not-found"),
                    };
                }
                let now = (stranger.read(&own.conversation).await, stranger.tree(&own.conversation).await);
                assert_eq!(now, mine, "{who}: {name} {place}");
            }
            for id in [&theirs.said, &missing(&theirs.said)] {
                for (name, place) in REFUSED {
                    call_with(&stranger, &own, name, place, id).await.problem(422, "invalid");
                }
            }
        }
        let after = (ada.read(&theirs.conversation).await, ada.branch(&theirs.conversation, None).await);
        assert_eq!(after, before);
    }

    async fn a_foreign_run_in_a_bookmark_is_passed_over(kind) {
        let server = visitors::start(kind).await;
        let ada = server.user("ada").await;
        let theirs = Things::of(&ada).await;
        for (who, stranger) in callers::strangers(&server).await {
            let own = stranger.conversation().await.id;
            let mut runs = Vec::new();
            for (name, place) in BOOKMARKS {
                let path = name.trim_start_matches("GET ").replace("{id}", &own);
                let bookmark = format!("{}:0", theirs.run);
                let request = match place {
                    "after" => stranger.request(Method::GET, &format!("{path}?after={bookmark}")),
                    _ => stranger.request(Method::GET, &path).header(place, bookmark),
                };
                let mut events = Events::of(request).await;
                runs.push(stranger.say(&own, "hello").await.run().id.clone());
                // one's own, up to the end of what has just been said, and no other
                eventually("the run ends", async || {
                    let heard = events.next().await.unwrap();
                    assert!(runs.contains(&heard.run), "{who}: {name} {place}: {}", heard.run);
                    (runs.last() == Some(&heard.run) && heard.is_last()).then_some(())
                })
                .await;
            }
        }
    }
}
