//! The page without an account: a visitor's cookie, and what becomes of it at a sign-in. Wallets sign in there, too.

use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::server::TestServer;
use crate::visitors::start;
use crate::wallets::Wallet;

/// The cookies that an answer sets, as they are sent back.
fn cookies(answer: &Answer) -> Vec<String> {
    let set = answer.headers.get_all("set-cookie").iter().map(|value| value.to_str().unwrap());
    set.map(|cookie| cookie.split("; ").next().unwrap().to_owned()).collect()
}

/// What the page sends beside its cookie when it signs in.
fn page(client: &Client) -> Client {
    client.with("x-requested-with", "chatcore")
}

/// A visitor on the page, their cookie, and their token against requests of other sites.
async fn visit(server: &TestServer) -> (Client, String, String) {
    let answer = page(&server.anonymous()).post("//web/session/visitor", json!({})).await;
    let body: Value = answer.to(201);
    assert_eq!(body.as_object().unwrap().len(), 2, "a visitor, a token against other sites, and no other: {body}");
    let cookies = cookies(&answer);
    assert!(cookies[0].starts_with("chatcore-visitor=vis_"), "{cookies:?}");
    assert_eq!(cookies[1], "chatcore=", "a session that has ended does not count before the visit");
    assert!(!answer.body.contains(cookies[0].split_once('.').unwrap().1), "scripts do not see the token");
    let csrf = body["csrf"].as_str().unwrap().to_owned();
    (server.anonymous().with("cookie", &cookies[0]), cookies[0].clone(), csrf)
}

async fn titles(client: &Client) -> Vec<String> {
    let page: Value = client.get("/conversations").await.to(200);
    page["items"].as_array().unwrap().iter().map(|one| one["title"].as_str().unwrap_or_default().to_owned()).collect()
}

each_store! {
    async fn the_page_lets_visitors_in_where_the_server_does(kind) {
        let closed = TestServer::start(kind).await;
        page(&closed.anonymous()).post("//web/session/visitor", json!({})).await.problem(403, "no-visitors");
        let server = start(kind).await;
        server.anonymous().post("//web/session/visitor", json!({})).await.problem(403, "denied");
        let (visitor, cookie, csrf) = visit(&server).await;
        let session: Value = visitor.get("//web/session").await.to(200);
        assert_eq!(session["csrf"].as_str(), Some(&*csrf));
        visitor.post("/conversations", json!({})).await.problem(403, "denied");
        visitor.with("x-csrf-token", &csrf).post("/conversations", json!({"title": "mine"})).await.is(201);
        assert_eq!(titles(&visitor).await, ["mine"]);
        visitor.get("/me").await.problem(403, "denied");
        // who is here stays who they are
        let again = page(&visitor).post("//web/session/visitor", json!({})).await;
        assert_eq!(again.to::<Value>(200)["visitor"], session["visitor"]);
        assert_eq!(cookies(&again), Vec::<String>::new());
        closed.anonymous().with("cookie", &cookie).get("//web/session").await.problem(401, "unauthenticated");
    }

    async fn a_visitor_who_leaves_is_forgotten_by_the_browser(kind) {
        let server = start(kind).await;
        let (visitor, _, csrf) = visit(&server).await;
        visitor.post("//web/session/logout", json!({})).await.problem(403, "denied");
        let out = visitor.with("x-csrf-token", &csrf).post("//web/session/logout", json!({})).await;
        out.is(204);
        assert_eq!(cookies(&out), ["chatcore-visitor="]);
    }

    async fn what_was_a_visitors_comes_along_on_the_page(kind) {
        let server = start(kind).await;
        let (visitor, cookie, csrf) = visit(&server).await;
        visitor.with("x-csrf-token", &csrf).post("/conversations", json!({"title": "before"})).await.is(201);
        let who = json!({"username": "ada", "login": "ada", "password": PASSWORD});
        let answer = page(&visitor).post("//web/session/register", who.clone()).await;
        assert_eq!(answer.to::<Value>(201)["visitor_merged"], true);
        let set = cookies(&answer);
        assert_eq!(set[1], "chatcore-visitor=", "they are a visitor no more");
        assert_eq!(titles(&server.anonymous().with("cookie", &set[0])).await, ["before"]);
        visitor.get("//web/session").await.problem(401, "unauthenticated");
        // somebody else in the same browser, with what is no visit of theirs
        server.user("bob").await;
        let bob = json!({"login": "bob", "password": PASSWORD});
        let answer = page(&server.anonymous().with("cookie", &cookie)).post("//web/session/login", bob).await;
        assert_eq!(answer.to::<Value>(200)["visitor_merged"], false);
        let set = cookies(&answer);
        assert_eq!(set.len(), 1, "a visit that was not brought along is kept: {set:?}");
        let both = server.anonymous().with("cookie", &format!("{cookie}; {}", set[0]));
        assert_eq!(both.get("//web/session").await.to::<Value>(200)["user"]["username"], "bob");
    }

    async fn a_wallet_signs_in_on_the_page(kind) {
        let server = start(kind).await;
        let wallet = Wallet::new(7);
        let (visitor, _, csrf) = visit(&server).await;
        visitor.with("x-csrf-token", &csrf).post("/conversations", json!({"title": "before"})).await.is(201);
        let signed = wallet.answers(&wallet.asks(&visitor).await);
        visitor.post("//web/session/wallet", signed.clone()).await.problem(403, "denied");
        let answer = page(&visitor).post("//web/session/wallet", signed.clone()).await;
        assert_eq!(answer.to::<Value>(200)["visitor_merged"], true);
        let ann = server.anonymous().with("cookie", &cookies(&answer)[0]);
        assert_eq!(titles(&ann).await, ["before"]);
        let ways: Value = ann.get("/me/identities").await.to(200);
        assert_eq!(ways["items"][0]["kind"], "wallet");
        page(&visitor).post("//web/session/wallet", signed).await.problem(422, "invalid");
        let mut other = wallet.answers(&wallet.asks(&visitor).await);
        other["signature"] = wallet.answers("something else")["signature"].clone();
        page(&visitor).post("//web/session/wallet", other).await.problem(401, "wrong-credentials");
    }
}
