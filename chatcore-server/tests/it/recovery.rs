//! A forgotten password: the mail, the code in it, and everything that is not that code.

use serde_json::{Value, json};

use crate::client::{Answer, Client, PASSWORD};
use crate::mail::{join, start};
use crate::records::Session;
use crate::server::TestServer;
use crate::smtp::Smtp;

const OTHER: &str = "another horse with staples";

async fn reset(client: &Client, code: impl Into<Value>, password: &str) -> Answer {
    client.post("/auth/password/reset", json!({"code": code.into(), "password": password})).await
}

async fn forgot(client: &Client, smtp: &Smtp, name: &str) -> String {
    client.post("/auth/password/forgot", json!({"login": name})).await.is(202);
    loop {
        let letter = smtp.letter(&format!("{name}@example.org")).await;
        if letter.subject() == "Set a new password" {
            return letter.code();
        }
    }
}

async fn signs_in(client: &Client, name: &str, password: &str) -> bool {
    match client.post("/auth/login", json!({"login": name, "password": password})).await {
        answer if answer.status == 200 => true,
        answer => {
            answer.problem(401, "wrong-credentials");
            false
        }
    }
}

each_store! {
    async fn the_mail_leads_to_a_new_password_and_all_sessions_end(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        let ada = join(&server, "ada", "ada@example.org").await;
        let elsewhere = server.anonymous().login("ada").await;
        let nobody = server.anonymous();
        let code = forgot(&nobody, &smtp, "ada").await;
        // a password that cannot be taken leaves the code as it is
        for weak in ["short", "password1234", "ada@example.org"] {
            let problem = reset(&nobody, code.as_str(), weak).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "password", "{weak}");
        }
        ada.get("/me").await.is(200);
        reset(&nobody, code.as_str(), OTHER).await.is(204);
        for user in [&ada, &elsewhere] {
            user.get("/me").await.problem(401, "unauthenticated");
            let body = json!({"refresh_token": user.session.refresh_token});
            nobody.post("/auth/refresh", body).await.problem(401, "unauthenticated");
        }
        assert!(!signs_in(&nobody, "ada", PASSWORD).await);
        assert!(signs_in(&nobody, "ada", OTHER).await);
        loop {
            let letter = smtp.letter("ada@example.org").await;
            if letter.subject() == "Your password was changed" {
                break;
            }
        }
    }

    async fn nothing_but_the_code_resets_a_password(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        let nobody = server.anonymous();
        let ada = join(&server, "ada", "ada@example.org").await;
        let of_address = smtp.letter("ada@example.org").await.code();
        join(&server, "bob", "bob@example.org").await;
        let key = ada.key("laptop", &["read", "write"]).await.secret;
        // everything that ends her sessions makes the codes before it useless
        let before_sign_out = forgot(&nobody, &smtp, "ada").await;
        ada.post("/auth/logout-all", json!({})).await.is(204);
        let before_change = forgot(&nobody, &smtp, "ada").await;
        let ada = server.anonymous().login("ada").await;
        let change = json!({"current_password": PASSWORD, "password": "a password in between"});
        ada.put("/me/password", change).await.is(204);
        let used = forgot(&nobody, &smtp, "ada").await;
        reset(&nobody, used.as_str(), PASSWORD).await.is(204);
        let good = forgot(&nobody, &smtp, "ada").await;
        let theirs = forgot(&nobody, &smtp, "bob").await;
        let session: Session = nobody.post("/auth/login", json!({"login": "ada", "password": PASSWORD})).await.to(200);
        let misuses = [
            ("nothing", Value::Null),
            ("an empty text", "".into()),
            ("a space", " ".into()),
            ("a number", json!(7)),
            ("a list", json!([good])),
            ("an object", json!({"$ne": ""})),
            ("true", true.into()),
            ("forty zeros", "0".repeat(40).into()),
            ("a part of it", good[..39].into()),
            ("more than it", format!("{good}0").into()),
            ("it in capitals", good.to_uppercase().into()),
            ("it with spaces", format!(" {good} ").into()),
            ("a wildcard", "%".into()),
            ("the code of an address", of_address.into()),
            ("one that was used", used.into()),
            ("one from before the password changed", before_change.into()),
            ("one from before signing out everywhere", before_sign_out.into()),
            ("an access token", session.access_token.into()),
            ("a refresh token", session.refresh_token.into()),
            ("a key", key.into()),
            ("a long text", "x".repeat(100_000).into()),
        ];
        for (what, code) in misuses {
            let problem = reset(&nobody, code, OTHER).await.problem(422, "invalid");
            assert_eq!(problem["errors"][0]["field"], "code", "{what}: {problem}");
        }
        // whose password it is cannot be said beside the code
        let aimed = json!({"code": theirs, "password": OTHER, "login": "ada"});
        nobody.post("/auth/password/reset", aimed).await.problem(422, "invalid");
        nobody.post("/auth/password/reset", json!({"password": OTHER})).await.problem(422, "invalid");
        assert!(signs_in(&nobody, "ada", PASSWORD).await && !signs_in(&nobody, "ada", OTHER).await, "no reset");
        // that of somebody else is for somebody else
        reset(&nobody, theirs.as_str(), OTHER).await.is(204);
        assert!(signs_in(&nobody, "ada", PASSWORD).await && signs_in(&nobody, "bob", OTHER).await);
        // and hers was good all the time
        reset(&nobody, good.as_str(), OTHER).await.is(204);
        assert!(signs_in(&nobody, "ada", OTHER).await);
    }

    async fn of_many_who_use_a_code_at_once_one_gets_through(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        join(&server, "ada", "ada@example.org").await;
        let nobody = server.anonymous();
        let code = forgot(&nobody, &smtp, "ada").await;
        let passwords: Vec<String> = (0..6).map(|number| format!("{OTHER} {number}")).collect();
        let all = passwords.iter().map(|password| reset(&nobody, code.as_str(), password));
        let answers = futures::future::join_all(all).await;
        let winners: Vec<usize> = (0..6).filter(|place| answers[*place].status == 204).collect();
        assert_eq!(winners.len(), 1, "{answers:?}");
        assert!(signs_in(&nobody, "ada", &passwords[winners[0]]).await);
    }

    async fn nobody_learns_who_has_an_account(kind) {
        let smtp = Smtp::start().await;
        let server = start(kind, smtp.settings()).await;
        join(&server, "ada", "ada@example.org").await;
        let verification = smtp.letter("ada@example.org").await;
        server.user("bob").await;
        let nobody = server.anonymous();
        // with an address, without one, nobody, and what cannot be anybody
        let logins = ["ada", "ADA@example.org", "bob", "nobody", "nobody@example.org", "", " ", "a b@c@d"];
        let answers = logins.map(|login| nobody.post("/auth/password/forgot", json!({"login": login})));
        let answers = futures::future::join_all(answers).await;
        let names = |answer: &Answer| answer.headers.keys().map(ToString::to_string).collect::<Vec<_>>();
        for answer in &answers {
            assert_eq!((answer.status, answer.body.as_str()), (202, ""));
            assert_eq!(names(answer), names(&answers[0]));
        }
        let codes = [smtp.letter("ada@example.org").await, smtp.letter("ada@example.org").await];
        assert!(codes.iter().all(|letter| letter.code() != verification.code()));
        // so many that her mailbox has had enough: the answer is the same
        for _ in 0..12 {
            nobody.post("/auth/password/forgot", json!({"login": "ada"})).await.is(202);
        }
        for body in [json!({}), json!({"login": null}), json!({"login": 5}), json!({"email": "ada@example.org"})] {
            nobody.post("/auth/password/forgot", body).await.problem(422, "invalid");
        }
        TestServer::end(server).await;
        // five an hour, of which three were taken out above; ten, if one of them ended in between
        assert!((2..=7).contains(&smtp.letters().len()), "{}", smtp.letters().len());
    }
}
