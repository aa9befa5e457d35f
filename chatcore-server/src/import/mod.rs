//! Dumps of other systems: what `manage.py dumpdata` writes, and tables as JSON.
//!
//! | file | holds |
//! | --- | --- |
//! | `row` | rows and their fields, whichever of the two it is |
//! | `read` | people and conversations of rows |

mod read;
mod row;

use std::collections::BTreeMap;

use chatcore::import::{Dialogue, Person};
use clap::ValueEnum;

pub use read::read;

/// A system whose dumps are read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
pub enum System {
    /// SentX AI Chat Server
    Sentx,
    /// AI Chat System
    AiChatSystem,
    /// ChatPlatform
    ChatPlatform,
    /// Django Chat Application
    DjangoChat,
    /// Chatbot Backend API
    Chatbot,
}

impl System {
    /// Its name in paths and settings.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Sentx => "sentx",
            Self::AiChatSystem => "ai-chat-system",
            Self::ChatPlatform => "chat-platform",
            Self::DjangoChat => "django-chat",
            Self::Chatbot => "chatbot",
        }
    }
}

/// What is in a dump.
#[derive(Debug, Default)]
pub struct Dump {
    /// People.
    pub people: Vec<Person>,
    /// Tokens that people have left, by what they are called in the dump.
    pub tokens: BTreeMap<String, u64>,
    /// Conversations, each with what its owner is called in the dump.
    pub dialogues: Vec<(String, Dialogue)>,
    /// Rows that were passed over, and why.
    pub passed_over: Vec<String>,
}

/// Why a dump cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum DumpError {
    /// It is no JSON, or no dump.
    #[error("the dump is neither a list of objects nor an object of tables")]
    Shape,
    /// It is broken.
    #[error("failed to read the dump as JSON")]
    Json(#[from] serde_json::Error),
    /// There is nobody in it.
    #[error("there are no users in the dump")]
    Nobody,
}
