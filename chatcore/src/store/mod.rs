//! The store: records, changes, and the one commit that everything goes through.
//!
//! ```text
//! request -> service -> Batch of Changes --commit--> store: one atomic step {
//!                                                      load the records that the changes need, by exact key
//!                                                      evaluate the batch over them -> Conflict | writes
//!                                                      write, make durable, and only then answer }
//! reads: one small trait a domain, by key and by ordered range
//! ```
//!
//! Rules are [`Change`]s and live in the domains. A store holds none: it loads, writes and lists. There are two doors:
//! a store that only knows ordered bytes implements [`KeyValue`] and gets everything else from [`DoorStore`]; a SQL
//! store maps each [`Kind`] to a table and drives [`Group`] itself. Both are explained in [`guide`].

mod change;
pub mod codec;
mod conflict;
mod domain;
mod door;
mod error;
mod group;
#[doc = include_str!("guide.md")]
pub mod guide {}
mod key;
mod kinds;
mod known;
mod record;
mod table;
mod tx;
mod wake;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::{self, BoxStream};

pub use change::{Batch, Change, Committed, InGroup, Stop};
pub use conflict::Conflict;
pub use domain::Domain;
pub use door::{DoorStore, KeyValue, KvWrite, OpenKeyValue, Range};
pub use error::{StoreError, StoreErrorKind};
pub use group::Group;
pub use key::{Newest, OrderedKey, prefix_range};
pub use kinds::{AnyRecord, Keys, KeysVisitor, Kind, Loaded, Rows, RowsVisitor};
pub use known::{Found, Known, Look};
pub use record::{Entries, Index, Projector, Record, Stored};
pub use table::{Table, Write};
pub use tx::Tx;
pub use wake::{RunNotice, WakeUp};

use crate::account::AccountStore;
use crate::attachment::AttachmentStore;
use crate::audit::AuditStore;
use crate::billing::{BillingStore, LedgerStore};
use crate::conversation::ConversationStore;
use crate::feedback::FeedbackStore;
use crate::job::JobStore;
use crate::limits::LimitStore;
use crate::quota::QuotaStore;
use crate::search::SearchStore;
use crate::share::ShareStore;
use crate::turn::TurnStore;

/// The one way to write.
#[async_trait]
pub trait Commit: Send + Sync {
    /// Applies a batch: every change holds and every write happens, or nothing does.
    ///
    /// # Behaviour
    /// * `all_or_nothing`: a refused batch leaves no trace.
    /// * `durable_before_answer`: nobody is answered, refusals included, before what the answer rests on is durable.
    /// * `survives_cancel`: a caller that goes away while it waits leaves the store as it would be without the batch, or
    ///   with all of it.
    /// * `one_after_another`: batches take effect as if one at a time.
    /// * `broken_rule_alone`: a rule that panics harms no other batch.
    /// * `insert_needs_absence`: an insert whose key is taken is refused with [`Conflict::Exists`] and overwrites nothing.
    /// * `fresh_ids_are_checked`: so is one whose key was taken to be free; no other batch notices.
    /// * `update_needs_presence`: an update or a delete of what is not there is refused with [`Conflict::Missing`].
    /// * `loads_in_rounds`: a rule is asked again until it has all that it wants, and takes effect once.
    /// * `batches_are_bounded`: [`Batch::MAX_CHANGES`] changes are taken, more are `NotApplied`.
    /// * `answers_with_what_was_written`: the answer holds the records that this batch wrote, as it left them.
    /// * `keeps_values`: a record is read as it was written: integers up to [`i64::MAX`], every moment, every text without
    ///   a zero character.
    /// * `forgets_what_is_deleted`: a deleted record is in no read, no list and no scan, and its key is free.
    ///
    /// # Errors
    /// A [`StoreError`] whose kind says whether the batch may have happened.
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError>;
}

/// A walk over every record, for check, copy, backup and export.
#[async_trait]
pub trait Scan: Send + Sync {
    /// Records of one kind.
    ///
    /// # Behaviour
    /// * `scan_in_key_order`: by the bytes of [`OrderedKey`], behind `after`, whether or not it still exists; at most
    ///   `limit`.
    /// * `scan_sees_all`: every record of a kind that is not a projection is seen.
    /// * `scan_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its place
    ///   by then, and so nothing twice.
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError>;
}

/// A store: the one commit, the scan, and the reads of every domain.
pub trait Store:
    Commit
    + Scan
    + ConversationStore
    + FeedbackStore
    + ShareStore
    + SearchStore
    + TurnStore
    + AccountStore
    + LimitStore
    + QuotaStore
    + LedgerStore
    + BillingStore
    + AttachmentStore
    + JobStore
    + AuditStore
{
    /// Whether no other process can use this store while this one does. Then every run that is still going when the
    /// process starts is dead.
    fn is_exclusive(&self) -> bool;

    /// Whether this store keeps the records of a domain; only one that [is optional](Domain::is_optional) may be left
    /// out. Whoever leaves one out implements its trait of reads with an empty block and says so of every batch:
    /// [`Batch::without`].
    ///
    /// # Behaviour
    /// * `domains_are_whole`: records of a domain that is kept are taken and read. A batch that touches a record of one
    ///   that is left out is refused with [`StoreErrorKind::Unsupported`] and leaves no trace, and so are the reads of that
    ///   domain; a scan finds nothing of it.
    fn supports(&self, domain: Domain) -> bool {
        Domain::ALL.contains(&domain)
    }

    /// Hints about runs that any process writes, this one included, for as long as the stream is polled. Whoever waits
    /// for something looks every now and then all the same ([`Timing::poll`](crate::turn::Timing)); hints make that
    /// quick. A store without them ends the stream at once.
    fn wake_ups(&self) -> BoxStream<'static, WakeUp> {
        stream::empty().boxed()
    }
}
