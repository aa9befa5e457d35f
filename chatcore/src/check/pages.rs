//! All records of one kind, one after the other, a page at a time.

use std::collections::VecDeque;

use super::finding::{Finding, Group};
use super::walk::Walk;
use crate::store::{Loaded, OrderedKey, StoreError, StoreErrorKind, Stored};

/// Records that are read at once: a message may have a megabyte.
pub(super) const PAGE: usize = 100;

/// The records of one kind in the order of their keys.
pub(super) struct Pages<R> {
    queue: VecDeque<R>,
    after: Option<Vec<u8>>,
    state: State,
}

#[derive(PartialEq)]
enum State {
    Open,
    Ended,
    /// What lies behind `after` cannot be read.
    Broken,
}

impl<R: Stored> Pages<R> {
    pub(super) const fn new() -> Self {
        Self { queue: VecDeque::new(), after: None, state: State::Open }
    }

    /// Whether records behind those that were read cannot be read: then that one is missing means nothing.
    pub(super) fn is_broken(&self) -> bool {
        self.queue.is_empty() && self.state == State::Broken
    }

    /// The next record, which stays the next one.
    pub(super) async fn peek(&mut self, walk: &mut Walk<'_>) -> Result<Option<&R>, StoreError> {
        if self.queue.is_empty() && self.state == State::Open {
            self.fill(walk).await?;
        }
        Ok(self.queue.front())
    }

    /// The next record.
    pub(super) async fn next(&mut self, walk: &mut Walk<'_>) -> Result<Option<R>, StoreError> {
        self.peek(walk).await?;
        Ok(self.queue.pop_front())
    }

    /// The next record if that holds for it.
    pub(super) async fn next_if(
        &mut self,
        walk: &mut Walk<'_>,
        wanted: impl FnOnce(&R) -> bool + Send,
    ) -> Result<Option<R>, StoreError> {
        let take = self.peek(walk).await?.is_some_and(wanted);
        Ok(if take { self.queue.pop_front() } else { None })
    }

    async fn fill(&mut self, walk: &mut Walk<'_>) -> Result<(), StoreError> {
        let mut limit = PAGE;
        loop {
            match walk.store.scan(R::KIND, self.after.as_deref(), limit).await {
                Ok(found) => {
                    if found.is_empty() {
                        self.state = State::Ended;
                    }
                    let mut loaded = Loaded::default();
                    found.into_iter().for_each(|record| loaded.push(record));
                    self.queue.extend(std::mem::take(R::loaded_mut(&mut loaded)));
                    if let Some(last) = self.queue.back() {
                        self.after = Some(last.key().to_bytes());
                    }
                    walk.read(R::KIND, self.queue.len());
                    return Ok(());
                }
                // a smaller page may end before the record that cannot be read
                Err(error) if *error.kind() == StoreErrorKind::Corrupt && limit > 1 => limit /= 2,
                Err(error) if *error.kind() == StoreErrorKind::Corrupt => {
                    self.state = State::Broken;
                    let behind = self.after.clone().unwrap_or_default();
                    let finding = Finding::behind("unreadable_record", R::KIND, behind, error.to_string());
                    return walk.found(Group::open(finding)).await.map(drop);
                }
                Err(error) => return Err(error),
            }
        }
    }
}

/// What a look-up found; `None` when it cannot be read, which the scan of that kind reports.
pub(super) fn readable<T>(found: Result<T, StoreError>) -> Result<Option<T>, StoreError> {
    match found {
        Ok(found) => Ok(Some(found)),
        Err(error) if *error.kind() == StoreErrorKind::Corrupt => Ok(None),
        Err(error) => Err(error),
    }
}
