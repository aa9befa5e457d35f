//! Cursors and names of requests that somebody else has made: neither shows anything that is theirs.

use std::collections::BTreeSet;

use chatcore_server::config::{ChargingSettings, Settings};
use serde_json::{Value, json};

use super::{Things, call, callers, rows};
use crate::client::Client;
use crate::records::Page;
use crate::server::{Kind, TestServer, echo};
use crate::visitors;

/// Every list that is read in pages, but for those of admins.
pub(super) const CURSORS: [&str; 11] = [
    "GET /attachments",
    "GET /conversations",
    "GET /conversations/{id}/messages",
    "GET /conversations/{id}/shares",
    "GET /conversations/{id}/tree",
    "GET /messages/{id}/siblings",
    "GET /me/api-keys",
    "GET /me/audit",
    "GET /me/ledger",
    "GET /me/sessions",
    "GET /search",
];

/// The list that is for whoever has the link, whoever they are.
pub(super) const OF_LINKS: [&str; 1] = ["GET /shares/{token}"];

/// What whoever has the link may do with a name of their own.
pub(super) const BY_LINKS: [&str; 1] = ["POST /shares/{token}/fork"];

/// Every operation whose request may have a name, but for those of admins.
pub(super) const NAMED: [&str; 9] = [
    "POST /conversations",
    "POST /conversations/{id}/fork",
    "POST /conversations/{id}/messages",
    "POST /messages/{id}/answer",
    "POST /messages/{id}/continue",
    "POST /messages/{id}/edit",
    "POST /messages/{id}/regenerate",
    "POST /messages/{id}/tool-results",
    "POST /billing/checkout",
];

/// What takes a file with a name of the caller's own: `portable` says that another's is nothing.
pub(super) const WITH_FILES: [&str; 1] = ["POST /me/import"];

/// Somebody has two of everything, also in the ledger.
async fn start(kind: Kind) -> TestServer {
    let charging = ChargingSettings {
        charge: Some("per_request".into()),
        charge_amount: Some(1),
        start_balance: Some(1000),
        visitor_start_balance: Some(1000),
        ..ChargingSettings::default()
    };
    let settings = Settings { charging, ..visitors::open() };
    TestServer::set_up(kind, settings, Some(echo(std::time::Duration::ZERO))).await
}

/// Where a list is, of somebody who has these things.
fn path(name: &str, own: &Things) -> String {
    let id = if name.contains("{id}") { own.fitting(name)[usize::from(name.contains("/siblings"))] } else { "" };
    let path = name.trim_start_matches("GET ").replace("{id}", id);
    path + if name == "GET /search" { "?q=hello&" } else { "?" }
}

/// Makes a second of everything; who has no account has no keys and sessions.
async fn doubled(client: &Client) -> Things {
    client.conversation().await;
    let own = Things::chatting(client).await;
    client.post(&format!("/messages/{}/regenerate", own.answer), json!({})).await.is(201);
    crate::attachments::upload(client, "b.txt", b"more words").await.is(201);
    for _ in 0..2 {
        client.post(&format!("/conversations/{}/shares", own.conversation), json!({})).await.is(201);
    }
    client.post("/me/api-keys", json!({"name": "one"})).await;
    client.post("/me/api-keys", json!({"name": "two"})).await;
    own
}

/// Every text in an answer that looks like an id.
fn ids(value: &Value, found: &mut BTreeSet<String>) {
    match value {
        Value::String(text) if text.len() == 36 && text.as_bytes()[3] == b'_' => {
            found.insert(text.clone());
        }
        Value::Array(all) => all.iter().for_each(|one| ids(one, found)),
        Value::Object(all) => all.values().for_each(|one| ids(one, found)),
        _ => {}
    }
}

each_store! {
    async fn a_foreign_cursor_shows_nothing_of_anybody_else(kind) {
        let server = start(kind).await;
        let ada = server.user("ada").await.session.user.id.parse().unwrap();
        // so that there is something in the list of what was done about somebody
        server.accounts().suspend(None, ada).await.unwrap();
        server.accounts().reinstate(None, ada).await.unwrap();
        let ada = server.anonymous().login("ada").await;
        server.anonymous().login("ada").await;
        let theirs = doubled(&ada).await;
        for (who, stranger) in callers::strangers(&server).await {
            let own = doubled(&stranger).await;
            for name in CURSORS {
                let page: Page<Value> = ada.get(&format!("{}limit=1", path(name, &theirs))).await.to(200);
                let cursor = page.next_cursor.unwrap_or_else(|| panic!("{name} has one page"));
                let list = path(name, &own);
                let answer = stranger.get(&format!("{list}limit=100&cursor={cursor}")).await;
                match answer.status {
                    200 => {
                        let own: Page<Value> = stranger.get(&format!("{list}limit=100")).await.to(200);
                        let shown: Page<Value> = answer.to(200);
                        let all_own = shown.items.iter().all(|item| own.items.contains(item));
                        assert!(all_own, "{who}: {name} shows {:?}", shown.items);
                    }
                    403 => assert!(name.contains("/me/") && who != "somebody else", "{who}: {name}"),
                    status => assert!([404, 422].contains(&status), "{who}: {name}: {status}"),
                }
            }
        }
    }

    async fn a_foreign_name_of_a_request_is_nothing(kind) {
        let server = start(kind).await;
        let ada = server.user("ada").await;
        let theirs = doubled(&ada).await;
        for (who, stranger) in callers::strangers(&server).await {
            let own = doubled(&stranger).await;
            for name in NAMED {
                let asks = async |client: &Client, things: &Things| {
                    let row = rows().into_iter().find(|(row, _)| *row == name);
                    let mut body = row.map_or(json!({"plan": "free"}), |(_, body)| body);
                    if name == "POST /conversations" {
                        body = json!({"title": "mine"});
                    }
                    if body.get("message_id").is_some() {
                        body["message_id"] = things.said.as_str().into();
                    }
                    let of_answer = ["/regenerate", "/continue", "/tool-results"].iter().any(|end| name.ends_with(end));
                    let id = match (name.contains("{id}"), of_answer) {
                        (false, _) => "",
                        (true, true) => &things.answer,
                        (true, false) => things.fitting(name)[0],
                    };
                    call(&client.with("idempotency-key", name), name, id, &body).await
                };
                let (first, second) = (asks(&ada, &theirs).await, asks(&stranger, &own).await);
                // nobody pays here, and who has no account could not
                let same = first.status == second.status || (second.status == 403 && name.contains("/billing/"));
                assert!(same, "{who}: {name}: {} and {}: {}", first.status, second.status, second.body);
                let mut found = [BTreeSet::new(), BTreeSet::new()];
                for (answer, found) in [&first, &second].into_iter().zip(&mut found) {
                    ids(&serde_json::from_str(&answer.body).unwrap(), found);
                }
                assert!(found[0].is_disjoint(&found[1]), "{who}: {name}: {found:?}");
                assert!(first.status >= 400 || !found[0].is_empty(), "{name} shows no ids: {}", first.body);
            }
        }
    }
}
