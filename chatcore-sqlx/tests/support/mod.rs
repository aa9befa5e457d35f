//! What several tests need: records from small numbers, and changes that do one thing to one record.
#![allow(dead_code, clippy::allow_attributes, reason = "each test binary uses a part of it")]

pub(crate) mod attachments;
pub(crate) mod billing;
pub(crate) mod broken;
pub(crate) mod compare;
pub(crate) mod random;
pub(crate) mod records;
pub(crate) mod social;
pub(crate) mod steady;

use chatcore::conversation::{Conversation, ExternalId, Message, Numbered, Sequence, Slot};
use chatcore::store::{AnyRecord, Batch, Change, Commit, Conflict, Kind, Record, Stop, Stored, Tx};

/// What to do to a record.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Verb {
    Insert,
    InsertFresh,
    Update,
    Delete,
    Require,
}

/// One thing done to one record.
#[derive(Debug, Clone)]
pub(crate) struct Step(pub(crate) Verb, pub(crate) AnyRecord);

impl Change for Step {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match &self.1 {
            AnyRecord::Conversation(it) => {
                external_id_is_free(tx, it, self.0)?;
                step(tx, self.0, it)
            }
            AnyRecord::Message(it) => {
                place_is_free(tx, it, self.0)?;
                step(tx, self.0, it)
            }
            AnyRecord::Lane(it) => step(tx, self.0, it),
            AnyRecord::Fork(it) => step(tx, self.0, it),
            AnyRecord::Sequence(it) => step(tx, self.0, it),
            AnyRecord::Run(it) => step(tx, self.0, it),
            AnyRecord::RunLog(it) => step(tx, self.0, it),
            AnyRecord::User(it) => step(tx, self.0, it),
            AnyRecord::Identity(it) => step(tx, self.0, it),
            AnyRecord::Session(it) => step(tx, self.0, it),
            AnyRecord::Job(it) => step(tx, self.0, it),
            AnyRecord::IdempotencyKey(it) => step(tx, self.0, it),
            AnyRecord::Challenge(it) => step(tx, self.0, it),
            AnyRecord::ApiKey(it) => step(tx, self.0, it),
            AnyRecord::Visitor(it) => step(tx, self.0, it),
            AnyRecord::RateCounter(it) => step(tx, self.0, it),
            AnyRecord::RoleCount(it) => step(tx, self.0, it),
            AnyRecord::Counter(it) => step(tx, self.0, it),
            AnyRecord::Hold(it) => step(tx, self.0, it),
            AnyRecord::Wallet(it) => step(tx, self.0, it),
            AnyRecord::LedgerEntry(it) => step(tx, self.0, it),
            AnyRecord::Entitlement(it) => step(tx, self.0, it),
            AnyRecord::StoredPlan(it) => step(tx, self.0, it),
            AnyRecord::Subscription(it) => step(tx, self.0, it),
            AnyRecord::PaymentEvent(it) => step(tx, self.0, it),
            AnyRecord::Customer(it) => step(tx, self.0, it),
            AnyRecord::PaymentObject(it) => step(tx, self.0, it),
            AnyRecord::Attachment(it) => step(tx, self.0, it),
            AnyRecord::Blob(it) => step(tx, self.0, it),
            AnyRecord::Feedback(it) => step(tx, self.0, it),
            AnyRecord::Share(it) => step(tx, self.0, it),
            AnyRecord::Node(it) => require(tx, it),
            AnyRecord::Slot(it) => require(tx, it),
            AnyRecord::ExternalId(it) => require(tx, it),
            other => panic!("no step for {:?}", other.kind()),
        }
    }
}

fn step<R: Stored>(tx: &mut Tx<'_>, verb: Verb, record: &R) -> Result<(), Stop> {
    match verb {
        Verb::Insert => tx.insert(record.clone()),
        Verb::InsertFresh => tx.insert_fresh(record.clone()),
        Verb::Update => tx.update(record.clone()),
        Verb::Delete => tx.delete::<R>(&record.key()),
        Verb::Require => tx.require::<R>(&record.key()).map(|_| ()),
    }
}

/// A projection is there and says what the record would say, or there is a conflict that shows the difference.
fn require<R: Stored>(tx: &mut Tx<'_>, record: &R) -> Result<(), Stop> {
    let found = tx.require::<R>(&record.key())?;
    if found == *record { Ok(()) } else { Err(Conflict::Rule("the projection says something else").into()) }
}

fn external_id_is_free(tx: &mut Tx<'_>, it: &Conversation, verb: Verb) -> Result<(), Stop> {
    let Some(external_id) = it.external_id.clone().filter(|_| writes(verb)) else { return Ok(()) };
    match tx.get::<ExternalId>(&(it.owner, external_id))? {
        Some(found) if found.conversation != it.id => Err(Conflict::Exists(Kind::ExternalId).into()),
        _ => Ok(()),
    }
}

fn place_is_free(tx: &mut Tx<'_>, it: &Message, verb: Verb) -> Result<(), Stop> {
    if !writes(verb) {
        return Ok(());
    }
    match tx.get::<Slot>(&(it.conversation, it.place.lane, it.place.position))? {
        Some(found) if found.message != it.id => Err(Conflict::Exists(Kind::Slot).into()),
        _ => Ok(()),
    }
}

fn writes(verb: Verb) -> bool {
    matches!(verb, Verb::Insert | Verb::InsertFresh | Verb::Update)
}

/// Counts one up.
#[derive(Debug, Clone, Copy)]
pub(crate) struct CountUp(pub(crate) Numbered);

impl Change for CountUp {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        match tx.get::<Sequence>(&self.0)? {
            Some(sequence) => tx.update(Sequence { next: sequence.next + 1, ..sequence }),
            None => tx.insert(Sequence { of: self.0, next: 2 }),
        }
    }
}

/// Refuses.
#[derive(Debug)]
pub(crate) struct Refuse;

impl Change for Refuse {
    fn apply(&self, _: &mut Tx<'_>) -> Result<(), Stop> {
        Err(Conflict::Rule("no").into())
    }
}

/// Breaks.
#[derive(Debug)]
pub(crate) struct Panic;

impl Change for Panic {
    fn apply(&self, _: &mut Tx<'_>) -> Result<(), Stop> {
        panic!("a broken rule")
    }
}

/// Where a counter stands.
pub(crate) async fn count(store: &(impl Commit + ?Sized), of: Numbered) -> u64 {
    /// Writes nothing but what is there, so that the answer shows it.
    #[derive(Debug)]
    struct Touch(Numbered);
    impl Change for Touch {
        fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
            let sequence = tx.require::<Sequence>(&self.0)?;
            tx.update(sequence)
        }
    }
    let committed = store.commit(Batch::of(Touch(of))).await.expect("the counter is there");
    committed.get::<Sequence>(&of).expect("it was touched").next
}

/// A batch of steps.
pub(crate) fn batch(steps: impl IntoIterator<Item = Step>) -> Batch {
    steps.into_iter().fold(Batch::default(), Batch::and)
}

/// Inserts a record whose id is taken to be new.
pub(crate) fn fresh(record: impl Into<AnyRecord>) -> Step {
    Step(Verb::InsertFresh, record.into())
}

/// The key of a record as bytes.
pub(crate) fn key_of<R: Record + Into<AnyRecord>>(record: R) -> Vec<u8> {
    record.into().key_bytes()
}
