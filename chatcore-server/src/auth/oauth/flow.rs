//! A sign-in by way of a provider from its first address to its last, with what is stored in between.
//!
//! What is stored is a challenge: it is found by the `state` that the provider sends back, works in the browser that it was
//! made for alone, and is taken before anybody is asked, so it counts once. In the end the front end gets a code in its
//! address, never a token.

use chatcore::Error;
use chatcore::account::oauth::{Callback, ExternalIdentity, LoginRefusal, NewLogin, PendingLogin};
use chatcore::account::{Accounts, ChallengeKind, NewCode, Proof, ProviderAccount, Taken, Via};
use chatcore::{SessionId, account::Caller};
use serde::{Deserialize, Serialize};
use url::{Url, form_urlencoded};

use super::{Grant, OAuth, OAuthError};

/// The providers of a server, and the accounts that people reach by them.
#[derive(Clone, Copy)]
pub struct Flow<'a> {
    /// The providers.
    pub oauth: &'a OAuth,
    /// The accounts.
    pub accounts: &'a Accounts,
}

/// Somebody wants to go to a provider.
#[derive(Clone, Copy)]
pub struct Departure<'a> {
    /// To which.
    pub provider: &'a str,
    /// The secret that their browser holds.
    pub browser: &'a str,
    /// Where they end; the first allowed address if nobody says.
    pub return_to: Option<&'a str>,
    /// Where the provider sends them; the first of its addresses if nobody says.
    pub redirect_uri: Option<&'a str>,
    /// What the code in the end is bound to, as in PKCE: the SHA-256 of a secret of the front end.
    pub code_challenge: Option<&'a str>,
    /// Who links the provider's account to their own, if that is what they want.
    pub link: Option<&'a Caller>,
}

/// Why somebody does not get there.
#[derive(Debug, thiserror::Error)]
pub enum FlowError {
    /// The provider, or what it says.
    #[error(transparent)]
    OAuth(#[from] OAuthError),
    /// The accounts here.
    #[error(transparent)]
    Accounts(#[from] Error),
}

impl From<LoginRefusal> for FlowError {
    fn from(refusal: LoginRefusal) -> Self {
        Self::OAuth(refusal.into())
    }
}

/// What is stored while somebody is away.
#[derive(Serialize, Deserialize)]
struct Away {
    login: PendingLogin,
    code_challenge: Option<String>,
    link: Option<SessionId>,
}

impl Flow<'_> {
    /// Where to send the browser.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn depart(&self, departure: &Departure<'_>) -> Result<String, FlowError> {
        let Departure { provider, browser, return_to, redirect_uri, code_challenge, link } = *departure;
        if !self.oauth.names().any(|name| name == provider) {
            return Err(OAuthError::UnknownProvider.into());
        }
        let session = link.map(|caller| match caller.via() {
            Via::Session(session) => Ok(session),
            _ => Err(Error::Denied),
        });
        let link = session.transpose()?.zip(link.and_then(Caller::user_id));
        let return_to = return_to.or(self.oauth.return_url());
        // without one nobody would hear how it ended
        let return_to = Some(return_to.ok_or(LoginRefusal::ReturnTo)?);
        let (url, login) = self.oauth.begin(&NewLogin { provider, browser, return_to, redirect_uri }).await?;
        let state = login.state.expose().to_owned();
        let code_challenge = code_challenge.map(str::to_owned);
        let away = Away { login, code_challenge, link: link.map(|(session, _)| session) };
        let payload =
            serde_json::to_string(&away).map_err(|error| Error::invalid("redirect_uri", error.to_string()))?;
        let new = NewCode::new(ChallengeKind::OauthState, payload).bound_to(browser).named(&state);
        self.accounts.issue(NewCode { user: link.map(|(_, user)| user), ..new }).await?;
        Ok(url)
    }

    /// Where to send a browser that came back: to where it was to end, with a `code`, with the name of what was `linked`,
    /// or with an `error` in one word.
    ///
    /// # Errors
    /// [`FlowError`] when there is no such place.
    pub async fn arrive(&self, provider: &str, query: &str, browser: Option<&str>) -> Result<String, FlowError> {
        let (return_to, outcome) = match self.take(provider, query, browser).await {
            Ok((away, taken, browser)) => {
                let return_to = away.login.return_to.clone();
                (return_to, self.finish(away, taken, query, browser).await)
            }
            Err(refused) => (None, Err(refused)),
        };
        let return_to = return_to.as_deref().or(self.oauth.return_url());
        let (name, value) = match (outcome, return_to) {
            (Err(error), None) => return Err(error),
            (Err(error), Some(_)) => ("error", error.told().to_owned()),
            (Ok(found), _) => found,
        };
        let mut url = return_to.and_then(|url| Url::parse(url).ok()).ok_or(LoginRefusal::ReturnTo)?;
        url.query_pairs_mut().append_pair(name, &value);
        Ok(url.into())
    }

    /// Takes what was stored, by the state, in the browser that it was made for.
    async fn take<'b>(
        &self,
        provider: &str,
        query: &str,
        browser: Option<&'b str>,
    ) -> Result<(Away, Taken, &'b str), FlowError> {
        let pairs: Vec<_> = form_urlencoded::parse(query.as_bytes()).collect();
        let callback = Callback::read(pairs.iter().map(|(name, value)| (&**name, &**value)))?;
        let (state, browser) = callback.state.zip(browser).ok_or(Error::InvalidCode)?;
        let taken = self.accounts.take(ChallengeKind::OauthState, &state, Some(browser)).await?;
        let away: Away = serde_json::from_str(taken.payload()).map_err(|_| Error::InvalidCode)?;
        // an answer at the address of another provider is not the answer of the one that was asked (RFC 9700, 4.4)
        if away.login.provider == provider { Ok((away, taken, browser)) } else { Err(Error::InvalidCode.into()) }
    }

    /// Who came back, for a front end that was the provider's way back itself and brings what it found in its address.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn prove(&self, provider: &str, query: &str, browser: Option<&str>) -> Result<Proof, FlowError> {
        let (away, taken, browser) = self.take(provider, query, browser).await?;
        if away.link.is_some() || away.code_challenge.is_some() {
            return Err(Error::InvalidCode.into());
        }
        Ok(proof(taken, self.oauth.finish(&away.login, browser, query).await?)?)
    }

    /// Whose code it is that a front end brings which sent its browser away itself, and kept state and verifier: whether it
    /// is the same browser, it alone can tell. For this server the sign-in begins here.
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn redeem(&self, provider: &str, grant: &Grant<'_>) -> Result<Proof, FlowError> {
        let taken = self.begin_here().await?;
        Ok(proof(taken, self.oauth.redeem(provider, grant).await?)?)
    }

    /// Whose ID token it is that a page got from the provider itself (Google's One Tap).
    ///
    /// # Errors
    /// [`FlowError`].
    pub async fn credential(&self, provider: &str, id_token: &str) -> Result<Proof, FlowError> {
        let taken = self.begin_here().await?;
        Ok(proof(taken, self.oauth.credential(provider, id_token).await?)?)
    }

    async fn begin_here(&self) -> Result<Taken, Error> {
        let code = self.accounts.issue(NewCode::new(ChallengeKind::OauthState, "")).await?;
        self.accounts.take(ChallengeKind::OauthState, &code.code, None).await
    }

    async fn finish(
        &self,
        away: Away,
        taken: Taken,
        query: &str,
        browser: &str,
    ) -> Result<(&'static str, String), FlowError> {
        let Away { login, code_challenge, link } = away;
        let proof = proof(taken, self.oauth.finish(&login, browser, query).await?)?;
        match link {
            Some(session) => {
                let (caller, _, _) = self.accounts.by_session(session).await?;
                self.accounts.link(&caller, &proof).await?;
                Ok(("linked", login.provider))
            }
            None => Ok(("code", self.accounts.login_code(&proof, code_challenge.as_deref()).await?.code)),
        }
    }
}

/// What a provider says of somebody, as a proof.
fn proof(taken: Taken, found: ExternalIdentity) -> Result<Proof, Error> {
    let ExternalIdentity { provider, subject, email, email_verified, .. } = found;
    Proof::oauth(taken, ProviderAccount { provider, subject, email, email_verified })
}

impl FlowError {
    /// The word for it, told to the log as well when somebody has to look at it.
    fn told(&self) -> &'static str {
        match self {
            Self::OAuth(error) if error.is_upstream() => tracing::warn!(%error, "a provider failed"),
            Self::Accounts(error @ Error::Store(_)) => tracing::error!(%error, "a sign-in at a provider failed"),
            _ => tracing::debug!(error = %self, "a sign-in at a provider was refused"),
        }
        self.word()
    }

    /// The word that a front end finds in its address.
    #[must_use]
    pub fn word(&self) -> &'static str {
        match self {
            Self::OAuth(OAuthError::Login(LoginRefusal::Provider(error))) if error.name() == "access_denied" => {
                "access_denied"
            }
            Self::OAuth(OAuthError::Login(LoginRefusal::Expired | LoginRefusal::Browser | LoginRefusal::State))
            | Self::Accounts(Error::InvalidCode) => "expired",
            Self::OAuth(error) if error.is_upstream() => "provider_unavailable",
            Self::OAuth(OAuthError::Random) | Self::Accounts(Error::Overloaded | Error::Store(_)) => "unavailable",
            Self::OAuth(_) => "provider_refused",
            Self::Accounts(Error::LinkFirst) => "link_first",
            Self::Accounts(Error::Taken(_)) => "taken",
            Self::Accounts(Error::Unauthenticated | Error::Denied) => "denied",
            Self::Accounts(_) => "failed",
        }
    }
}
