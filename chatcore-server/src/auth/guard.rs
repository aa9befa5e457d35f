//! Who sends a request: an access token, or the cookie of a page with its CSRF token.

use std::sync::Arc;

use chatcore::account::{Accounts, Caller, Session, User};
use chatcore::{Clock, Error};
use poem::Request;
use poem::http::{Method, header};

use super::secret::{MasterSecret, hex, sign};
use super::token::{AccessTokens, Native};

/// The header that repeats a page's CSRF token.
pub const CSRF_HEADER: &str = "x-csrf-token";

/// Reads the proofs that come with requests.
pub struct Credentials {
    accounts: Accounts,
    access: AccessTokens,
    clock: Arc<dyn Clock>,
    csrf: [u8; 32],
    cookie: &'static str,
    secure: bool,
}

/// Somebody whose proof holds.
#[derive(Debug, Clone)]
pub struct Authenticated {
    /// What they may do.
    pub caller: Caller,
    /// Their account.
    pub user: User,
    /// Their session.
    pub session: Session,
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
        Self { accounts, access, clock, csrf: secret.key("csrf"), cookie, secure }
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

    /// Who sends a request. A proof that does not hold is an error, never an anonymous request; with two proofs the
    /// header counts.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] without a proof that holds; [`Error::Denied`] when a page's request lacks its CSRF
    /// token.
    pub async fn authenticate(&self, request: &Request) -> Result<Authenticated, Error> {
        let (caller, user, session) = if let Some(header) = request.headers().get(header::AUTHORIZATION) {
            let text = header.to_str().map_err(|_| Error::Unauthenticated)?;
            let (scheme, token) = text.split_once(' ').ok_or(Error::Unauthenticated)?;
            if !scheme.eq_ignore_ascii_case("bearer") {
                return Err(Error::Unauthenticated);
            }
            self.by_access_token(token.trim()).await?
        } else {
            let token = self.cookie_of(request).ok_or(Error::Unauthenticated)?;
            let found = self.accounts.by_token(token).await?;
            let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
            let sent = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
            // both texts are signatures: comparing their hashes tells nobody how much was right
            let same = |a: &str, b: &str| sign(&self.csrf, a.as_bytes()) == sign(&self.csrf, b.as_bytes());
            if !safe && !sent.is_some_and(|sent| same(sent, &self.csrf_token(token))) {
                return Err(Error::Denied);
            }
            found
        };
        Ok(Authenticated { caller, user, session })
    }

    async fn by_access_token(&self, token: &str) -> Result<(Caller, User, Session), Error> {
        let access = self.access.read(Native::NAME, token, self.clock.now()).map_err(|refused| {
            tracing::debug!(%refused, "an access token was refused");
            Error::Unauthenticated
        })?;
        let (caller, user, session) = self.accounts.by_session(access.session).await?;
        let same = user.id.to_string() == access.subject && session.epoch == access.epoch;
        if same { Ok((caller, user, session)) } else { Err(Error::Unauthenticated) }
    }

    /// The token in a page's cookie.
    #[must_use]
    pub fn cookie_of<'a>(&self, request: &'a Request) -> Option<&'a str> {
        let headers = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
        headers
            .flat_map(|header| header.split(';'))
            .filter_map(|pair| pair.trim().split_once('='))
            .find(|(name, _)| *name == self.cookie)
            .map(|(_, value)| value)
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
