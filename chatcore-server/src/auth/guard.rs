//! Who sends a request: an access token, the key of a program, an opaque token, or the cookie of a page with its CSRF
//! token.

use std::sync::Arc;

use chatcore::account::{Accounts, ApiKeyKind, Caller, KEY_PREFIX, Session, User, Visitor};
use chatcore::{Clock, Error};
use poem::Request;
use poem::http::{Method, header};

use super::cookie;
use super::secret::{MasterSecret, hex, sign};
use super::token::{AccessTokens, Native};

/// The header that repeats a page's CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// The header of programs that send their key in one of its own.
const KEY_HEADER: &str = "x-api-key";

/// Reads the proofs that come with requests.
pub struct Credentials {
    accounts: Accounts,
    access: AccessTokens,
    clock: Arc<dyn Clock>,
    csrf: [u8; 32],
    cookie: &'static str,
    secure: bool,
    visitors: bool,
}

/// Somebody whose proof holds.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// What they may do.
    pub caller: Caller,
    /// Their account; visitors have none.
    pub user: Option<User>,
    /// Their session, if that is what they showed.
    pub session: Option<Session>,
}

impl From<(Caller, User, Session)> for Authenticated {
    fn from((caller, user, session): (Caller, User, Session)) -> Self {
        Self { caller, user: Some(user), session: Some(session) }
    }
}

impl Credentials {
    /// `secure` when browsers reach the server by HTTPS: cookies are bound to that then.
    #[must_use]
    pub fn new(
        accounts: Accounts,
        access: AccessTokens,
        clock: Arc<dyn Clock>,
        secret: &MasterSecret,
        secure: bool,
    ) -> Self {
        let cookie = if secure { "__Host-chatcore" } else { "chatcore" };
        Self { accounts, access, clock, csrf: secret.key("csrf"), cookie, secure, visitors: false }
    }

    /// Whether people without an account are let in; not if nobody says.
    #[must_use]
    pub fn with_visitors(self, visitors: bool) -> Self {
        Self { visitors, ..self }
    }

    /// Whether people without an account are let in.
    #[must_use]
    pub const fn takes_visitors(&self) -> bool {
        self.visitors
    }

    /// The accounts behind it.
    #[must_use]
    pub fn accounts(&self) -> &Accounts {
        &self.accounts
    }

    /// The access tokens.
    #[must_use]
    pub fn access(&self) -> &AccessTokens {
        &self.access
    }

    /// Who sends a request. A proof that does not hold is an error, never an anonymous request; with two proofs a header
    /// counts before the cookie, and `Authorization` before the other one.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] without a proof that holds; [`Error::Denied`] when a page's request lacks its CSRF
    /// token.
    pub async fn authenticate(&self, request: &Request) -> Result<Authenticated, Error> {
        if let Some(header) = request.headers().get(header::AUTHORIZATION) {
            let text = header.to_str().map_err(|_| Error::Unauthenticated)?;
            let (scheme, proof) = text.split_once(' ').ok_or(Error::Unauthenticated)?;
            let proof = proof.trim();
            return match scheme.to_ascii_lowercase().as_str() {
                "bearer" if proof.starts_with(KEY_PREFIX) => self.by_secret(ApiKeyKind::Key, proof).await,
                "bearer" if Visitor::is_token(proof) => self.by_visitor(proof).await,
                "bearer" => self.by_access_token(proof).await,
                "token" => self.by_secret(ApiKeyKind::Token, proof).await,
                _ => Err(Error::Unauthenticated),
            };
        }
        match request.headers().get(KEY_HEADER) {
            Some(key) => {
                let key = key.to_str().map_err(|_| Error::Unauthenticated)?;
                self.by_secret(ApiKeyKind::Key, key.trim()).await
            }
            None => self.by_cookie(request).await,
        }
    }

    async fn by_visitor(&self, token: &str) -> Result<Authenticated, Error> {
        if !self.visitors {
            return Err(Error::Unauthenticated);
        }
        let (caller, _) = self.accounts.by_visitor(token).await?;
        Ok(Authenticated { caller, user: None, session: None })
    }

    async fn by_secret(&self, kind: ApiKeyKind, secret: &str) -> Result<Authenticated, Error> {
        let (caller, user, key) = self.accounts.by_secret(secret).await?;
        if key.kind != kind {
            return Err(Error::Unauthenticated);
        }
        Ok(Authenticated { caller, user: Some(user), session: None })
    }

    async fn by_cookie(&self, request: &Request) -> Result<Authenticated, Error> {
        let token = self.cookie_of(request).ok_or(Error::Unauthenticated)?;
        let found = self.accounts.by_token(token).await?;
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let sent = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
        // both texts are signatures: comparing their hashes tells nobody how much was right
        let same = |a: &str, b: &str| sign(&self.csrf, a.as_bytes()) == sign(&self.csrf, b.as_bytes());
        if !safe && !sent.is_some_and(|sent| same(sent, &self.csrf_token(token))) {
            return Err(Error::Denied);
        }
        Ok(found.into())
    }

    async fn by_access_token(&self, token: &str) -> Result<Authenticated, Error> {
        let access = self.access.read(Native::NAME, token, self.clock.now()).map_err(|refused| {
            tracing::debug!(%refused, "an access token was refused");
            Error::Unauthenticated
        })?;
        let (caller, user, session) = self.accounts.by_session(access.session).await?;
        let same = user.id.to_string() == access.subject && session.epoch == access.epoch;
        if same { Ok((caller, user, session).into()) } else { Err(Error::Unauthenticated) }
    }

    /// The token in a page's cookie.
    #[must_use]
    pub fn cookie_of<'a>(&self, request: &'a Request) -> Option<&'a str> {
        cookie::read(request, self.cookie)
    }

    /// The CSRF token that belongs to a cookie.
    #[must_use]
    pub fn csrf_token(&self, token: &str) -> String {
        hex(&sign(&self.csrf, token.as_bytes()))
    }

    /// The header that gives a page its cookie, or takes it away.
    #[must_use]
    pub fn set_cookie(&self, token: Option<(&str, u64)>) -> String {
        let (value, age) = token.unwrap_or(("", 0));
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={value}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}", self.cookie)
    }
}

/// The token behind `Authorization: Bearer`.
pub(crate) fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
