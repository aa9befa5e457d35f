//! What the server answers, as its clients read it. Fields without an `Option` have to be there.

use serde::Deserialize;
use serde_json::Value;

/// A session.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Session {
    pub(crate) access_token: String,
    pub(crate) token_type: String,
    pub(crate) expires_in: u64,
    pub(crate) refresh_token: String,
    pub(crate) user: Account,
}

/// An account.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Account {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) username: Option<String>,
    pub(crate) email: Option<String>,
    pub(crate) role: String,
    pub(crate) created_at: String,
}

/// A place where somebody is signed in.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct SessionInfo {
    pub(crate) id: String,
    pub(crate) current: bool,
    pub(crate) active: bool,
    pub(crate) kind: String,
    pub(crate) label: Option<String>,
    pub(crate) created_at: String,
    pub(crate) expires_at: String,
    pub(crate) ended_at: Option<String>,
}

/// A key that was just made.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct NewKey {
    pub(crate) secret: String,
    pub(crate) api_key: ApiKey,
}

/// A key.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct ApiKey {
    pub(crate) id: String,
    pub(crate) kind: String,
    pub(crate) name: String,
    pub(crate) prefix: String,
    pub(crate) scopes: Vec<String>,
    pub(crate) active: bool,
    pub(crate) created_at: String,
    pub(crate) last_used_at: Option<String>,
    pub(crate) expires_at: Option<String>,
    pub(crate) revoked_at: Option<String>,
}

/// A conversation.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Conversation {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) external_id: Option<String>,
    pub(crate) title: Option<String>,
    pub(crate) system_prompt: Option<String>,
    pub(crate) model: Option<String>,
    pub(crate) head: Option<String>,
    pub(crate) version: u64,
    pub(crate) message_count: u64,
    pub(crate) forked_from: Option<Value>,
    pub(crate) created_at: String,
    pub(crate) updated_at: String,
}

/// A message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Message {
    pub(crate) id: String,
    pub(crate) number: u64,
    pub(crate) conversation_id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) role: String,
    pub(crate) parts: Vec<Value>,
    pub(crate) text: String,
    pub(crate) html: Option<String>,
    pub(crate) version: u64,
    pub(crate) versions: u64,
    pub(crate) state: String,
    pub(crate) model: Option<String>,
    pub(crate) usage: Option<Value>,
    pub(crate) run_id: Option<String>,
    pub(crate) error: Option<RunError>,
    pub(crate) client_ref: Option<String>,
    pub(crate) created_at: String,
    pub(crate) edited_at: Option<String>,
}

/// A run.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Run {
    pub(crate) id: String,
    pub(crate) conversation_id: String,
    pub(crate) message_id: String,
    pub(crate) model: String,
    pub(crate) state: String,
    pub(crate) started_at: String,
    pub(crate) ended_at: Option<String>,
    pub(crate) last_seq: u64,
    pub(crate) usage: Option<Value>,
    pub(crate) finish_reason: Option<String>,
    pub(crate) error: Option<RunError>,
}

/// Why a run failed.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct RunError {
    pub(crate) code: String,
    pub(crate) message: String,
}

/// What was said, and what was answered.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Turn {
    pub(crate) user_message: Option<Message>,
    pub(crate) assistant_message: Option<Message>,
    pub(crate) run: Option<Run>,
}

impl Turn {
    /// The message that was said.
    #[track_caller]
    pub(crate) fn said(&self) -> &Message {
        self.user_message.as_ref().expect("a message that was said")
    }

    /// The answer.
    #[track_caller]
    pub(crate) fn answer(&self) -> &Message {
        self.assistant_message.as_ref().expect("an answer")
    }

    /// The run.
    #[track_caller]
    pub(crate) fn run(&self) -> &Run {
        self.run.as_ref().expect("a run")
    }
}

/// A node of a tree.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Node {
    pub(crate) id: String,
    pub(crate) parent_id: Option<String>,
    pub(crate) role: String,
    pub(crate) preview: String,
    pub(crate) version: u64,
    pub(crate) versions: u64,
}

/// One version of a message.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Sibling {
    pub(crate) id: String,
    pub(crate) version: u64,
}

/// A page of a list.
#[derive(Debug, Clone, PartialEq, Deserialize)]
pub(crate) struct Page<T> {
    pub(crate) items: Vec<T>,
    pub(crate) next_cursor: Option<String>,
}
