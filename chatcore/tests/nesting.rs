//! A tree that only forks: what it costs to delete it grows with its lanes, not with their square.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chatcore::account::Caller;
use chatcore::conversation::{Conversations, NewConversation, NewMessage, Parent, Part, Role};
use chatcore::memory::MemoryMap;
use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, StoreError};
use chatcore::{Clock, RandomIds, Timestamp, UserId};
use futures::executor::block_on;

/// Counts how often it is asked.
#[derive(Default)]
struct Counting {
    map: MemoryMap,
    asked: Arc<AtomicUsize>,
}

#[async_trait]
impl KeyValue for Counting {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.asked.fetch_add(1, Ordering::SeqCst);
        self.map.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.map.scan(range, limit).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        self.map.apply(writes).await
    }
}

struct Still;

#[async_trait]
impl Clock for Still {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(1)
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

fn say(parent: Parent) -> NewMessage {
    NewMessage {
        role: Role::User,
        parts: vec![Part::text("x")],
        parent,
        expected_head: None,
        client_ref: None,
        once: None,
    }
}

/// Look-ups that deleting `lanes` nested lanes takes, leaving the counting of `lanes_up` from the leaf aside: it reads a
/// key-value store lane by lane, once for the head and once for what goes.
fn cost(lanes: usize) -> usize {
    let asked = Arc::new(AtomicUsize::new(0));
    let store = Arc::new(DoorStore::new(Counting { map: MemoryMap::default(), asked: asked.clone() }));
    let service = Conversations::new(store, Arc::new(Still), Arc::new(RandomIds));
    let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
    block_on(async {
        let id = service.create(&me, NewConversation::default()).await.unwrap().id;
        let top = service.append(&me, id, say(Parent::Root)).await.unwrap().message.id;
        let mut parent = top;
        for _ in 0..lanes {
            service.append(&me, id, say(Parent::Message(parent))).await.unwrap();
            parent = service.append(&me, id, say(Parent::Message(parent))).await.unwrap().message.id;
        }
        asked.store(0, Ordering::SeqCst);
        let left = service.delete_subtree(&me, top).await.unwrap();
        assert_eq!((left.message_count, left.cuts, left.head), (0, 0, None));
    });
    asked.load(Ordering::SeqCst)
}

#[test]
fn deleting_a_tree_that_only_forks_costs_as_much_as_it_has_lanes() {
    let (few, many) = (cost(20), cost(80));
    assert!(many < few * 6, "{few} look-ups for 20 lanes, {many} for 80");
}
