//! Logins from their beginning to their end.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;
use std::time::Duration;

use chatcore::account::oauth::{
    AllowedUrls, Callback, ExpectedClaims, ExternalIdentity, LoginNonce, LoginRefusal, NewLogin, PendingLogin,
    TwitterProfile,
};
use chatcore::{Clock, Timestamp};
use rand::TryRng;
use rand::rngs::SysRng;
use secrecy::ExposeSecret;
use serde::Deserialize;
use url::{Url, form_urlencoded};

use super::error::{Ask, OAuthError};
use super::exchange::{self, Tokens};
use super::fetch::{Fetch, Limits};
use super::id_token::SignedToken;
use super::provider::{People, Provider};
use crate::config::{ConfigError, OAuthConfig, OAuthKind};

/// How far the clock of a provider may be off.
const LEEWAY: Duration = Duration::from_secs(60);
/// Longer queries are of no callback.
const MAX_QUERY_BYTES: usize = 8 * 1024;

/// The providers of a server.
pub struct OAuth {
    providers: BTreeMap<String, Provider>,
    return_urls: AllowedUrls,
    fetch: Fetch,
    clock: Arc<dyn Clock>,
}

/// A code to redeem.
#[derive(Clone, Copy)]
pub struct Grant<'a> {
    /// The code.
    pub code: &'a str,
    /// Where the provider sent the browser.
    pub redirect_uri: &'a str,
    /// What the challenge was made of (PKCE).
    pub verifier: Option<&'a str>,
    /// What the ID token must hold.
    pub nonce: Option<&'a LoginNonce>,
}

impl fmt::Debug for Grant<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Grant").field("redirect_uri", &self.redirect_uri).finish_non_exhaustive()
    }
}

impl OAuth {
    /// The providers that a configuration names.
    ///
    /// # Errors
    /// [`ConfigError`] when an address is not secure, or the HTTP client does not start.
    pub fn new(config: &OAuthConfig, limits: Limits, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        let broken = |name: &str, reason: String| ConfigError::OAuth { name: name.to_owned(), reason };
        let fetch = Fetch::new(limits).map_err(|error| broken("*", format!("failed to start the client: {error}")))?;
        let return_urls = AllowedUrls::new(config.return_urls.iter().cloned());
        let return_urls = return_urls.map_err(|error| broken("*", error.to_string()))?;
        let mut providers = BTreeMap::new();
        for entry in &config.providers {
            let provider = Provider::new(entry.clone()).map_err(|error| broken(&entry.name, error.to_string()))?;
            providers.insert(entry.name.clone(), provider);
        }
        Ok(Self { providers, return_urls, fetch, clock })
    }

    /// What the providers are called.
    pub fn names(&self) -> impl Iterator<Item = &str> {
        self.providers.keys().map(String::as_str)
    }

    /// Where browsers go in the end if nobody says.
    #[must_use]
    pub fn return_url(&self) -> Option<&str> {
        self.return_urls.first()
    }

    /// An address to which a provider may send browsers.
    pub fn redirect_uri(&self, provider: &str, wanted: impl Fn(&str) -> bool) -> Option<&str> {
        let entry = &self.providers.get(provider)?.entry;
        entry.redirect_uris.iter().map(String::as_str).find(|url| wanted(url))
    }

    fn provider(&self, name: &str) -> Result<&Provider, OAuthError> {
        self.providers.get(name).ok_or(OAuthError::UnknownProvider)
    }

    /// Where to send the browser, and what to store until it comes back, as a challenge that counts once.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn begin(&self, login: &NewLogin<'_>) -> Result<(String, PendingLogin), OAuthError> {
        let provider = self.provider(login.provider)?;
        let now = self.clock.now();
        let pending = PendingLogin::begin(login, &provider.redirect_uris, &self.return_urls, random()?, now)?;
        let metadata = provider.metadata(&self.fetch, now).await?;
        let malformed = |_| OAuthError::Malformed(Ask::Discovery);
        let mut url = Url::parse(&metadata.authorization_endpoint).map_err(malformed)?;
        url.query_pairs_mut()
            .append_pair("response_type", "code")
            .append_pair("client_id", &provider.entry.client_id)
            .append_pair("redirect_uri", &pending.redirect_uri)
            .append_pair("scope", &provider.entry.scopes().join(" "))
            .append_pair("state", pending.state.expose())
            .append_pair("code_challenge", &pending.verifier.challenge())
            .append_pair("code_challenge_method", "S256");
        if provider.entry.kind != OAuthKind::Twitter {
            url.query_pairs_mut().append_pair("nonce", pending.nonce.expose());
        }
        Ok((url.into(), pending))
    }

    /// Who came back. `pending` was taken out of the store for this, `browser` is the secret that the browser holds, and
    /// `query` what stands behind the `?` of the callback, or in its form.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn finish(
        &self,
        pending: &PendingLogin,
        browser: &str,
        query: &str,
    ) -> Result<ExternalIdentity, OAuthError> {
        let provider = self.provider(&pending.provider)?;
        if query.len() > MAX_QUERY_BYTES {
            return Err(LoginRefusal::NoCode.into());
        }
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let callback = Callback::read(pairs.iter().map(|(name, value)| (&**name, &**value)))?;
        let now = self.clock.now();
        let metadata = provider.metadata(&self.fetch, now).await?;
        let issuer = (provider.entry.issuer(), metadata.says_issuer);
        let code = pending.accept(&callback, browser, issuer, now)?;
        let grant = Grant {
            code,
            redirect_uri: &pending.redirect_uri,
            verifier: Some(pending.verifier.expose()),
            nonce: (provider.entry.kind != OAuthKind::Twitter).then_some(&pending.nonce),
        };
        self.redeem(&pending.provider, &grant).await
    }

    /// Who a code is of. Part of [`Self::finish`]; by itself for front ends that keep state and verifier themselves, so
    /// that nothing here can tell whose browser it is.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn redeem(&self, provider: &str, grant: &Grant<'_>) -> Result<ExternalIdentity, OAuthError> {
        let provider = self.provider(provider)?;
        if !provider.redirect_uris.allows(grant.redirect_uri) {
            return Err(LoginRefusal::RedirectUri.into());
        }
        let metadata = provider.metadata(&self.fetch, self.clock.now()).await?;
        let tokens = exchange::redeem(&self.fetch, &provider.entry, &metadata, grant).await?;
        match &metadata.people {
            People::Profile(url) => self.profile(provider, url, &tokens).await,
            People::Keys(url) => {
                let id_token = tokens.id_token.as_deref().ok_or(OAuthError::Token("is missing"))?;
                let access_token = Some(tokens.access_token.expose_secret());
                self.verify(provider, url, (id_token, access_token), grant.nonce).await
            }
        }
    }

    /// Who an ID token is of that a page got from the provider itself (Google's One Tap). It holds no nonce of this
    /// server, so it can be shown twice while it lasts.
    ///
    /// # Errors
    /// [`OAuthError`].
    pub async fn credential(&self, provider: &str, id_token: &str) -> Result<ExternalIdentity, OAuthError> {
        let provider = self.provider(provider)?;
        let metadata = provider.metadata(&self.fetch, self.clock.now()).await?;
        match &metadata.people {
            People::Keys(url) => self.verify(provider, url, (id_token, None), None).await,
            People::Profile(_) => Err(OAuthError::UnknownProvider),
        }
    }

    async fn verify(
        &self,
        provider: &Provider,
        keys: &str,
        (id_token, access_token): (&str, Option<&str>),
        nonce: Option<&LoginNonce>,
    ) -> Result<ExternalIdentity, OAuthError> {
        let now: Timestamp = self.clock.now();
        let token = SignedToken::read(id_token)?;
        let mut known = provider.keys(&self.fetch, keys, now, false).await?;
        if token.key(&known).is_none() {
            known = provider.keys(&self.fetch, keys, now, true).await?;
        }
        let claims = token.claims(token.key(&known).ok_or(OAuthError::Token("is signed with an unknown key"))?)?;
        let expected = ExpectedClaims {
            issuers: &provider.issuers(),
            client_id: &provider.entry.client_id,
            nonce,
            access_token: access_token.map(|access| (access, token.digest())),
            now,
            leeway: LEEWAY,
        };
        Ok(ExternalIdentity::of_claims(&provider.entry.name, claims, &expected)?)
    }

    async fn profile(&self, provider: &Provider, url: &str, tokens: &Tokens) -> Result<ExternalIdentity, OAuthError> {
        #[derive(Deserialize)]
        struct Answer {
            data: TwitterProfile,
        }
        let request = self.fetch.client.get(url).bearer_auth(tokens.access_token.expose_secret());
        let Answer { data } = self.fetch.json(Ask::Profile, request).await?;
        Ok(ExternalIdentity::of_twitter(&provider.entry.name, provider.entry.issuer(), data)?)
    }
}

fn random() -> Result<[[u8; 32]; 3], OAuthError> {
    let mut bytes = [[0; 32]; 3];
    bytes.iter_mut().try_for_each(|part| SysRng.try_fill_bytes(part)).map_err(|_| OAuthError::Random)?;
    Ok(bytes)
}
