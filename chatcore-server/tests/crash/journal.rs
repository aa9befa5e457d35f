//! What a writer says, one line each: what it is about to do, and what was acknowledged.

use std::hash::{DefaultHasher, Hash, Hasher};
use std::io::Write;

use chatcore::{ConversationId, MessageId, SessionId, UserId};
use serde::{Deserialize, Serialize};

/// What is remembered of a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize, Deserialize)]
pub(crate) struct Print {
    bytes: usize,
    hash: u64,
}

impl Print {
    pub(crate) fn of(text: &str) -> Self {
        let mut hasher = DefaultHasher::new();
        text.hash(&mut hasher);
        Self { bytes: text.len(), hash: hasher.finish() }
    }
}

/// A line. A task does one thing after the other, so the answer to an attempt is its next line of the same number.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct Line {
    pub(crate) task: u32,
    pub(crate) number: u64,
    pub(crate) news: News,
}

#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum News {
    /// The store is open and recovered.
    Open,
    /// It is not, and the writer ends.
    Unopened(String),
    /// This is attempted now.
    Try(Work),
    /// It was acknowledged.
    Done(Done),
    /// It was refused: nothing was written.
    Refused(String),
    /// It failed, and may be there or not.
    Unsure(String),
    /// Reading what was acknowledged before, after a failure: what went wrong, if anything.
    Read(Option<String>),
}

/// What a task attempts.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Work {
    Create { title: String },
    Append { conversation: ConversationId, parent: Option<MessageId>, text: Print },
    Turn { conversation: ConversationId, parent: Option<MessageId>, said: Option<Print>, answer: Print },
    Finish { conversation: ConversationId, answer: MessageId },
    Revise { conversation: ConversationId, message: MessageId, text: Print },
    Switch { conversation: ConversationId, message: MessageId },
    Delete { conversation: ConversationId, message: MessageId },
    DeleteConversation { conversation: ConversationId },
    Fork { conversation: ConversationId, message: MessageId, title: String },
    SignUp { name: String },
    SignIn { user: UserId },
    SignOut { session: SessionId },
    Batch(RawBatch),
}

/// A batch that no service made: messages in a row in one conversation, and one more in another.
#[derive(Debug, Clone, Serialize, Deserialize)]
pub(crate) struct RawBatch {
    pub(crate) row: ConversationId,
    pub(crate) row_end: Option<MessageId>,
    pub(crate) other: ConversationId,
    pub(crate) other_end: Option<MessageId>,
    /// The last one is that in the other conversation.
    pub(crate) ids: Vec<MessageId>,
    pub(crate) text: Print,
}

/// What an acknowledgement brings that was not known before.
#[derive(Debug, Clone, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub(crate) enum Done {
    Nothing,
    Conversation(ConversationId),
    Messages(Vec<MessageId>),
    Head(Option<MessageId>),
    User(UserId),
    Session(SessionId),
}

impl Line {
    /// Prints it, and returns when the reader can have it.
    pub(crate) fn say(&self) -> std::io::Result<()> {
        let mut text = serde_json::to_vec(self)?;
        text.push(b'\n');
        let mut out = std::io::stdout().lock();
        out.write_all(&text)?;
        out.flush()
    }
}
