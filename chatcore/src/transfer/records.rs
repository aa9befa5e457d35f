//! All records of a store in order of kind and key, a page at a time.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::task::Poll;

use crate::store::{AnyRecord, Kind, Scan, StoreError, StoreErrorKind};

/// Pages are cut so that they hold about as much, whatever the size of the records. The first of a kind is small.
const PAGE_BYTES: usize = 2 * 1024 * 1024;
const PAGE_RECORDS: usize = 1_000;
const FIRST_PAGE: usize = 32;

/// A record with its key and its stored form, which is what is compared.
#[derive(Debug, Clone)]
pub(super) struct Entry {
    pub(super) key: Vec<u8>,
    pub(super) bytes: Vec<u8>,
    pub(super) record: AnyRecord,
}

impl Entry {
    pub(super) fn of(record: AnyRecord) -> Self {
        Self { key: record.key_bytes(), bytes: record.encode(), record }
    }
}

/// Reads a store.
pub(super) struct Records<'a> {
    store: &'a dyn Scan,
    kind: Option<Kind>,
    page: VecDeque<AnyRecord>,
    page_bytes: usize,
    page_limit: usize,
    last: Option<Vec<u8>>,
    ended: bool,
}

impl<'a> Records<'a> {
    pub(super) fn new(store: &'a dyn Scan) -> Self {
        let page = VecDeque::new();
        Self { store, kind: None, page, page_bytes: 0, page_limit: FIRST_PAGE, last: None, ended: false }
    }

    /// The next record of that kind. Another kind than the last time begins at its first record.
    pub(super) async fn next(&mut self, kind: Kind) -> Result<Option<Entry>, StoreError> {
        if self.kind != Some(kind) {
            *self = Self { kind: Some(kind), ..Self::new(self.store) };
        }
        if self.page.is_empty() && !self.ended {
            self.turn(kind).await?;
        }
        let Some(record) = self.page.pop_front() else { return Ok(None) };
        let entry = Entry::of(record);
        self.page_bytes += entry.bytes.len();
        if entry.record.kind() != kind || self.last.as_ref().is_some_and(|last| *last >= entry.key) {
            // a store that goes in circles would be copied for ever
            let error = StoreError::new(StoreErrorKind::Corrupt, "scan").context(kind.name());
            return Err(error.caused_by("the records do not come in the order of their keys"));
        }
        self.last = Some(entry.key.clone());
        Ok(Some(entry))
    }

    async fn turn(&mut self, kind: Kind) -> Result<(), StoreError> {
        if self.page_bytes > PAGE_BYTES {
            self.page_limit = (self.page_limit / 2).max(1);
        } else if self.page_bytes < PAGE_BYTES / 4 {
            self.page_limit = (self.page_limit * 2).min(PAGE_RECORDS);
        }
        self.page_bytes = 0;
        if self.last.is_some() {
            let_others_run().await;
        }
        self.page = self.store.scan(kind, self.last.as_deref(), self.page_limit).await?.into();
        self.ended = self.page.len() < self.page_limit;
        Ok(())
    }
}

/// Hands the thread back once. A store in memory never waits for anything, and neither does one that reads where the
/// caller is: without this nobody else would get a turn before the end, nor could the walk be dropped.
async fn let_others_run() {
    let mut waited = false;
    poll_fn(|context| {
        if std::mem::replace(&mut waited, true) {
            return Poll::Ready(());
        }
        context.waker().wake_by_ref();
        Poll::Pending
    })
    .await;
}
