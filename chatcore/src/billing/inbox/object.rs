//! What events are about, and how far it is known.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::store::{Kind, OrderedKey, Record};
use crate::subject::Subject;

/// Something at the gateway that events tell of.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentObject {
    /// What it is.
    pub kind: ObjectKind,
    /// Its id at the gateway.
    pub id: String,
    /// Whose it is: of customers.
    pub subject: Option<Subject>,
    /// When the newest event that was applied to it happened.
    pub watermark: Timestamp,
    /// When somebody looked at it at the gateway last. An event from before may be older than what was seen.
    pub looked_at: Option<Timestamp>,
    /// Whether it was paid: of bills. Once it was it stays so.
    pub paid: bool,
    /// How often it was changed.
    pub version: u64,
}

/// What events are about.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum ObjectKind {
    /// Somebody who pays.
    Customer,
    /// What they subscribed to.
    Subscription,
    /// A bill.
    Invoice,
}

impl OrderedKey for ObjectKind {
    fn write(&self, out: &mut Vec<u8>) {
        let tag: u8 = match self {
            Self::Customer => 0,
            Self::Subscription => 1,
            Self::Invoice => 2,
        };
        tag.write(out);
    }

    fn read(input: &mut &[u8]) -> Option<Self> {
        match u8::read(input)? {
            0 => Some(Self::Customer),
            1 => Some(Self::Subscription),
            2 => Some(Self::Invoice),
            _ => None,
        }
    }
}

impl Record for PaymentObject {
    type Key = (ObjectKind, String);
    const KIND: Kind = Kind::PaymentObject;

    fn key(&self) -> Self::Key {
        (self.kind, self.id.clone())
    }
}

/// Where an event stands to what is known of its object.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Order {
    Newer,
    Older,
    /// Nobody can say without a look.
    Unclear,
}

impl PaymentObject {
    /// One of which nothing is known so far.
    #[must_use]
    pub fn new(kind: ObjectKind, id: impl Into<String>) -> Self {
        let watermark = Timestamp::from_micros(i64::MIN);
        Self { kind, id: id.into(), subject: None, watermark, looked_at: None, paid: false, version: 0 }
    }

    pub(super) fn order(&self, created: Timestamp) -> Order {
        match created.cmp(&self.watermark) {
            std::cmp::Ordering::Less => Order::Older,
            std::cmp::Ordering::Equal => Order::Unclear,
            std::cmp::Ordering::Greater if self.looked_at.is_some_and(|looked| created <= looked) => Order::Unclear,
            std::cmp::Ordering::Greater => Order::Newer,
        }
    }

    /// The same after an event that happened then, and after a look if there was one.
    pub(super) fn after(self, created: Timestamp, looked_at: Option<Timestamp>) -> Self {
        Self {
            watermark: self.watermark.max(created),
            looked_at: self.looked_at.max(looked_at),
            version: self.version + 1,
            ..self
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn order_is_told_by_the_watermark_and_by_looks() {
        let at = Timestamp::from_micros;
        let new = PaymentObject::new(ObjectKind::Subscription, "sub_1");
        assert_eq!(new.order(at(i64::MIN + 1)), Order::Newer);
        let seen = new.after(at(5), None);
        assert_eq!([4, 5, 6].map(|n| seen.order(at(n))), [Order::Older, Order::Unclear, Order::Newer]);
        let looked = seen.after(at(5), Some(at(9)));
        assert_eq!(
            [4, 6, 9, 10].map(|n| looked.order(at(n))),
            [Order::Older, Order::Unclear, Order::Unclear, Order::Newer]
        );
        assert_eq!(looked.after(at(3), None).watermark, at(5), "it never falls");
    }
}
