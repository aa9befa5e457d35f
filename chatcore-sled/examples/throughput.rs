//! How many messages a second sled takes, each waited for until it is on disk.
//!
//! `cargo run --release -p chatcore-sled --example throughput [writers] [seconds] [folder]`

use std::error::Error;
use std::path::PathBuf;
use std::sync::Arc;
use std::time::{Duration, Instant};

use chatcore::conversation::{
    Conversation, ConversationState, Message, MessageState, Numbered, Part, Place, Role, Sequence,
};
use chatcore::store::{Batch, Change, Commit, Stop, Tx};
use chatcore::{ConversationId, IdSource, MessageId, RandomIds, Subject, Timestamp, UserId};
use chatcore_sled::SledStore;

/// A conversation of its own for each writer.
#[derive(Debug)]
struct Begin(Conversation);

impl Change for Begin {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert_fresh(self.0.clone())
    }
}

/// A question and its answer.
#[derive(Debug)]
struct Append {
    conversation: ConversationId,
    owner: Subject,
    ids: [MessageId; 2],
    numbered: bool,
}

impl Change for Append {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let sequence = if self.numbered { tx.get::<Sequence>(&Numbered::Messages(self.owner)) } else { Ok(None) };
        let mut conversation = tx.require::<Conversation>(&self.conversation)?;
        let number = match sequence? {
            Some(sequence) => {
                tx.update(Sequence { next: sequence.next + 2, ..sequence })?;
                sequence.next
            }
            None if self.numbered => {
                tx.insert(Sequence { of: Numbered::Messages(self.owner), next: 3 })?;
                1
            }
            None => conversation.next_seq,
        };
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
                parts: vec![Part::text("What is said takes two hundred bytes or so. ".repeat(5))],
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
        forked_from: None,
        created_at: now,
        updated_at: now,
    }
}

async fn write(store: Arc<SledStore>, n: i64, end: Instant, numbered: bool) -> Result<u64, chatcore::StoreError> {
    let conversation = conversation(n);
    let (id, owner, at) = (conversation.id, conversation.owner, conversation.created_at);
    store.commit(Batch::of(Begin(conversation))).await?;
    let mut messages = 0;
    while Instant::now() < end {
        let mint = |ids: &dyn IdSource| MessageId::mint(at.plus(Duration::from_millis(messages)), ids);
        let ids = [mint(&RandomIds), mint(&RandomIds)];
        store.commit(Batch::of(Append { conversation: id, owner, ids, numbered })).await?;
        messages += 2;
    }
    Ok(messages)
}

#[tokio::main]
#[expect(clippy::print_stdout, reason = "it is what this program is for")]
async fn main() -> Result<(), Box<dyn Error>> {
    let mut arguments = std::env::args().skip(1);
    let writers: i64 = arguments.next().map_or(Ok(64), |text| text.parse())?;
    let seconds: u64 = arguments.next().map_or(Ok(4), |text| text.parse())?;
    let folder = arguments.next().map_or_else(std::env::temp_dir, PathBuf::from);
    for numbered in [false, true] {
        let path = folder.join(format!("chatcore-throughput-{}", std::process::id()));
        let store = Arc::new(SledStore::open(&path).await?);
        let begin = Instant::now();
        let end = begin + Duration::from_secs(seconds);
        let tasks: Vec<_> = (0..writers).map(|n| tokio::spawn(write(store.clone(), n, end, numbered))).collect();
        let mut messages = 0;
        for task in tasks {
            messages += task.await??;
        }
        let rate = u128::from(messages) * 1000 / begin.elapsed().as_millis().max(1);
        println!("{writers} writers, numbers from a sequence: {numbered}: {rate} messages/s");
        store.close().await;
        std::fs::remove_dir_all(&path)?;
        std::fs::remove_file(path.with_extension("lock"))?;
    }
    Ok(())
}
