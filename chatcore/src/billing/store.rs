//! What a store of billing can be asked.

use async_trait::async_trait;

use super::customer::Customer;
use super::entitlement::Entitlement;
use super::inbox::{ObjectKind, PaymentEvent, PaymentObject};
use super::plan::{PlanId, StoredPlan};
use super::subscription::Subscription;
use crate::clock::Timestamp;
use crate::store::{Domain, StoreError};
use crate::subject::Subject;

/// Reads of billing. A store that keeps none of it implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait BillingStore: Send + Sync {
    /// What is stored of a plan.
    ///
    /// # Behaviour
    /// * `plan_by_id`: whether or not there is a plan in it.
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, StoreError> {
        left_out(id)
    }

    /// What is stored of plans.
    ///
    /// # Behaviour
    /// * `plans_in_order`: by id behind `after`; at most `limit`.
    async fn plans(&self, after: Option<&PlanId>, limit: usize) -> Result<Vec<StoredPlan>, StoreError> {
        left_out((after, limit))
    }

    /// What somebody is entitled to.
    ///
    /// # Behaviour
    /// * `entitlement_by_subject`: whether or not it is over.
    async fn entitlement(&self, subject: Subject) -> Result<Option<Entitlement>, StoreError> {
        left_out(subject)
    }

    /// Who somebody is at the gateway.
    ///
    /// # Behaviour
    /// * `customer_by_subject`: with or without a subscription.
    async fn customer(&self, subject: Subject) -> Result<Option<Customer>, StoreError> {
        left_out(subject)
    }

    /// The subscription of that id.
    ///
    /// # Behaviour
    /// * `subscription_by_id`: ended or not; ids are compared by their bytes.
    async fn subscription(&self, id: &str) -> Result<Option<Subscription>, StoreError> {
        left_out(id)
    }

    /// The subscriptions of somebody.
    ///
    /// # Behaviour
    /// * `subscriptions_in_order`: ended ones included, by id behind `after`; at most `limit`.
    async fn subscriptions(
        &self,
        subject: Subject,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        left_out((subject, after, limit))
    }

    /// Subscriptions that entitle until a moment, or until one before it.
    ///
    /// # Behaviour
    /// * `due_subscriptions_oldest_first`: by the end of what they entitle to, then by id; at most `limit`.
    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, StoreError> {
        left_out((now, limit))
    }

    /// The event of that id.
    ///
    /// # Behaviour
    /// * `payment_event_by_id`: whatever became of it; ids are compared by their bytes.
    async fn payment_event(&self, id: &str) -> Result<Option<PaymentEvent>, StoreError> {
        left_out(id)
    }

    /// Events that are parked.
    ///
    /// # Behaviour
    /// * `parked_events_oldest_first`: by when they came, then by id, behind `after`; at most `limit`.
    async fn parked_events(
        &self,
        after: Option<(Timestamp, &str)>,
        limit: usize,
    ) -> Result<Vec<PaymentEvent>, StoreError> {
        left_out((after, limit))
    }

    /// How far an object of the gateway is known.
    ///
    /// # Behaviour
    /// * `payment_object_by_id`: things of two kinds may have one id.
    async fn payment_object(&self, kind: ObjectKind, id: &str) -> Result<Option<PaymentObject>, StoreError> {
        left_out((kind, id))
    }
}

/// What every read of a store without billing answers, whatever it was asked.
fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Billing, "read billing"))
}
