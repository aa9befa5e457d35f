//! What a check works with: a store, services over it, and short words for what most checks do.

use std::sync::Arc;
use std::task::Poll;

use super::harness::{Harness, skip};
use super::need::Need;
use super::raw;
use super::samples::{Sample, samples};
use crate::account::Caller;
use crate::conversation::{
    Conversation, Conversations, InsertMessage, Message, MessageState, MessageView, NewConversation, NewMessage,
    Parent, Part, Role,
};
use crate::error::Error;
use crate::id::{ConversationId, JobId, MessageId, RunId};
use crate::page::PageRequest;
use crate::store::{Batch, Committed, Conflict, Kind, Store, StoreError};
use crate::testing::{CountingIds, ManualClock, ScriptedModel, user};
use crate::turn::Chat;
use crate::{Clock, Timestamp};

/// A store with services over it.
pub(super) struct Bench<'a> {
    /// Which check it is.
    pub(super) check: &'static str,
    pub(super) harness: &'a dyn Harness,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: ManualClock,
    pub(super) ids: Arc<CountingIds>,
    pub(super) model: ScriptedModel,
    pub(super) chat: Chat,
    pub(super) caller: Caller,
}

impl<'a> Bench<'a> {
    pub(super) async fn open(check: &'static str, harness: &'a dyn Harness) -> Self {
        let clock = ManualClock::new();
        let model = ScriptedModel::new(&clock);
        Self::over(check, harness, harness.open().await, clock, Arc::default(), model)
    }

    fn over(
        check: &'static str,
        harness: &'a dyn Harness,
        store: Arc<dyn Store>,
        clock: ManualClock,
        ids: Arc<CountingIds>,
        model: ScriptedModel,
    ) -> Self {
        let chat = Chat::over(store.clone(), model.clone(), Arc::new(clock.clone()), ids.clone());
        Self { check, harness, store, clock, ids, model, chat, caller: user(1) }
    }

    /// The same data in a new process; `None`, and said so, when the store keeps nothing.
    pub(super) async fn reopen(self) -> Option<Self> {
        let check = self.check;
        let again = self.again().await;
        if again.is_none() {
            skip(check, Need::Reopen.reason());
        }
        again
    }

    /// The same data in a new process, if the store keeps any.
    pub(super) async fn again(self) -> Option<Self> {
        let Self { check, harness, store, clock, ids, model, chat, caller } = self;
        drop(chat);
        let store = harness.reopen(store).await?;
        Some(Self { caller, ..Self::over(check, harness, store, clock, ids, model) })
    }

    /// The same data in a new process, so late that whatever the one before left unfinished is taken for dead: at once
    /// where no other process can be at work, and after a while where one can.
    pub(super) async fn crash(self) -> Option<Self> {
        let bench = self.reopen().await?;
        if !bench.store.is_exclusive() {
            bench.clock.advance(std::time::Duration::from_secs(60));
        }
        Some(bench)
    }

    pub(super) fn conversations(&self) -> &Conversations {
        self.chat.conversations()
    }

    pub(super) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// A second passes.
    pub(super) fn tick(&self) {
        self.clock.advance(std::time::Duration::from_secs(1));
    }

    pub(super) async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        self.store.commit(batch).await
    }

    pub(super) async fn conversation(&self) -> ConversationId {
        self.conversations().create(&self.caller, NewConversation::default()).await.unwrap().id
    }

    pub(super) async fn get(&self, id: ConversationId) -> Conversation {
        self.conversations().get(&self.caller, id).await.unwrap()
    }

    pub(super) async fn head(&self, id: ConversationId) -> Option<MessageId> {
        self.get(id).await.head_message()
    }

    /// Appends a message.
    pub(super) async fn say(&self, to: ConversationId, parent: Parent, role: Role, text: &str) -> Message {
        let new = message(parent, role, text);
        self.conversations().append(&self.caller, to, new).await.unwrap().message
    }

    /// Appends a user's message.
    pub(super) async fn ask(&self, to: ConversationId, parent: Parent, text: &str) -> Message {
        self.say(to, parent, Role::User, text).await
    }

    /// Appends a chain of messages at the head, users and assistants by turns.
    pub(super) async fn chain(&self, to: ConversationId, length: usize) -> Vec<Message> {
        let mut chain = Vec::new();
        for at in 0..length {
            let role = if at % 2 == 0 { Role::User } else { Role::Assistant };
            chain.push(self.say(to, Parent::Head, role, &format!("{at}")).await);
        }
        chain
    }

    pub(super) async fn view(&self, id: MessageId) -> MessageView {
        self.conversations().message(&self.caller, id).await.unwrap()
    }

    pub(super) async fn versions(&self, id: MessageId) -> (u64, u64) {
        let view = self.view(id).await;
        (view.version, view.versions)
    }

    /// The active branch, all of it, in pages of that size.
    pub(super) async fn branch(&self, id: ConversationId, page: usize) -> Vec<MessageView> {
        let mut request = PageRequest::first().limit(page);
        let mut branch = Vec::new();
        loop {
            let found = self.conversations().branch(&self.caller, id, None, &request).await.unwrap();
            assert!(found.items.len() <= page, "a page of {page} has {} messages", found.items.len());
            branch.splice(0..0, found.items);
            match found.next {
                Some(next) => request = request.after(Some(next)),
                None => return branch,
            }
        }
    }

    pub(super) async fn texts(&self, id: ConversationId) -> Vec<String> {
        self.branch(id, 50).await.iter().map(|view| view.message.text()).collect()
    }

    /// A message that is committed without the service.
    pub(super) fn insert(&self, into: ConversationId, parent: Option<MessageId>, role: Role) -> InsertMessage {
        InsertMessage {
            id: MessageId::mint(self.now(), &*self.ids),
            conversation: into,
            owner: self.caller.subject(),
            parent,
            hint: None,
            role,
            parts: vec![Part::text("inserted")],
            state: MessageState::Complete,
            model: None,
            run: None,
            client_ref: None,
            follow: true,
            at: self.now(),
        }
    }

    /// Samples of every kind that the store keeps.
    pub(super) fn samples(&self) -> Vec<Sample> {
        samples(&*self.ids).into_iter().filter(|sample| self.store.supports(sample.kind.domain())).collect()
    }

    pub(super) fn mint_run(&self) -> RunId {
        RunId::mint(self.now(), &*self.ids)
    }

    pub(super) fn mint_job(&self) -> JobId {
        JobId::mint(self.now(), &*self.ids)
    }

    /// How many records of a kind there are.
    pub(super) async fn count(&self, kind: Kind) -> usize {
        raw::scan_all(&*self.store, kind, 100).await.len()
    }

    /// Fails when the store holds what cannot be.
    pub(super) async fn expect_sound(&self) {
        let defects = super::check_store(&*self.store).await.unwrap();
        assert!(defects.is_empty(), "the store holds what cannot be:\n{}", defects.join("\n"));
    }

    /// Waits until a run's log holds an event, while something else goes on.
    pub(super) async fn logged(&self, run: RunId) {
        while self.store.run_log(run, 0, 1).await.unwrap().is_empty() {
            pause().await;
        }
    }
}

/// A message for the service to append.
pub(super) fn message(parent: Parent, role: Role, text: &str) -> NewMessage {
    NewMessage { role, parts: vec![Part::text(text)], parent, expected_head: None, client_ref: None, once: None }
}

/// Lets everything else have a turn.
pub(super) async fn pause() {
    let mut waited = false;
    std::future::poll_fn(|context| {
        if waited {
            return Poll::Ready(());
        }
        waited = true;
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}

/// Fails unless a commit was refused by this rule.
#[track_caller]
pub(super) fn expect_refusal<T>(result: Result<T, StoreError>, conflict: &Conflict) {
    match result {
        Ok(_) => panic!("the batch was taken, but should be refused: {conflict}"),
        Err(error) => assert_eq!(error.conflict(), Some(conflict), "another refusal: {error}"),
    }
}

/// Fails unless something was not found.
#[track_caller]
pub(super) fn expect_gone<T>(result: Result<T, Error>) {
    match result {
        Err(Error::NotFound(_)) => {}
        Err(other) => panic!("it should not be found, but: {other}"),
        Ok(_) => panic!("it should not be found, but was"),
    }
}
