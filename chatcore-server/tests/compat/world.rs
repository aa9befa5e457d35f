//! What a server is connected to: a provider at which people sign in, and one that takes their money. Both stand in.

use std::sync::Arc;

use async_trait::async_trait;
use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::Clock;
use chatcore::account::{AccountRole, NewAccount, PasswordPolicy};
use chatcore::conversation::Part;
use chatcore::testing::ManualClock;
use chatcore::turn::{LanguageModel, ModelError, ModelEvent, ModelInfo, ModelRequest, ModelStream, Models};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Echo;
use chatcore_server::config::Settings;
use futures::StreamExt;
use sha2::{Digest, Sha256};
use stripe_stand_in::{Options, StandIn};
use url::form_urlencoded::Serializer;

use crate::mock::{CLIENT_ID, Mock, SECRET};
use crate::server::{Kind, TestServer};

/// A page of a front end, to which providers send browsers.
pub(crate) const FRONT: &str = "https://app.test/auth/callback";
/// What webhooks are signed with.
pub(crate) const WEBHOOK: &str = "whsec_compat";
/// The secret with which front ends ask for codes themselves.
pub(crate) const VERIFIER: &str = "a-secret-that-the-front-end-keeps-to-itself-0123";
/// To this the model begins an answer, and does not end it.
const STORY: &str = "Tell me a long story";
/// The password of the admin, `root@example.com`.
pub(crate) const PASSWORD: &str = "testpass123";
const PRICE: &str = "price_pro";

/// A server and what it is connected to.
pub(crate) struct World {
    pub(crate) server: TestServer,
    pub(crate) mock: Mock,
    pub(crate) stripe: StandIn,
}

const SETTINGS: &str = "
[[oauth]]
name = 'google'
kind = 'oidc'
client_id = 'ID'
client_secret = 'SECRET'
issuer = 'URL'
redirect_uris = ['FRONT', 'https://chat.test/compat/sentx/api/auth/users/social/google-oauth2/',
    'https://chat.test/compat/django-chat/auth/google/callback/']

[[oauth]]
name = 'twitter'
kind = 'twitter'
client_id = 'ID'
client_secret = 'SECRET'
authorization_endpoint = 'URL/authorize'
token_endpoint = 'URL/token'
userinfo_endpoint = 'URL/2/users/me'
issuer = 'URL'
redirect_uris = ['FRONT']

[[plans]]
id = 'pro'
name = 'Pro'
description = 'More of it'
price = { reference = 'price_pro', amount = 900, currency = 'usd', interval = 'month' }

[payments]
stripe_secret_key = 'sk_test_compat'
stripe_webhook_secret = 'WEBHOOK'
stripe_api_base = 'STRIPE'

[sign_in]
visitors = 'on'
";

/// Says the last thing again, but for a story, which has no end.
struct Storyteller(Echo);

#[async_trait]
impl LanguageModel for Storyteller {
    fn models(&self) -> Vec<ModelInfo> {
        self.0.models()
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        let asked = |part: &Part| matches!(part, Part::Text { text } if text == STORY);
        if !request.messages.last().is_some_and(|last| last.parts.iter().any(asked)) {
            return self.0.stream(request).await;
        }
        let once = ModelEvent::Text("Once upon a time ".to_owned());
        Ok(futures::stream::iter([Ok(once)]).chain(futures::stream::pending()).boxed())
    }
}

impl World {
    /// With an admin.
    pub(crate) async fn open(kind: Kind) -> Self {
        let clock = ManualClock::new();
        clock.set(SystemClock.now());
        let mock = Mock::start(clock).await;
        let options = Options {
            key: "sk_test_compat".to_owned(),
            webhook_secrets: vec![WEBHOOK.to_owned()],
            ..Options::new(Arc::new(SystemClock))
        };
        let stripe = StandIn::start(options).await.unwrap();
        stripe.price(PRICE, 900, "usd", "month");
        let words =
            [("URL", &*mock.url), ("ID", CLIENT_ID), ("SECRET", SECRET), ("FRONT", FRONT), ("WEBHOOK", WEBHOOK)];
        let text = words.into_iter().fold(SETTINGS.replace("STRIPE", &stripe.url()), |text, (word, value)| {
            text.replace(&format!("'{word}"), &format!("'{value}"))
        });
        let mut settings: Settings = toml::from_str(&text).unwrap();
        settings.oauth_keys.oauth_return_urls = Some("https://app.test/signed-in".into());
        let server = TestServer::set_up(kind, settings, Some(Models::new().with(Storyteller(Echo::new())))).await;
        let email = Some("root@example.com".to_owned());
        let policy = PasswordPolicy { min_chars: 8 };
        let root = NewAccount { username: None, email, password: PASSWORD.into(), policy };
        let root = server.accounts().register(root).await.unwrap();
        server.accounts().set_role(None, root.id, AccountRole::Admin).await.unwrap();
        Self { server, mock, stripe }
    }

    /// Where a front end sends a browser that keeps the state of the sign-in itself.
    pub(crate) fn sign_in_url(&self, back: &str) -> String {
        let challenge = URL_SAFE_NO_PAD.encode(Sha256::digest(VERIFIER));
        let pairs = [
            ("response_type", "code"),
            ("client_id", CLIENT_ID),
            ("redirect_uri", back),
            ("state", "of-the-front-end"),
            ("code_challenge", &challenge),
            ("code_challenge_method", "S256"),
        ];
        let query = Serializer::new(String::new()).extend_pairs(pairs).finish();
        format!("{}/authorize?{query}", self.mock.url)
    }

    /// Somebody pays on the page that a checkout led to.
    pub(crate) fn pay(&self, page: &str) {
        let session = page.rsplit('/').next().unwrap().split(['?', '#']).next().unwrap();
        self.stripe.pay(session).unwrap();
    }
}
