//! What is kept of whom is counted: one record, whatever the rules are.

use serde::{Deserialize, Serialize};

use super::history::History;
use super::meter::{Amounts, Meter, is_zero};
use super::scope::ScopeKey;
use super::window::Window;
use super::zone::Zone;
use crate::clock::Timestamp;
use crate::store::{Kind, Record};

/// What somebody used, and what is held for runs that go on.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Counter {
    /// Whom it counts.
    pub scope: ScopeKey,
    /// What was used.
    pub used: History,
    /// What may be used yet by runs that go on: it counts like what was used.
    #[serde(default, skip_serializing_if = "Amounts::is_nothing")]
    pub held: Amounts,
    /// Runs that go on.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub runs: u64,
    /// Bytes that are kept.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub bytes: u64,
    /// The models for which there is a counter beside this one, in order.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub models: Vec<String>,
}

impl Counter {
    /// Nothing was used.
    #[must_use]
    pub fn new(scope: ScopeKey) -> Self {
        let (used, held) = (History::default(), Amounts::default());
        Self { scope, used, held, runs: 0, bytes: 0, models: Vec::new() }
    }

    /// How much counts in a window: what was used, and what is held.
    #[must_use]
    pub fn count(&self, meter: Meter, window: Window, zone: &Zone, at: Timestamp) -> (u64, u64) {
        match meter {
            Meter::ConcurrentRuns => (self.runs, 0),
            Meter::StoredBytes => (self.bytes, 0),
            _ => (self.used.used(window, zone, at).of(meter), self.held.of(meter)),
        }
    }

    /// Notes that there is a counter for a model beside this one.
    pub fn knows(&mut self, model: &str) {
        if let Err(at) = self.models.binary_search_by(|known| known.as_str().cmp(model)) {
            self.models.insert(at, model.to_owned());
        }
    }

    /// Takes over what another one counts.
    #[must_use]
    pub fn with(mut self, other: Self, at: Timestamp, zone: &Zone) -> Self {
        self.used.absorb(other.used, at, zone);
        self.held = self.held.plus(other.held);
        self.runs = self.runs.saturating_add(other.runs);
        self.bytes = self.bytes.saturating_add(other.bytes);
        other.models.iter().for_each(|model| self.knows(model));
        self
    }
}

impl Record for Counter {
    type Key = ScopeKey;
    const KIND: Kind = Kind::Counter;

    fn key(&self) -> ScopeKey {
        self.scope.clone()
    }
}
