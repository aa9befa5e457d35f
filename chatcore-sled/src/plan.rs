//! What a group does to the pairs of sled, and what they were before.

use chatcore::StoreError;
use chatcore::store::KvWrite;
use sled::{Batch, Db, IVec};

use crate::error::not_applied;
use crate::layout::{self, Head, MAX_KEY};
use crate::view::Open;

/// Pairs of sled as they were before a group.
pub(crate) type Before = Vec<(IVec, Option<IVec>)>;

/// The writes of a group.
///
/// Every key is read before it is written. That finds the pieces of longer values that have to go, and it brings the
/// pages that are to change into memory: a page that cannot be read fails the group here, where nothing has happened.
#[derive(Default)]
pub(crate) struct Plan {
    pub(crate) batch: Batch,
    pub(crate) before: Before,
}

impl Plan {
    pub(crate) fn of(open: &Open, writes: &[KvWrite]) -> Result<Self, StoreError> {
        let mut plan = Self::default();
        for write in writes {
            match write {
                KvWrite::Put { key, value } => plan.put(open, key, value)?,
                KvWrite::Delete { key } => plan.remove(open, key)?,
            }
        }
        Ok(plan)
    }

    fn put(&mut self, open: &Open, key: &[u8], value: &[u8]) -> Result<(), StoreError> {
        if key.len() > MAX_KEY {
            return Err(not_applied(format!("a key is longer than {MAX_KEY} bytes")));
        }
        let head_key = IVec::from(layout::head_key(key));
        let old_pieces = self.remove_pieces(open, key, &head_key)?;
        let (head, pieces) = layout::cut(value);
        for (n, piece) in pieces {
            let key = IVec::from(layout::piece_key(key, n));
            if n >= old_pieces {
                self.before.push((key.clone(), None));
            }
            self.batch.insert(key, piece);
        }
        self.batch.insert(head_key, head);
        Ok(())
    }

    fn remove(&mut self, open: &Open, key: &[u8]) -> Result<(), StoreError> {
        let head_key = IVec::from(layout::head_key(key));
        self.remove_pieces(open, key, &head_key)?;
        self.batch.remove(head_key);
        Ok(())
    }

    /// The new value may have fewer pieces than the old one; returns how many that had.
    fn remove_pieces(&mut self, open: &Open, key: &[u8], head_key: &IVec) -> Result<u32, StoreError> {
        let head = open.get(head_key)?;
        let pieces = head.as_deref().map_or(Ok(0), |head| Head::read(head).map(|head| head.pieces()))?;
        self.before.push((head_key.clone(), head));
        for n in 0..pieces {
            let key = IVec::from(layout::piece_key(key, n));
            self.before.push((key.clone(), open.get(&key)?));
            self.batch.remove(key);
        }
        Ok(pieces)
    }
}

/// What brings the pairs back to what they were, as far as they are not.
pub(crate) fn undo(db: &Db, before: &Before) -> sled::Result<Batch> {
    let mut batch = Batch::default();
    for (key, value) in before {
        match value {
            _ if db.get(key)? == *value => {}
            Some(value) => batch.insert(key, value),
            None => batch.remove(key),
        }
    }
    Ok(batch)
}
