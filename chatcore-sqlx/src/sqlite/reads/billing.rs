//! Reads of billing.

use async_trait::async_trait;
use chatcore::billing::{
    BillingStore, Customer, Entitlement, ObjectKind, PaymentEvent, PaymentObject, PlanId, StoredPlan, Subscription,
};
use chatcore::{StoreError, Subject, Timestamp};

use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page};

/// Behind a key; before all of them, if there is none.
fn behind(after: Option<&str>, to: &mut Binder) {
    match after {
        Some(id) => to.key(&id.to_owned()),
        None => to.bytes(&[]),
    }
}

#[async_trait]
impl BillingStore for SqliteStore {
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>, StoreError> {
        self.readers.by_key(id).await
    }

    async fn plans(&self, after: Option<&PlanId>, limit: usize) -> Result<Vec<StoredPlan>, StoreError> {
        let mut values = Binder::default();
        behind(after.map(|id| id.0.as_str()), &mut values);
        values.integer(page(limit));
        self.readers.records("WHERE t.id > ?1 ORDER BY t.id LIMIT ?2", values).await
    }

    async fn entitlement(&self, subject: Subject) -> Result<Option<Entitlement>, StoreError> {
        self.readers.by_key(&subject).await
    }

    async fn customer(&self, subject: Subject) -> Result<Option<Customer>, StoreError> {
        self.readers.by_key(&subject).await
    }

    async fn subscription(&self, id: &str) -> Result<Option<Subscription>, StoreError> {
        self.readers.by_key(&id.to_owned()).await
    }

    async fn subscriptions(
        &self,
        subject: Subject,
        after: Option<&str>,
        limit: usize,
    ) -> Result<Vec<Subscription>, StoreError> {
        let mut values = Binder::default();
        values.key(&subject);
        behind(after, &mut values);
        values.integer(page(limit));
        self.readers.records("WHERE t.subject = ?1 AND t.id > ?2 ORDER BY t.id LIMIT ?3", values).await
    }

    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.until <= ?1 ORDER BY t.until, t.id LIMIT ?2", values).await
    }

    async fn payment_event(&self, id: &str) -> Result<Option<PaymentEvent>, StoreError> {
        self.readers.by_key(&id.to_owned()).await
    }

    async fn parked_events(
        &self,
        after: Option<(Timestamp, &str)>,
        limit: usize,
    ) -> Result<Vec<PaymentEvent>, StoreError> {
        let mut values = Binder::default();
        values.time(after.map_or(Timestamp::from_micros(i64::MIN), |(at, _)| at));
        behind(after.map(|(_, id)| id), &mut values);
        values.integer(page(limit));
        let rest =
            "WHERE t.state = 'parked' AND (t.received_at, t.id) > (?1, ?2) ORDER BY t.received_at, t.id LIMIT ?3";
        self.readers.records(rest, values).await
    }

    async fn payment_object(&self, kind: ObjectKind, id: &str) -> Result<Option<PaymentObject>, StoreError> {
        self.readers.by_key(&(kind, id.to_owned())).await
    }
}
