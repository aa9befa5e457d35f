//! The machine: what a snapshot makes of a subscription.

use super::{Grace, Subscription, SubscriptionState};
use crate::billing::gateway::{Snapshot, SnapshotStatus};
use crate::billing::plan::PlanId;
use crate::clock::Timestamp;
use crate::subject::Subject;

/// Why a snapshot cannot follow on what is known.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum TransitionError {
    /// What is over does not begin again.
    #[error("the subscription has ended")]
    Ended,
    /// What was paid for once does not wait for its first payment again.
    #[error("the subscription has begun, and cannot wait for its first payment again")]
    Begun,
    /// It is about another subscription, or another customer's.
    #[error("the subscription is another one, or another customer's")]
    Another,
    /// It ends before it begins.
    #[error("the period of the subscription ends before it begins")]
    Period,
}

/// The state that a snapshot shows, and until when it entitles.
fn shown(snapshot: &Snapshot, grace: Grace) -> (SubscriptionState, Option<Timestamp>) {
    let Snapshot { period_start: start, period_end: end, cancel_at_period_end: ends, .. } = *snapshot;
    match snapshot.status {
        SnapshotStatus::Incomplete => (SubscriptionState::Pending, None),
        SnapshotStatus::Trialing | SnapshotStatus::Active if ends => (SubscriptionState::Cancelled, Some(end)),
        SnapshotStatus::Trialing => {
            let end = snapshot.trial_end.unwrap_or(end);
            (SubscriptionState::Trial, Some(end.plus(grace.duration())))
        }
        SnapshotStatus::Active => (SubscriptionState::Active, Some(end.plus(grace.duration()))),
        // the payment that failed was due when the period began
        SnapshotStatus::PastDue => {
            let until = start.plus(grace.duration());
            (SubscriptionState::PastDue, Some(if ends { until.min(end) } else { until }))
        }
        SnapshotStatus::Unpaid | SnapshotStatus::Paused => (SubscriptionState::Suspended, None),
        SnapshotStatus::Canceled => (SubscriptionState::Ended, None),
    }
}

/// Whether a subscription may go from a state to another. Between what has begun and has not ended every way is open.
fn allowed(from: SubscriptionState, to: SubscriptionState) -> Result<(), TransitionError> {
    match (from, to) {
        (SubscriptionState::Ended, _) => Err(TransitionError::Ended),
        (SubscriptionState::Pending, _) => Ok(()),
        (_, SubscriptionState::Pending) => Err(TransitionError::Begun),
        _ => Ok(()),
    }
}

impl Subscription {
    /// The first snapshot of a subscription.
    ///
    /// # Errors
    /// [`TransitionError::Period`].
    pub fn begin(
        snapshot: &Snapshot,
        subject: Subject,
        plan: PlanId,
        grace: Grace,
        at: Timestamp,
    ) -> Result<Self, TransitionError> {
        let pending = Self {
            id: snapshot.id.clone(),
            subject,
            customer: snapshot.customer.clone(),
            plan: plan.clone(),
            price: snapshot.price.clone(),
            state: SubscriptionState::Pending,
            period_start: snapshot.period_start,
            period_end: snapshot.period_end,
            until: None,
            credited: Vec::new(),
            created_at: at,
            updated_at: at,
            version: 0,
        };
        pending.advance(snapshot, plan, grace, at)
    }

    /// The next snapshot. `plan` is what is sold at its price.
    ///
    /// # Errors
    /// [`TransitionError`] when it cannot follow; nothing of it may be kept.
    pub fn advance(
        &self,
        snapshot: &Snapshot,
        plan: PlanId,
        grace: Grace,
        at: Timestamp,
    ) -> Result<Self, TransitionError> {
        if snapshot.id != self.id || snapshot.customer != self.customer {
            return Err(TransitionError::Another);
        }
        if snapshot.period_end < snapshot.period_start {
            return Err(TransitionError::Period);
        }
        let (state, until) = shown(snapshot, grace);
        allowed(self.state, state)?;
        Ok(Self {
            plan,
            price: snapshot.price.clone(),
            state,
            period_start: snapshot.period_start,
            period_end: snapshot.period_end,
            until,
            updated_at: at,
            version: self.version + 1,
            ..self.clone()
        })
    }
}
