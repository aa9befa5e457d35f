//! The changes of a repair. A batch begins with what the finding rests on, exactly as it was seen: if any of it has
//! changed since, the batch is refused, so what is mended is what was found.

use crate::conversation::{Message, Node};
use crate::id::RunId;
use crate::store::{Change, Conflict, Stop, Stored, Tx};
use crate::turn::RunLog;

/// Refuses unless the record is as it was seen.
#[derive(Debug, Clone)]
pub(super) struct Same<R>(pub(super) R);

impl<R: Stored> Change for Same<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        if tx.get::<R>(&self.0.key())?.as_ref() == Some(&self.0) { Ok(()) } else { Err(Conflict::StaleVersion.into()) }
    }
}

/// Refuses unless there is no record of that key.
#[derive(Debug, Clone)]
pub(super) struct Absent<R: Stored>(pub(super) R::Key);

impl<R: Stored> Change for Absent<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        if tx.get::<R>(&self.0)?.is_none() { Ok(()) } else { Err(Conflict::StaleVersion.into()) }
    }
}

/// Refuses unless the message stands where it was seen.
#[derive(Debug, Clone)]
pub(super) struct Stands(pub(super) Node);

impl Change for Stands {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        standing(tx, &self.0).map(drop)
    }
}

/// The message of a node, if it stands where it was seen.
pub(super) fn standing(tx: &mut Tx<'_>, node: &Node) -> Result<Message, Stop> {
    let found = tx.get::<Message>(&node.message)?.filter(|message| message.node() == *node);
    found.ok_or_else(|| Conflict::StaleVersion.into())
}

/// A record that was as it was seen is replaced.
#[derive(Debug, Clone)]
pub(super) struct Swap<R> {
    pub(super) before: R,
    pub(super) after: R,
}

impl<R: Stored> Change for Swap<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        Same(self.before.clone()).apply(tx)?;
        tx.update(self.after.clone())
    }
}

/// A record that is as it was seen goes.
#[derive(Debug, Clone)]
pub(super) struct Remove<R>(pub(super) R);

impl<R: Stored> Change for Remove<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        Same(self.0.clone()).apply(tx)?;
        tx.delete::<R>(&self.0.key())
    }
}

/// A record comes that must not be there.
#[derive(Debug, Clone)]
pub(super) struct Insert<R>(pub(super) R);

impl<R: Stored> Change for Insert<R> {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.insert(self.0.clone())
    }
}

/// A message that stands where it was seen gets another place, parent or `seq`.
#[derive(Debug, Clone)]
pub(super) struct Move {
    pub(super) from: Node,
    pub(super) to: Node,
}

impl Change for Move {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let message = standing(tx, &self.from)?;
        let Node { parent, place, seq, .. } = self.to;
        tx.update(Message { parent, place, seq, ..message })
    }
}

/// A message that stands where it was seen goes.
#[derive(Debug, Clone)]
pub(super) struct RemoveMessage(pub(super) Node);

impl Change for RemoveMessage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let message = standing(tx, &self.0)?;
        tx.delete::<Message>(&message.id)
    }
}

/// The log of a run, all of which is as it was seen, is replaced.
#[derive(Debug, Clone)]
pub(super) struct Rewrite {
    pub(super) run: RunId,
    pub(super) before: Vec<RunLog>,
    pub(super) after: Vec<RunLog>,
}

impl Change for Rewrite {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let keys = self.before.iter().chain(&self.after).map(|log| (self.run, log.first));
        tx.prefetch::<RunLog>(keys)?;
        for log in &self.before {
            Remove(log.clone()).apply(tx)?;
        }
        self.after.iter().try_for_each(|log| tx.insert(log.clone()))
    }
}
