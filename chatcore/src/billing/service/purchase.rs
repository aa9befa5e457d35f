//! Buying, and ending it.

use super::{Billing, STEP, own};
use crate::account::Caller;
use crate::billing::customer::{Customer, LinkCustomer};
use crate::billing::gateway::{CancelWhen, HostedPage, NewCustomer, Order};
use crate::billing::inbox::ObjectKind;
use crate::billing::plan::PlanId;
use crate::billing::subscription::{Subscription, SubscriptionState};
use crate::error::Error;
use crate::id::JobId;
use crate::once::Once;
use crate::store::{Batch, Conflict, Domain};
use crate::subject::Subject;

/// What somebody wants to buy.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Checkout {
    /// The plan.
    pub plan: PlanId,
    /// Where they go afterwards.
    pub urls: Urls,
    /// The name of the request: the same one begins no second purchase.
    pub once: Option<Once>,
}

/// Where somebody goes who comes back from the gateway.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Urls {
    /// When they have paid.
    pub success: String,
    /// When they have not.
    pub cancel: String,
}

impl Billing {
    /// Begins a purchase: a page of the gateway on which the caller pays. What is bought is there when the gateway says so.
    /// Only the first subscription of somebody may be tried.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] without such a plan, or a gateway; [`Error::Invalid`] for a plan that is not
    /// sold; [`Error::Taken`] while the caller has a subscription, which the portal changes; [`Error::Gateway`].
    pub async fn checkout(&self, caller: &Caller, checkout: &Checkout) -> Result<HostedPage, Error> {
        let (subject, gateway) = (own(caller)?, self.gateway()?);
        let book = self.book().await?;
        let plan = book.get(&checkout.plan).ok_or(Error::NotFound("plan"))?;
        let price = plan.price.as_ref().ok_or_else(|| Error::invalid("plan", "is not sold"))?;
        let before = self.subscriptions_of(subject).await?;
        if before.iter().any(is_held) {
            return Err(Error::Taken("subscription"));
        }
        let order = Order {
            subject,
            customer: self.customer(subject).await?.reference,
            price: price.reference.clone(),
            trial_days: if before.is_empty() { plan.trial_days } else { 0 },
            success_url: checkout.urls.success.clone(),
            cancel_url: checkout.urls.cancel.clone(),
        };
        let named = checkout.once.as_ref().map(|once| once.as_str().to_owned());
        let once = named.unwrap_or_else(|| JobId::mint(self.clock.now(), &*self.ids).to_string());
        Ok(gateway.checkout(&order, &format!("checkout:{subject}:{once}")).await?)
    }

    /// A page of the gateway on which the caller changes how they pay, what they have, or ends it.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] for somebody who never bought anything; [`Error::Gateway`].
    pub async fn portal(&self, caller: &Caller, return_url: &str) -> Result<HostedPage, Error> {
        let (subject, gateway) = (own(caller)?, self.gateway()?);
        let customer = self.store.customer(subject).await?.ok_or(Error::NotFound("customer"))?;
        Ok(gateway.portal(&customer.reference, return_url).await?)
    }

    /// Who the caller is at the gateway, if they ever bought anything.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn reference(&self, caller: &Caller) -> Result<Option<String>, Error> {
        Ok(self.store.customer(caller.subject()).await?.map(|customer| customer.reference))
    }

    /// The caller's subscription: the one that counts, or else the last one.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn subscription(&self, caller: &Caller) -> Result<Option<Subscription>, Error> {
        let all = self.subscriptions_of(caller.subject()).await?;
        let last = || all.iter().max_by_key(|one| (!one.has_ended(), one.period_start));
        Ok(Subscription::best(&all).or_else(last).cloned())
    }

    /// Ends the caller's subscription, now or when what is paid for ends. Doing it again changes nothing.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] without a subscription; [`Error::Gateway`].
    pub async fn cancel(&self, caller: &Caller, when: CancelWhen) -> Result<Subscription, Error> {
        let (_, gateway) = (own(caller)?, self.gateway()?);
        let found = self.subscription(caller).await?.filter(|one| !one.has_ended());
        let found = found.ok_or(Error::NotFound("subscription"))?;
        let (version, at) = (self.version_of(&found.id).await?, self.clock.now());
        // once it has changed, ending it is another request
        let snapshot = gateway.cancel(&found.id, when, &format!("cancel:{}:{version}", found.id)).await?;
        self.observe(snapshot, version, at).await?;
        self.store.subscription(&found.id).await?.ok_or(Error::NotFound("subscription"))
    }

    /// How often what is known of a subscription has changed.
    pub(super) async fn version_of(&self, subscription: &str) -> Result<u64, Error> {
        let object = self.store.payment_object(ObjectKind::Subscription, subscription).await?;
        Ok(object.map_or(0, |object| object.version))
    }

    pub(super) async fn subscriptions_of(&self, subject: Subject) -> Result<Vec<Subscription>, Error> {
        let mut all: Vec<Subscription> = Vec::new();
        loop {
            let page = self.store.subscriptions(subject, all.last().map(|last| last.id.as_str()), STEP).await?;
            if page.is_empty() {
                return Ok(all);
            }
            all.extend(page);
        }
    }

    /// Who somebody is at the gateway; they are made known there if they are not yet.
    async fn customer(&self, subject: Subject) -> Result<Customer, Error> {
        if let Some(known) = self.store.customer(subject).await? {
            return Ok(known);
        }
        let new = NewCustomer { subject, email: self.email(subject).await? };
        let reference = self.gateway()?.create_customer(&new, &format!("customer:{subject}")).await?;
        let link = LinkCustomer { subject, reference, at: self.clock.now() };
        match self.store.commit(Batch::of(link)).await {
            Ok(done) if done.get::<Customer>(&subject).is_some() => {}
            Err(error) if !matches!(error.conflict(), Some(Conflict::Exists(_))) => return Err(error.into()),
            _ => tracing::debug!(%subject, "somebody else has made the customer known"),
        }
        self.store.customer(subject).await?.ok_or(Error::NotFound("customer"))
    }

    async fn email(&self, subject: Subject) -> Result<Option<String>, Error> {
        match subject {
            Subject::User(id) if self.store.supports(Domain::Accounts) => {
                Ok(self.store.user(id).await?.and_then(|user| user.email))
            }
            _ => Ok(None),
        }
    }
}

/// Whether somebody has it, even if it stands still: another one would be paid for beside it.
fn is_held(one: &Subscription) -> bool {
    !matches!(one.state, SubscriptionState::Ended | SubscriptionState::Pending)
}
