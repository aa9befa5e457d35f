//! A store with a bit of everything: always the same one.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use chatcore::account::{AccountRole, Caller, OpenSession, RegisterUser, Session, SessionKind, TokenHash};
use chatcore::billing::{
    Grace, Interval, LinkCustomer, News, Notice, NumberPlan, Plan, PlanId, PlanPrice, ReceiveEvent, Snapshot,
    SnapshotStatus,
};
use chatcore::check::{Options, Report, check, repair};
use chatcore::conversation::{
    Conversation, ExternalId, Fork, Lane, Message, NewConversation, NewMessage, Node, Numbered, Parent, Part, Role,
    Sequence, Slot,
};
use chatcore::store::{Batch, Commit, Kind};
use chatcore::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use chatcore::turn::{Ask, Run, RunLog, Turn};
use chatcore::{Chat, Clock, ConversationId, JobId, MemoryStore, MessageId, RunId, SessionId, Subject, UserId};
use futures::executor::block_on;

use crate::raw::{all, dump};

/// A conversation that things happen to, two that they should not reach, and two users.
pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) victim: ConversationId,
    pub(crate) other: ConversationId,
    pub(crate) ann: UserId,
    pub(crate) bob: UserId,
    pub(crate) session: SessionId,
    pub(crate) ids: Arc<CountingIds>,
    pub(crate) clock: ManualClock,
    neighbour: ConversationId,
}

struct Maker {
    chat: Chat,
    model: ScriptedModel,
}

impl Maker {
    async fn turn(&self, caller: &Caller, id: ConversationId, text: &str) -> (Option<MessageId>, MessageId) {
        self.model.will(Script::saying(&format!("answer to {text}")));
        done(self.chat.send(caller, id, text).await.unwrap()).await
    }

    async fn edit(&self, caller: &Caller, id: MessageId, text: &str) -> (Option<MessageId>, MessageId) {
        self.model.will(Script::saying(&format!("answer to {text}")));
        done(self.chat.edit(caller, id, text).await.unwrap()).await
    }

    async fn regenerate(&self, caller: &Caller, id: MessageId, text: &str) -> (Option<MessageId>, MessageId) {
        self.model.will(Script::saying(text));
        done(self.chat.regenerate(caller, id, Ask::default()).await.unwrap()).await
    }

    async fn note(&self, caller: &Caller, id: ConversationId, parent: Parent, text: &str) -> MessageId {
        let parts = vec![Part::text(text)];
        let new = NewMessage { role: Role::User, parts, parent, expected_head: None, client_ref: None, once: None };
        self.chat.conversations().append(caller, id, new).await.unwrap().message.id
    }

    async fn create(&self, caller: &Caller, name: &str) -> ConversationId {
        let new = NewConversation { external_id: Some(name.into()), ..NewConversation::default() };
        self.chat.create(caller, new).await.unwrap().id
    }

    /// A conversation with a lane for an edit, one for a second answer, and one for notes beside them.
    async fn winding(&self, caller: &Caller, name: &str) -> ConversationId {
        let id = self.create(caller, name).await;
        let (_, first) = self.turn(caller, id, "first").await;
        // leaves a seq that nobody has
        let gone = self.note(caller, id, Parent::Root, "deleted").await;
        self.chat.delete_message(caller, gone).await.unwrap();
        let (second, _) = self.turn(caller, id, "second").await;
        let (_, edited) = self.edit(caller, second.unwrap(), "edited").await;
        let (_, again) = self.regenerate(caller, edited, "said again").await;
        let note = self.note(caller, id, Parent::Message(first), "note").await;
        self.note(caller, id, Parent::Message(note), "second note").await;
        self.chat.conversations().move_head(caller, id, again, None).await.unwrap();
        self.turn(caller, id, "last").await;
        id
    }
}

/// Drives a turn to its end: the ids of what was asked and what was answered.
async fn done(turn: Turn) -> (Option<MessageId>, MessageId) {
    turn.driver.await;
    (turn.user_message.map(|asked| asked.message.id), turn.assistant_message.message.id)
}

/// Somebody buys a plan, and had another one before.
async fn subscribe(store: &MemoryStore, subject: Subject, number: u8, clock: &ManualClock) {
    let (at, customer) = (clock.now(), format!("cus_{number}"));
    store.commit(Batch::of(NumberPlan { id: PlanId("pro".into()), at })).await.unwrap();
    store.commit(Batch::of(LinkCustomer { subject, reference: customer.clone(), at })).await.unwrap();
    for (name, status) in [("old", SnapshotStatus::Canceled), ("new", SnapshotStatus::Active)] {
        let id = format!("sub_{name}_{number}");
        let snapshot = Snapshot {
            id: id.clone(),
            customer: customer.clone(),
            price: "price".into(),
            status,
            period_start: at,
            period_end: at.plus(std::time::Duration::from_secs(9)),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        };
        let news = News::Subscription(snapshot);
        let notice = Notice { id: format!("evt_{id}"), kind: "updated".into(), created: at, news };
        let (plans, grace) = (vec![pro()], Grace::default());
        let receive = ReceiveEvent { notice, look: None, plans, grace, knows_accounts: true, again: false, at };
        store.commit(Batch::of(receive)).await.unwrap();
    }
}

fn pro() -> Plan {
    let price = PlanPrice { reference: "price".into(), amount: 1, currency: "usd".into(), interval: Interval::Month };
    Plan {
        id: PlanId("pro".into()),
        name: "Pro".into(),
        description: None,
        price: Some(price),
        trial_days: 0,
        limits: Vec::new(),
        grants: Vec::new(),
    }
}

impl World {
    pub(crate) fn new() -> Self {
        block_on(Self::make())
    }

    async fn make() -> Self {
        let (clock, ids) = (ManualClock::new(), Arc::new(CountingIds::default()));
        let (store, model) = (Arc::new(MemoryStore::in_memory()), ScriptedModel::new(&clock));
        let chat = Chat::over(store.clone(), model.clone(), Arc::new(clock.clone()), ids.clone());
        let maker = Maker { chat, model };
        let (me, them) = (user(1), user(2));
        let (Subject::User(ann), Subject::User(bob)) = (me.subject(), them.subject()) else { unreachable!() };
        for (id, name) in [(ann, "ann"), (bob, "bob")] {
            let (username, email) = (Some(name.to_owned()), Some(format!("{name}@example.org")));
            let at = clock.now();
            let new = RegisterUser { id, username, email, secret: "hash".into(), role: AccountRole::User, at };
            store.commit(Batch::of(new)).await.unwrap();
        }
        let session = SessionId::mint(clock.now(), &*ids);
        for (id, user) in [(session, ann), (SessionId::mint(clock.now(), &*ids), bob)] {
            let session = new_session(id, user, &clock);
            store.commit(Batch::of(OpenSession { session })).await.unwrap();
        }
        for (subject, number) in [(me.subject(), 1), (them.subject(), 2)] {
            subscribe(&store, subject, number, &clock).await;
        }
        let neighbour = maker.winding(&them, "theirs").await;
        let victim = maker.winding(&me, "mine").await;
        let other = maker.create(&me, "another").await;
        maker.turn(&me, other, "elsewhere").await;
        Self { store, victim, other, ann, bob, session, ids, clock, neighbour }
    }

    pub(crate) fn commit(&self, batch: Batch) {
        block_on(self.store.commit(batch)).unwrap();
    }

    pub(crate) fn check(&self) -> Report {
        block_on(check(&*self.store, &Options::default(), &mut |_| {})).unwrap()
    }

    pub(crate) fn repair(&self) -> Report {
        block_on(repair(&*self.store, &Options::default(), &mut |_| {})).unwrap()
    }

    pub(crate) fn record(&self) -> Conversation {
        block_on(chatcore::conversation::ConversationStore::conversation(&*self.store, self.victim)).unwrap().unwrap()
    }

    /// The message of the conversation that things happen to with that text.
    pub(crate) fn said(&self, text: &str) -> Message {
        let mut found = all::<Message>(&*self.store).into_iter();
        found.find(|message| message.conversation == self.victim && message.text() == text).unwrap()
    }

    /// The lane that begins with a message.
    pub(crate) fn lane_of(&self, text: &str) -> Lane {
        let id = self.said(text).id;
        all::<Lane>(&*self.store).into_iter().find(|lane| lane.message == Some(id)).unwrap()
    }

    /// The run that wrote a message.
    pub(crate) fn run_of(&self, text: &str) -> Run {
        let id = self.said(text).run.unwrap();
        all::<Run>(&*self.store).into_iter().find(|run| run.id == id).unwrap()
    }

    /// The last stretch of the log of a run.
    pub(crate) fn log_of(&self, text: &str) -> RunLog {
        let id = self.run_of(text).id;
        all::<RunLog>(&*self.store).into_iter().rfind(|log| log.run == id).unwrap()
    }

    pub(crate) fn new_message(&self) -> MessageId {
        MessageId::mint(self.clock.now(), &*self.ids)
    }

    pub(crate) fn new_conversation(&self) -> ConversationId {
        ConversationId::mint(self.clock.now(), &*self.ids)
    }

    pub(crate) fn new_run(&self) -> RunId {
        RunId::mint(self.clock.now(), &*self.ids)
    }

    pub(crate) fn new_job(&self) -> JobId {
        JobId::mint(self.clock.now(), &*self.ids)
    }

    pub(crate) fn new_session(&self, user: UserId) -> Session {
        new_session(SessionId::mint(self.clock.now(), &*self.ids), user, &self.clock)
    }

    pub(crate) fn owner(&self) -> Subject {
        Subject::User(self.ann)
    }

    /// What belongs to the neighbour, which no repair of the others may touch.
    pub(crate) fn neighbours(&self) -> BTreeMap<(Kind, Vec<u8>), Vec<u8>> {
        let store = &*self.store;
        let mut keys: BTreeSet<(Kind, Vec<u8>)> = BTreeSet::new();
        macro_rules! of_neighbour {
            ($($type:ident: $one:ident => $belongs:expr;)*) => {$(
                for $one in all::<$type>(store).into_iter().filter(|$one| $belongs) {
                    let record = chatcore::store::AnyRecord::from($one);
                    keys.insert((record.kind(), record.key_bytes()));
                }
            )*};
        }
        let id = self.neighbour;
        let runs: Vec<RunId> =
            all::<Run>(store).iter().filter(|run| run.conversation == id).map(|run| run.id).collect();
        of_neighbour! {
            Conversation: one => one.id == id;
            Message: one => one.conversation == id;
            Lane: one => one.conversation == id;
            Fork: one => one.conversation == id;
            Node: one => one.conversation == id;
            Slot: one => one.conversation == id;
            ExternalId: one => one.conversation == id;
            Run: one => one.conversation == id;
            RunLog: one => runs.contains(&one.run);
            Session: one => one.user == self.bob;
            Sequence: one => one.of == Numbered::Messages(Subject::User(self.bob));
        }
        assert!(keys.len() > 50, "the neighbour has something to lose");
        dump(store).into_iter().filter(|(key, _)| keys.contains(key)).collect()
    }

    /// What people wrote, everywhere.
    pub(crate) fn texts(&self) -> BTreeSet<String> {
        let users = all::<Message>(&*self.store).into_iter().filter(|message| message.role == Role::User);
        users.map(|message| message.text()).collect()
    }

    /// A message that nobody hangs below, in the lane of its parent, and not the head.
    pub(crate) fn leaf(&self) -> Message {
        self.said("second note")
    }
}

fn new_session(id: SessionId, user: UserId, clock: &ManualClock) -> Session {
    let (kind, now) = (SessionKind::api(), clock.now());
    Session {
        id,
        user,
        expires_at: now.plus(kind.lifetime()),
        kind,
        generation: 1,
        token_hash: TokenHash([7; 32]),
        rotated_at: now,
        epoch: 1,
        label: None,
        created_at: now,
        ended_at: None,
    }
}
