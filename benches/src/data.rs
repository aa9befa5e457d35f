//! A store of its own, and conversations of every shape that is measured.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::{
    Conversations, InsertMessage, MessageState, NewConversation, NewMessage, Parent, Part, Role,
};
use chatcore::page::PageRequest;
use chatcore::store::{Batch, Store};
use chatcore::testing::{ManualClock, user};
use chatcore::{Clock, ConversationId, MessageId, RandomIds};
use futures::{StreamExt, TryStreamExt, stream};

use crate::backend::{Backend, Raw, StoreKind, sqlite_at};

/// Whatever goes wrong ends the bench.
pub type Failure = Box<dyn Error + Send + Sync>;

/// Messages that are committed together while a conversation is built.
const TOGETHER: usize = 500;

/// Conversations that are built at the same time.
const AT_ONCE: usize = 4;

/// What a conversation looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Questions and answers, nothing else.
    Plain,
    /// Every answer was regenerated once, and the conversation went on below the second.
    Regenerated,
    /// The last answer is one of so many.
    Siblings(u32),
    /// So many messages have a second version that nobody went on with.
    ForksBeside(u32),
    /// So many messages have a second version, and the conversation went on below that.
    ForksOn(u32),
}

impl Shape {
    /// How many versions the message at a depth from 0 has, and whether the path goes through the last.
    fn versions(self, at: u32, depth: u32) -> (u32, bool) {
        let forks = |count: u32| {
            let every = (depth / count.max(1)).max(2);
            if at % every == every / 2 && at + 1 < depth { 2 } else { 1 }
        };
        match self {
            Self::Regenerated if at % 2 == 1 => (2, true),
            Self::Siblings(count) if at + 1 == depth => (count, true),
            Self::ForksOn(count) => (forks(count), true),
            Self::ForksBeside(count) => (forks(count), false),
            _ => (1, true),
        }
    }
}

/// A store, and the service over it.
pub struct Data {
    backend: Box<dyn Backend>,
    conversations: Conversations,
    clock: ManualClock,
    /// Whose conversations the service measures.
    pub me: Caller,
    /// Whose conversations are written to by hand.
    pub other: Caller,
}

impl Data {
    /// An empty store.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open(kind: StoreKind) -> Result<Self, Failure> {
        Ok(Self::over(kind.open().await?))
    }

    /// A SQLite store on that file, which outlives this.
    ///
    /// # Errors
    /// When it cannot be opened.
    pub async fn sqlite_at(path: PathBuf) -> Result<Self, Failure> {
        Ok(Self::over(sqlite_at(path).await?))
    }

    fn over(backend: Box<dyn Backend>) -> Self {
        let clock = ManualClock::new();
        let conversations = Conversations::new(backend.store(), Arc::new(clock.clone()), Arc::new(RandomIds));
        Self { backend, conversations, clock, me: user(1), other: user(2) }
    }

    /// The store itself.
    #[must_use]
    pub fn store(&self) -> Arc<dyn Store> {
        self.backend.store()
    }

    /// The service that is measured.
    #[must_use]
    pub fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// How many groups the store has committed; each waits once for the disk.
    #[must_use]
    pub fn groups(&self) -> u64 {
        self.backend.groups()
    }

    /// The same engine by hand, if there is one beneath. Its appends go to a plain conversation of `other`.
    ///
    /// # Errors
    /// When it cannot be reached.
    pub async fn raw(&self) -> Result<Option<Box<dyn Raw>>, Failure> {
        let to = self.conversation(&self.other, 2, Shape::Plain).await?;
        self.backend.raw(&self.other, to).await
    }

    /// Closes the store and removes it: how many bytes it had on disk.
    ///
    /// # Errors
    /// When it cannot be removed.
    pub async fn close(self) -> Result<Option<u64>, Failure> {
        self.backend.close().await
    }

    /// A conversation of that depth and shape.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn conversation(&self, of: &Caller, depth: u32, shape: Shape) -> Result<ConversationId, Failure> {
        let id = self.conversations.create(of, NewConversation::default()).await?.id;
        let mut inserts = self.inserts(of, id, depth, shape).into_iter().peekable();
        while inserts.peek().is_some() {
            let batch = inserts.by_ref().take(TOGETHER).fold(Batch::default(), Batch::and);
            self.store().commit(batch).await?;
        }
        Ok(id)
    }

    /// So many plain conversations of that depth, of [`Data::me`].
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn library(&self, count: u32, depth: u32) -> Result<Vec<ConversationId>, Failure> {
        let build = |_| self.conversation(&self.me, depth, Shape::Plain);
        stream::iter(0..count).map(build).buffer_unordered(AT_ONCE).try_collect().await
    }

    fn inserts(&self, of: &Caller, id: ConversationId, depth: u32, shape: Shape) -> Vec<InsertMessage> {
        let mut inserts = Vec::new();
        let mut parent = None;
        for at in 0..depth {
            let (versions, through_last) = shape.versions(at, depth);
            let role = if at % 2 == 0 { Role::User } else { Role::Assistant };
            let mut path = None;
            for version in 0..versions {
                let mut insert = self.insert(of, id, parent, role);
                insert.follow = version == 0 || through_last;
                path = if insert.follow { Some(insert.id) } else { path };
                inserts.push(insert);
            }
            parent = path;
        }
        inserts
    }

    fn insert(&self, of: &Caller, to: ConversationId, parent: Option<MessageId>, role: Role) -> InsertMessage {
        self.clock.advance(Duration::from_millis(1));
        let at = self.clock.now();
        InsertMessage {
            id: MessageId::mint(at, &RandomIds),
            conversation: to,
            owner: of.subject(),
            parent,
            hint: None,
            role,
            parts: vec![Part::text(Self::words())],
            state: MessageState::Complete,
            model: None,
            run: None,
            client_ref: None,
            follow: true,
            at,
        }
    }

    /// What every message says: about 200 bytes.
    #[must_use]
    pub fn words() -> String {
        "What is said takes two hundred bytes or so. ".repeat(5)
    }

    /// Reads the last page of a branch through the service: the ids on it, root first.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn branch(&self, id: ConversationId, page: usize) -> Result<Vec<MessageId>, Failure> {
        let page = PageRequest::first().limit(page);
        let found = self.conversations.branch(&self.me, id, None, &page).await?;
        Ok(found.items.iter().map(|view| view.message.id).collect())
    }

    /// Reads all of a branch through the service, page by page: how many messages it has.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn whole_branch(&self, id: ConversationId, page: usize) -> Result<usize, Failure> {
        let (mut count, mut after) = (0, None);
        loop {
            let request = PageRequest::first().limit(page).after(after);
            let found = self.conversations.branch(&self.me, id, None, &request).await?;
            count += found.items.len();
            after = found.next;
            if after.is_none() {
                return Ok(count);
            }
        }
    }

    /// Reads the newest conversations through the service.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn list(&self, page: usize) -> Result<Vec<ConversationId>, Failure> {
        let found = self.conversations.list(&self.me, &PageRequest::first().limit(page)).await?;
        Ok(found.items.iter().map(|conversation| conversation.id).collect())
    }

    /// Hands a message to the store without the service, which would look at the conversation and the parent first. The
    /// message becomes the `last`.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn commit(&self, id: ConversationId, last: &mut Option<MessageId>) -> Result<(), Failure> {
        let insert = self.insert(&self.me, id, *last, Role::User);
        *last = Some(insert.id);
        self.store().commit(Batch::of(insert)).await?;
        Ok(())
    }

    /// Appends a message at the head through the service.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn append(&self, id: ConversationId) -> Result<MessageId, Failure> {
        self.clock.advance(Duration::from_millis(1));
        let parts = vec![Part::text(Self::words())];
        let new = NewMessage {
            role: Role::User,
            parts,
            parent: Parent::Head,
            expected_head: None,
            client_ref: None,
            once: None,
        };
        Ok(self.conversations.append(&self.me, id, new).await?.message.id)
    }
}
