//! The record.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId};
use crate::store::{Entries, Index, Kind, Newest, Record};
use crate::subject::Subject;

/// Whether an answer was good.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Rating {
    /// It was.
    Up,
    /// It was not.
    Down,
}

/// What somebody said of an answer.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Feedback {
    /// The answer.
    pub message: MessageId,
    /// Who said it: the owner of the conversation.
    pub by: Subject,
    /// The conversation of the answer.
    pub conversation: ConversationId,
    /// The model that wrote the answer.
    pub model: Option<String>,
    /// Whether it was good.
    pub rating: Rating,
    /// Why, in their words.
    pub comment: Option<String>,
    /// When they said something of it first.
    pub created_at: Timestamp,
    /// When they said this.
    pub updated_at: Timestamp,
}

impl Feedback {
    /// How the entries of one rating, or of all, begin in [`Index::FeedbackByTime`].
    pub(crate) const fn list(rating: Option<Rating>) -> u8 {
        match rating {
            None => 0,
            Some(Rating::Up) => 1,
            Some(Rating::Down) => 2,
        }
    }
}

impl Record for Feedback {
    type Key = (MessageId, Subject);
    const KIND: Kind = Kind::Feedback;

    fn key(&self) -> Self::Key {
        (self.message, self.by)
    }

    fn index(&self, entries: &mut Entries) {
        for list in [None, Some(self.rating)] {
            entries.add(Index::FeedbackByTime, &(Self::list(list), Newest(self.updated_at), self.message, self.by));
        }
    }
}
