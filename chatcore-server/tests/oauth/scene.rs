//! A server that knows a provider, and a browser between them.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chatcore::account::oauth::{ExternalIdentity, NewLogin, PendingLogin};
use chatcore::testing::ManualClock;
use chatcore_server::auth::oauth::{Limits, OAuth, OAuthError};
use chatcore_server::config::Settings;
use reqwest::redirect::Policy;

use crate::mock::{ACCESS_TOKEN, CLIENT_ID, Mock, SECRET};

pub(crate) const CALLBACK: &str = "https://chat.example.org/api/v1/auth/oauth/corp/callback";
pub(crate) const BROWSER: &str = "canary-of-the-browser";

pub(crate) struct Scene {
    pub(crate) mock: Mock,
    pub(crate) clock: ManualClock,
    pub(crate) oauth: OAuth,
}

/// How patient the server is where the mock tries its patience.
pub(crate) const LIMITS: Limits = Limits { timeout: Duration::from_secs(20), max_bytes: 64 * 1024 };

impl Scene {
    /// A provider of OpenID Connect.
    pub(crate) async fn new() -> Self {
        Self::with("oidc", "", LIMITS).await
    }

    /// A provider of some kind, with more lines for its row of the table; `URL` is where the mock is.
    pub(crate) async fn with(kind: &str, lines: &str, limits: Limits) -> Self {
        let clock = ManualClock::new();
        let mock = Mock::start(clock.clone()).await;
        let secret =
            if lines.contains("client_secret") { String::new() } else { format!("client_secret = '{SECRET}'") };
        let issuer = if lines.contains("issuer") { "" } else { "issuer = 'URL'" };
        let text = format!(
            "public_url = 'https://chat.example.org'\n[[oauth]]\nname = 'corp'\nkind = '{kind}'\n\
             client_id = '{CLIENT_ID}'\n{secret}\n{issuer}\n{lines}"
        );
        let mut settings: Settings = toml::from_str(&text.replace("URL", &mock.url)).unwrap();
        settings.oauth_keys.oauth_return_urls = Some("https://chat.example.org/welcome".to_owned());
        let oauth = OAuth::new(&settings.resolve().unwrap().oauth, limits, Arc::new(clock.clone())).unwrap();
        Self { mock, clock, oauth }
    }

    /// Begins a login in our browser.
    pub(crate) async fn begin(&self) -> Result<(String, PendingLogin), OAuthError> {
        let login = NewLogin { provider: "corp", browser: BROWSER, return_to: None, redirect_uri: None };
        told(self.oauth.begin(&login).await)
    }

    /// Goes to the provider, and comes back with a query.
    pub(crate) async fn visit(&self, url: &str) -> String {
        let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
        let answer = browser.get(url).send().await.unwrap();
        assert_eq!(answer.status(), 302);
        let address = answer.headers()["location"].to_str().unwrap().to_owned();
        address.strip_prefix(&format!("{CALLBACK}?")).unwrap().to_owned()
    }

    pub(crate) async fn finish(&self, pending: &PendingLogin, query: &str) -> Result<ExternalIdentity, OAuthError> {
        told(self.oauth.finish(pending, BROWSER, query).await)
    }

    /// A whole login.
    pub(crate) async fn login(&self) -> Result<ExternalIdentity, OAuthError> {
        let (url, pending) = self.begin().await?;
        let query = self.visit(&url).await;
        self.finish(&pending, &query).await
    }

    /// A whole login that is refused; why, in words.
    pub(crate) async fn refused(&self) -> String {
        self.login().await.unwrap_err().to_string()
    }
}

/// Looks for secrets in an error, whichever it is.
pub(crate) fn told<T>(result: Result<T, OAuthError>) -> Result<T, OAuthError> {
    if let Err(error) = &result {
        let mut text = format!("{error:?}");
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(it) = cause {
            text += &format!("; {it}");
            cause = it.source();
        }
        for secret in [SECRET, ACCESS_TOKEN, BROWSER, "canary", "eyJ"] {
            assert!(!text.contains(secret), "{secret} in {text}");
        }
    }
    result
}
