//! Many writers at once: each in a conversation of its own, a question and its answer in one batch, the next when that
//! is on disk.

use std::sync::Arc;
use std::time::{Duration, Instant};

use chatcore::conversation::{
    Conversation, ConversationState, Message, MessageState, Numbered, Part, Place, Role, Sequence,
};
use chatcore::store::{Batch, Change, Stop, Store, Tx};
use chatcore::{ConversationId, IdSource, MessageId, RandomIds, StoreError, Subject, Timestamp, UserId};

use crate::data::{Data, Failure};

/// What the writers achieved.
#[derive(Debug, Clone, Copy)]
pub struct Pace {
    /// Batches per second; each holds two messages.
    pub batches: f64,
    /// Groups for every message.
    pub groups: f64,
    /// For how long they wrote.
    pub time: Duration,
}

/// Lets so many writers write for a while.
///
/// # Errors
/// When the store refuses.
pub async fn write_from(data: &Data, writers: i64, time: Duration) -> Result<Pace, Failure> {
    let groups = data.groups();
    let begin = Instant::now();
    let end = begin + time;
    let tasks: Vec<_> = (0..writers).map(|n| tokio::spawn(write(data.store(), n, end))).collect();
    let mut batches = 0;
    for task in tasks {
        batches += task.await??;
    }
    let groups = data.groups() - groups;
    let count = f64::from(u32::try_from(batches.max(1))?);
    let groups = f64::from(u32::try_from(groups)?) / (2.0 * count);
    let time = begin.elapsed();
    Ok(Pace { batches: count / time.as_secs_f64(), groups, time })
}

async fn write(store: Arc<dyn Store>, n: i64, end: Instant) -> Result<u64, StoreError> {
    let conversation = conversation(n);
    let (id, owner, at) = (conversation.id, conversation.owner, conversation.created_at);
    store.commit(Batch::of(Begin(conversation))).await?;
    let mut batches = 0;
    while Instant::now() < end {
        let mint = |ids: &dyn IdSource| MessageId::mint(at.plus(Duration::from_millis(batches)), ids);
        let ids = [mint(&RandomIds), mint(&RandomIds)];
        store.commit(Batch::of(Append { conversation: id, owner, ids })).await?;
        batches += 1;
    }
    Ok(batches)
}

/// A conversation, and the counter of its owner.
#[derive(Debug)]
struct Begin(Conversation);

impl Change for Begin {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert(Sequence { of: Numbered::Messages(self.0.owner), next: 1 })?;
        tx.insert_fresh(self.0.clone())
    }
}

/// A question and its answer.
#[derive(Debug)]
struct Append {
    conversation: ConversationId,
    owner: Subject,
    ids: [MessageId; 2],
}

impl Change for Append {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let sequence = tx.require::<Sequence>(&Numbered::Messages(self.owner));
        let mut conversation = tx.require::<Conversation>(&self.conversation)?;
        let sequence = sequence?;
        let number = sequence.next;
        tx.update(Sequence { next: number + 2, ..sequence })?;
        let mut parent = None;
        for (n, id) in (0..).zip(self.ids) {
            let seq = conversation.next_seq;
            tx.insert_fresh(Message {
                id,
                conversation: conversation.id,
                owner: self.owner,
                parent: parent.replace(id),
                place: Place { lane: 0, position: u32::try_from(seq).unwrap_or(u32::MAX) },
                seq,
                number: number + n,
                role: if n == 0 { Role::User } else { Role::Assistant },
                parts: vec![Part::text(Data::words())],
                state: MessageState::Complete,
                model: None,
                usage: None,
                run: None,
                client_ref: None,
                created_at: conversation.updated_at,
                edited_at: None,
            })?;
            conversation.next_seq += 1;
        }
        conversation.message_count += 2;
        conversation.version += 1;
        conversation.updated_at = conversation.updated_at.plus(Duration::from_millis(1));
        tx.update(conversation)
    }
}

fn conversation(n: i64) -> Conversation {
    let now = Timestamp::from_micros(1_760_000_000_000_000 + n);
    Conversation {
        id: ConversationId::mint(now, &RandomIds),
        owner: Subject::User(UserId::mint(now, &RandomIds)),
        number: 1,
        external_id: None,
        title: Some("A title".into()),
        system_prompt: None,
        model: None,
        head: None,
        version: 1,
        next_seq: 1,
        next_lane: 1,
        message_count: 0,
        cuts: 0,
        state: ConversationState::Live,
        pinned: false,
        archived: false,
        usage: std::collections::BTreeMap::new(),
        forked_from: None,
        created_at: now,
        updated_at: now,
    }
}
