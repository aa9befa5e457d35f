//! The ways in that a server has beside passwords.

use std::sync::Arc;

use chatcore::account::wallet::{Site, WalletVerifier};
use chatcore::{Clock, Error};
use rand::TryRng;
use rand::rngs::SysRng;

use super::cookie::BrowserCookie;
use super::oauth::{Limits, OAuth};
use super::secret::hex;
use super::wallet::Wallets;
use crate::config::{Config, ConfigError};

/// Providers and wallets.
pub struct Ways {
    /// The providers.
    pub oauth: OAuth,
    /// How a browser is known that comes back from one.
    pub cookie: BrowserCookie,
    /// Who checks signatures of wallets.
    pub wallets: Arc<dyn WalletVerifier>,
    /// Where people sign in with wallets; nowhere, and nobody does.
    pub sites: Vec<Site>,
}

impl Ways {
    /// Those that a configuration names. Wallets are keys: nobody is asked about contracts.
    ///
    /// # Errors
    /// [`ConfigError`] as of [`OAuth::new`].
    pub fn new(config: &Config, clock: Arc<dyn Clock>) -> Result<Self, ConfigError> {
        Ok(Self {
            oauth: OAuth::new(&config.oauth, Limits::default(), clock)?,
            cookie: BrowserCookie::new(config.is_https()),
            wallets: Arc::new(Wallets::default()),
            sites: config.sign_in.sites.clone(),
        })
    }

    /// A secret for a browser that goes away to a provider.
    ///
    /// # Errors
    /// [`Error::Overloaded`] when the operating system gives no random bytes.
    pub fn browser_secret(&self) -> Result<String, Error> {
        let mut bytes = [0; 32];
        SysRng.try_fill_bytes(&mut bytes).map_err(|error| {
            tracing::error!(%error, "failed to get random bytes from the operating system");
            Error::Overloaded
        })?;
        Ok(hex(&bytes))
    }

    /// The site whose page asks, by the origin that its browser names; the server's own if it names none of ours.
    #[must_use]
    pub fn site(&self, origin: Option<&str>) -> Option<&Site> {
        let asks = origin.and_then(|origin| origin.parse::<Site>().ok());
        let known = self.sites.iter().find(|site| asks.as_ref() == Some(*site));
        known.or(self.sites.first())
    }
}
