//! The port to whoever takes the money.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::subject::Subject;

/// Whoever takes the money. Requests carry a name, so that one that is made again does nothing again.
#[async_trait]
pub trait PaymentGateway: Send + Sync {
    /// Its name: `stripe`, say.
    fn name(&self) -> &'static str;

    /// Makes a customer. Returns its id there.
    async fn create_customer(&self, new: &NewCustomer, once: &str) -> Result<String, GatewayError>;

    /// Begins a purchase: a page on which the customer pays.
    async fn checkout(&self, order: &Order, once: &str) -> Result<HostedPage, GatewayError>;

    /// A page on which the customer changes how they pay, or ends it.
    async fn portal(&self, customer: &str, return_url: &str) -> Result<HostedPage, GatewayError>;

    /// Ends a subscription: now, or when what is paid for ends.
    async fn cancel(&self, subscription: &str, when: CancelWhen, once: &str) -> Result<Snapshot, GatewayError>;

    /// A subscription as it is there now; `None` if there is none.
    async fn subscription(&self, id: &str) -> Result<Option<Snapshot>, GatewayError>;

    /// An event as it is there now; `None` if there is none.
    async fn event(&self, id: &str) -> Result<Option<Notice>, GatewayError>;

    /// Proves that a message is from there, and reads it. Pure: `now` is what a clock says.
    fn read(&self, message: &Signed<'_>, now: Timestamp) -> Result<Notice, GatewayError>;
}

/// Somebody who is about to pay.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewCustomer {
    /// Who.
    pub subject: Subject,
    /// Where bills go.
    pub email: Option<String>,
}

/// What is to be bought.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Order {
    /// Who buys.
    pub subject: Subject,
    /// Their id there.
    pub customer: String,
    /// The price, by its name there.
    pub price: String,
    /// Days before the first payment.
    pub trial_days: u32,
    /// Where the customer goes when they have paid.
    pub success_url: String,
    /// Where they go when they have not.
    pub cancel_url: String,
}

/// A page of the gateway, for one customer and a short time.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct HostedPage {
    /// Its id there.
    pub id: String,
    /// Where it is.
    pub url: String,
}

/// When a subscription ends that somebody ends.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum CancelWhen {
    /// At once.
    Now,
    /// When what is paid for ends.
    PeriodEnd,
}

/// A subscription as it was there at a moment.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Snapshot {
    /// Its id there.
    pub id: String,
    /// The customer's id there.
    pub customer: String,
    /// The price's name there.
    pub price: String,
    /// Where it is in its life.
    pub status: SnapshotStatus,
    /// When what is paid for (or tried) began.
    pub period_start: Timestamp,
    /// When it ends.
    pub period_end: Timestamp,
    /// Until when it may be tried.
    pub trial_end: Option<Timestamp>,
    /// Whether it ends then.
    pub cancel_at_period_end: bool,
    /// When it ended.
    pub ended_at: Option<Timestamp>,
}

/// Where a subscription is in its life, as gateways tell it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum SnapshotStatus {
    /// The first payment is under way, or failed.
    Incomplete,
    /// It may be tried.
    Trialing,
    /// It is paid for.
    Active,
    /// A payment failed.
    PastDue,
    /// All attempts at a payment failed.
    Unpaid,
    /// It stands still.
    Paused,
    /// It is over.
    Canceled,
}

/// A message as it came: nothing may be done to it before it is proven.
#[derive(Debug, Clone, Copy)]
pub struct Signed<'a> {
    /// Its bytes.
    pub body: &'a [u8],
    /// What is to prove it: the header of the gateway.
    pub signature: &'a str,
}

/// An event of the gateway.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Notice {
    /// Its id there.
    pub id: String,
    /// Its kind, in the gateway's words.
    pub kind: String,
    /// When it happened there.
    pub created: Timestamp,
    /// What it says.
    pub news: News,
}

impl Notice {
    /// What it is about, by its id there.
    #[must_use]
    pub fn object(&self) -> Option<&str> {
        match &self.news {
            News::Purchased { customer, .. } => Some(customer),
            News::Subscription(snapshot) => Some(&snapshot.id),
            News::Paid { invoice, .. } | News::PaymentFailed { invoice, .. } => Some(invoice),
            News::Other | News::Unreadable(_) => None,
        }
    }

    /// The subscription that it tells of, by its id there, if what is done about it depends on how that is.
    #[must_use]
    pub fn subscription(&self) -> Option<&str> {
        match &self.news {
            News::Purchased { subscription, .. } => subscription.as_deref(),
            News::Subscription(snapshot) => Some(&snapshot.id),
            _ => None,
        }
    }
}

/// What an event says.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum News {
    /// A purchase was completed: the customer of a subject, and what they subscribed to.
    Purchased {
        /// Who bought, as the order said.
        subject: Option<Subject>,
        /// The customer's id there.
        customer: String,
        /// The subscription's id there, if it is one.
        subscription: Option<String>,
    },
    /// A subscription is as it says.
    Subscription(Snapshot),
    /// A bill was paid.
    Paid {
        /// Its id there.
        invoice: String,
        /// The customer's id there.
        customer: String,
        /// The subscription that it is for.
        subscription: Option<String>,
        /// How much, in the smallest units of the currency.
        amount: u64,
        /// ISO 4217, in lower case.
        currency: String,
    },
    /// A bill could not be paid.
    PaymentFailed {
        /// Its id there.
        invoice: String,
        /// The customer's id there.
        customer: String,
        /// The subscription that it is for.
        subscription: Option<String>,
    },
    /// Something that nothing is done about.
    Other,
    /// It is proven and cannot be read; why.
    Unreadable(String),
}

/// Why the gateway did not do what it was asked.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum GatewayError {
    /// A message is not proven: forged, changed or too old.
    #[error("the message is not proven to be from the gateway")]
    NotProven,
    /// A message is proven, and cannot be read. Asking again gives the same.
    #[error("failed to read the message: {reason}")]
    Unreadable {
        /// The id of the event, if that much can be read: an inbox can put it aside.
        event: Option<String>,
        /// What is wrong with it.
        reason: String,
    },
    /// It refused, and will again.
    #[error("the gateway refused: {0}")]
    Refused(String),
    /// It could not be reached, or has too much to do. Another time it may work.
    #[error("failed to reach the gateway")]
    Unavailable(#[source] Box<dyn std::error::Error + Send + Sync>),
}
