//! Batches that a store cannot write, among others that it can: only they fail.

use chatcore::store::{AnyRecord, Batch, Change, Kind, Stop, Store, StoreError, StoreErrorKind, Tx};

use super::compare::everything;
use super::records::{conversation, conversation_id, message, message_id};
use super::{batch, fresh};

/// Inserts conversations without a look whether their external ids are free.
#[derive(Debug)]
struct Careless(Vec<u8>);

impl Change for Careless {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        self.0.iter().try_for_each(|n| tx.insert(conversation(*n, 1)))
    }
}

fn expect_named<T: std::fmt::Debug>(done: Result<T, StoreError>) {
    let error = done.expect_err("a clash");
    assert_eq!(*error.kind(), StoreErrorKind::NotApplied);
    assert!(error.to_string().contains("conversations"), "{error}");
}

/// A rule that lets two rows clash.
pub(crate) async fn a_clash_fails_alone(store: &dyn Store) {
    expect_named(store.commit(Batch::of(Careless(vec![1, 2]))).await);
    assert!(everything(store, Kind::Conversation, 10).await.is_empty());
    let (before, clash, behind) = tokio::join!(
        store.commit(batch([fresh(message(1, 0, 0))])),
        store.commit(Batch::of(Careless(vec![1, 2]))),
        store.commit(batch([fresh(message(2, 0, 4))])),
    );
    expect_named(clash);
    assert!(before.is_ok() && behind.is_ok(), "neighbours of a clash");
    // each is right by itself: one of them comes first
    let (one, between, two) = tokio::join!(
        store.commit(Batch::of(Careless(vec![3]))),
        store.commit(batch([fresh(message(3, 0, 5))])),
        store.commit(Batch::of(Careless(vec![4]))),
    );
    assert!(between.is_ok(), "the neighbour of a clash");
    assert_ne!(one.is_ok(), two.is_ok(), "one of two that clash");
    expect_named(if one.is_ok() { two } else { one });
    let left = everything(store, Kind::Conversation, 10).await;
    assert!(matches!(&left[..], [AnyRecord::Conversation(it)] if [3, 4].map(conversation_id).contains(&it.id)));
    assert_eq!(everything(store, Kind::Message, 10).await.len(), 3);
}

/// The first of them is to be spoilt.
pub(crate) async fn two_messages(store: &dyn Store) {
    store.commit(batch([fresh(message(1, 0, 0)), fresh(message(2, 0, 4))])).await.expect("two messages");
}

/// A row that cannot be understood: the first of [`two_messages`] is one, and this store has not seen it before.
pub(crate) async fn a_row_that_cannot_be_read_fails_alone(store: &dyn Store) {
    let revise = |n, salt| batch([super::Step(super::Verb::Update, message(n, 0, salt).into())]);
    let (before, spoilt, behind) = tokio::join!(
        store.commit(batch([fresh(conversation(1, 1))])),
        store.commit(revise(1, 0)),
        store.commit(revise(2, 4)),
    );
    assert_eq!(*spoilt.expect_err("a row that nobody understands").kind(), StoreErrorKind::Corrupt);
    assert!(before.is_ok() && behind.is_ok(), "neighbours of a row that cannot be read");
    assert_eq!(*store.message(message_id(1)).await.expect_err("the same").kind(), StoreErrorKind::Corrupt);
    assert!(store.message(message_id(2)).await.expect("a read").is_some());
}
