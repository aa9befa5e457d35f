//! What a server is connected to: a provider at which people sign in, and one that takes their money. Both stand in.

use std::sync::Arc;
use std::time::Duration;

use chatcore::Clock;
use chatcore::account::{AccountRole, NewAccount, PasswordPolicy};
use chatcore::testing::ManualClock;
use chatcore_llm::SystemClock;
use chatcore_server::config::Settings;
use stripe_stand_in::{Options, StandIn};

use crate::mock::{CLIENT_ID, Mock, SECRET};
use crate::server::{Kind, TestServer, echo};

/// A page of a front end, to which providers send browsers.
pub(crate) const FRONT: &str = "https://app.test/auth/callback";
/// What webhooks are signed with.
pub(crate) const WEBHOOK: &str = "whsec_compat";
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
redirect_uris = ['FRONT', 'https://chat.test/compat/sentx/api/auth/users/social/google-oauth2/']

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
        let server = TestServer::set_up(kind, settings, Some(echo(Duration::ZERO))).await;
        let email = Some("root@example.com".to_owned());
        let policy = PasswordPolicy { min_chars: 8 };
        let root = NewAccount { username: None, email, password: PASSWORD.into(), policy };
        let root = server.accounts().register(root).await.unwrap();
        server.accounts().set_role(None, root.id, AccountRole::Admin).await.unwrap();
        Self { server, mock, stripe }
    }
}
