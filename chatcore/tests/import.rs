//! What another system had, as it comes here.
#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::{ConversationStore, Conversations, NewConversation, NewMessage, Parent, Part, Role};
use chatcore::import::{Dialogue, Importer, Met, Person, Said};
use chatcore::page::PageRequest;
use chatcore::store::{Kind, Scan};
use chatcore::testing::{CountingIds, ManualClock};
use chatcore::{Clock, MemoryStore, Timestamp, UserId};
use futures::executor::block_on;

struct World {
    store: Arc<MemoryStore>,
    clock: ManualClock,
    importer: Importer,
    own: Conversations,
}

impl World {
    fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::in_memory()), ManualClock::new());
        let (time, ids) = (Arc::new(clock.clone()), Arc::new(CountingIds::default()));
        let importer = Importer::new(store.clone(), time.clone(), ids.clone(), "old");
        let own = Conversations::new(store.clone(), time, ids);
        Self { store, clock, importer, own }
    }

    fn said(&self, caller: &Caller) -> Vec<String> {
        let first = PageRequest::first();
        let list = block_on(self.own.list(caller, &first)).unwrap();
        list.items.into_iter().filter_map(|one| one.title).collect()
    }
}

fn future() -> Timestamp {
    "3000-01-01T00:00:00Z".parse().unwrap()
}

fn ann(created_at: Timestamp) -> Person {
    Person { key: "1".into(), username: Some("ann".into()), created_at, ..Person::default() }
}

fn dialogue(at: Timestamp) -> Dialogue {
    let said = |key: &str, parent: Option<&str>, role| {
        let (key, parent, text) = (key.to_owned(), parent.map(str::to_owned), key.to_owned());
        Said { key, parent, role, text, at }
    };
    let said = vec![said("q", None, Role::User), said("a", Some("q"), Role::Assistant)];
    Dialogue { key: "1".into(), title: Some("old".into()), created_at: at, said, head: None }
}

fn made(met: Met) -> UserId {
    let Met::Made(id) = met else { unreachable!("{met:?}") };
    id
}

#[test]
fn what_says_that_it_is_of_the_future_is_of_now() {
    let world = World::new();
    let now = world.clock.now();
    let ann_id = made(block_on(world.importer.person(&ann(future()))).unwrap());
    block_on(world.importer.dialogue(ann_id, &dialogue(future()))).unwrap();
    let me = Caller::user(ann_id);
    let user = block_on(chatcore::account::AccountStore::user(&*world.store, ann_id)).unwrap().unwrap();
    assert_eq!(user.created_at, now);
    let list = block_on(world.store.conversations(me.subject(), None, 9)).unwrap();
    assert_eq!((list[0].created_at, list[0].updated_at), (now, now));
    // what is written later stands above it: by its time, and by its id
    world.clock.advance(Duration::from_secs(60));
    let later = NewConversation { title: Some("new".into()), ..NewConversation::default() };
    let later = block_on(world.own.create(&me, later)).unwrap();
    assert_eq!(world.said(&me), ["new", "old"]);
    let (role, parts, parent) = (Role::User, vec![Part::text("later")], Parent::Head);
    let new = NewMessage { role, parts, parent, expected_head: None, client_ref: None, once: None };
    let last = block_on(world.own.append(&me, list[0].id, new)).unwrap().message;
    let branch = block_on(world.own.branch(&me, list[0].id, None, &PageRequest::first())).unwrap();
    assert!(branch.items.iter().all(|view| view.message.id <= last.id && view.message.created_at <= last.created_at));
    assert!(list[0].id < later.id);
}

#[test]
fn who_came_from_the_future_comes_once() {
    let world = World::new();
    // an hour ahead: the clocks of two machines
    let soon = world.clock.now().plus(Duration::from_secs(3600));
    for (name, at) in [("soon", soon), ("late", future())] {
        let person = Person { key: name.to_owned(), username: Some(name.to_owned()), ..ann(at) };
        let id = made(block_on(world.importer.person(&person)).unwrap());
        block_on(world.importer.dialogue(id, &dialogue(at))).unwrap();
        let records = || {
            let all = [Kind::User, Kind::Conversation, Kind::Message];
            all.map(|kind| block_on(world.store.scan(kind, None, 99)).unwrap().len())
        };
        let before = records();
        // when the time has come, too
        for _ in 0..3 {
            world.clock.advance(Duration::from_secs(3000));
            assert_eq!(block_on(world.importer.person(&person)).unwrap(), Met::There(id));
            assert!(!block_on(world.importer.dialogue(id, &dialogue(at))).unwrap().is_new);
        }
        assert_eq!(records(), before);
    }
}
