//! The reads of billing, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::behind;
use super::{DoorStore, KeyValue};
use crate::billing::{
    BillingStore, Customer, Entitlement, EventState, ObjectKind, PaymentEvent, PaymentObject, PlanId, StoredPlan,
    Subscription,
};
use crate::clock::Timestamp;
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, prefix_range};
use crate::subject::Subject;

#[async_trait]
impl<K: KeyValue> BillingStore for DoorStore<K> {
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, StoreError> {
        self.get(id.clone()).await
    }

    async fn plans(&self, after: Option<&PlanId>, limit: usize) -> Result<Vec<StoredPlan>, StoreError> {
        self.records(behind(&(), after.map(OrderedKey::to_bytes)), limit, false).await
    }

    async fn entitlement(&self, subject: Subject) -> Result<Option<Entitlement>, StoreError> {
        self.get(subject).await
    }

    async fn customer(&self, subject: Subject) -> Result<Option<Customer>, StoreError> {
        self.get(subject).await
    }

    async fn subscription(&self, id: &str) -> Result<Option<Subscription>, StoreError> {
        self.get(id.to_owned()).await
    }

    async fn subscriptions(
        &self,
        subject: Subject,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        let range = behind(&subject, after.map(|id| (subject, id.to_owned()).to_bytes()));
        let found: Vec<(Subject, String)> = self.list(Index::SubscriptionsBySubject, range, limit).await?;
        self.present(found.into_iter().map(|(_, id)| id).collect()).await
    }

    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, String)> = self.list(Index::SubscriptionsByEnd, (Vec::new(), end), limit).await?;
        let due: Vec<Subscription> = self.present(found.into_iter().map(|(_, id)| id).collect()).await?;
        // one may have been heard of between the two reads
        Ok(due.into_iter().filter(|one| one.until.is_some_and(|until| until <= now)).collect())
    }

    async fn payment_event(&self, id: &str) -> Result<Option<PaymentEvent>, StoreError> {
        self.get(id.to_owned()).await
    }

    async fn parked_events(
        &self,
        after: Option<(Timestamp, &str)>,
        limit: usize,
    ) -> Result<Vec<PaymentEvent>, StoreError> {
        let range = behind(&(), after.map(|(at, id)| (at, id.to_owned()).to_bytes()));
        let found: Vec<(Timestamp, String)> = self.list(Index::ParkedEvents, range, limit).await?;
        let events: Vec<PaymentEvent> = self.present(found.into_iter().map(|(_, id)| id).collect()).await?;
        // one may have been applied between the two reads
        Ok(events.into_iter().filter(|event| event.state == EventState::Parked).collect())
    }

    async fn payment_object(&self, kind: ObjectKind, id: &str) -> Result<Option<PaymentObject>, StoreError> {
        self.get((kind, id.to_owned())).await
    }
}
