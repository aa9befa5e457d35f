//! The same store's plans, subscriptions and events of payments.

use async_trait::async_trait;
use chatcore::billing::{
    BillingStore, Customer, Entitlement, EventState, ObjectKind, PaymentEvent, PaymentObject, PlanId, StoredPlan,
    Subscription,
};
use chatcore::{Subject, Timestamp};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl BillingStore for Mutant {
    async fn plan(&self, id: &PlanId) -> Result<Option<StoredPlan>> {
        let found = self.inner.plan(id).await?;
        Ok(found.filter(|stored| stored.plan.is_some() || !self.is(Fault::PlansWithout)))
    }

    async fn plans(&self, after: Option<&PlanId>, limit: usize) -> Result<Vec<StoredPlan>> {
        let after = after.filter(|_| !self.is(Fault::PlansByNumber));
        self.inner.plans(after, limit).await
    }

    async fn entitlement(&self, subject: Subject) -> Result<Option<Entitlement>> {
        let mut found = self.inner.entitlement(subject).await?;
        if let Some(one) = &mut found {
            one.beneath.take_if(|_| self.is(Fault::ForgetsBeneath));
            one.zone_since.take_if(|_| self.is(Fault::ForgetsMoves));
            one.notes.retain(|_| !self.is(Fault::ForgetsNotes));
        }
        Ok(found.filter(|one| one.plan_at(Timestamp::MAX).is_some() || !self.is(Fault::LiveEntitlements)))
    }

    async fn customer(&self, subject: Subject) -> Result<Option<Customer>> {
        let found = self.inner.customer(subject).await?;
        Ok(found.filter(|one| !one.subscriptions.is_empty() || !self.is(Fault::PayingCustomers)))
    }

    async fn subscription(&self, id: &str) -> Result<Option<Subscription>> {
        let found = self.inner.subscription(id).await?;
        Ok(found.filter(|one| !one.has_ended() || !self.is(Fault::LiveSubscriptions)))
    }

    async fn subscriptions(&self, subject: Subject, after: Option<&str>, limit: usize) -> Result<Vec<Subscription>> {
        let mut found = self.inner.subscriptions(subject, after, limit).await?;
        if self.is(Fault::SubscriptionsLive) {
            found.retain(|one| !one.has_ended());
        }
        Ok(found)
    }

    async fn due_subscriptions(&self, now: Timestamp, limit: usize) -> Result<Vec<Subscription>> {
        let mut found = self.inner.due_subscriptions(now, limit).await?;
        if self.is(Fault::DueById) {
            found.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(found)
    }

    async fn payment_event(&self, id: &str) -> Result<Option<PaymentEvent>> {
        let found = self.inner.payment_event(id).await?;
        Ok(found.filter(|event| event.state == EventState::Applied || !self.is(Fault::AppliedEvents)))
    }

    async fn parked_events(&self, after: Option<(Timestamp, &str)>, limit: usize) -> Result<Vec<PaymentEvent>> {
        let mut found = self.inner.parked_events(after, limit).await?;
        if self.is(Fault::ParkedById) {
            found.sort_by(|one, other| one.id.cmp(&other.id));
        }
        Ok(found)
    }

    async fn payment_object(&self, kind: ObjectKind, id: &str) -> Result<Option<PaymentObject>> {
        match self.inner.payment_object(kind, id).await? {
            None if self.is(Fault::ObjectsOfAnyKind) => self.inner.payment_object(ObjectKind::Customer, id).await,
            found => Ok(found),
        }
    }
}
