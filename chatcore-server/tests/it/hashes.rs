//! What passwords cost: whoever is refused has cost the same, over every mount, so that time tells nobody who has an account.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chatcore::Error;
use chatcore::account::PasswordHasher;
use chatcore_server::config::Settings;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD, User};
use crate::mail::join;
use crate::openapi::{fields, operations};
use crate::server::{Kind, TestServer};
use crate::smtp::Smtp;
use crate::wallet::Wallet;

const WRONG: &str = "not the password at all";

/// Hashes nothing, and counts how often it was asked to compare, and to make a hash.
#[derive(Default)]
struct Counting(AtomicUsize, AtomicUsize);

#[async_trait]
impl PasswordHasher for Counting {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        self.1.fetch_add(1, Ordering::SeqCst);
        Ok(format!("hash of {password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(hash == Some(format!("hash of {password}").as_str()))
    }
}

impl Counting {
    /// How often it was asked since the last time.
    fn cost(&self) -> (usize, usize) {
        (self.0.swap(0, Ordering::SeqCst), self.1.swap(0, Ordering::SeqCst))
    }
}

/// A server that sends mail, and whose hashes are counted.
async fn start(kind: Kind, smtp: &Smtp) -> (TestServer, Arc<Counting>) {
    let hasher = Arc::new(Counting::default());
    let settings = Settings { mail: smtp.settings(), ..Settings::default() };
    (TestServer::hashing(kind, settings, hasher.clone()).await, hasher)
}

/// Everywhere that people sign in with a password.
const DOORS: [&str; 2] = ["/auth/login", "//web/session/login"];

/// What else takes a password: it is shown again, or set. Every operation of the document with such a field is here.
const OTHERS: [&str; 7] = [
    "POST /auth/register",
    "POST /auth/set-up",
    "POST /auth/password/reset",
    "PUT /me/password",
    "PUT /me/email",
    "PUT /me/cap",
    "DELETE /me",
];

#[test]
fn everything_that_takes_a_password_is_counted() {
    let document: Value = serde_json::from_str(&chatcore_server::openapi()).unwrap();
    let takes = |operation: &Value| fields(&document, operation).iter().any(|field| field.contains("password"));
    let all: BTreeSet<String> = operations().into_iter().filter(|(_, it)| takes(it)).map(|(name, _)| name).collect();
    let known = OTHERS.iter().map(ToString::to_string).chain(["POST /auth/login".to_owned()]);
    assert_eq!(all, known.collect());
}

async fn knock(client: &Client, door: &str, login: &str, password: &str) -> Answer {
    client.with("x-requested-with", "chatcore").post(door, json!({"login": login, "password": password})).await
}

/// Somebody with a name, and without a password: they sign in with a wallet.
async fn without_password(server: &TestServer) -> User {
    let (user, wallet) = (server.user("bare").await, Wallet::new(7));
    let message = wallet.asks(&user).await;
    user.post("/me/identities/wallet", wallet.answers(&message)).await.is(204);
    let known: Value = user.get("/me/identities").await.to(200);
    let password = known["items"].as_array().unwrap().iter().find(|one| one["kind"] == "password").unwrap();
    user.delete(&format!("/me/identities/{}", password["id"].as_str().unwrap())).await.is(204);
    user
}

each_store! {
    async fn every_refused_sign_in_costs_one_comparison(kind) {
        let smtp = Smtp::start().await;
        let (server, hasher) = start(kind, &smtp).await;
        join(&server, "ada", "ada@example.org").await;
        without_password(&server).await;
        for name in ["suspended", "deleted"] {
            server.user(name).await;
            let id = server.accounts().account_of(None, name).await.unwrap().id;
            match name {
                "deleted" => server.accounts().delete_account(None, id).await.unwrap(),
                _ => server.accounts().suspend(None, id).await.unwrap(),
            };
        }
        let nobody = server.anonymous();
        hasher.cost();
        for door in DOORS {
            let mut bodies = BTreeSet::new();
            for (login, password) in [
                ("ada", WRONG),
                ("ADA@example.org ", WRONG),
                ("ada", ""),
                ("nobody", WRONG),
                ("nobody", PASSWORD),
                ("nobody@example.org", PASSWORD),
                ("", ""),
                ("\0", "\0"),
                ("bare", PASSWORD),
                ("bare", ""),
                ("suspended", WRONG),
                ("suspended", PASSWORD),
                ("deleted", WRONG),
                ("deleted", PASSWORD),
            ] {
                let answer = knock(&nobody, door, login, password).await;
                answer.problem(401, "wrong-credentials");
                bodies.insert(answer.body);
                assert_eq!(hasher.cost(), (1, 0), "{door}: {login} with {password}");
            }
            assert_eq!(bodies.len(), 1, "{door}: {bodies:?}");
            knock(&nobody, door, "ada", PASSWORD).await.is(200);
            assert_eq!(hasher.cost(), (1, 0), "{door}: who is let in costs no less");
        }
    }

    /// Who guesses too often is not compared at all: the same for who has an account, who has none, and no password.
    async fn whoever_is_too_quick_costs_nothing(kind) {
        let smtp = Smtp::start().await;
        let (server, hasher) = start(kind, &smtp).await;
        server.user("ada").await;
        without_password(&server).await;
        let nobody = server.anonymous();
        for (door, login) in DOORS.into_iter().zip(["ada", "bare"]).chain(DOORS.into_iter().zip(["nobody", "noone"])) {
            hasher.cost();
            let mut compared = 0;
            let refused = loop {
                match knock(&nobody, door, login, WRONG).await {
                    answer if answer.status == 401 => compared += 1,
                    answer => break answer,
                }
            };
            refused.problem(429, "too-many-requests");
            assert_eq!(hasher.cost(), (compared, 0), "{door}: {login}");
            assert!(compared >= 10, "{door}: {login} has {compared} guesses");
        }
    }

    async fn other_refusals_cost_the_same_whoever_it_is(kind) {
        let smtp = Smtp::start().await;
        let (server, hasher) = start(kind, &smtp).await;
        let (ada, bob) = (join(&server, "ada", "ada@example.org").await, server.user("bob").await);
        let nobody = server.anonymous();
        hasher.cost();
        // whether a name is free, taken, or an address of somebody else
        for (name, email) in [("ada", None), ("ADA", None), ("x-1", Some("ada@example.org")), ("free", None)] {
            let body = json!({"username": name, "email": email, "password": PASSWORD});
            let page = nobody.with("x-requested-with", "chatcore");
            for door in ["/auth/register", "//web/session/register"] {
                page.post(door, body.clone()).await;
                assert_eq!(hasher.cost(), (0, 1), "{door}: {body}");
            }
        }
        for login in ["ada", "ada@example.org", "bob", "nobody", ""] {
            nobody.post("/auth/password/forgot", json!({"login": login})).await.is(202);
            assert_eq!(hasher.cost(), (0, 0), "{login}");
        }
        for code in ["", "nothing", &"0".repeat(40)] {
            let body = json!({"code": code, "password": PASSWORD});
            nobody.post("/auth/password/reset", body.clone()).await.problem(422, "invalid");
            let first = json!({"code": code, "password": PASSWORD, "username": "root"});
            nobody.post("/auth/set-up", first).await.problem(422, "invalid");
            assert_eq!(hasher.cost(), (0, 0), "{code:?}");
        }
        for user in [&ada, &bob] {
            for (method, path, body) in [
                (Method::PUT, "/me/password", json!({"current_password": WRONG, "password": "another horse with staples"})),
                (Method::PUT, "/me/email", json!({"current_password": WRONG, "email": "new@example.org"})),
                (Method::PUT, "/me/cap", json!({"current_password": WRONG, "cap": 5})),
                (Method::DELETE, "/me", json!({"current_password": WRONG})),
            ] {
                let answer = user.ask(user.request(method, path).json(&body)).await;
                answer.problem(403, "not-confirmed");
                assert_eq!(hasher.cost(), (1, 0), "{path}");
            }
        }
    }
}
