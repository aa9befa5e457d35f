//! People without an account: what they may do, and what becomes of what is theirs when they get one.

use chatcore_server::config::{Settings, SignInSettings};
use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Events, PASSWORD};
use crate::records::Conversation;
use crate::server::{Kind, TestServer};

/// Settings that let visitors in.
pub(crate) fn open() -> Settings {
    let sign_in = SignInSettings { visitors: Some("on".into()), ..SignInSettings::default() };
    Settings { sign_in, ..Settings::default() }
}

/// A visitor, and the token with which they came.
pub(crate) async fn visit(server: &TestServer) -> (Client, String) {
    let visit: Value = server.anonymous().post("/auth/visitor", json!({})).await.to(201);
    assert_eq!(visit["token_type"], "Bearer");
    let token = visit["access_token"].as_str().unwrap().to_owned();
    assert!(token.starts_with(visit["visitor"]["id"].as_str().unwrap()), "{visit}");
    (server.anonymous().bearer(&token), token)
}

/// A server that lets visitors in.
pub(crate) async fn start(kind: Kind) -> TestServer {
    TestServer::set_up(kind, open(), Some(crate::server::echo(std::time::Duration::ZERO))).await
}

/// The titles of all conversations of somebody.
async fn titles(client: &Client) -> Vec<String> {
    let all: Vec<Conversation> = client.pages("/conversations", 10).await;
    let mut titles: Vec<String> = all.into_iter().filter_map(|one| one.title).collect();
    titles.sort();
    titles
}

async fn make(client: &Client, title: &str) {
    client.post("/conversations", json!({"title": title})).await.is(201);
}

/// Signs in, and says whether that brought a visitor along.
async fn merged(server: &TestServer, login: Value) -> Value {
    server.anonymous().post("/auth/login", login).await.to::<Value>(200)["visitor_merged"].clone()
}

each_store! {
    async fn nobody_is_let_in_unless_it_was_said(kind) {
        let closed = TestServer::start(kind).await;
        let refused = closed.anonymous().post("/auth/visitor", json!({})).await;
        refused.problem(403, "no-visitors");
        assert_eq!(closed.anonymous().get("/auth/providers").await.to::<Value>(200)["visitors"], false);
        // a token that was good once, with the same secret
        let open = start(kind).await;
        let (visitor, token) = visit(&open).await;
        visitor.get("/conversations").await.is(200);
        closed.anonymous().bearer(&token).get("/conversations").await.problem(401, "unauthenticated");
        assert_eq!(open.anonymous().get("/auth/providers").await.to::<Value>(200)["visitors"], true);
    }

    async fn a_visitor_chats_and_has_no_account(kind) {
        let server = start(kind).await;
        let ((ann, token), (bob, _)) = (visit(&server).await, visit(&server).await);
        let id = ann.conversation().await.id;
        assert_eq!(ann.say(&id, "hello").await.answer().text, "hello");
        bob.get(&format!("/conversations/{id}")).await.problem(404, "not-found");
        ann.get("/me").await.problem(403, "denied");
        ann.get("/me/identities").await.problem(403, "denied");
        ann.post("/auth/logout-all", json!({})).await.problem(403, "denied");
        let (own, signature) = token.split_once('.').unwrap();
        let flipped = signature.replace(&signature[..1], if signature.starts_with('0') { "1" } else { "0" });
        for forged in [own, &format!("{own}."), &format!("{own}.{flipped}"), &format!("vis_{:032x}.{signature}", 7)] {
            server.anonymous().bearer(forged).get("/conversations").await.problem(401, "unauthenticated");
        }
    }

    async fn what_was_a_visitors_is_the_users_they_become(kind) {
        let server = start(kind).await;
        let credentials = json!({"username": "ada", "password": PASSWORD});
        let (first, token) = visit(&server).await;
        make(&first, "before").await;
        // as whom the request is sent, and as the body says
        let registered: Value = first.post("/auth/register", credentials).await.to(201);
        assert_eq!(registered["visitor_merged"], true);
        let ada = server.anonymous().bearer(registered["access_token"].as_str().unwrap());
        assert_eq!(titles(&ada).await, ["before"]);
        first.get("/conversations").await.problem(401, "unauthenticated");
        let (second, other) = visit(&server).await;
        make(&second, "between").await;
        let login = |token: &str| json!({"login": "ada", "password": PASSWORD, "visitor_token": token});
        let logins = (0..4).map(|_| merged(&server, login(&other)));
        assert!(join_all(logins).await.iter().all(|merged| *merged == true), "again changes nothing");
        assert_eq!(titles(&ada).await, ["before", "between"]);
        assert_eq!(merged(&server, login(&token)).await, true);
        assert_eq!(titles(&ada).await, ["before", "between"]);
    }

    async fn streams_end_with_what_opened_them(kind) {
        let server = start(kind).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let (visitor, token) = visit(&server).await;
        let ticket = async |client: &Client| {
            let ticket: Value = client.post("/auth/ticket", json!({"about": "me"})).await.to(200);
            format!("/me/events?ticket={}", ticket["ticket"].as_str().unwrap())
        };
        let id = visitor.conversation().await.id;
        let listen = async |client: &Client, path: &str| Events::of(client.request(Method::GET, path)).await;
        let nobody = server.anonymous();
        let open = [
            listen(&visitor, "/me/events").await,
            listen(&visitor, &format!("/conversations/{id}/events")).await,
            listen(&nobody, &ticket(&visitor).await).await,
            listen(&ada, "/me/events").await,
            listen(&nobody, &ticket(&ada).await).await,
        ];
        let mut stays = listen(&bob, "/me/events").await;
        let late = ticket(&visitor).await;
        let login = json!({"login": "bob", "password": PASSWORD, "visitor_token": token});
        assert_eq!(merged(&server, login).await, true);
        ada.post("/auth/logout", json!({"refresh_token": ada.session.refresh_token})).await.is(204);
        join_all(open.map(Events::rest)).await;
        // what comes later is told to sign in, and finds there what was the visitor's
        visitor.get(&format!("/conversations/{id}")).await.problem(401, "unauthenticated");
        nobody.get(&late).await.problem(401, "unauthenticated");
        let run = bob.say(&id, "hello").await.run().id.clone();
        assert_eq!(stays.next().await.map(|event| event.run), Some(run), "who is signed in goes on listening");
    }

    async fn a_visitors_token_keeps_nobody_out_and_takes_nothing_twice(kind) {
        let server = start(kind).await;
        let (ada, _) = (server.user("ada").await, server.user("bob").await);
        let (visitor, token) = visit(&server).await;
        make(&visitor, "hers").await;
        let login = |name: &str, token: &str| json!({"login": name, "password": PASSWORD, "visitor_token": token});
        // a wrong password merges nothing
        let wrong = json!({"login": "bob", "password": "not his password", "visitor_token": token});
        server.anonymous().post("/auth/login", wrong).await.problem(401, "wrong-credentials");
        assert_eq!(titles(&visitor).await, ["hers"]);
        for (name, token, expected) in [
            ("bob", "vis_nonsense", false),
            ("bob", "", false),
            ("ada", &token, true),
            ("bob", &token, false),
        ] {
            let told = merged(&server, login(name, token)).await;
            assert_eq!(told, expected, "{name} {token}");
        }
        assert_eq!(titles(&ada).await, ["hers"]);
        assert_eq!(titles(&*server.anonymous().login("bob").await).await, Vec::<String>::new());
        let none = json!({"login": "ada", "password": PASSWORD});
        assert_eq!(merged(&server, none).await, Value::Null);
    }
}
