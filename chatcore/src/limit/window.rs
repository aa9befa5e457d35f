//! The counter of one bucket in one stretch of time.

use serde::{Deserialize, Serialize};

use crate::clock::Timestamp;
use crate::store::{Change, Conflict, Entries, Index, Kind, Record, Stop, Tx};

/// How often something was done in a stretch of time.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct RateWindow {
    /// What is counted.
    pub bucket: String,
    /// When the stretch began.
    pub start: Timestamp,
    /// How often.
    pub used: u64,
    /// When it was counted last.
    pub changed_at: Timestamp,
    /// When it counts no more, and may be removed.
    pub expires_at: Timestamp,
}

impl Record for RateWindow {
    type Key = (String, Timestamp);
    const KIND: Kind = Kind::RateWindow;

    fn key(&self) -> Self::Key {
        (self.bucket.clone(), self.start)
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::RateWindowsByExpiry, &(self.expires_at, self.bucket.clone(), self.start));
    }
}

/// Something is done again, if there is room for it. A refusal counts nothing.
#[derive(Debug, Clone)]
pub struct TakeRate {
    /// What is counted.
    pub bucket: String,
    /// When the stretch began.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
    /// How much of the limit it takes.
    pub cost: u64,
    /// How much there is.
    pub limit: u64,
    /// When.
    pub at: Timestamp,
}

impl Change for TakeRate {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let found = tx.get::<RateWindow>(&(self.bucket.clone(), self.start))?;
        let before = found.as_ref().map_or(0, |window| window.used);
        let used = before.saturating_add(self.cost);
        if used > self.limit {
            return Err(Conflict::RateLimited { used: before, until: self.end }.into());
        }
        let window = RateWindow {
            bucket: self.bucket.clone(),
            start: self.start,
            used,
            changed_at: self.at,
            expires_at: self.end,
        };
        if found.is_some() { tx.update(window) } else { tx.insert(window) }
    }
}

/// Removes counters that count no more. One that is gone is passed over.
#[derive(Debug, Clone)]
pub struct ForgetWindows {
    /// Which.
    pub windows: Vec<(String, Timestamp)>,
    /// When.
    pub at: Timestamp,
}

impl Change for ForgetWindows {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        tx.prefetch::<RateWindow>(self.windows.iter().cloned())?;
        for key in &self.windows {
            if tx.get::<RateWindow>(key)?.is_some_and(|window| window.expires_at <= self.at) {
                tx.delete::<RateWindow>(key)?;
            }
        }
        Ok(())
    }
}
