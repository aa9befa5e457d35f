//! Signing in at other providers. The browser goes there and comes back with a code in its address, which the front end
//! changes for a session; no token ever stands in an address.

use std::sync::Arc;

use base64::Engine;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use chatcore::Error;
use chatcore::account::oauth::LoginRefusal;
use chatcore::account::{Caller, SessionKind};
use poem::Request;
use poem::http::header;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{ApiExtractor, ApiExtractorType, ApiResponse, ExtractParamOptions, Object, OpenApi};
use sha2::{Digest, Sha256};

use super::Tag;
use super::auth::SessionDto;
use super::guest::Guest;
use super::support::{Answer, app};
use super::text::Text;
use crate::app::App;
use crate::auth::oauth::{Departure, Flow, FlowError, OAuthError};
use crate::http::{FieldError, Problem};

pub(crate) struct OAuthApi;

/// Where to go.
#[derive(Object)]
pub(super) struct Departing {
    /// Send the browser there.
    url: String,
}

/// The way to a provider.
#[derive(ApiResponse)]
pub(super) enum Begun {
    /// For programs that asked for JSON: where to send the browser.
    #[oai(status = 200)]
    Url(Json<Departing>, #[oai(header = "Set-Cookie")] String),
    /// For browsers: to the provider.
    #[oai(status = 302)]
    There(#[oai(header = "Location")] String, #[oai(header = "Set-Cookie")] String),
}

/// The way back.
#[derive(ApiResponse)]
enum Back {
    /// To the front end: with a `code`, with the name of what was `linked`, or with an `error`.
    #[oai(status = 302)]
    Back(#[oai(header = "Location")] String),
}

/// A code that the front end found in its address.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Exchange {
    /// The code. It works once, for a minute.
    code: Text,
    /// The secret whose `code_challenge` began the sign-in.
    code_verifier: Option<Text>,
    /// The token of the visitor that they were until now.
    visitor_token: Option<Text>,
}

/// A browser on its way: what it holds, and what stands in its address.
pub(super) struct Browser {
    app: Arc<App>,
    secret: Option<String>,
    query: String,
    wants_json: bool,
}

impl Browser {
    /// Sends it to a provider.
    pub(super) async fn depart(
        &self,
        provider: &str,
        return_to: Option<&str>,
        code_challenge: Option<&str>,
        link: Option<&Caller>,
    ) -> Answer<(String, String)> {
        let ways = &self.app.ways;
        // a browser that is on its way in another tab keeps its secret, so that it can come back there
        let secret = match &self.secret {
            Some(secret) => secret.clone(),
            None => ways.browser_secret()?,
        };
        let departure = Departure { provider, browser: &secret, return_to, redirect_uri: None, code_challenge, link };
        let url = self.flow().depart(&departure).await.map_err(problem)?;
        Ok((url, ways.cookie.set(&secret)))
    }

    fn flow(&self) -> Flow<'_> {
        Flow { oauth: &self.app.ways.oauth, accounts: self.app.credentials.accounts() }
    }
}

impl Begun {
    pub(super) fn url((url, cookie): (String, String)) -> Self {
        Self::Url(Json(Departing { url }), cookie)
    }
}

impl<'a> ApiExtractor<'a> for Browser {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        _body: &mut poem::RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let app = app(request)?;
        let accepts = request.headers().get(header::ACCEPT).and_then(|accept| accept.to_str().ok());
        Ok(Self {
            secret: app.ways.cookie.secret_of(request).map(str::to_owned),
            query: request.uri().query().unwrap_or_default().to_owned(),
            wants_json: accepts.is_some_and(|accepts| accepts.to_ascii_lowercase().contains("application/json")),
            app,
        })
    }
}

/// What a front end hears of a sign-in that does not begin, or cannot be told of at its end.
fn problem(error: FlowError) -> Problem {
    let refused = |field, message: &str| Problem::unprocessable([FieldError::new(field, message)]);
    match error {
        FlowError::Accounts(error) => error.into(),
        FlowError::OAuth(OAuthError::UnknownProvider) => Error::NotFound("provider").into(),
        FlowError::OAuth(OAuthError::Login(LoginRefusal::ReturnTo)) => {
            refused("redirect_uri", "is not an address to which browsers may go here (CHATCORE_OAUTH_RETURN_URLS)")
        }
        FlowError::OAuth(OAuthError::Login(_)) => refused("state", "is not that of a sign-in that began here"),
        FlowError::OAuth(error) => {
            tracing::warn!(%error, "a provider failed");
            Problem::unavailable()
        }
    }
}

/// The challenge of a secret, by RFC 7636 (`S256`).
pub(crate) fn challenge(verifier: &str) -> String {
    URL_SAFE_NO_PAD.encode(Sha256::digest(verifier))
}

/// Whether a text can be a challenge.
fn check_challenge(text: Option<&str>) -> Result<(), Error> {
    let is_hash = |text: &str| URL_SAFE_NO_PAD.decode(text).is_ok_and(|bytes| bytes.len() == 32);
    match text {
        Some(text) if !is_hash(text) => Err(Error::invalid("code_challenge", "is not a SHA-256 in base64url (S256)")),
        _ => Ok(()),
    }
}

#[OpenApi(tag = "Tag::Accounts")]
impl OAuthApi {
    /// Go to a provider to sign in
    ///
    /// Sends the browser there, with a cookie by which it is known when it comes back. Programs that accept JSON get the
    /// address instead; they have to pass the cookie on.
    #[oai(path = "/auth/oauth/:provider/start", method = "get")]
    async fn start(
        &self,
        browser: Browser,
        provider: Path<String>,
        /// Where the browser goes in the end: one of the addresses that the server was told of, the first if not given.
        redirect_uri: Query<Option<String>>,
        /// The SHA-256 of a secret that the front end keeps, in base64url: the code in the end works only together with that
        /// secret.
        code_challenge: Query<Option<String>>,
    ) -> Answer<Begun> {
        check_challenge(code_challenge.as_deref())?;
        let way = browser.depart(&provider, redirect_uri.as_deref(), code_challenge.as_deref(), None).await?;
        Ok(if browser.wants_json { Begun::url(way) } else { Begun::There(way.0, way.1) })
    }

    /// Come back from a provider
    ///
    /// Providers send browsers here, with `code` and `state`. The browser goes on to the front end with a `code` of this
    /// server, or with an `error`: `access_denied`, `expired`, `provider_unavailable`, `provider_refused`, `link_first`,
    /// `taken`, `denied`, `unavailable`, `failed`.
    #[oai(path = "/auth/oauth/:provider/callback", method = "get")]
    async fn callback(&self, browser: Browser, provider: Path<String>) -> Answer<Back> {
        let arrived = browser.flow().arrive(&provider, &browser.query, browser.secret.as_deref()).await;
        Ok(Back::Back(arrived.map_err(problem)?))
    }

    /// Change the code for a session
    #[oai(path = "/auth/oauth/exchange", method = "post")]
    async fn exchange(&self, guest: Guest, body: Json<Exchange>) -> Answer<Json<SessionDto>> {
        let Json(Exchange { code, code_verifier, visitor_token }) = body;
        let binding = code_verifier.map(|verifier| challenge(&verifier));
        let accounts = guest.app.credentials.accounts();
        let signed_in = accounts.sign_in_with_code(&code, binding.as_deref(), SessionKind::api(), None).await?;
        Ok(Json(guest.session(signed_in, visitor_token).await?))
    }
}
