//! The service: what owners say, and what those who run the service read.

use super::change::SetFeedback;
use super::record::{Feedback, Rating};
use crate::account::{Caller, Permission, Scope};
use crate::clock::Timestamp;
use crate::conversation::{Conversations, Role};
use crate::error::Error;
use crate::id::MessageId;
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::{Batch, OrderedKey};

/// Characters of a comment.
pub const MAX_COMMENT_CHARS: usize = 2_000;

/// What somebody thinks of an answer.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Opinion {
    /// Whether it was good.
    pub rating: Rating,
    /// Why.
    pub comment: Option<String>,
}

/// Which feedback is wanted.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct FeedbackFilter {
    /// Only what was said then or later.
    pub since: Option<Timestamp>,
    /// Only this.
    pub rating: Option<Rating>,
}

impl Opinion {
    /// Without spaces around the comment; an empty one is none.
    pub(crate) fn checked(self) -> Result<Self, Error> {
        let comment = self.comment.map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        if let Some(text) = &comment {
            if text.chars().count() > MAX_COMMENT_CHARS {
                return Err(Error::invalid("comment", format!("is longer than {MAX_COMMENT_CHARS} characters")));
            }
            if text.contains('\0') {
                return Err(Error::invalid("comment", "contains a NUL character"));
            }
        }
        Ok(Self { comment, ..self })
    }
}

impl Conversations {
    /// Says what the caller thinks of an answer in one of their conversations; `None` takes back what they said. Doing it
    /// again replaces it.
    ///
    /// # Errors
    /// [`Error::NotFound`]; [`Error::Invalid`] for a message that is no answer; [`Error::Busy`] while it is written.
    pub async fn set_feedback(
        &self,
        caller: &Caller,
        message: MessageId,
        opinion: Option<Opinion>,
    ) -> Result<Option<Feedback>, Error> {
        caller.require(Scope::Write)?;
        let opinion = opinion.map(Opinion::checked).transpose()?;
        let (conversation, found) = self.live(caller, message).await?;
        if found.role != Role::Assistant {
            return Err(Error::invalid("rating", "is for answers only"));
        }
        let by = caller.subject();
        let ahead = self.look_ahead(&conversation, Some(found.place)).await?;
        let done =
            self.store.commit(Batch::of(ahead).and(SetFeedback { message, by, opinion, at: self.now() })).await?;
        Ok(done.get::<Feedback>(&(message, by)).cloned())
    }

    /// What people said, the newest first: for those who run the service.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn feedback(
        &self,
        caller: &Caller,
        filter: FeedbackFilter,
        page: &PageRequest,
    ) -> Result<Page<Feedback>, Error> {
        caller.require_permission(Permission::SeeFeedback)?;
        let after = match page.position(List::Feedback)? {
            Some(mut bytes) => Some(OrderedKey::read(&mut bytes).ok_or(CursorError)?),
            None => None,
        };
        let since = filter.since.unwrap_or(Timestamp::from_micros(i64::MIN));
        let found = self.store.feedback(filter.rating, since, after, page.size() + 1).await?;
        let place = |last: &Feedback| (last.updated_at, last.message, last.by).to_bytes();
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::Feedback, place(last))))
    }
}
