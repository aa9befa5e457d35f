//! What the port asks for.

use std::collections::HashMap;

use async_trait::async_trait;
use chatcore::Timestamp;
use chatcore::billing::gateway::{
    CancelWhen, GatewayError, HostedPage, NewCustomer, Notice, Order, PaymentGateway, Signed, Snapshot, SnapshotStatus,
};
use serde_json::Value;
use stripe_billing::billing_portal_session::CreateBillingPortalSession;
use stripe_billing::subscription::{CancelSubscription, RetrieveSubscription, UpdateSubscription};
use stripe_checkout::CheckoutSessionMode;
use stripe_checkout::checkout_session::{
    CreateCheckoutSession, CreateCheckoutSessionLineItems, CreateCheckoutSessionSubscriptionData,
};
use stripe_core::customer::CreateCustomer;
use stripe_core::event::RetrieveEvent;

use super::client::Failure;
use super::objects::{Created, Page, Subscription};
use super::{Stripe, read};

/// The name of our id in the notes that Stripe keeps with its objects.
const SUBJECT: &str = "chatcore_subject";

#[async_trait]
impl PaymentGateway for Stripe {
    fn name(&self) -> &'static str {
        "stripe"
    }

    async fn create_customer(&self, new: &NewCustomer, once: &str) -> Result<String, GatewayError> {
        let mut request = CreateCustomer::new().metadata(notes(&new.subject.to_string()));
        if let Some(email) = &new.email {
            request = request.email(email);
        }
        let Created { id } = self.client.once(&request, "customer", once).await?;
        Ok(id)
    }

    async fn checkout(&self, order: &Order, once: &str) -> Result<HostedPage, GatewayError> {
        let Page { id, url } = self.client.once(&purchase(order), "checkout", once).await?;
        Ok(HostedPage { id, url })
    }

    async fn portal(&self, customer: &str, return_url: &str) -> Result<HostedPage, GatewayError> {
        let request = CreateBillingPortalSession::new().customer(customer).return_url(return_url);
        let Page { id, url } = self.client.ask(&request).await?;
        Ok(HostedPage { id, url })
    }

    async fn cancel(&self, subscription: &str, when: CancelWhen, once: &str) -> Result<Snapshot, GatewayError> {
        if !read::is_id(subscription) {
            return Err(GatewayError::Refused("not the id of a subscription".to_owned()));
        }
        match when {
            CancelWhen::Now => self.cancel_now(subscription).await,
            CancelWhen::PeriodEnd => {
                let request = UpdateSubscription::new(subscription).cancel_at_period_end(true);
                snapshot(self.client.once(&request, "cancel", once).await?)
            }
        }
    }

    async fn subscription(&self, id: &str) -> Result<Option<Snapshot>, GatewayError> {
        if !read::is_id(id) {
            return Ok(None);
        }
        found(self.client.ask(&RetrieveSubscription::new(id)).await)?.map(snapshot).transpose()
    }

    async fn event(&self, id: &str) -> Result<Option<Notice>, GatewayError> {
        if !read::is_id(id) {
            return Ok(None);
        }
        let event: Option<Value> = found(self.client.ask(&RetrieveEvent::new(id)).await)?;
        event.map(read::event).transpose()
    }

    fn read(&self, message: &Signed<'_>, now: Timestamp) -> Result<Notice, GatewayError> {
        self.verifier.prove(message, now)?;
        read::body(message.body)
    }
}

impl Stripe {
    /// A request that deletes has no name: the second time there is nothing to end, and how it ended is told.
    async fn cancel_now(&self, id: &str) -> Result<Snapshot, GatewayError> {
        let missing = match self.client.ask(&CancelSubscription::new(id)).await {
            Ok(ended) => return snapshot(ended),
            Err(Failure::Missing(reason)) => reason,
            Err(Failure::Other(error)) => return Err(error),
        };
        let known = self.subscription(id).await?;
        known.filter(|it| it.status == SnapshotStatus::Canceled).ok_or(GatewayError::Refused(missing))
    }
}

fn purchase(order: &Order) -> CreateCheckoutSession {
    let subject = order.subject.to_string();
    let item = CreateCheckoutSessionLineItems {
        price: Some(order.price.clone()),
        quantity: Some(1),
        ..CreateCheckoutSessionLineItems::new()
    };
    let mut subscription = CreateCheckoutSessionSubscriptionData::new();
    subscription.metadata = Some(notes(&subject));
    // Stripe takes no trial of zero days
    subscription.trial_period_days = Some(order.trial_days).filter(|days| *days > 0);
    CreateCheckoutSession::new()
        .mode(CheckoutSessionMode::Subscription)
        .customer(&order.customer)
        .client_reference_id(subject)
        .line_items(vec![item])
        .subscription_data(subscription)
        .success_url(&order.success_url)
        .cancel_url(&order.cancel_url)
}

fn notes(subject: &str) -> HashMap<String, String> {
    HashMap::from([(SUBJECT.to_owned(), subject.to_owned())])
}

/// What is not there is no error to whoever looks.
fn found<T>(answer: Result<T, Failure>) -> Result<Option<T>, GatewayError> {
    match answer {
        Ok(found) => Ok(Some(found)),
        Err(Failure::Missing(_)) => Ok(None),
        Err(Failure::Other(error)) => Err(error),
    }
}

fn snapshot(subscription: Subscription) -> Result<Snapshot, GatewayError> {
    subscription.snapshot().map_err(|reason| GatewayError::Unreadable { event: None, reason: reason.to_owned() })
}
