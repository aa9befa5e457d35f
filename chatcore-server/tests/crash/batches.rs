//! Batches without a service: some messages in a row in one conversation and one in another, together.

use chatcore::conversation::{InsertMessage, MessageState, NewConversation, Part, Role};
use chatcore::store::Batch;
use chatcore::{Clock, ConversationId, Error, MessageId, RandomIds};
use chatcore_llm::SystemClock;
use rand::RngExt;

use super::journal::{Done, News, Print, RawBatch, Work};
use super::order::Lie;
use super::words;
use super::writer::{Task, chain};

pub(crate) struct Batches {
    task: Task,
    pair: Option<(ConversationId, ConversationId)>,
}

impl Batches {
    pub(crate) async fn run(task: Task) {
        let mut batches = Self { task, pair: None };
        if let Err(error) = batches.task.load().await {
            batches.task.say(News::Read(Some(chain(&error))));
            return;
        }
        batches.tidy().await;
        while !batches.task.is_over() {
            batches.step().await;
        }
    }

    /// The conversations of the writers before go, so that a store does not grow from kill to kill.
    async fn tidy(&mut self) {
        let old: Vec<ConversationId> = self.task.ledger.conversations.keys().copied().collect();
        for id in old {
            let (chat, caller) = (self.task.opened.chat.clone(), self.task.caller.clone());
            let doing = async move { chat.delete(&caller, id).await };
            self.task.attempt(Work::DeleteConversation { conversation: id }, doing, |()| Done::Nothing).await;
        }
    }

    async fn step(&mut self) {
        let Some((row, other)) = self.pair else {
            let (row, other) = (self.create().await, self.create().await);
            self.pair = row.zip(other);
            return;
        };
        let end = |id| self.task.ledger.tree(id).map(|tree| tree.head);
        let (Some(row_end), Some(other_end)) = (end(row), end(other)) else {
            // nobody knows what became of the last batch there
            self.pair = None;
            return;
        };
        let count = self.task.random.random_range(1..=6);
        let text = words::exactly(&self.task.name(), self.task.order.text);
        let ids: Vec<MessageId> = (0..=count).map(|_| MessageId::mint(SystemClock.now(), &RandomIds)).collect();
        let batch = RawBatch { row, row_end, other, other_end, ids, text: Print::of(&text) };
        match self.task.order.lie {
            None => self.commit(batch, &text).await,
            Some(Lie::Early) => self.commit_early(batch, &text).await,
            Some(Lie::Torn) => self.commit_torn(batch, &text).await,
        }
    }

    async fn create(&mut self) -> Option<ConversationId> {
        let (chat, caller, title) = (self.task.opened.chat.clone(), self.task.caller.clone(), self.task.name());
        let new =
            NewConversation { title: Some(title.clone()), external_id: Some(title.clone()), ..Default::default() };
        let doing = async move { chat.create(&caller, new).await };
        let made = self.task.attempt(Work::Create { title }, doing, |made| Done::Conversation(made.id)).await;
        made.map(|made| made.id)
    }

    async fn commit(&mut self, batch: RawBatch, text: &str) {
        let store = self.task.opened.store.clone();
        let changes = self.changes(&batch, text).into_iter().fold(Batch::default(), Batch::and);
        let doing = async move { store.commit(changes).await.map_err(Error::from) };
        let first = batch.ids.first().copied();
        if self.task.attempt(Work::Batch(batch), doing, |_| Done::Nothing).await.is_some() {
            self.task.remembered = first;
        }
    }

    async fn commit_early(&mut self, batch: RawBatch, text: &str) {
        let changes = self.changes(&batch, text).into_iter().fold(Batch::default(), Batch::and);
        self.task.number += 1;
        self.task.say(News::Try(Work::Batch(batch)));
        self.task.say(News::Done(Done::Nothing));
        let _ = self.task.opened.store.commit(changes).await;
    }

    async fn commit_torn(&mut self, batch: RawBatch, text: &str) {
        let changes = self.changes(&batch, text);
        self.task.number += 1;
        self.task.say(News::Try(Work::Batch(batch)));
        for change in changes {
            let _ = self.task.opened.store.commit(Batch::of(change)).await;
        }
        self.task.say(News::Done(Done::Nothing));
    }

    fn changes(&self, batch: &RawBatch, text: &str) -> Vec<InsertMessage> {
        let mut parent = batch.row_end;
        let owner = self.task.caller.subject();
        let insert = |id: MessageId, conversation: ConversationId, parent: Option<MessageId>| InsertMessage {
            id,
            conversation,
            owner,
            parent,
            hint: None,
            role: Role::User,
            parts: vec![Part::text(text)],
            state: MessageState::Complete,
            model: None,
            run: None,
            client_ref: None,
            follow: true,
            at: SystemClock.now(),
        };
        let (last, row) = batch.ids.split_last().expect("a batch has messages");
        let mut changes: Vec<InsertMessage> =
            row.iter().map(|id| insert(*id, batch.row, parent.replace(*id))).collect();
        changes.push(insert(*last, batch.other, batch.other_end));
        changes
    }
}
