//! What those who run the service see of it: people, conversations, what is paid for, and how much is used.
//!
//! * Who may see what is in [`crate::account::role`]. `by` is the caller who wants it, and why; `None` is the program itself.
//! * **Reading a conversation of somebody takes a reason.** [`Office::open_chat`] writes it into the audit log, where its
//!   owner finds it; the entry is the grant by which whoever wrote it reads that conversation, for an hour.
//! * **Nothing is counted twice.** Numbers are folds of what stands already: [counters](crate::quota::Counter) say what
//!   people used in the last 62 days, [runs](crate::turn::Run) how models answered. Whoever deletes a conversation takes its
//!   runs along, so they are missing in what is said of models; counters and the ledger keep what they booked.
//! * **Every look is bounded**: a page of a list looks at [`LOOK`] records at most and may be shorter than asked for, and a
//!   fold stops at [`FOLD`] runs and says so.

mod chats;
mod people;
mod removal;
mod sales;
mod sift;
mod usage;

use std::sync::Arc;

pub use chats::ChatQuery;
pub use people::PersonQuery;
pub use removal::MAX_BULK;
pub use sales::SubscriptionQuery;
pub use sift::LOOK;
pub use usage::{FOLD, ModelDay, Period, PersonDay, Report, Totals};

use crate::clock::Clock;
use crate::store::Store;
use crate::turn::Chat;

/// What those who run the service see.
#[derive(Clone)]
pub struct Office {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    chat: Chat,
}

impl Office {
    /// The service over a store, and over the chats in it.
    pub fn new(store: Arc<dyn Store>, clock: Arc<dyn Clock>, chat: Chat) -> Self {
        Self { store, clock, chat }
    }
}
