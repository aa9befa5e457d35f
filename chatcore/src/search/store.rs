//! What a store can be asked for.

use async_trait::async_trait;

use super::query::Query;
use crate::conversation::Message;
use crate::store::StoreError;
use crate::subject::Subject;

/// Finds messages by their words. It belongs to the domain of conversations, which no store leaves out.
///
/// A store with an index of its own fills it with [`words`](super::words()) in the transaction that writes the message; one without
/// reads messages and asks [`Query::finds`].
#[async_trait]
pub trait SearchStore: Send + Sync {
    /// Messages of an owner that have what is looked for, whatever became of their conversation.
    ///
    /// # Behaviour
    /// * `search_finds_words`: those in which [`Query::finds`] it, as they are by now, and no others; nobody else's.
    /// * `search_newest_first`: by number descending, with numbers below `before`, whether or not that one still exists; at
    ///   most `limit`.
    /// * `search_says_where_it_stopped`: a store may look at a part of the messages; [`Found::next`] says where to go on, and
    ///   is none only if there is nothing more. Whoever goes on so meets everything once.
    async fn search(
        &self,
        owner: Subject,
        query: &Query,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Found, StoreError>;
}

/// What was found.
#[derive(Debug, Clone, Default, PartialEq)]
pub struct Found {
    /// The messages.
    pub messages: Vec<Message>,
    /// Below which number to go on; `None` if there is nothing more.
    pub next: Option<u64>,
}
