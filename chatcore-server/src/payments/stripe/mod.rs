//! Stripe: customers, Checkout, the billing portal, subscriptions, webhooks.
//!
//! | module | does |
//! | --- | --- |
//! | `gateway` | what the port asks for, as requests of async-stripe |
//! | `client` | sends them, and tells refusals from failures |
//! | `signature` | proves that a webhook is from Stripe |
//! | `read`, `objects` | what events and answers say |
//!
//! Events and answers are read by a few structs of our own, and not by the types of async-stripe: those stand for one
//! version of the API, an event comes in the version of the account. The fields that are read here have not left since
//! they came, or are looked for in both places where they have been.

mod client;
mod gateway;
mod objects;
mod read;
mod signature;

use std::time::Duration;

use crate::config::StripeConfig;
use client::Client;

pub use signature::{NoSecret, TOLERANCE, Verifier};

/// How long Stripe may take for an answer. It promises less; somebody waits for a page.
pub const TIMEOUT: Duration = Duration::from_secs(20);

/// Stripe as the gateway.
pub struct Stripe {
    client: Client,
    verifier: Verifier,
}

/// Why Stripe cannot be used.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum SetUpError {
    /// Webhooks could not be told from forged ones.
    #[error(transparent)]
    NoSecret(#[from] NoSecret),
    /// The key or the address cannot be sent.
    #[error("the key or the address of Stripe is malformed")]
    Malformed,
}

impl Stripe {
    /// The gateway of an account.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn new(config: &StripeConfig) -> Result<Self, SetUpError> {
        Self::with_timeout(config, TIMEOUT)
    }

    /// The same with another patience.
    ///
    /// # Errors
    /// [`SetUpError`].
    pub fn with_timeout(config: &StripeConfig, timeout: Duration) -> Result<Self, SetUpError> {
        let verifier = Verifier::new(config.webhook_secrets.clone())?;
        Ok(Self { client: Client::new(config, timeout)?, verifier })
    }
}
