//! Signing in with a wallet. The wallets here are keys that everybody knows; other libraries sign in `tests/wallet`.

use chatcore_server::config::{Settings, SignInSettings};
use futures::future::join_all;
use serde_json::{Value, json};

use crate::client::{Answer, Client};
use crate::records::Session;
use crate::server::{Kind, TestServer, echo};
use crate::visitors::{open, visit};
pub(crate) use crate::wallet::Wallet;

impl Wallet {
    /// A message that is to be signed.
    pub(crate) async fn asks(&self, client: &Client) -> String {
        let asked = json!({"address": self.address(), "chain_id": 8453});
        let asked: Value = client.post("/auth/wallet/challenge", asked).await.to(200);
        let message = asked["message"].as_str().unwrap();
        assert!(message.contains(&format!("Nonce: {}", asked["nonce"].as_str().unwrap())), "{message}");
        assert!(message.contains("Chain ID: 8453"), "{message}");
        assert!(message.contains(&format!("Expiration Time: {}", asked["expires_at"].as_str().unwrap())), "{message}");
        message.to_owned()
    }

    pub(crate) fn answers(&self, message: &str) -> Value {
        json!({"message": message, "signature": self.sign(message)})
    }

    async fn signs_in(&self, client: &Client) -> Answer {
        client.post("/auth/wallet/verify", self.answers(&self.asks(client).await)).await
    }
}

async fn start(kind: Kind, settings: Settings) -> TestServer {
    TestServer::set_up(kind, settings, Some(echo(std::time::Duration::ZERO))).await
}

each_store! {
    async fn a_wallet_leads_to_one_account(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        assert_eq!(client.get("/auth/providers").await.to::<Value>(200)["wallet"], true);
        let (wallet, other) = (Wallet::new(7), Wallet::new(8));
        let first: Session = wallet.signs_in(&client).await.to(200);
        let again: Session = wallet.signs_in(&client).await.to(200);
        let another: Session = other.signs_in(&client).await.to(200);
        assert_eq!(first.user, again.user);
        assert_ne!(first.user.id, another.user.id);
        let ann = client.signed_in(first);
        let known: Value = ann.get("/me/identities").await.to(200);
        let [one] = &known["items"].as_array().unwrap()[..] else { panic!("{known}") };
        assert_eq!((one["kind"].as_str(), one["value"].as_str()), (Some("wallet"), Some(&*wallet.address().to_lowercase())));
        let path = format!("/me/identities/{}", one["id"].as_str().unwrap());
        ann.delete(&path).await.problem(409, "last-way-in");
    }

    async fn of_64_who_show_one_signature_one_gets_in(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let wallet = Wallet::new(7);
        let answer = wallet.answers(&wallet.asks(&client).await);
        let all = join_all((0..64).map(|_| client.post("/auth/wallet/verify", answer.clone()))).await;
        assert_eq!(all.iter().filter(|one| one.status == 200).count(), 1);
        for lost in all.iter().filter(|one| one.status != 200) {
            assert_eq!(lost.problem(422, "invalid")["errors"][0]["field"], "message");
        }
    }

    async fn what_was_not_asked_for_is_refused(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let (wallet, other) = (Wallet::new(7), Wallet::new(8));
        let changed: [(&str, &str); 4] = [
            ("http://127.0.0.1", "http://evil.test"),
            ("127.0.0.1", "evil.test"),
            ("Chain ID: 8453", "Chain ID: 1"),
            (&wallet.address(), &other.address()),
        ];
        for (from, to) in changed {
            let message = wallet.asks(&client).await;
            let message = message.replacen(from, to, 1);
            let signer = if to == other.address() { &other } else { &wallet };
            client.post("/auth/wallet/verify", signer.answers(&message)).await.problem(422, "invalid");
        }
        let message = wallet.asks(&client).await;
        let stolen = json!({"message": message, "signature": other.sign(&message)});
        client.post("/auth/wallet/verify", stolen).await.problem(401, "wrong-credentials");
        // it was tried, and counts no more
        client.post("/auth/wallet/verify", wallet.answers(&message)).await.problem(422, "invalid");
        for wrong in [
            json!({"address": "0x12", "chain_id": 1}),
            json!({"address": wallet.address().replacen("0x", "0X", 1), "chain_id": 1}),
            json!({"address": wallet.address(), "chain_id": 0}),
            json!({"address": wallet.address(), "chain_id": -1}),
            json!({"address": wallet.address()}),
        ] {
            client.post("/auth/wallet/challenge", wrong).await.problem(422, "invalid");
        }
        let lower = json!({"address": wallet.address().to_lowercase(), "chain_id": 1});
        client.post("/auth/wallet/challenge", lower).await.is(200);
        // the name that a request brings is not the server's
        let relayed = client.with("origin", "https://evil.test");
        assert!(wallet.asks(&relayed).await.starts_with("127.0.0.1:"));
    }

    async fn a_wallet_is_linked_once_and_taken_away(kind) {
        let server = TestServer::start(kind).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let wallet = Wallet::new(7);
        let link = async |user: &Client| user.post("/me/identities/wallet", wallet.answers(&wallet.asks(user).await)).await;
        link(&ada).await.is(204);
        link(&ada).await.is(204);
        link(&bob).await.problem(409, "taken");
        let session: Session = wallet.signs_in(&server.anonymous()).await.to(200);
        assert_eq!(session.user.username.as_deref(), Some("ada"));
        let known: Value = ada.get("/me/identities").await.to(200);
        let of_kind = |kind: &str| {
            let found = known["items"].as_array().unwrap().iter().find(|one| one["kind"] == kind);
            format!("/me/identities/{}", found.unwrap()["id"].as_str().unwrap())
        };
        bob.delete(&of_kind("wallet")).await.problem(404, "not-found");
        ada.delete(&of_kind("wallet")).await.is(204);
        ada.delete(&of_kind("wallet")).await.problem(404, "not-found");
        ada.delete(&of_kind("username")).await.problem(409, "last-way-in");
        let stranger: Session = wallet.signs_in(&server.anonymous()).await.to(200);
        assert_eq!(stranger.user.username, None);
    }

    async fn a_visitor_comes_along(kind) {
        let server = start(kind, open()).await;
        let (visitor, token) = visit(&server).await;
        let id = visitor.conversation().await.id;
        let wallet = Wallet::new(7);
        let mut answer = wallet.answers(&wallet.asks(&visitor).await);
        answer["visitor_token"] = token.into();
        let session: Value = server.anonymous().post("/auth/wallet/verify", answer).await.to(200);
        assert_eq!(session["visitor_merged"], true);
        let user = server.anonymous().bearer(session["access_token"].as_str().unwrap());
        assert_eq!(user.read(&id).await.id, id);
    }

    async fn where_nobody_signs_in_with_wallets_it_says_so(kind) {
        let sign_in = SignInSettings { wallets: Some("off".into()), ..SignInSettings::default() };
        let server = start(kind, Settings { sign_in, ..Settings::default() }).await;
        let (client, wallet) = (server.anonymous(), Wallet::new(7));
        assert_eq!(client.get("/auth/providers").await.to::<Value>(200)["wallet"], false);
        let asked = json!({"address": wallet.address(), "chain_id": 1});
        client.post("/auth/wallet/challenge", asked).await.problem(404, "no-wallets");
        client.post("/auth/wallet/verify", wallet.answers("x")).await.problem(404, "no-wallets");
        server.user("ada").await.post("/me/identities/wallet", wallet.answers("x")).await.problem(404, "no-wallets");
    }

    async fn a_page_elsewhere_signs_for_its_own_address(kind) {
        let mut settings = Settings { public_url: Some("https://chat.test".into()), ..Settings::default() };
        settings.http.cors_origins = Some("https://app.test".into());
        settings.http.rate_limits = Some("off".into());
        let server = start(kind, settings).await;
        let wallet = Wallet::new(7);
        let own = wallet.asks(&server.anonymous()).await;
        assert!(own.starts_with("chat.test wants") && own.contains("URI: https://chat.test\n"), "{own}");
        let page = server.anonymous().with("origin", "https://app.test");
        let other = wallet.asks(&page).await;
        assert!(other.starts_with("app.test wants") && other.contains("URI: https://app.test\n"), "{other}");
        page.post("/auth/wallet/verify", wallet.answers(&other)).await.is(200);
    }
}
