//! What it costs and who paid: plans, entitlements, the ledger, and the port to whoever takes the money.

pub mod entitlement;
pub mod gateway;
pub mod ledger;
pub mod plan;

pub use entitlement::{Entitlement, Source};
pub use ledger::{Ledger, LedgerStore};
pub use plan::{Interval, Plan, PlanGrant, PlanId, PlanPrice};
