//! Who somebody is at the gateway.

use serde::{Deserialize, Serialize};

use super::inbox::{ObjectKind, PaymentObject};
use super::subscription::Subscription;
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Kind, Record, Stop, Tx};
use crate::subject::Subject;

/// Somebody who pays, or is about to.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Customer {
    /// Who.
    pub subject: Subject,
    /// Their id at the gateway.
    pub reference: String,
    /// Their subscriptions that have not ended, by id, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub subscriptions: Vec<String>,
    /// Since when.
    pub created_at: Timestamp,
}

impl Customer {
    /// More subscriptions at once than this are a mistake.
    pub const MAX_SUBSCRIPTIONS: usize = 16;
}

impl Record for Customer {
    type Key = Subject;
    const KIND: Kind = Kind::Customer;

    fn key(&self) -> Subject {
        self.subject
    }
}

/// Somebody has become a customer. Saying it again changes nothing; nobody is two customers, and no customer is two people.
#[derive(Debug, Clone)]
pub struct LinkCustomer {
    /// Who.
    pub subject: Subject,
    /// Their id at the gateway.
    pub reference: String,
    /// When.
    pub at: Timestamp,
}

impl Change for LinkCustomer {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let key = (ObjectKind::Customer, self.reference.clone());
        let (known, object) = (tx.get::<Customer>(&self.subject), tx.get::<PaymentObject>(&key));
        let (known, object) = (known?, object?);
        let owner = object.as_ref().and_then(|object| object.subject);
        match (known, owner) {
            (Some(known), Some(owner)) if known.reference == self.reference && owner == self.subject => Ok(()),
            (None, None) => {
                let Self { subject, reference, at } = self.clone();
                let owned = PaymentObject { subject: Some(subject), ..PaymentObject::new(key.0, key.1) };
                tx.insert(Customer { subject, reference, subscriptions: Vec::new(), created_at: at })?;
                tx.insert(PaymentObject { version: 1, ..owned })
            }
            _ => Err(Conflict::Exists(Kind::Customer).into()),
        }
    }
}

/// Refuses what comes with it in the batch while somebody has a subscription that would be charged for again. One that ends
/// with what is paid for is no hindrance.
#[derive(Debug, Clone)]
pub struct ExpectUnsubscribed {
    /// Who.
    pub subject: Subject,
}

impl Change for ExpectUnsubscribed {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(customer) = tx.get::<Customer>(&self.subject)? else { return Ok(()) };
        tx.prefetch::<Subscription>(customer.subscriptions.iter().cloned())?;
        for id in &customer.subscriptions {
            if tx.get::<Subscription>(id)?.is_some_and(|one| one.goes_on()) {
                return Err(Conflict::Subscribed.into());
            }
        }
        Ok(())
    }
}

/// A customer has become somebody else, with all subscriptions that have not ended. Whether they stay who they are, because
/// that one is a customer, too.
pub(in crate::billing) fn move_customer(tx: &mut Tx<'_>, from: Subject, to: Subject) -> Result<bool, Stop> {
    let (theirs, own) = (tx.get::<Customer>(&from), tx.get::<Customer>(&to));
    let (theirs, own) = (theirs?, own?);
    let Some(customer) = theirs else { return Ok(false) };
    if own.is_some() {
        return Ok(true);
    }
    let object = tx.get::<PaymentObject>(&(ObjectKind::Customer, customer.reference.clone()));
    tx.prefetch::<Subscription>(customer.subscriptions.iter().cloned())?;
    if let Some(object) = object? {
        tx.update(PaymentObject { subject: Some(to), version: object.version + 1, ..object })?;
    }
    for id in &customer.subscriptions {
        if let Some(one) = tx.get::<Subscription>(id)? {
            tx.update(Subscription { subject: to, version: one.version + 1, ..one })?;
        }
    }
    tx.delete::<Customer>(&from)?;
    tx.insert(Customer { subject: to, ..customer })?;
    Ok(false)
}
