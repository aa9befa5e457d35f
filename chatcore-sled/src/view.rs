//! What readers see.

use std::sync::{PoisonError, RwLock, RwLockReadGuard, RwLockWriteGuard};

use chatcore::StoreError;
use chatcore::store::Range;
use sled::{Db, IVec};

use crate::error::{caught, closed, corrupt, lost, unread};
use crate::layout::{self, Head};

type Pair = (Vec<u8>, Vec<u8>);

/// An open database.
pub(crate) struct Open(pub(crate) Db);

impl Open {
    /// A value of sled.
    pub(crate) fn get(&self, key: &[u8]) -> Result<Option<IVec>, StoreError> {
        caught(|| self.0.get(key)).map_err(unread)
    }

    /// The value of a key of the store.
    pub(crate) fn value(&self, key: &[u8]) -> Result<Option<Vec<u8>>, StoreError> {
        let head = self.get(&layout::head_key(key))?;
        head.map(|head| self.whole(key, &head)).transpose()
    }

    fn whole(&self, key: &[u8], head: &[u8]) -> Result<Vec<u8>, StoreError> {
        let (pieces, beginning) = match Head::read(head)? {
            Head::Whole(value) => return Ok(value.to_vec()),
            Head::Cut { pieces, beginning } => (pieces, beginning),
        };
        let mut value = beginning.to_vec();
        for n in 0..pieces {
            let piece = self.get(&layout::piece_key(key, n))?;
            value.extend_from_slice(&piece.ok_or_else(|| corrupt("a piece of a value is missing"))?);
        }
        Ok(value)
    }

    /// The first pairs of a range.
    pub(crate) fn scan(&self, range: &Range, limit: usize) -> Result<Vec<Pair>, StoreError> {
        let start = layout::head_key(&range.start);
        let end = range.end.as_ref().map_or_else(layout::behind_heads, |end| layout::head_key(end));
        if end <= start {
            return Ok(Vec::new());
        }
        let heads = || {
            let heads = self.0.range(start..end);
            if range.reverse { heads.rev().take(limit).collect() } else { heads.take(limit).collect() }
        };
        let found: Vec<(IVec, IVec)> = caught(heads).map_err(unread)?;
        let pair = |(key, head): (IVec, IVec)| {
            let key = layout::key_of(&key);
            Ok((key.to_vec(), self.whole(key, &head)?))
        };
        found.into_iter().map(pair).collect()
    }
}

/// What there is to read from, or why there is nothing.
pub(crate) enum State {
    Open(Open),
    /// It could not be opened again; the next one who comes may try.
    Lost,
    Closed,
}

impl State {
    pub(crate) fn open(&self) -> Result<&Open, StoreError> {
        match self {
            Self::Open(open) => Ok(open),
            Self::Lost => Err(lost()),
            Self::Closed => Err(closed()),
        }
    }
}

/// Readers share it; a group is applied with nobody reading, so that all of it or nothing is seen.
pub(crate) struct View(RwLock<State>);

impl View {
    pub(crate) fn new(db: Db) -> Self {
        Self(RwLock::new(State::Open(Open(db))))
    }

    pub(crate) fn read(&self) -> RwLockReadGuard<'_, State> {
        self.0.read().unwrap_or_else(PoisonError::into_inner)
    }

    pub(crate) fn write(&self) -> RwLockWriteGuard<'_, State> {
        self.0.write().unwrap_or_else(PoisonError::into_inner)
    }
}
