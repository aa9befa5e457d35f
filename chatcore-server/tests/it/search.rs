//! Finding messages by their words.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Client, percent};
use crate::records::Page;
use crate::server::{TestServer, echo};

async fn hits(user: &Client, query: &str) -> Vec<Value> {
    user.get(&format!("/search?q={}&limit=50", percent(query))).await.to::<Page<Value>>(200).items
}

each_store! {
    async fn words_are_found_in_every_branch(kind) {
        let server = TestServer::with(kind, echo(Duration::ZERO)).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let id = ada.conversation().await.id;
        ada.patch(&format!("/conversations/{id}"), json!({"title": "Sea"})).await.is(200);
        let first = ada.say(&id, "The blue WHALE sings").await;
        ada.post(&format!("/messages/{}/edit", first.said().id), json!({"text": "nothing"})).await.is(201);
        grace.say(&grace.conversation().await.id, "my own whale").await;
        let found = hits(&ada, "whale b").await;
        let ids: Vec<&str> = found.iter().map(|it| it["message_id"].as_str().unwrap()).collect();
        assert_eq!(ids, [first.answer().id.as_str(), first.said().id.as_str()]);
        let hit = &found[1];
        assert_eq!((&hit["conversation_id"], &hit["title"], &hit["role"]), (&json!(id), &json!("Sea"), &json!("user")));
        assert_eq!(hit["snippet"], "The blue WHALE sings");
        assert_eq!(hit["highlights"], json!([{"start": 4, "length": 4}, {"start": 9, "length": 5}]));
        // the branch that ends there is not the active one, and is shown all the same
        let branch = ada.branch(&id, Some(ids[1])).await;
        assert_eq!(branch.last().unwrap().text, "The blue WHALE sings");
        for query in ["hale", "whale nothing", "\" OR 1", "my"] {
            assert_eq!(hits(&ada, query).await, Vec::<Value>::new(), "{query}");
        }
        // in pages
        let page: Page<Value> = ada.get("/search?q=whale&limit=1").await.to(200);
        let rest: Page<Value> =
            ada.get(&format!("/search?q=whale&limit=1&cursor={}", page.next_cursor.unwrap())).await.to(200);
        assert_eq!((&page.items[0]["message_id"], &rest.items[0]["message_id"]), (&json!(ids[0]), &json!(ids[1])));
        // what is deleted is gone from here, too
        ada.delete(&format!("/messages/{}", first.said().id)).await.is(200);
        assert_eq!(hits(&ada, "whale").await, Vec::<Value>::new());
        assert_eq!(hits(&ada, "nothing").await.len(), 2);
        ada.delete(&format!("/conversations/{id}")).await.is(204);
        assert_eq!(hits(&ada, "nothing").await, Vec::<Value>::new());
    }

    async fn what_cannot_be_looked_for_is_refused(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        for query in ["", "%22%22", "*", &"x".repeat(201), &"a+".repeat(17)] {
            let problem = ada.get(&format!("/search?q={query}")).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "q");
        }
        ada.get("/search").await.problem(400, "bad-request");
        ada.get("/search?q=x&cursor=1c00").await.problem(422, "invalid");
        for hostile in ["a\" OR \"b", "a) NEAR(b", "a:*b", "'a' & !b", "a\\'b", "{owner} : a", "a -- b", "\u{0}a"] {
            assert_eq!(hits(&ada, hostile).await, Vec::<Value>::new(), "{hostile}");
        }
    }
}
