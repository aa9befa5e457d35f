//! Who changed what somebody is entitled to, and why.

use serde::{Deserialize, Serialize};

use super::Entitlement;
use super::change::Edit;
use crate::billing::plan::PlanId;
use crate::clock::Timestamp;
use crate::id::{UserId, VisitorId};

/// A change of an entitlement that somebody else than its owner made.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Note {
    /// When.
    pub at: Timestamp,
    /// Who of those who run the service; `None` is the program itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub by: Option<UserId>,
    /// Why, in their words.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub reason: Option<String>,
    /// What was done, in this order.
    pub deeds: Vec<Deed>,
}

/// What was done to an entitlement.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Deed {
    /// A plan was given.
    Gave(PlanId),
    /// What was given was taken back.
    TookBack,
    /// Rules of the owner's own were set, or taken away.
    Overrides,
    /// The cap was set, or taken away.
    Cap,
    /// The time zone was set.
    TimeZone,
    /// What this visitor had has come to the user that they became.
    Merged(VisitorId),
}

impl Note {
    /// How many notes are kept.
    pub const MAX: usize = 24;
}

impl From<&Edit> for Deed {
    fn from(edit: &Edit) -> Self {
        match edit {
            Edit::Give(plan, _) => Self::Gave(plan.clone()),
            Edit::TakeBack => Self::TookBack,
            Edit::Overrides(_) => Self::Overrides,
            Edit::Cap(_) => Self::Cap,
            Edit::TimeZone(_) => Self::TimeZone,
        }
    }
}

impl Entitlement {
    /// Adds notes to those that are there; the oldest go.
    pub(super) fn note(&mut self, notes: impl IntoIterator<Item = Note>) {
        self.notes.extend(notes);
        self.notes.sort_by_key(|note| note.at);
        let surplus = self.notes.len().saturating_sub(Note::MAX);
        self.notes.drain(..surplus);
    }
}
