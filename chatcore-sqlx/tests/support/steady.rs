//! A writer that goes on while somebody looks.

use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::time::Duration;

use chatcore::conversation::{Numbered, Sequence};
use chatcore::store::{AnyRecord, Commit, Kind, Scan};
use chatcore::{ConversationId, MessageId};
use uuid::Uuid;

use super::records::{conversation, message};
use super::{CountUp, batch, fresh};

/// Writes a message, a conversation and a count, again and again.
#[derive(Default)]
pub(crate) struct Steady {
    begun: AtomicUsize,
    ended: AtomicUsize,
    over: AtomicBool,
}

impl Steady {
    pub(crate) async fn write(&self, store: &dyn Commit) {
        for n in 1.. {
            if self.over.load(Ordering::Relaxed) {
                return;
            }
            let (mut said, mut chat) = (message(0, 0, 0), conversation(0, 0));
            said.place.lane = n;
            said.id = MessageId::from_uuid(Uuid::from_u128(n.into()));
            chat.id = ConversationId::from_uuid(Uuid::from_u128(n.into()));
            self.begun.fetch_add(1, Ordering::SeqCst);
            let both = batch([fresh(said), fresh(chat)]).and(CountUp(Numbered::Users));
            store.commit(both).await.expect("a commit");
            self.ended.fetch_add(1, Ordering::SeqCst);
        }
    }

    /// Waits until so many more were written.
    pub(crate) async fn go_on(&self, more: usize) {
        let until = self.ended() + more;
        while self.ended() < until {
            tokio::time::sleep(Duration::from_millis(1)).await;
        }
    }

    pub(crate) fn begun(&self) -> usize {
        self.begun.load(Ordering::SeqCst)
    }

    pub(crate) fn ended(&self) -> usize {
        self.ended.load(Ordering::SeqCst)
    }

    pub(crate) fn stop(&self) {
        self.over.store(true, Ordering::Relaxed);
    }
}

/// How many batches of a [`Steady`] writer are to be seen; all kinds must agree.
pub(crate) async fn seen(snapshot: &dyn Scan) -> usize {
    let messages = pages(snapshot, Kind::Message).await.len();
    let counted = pages(snapshot, Kind::Sequence).await.pop();
    let counted = match counted {
        Some(AnyRecord::Sequence(Sequence { next, .. })) => usize::try_from(next).expect("a small number") - 1,
        _ => 0,
    };
    let conversations = pages(snapshot, Kind::Conversation).await.len();
    assert_eq!((messages, conversations), (counted, counted), "the snapshot is of one moment");
    counted
}

async fn pages(snapshot: &dyn Scan, kind: Kind) -> Vec<AnyRecord> {
    let mut all: Vec<AnyRecord> = Vec::new();
    loop {
        let after = all.last().map(AnyRecord::key_bytes);
        let next = snapshot.scan(kind, after.as_deref(), 50).await.expect("a scan");
        if next.is_empty() {
            return all;
        }
        all.extend(next);
    }
}
