//! What is held for a run: what it may use and cost at most.

use serde::{Deserialize, Serialize};

use crate::billing::ledger::{Credit, Quote};
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, RunId};
use crate::quota::{Amounts, ScopeKey, Who, is_zero};
use crate::store::{Entries, Index, Kind, Record};
use crate::subject::Subject;

/// What is held for a run while it goes on. It is placed in the batch that begins the run and ends in the one that ends
/// it: what was used is booked, the rest is free again.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Hold {
    /// For which run.
    pub run: RunId,
    /// Who is limited and charged. What is held for a visitor who has become a user is that user's.
    pub subject: Subject,
    /// The model that was asked.
    pub model: String,
    /// Tokens of its prompt, for whoever has to end the run without having seen it.
    #[serde(default, skip_serializing_if = "is_zero")]
    pub prompt: u64,
    /// The counters that it counts for.
    pub scopes: Vec<ScopeKey>,
    /// How much at most.
    pub amounts: Amounts,
    /// How much credit is set aside.
    #[serde(default)]
    pub money: Credit,
    /// By which prices it is charged, whatever becomes of the price table meanwhile.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub quote: Option<Quote>,
    /// When it was placed.
    pub placed_at: Timestamp,
    /// When to look whether its run still goes on.
    pub expires_at: Timestamp,
}

impl Hold {
    /// The key of a program that counts for it, if it came with one that a rule asks for.
    pub(crate) fn api_key(&self) -> Option<ApiKeyId> {
        self.scopes.iter().find_map(|scope| if let Who::ApiKey(id) = scope.who { Some(id) } else { None })
    }

    /// Whether it is for what is asked beside an answer, a title: that is no request, no run, and nobody is charged for it.
    pub(crate) const fn is_beside(&self) -> bool {
        self.amounts.requests == 0
    }

    /// How many runs it is for.
    pub(crate) const fn runs(&self) -> u64 {
        if self.is_beside() { 0 } else { 1 }
    }
}

impl Record for Hold {
    type Key = RunId;
    const KIND: Kind = Kind::Hold;

    fn key(&self) -> RunId {
        self.run
    }

    fn index(&self, entries: &mut Entries) {
        entries.add(Index::HoldsByExpiry, &(self.expires_at, self.run));
    }
}
