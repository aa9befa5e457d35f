//! The rule: an event is stored, claimed and applied in one.

use super::object::Order;
use super::observe::looked;
use super::{EventState, ObjectKind, PaymentEvent, PaymentObject};
use crate::billing::customer::{Customer, LinkCustomer};
use crate::billing::gateway::{News, Notice, Snapshot};
use crate::billing::ledger::{BookPayment, Money};
use crate::billing::plan::Plan;
use crate::billing::subscription::{Followed, GONE, Grace, Ground, follow, note_period, refused};
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Stop, Tx};
use crate::subject::Subject;

/// An event has come. One that is known changes nothing.
#[derive(Debug, Clone)]
pub struct ReceiveEvent {
    /// What it says.
    pub notice: Notice,
    /// The subscription that it is about as the gateway shows it, if somebody looked.
    pub look: Option<Look>,
    /// The plans that are sold at the prices in question.
    pub plans: Vec<Plan>,
    /// How long somebody goes on without having paid.
    pub grace: Grace,
    /// Whether the store keeps accounts: nothing comes of what is paid for one that is deleted.
    pub knows_accounts: bool,
    /// Whether one that is known and was not applied is tried again.
    pub again: bool,
    /// When.
    pub at: Timestamp,
}

/// A look at a subscription at the gateway.
#[derive(Debug, Clone)]
pub struct Look {
    /// What was seen, or why nothing was.
    pub seen: Result<Snapshot, String>,
    /// The version of the [`PaymentObject`] before the look; 0 if there was none. What was seen counts only if nobody
    /// changed it meanwhile.
    pub version: u64,
    /// When the look began.
    pub at: Timestamp,
}

/// What becomes of an event, and why it is not applied.
type Outcome = (EventState, Option<String>);

/// Who a customer is, or why that cannot be.
type Linked = Result<Subject, &'static str>;

const APPLIED: Outcome = (EventState::Applied, None);

fn ignored(reason: &str) -> Outcome {
    (EventState::Ignored, Some(reason.to_owned()))
}

fn parked(reason: impl Into<String>) -> Outcome {
    (EventState::Parked, Some(reason.into()))
}

fn outcome(followed: Followed) -> Outcome {
    match followed {
        Followed::Applied => APPLIED,
        Followed::Ended => ignored("the subscription has ended"),
        Followed::Parked(reason) | Followed::Uncredited(reason) => parked(reason),
    }
}

impl Change for ReceiveEvent {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let known = tx.get::<PaymentEvent>(&self.notice.id)?;
        if known.as_ref().is_some_and(|known| !self.again || known.state == EventState::Applied) {
            return Ok(());
        }
        let (state, reason) = self.effect(tx)?;
        let Notice { id, kind, created, news } = self.notice.clone();
        let event = PaymentEvent {
            id,
            kind,
            object: self.notice.object().map(str::to_owned),
            created,
            received_at: known.as_ref().map_or(self.at, |known| known.received_at),
            state,
            reason,
            tries: known.as_ref().map_or(0, |known| known.tries) + 1,
            news,
        };
        if known.is_some() { tx.update(event) } else { tx.insert(event) }
    }
}

impl ReceiveEvent {
    fn effect(&self, tx: &mut Tx<'_>) -> Result<Outcome, Stop> {
        match &self.notice.news {
            News::Purchased { subject, customer, subscription } => {
                self.purchased(tx, *subject, customer, subscription.as_deref())
            }
            News::Subscription(snapshot) => self.subscription(tx, snapshot),
            News::Paid { invoice, customer, amount, currency, .. } => {
                self.paid(tx, invoice, customer, Money { amount: *amount, currency: currency.clone() })
            }
            News::PaymentFailed { invoice, .. } => self.failed(tx, invoice),
            News::Unreadable(reason) => Ok(parked(reason.as_str())),
            News::Other => Ok(ignored("nothing is done about events of this kind")),
        }
    }

    fn ground(&self) -> Ground {
        Ground { plans: self.plans.clone(), grace: self.grace, knows_accounts: self.knows_accounts, at: self.at }
    }

    /// The object as it is known, and the look at it, if it is one that counts.
    fn object(&self, tx: &mut Tx<'_>, id: &str) -> Result<(PaymentObject, Option<&Look>), Stop> {
        let known = tx.get::<PaymentObject>(&(ObjectKind::Subscription, id.to_owned()))?;
        let known = known.unwrap_or_else(|| PaymentObject::new(ObjectKind::Subscription, id));
        let look = self.look.as_ref().filter(|look| look.version == known.version);
        Ok((known, look))
    }

    fn put(&self, tx: &mut Tx<'_>, object: PaymentObject, look: Option<&Look>) -> Result<(), Stop> {
        let new = object.version == 0;
        let object = object.after(self.notice.created, look.map(|look| look.at));
        if new { tx.insert(object) } else { tx.update(object) }
    }

    fn subscription(&self, tx: &mut Tx<'_>, told: &Snapshot) -> Result<Outcome, Stop> {
        let (object, look) = self.object(tx, &told.id)?;
        let order = object.order(self.notice.created);
        if order == Order::Older {
            let refused = note_period(tx, told, &self.ground())?;
            return Ok(refused.map_or_else(|| ignored("something newer is known"), parked));
        }
        let seen = match look.map(|look| &look.seen) {
            Some(Ok(seen)) => Some(seen),
            Some(Err(reason)) => return Ok(parked(reason.as_str())),
            None if order == Order::Unclear => return Err(Conflict::Tie { version: object.version }.into()),
            None => None,
        };
        let followed = follow(tx, seen.unwrap_or(told), seen.map(|_| told), &self.ground())?;
        match &followed {
            Followed::Applied | Followed::Uncredited(_) => self.put(tx, object, look)?,
            Followed::Ended => {
                if let Some(reason) = note_period(tx, told, &self.ground())? {
                    return Ok(parked(reason));
                }
            }
            Followed::Parked(_) => {}
        }
        Ok(outcome(followed))
    }

    fn purchased(
        &self,
        tx: &mut Tx<'_>,
        subject: Option<Subject>,
        customer: &str,
        subscription: Option<&str>,
    ) -> Result<Outcome, Stop> {
        let buyer = match self.link(tx, subject, customer)? {
            Ok(buyer) => buyer,
            Err(reason) => return Ok(parked(reason)),
        };
        let Some(id) = subscription else {
            return Ok(if self.ground().is_gone(tx, buyer)? { parked(GONE) } else { APPLIED });
        };
        let (object, look) = self.object(tx, id)?;
        let Some(look) = look else { return Err(Conflict::Tie { version: object.version }.into()) };
        let seen = match &look.seen {
            Ok(seen) if seen.customer == customer => seen,
            Ok(_) => return Ok(parked("the subscription is another customer's")),
            Err(reason) => return Ok(parked(reason.as_str())),
        };
        match follow(tx, seen, None, &self.ground())? {
            // what the event itself says, who bought, is known now
            Followed::Ended => Ok(APPLIED),
            Followed::Applied => looked(tx, object, look.at).map(|()| APPLIED),
            Followed::Uncredited(reason) => looked(tx, object, look.at).map(|()| parked(reason)),
            Followed::Parked(reason) => Ok(parked(reason)),
        }
    }

    /// Makes sure that the customer is who the event says, and says who it is, or why it cannot be.
    fn link(&self, tx: &mut Tx<'_>, subject: Option<Subject>, reference: &str) -> Result<Linked, Stop> {
        let object = tx.get::<PaymentObject>(&(ObjectKind::Customer, reference.to_owned()))?;
        let owner = object.and_then(|object| object.subject);
        let Some(subject) = subject.or(owner) else { return Ok(Err("it does not say who bought")) };
        if let Some(owner) = owner {
            return Ok(if owner == subject { Ok(subject) } else { Err("the customer is somebody else") });
        }
        if tx.get::<Customer>(&subject)?.is_some() {
            return Ok(Err("who bought is another customer"));
        }
        LinkCustomer { subject, reference: reference.to_owned(), at: self.at }.apply(tx)?;
        Ok(Ok(subject))
    }

    /// A bill was paid: once it was it stays so, and the books say it.
    fn paid(&self, tx: &mut Tx<'_>, id: &str, customer: &str, money: Money) -> Result<Outcome, Stop> {
        let (object, owner) = (invoice(tx, id), tx.get::<PaymentObject>(&(ObjectKind::Customer, customer.to_owned())));
        let (object, owner) = (object?, owner?.and_then(|owner| owner.subject));
        if object.paid {
            return Ok(ignored("something newer is known"));
        }
        if money.amount > 0 {
            let Some(owner) = owner else { return Ok(parked(format!("nobody is the customer `{customer}`"))) };
            // it came in, so it may be booked when somebody has seen it
            if !self.again && self.ground().is_gone(tx, owner)? {
                return Ok(parked("the account of who paid is deleted: pay back, or try this again to book it"));
            }
            let booked = BookPayment { bill: id.to_owned(), owner, money, at: self.at }.apply(tx);
            if let Some(reason) = refused(booked)? {
                return Ok(parked(reason));
            }
        }
        self.put(tx, PaymentObject { paid: true, ..object }, None)?;
        Ok(APPLIED)
    }

    fn failed(&self, tx: &mut Tx<'_>, id: &str) -> Result<Outcome, Stop> {
        let object = invoice(tx, id)?;
        if object.paid || object.order(self.notice.created) == Order::Older {
            return Ok(ignored("something newer is known"));
        }
        self.put(tx, object, None)?;
        Ok(APPLIED)
    }
}

/// What is known of a bill.
fn invoice(tx: &mut Tx<'_>, id: &str) -> Result<PaymentObject, Stop> {
    let known = tx.get::<PaymentObject>(&(ObjectKind::Invoice, id.to_owned()))?;
    Ok(known.unwrap_or_else(|| PaymentObject::new(ObjectKind::Invoice, id)))
}
