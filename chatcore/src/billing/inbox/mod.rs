//! What the gateway tells, exactly once.
//!
//! An event is stored, claimed and applied in one batch, and known by its id for good: however often it comes, it has one
//! effect. Events come in any order. What each kind of object needs of order is kept with the object ([`PaymentObject`]):
//!
//! * A subscription has a *watermark*: when the last event that was applied to it happened. An older one is recorded and not
//!   applied. Where two happened at once, or one may have happened before a look at the gateway, nobody can say which is
//!   newer: the rule refuses with [`Conflict::Tie`](crate::store::Conflict::Tie), the service looks at the gateway and commits what it sees there,
//!   and that is refused again if somebody else was quicker.
//! * A customer belongs to one subject, for good.
//! * A bill is paid or not; once it is paid it stays so.
//!
//! What cannot be applied as things are is *parked* with the reason, and may be tried again ([`ReceiveEvent::again`]).

mod change;
mod object;
mod observe;

use serde::{Deserialize, Serialize};

pub use change::{Look, ReceiveEvent};
pub use object::{ObjectKind, PaymentObject};
pub use observe::ObserveSubscription;

use super::gateway::News;
use crate::clock::Timestamp;
use crate::store::{Entries, Index, Kind, Record};

/// An event of the gateway that came here.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct PaymentEvent {
    /// Its id at the gateway.
    pub id: String,
    /// Its kind, in the gateway's words.
    pub kind: String,
    /// What it is about, by its id at the gateway.
    pub object: Option<String>,
    /// When it happened there.
    pub created: Timestamp,
    /// When it came here first.
    pub received_at: Timestamp,
    /// What became of it.
    pub state: EventState,
    /// Why it was not applied.
    pub reason: Option<String>,
    /// How often it was tried: more than once only when somebody asks for it.
    pub tries: u64,
    /// What it says.
    pub news: News,
}

/// What became of an event.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum EventState {
    /// It has had its effect.
    Applied,
    /// It has none: it says nothing that matters here, or nothing new.
    Ignored,
    /// It cannot have one as things are; somebody must see to it.
    Parked,
}

impl Record for PaymentEvent {
    type Key = String;
    const KIND: Kind = Kind::PaymentEvent;

    fn key(&self) -> String {
        self.id.clone()
    }

    fn is_small(&self) -> bool {
        false
    }

    fn index(&self, entries: &mut Entries) {
        if self.state == EventState::Parked {
            entries.add(Index::ParkedEvents, &(self.received_at, self.id.clone()));
        }
    }
}
