//! The objects of Stripe, as far as they are read.

use chatcore::Timestamp;
use chatcore::billing::gateway::{Snapshot, SnapshotStatus};
use serde::Deserialize;
use serde_json::Value;

/// Something that is named, or shown whole.
#[derive(Deserialize)]
#[serde(untagged)]
pub(super) enum Named {
    Id(String),
    Whole { id: String },
}

impl Named {
    pub(super) fn id(self) -> String {
        match self {
            Self::Id(id) | Self::Whole { id } => id,
        }
    }
}

/// Whatever only its id is wanted of.
#[derive(Deserialize)]
pub(super) struct Created {
    pub(super) id: String,
}

/// A session of Checkout or of the portal that is on.
#[derive(Deserialize)]
pub(super) struct Page {
    pub(super) id: String,
    pub(super) url: String,
}

#[derive(Deserialize)]
pub(super) struct Event {
    pub(super) id: String,
    pub(super) object: String,
    #[serde(rename = "type")]
    pub(super) kind: String,
    pub(super) created: i64,
    pub(super) data: Data,
}

#[derive(Deserialize)]
pub(super) struct Data {
    pub(super) object: Value,
}

/// A session of Checkout that has ended.
#[derive(Deserialize)]
pub(super) struct Session {
    pub(super) mode: String,
    pub(super) client_reference_id: Option<String>,
    pub(super) customer: Option<Named>,
    pub(super) subscription: Option<Named>,
}

#[derive(Deserialize)]
pub(super) struct Invoice {
    pub(super) id: String,
    pub(super) customer: Option<Named>,
    pub(super) amount_paid: u64,
    pub(super) currency: String,
    /// Until 2025-02.
    subscription: Option<Named>,
    /// Since 2025-03.
    parent: Option<Parent>,
}

#[derive(Deserialize)]
struct Parent {
    subscription_details: Option<Details>,
}

#[derive(Deserialize)]
struct Details {
    subscription: Option<Named>,
}

impl Invoice {
    /// The subscription that it is for.
    pub(super) fn subscription(&mut self) -> Option<String> {
        let details = self.parent.take().and_then(|parent| parent.subscription_details);
        details.and_then(|details| details.subscription).or(self.subscription.take()).map(Named::id)
    }
}

#[derive(Deserialize)]
pub(super) struct Subscription {
    id: String,
    customer: Named,
    status: String,
    items: Items,
    /// Until 2025-02; since then periods are a matter of items.
    current_period_start: Option<i64>,
    current_period_end: Option<i64>,
    trial_end: Option<i64>,
    cancel_at_period_end: bool,
    cancel_at: Option<i64>,
    ended_at: Option<i64>,
}

#[derive(Deserialize)]
struct Items {
    data: Vec<Item>,
}

#[derive(Deserialize)]
struct Item {
    price: Created,
    current_period_start: Option<i64>,
    current_period_end: Option<i64>,
}

impl Subscription {
    /// As the core has it. Of several items the first counts: what is sold here has one.
    ///
    /// # Errors
    /// What is missing, or not understood.
    pub(super) fn snapshot(self) -> Result<Snapshot, &'static str> {
        let item = self.items.data.into_iter().next().ok_or("a subscription to nothing")?;
        let start = item.current_period_start.or(self.current_period_start).ok_or("a period without a beginning")?;
        let end = item.current_period_end.or(self.current_period_end).ok_or("a period without an end")?;
        // the portal ends a subscription at a moment, and leaves the flag alone ("flexible" billing)
        let ends = self.cancel_at.is_some_and(|at| at <= end);
        Ok(Snapshot {
            id: self.id,
            customer: self.customer.id(),
            price: item.price.id,
            status: status(&self.status).ok_or("a status that is not known")?,
            period_start: moment(start)?,
            period_end: moment(end)?,
            trial_end: self.trial_end.map(moment).transpose()?,
            cancel_at_period_end: self.cancel_at_period_end || ends,
            ended_at: self.ended_at.map(moment).transpose()?,
        })
    }
}

fn status(text: &str) -> Option<SnapshotStatus> {
    Some(match text {
        "incomplete" => SnapshotStatus::Incomplete,
        "trialing" => SnapshotStatus::Trialing,
        "active" => SnapshotStatus::Active,
        "past_due" => SnapshotStatus::PastDue,
        "unpaid" => SnapshotStatus::Unpaid,
        "paused" => SnapshotStatus::Paused,
        // the first payment did not come within a day: it never began, and is over
        "canceled" | "incomplete_expired" => SnapshotStatus::Canceled,
        _ => return None,
    })
}

/// Seconds since 1970.
pub(super) fn moment(seconds: i64) -> Result<Timestamp, &'static str> {
    seconds.checked_mul(1_000_000).map(Timestamp::from_micros).ok_or("a time that is none")
}
