//! What those who run the service see and do. Who may do what is said in [`chatcore::account::role`]; everybody else hears
//! the same of what is there and of what is not.

mod audit;
mod balances;
mod chats;
mod csv;
mod entitlements;
mod feedback;
mod numbers;
mod payments;
mod people;
mod plans;
mod prices;
mod rule;
mod sessions;
mod subscriptions;

use chatcore::account::Permission;
use chatcore::{Error, Timestamp, UserId};
use poem_openapi::Object;
use serde::de::DeserializeOwned;

use super::support::{Answer, Auth, path_id};
use super::text::Text;

/// What is done to people, to what they wrote, and to the service.
type Done = (
    (people::PeopleApi, sessions::SessionApi, chats::ChatApi),
    (balances::BalanceApi, entitlements::EntitlementApi, plans::PlanApi, payments::PaymentApi),
    prices::PriceApi,
);

/// All routes under `/admin`.
pub(super) type Admin =
    (Done, (numbers::NumberApi, subscriptions::SubscriptionApi, audit::AuditApi, feedback::FeedbackApi));

/// The routes themselves.
pub(super) const ADMIN: Admin = (
    (
        (people::PeopleApi, sessions::SessionApi, chats::ChatApi),
        (balances::BalanceApi, entitlements::EntitlementApi, plans::PlanApi, payments::PaymentApi),
        prices::PriceApi,
    ),
    (numbers::NumberApi, subscriptions::SubscriptionApi, audit::AuditApi, feedback::FeedbackApi),
);

/// Why something is done.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Why {
    /// Why: 1 to 500 characters. It stands in the audit log, with who did it.
    reason: Option<Text>,
}

/// A moment, or the beginning of a day of UTC.
pub(crate) fn moment(field: &'static str, text: &str) -> Result<Timestamp, Error> {
    let wrong = |_| Error::invalid(field, "must be a day, or a date and time as in RFC 3339");
    text.parse().or_else(|_| format!("{text}T00:00:00Z").parse()).map_err(wrong)
}

/// The user that a path names. Whoever may not ask hears so first, whatever the path names.
fn user(auth: &Auth, id: &str, permission: Permission) -> Answer<UserId> {
    auth.caller().require_permission(permission)?;
    path_id(id, "user")
}

/// A word of the core, such as the name of a meter.
fn known<T: DeserializeOwned>(field: &'static str, word: &str) -> Result<T, Error> {
    serde_json::from_value(word.into()).map_err(|_| Error::invalid(field, format!("is not known: `{word:.50}`")))
}
