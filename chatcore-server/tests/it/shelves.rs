//! Conversations that are pinned or put away.

use serde_json::{Value, json};

use crate::client::User;
use crate::server::TestServer;

async fn ids(user: &User, path: &str, size: usize) -> Vec<String> {
    let all: Vec<Value> = user.pages(path, size).await;
    all.iter().map(|it| it["id"].as_str().unwrap().to_owned()).collect()
}

async fn set(user: &User, id: &str, change: Value) -> Value {
    user.patch(&format!("/conversations/{id}"), change).await.to(200)
}

each_store! {
    async fn what_is_pinned_comes_first_and_what_is_put_away_is_apart(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let mut made = Vec::new();
        for _ in 0..6 {
            made.push(ada.conversation().await.id);
        }
        let pinned = set(&ada, &made[1], json!({"pinned": true})).await;
        assert_eq!((&pinned["pinned"], &pinned["archived"]), (&json!(true), &json!(false)));
        assert_eq!(pinned["updated_at"], ada.get(&format!("/conversations/{}", made[1])).await.to::<Value>(200)["created_at"]);
        set(&ada, &made[3], json!({"archived": true})).await;
        set(&ada, &made[4], json!({"pinned": true, "archived": true})).await;
        let order = [1, 5, 2, 0].map(|at: usize| made[at].clone());
        for size in [1, 2, 200] {
            assert_eq!(ids(&ada, "/conversations", size).await, order, "pages of {size}");
            assert_eq!(ids(&ada, "/conversations?archived=true", size).await, [made[4].clone(), made[3].clone()]);
        }
        assert_eq!(ids(&ada, "/conversations?archived=false", 200).await, order);
        assert_eq!(ids(&grace, "/conversations?archived=true", 200).await, Vec::<String>::new());
        set(&ada, &made[4], json!({"archived": false})).await;
        assert_eq!(ids(&ada, "/conversations", 200).await[..2], [made[4].clone(), made[1].clone()]);
        // what is put away goes on
        ada.say(&made[3], "hello").await;
        assert_eq!(ids(&ada, "/conversations?archived=true", 200).await, [made[3].clone()]);
        for wrong in [json!({"pinned": "yes"}), json!({"archived": 1})] {
            assert!([400, 422].contains(&ada.patch(&format!("/conversations/{}", made[0]), wrong).await.status));
        }
        ada.get("/conversations?archived=maybe").await.problem(400, "bad-request");
        let stale = json!({"pinned": true, "expected_version": 1});
        ada.patch(&format!("/conversations/{}", made[1]), stale).await.problem(409, "stale-version");
    }
}
