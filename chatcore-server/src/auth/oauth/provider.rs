//! A provider: what it was set up as, and what it says of itself.

use std::sync::Arc;
use std::time::Duration;

use chatcore::Timestamp;
use chatcore::account::oauth::{AllowedUrls, UrlError, is_secure};
use serde::Deserialize;

use super::cache::Cache;
use super::error::{Ask, OAuthError};
use super::fetch::Fetch;
use super::id_token::KeySet;
use crate::config::{OAuthEntry, OAuthKind};

/// How long the configuration and the keys of a provider are taken for what they are.
const MAX_AGE: Duration = Duration::from_secs(3600);
/// How often keys are fetched at most, because somebody shows a token with a key that is not known.
const MIN_AGE: Duration = Duration::from_secs(30);
/// Google signs as either.
const GOOGLE_ALIAS: &str = "accounts.google.com";

pub(super) struct Provider {
    pub(super) entry: OAuthEntry,
    pub(super) redirect_uris: AllowedUrls,
    metadata: Cache<Metadata>,
    keys: Cache<KeySet>,
}

/// Where a provider has what.
pub(super) struct Metadata {
    pub(super) authorization_endpoint: String,
    pub(super) token_endpoint: String,
    /// Where its keys are, or where it says who somebody is.
    pub(super) people: People,
    /// It promised to say who it is in each callback (RFC 9207).
    pub(super) says_issuer: bool,
    /// It takes the secret as a password of HTTP, as it must if it says nothing else.
    pub(super) takes_basic: bool,
}

/// How a provider says who somebody is.
pub(super) enum People {
    /// By ID tokens, signed with the keys at an address.
    Keys(String),
    /// To whoever asks with an access token.
    Profile(String),
}

/// The configuration that a provider publishes (OpenID Connect Discovery).
#[derive(Deserialize)]
struct Discovered {
    issuer: String,
    authorization_endpoint: String,
    token_endpoint: String,
    jwks_uri: String,
    #[serde(default)]
    authorization_response_iss_parameter_supported: bool,
    token_endpoint_auth_methods_supported: Option<Vec<String>>,
}

impl Provider {
    pub(super) fn new(entry: OAuthEntry) -> Result<Self, UrlError> {
        let redirect_uris = AllowedUrls::new(entry.redirect_uris.iter().cloned())?;
        Ok(Self { entry, redirect_uris, metadata: Cache::default(), keys: Cache::default() })
    }

    /// Who its tokens may be of.
    pub(super) fn issuers(&self) -> Vec<String> {
        let own = self.entry.issuer().to_owned();
        let alias = (self.entry.kind == OAuthKind::Google && self.entry.issuer.is_none()).then(|| GOOGLE_ALIAS.into());
        std::iter::once(own).chain(alias).collect()
    }

    /// Where it has what, as it was set up or as it says itself.
    pub(super) async fn metadata(&self, fetch: &Fetch, now: Timestamp) -> Result<Arc<Metadata>, OAuthError> {
        self.metadata.get(Ask::Discovery, (now, MAX_AGE), self.find(fetch)).await
    }

    async fn find(&self, fetch: &Fetch) -> Result<Metadata, OAuthError> {
        let entry = &self.entry;
        if let Some(known) = entry.known() {
            return Ok(known);
        }
        let issuer = entry.issuer();
        let url = format!("{}/.well-known/openid-configuration", issuer.trim_end_matches('/'));
        let found: Discovered = fetch.get(Ask::Discovery, &url).await?;
        let methods = found.token_endpoint_auth_methods_supported;
        let pick = |own: &Option<String>, found: String| own.clone().unwrap_or(found);
        let (authorization_endpoint, token_endpoint) = (
            pick(&entry.authorization_endpoint, found.authorization_endpoint),
            pick(&entry.token_endpoint, found.token_endpoint),
        );
        let keys = pick(&entry.jwks_uri, found.jwks_uri);
        let secure = [&authorization_endpoint, &token_endpoint, &keys].into_iter().all(|url| is_secure(url));
        // whoever answers for somebody else could send codes anywhere
        if found.issuer != issuer || !secure {
            return Err(OAuthError::Malformed(Ask::Discovery));
        }
        Ok(Metadata {
            authorization_endpoint,
            token_endpoint,
            people: People::Keys(keys),
            says_issuer: found.authorization_response_iss_parameter_supported,
            takes_basic: methods.is_none_or(|methods| methods.iter().any(|method| method == "client_secret_basic")),
        })
    }

    /// The keys that it signs with; `newer` when the one that is needed is not among those that are known.
    pub(super) async fn keys(
        &self,
        fetch: &Fetch,
        url: &str,
        now: Timestamp,
        newer: bool,
    ) -> Result<Arc<KeySet>, OAuthError> {
        let max_age = if newer { MIN_AGE } else { MAX_AGE };
        self.keys.get(Ask::Keys, (now, max_age), fetch.get(Ask::Keys, url)).await
    }
}

impl OAuthEntry {
    /// Where everything is, if nobody has to be asked.
    fn known(&self) -> Option<Metadata> {
        let (authorization, token, people) = match self.kind {
            OAuthKind::Twitter => (
                self.authorization_endpoint.as_deref().unwrap_or("https://x.com/i/oauth2/authorize"),
                self.token_endpoint.as_deref().unwrap_or("https://api.x.com/2/oauth2/token"),
                People::Profile(self.userinfo_endpoint.as_deref().unwrap_or("https://api.x.com/2/users/me").to_owned()),
            ),
            OAuthKind::Google | OAuthKind::Oidc => (
                self.authorization_endpoint.as_deref()?,
                self.token_endpoint.as_deref()?,
                People::Keys(self.jwks_uri.clone()?),
            ),
        };
        Some(Metadata {
            authorization_endpoint: authorization.to_owned(),
            token_endpoint: token.to_owned(),
            people,
            says_issuer: false,
            takes_basic: true,
        })
    }
}
