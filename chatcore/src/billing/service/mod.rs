//! The service of billing, in one file a topic: plans, what people are entitled to, buying, and what the gateway tells.

mod entitlements;
mod inbox;
mod plans;
mod purchase;
mod sweep;

use std::sync::Arc;

pub use inbox::Received;
pub use plans::PlanInForce;
pub use purchase::{Checkout, Urls};

use super::gateway::PaymentGateway;
use super::plan::PlanTable;
use super::subscription::Grace;
use crate::account::{Caller, Permission, Scope, Via};
use crate::audit::{Audited, Draft};
use crate::clock::Clock;
use crate::error::Error;
use crate::id::IdSource;
use crate::store::Store;
use crate::subject::Subject;

/// Plans, entitlements, subscriptions, and what the gateway tells of them.
///
/// Without a gateway nothing can be bought, and everything else works: whoever runs the service gives plans by hand.
#[derive(Clone)]
pub struct Billing {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    table: Arc<PlanTable>,
    gateway: Option<Arc<dyn PaymentGateway>>,
    grace: Grace,
}

/// What is read at once.
const STEP: usize = 100;

impl Billing {
    /// The service over a store, with the plans of a configuration.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, ids: Arc<dyn IdSource>, table: PlanTable) -> Self {
        Self { store, clock, ids, table: Arc::new(table), gateway: None, grace: Grace::default() }
    }

    /// With whoever takes the money.
    #[must_use]
    pub fn with_gateway(mut self, gateway: Arc<dyn PaymentGateway>) -> Self {
        self.gateway = Some(gateway);
        self
    }

    /// With another time for which somebody goes on without having paid. It counts from the next message about their
    /// subscription on.
    #[must_use]
    pub fn with_grace(mut self, grace: Grace) -> Self {
        self.grace = grace;
        self
    }

    /// Whether anything can be bought.
    #[must_use]
    pub fn sells(&self) -> bool {
        self.gateway.is_some()
    }

    /// A change with its entry in the audit log, if it has one and the store keeps any.
    fn audited<C>(&self, change: C, draft: Option<Draft>) -> Audited<C> {
        match draft {
            Some(draft) => Audited::new(&*self.store, change, draft),
            None => Audited { change, draft: None },
        }
    }

    fn gateway(&self) -> Result<&dyn PaymentGateway, Error> {
        self.gateway.as_deref().ok_or(Error::NotFound("payment gateway"))
    }
}

/// The user who asks for something about their own account, themselves: with a session or by the program, never with a key.
fn own(caller: &Caller) -> Result<Subject, Error> {
    caller.require(Scope::Account)?;
    match caller.via() {
        Via::Session(_) | Via::Program if caller.user_id().is_some() => Ok(caller.subject()),
        _ => Err(Error::Denied),
    }
}

/// Refuses whoever may not do this to others; `None` is the program itself.
fn expect(by: Option<&Caller>, permission: Permission) -> Result<(), Error> {
    by.map_or(Ok(()), |caller| caller.require_permission(permission))
}
