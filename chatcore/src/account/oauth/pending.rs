//! A login that began here and is on at the provider.

use std::time::Duration;

use serde::{Deserialize, Serialize};

use super::callback::{Callback, LoginRefusal};
use super::secrets::{CodeVerifier, LoginNonce, State, browser_hash};
use super::urls::AllowedUrls;
use crate::account::TokenHash;
use crate::clock::Timestamp;

/// What is kept of a login until the browser comes back. It counts once: whoever finishes it takes it away first.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PendingLogin {
    /// At which provider.
    pub provider: String,
    /// What the callback must bring.
    pub state: State,
    /// What the ID token must hold.
    pub nonce: LoginNonce,
    /// What is shown when the code is redeemed.
    pub verifier: CodeVerifier,
    /// Where the provider sends the browser.
    pub redirect_uri: String,
    /// Where the browser goes in the end.
    pub return_to: Option<String>,
    /// The browser that began it.
    pub browser: TokenHash,
    /// Until when it counts.
    pub expires_at: Timestamp,
}

/// Somebody wants to sign in.
#[derive(Debug, Clone, Copy)]
pub struct NewLogin<'a> {
    /// At which provider.
    pub provider: &'a str,
    /// A secret that only this browser has: the value of a cookie that was made for this.
    pub browser: &'a str,
    /// Where the browser shall go in the end.
    pub return_to: Option<&'a str>,
    /// Where the provider shall send the browser; the first allowed address if nobody says.
    pub redirect_uri: Option<&'a str>,
}

impl PendingLogin {
    /// How long somebody may take at the provider.
    pub const LIFETIME: Duration = Duration::from_secs(600);

    /// A login, made of 96 random bytes that nobody else gets.
    ///
    /// # Errors
    /// [`LoginRefusal::RedirectUri`] or [`LoginRefusal::ReturnTo`] for an address that nobody set up.
    pub fn begin(
        login: &NewLogin<'_>,
        redirect_uris: &AllowedUrls,
        return_urls: &AllowedUrls,
        random: [[u8; 32]; 3],
        now: Timestamp,
    ) -> Result<Self, LoginRefusal> {
        let redirect_uri = login.redirect_uri.or(redirect_uris.first()).filter(|uri| redirect_uris.allows(uri));
        if login.return_to.is_some_and(|url| !return_urls.allows(url)) {
            return Err(LoginRefusal::ReturnTo);
        }
        let [state, nonce, verifier] = random;
        Ok(Self {
            provider: login.provider.to_owned(),
            state: State::from_random(state),
            nonce: LoginNonce::from_random(nonce),
            verifier: CodeVerifier::from_random(verifier),
            redirect_uri: redirect_uri.ok_or(LoginRefusal::RedirectUri)?.to_owned(),
            return_to: login.return_to.map(str::to_owned),
            browser: browser_hash(login.browser),
            expires_at: now.plus(Self::LIFETIME),
        })
    }

    /// The code of a callback that belongs to this login. `issuer` is who the provider is, and `says_issuer` whether it
    /// promised to say so in each callback.
    ///
    /// The state is looked at before anything else in the callback: a stranger's refusal must not end somebody's login.
    ///
    /// # Errors
    /// [`LoginRefusal`].
    pub fn accept<'a>(
        &self,
        callback: &'a Callback,
        browser: &str,
        (issuer, says_issuer): (&str, bool),
        now: Timestamp,
    ) -> Result<&'a str, LoginRefusal> {
        if now >= self.expires_at {
            return Err(LoginRefusal::Expired);
        }
        if self.browser != browser_hash(browser) {
            return Err(LoginRefusal::Browser);
        }
        if !callback.state.as_ref().is_some_and(|state| self.state.is(state)) {
            return Err(LoginRefusal::State);
        }
        let same_issuer = callback.iss.as_ref().map_or(!says_issuer, |iss| iss == issuer);
        if !same_issuer {
            return Err(LoginRefusal::Issuer);
        }
        if let Some(error) = &callback.error {
            return Err(LoginRefusal::Provider(error.clone()));
        }
        callback.code.as_deref().filter(|code| !code.is_empty()).ok_or(LoginRefusal::NoCode)
    }
}
