//! Whoever takes the money, as far as it goes over the network. What follows from a payment is decided in
//! [`chatcore::billing`].

#[cfg(feature = "stripe")]
pub mod stripe;

use std::sync::Arc;

use chatcore::billing::Billing;
use chatcore::billing::gateway::PaymentGateway;
use chatcore::{Clock, IdSource, Store};

use crate::config::Config;

/// Why payments cannot be taken as configured.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum PaymentsError {
    /// A program that was built without Stripe is to use it.
    #[error("Stripe is set up, and this program was built without the feature `stripe`")]
    NotBuilt,
    /// The settings of Stripe cannot be used.
    #[cfg(feature = "stripe")]
    #[error("failed to set up Stripe")]
    Stripe(#[from] stripe::SetUpError),
}

/// The gateway that a configuration names, if it names one. Without it nobody can pay, and no address takes webhooks.
///
/// # Errors
/// [`PaymentsError`].
pub fn gateway(config: &Config) -> Result<Option<Arc<dyn PaymentGateway>>, PaymentsError> {
    let Some(settings) = &config.stripe else { return Ok(None) };
    #[cfg(feature = "stripe")]
    return Ok(Some(Arc::new(stripe::Stripe::new(settings)?)));
    #[cfg(not(feature = "stripe"))]
    {
        let _ = settings;
        Err(PaymentsError::NotBuilt)
    }
}

/// The service of billing as configured.
///
/// # Errors
/// [`PaymentsError`].
pub fn billing(
    config: &Config,
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
) -> Result<Billing, PaymentsError> {
    let billing = Billing::new(store, clock, ids, config.billing.plans.clone()).with_grace(config.billing.grace);
    Ok(match gateway(config)? {
        Some(gateway) => billing.with_gateway(gateway),
        None => billing,
    })
}
