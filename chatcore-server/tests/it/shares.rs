//! Links to conversations: what anybody sees by them, what ends them, and what comes of them.

use std::time::Duration;

use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::records::{Conversation, Page};
use crate::server::{TestServer, echo};

async fn share(user: &Client, conversation: &str, body: Value) -> Value {
    user.post(&format!("/conversations/{conversation}/shares"), body).await.to(201)
}

/// The secret of a link.
fn token(share: &Value) -> String {
    share["url"].as_str().unwrap().rsplit_once("/s/").unwrap().1.to_owned()
}

async fn read(client: &Client, token: &str) -> Answer {
    client.get(&format!("/shares/{token}")).await
}

fn texts(shared: &Value) -> Vec<&str> {
    shared["messages"].as_array().unwrap().iter().map(|it| it["text"].as_str().unwrap()).collect()
}

each_store! {
    async fn anybody_reads_what_was_shared_and_no_more(kind) {
        let server = TestServer::with(kind, echo(Duration::ZERO)).await;
        let ada = server.user("ada").await;
        let body = json!({"title": "Trip", "system_prompt": "SECRET", "external_id": "SECRET"});
        let id = ada.post("/conversations", body).await.to::<Conversation>(201).id;
        ada.say(&id, "one").await;
        let link = share(&ada, &id, json!({})).await;
        ada.say(&id, "two").await;
        let nobody = server.anonymous();
        let answer = read(&nobody, &token(&link)).await;
        let shared: Value = answer.to(200);
        assert_eq!((texts(&shared), &shared["title"], &shared["next_cursor"]), (vec!["one", "one"], &json!("Trip"), &Value::Null));
        assert!(!answer.body.contains("SECRET") && !answer.body.contains(&id), "{}", answer.body);
        assert!(!answer.body.contains("msg_") && !answer.body.contains("usr_"), "{}", answer.body);
        let html: Value = nobody.get(&format!("/shares/{}?render=html", token(&link))).await.to(200);
        assert_eq!(html["messages"][1]["html"], "<p>one</p>\n");
        // a link to an earlier message, and pages
        let first: Page<Value> = ada.get(&format!("/conversations/{id}/messages")).await.to(200);
        let short = share(&ada, &id, json!({"message_id": first.items[0]["id"]})).await;
        assert_eq!(texts(&read(&nobody, &token(&short)).await.to::<Value>(200)), ["one"]);
        let page: Value = nobody.get(&format!("/shares/{}?limit=1", token(&link))).await.to(200);
        let cursor = page["next_cursor"].as_str().unwrap();
        let rest: Value = nobody.get(&format!("/shares/{}?limit=1&cursor={cursor}", token(&link))).await.to(200);
        assert_eq!((texts(&page), texts(&rest), &rest["next_cursor"]), (vec!["one"], vec!["one"], &Value::Null));
        // the owner sees both again
        let mine: Vec<Value> = ada.pages(&format!("/conversations/{id}/shares"), 1).await;
        assert_eq!(mine, [link, short]);
    }

    async fn whatever_ended_looks_like_nothing(kind) {
        let server = TestServer::with(kind, echo(Duration::ZERO)).await;
        let (ada, mallory) = (server.user("ada").await, server.user("mallory").await);
        let id = ada.conversation().await.id;
        let last = ada.say(&id, "one").await.answer().id.clone();
        let (one, two) = (share(&ada, &id, json!({})).await, share(&ada, &id, json!({})).await);
        let path = format!("/conversations/{id}/shares");
        mallory.delete(&path).await.problem(404, "not-found");
        mallory.delete(&format!("{path}?share_id={}", one["id"].as_str().unwrap())).await.problem(404, "not-found");
        // a link is ended by its own conversation only
        let other = ada.conversation().await.id;
        let elsewhere = format!("/conversations/{other}/shares?share_id={}", one["id"].as_str().unwrap());
        ada.delete(&elsewhere).await.problem(404, "not-found");
        let none = read(&mallory, &"0".repeat(64)).await;
        none.problem(404, "not-found");
        let expect_none = async |token: &str| {
            let answer = read(&mallory, token).await;
            assert_eq!((answer.status, &answer.body), (404, &none.body));
            mallory.post(&format!("/shares/{token}/fork"), json!({})).await.problem(404, "not-found");
            server.anonymous().get(&format!("//s/{token}")).await.is(404);
        };
        read(&mallory, &token(&one)).await.is(200);
        ada.delete(&format!("{path}?share_id={}", one["id"].as_str().unwrap())).await.is(204);
        expect_none(&token(&one)).await;
        read(&mallory, &token(&two)).await.is(200);
        ada.delete(&path).await.is(204);
        expect_none(&token(&two)).await;
        for (end, field) in [("2020-01-01T00:00:00Z", "expires_at"), ("soon", "expires_at")] {
            let problem = ada.post(&path, json!({"expires_at": end})).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field);
        }
        ada.post(&format!("/conversations/{other}/shares"), json!({})).await.problem(422, "invalid");
        let (three, four) = (share(&ada, &id, json!({})).await, share(&ada, &id, json!({"message_id": last})).await);
        ada.delete(&format!("/messages/{last}")).await.is(200);
        expect_none(&token(&three)).await;
        expect_none(&token(&four)).await;
        // who is shut out shows nothing
        let five = share(&ada, &id, json!({})).await;
        let account = server.accounts().account_of(None, "ada").await.unwrap().id;
        server.accounts().suspend(None, account).await.unwrap();
        expect_none(&token(&five)).await;
        server.accounts().reinstate(None, account).await.unwrap();
        read(&mallory, &token(&five)).await.is(200);
        server.accounts().delete_account(None, account).await.unwrap();
        expect_none(&token(&five)).await;
    }

    async fn whoever_has_an_account_goes_on_with_a_copy(kind) {
        let server = TestServer::with(kind, echo(Duration::ZERO)).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let body = json!({"title": "Trip", "system_prompt": "SECRET", "model": "echo"});
        let id = ada.post("/conversations", body).await.to::<Conversation>(201).id;
        ada.say(&id, "one").await;
        let token = token(&share(&ada, &id, json!({})).await);
        ada.say(&id, "two").await;
        server.anonymous().post(&format!("/shares/{token}/fork"), json!({})).await.problem(401, "unauthenticated");
        let copy: Conversation = grace.post(&format!("/shares/{token}/fork"), json!({})).await.to(201);
        assert_eq!((copy.title.as_deref(), copy.message_count, &copy.forked_from), (Some("Trip"), 2, &None));
        assert_eq!((&copy.system_prompt, &copy.model), (&None, &None));
        let branch = grace.branch(&copy.id, None).await;
        assert_eq!(branch.iter().map(|it| it.text.as_str()).collect::<Vec<_>>(), ["one", "one"]);
        grace.say(&copy.id, "three").await;
        assert_eq!(ada.read(&id).await.message_count, 4);
        // asked for again under its name, it is the same one
        let again = async || {
            let request = grace.request(reqwest::Method::POST, &format!("/shares/{token}/fork"));
            grace.ask(request.header("Idempotency-Key", "once").json(&json!({}))).await.to::<Conversation>(201).id
        };
        assert_eq!(again().await, again().await);
        assert_eq!(grace.pages::<Value>("/conversations", 10).await.len(), 2);
    }

    async fn the_page_of_a_link_is_for_readers_alone(kind) {
        let server = TestServer::with(kind, echo(Duration::ZERO)).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.patch(&format!("/conversations/{id}"), json!({"title": "<b>Trip</b>"})).await.is(200);
        ada.say(&id, "**bold** <script>x</script> ![p](https://tracker.test/p.png)").await;
        let link = share(&ada, &id, json!({"expires_at": "2999-01-02T03:04:05Z"})).await;
        let page = server.anonymous().get(&format!("//s/{}", token(&link))).await;
        page.is(200);
        assert_eq!(page.header("content-type"), "text/html; charset=utf-8");
        assert_eq!((page.header("referrer-policy"), page.header("cache-control")), ("no-referrer", "no-store"));
        assert!(page.header("x-robots-tag").contains("noindex") && page.header("set-cookie").is_empty());
        let policy = page.header("content-security-policy");
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("script") && !policy.contains("unsafe"), "{policy}");
        assert!(page.body.contains("&lt;b&gt;Trip&lt;/b&gt;") && page.body.contains("<strong>bold</strong>"), "{}", page.body);
        assert!(!page.body.contains("<script") && !page.body.contains("src=\"https://"), "{}", page.body);
        assert!(page.body.contains("2999-01-02"), "{}", page.body);
        let none = server.anonymous().get("//s/nothing").await;
        none.is(404);
        assert!(none.header("x-robots-tag").contains("noindex") && none.body.contains("nothing here"), "{}", none.body);
        let wrong = server.anonymous().get(&format!("//s/{}?cursor=nonsense", token(&link))).await;
        assert_eq!((wrong.status, &wrong.body), (404, &none.body));
        server.anonymous().post(&format!("//s/{}", token(&link)), json!({})).await.is(405);
    }

    async fn an_answer_that_is_being_written_is_not_shared(kind) {
        let server = TestServer::with(kind, echo(Duration::from_millis(200))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.begin(&id, "one two three four five six seven eight nine ten").await;
        ada.post(&format!("/conversations/{id}/shares"), json!({})).await.problem(409, "busy");
        let link = share(&ada, &id, json!({"message_id": turn.said().id})).await;
        assert_eq!(read(&ada, &token(&link)).await.to::<Value>(200)["messages"].as_array().unwrap().len(), 1);
    }
}
