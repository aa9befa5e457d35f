//! Mail: whose an address is, and how a letter gets through.

use std::time::Duration;

use chatcore_server::config::{MailSettings, Settings};
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::{PASSWORD, User, eventually};
use crate::records::{Account, Session};
use crate::server::{Kind, TestServer, echo};
use crate::smtp::Smtp;

/// A server that sends its mail there.
pub(crate) async fn start(kind: Kind, mail: MailSettings) -> TestServer {
    let settings = Settings { mail, public_url: Some("http://chat.test".into()), ..Settings::default() };
    TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await
}

/// Somebody with an address that nobody has asked about yet.
pub(crate) async fn join(server: &TestServer, name: &str, email: &str) -> User {
    let client = server.anonymous();
    let body = json!({"username": name, "email": email, "password": PASSWORD});
    client.signed_in(client.post("/auth/register", body).await.to(201))
}

async fn email(user: &User) -> Option<String> {
    user.get("/me").await.to::<Account>(200).email
}

each_store! {
    async fn who_registers_gets_a_letter_and_answers_it(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        let ada = join(&server, "ada", "Ada@Example.org").await;
        let letter = smtp.letter("Ada@Example.org").await;
        assert_eq!((letter.from.as_str(), letter.subject()), ("chat@mail.test", "Is this your address?"));
        assert_eq!(letter.login.as_deref(), Some("AGFubgBwQHNz"), "ann with p@ss");
        let code = letter.code();
        for part in [
            "From: Chat <chat@mail.test>",
            "Auto-Submitted: auto-generated",
            "Message-ID: <",
            "text/plain",
            "text/html",
            &format!("http://chat.test/#/verify-email/{code}"),
        ] {
            assert!(letter.text.contains(part), "{part} in {}", letter.text);
        }
        let nobody = server.anonymous();
        // until then somebody else may say the same: whoever answers the mail gets the address
        let bob = join(&server, "bob", "ada@example.org").await;
        assert_eq!(email(&bob).await, None);
        nobody.post("/auth/email/verify", json!({"code": code})).await.is(204);
        assert_eq!(email(&ada).await.as_deref(), Some("Ada@Example.org"));
        let problem = nobody.post("/auth/email/verify", json!({"code": code})).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], "code");
        let late = smtp.letter("ada@example.org").await.code();
        nobody.post("/auth/email/verify", json!({"code": late})).await.problem(409, "taken");
        let body = json!({"username": "cid", "email": "ADA@example.org", "password": PASSWORD});
        nobody.post("/auth/register", body).await.problem(409, "taken");
        ada.post("/auth/email/verify-again", json!({})).await.problem(404, "not-found");
    }

    async fn another_letter_comes_if_one_asks_but_not_any_number(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        let ada = join(&server, "ada", "ada@example.org").await;
        let first = smtp.letter("ada@example.org").await.code();
        ada.post("/auth/email/verify-again", json!({})).await.is(202);
        let second = smtp.letter("ada@example.org").await.code();
        assert_ne!(first, second);
        // five an hour; ten, if one of them ends in between
        let mut sent = 2;
        let refused = loop {
            match ada.post("/auth/email/verify-again", json!({})).await {
                answer if answer.status == 202 => sent += 1,
                answer => break answer,
            }
        };
        refused.problem(429, "too-many-requests");
        assert!((5..=10).contains(&sent), "{sent}");
        // the first one still works, and makes the others useless
        server.anonymous().post("/auth/email/verify", json!({"code": first})).await.is(204);
        let nameless = server.user("bob").await;
        nameless.post("/auth/email/verify-again", json!({})).await.problem(404, "not-found");
    }

    async fn another_address_counts_once_its_mail_was_answered(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        let ada = join(&server, "ada", "old@example.org").await;
        let old = smtp.letter("old@example.org").await.code();
        let change = async |body: Value| ada.put("/me/email", body).await;
        change(json!({"email": "new@example.org"})).await.problem(403, "not-confirmed");
        let wrong = json!({"email": "new@example.org", "current_password": "not her password"});
        change(wrong).await.problem(403, "not-confirmed");
        for (body, field) in [
            (json!({"email": "nowhere", "current_password": PASSWORD}), "email"),
            (json!({"email": null, "current_password": PASSWORD}), "email"),
            (json!({"email": "a@b.test\r\nRCPT TO:<x@y.test>", "current_password": PASSWORD}), "email"),
            (json!({"current_password": PASSWORD}), "email"),
        ] {
            assert_eq!(change(body).await.problem(422, "invalid")["errors"][0]["field"], field);
        }
        change(json!({"email": "new@example.org", "current_password": PASSWORD})).await.is(202);
        assert_eq!(email(&ada).await.as_deref(), Some("old@example.org"), "not before it was answered");
        let code = smtp.letter("new@example.org").await.code();
        server.anonymous().post("/auth/email/verify", json!({"code": code})).await.is(204);
        assert_eq!(email(&ada).await.as_deref(), Some("new@example.org"));
        assert_eq!(smtp.letter("old@example.org").await.subject(), "Your address was changed");
        let who = json!({"login": "new@example.org", "password": PASSWORD});
        ada.post("/auth/login", who).await.to::<Session>(200);
        let who = json!({"login": "old@example.org", "password": PASSWORD});
        ada.post("/auth/login", who).await.problem(401, "wrong-credentials");
        // the letter to the old address may come too late, but changes nothing twice
        for spent in [code, "0".repeat(40)] {
            server.anonymous().post("/auth/email/verify", json!({"code": spent})).await.problem(422, "invalid");
        }
        drop(old);
    }

    async fn without_mail_the_answers_are_the_same(kind) {
        let server = start(kind, MailSettings::default()).await;
        let ada = join(&server, "ada", "ada@example.org").await;
        for login in ["ada", "ada@example.org", "nobody"] {
            let answer = ada.post("/auth/password/forgot", json!({"login": login})).await;
            assert_eq!((answer.status, answer.body.as_str()), (202, ""), "{login}");
        }
        ada.post("/auth/email/verify-again", json!({})).await.is(202);
        let body = json!({"email": "new@example.org", "current_password": PASSWORD});
        ada.put("/me/email", body).await.problem(422, "invalid");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_that_is_not_taken_comes_again_and_one_that_never_will_is_given_up() {
    let smtp = Smtp::start().await;
    let server = start(Kind::Memory, smtp.settings()).await;
    smtp.refuse("451 come back later");
    join(&server, "ada", "ada@example.org").await;
    let letter = smtp.letter("ada@example.org").await;
    assert_eq!(smtp.heard().matches("MAIL FROM").count(), 2);
    assert_eq!(letter.text.matches("Message-ID: <").count(), 1);
    smtp.refuse("550 not here");
    join(&server, "bob", "bob@example.org").await;
    join(&server, "cid", "cid@example.org").await;
    // the one behind it gets through
    smtp.letter("cid@example.org").await;
    server.end().await;
    assert_eq!(smtp.heard().matches("MAIL FROM").count(), 4);
    assert_eq!(smtp.letters().len(), 0);
}

/// Somebody in between who says that there is no encryption gets neither the password nor a code.
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_to_a_server_that_does_not_encrypt_as_it_should() {
    for (scheme, query) in [("smtp", "?tls=required"), ("smtps", "")] {
        let smtp = Smtp::start().await;
        let url = smtp.url(scheme, "ann:p%40ss@", query);
        let from = Some("chat@mail.test".into());
        let mail = MailSettings { smtp_url: Some(url.into()), from, ..MailSettings::default() };
        let server = start(Kind::Memory, mail).await;
        join(&server, "ada", "ada@example.org").await;
        eventually("it was asked", async || (!smtp.heard().is_empty()).then_some(())).await;
        server.end().await;
        for secret in ["AUTH", "MAIL", "DATA", "ada@example.org"] {
            assert!(!smtp.heard().contains(secret), "{}", smtp.heard());
        }
    }
}

#[tokio::test]
async fn a_server_without_mail_says_so_once() {
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::start(folder.path(), &[]).await;
    let body = json!({"username": "ada", "email": "ada@example.org", "password": PASSWORD});
    server.anonymous().post("/auth/register", body).await.is(201);
    for _ in 0..3 {
        server.anonymous().post("/auth/password/forgot", json!({"login": "ada"})).await.is(202);
    }
    server.ask_to_end().await;
    let (_, log) = server.ended().await;
    assert_eq!(log.matches("mail is off").count(), 1, "{log}");
}
