//! Reads of conversations and messages.

use async_trait::async_trait;
use chatcore::conversation::{
    Conversation, ConversationStore, Lane, LaneRange, Message, Name, Place, Shelf, Stretch, Tally, Tip,
};
use chatcore::{ConversationId, MessageId, StoreError, Subject, Timestamp};

use super::place;
use crate::sqlite::SqliteStore;
use crate::sqlite::row::Binder;
use crate::value::{Bind, limit as page};

/// One of the lists of an owner; each has its index.
fn listed(list: &str) -> String {
    format!(
        "WHERE t.owner = ?1 AND t.state = 'live' AND {list} AND t.updated_at <= ?2 \
         AND (t.updated_at < ?2 OR t.id > ?3) ORDER BY t.updated_at DESC, t.id LIMIT ?4"
    )
}

fn position(owner: Subject, after: Option<(Timestamp, ConversationId)>, limit: usize) -> Binder {
    let mut values = Binder::default();
    values.key(&owner);
    // no id sorts before an empty one, so the first page starts behind the last moment and no id
    values.integer(after.map_or(i64::MAX, |(at, _)| at.as_micros()));
    match after {
        Some((_, id)) => values.key(&id),
        None => values.bytes(&[]),
    }
    values.integer(page(limit));
    values
}

#[async_trait]
impl ConversationStore for SqliteStore {
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn find_conversation(&self, owner: Subject, name: Name<'_>) -> Result<Option<Conversation>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        let rest = match name {
            Name::External(external_id) => {
                values.text(external_id);
                "WHERE t.owner = ?1 AND t.external_id = ?2"
            }
            Name::Number(number) => {
                values.number(number);
                "WHERE t.owner = ?1 AND t.number = ?2 ORDER BY t.id LIMIT 1"
            }
        };
        self.readers.record(rest, values).await
    }

    async fn conversations(
        &self,
        owner: Subject,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let list = "t.pinned = 0 AND t.archived = 0";
        self.readers.records(&listed(list), position(owner, after, limit)).await
    }

    async fn conversations_of_all(
        &self,
        before: Option<ConversationId>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let mut values = Binder::default();
        values.integer(page(limit));
        let filter = match before {
            Some(id) => {
                values.key(&id);
                "WHERE t.id < ?2"
            }
            None => "",
        };
        self.readers.records(&format!("{filter} ORDER BY t.id DESC LIMIT ?1"), values).await
    }

    async fn shelved(
        &self,
        owner: Subject,
        shelf: Shelf,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>, StoreError> {
        let list = match shelf {
            Shelf::Pinned => "t.pinned = 1 AND t.archived = 0",
            Shelf::Archived => "t.archived = 1",
        };
        self.readers.records(&listed(list), position(owner, after, limit)).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn message_by_number(&self, owner: Subject, number: u64) -> Result<Option<Message>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        values.number(number);
        self.readers.record("WHERE t.owner = ?1 AND t.number = ?2 ORDER BY t.id LIMIT 1", values).await
    }

    async fn lanes_up(&self, conversation: ConversationId, lane: u32, floor: u32) -> Result<Vec<Lane>, StoreError> {
        place::lanes_up(&self.readers, conversation, lane, floor).await
    }

    async fn messages_in(
        &self,
        conversation: ConversationId,
        ranges: &[LaneRange],
    ) -> Result<Vec<Message>, StoreError> {
        // one text for any number of ranges; `CROSS` keeps the order of the join: each range is looked up
        let list: Vec<[u32; 3]> = ranges.iter().map(|range| [range.lane, range.first, range.last]).collect();
        let mut values = Binder::default();
        values.key(&conversation);
        values.json(&list);
        self.readers
            .joined(
                "json_each(?2) AS r CROSS JOIN messages AS t",
                "WHERE t.conversation = ?1 AND t.lane = r.value ->> 0 \
                 AND t.position BETWEEN r.value ->> 1 AND r.value ->> 2 ORDER BY r.key, t.position",
                values,
            )
            .await
    }

    async fn tally(&self, conversation: ConversationId, stretches: &[Stretch]) -> Result<Vec<Tally>, StoreError> {
        place::tally(&self.readers, conversation, stretches).await
    }

    async fn lanes_from(
        &self,
        conversation: ConversationId,
        range: LaneRange,
        after: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Vec<Lane>, StoreError> {
        place::lanes_from(&self.readers, conversation, range, after, limit).await
    }

    async fn tip(&self, conversation: ConversationId, range: LaneRange) -> Result<Tip, StoreError> {
        place::tip(&self.readers, conversation, range).await
    }

    async fn tree(
        &self,
        conversation: ConversationId,
        after: Option<Place>,
        limit: usize,
    ) -> Result<Vec<Message>, StoreError> {
        let mut values = Binder::default();
        values.key(&conversation);
        values.integer(after.map_or(-1, |place| i64::from(place.lane)));
        values.integer(after.map_or(-1, |place| i64::from(place.position)));
        values.integer(page(limit));
        self.readers
            .records(
                "WHERE t.conversation = ?1 AND (t.lane, t.position) > (?2, ?3) ORDER BY t.lane, t.position LIMIT ?4",
                values,
            )
            .await
    }
}
