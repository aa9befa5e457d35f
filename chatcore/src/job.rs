//! Background work that survives a restart: what a mark left to do, in bounded batches.

use async_trait::async_trait;
use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{ConversationId, JobId, MessageId, UserId};
use crate::store::{Kind, Record, StoreError};
use crate::subject::Subject;

/// Something left to do. It is written in the batch that makes it necessary and removed in the batch that ends it, so
/// whoever starts after a crash finds it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Job {
    /// Its id.
    pub id: JobId,
    /// What is to be done.
    pub work: Work,
    /// Since when.
    pub created_at: Timestamp,
}

/// What a [`Job`] does.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "work", rename_all = "snake_case")]
#[non_exhaustive]
pub enum Work {
    /// Remove what lies in a lane from a position on, and all that forked from there.
    PurgeSubtree {
        /// The conversation.
        conversation: ConversationId,
        /// The lane.
        lane: u32,
        /// The first position that goes.
        from: u32,
    },
    /// Remove a conversation and all that is in it.
    PurgeConversation {
        /// The conversation.
        conversation: ConversationId,
    },
    /// Copy a path into a conversation that is being built. A fork that its maker did not live to finish is removed.
    Fork {
        /// The conversation that is being built.
        conversation: ConversationId,
        /// The last message to be copied.
        message: MessageId,
    },
    /// Give everything of one owner to another.
    Adopt {
        /// Whose it is.
        from: Subject,
        /// Whose it becomes.
        to: Subject,
    },
    /// Erase what is left of a deleted account; see [`crate::erasure`].
    Erase {
        /// Whose.
        user: UserId,
        /// When it was erased the first time. What was under way then may have written behind it, so it is looked at once
        /// more.
        #[serde(default, skip_serializing_if = "Option::is_none")]
        looked_at: Option<Timestamp>,
    },
}

impl Record for Job {
    type Key = JobId;
    const KIND: Kind = Kind::Job;

    fn key(&self) -> JobId {
        self.id
    }
}

/// Reads of jobs.
#[async_trait]
pub trait JobStore: Send + Sync {
    /// Jobs after an id, oldest first.
    ///
    /// # Behaviour
    /// * `jobs_in_order`: ascending ids, at most `limit`, those after `after` only.
    /// * `job_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place by
    ///   then, and so nothing twice.
    async fn jobs(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Job>, StoreError>;
}
