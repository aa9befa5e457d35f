//! What a store of conversations can be asked.

use async_trait::async_trait;

use super::message::{Message, Role};
use super::place::{Fork, Lane, LaneRange, Node, Place};
use super::record::{Conversation, Shelf};
use crate::clock::Timestamp;
use crate::id::{ConversationId, MessageId};
use crate::store::StoreError;
use crate::subject::Subject;

/// Reads of conversations and their trees. Writing goes through [`crate::store::Commit`].
///
/// None of these methods checks who asks, or leaves out what is marked as deleted: that is a rule, and rules live in
/// [`super::Conversations`].
///
/// # Behaviour
/// * `reads_see_commits`: what was committed before a read began is seen by it.
#[async_trait]
pub trait ConversationStore: Send + Sync {
    /// The conversation of that id.
    ///
    /// # Behaviour
    /// * `conversation_by_id`: in whatever state.
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError>;

    /// The conversation that an owner calls by a number or an id of their own.
    ///
    /// # Behaviour
    /// * `conversation_by_name`: in whatever state; texts are compared by their bytes.
    async fn find_conversation(&self, owner: Subject, name: Name<'_>) -> Result<Option<Conversation>, StoreError>;

    /// Live conversations of an owner that are on no [`Shelf`].
    ///
    /// # Behaviour
    /// * `newest_first`: by `updated_at` descending, then by id ascending.
    /// * `after_is_exclusive`: starts behind the given place in that order, whether or not it still exists.
    /// * `live_only`: those being built or deleted are left out, and so are those that are pinned or put away.
    /// * `pages_join`: at most `limit`, and fewer only at the end.
    /// * `pages_under_writes`: a conversation that is written to goes to the front. So between pages none comes twice, one
    ///   that nobody writes to is never passed over, and one that is written to before its page may be.
    async fn conversations(
        &self,
        owner: Subject,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// Conversations of everybody.
    ///
    /// # Behaviour
    /// * `everybodys_newest_first`: in whatever state, by id descending, which is by when they were made; with ids below
    ///   `before`, whether or not that one still exists; at most `limit`, and fewer only at the end.
    async fn conversations_of_all(
        &self,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// Live conversations of an owner on one shelf.
    ///
    /// # Behaviour
    /// * `shelves_newest_first`: in the order of [`Self::conversations`], behind `after`, whether or not it still exists; at
    ///   most `limit`; those that are pinned and put away are put away.
    /// * `shelf_pages_under_writes`: as `pages_under_writes`; one that is moved to another shelf meanwhile is shown there.
    async fn shelved(
        &self,
        owner: Subject,
        shelf: Shelf,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError>;

    /// The message of that id.
    ///
    /// # Behaviour
    /// * `message_by_id`: whatever became of it.
    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError>;

    /// The message that has that number among its owner's.
    ///
    /// # Behaviour
    /// * `message_by_number`: of that owner alone.
    async fn message_by_number(&self, owner: Subject, number: u64) -> Result<Option<Message>, StoreError>;

    /// A lane and those that it came from.
    ///
    /// # Behaviour
    /// * `upwards`: the lane itself first, then its parent lane, and so on.
    /// * `down_to_floor`: ends with the first lane whose `start` is below `floor`, or with lane 0, which is
    ///   [`Lane::first`] when it has no record.
    async fn lanes_up(&self, conversation: ConversationId, lane: u32, floor: u32) -> Result<Vec<Lane>, StoreError>;

    /// Messages by place.
    ///
    /// # Behaviour
    /// * `ranges_in_order`: all messages of the first range by position, then those of the second, and so on.
    /// * `range_ends_are_included`: both ends belong to a range; places where nothing stands are passed over; a range whose
    ///   `last` is before its `first` is empty, here and wherever else one is given.
    async fn messages_in(&self, conversation: ConversationId, ranges: &[LaneRange])
    -> Result<Vec<Message>, StoreError>;

    /// How many lanes fork off in some stretches, by position of the parent and role of the child.
    ///
    /// # Behaviour
    /// * `tally_counts_lanes`: lanes of which nothing is left do not count.
    /// * `tally_before`: `before` counts those whose `seq` is smaller than the stretch's own.
    /// * `tally_by_stretch`: all tallies of the first stretch by position, then those of the second, and so on.
    async fn tally(&self, conversation: ConversationId, stretches: &[Stretch]) -> Result<Vec<Tally>, StoreError>;

    /// Lanes that fork off between two positions of a lane.
    ///
    /// # Behaviour
    /// * `lanes_by_place`: by position of the parent, then `seq`; empty lanes included; behind `after` (position, `seq`);
    ///   at most `limit`.
    /// * `lane_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place
    ///   by then, and so nothing twice.
    async fn lanes_from(
        &self,
        conversation: ConversationId,
        range: LaneRange,
        after: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Vec<Lane>, StoreError>;

    /// How the path that was last active goes on in a stretch of a lane.
    ///
    /// # Behaviour
    /// * `tip_shows_departure_and_end`: the first fork in the stretch whose active child is in another lane, and the last
    ///   message in the stretch, whether or not the path leaves before it.
    async fn tip(&self, conversation: ConversationId, range: LaneRange) -> Result<Tip, StoreError>;

    /// Messages of a conversation, whatever their branch.
    ///
    /// # Behaviour
    /// * `tree_by_place`: by lane, then position, behind `after`; at most `limit`.
    /// * `tree_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place
    ///   by then, and so nothing twice.
    async fn tree(
        &self,
        conversation: ConversationId,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError>;
}

/// What an owner calls a conversation.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Name<'a> {
    /// Its number.
    Number(u64),
    /// The owner's own id.
    External(&'a str),
}

/// Where forks are counted; see [`ConversationStore::tally`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Stretch {
    /// The places that they fork off from.
    pub range: LaneRange,
    /// The `seq` of one of the children.
    pub before: u64,
}

/// Children that opened a lane at one place, of one role.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Tally {
    /// The lane of the parent.
    pub lane: u32,
    /// The position of the parent.
    pub position: u32,
    /// The role of the children.
    pub role: Role,
    /// How many.
    pub total: u64,
    /// How many of them came before the `seq` of the stretch.
    pub before: u64,
}

/// How a lane goes on; see [`ConversationStore::tip`].
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Tip {
    /// The first departure.
    pub departure: Option<Fork>,
    /// The last message.
    pub last: Option<Node>,
}
