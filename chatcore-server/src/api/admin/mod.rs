//! What those who run the service see and do. Who may do what is said in [`chatcore::account::role`]; everybody else hears
//! the same of what is there and of what is not.

mod balances;
mod entitlements;
mod feedback;
mod payments;
mod plans;
mod rule;

use chatcore::account::Permission;
use chatcore::{Error, UserId};
use serde::de::DeserializeOwned;

use super::support::{Answer, Auth, path_id};

/// All routes under `/admin`.
pub(super) type Admin =
    (balances::BalanceApi, entitlements::EntitlementApi, plans::PlanApi, payments::PaymentApi, feedback::FeedbackApi);

/// The routes themselves.
pub(super) const ADMIN: Admin =
    (balances::BalanceApi, entitlements::EntitlementApi, plans::PlanApi, payments::PaymentApi, feedback::FeedbackApi);

/// The user that a path names. Whoever may not ask hears so first, whatever the path names.
fn user(auth: &Auth, id: &str, permission: Permission) -> Answer<UserId> {
    auth.caller().require_permission(permission)?;
    path_id(id, "user")
}

/// A word of the core, such as the name of a meter.
fn known<T: DeserializeOwned>(field: &'static str, word: &str) -> Result<T, Error> {
    serde_json::from_value(word.into()).map_err(|_| Error::invalid(field, format!("is not known: `{word:.50}`")))
}
