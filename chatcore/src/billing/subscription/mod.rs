//! Subscriptions: a machine that snapshots of the gateway drive, and what follows from each of its states.
//!
//! | state | the gateway says | entitles |
//! | --- | --- | --- |
//! | pending | the first payment is under way | to nothing |
//! | trial, active | it may be tried, it is paid for | until the period ends, and the grace after it |
//! | past due | a payment failed | for the grace after the period began |
//! | cancelled | it ends when the period ends | until then |
//! | suspended | no payment came, or it stands still | to nothing, until it goes on |
//! | ended | it is over | to nothing, for good |
//!
//! Only the gateway ends a subscription; time alone suspends one. All that a state rests on is in the snapshot, so the order
//! in which messages came shows in nothing but in dates of the past.

mod apply;
mod credit;
mod machine;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub use apply::LapseSubscription;
pub(super) use apply::{Followed, GONE, Ground, follow, note_period, refused};
pub use credit::PeriodGrant;
pub use machine::TransitionError;

use super::entitlement::{Basis, Source};
use super::gateway::Snapshot;
use super::plan::PlanId;
use crate::clock::Timestamp;
use crate::store::{Entries, Index, Kind, Record};
use crate::subject::Subject;

/// A subscription of somebody, as far as the gateway has told.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Subscription {
    /// Its id at the gateway.
    pub id: String,
    /// Whose it is.
    pub subject: Subject,
    /// Their id at the gateway.
    pub customer: String,
    /// The plan that was bought.
    pub plan: PlanId,
    /// The price's name at the gateway.
    pub price: String,
    /// Where it is in its life.
    pub state: SubscriptionState,
    /// When what is paid for (or tried) began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
    /// Until when it entitles, if nothing more is heard of it; `None` if it does not.
    pub until: Option<Timestamp>,
    /// When the periods began for which credit was given, in order: the last [`Subscription::MAX_CREDITED`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub credited: Vec<Timestamp>,
    /// When it was heard of first.
    pub created_at: Timestamp,
    /// When it was last heard of, or changed by time.
    pub updated_at: Timestamp,
    /// How often it was changed.
    pub version: u64,
}

/// Where a subscription is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SubscriptionState {
    /// The first payment is under way, or failed.
    Pending,
    /// It is tried.
    Trial,
    /// It is paid for.
    Active,
    /// A payment failed; it goes on for a while.
    PastDue,
    /// It ends when what is paid for ends.
    Cancelled,
    /// It stands still.
    Suspended,
    /// It is over.
    Ended,
}

impl SubscriptionState {
    /// All states.
    pub const ALL: [Self; 7] =
        [Self::Pending, Self::Trial, Self::Active, Self::PastDue, Self::Cancelled, Self::Suspended, Self::Ended];
}

/// How long somebody goes on without having paid.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Grace(Duration);

impl Grace {
    /// So many days.
    #[must_use]
    pub const fn days(days: u32) -> Self {
        Self(Duration::from_secs(days as u64 * 24 * 60 * 60))
    }

    /// As a time.
    #[must_use]
    pub const fn duration(self) -> Duration {
        self.0
    }
}

/// A week.
impl Default for Grace {
    fn default() -> Self {
        Self::days(7)
    }
}

impl Record for Subscription {
    type Key = String;
    const KIND: Kind = Kind::Subscription;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::SubscriptionsBySubject, &(self.subject, self.id.clone()));
        if let Some(until) = self.until {
            entries.add(Index::SubscriptionsByEnd, &(until, self.id.clone()));
        }
    }
}

impl Subscription {
    /// How many periods it is remembered for that credit was given. An older one is given none any more.
    pub const MAX_CREDITED: usize = 60;

    /// Whether it is over for good.
    #[must_use]
    pub fn has_ended(&self) -> bool {
        self.state == SubscriptionState::Ended
    }

    /// Whether it may be charged for again.
    #[must_use]
    pub fn goes_on(&self) -> bool {
        !matches!(self.state, SubscriptionState::Cancelled | SubscriptionState::Ended)
    }

    /// What it entitles to, whether or not that is over.
    #[must_use]
    pub fn basis(&self, since: Timestamp) -> Option<Basis> {
        let (plan, source) = (self.plan.clone(), Source::Subscription(self.id.clone()));
        self.until.map(|until| Basis { plan, source, since, until: Some(until) })
    }

    /// Which of several counts: the one that was paid for last.
    pub(crate) fn best(all: &[Self]) -> Option<&Self> {
        all.iter().filter(|one| one.until.is_some()).max_by(|one, other| one.rank().cmp(&other.rank()))
    }

    fn rank(&self) -> (Timestamp, &str) {
        (self.period_start, &self.id)
    }

    /// Time alone: one that nothing was heard of for too long stands still. `None` if it is not so far.
    #[must_use]
    pub fn lapse(&self, now: Timestamp) -> Option<Self> {
        let over = self.until.is_some_and(|until| until <= now);
        over.then(|| Self {
            state: SubscriptionState::Suspended,
            until: None,
            updated_at: now,
            version: self.version + 1,
            ..self.clone()
        })
    }
}

/// Whether a snapshot shows a period that was begun: paid for, or tried.
fn has_begun(snapshot: &Snapshot) -> bool {
    use super::gateway::SnapshotStatus::{Active, Trialing};
    matches!(snapshot.status, Active | Trialing)
}

#[cfg(test)]
mod tests;
