//! Registering, signing in, staying signed in, signing out.

use futures::future::join_all;
use serde_json::json;

use crate::binary::Binary;
use crate::client::{Client, PASSWORD, User};
use crate::records::{Account, Session};
use crate::server::{Kind, SECRET, TestServer};

async fn refresh(client: &Client, token: &str) -> crate::client::Answer {
    client.post("/auth/refresh", json!({"refresh_token": token})).await
}

/// Whether the session is over for both of its tokens.
async fn assert_over(user: &User, refresh_token: &str) {
    user.get("/me").await.problem(401, "unauthenticated");
    refresh(user, refresh_token).await.problem(401, "unauthenticated");
}

each_store! {
    async fn who_guesses_too_often_hears_when_to_come_again(kind) {
        let server = TestServer::start(kind).await;
        server.user("ada").await;
        let nobody = server.anonymous();
        for name in ["ada", "nobody"] {
            let guess = || nobody.post("/auth/login", json!({"login": name, "password": "guessing"}));
            let limited = loop {
                match guess().await {
                    answer if answer.status == 401 => {}
                    answer => break answer,
                }
            };
            let problem = limited.problem(429, "too-many-requests");
            // a second at first; more if the machine was so slow that somebody has waited already
            let wait: u64 = limited.header("retry-after").parse().unwrap();
            assert!((1..=900).contains(&wait), "{name}: {wait}");
            assert!(problem["resets_at"].is_string(), "{problem}");
        }
    }

    async fn a_name_and_an_address_sign_in(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let who = json!({"email": "Ada@Example.org", "username": "Ada", "password": PASSWORD});
        let session: Session = client.post("/auth/register", who).await.to(201);
        assert_eq!((session.token_type.as_str(), session.expires_in), ("Bearer", 900));
        let Account { number, username, email, role, .. } = session.user.clone();
        assert_eq!((number, role.as_str()), (1, "user"));
        assert_eq!((username.as_deref(), email.as_deref()), (Some("Ada"), Some("Ada@Example.org")));
        assert!(session.user.id.starts_with("usr_") && session.user.created_at.ends_with('Z'), "{session:?}");
        let ada = client.signed_in(session.clone());
        assert_eq!(ada.get("/me").await.to::<Account>(200), session.user);
        for login in ["Ada", "ada", " ADA ", "ada@example.org", "Ada@Example.org"] {
            let who = json!({"login": login, "password": PASSWORD});
            let again: Session = client.post("/auth/login", who).await.to(200);
            assert_eq!(again.user, session.user, "{login}");
            assert_ne!(again.refresh_token, session.refresh_token);
        }
        assert_eq!(server.user("grace").await.session.user.number, 2);
    }

    async fn who_is_wrong_is_not_told_what_is_wrong(kind) {
        let server = TestServer::start(kind).await;
        let client = server.user("ada").await;
        let wrong = client.post("/auth/login", json!({"login": "ada", "password": "not her password"})).await;
        wrong.problem(401, "wrong-credentials");
        assert_eq!(wrong.header("www-authenticate"), "Bearer");
        let unknown = client.post("/auth/login", json!({"login": "nobody", "password": "not her password"})).await;
        assert_eq!((unknown.status, unknown.body), (wrong.status, wrong.body));
    }

    async fn names_and_passwords_have_rules(kind) {
        let server = TestServer::start(kind).await;
        let client = server.user("ada").await;
        let register = async |body| client.post("/auth/register", body).await;
        for taken in ["ADA", " ada"] {
            register(json!({"username": taken, "password": PASSWORD})).await.problem(409, "taken");
        }
        let refused = [
            (json!({"password": PASSWORD}), "email"),
            (json!({"email": "nowhere", "password": PASSWORD}), "email"),
            (json!({"username": "a b", "password": PASSWORD}), "username"),
            (json!({"username": "grace", "password": "short"}), "password"),
            (json!({"username": "grace", "password": "password1234"}), "password"),
            (json!({"username": "grace.hopper", "password": "Grace.Hopper"}), "password"),
            (json!({"username": "grace"}), "password"),
        ];
        for (body, field) in refused {
            let problem = register(body.clone()).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], field, "{body}: {problem}");
        }
        // a refused registration leaves nothing behind
        assert_eq!(server.user("grace").await.session.user.number, 2);
    }

    async fn one_of_many_who_want_the_same_name_gets_it(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let body = json!({"username": "ada", "password": PASSWORD});
        let answers = join_all((0..6).map(|_| client.post("/auth/register", body.clone()))).await;
        let made: Vec<_> = answers.iter().filter(|answer| answer.status == 201).collect();
        assert_eq!(made.len(), 1);
        answers.iter().filter(|answer| answer.status != 201).for_each(|answer| drop(answer.problem(409, "taken")));
    }

    async fn a_refresh_token_gets_one_successor(kind) {
        let server = TestServer::start(kind).await;
        let user = server.user("ada").await;
        let first = user.session.refresh_token.clone();
        let second: Session = refresh(&user, &first).await.to(200);
        assert_ne!(second.refresh_token, first);
        assert_eq!(second.user, user.session.user);
        user.signed_in(second.clone()).get("/me").await.is(200);
        // a client whose answer was lost asks again at once
        let again: Session = refresh(&user, &first).await.to(200);
        assert_eq!(again.refresh_token, second.refresh_token);
        refresh(&user, &second.refresh_token).await.is(200);
    }

    async fn many_who_refresh_at_once_get_the_same_successor(kind) {
        let server = TestServer::start(kind).await;
        let user = server.user("ada").await;
        let answers = join_all((0..64).map(|_| refresh(&user, &user.session.refresh_token))).await;
        let mut tokens: Vec<String> = answers.iter().map(|it| it.to::<Session>(200).refresh_token).collect();
        tokens.dedup();
        assert_eq!(tokens.len(), 1);
        refresh(&user, &tokens[0]).await.is(200);
    }

    async fn a_refresh_token_of_long_ago_ends_the_session(kind) {
        let server = TestServer::start(kind).await;
        let user = server.user("ada").await;
        let elsewhere = server.anonymous().login("ada").await;
        let second: Session = refresh(&user, &user.session.refresh_token).await.to(200);
        let third: Session = refresh(&user, &second.refresh_token).await.to(200);
        refresh(&user, &user.session.refresh_token).await.problem(401, "unauthenticated");
        assert_over(&user, &third.refresh_token).await;
        assert_over(&user.signed_in(third), &second.refresh_token).await;
        // her other session goes on
        elsewhere.get("/me").await.is(200);
        refresh(&elsewhere, &elsewhere.session.refresh_token).await.is(200);
    }

    async fn signing_out_ends_one_session(kind) {
        let server = TestServer::start(kind).await;
        let user = server.user("ada").await;
        let elsewhere = server.anonymous().login("ada").await;
        let token = user.session.refresh_token.clone();
        for _ in 0..2 {
            server.anonymous().post("/auth/logout", json!({"refresh_token": token})).await.is(204);
        }
        assert_over(&user, &token).await;
        elsewhere.get("/me").await.is(200);
        let never = json!({"refresh_token": "ccr_never"});
        server.anonymous().post("/auth/logout", never).await.problem(401, "unauthenticated");
    }

    async fn signing_out_everywhere_ends_all_of_ones_own(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let elsewhere = server.anonymous().login("ada").await;
        ada.post("/auth/logout-all", json!({})).await.is(204);
        assert_over(&ada, &ada.session.refresh_token).await;
        assert_over(&elsewhere, &elsewhere.session.refresh_token).await;
        grace.get("/me").await.is(200);
        server.anonymous().login("ada").await.get("/me").await.is(200);
    }

    /// Who has stolen a token gains nothing by a restart, and who has not loses nothing.
    async fn used_tokens_stay_used_across_restarts(kind) {
        if kind == Kind::Memory {
            return;
        }
        let folder = tempfile::tempdir().unwrap();
        let store = kind.url(folder.path());
        let environment = [("CHATCORE_STORE", store.as_str()), ("CHATCORE_SECRET", SECRET)];
        let start = || Binary::start(folder.path(), &environment);
        let server = start().await;
        let (ada, bob) = (server.anonymous().register("ada").await, server.anonymous().register("bob").await);
        let second: Session = refresh(&ada, &ada.session.refresh_token).await.to(200);
        let third: Session = refresh(&ada, &second.refresh_token).await.to(200);
        server.kill().await;
        let server = start().await;
        let nobody = server.anonymous();
        nobody.bearer(&third.access_token).get("/me").await.is(200);
        refresh(&nobody, &ada.session.refresh_token).await.problem(401, "unauthenticated");
        server.kill().await;
        let server = start().await;
        let nobody = server.anonymous();
        for token in [&ada.session.refresh_token, &second.refresh_token, &third.refresh_token] {
            refresh(&nobody, token).await.problem(401, "unauthenticated");
        }
        nobody.bearer(&third.access_token).get("/me").await.problem(401, "unauthenticated");
        refresh(&nobody, &bob.session.refresh_token).await.is(200);
        server.end().await;
    }
}
