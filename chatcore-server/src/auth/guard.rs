//! Who sends a request: an access token, the key of a program, an opaque token, or a cookie of the page with its CSRF
//! token.

use std::sync::Arc;

use chatcore::account::{Accounts, ApiKeyKind, Caller, KEY_PREFIX, Session, User, Visitor};
use chatcore::{Clock, Error};
use poem::Request;
use poem::http::{Method, header};

use super::cookie::PageCookie;
use super::secret::{MasterSecret, hex, sign};
use super::token::{Access, AccessTokens, Native};

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
    session_cookie: PageCookie,
    visitor_cookie: PageCookie,
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
        let (session_cookie, visitor_cookie) = (PageCookie::session(secure), PageCookie::visitor(secure));
        Self { accounts, access, clock, csrf: secret.key("csrf"), session_cookie, visitor_cookie, visitors: false }
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
        let (caller, _) = self.visitor(token).await?;
        Ok(Authenticated { caller, user: None, session: None })
    }

    /// Who comes again without an account.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], also where people without an account are not let in any more.
    pub async fn visitor(&self, token: &str) -> Result<(Caller, Visitor), Error> {
        if self.visitors { self.accounts.by_visitor(token).await } else { Err(Error::Unauthenticated) }
    }

    async fn by_secret(&self, kind: ApiKeyKind, secret: &str) -> Result<Authenticated, Error> {
        let (caller, user, key) = self.accounts.by_secret(secret).await?;
        if key.kind != kind {
            return Err(Error::Unauthenticated);
        }
        Ok(Authenticated { caller, user: Some(user), session: None })
    }

    async fn by_cookie(&self, request: &Request) -> Result<Authenticated, Error> {
        let (session, visitor) = (self.session_cookie.token_of(request), self.visitor_cookie.token_of(request));
        let token = session.or(visitor).ok_or(Error::Unauthenticated)?;
        let found = match session {
            Some(_) => self.accounts.by_token(token).await?.into(),
            None => self.by_visitor(token).await?,
        };
        let safe = matches!(*request.method(), Method::GET | Method::HEAD | Method::OPTIONS);
        let sent = request.headers().get(CSRF_HEADER).and_then(|value| value.to_str().ok());
        if !safe && !sent.is_some_and(|sent| self.is_same(sent, &self.csrf_token(token))) {
            return Err(Error::Denied);
        }
        Ok(found)
    }

    /// Who looks at a page of the server's own making, by the cookie of their session alone, and the token that forms of such
    /// a page carry.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn at_page(&self, request: &Request) -> Result<(Authenticated, String), Error> {
        let token = self.session_cookie.token_of(request).ok_or(Error::Unauthenticated)?;
        Ok((self.accounts.by_token(token).await?.into(), self.csrf_token(token)))
    }

    /// Whether two CSRF tokens are the same. Comparing their hashes tells nobody how much was right.
    #[must_use]
    pub fn is_same(&self, one: &str, other: &str) -> bool {
        sign(&self.csrf, one.as_bytes()) == sign(&self.csrf, other.as_bytes())
    }

    async fn by_access_token(&self, token: &str) -> Result<Authenticated, Error> {
        let access = self.checked(Native::NAME, token)?;
        let (caller, user, session) = self.accounts.by_session(access.session).await?;
        let same = user.id.to_string() == access.subject && session.epoch == access.epoch;
        if same { Ok((caller, user, session).into()) } else { Err(Error::Unauthenticated) }
    }

    /// Who sends an access token with the claims of a profile. The session is what counts: whom the subject names, and how,
    /// is between the profile and its clients.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`].
    pub async fn by_profile(&self, profile: &str, token: &str) -> Result<Authenticated, Error> {
        let access = self.checked(profile, token)?;
        let (caller, user, session) = self.accounts.by_session(access.session).await?;
        let same = session.epoch == access.epoch && session.kind.claims == profile;
        if same { Ok((caller, user, session).into()) } else { Err(Error::Unauthenticated) }
    }

    fn checked(&self, profile: &str, token: &str) -> Result<Access, Error> {
        self.access.read(profile, token, self.clock.now()).map_err(|refused| {
            tracing::debug!(%refused, "an access token was refused");
            Error::Unauthenticated
        })
    }

    /// The cookie of a page on which somebody is signed in. It counts before the other one.
    #[must_use]
    pub const fn session_cookie(&self) -> PageCookie {
        self.session_cookie
    }

    /// The cookie of a page that somebody without an account looks at.
    #[must_use]
    pub const fn visitor_cookie(&self) -> PageCookie {
        self.visitor_cookie
    }

    /// The CSRF token that belongs to a cookie.
    #[must_use]
    pub fn csrf_token(&self, token: &str) -> String {
        hex(&sign(&self.csrf, token.as_bytes()))
    }
}

/// The token behind `Authorization: Bearer`.
pub(crate) fn bearer(request: &Request) -> Option<&str> {
    let (scheme, token) = request.headers().get(header::AUTHORIZATION)?.to_str().ok()?.split_once(' ')?;
    scheme.eq_ignore_ascii_case("bearer").then_some(token.trim())
}
