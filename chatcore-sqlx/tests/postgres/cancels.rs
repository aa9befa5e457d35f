//! Requests that are dropped at any moment.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use chatcore::conversation::{
    Conversation, ConversationStore, NewConversation, NewMessage, Numbered, Parent, Part, Role,
};
use chatcore::store::{Batch, Commit};
use chatcore::testing::{ManualClock, ScriptedModel, user};
use chatcore::{Chat, ConversationId, MessageId, RandomIds};
use chatcore_sqlx::PostgresStore;
use futures::future::join_all;
use uuid::Uuid;

use super::place::{Place, run};
use crate::support::records::{conversation, message};
use crate::support::{CountUp, batch, fresh};

const TASKS: usize = 24;
const KNOWN: u64 = 40;

/// Random enough, and the same each time.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 = self.0.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        (self.0 >> 33) % sides
    }
}

fn conversation_id(n: u64) -> ConversationId {
    ConversationId::from_uuid(Uuid::from_u128(u128::from(n) + 1))
}

/// Two rows that say which they are, written together.
fn pair(n: u64) -> Batch {
    let mut chat = conversation(0, 0);
    (chat.id, chat.title, chat.external_id) = (conversation_id(n), Some(n.to_string()), None);
    let mut said = message(0, 0, 0);
    (said.id, said.conversation) = (MessageId::from_uuid(Uuid::from_u128(u128::from(n) + 1)), chat.id);
    said.parts = vec![Part::text(n.to_string())];
    batch([fresh(chat), fresh(said)])
}

struct Storm {
    store: Arc<PostgresStore>,
    chat: Chat,
    known: Vec<ConversationId>,
    mixed_up: AtomicUsize,
    answered: AtomicUsize,
    dropped: AtomicUsize,
}

impl Storm {
    fn expect(&self, holds: bool) {
        self.answered.fetch_add(1, Ordering::Relaxed);
        self.mixed_up.fetch_add(usize::from(!holds), Ordering::Relaxed);
    }

    /// One request, whose answer shows what was asked.
    async fn request(&self, n: u64, dice: u64) {
        let key = dice % KNOWN;
        let caller = user(key);
        let named = |found: Option<Conversation>| found.is_some_and(|it| it.title == Some(key.to_string()));
        match dice / KNOWN % 5 {
            0 => {
                self.store.commit(pair(1000 + n)).await.unwrap();
            }
            1 => self.expect(named(self.store.conversation(conversation_id(key)).await.unwrap())),
            2 => {
                let id = MessageId::from_uuid(Uuid::from_u128(u128::from(key) + 1));
                let found = self.store.message(id).await.unwrap();
                self.expect(found.is_some_and(|it| it.text() == key.to_string()));
            }
            3 => {
                let id = self.known[usize::try_from(key).unwrap()];
                let found = self.chat.conversations().branch(&caller, id, None, &Default::default()).await.unwrap();
                self.expect(found.items.iter().all(|view| view.message.text() == key.to_string()));
            }
            _ => {
                let id = self.known[usize::try_from(key).unwrap()];
                let said = vec![Part::text(key.to_string())];
                let new = NewMessage {
                    role: Role::User,
                    parts: said,
                    parent: Parent::Head,
                    expected_head: None,
                    client_ref: None,
                    once: None,
                };
                let found = self.chat.conversations().append(&caller, id, new).await.unwrap();
                self.expect(found.message.text() == key.to_string());
            }
        }
    }

    /// A task's share of the requests, most of which are dropped half-way.
    async fn requests(&self, task: usize, count: usize) {
        let mut dice = Dice(task as u64);
        for n in 0..count {
            // as often short as long: some do not begin, some stop half-way, some are answered
            let patience = Duration::from_micros(1 << dice.roll(18));
            let request = self.request((task * count + n) as u64, dice.roll(1 << 20));
            if tokio::time::timeout(patience, request).await.is_err() {
                self.dropped.fetch_add(1, Ordering::Relaxed);
            }
        }
    }
}

/// 600 requests; `CHATCORE_CANCELS=20000` makes it as many as a day may bring.
pub(super) async fn dropped_requests_leave_nothing_behind(place: Place) {
    let cancels = std::env::var("CHATCORE_CANCELS").map_or(600, |count| count.parse().unwrap());
    let store = place.store().await;
    let clock = ManualClock::new();
    let chat = Chat::over(store.clone(), ScriptedModel::new(&clock), Arc::new(clock), Arc::new(RandomIds));
    let mut known = Vec::new();
    for n in 0..KNOWN {
        store.commit(pair(n)).await.unwrap();
        known.push(chat.conversations().create(&user(n), NewConversation::default()).await.unwrap().id);
    }
    let [mixed_up, answered, dropped] = [0; 3].map(AtomicUsize::new);
    let storm = Storm { store, chat, known, mixed_up, answered, dropped };
    join_all((0..TASKS).map(|task| storm.requests(task, cancels / TASKS))).await;

    // calm: what is asked now is answered, by as many connections as before, and by no other
    let (answered, dropped) = (storm.answered.load(Ordering::Relaxed), storm.dropped.load(Ordering::Relaxed));
    assert!(answered > 0 && dropped > cancels / 4, "{answered} were answered and {dropped} dropped");
    for n in 0..4 * KNOWN {
        storm.request(n, KNOWN * (1 + n / KNOWN) + n % KNOWN).await;
    }
    assert_eq!(storm.mixed_up.load(Ordering::Relaxed), 0, "answers to another question");
    assert_eq!(storm.answered.load(Ordering::Relaxed), answered + usize::try_from(4 * KNOWN).unwrap());
    storm.store.commit(Batch::of(CountUp(Numbered::Users))).await.unwrap();
    place.until("TRUE", |backends| backends <= 3 + 1).await;
    place.until("state LIKE 'idle in transaction%'", |backends| backends == 0).await;
    let torn = "SELECT count(*) FROM messages m FULL JOIN conversations c ON c.id = m.id
                WHERE (m.id IS NULL) <> (c.id IS NULL) AND coalesce(m.id, c.id) < '\\x0001'";
    assert_eq!(place.ask(torn).await, 0, "batches that were written in part");
    all_readers_are_there(&place, &storm).await;
}

/// Reads that have to wait show how many connections there are.
async fn all_readers_are_there(place: &Place, storm: &Storm) {
    let mut aside = place.aside().await;
    run(&mut aside, "BEGIN; LOCK TABLE conversations IN ACCESS EXCLUSIVE MODE").await;
    let reads = join_all((0..9).map(|n| storm.request(n, KNOWN + n)));
    let release = async {
        place.until("wait_event_type = 'Lock'", |backends| backends == 3).await;
        run(&mut aside, "ROLLBACK").await;
    };
    tokio::join!(reads, release);
    assert_eq!(storm.mixed_up.load(Ordering::Relaxed), 0);
}
