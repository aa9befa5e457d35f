//! Search without an index of words: the owner's messages are read from the newest on, so many at a time.

use async_trait::async_trait;

use super::layout::{entry_key, entry_of};
use super::{DoorStore, KeyValue, Range};
use crate::conversation::Message;
use crate::id::MessageId;
use crate::search::{Found, Query, SearchStore};
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, StoreErrorKind, prefix_range};
use crate::subject::Subject;

/// Messages that one search reads at most, and at once.
const MOST: usize = 500;
const STEP: usize = 50;

impl<K: KeyValue> DoorStore<K> {
    /// Numbers and ids of an owner's messages below a number, the highest first.
    async fn numbered(&self, owner: Subject, before: Option<u64>) -> Result<Vec<(u64, MessageId)>, StoreError> {
        let start = entry_key(Index::MessagesByNumber, &owner.to_bytes());
        let end = match before {
            Some(number) => Some(entry_key(Index::MessagesByNumber, &(owner, number).to_bytes())),
            None => prefix_range(&start).1,
        };
        let pairs = self.kv.scan(Range { start, end, reverse: true }, STEP).await?;
        let read = |(key, _): &(Vec<u8>, Vec<u8>)| {
            let entry = <(Subject, u64, MessageId)>::read(&mut entry_of(key));
            let (_, number, id) = entry.ok_or_else(|| StoreError::new(StoreErrorKind::Corrupt, "read a list"))?;
            Ok((number, id))
        };
        pairs.iter().map(read).collect()
    }
}

#[async_trait]
impl<K: KeyValue> SearchStore for DoorStore<K> {
    async fn search(
        &self,
        owner: Subject,
        query: &Query,
        before: Option<u64>,
        limit: usize,
    ) -> Result<Found, StoreError> {
        let mut found = Found { messages: Vec::new(), next: before };
        for _ in 0..MOST / STEP {
            let page = self.numbered(owner, found.next).await?;
            let read: Vec<Message> = self.present(page.iter().map(|(_, id)| *id).collect()).await?;
            for message in read.into_iter().filter(|message| message.owner == owner) {
                if found.messages.len() >= limit {
                    // a page of none begins where the one before it ended
                    found.next = found.next.or(Some(u64::MAX));
                    return Ok(found);
                }
                found.next = Some(message.number);
                if query.finds(&message.text()) {
                    found.messages.push(message);
                }
            }
            if page.len() < STEP {
                found.next = None;
                return Ok(found);
            }
            found.next = page.last().map(|(number, _)| *number);
        }
        Ok(found)
    }
}
