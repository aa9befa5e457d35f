//! A database in a file of its own, and conversations of every shape that is measured.

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;

use chatcore::account::Caller;
use chatcore::conversation::{
    Conversations, InsertMessage, MessageState, NewConversation, NewMessage, Parent, Part, Role,
};
use chatcore::page::PageRequest;
use chatcore::store::{Batch, Commit};
use chatcore::testing::{ManualClock, user};
use chatcore::{Clock, ConversationId, MessageId, RandomIds};
use chatcore_sqlx::SqliteStore;
use tempfile::TempDir;

/// Whatever goes wrong ends the bench.
pub type Failure = Box<dyn Error>;

/// How many messages a branch has.
pub const DEPTHS: [u32; 4] = [10, 100, 1_000, 10_000];

/// Messages that are committed together while a conversation is built.
const TOGETHER: usize = 500;

/// What a conversation looks like.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Questions and answers, nothing else.
    Plain,
    /// Every answer was regenerated once, and the conversation went on below the second.
    Regenerated,
    /// The last answer is one of so many.
    Siblings(usize),
}

/// A store on a file, and the service over it.
pub struct Data {
    store: Arc<SqliteStore>,
    conversations: Conversations,
    clock: ManualClock,
    /// Whose conversations the service measures.
    pub me: Caller,
    /// Whose conversations are written to by hand.
    pub other: Caller,
    folder: TempDir,
}

impl Data {
    /// An empty database in a temporary folder.
    ///
    /// # Errors
    /// When it cannot be made.
    pub async fn open() -> Result<Self, Failure> {
        let folder = tempfile::tempdir()?;
        let store = Arc::new(SqliteStore::open(folder.path().join("bench.db")).await?);
        let clock = ManualClock::new();
        let conversations = Conversations::new(store.clone(), Arc::new(clock.clone()), Arc::new(RandomIds));
        Ok(Self { store, conversations, clock, me: user(1), other: user(2), folder })
    }

    /// Where the database is.
    #[must_use]
    pub fn path(&self) -> PathBuf {
        self.folder.path().join("bench.db")
    }

    /// The service that is measured.
    #[must_use]
    pub fn conversations(&self) -> &Conversations {
        &self.conversations
    }

    /// Closes the database and removes it.
    pub async fn close(self) {
        self.store.close().await;
    }

    /// A conversation of that depth and shape.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn conversation(&self, of: &Caller, depth: u32, shape: Shape) -> Result<ConversationId, Failure> {
        let id = self.conversations.create(of, NewConversation::default()).await?.id;
        let mut inserts = Vec::new();
        let mut parent = None;
        for at in 0..depth {
            let question = at % 2 == 0;
            let versions = match shape {
                Shape::Regenerated if !question => 2,
                Shape::Siblings(versions) if at + 1 == depth => versions,
                _ => 1,
            };
            let role = if question { Role::User } else { Role::Assistant };
            let mut last = None;
            for _ in 0..versions {
                let insert = self.insert(of, id, parent, role);
                last = Some(insert.id);
                inserts.push(insert);
            }
            parent = last;
        }
        let mut inserts = inserts.into_iter().peekable();
        while inserts.peek().is_some() {
            let batch = inserts.by_ref().take(TOGETHER).fold(Batch::default(), Batch::and);
            self.store.commit(batch).await?;
        }
        Ok(id)
    }

    fn insert(&self, of: &Caller, to: ConversationId, parent: Option<MessageId>, role: Role) -> InsertMessage {
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

    /// Appends a message at the head through the service.
    ///
    /// # Errors
    /// When the store refuses.
    pub async fn append(&self, id: ConversationId) -> Result<MessageId, Failure> {
        let parts = vec![Part::text(Self::words())];
        let new = NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head: None, client_ref: None };
        Ok(self.conversations.append(&self.me, id, new).await?.message.id)
    }
}
