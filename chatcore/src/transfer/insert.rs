//! The raw change.

use crate::store::{AnyRecord, Change, Conflict, Stop, Tx};

/// Adds exactly this record, whatever the rules of its domain say: for copies and repairs, never for services.
///
/// It is refused when there is a record of that key, and when the record is a projection: those follow from others.
#[derive(Debug, Clone)]
pub struct InsertRecord(pub AnyRecord);

impl Change for InsertRecord {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match &self.0 {
            AnyRecord::Conversation(record) => tx.insert(record.clone()),
            AnyRecord::Message(record) => tx.insert(record.clone()),
            AnyRecord::Lane(record) => tx.insert(*record),
            AnyRecord::Fork(record) => tx.insert(*record),
            AnyRecord::Sequence(record) => tx.insert(*record),
            AnyRecord::Run(record) => tx.insert(record.clone()),
            AnyRecord::RunLog(record) => tx.insert(record.clone()),
            AnyRecord::User(record) => tx.insert(record.clone()),
            AnyRecord::Identity(record) => tx.insert(record.clone()),
            AnyRecord::Session(record) => tx.insert(record.clone()),
            AnyRecord::Job(record) => tx.insert(record.clone()),
            AnyRecord::IdempotencyKey(record) => tx.insert(record.clone()),
            AnyRecord::Challenge(record) => tx.insert(record.clone()),
            AnyRecord::ApiKey(record) => tx.insert(record.clone()),
            AnyRecord::Visitor(record) => tx.insert(record.clone()),
            AnyRecord::RateCounter(record) => tx.insert(record.clone()),
            AnyRecord::RoleCount(record) => tx.insert(*record),
            AnyRecord::Counter(record) => tx.insert(record.clone()),
            AnyRecord::Hold(record) => tx.insert(record.clone()),
            AnyRecord::Wallet(record) => tx.insert(record.clone()),
            AnyRecord::LedgerEntry(record) => tx.insert(record.clone()),
            AnyRecord::Entitlement(record) => tx.insert(record.clone()),
            AnyRecord::StoredPlan(record) => tx.insert(record.clone()),
            AnyRecord::Subscription(record) => tx.insert(record.clone()),
            AnyRecord::PaymentEvent(record) => tx.insert(record.clone()),
            AnyRecord::Customer(record) => tx.insert(record.clone()),
            AnyRecord::PaymentObject(record) => tx.insert(record.clone()),
            AnyRecord::Attachment(record) => tx.insert(record.clone()),
            AnyRecord::Blob(record) => tx.insert(record.clone()),
            AnyRecord::Feedback(record) => tx.insert(record.clone()),
            AnyRecord::Share(record) => tx.insert(record.clone()),
            AnyRecord::Node(_) | AnyRecord::Slot(_) | AnyRecord::ExternalId(_) => {
                Err(Conflict::Rule("a projection is not written for itself").into())
            }
        }
    }
}
