//! What somebody saw at the gateway, without an event that told of it.

use super::{ObjectKind, PaymentObject};
use crate::billing::gateway::Snapshot;
use crate::billing::plan::Plan;
use crate::billing::subscription::{Followed, Grace, Ground, follow};
use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Stop, Tx};

/// Takes over how a subscription is at the gateway, unless somebody changed what is known of it since the look began.
#[derive(Debug, Clone)]
pub struct ObserveSubscription {
    /// What was seen.
    pub seen: Snapshot,
    /// The version of the [`PaymentObject`] before the look; 0 if there was none.
    pub version: u64,
    /// When the look began.
    pub looked_at: Timestamp,
    /// The plan that is sold at its price.
    pub plans: Vec<Plan>,
    /// How long somebody goes on without having paid.
    pub grace: Grace,
    /// Whether the store keeps accounts.
    pub knows_accounts: bool,
}

impl Change for ObserveSubscription {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let known = tx.get::<PaymentObject>(&(ObjectKind::Subscription, self.seen.id.clone()))?;
        let object = known.unwrap_or_else(|| PaymentObject::new(ObjectKind::Subscription, &self.seen.id));
        if object.version != self.version {
            return Err(Conflict::Tie { version: object.version }.into());
        }
        let (plans, knows_accounts) = (self.plans.clone(), self.knows_accounts);
        let ground = Ground { plans, grace: self.grace, knows_accounts, at: self.looked_at };
        match follow(tx, &self.seen, None, &ground)? {
            // the credit comes with the next event, or when one that was put aside is tried again
            Followed::Applied | Followed::Uncredited(_) => looked(tx, object, self.looked_at),
            Followed::Ended => Ok(()),
            Followed::Parked(_) => Err(Conflict::Rule("what the gateway shows cannot be taken over").into()),
        }
    }
}

/// Notes a look. Without an event of the subscription it moves no watermark.
pub(super) fn looked(tx: &mut Tx<'_>, object: PaymentObject, at: Timestamp) -> Result<(), Stop> {
    let (new, watermark) = (object.version == 0, object.watermark);
    let object = object.after(watermark, Some(at));
    if new { tx.insert(object) } else { tx.update(object) }
}
