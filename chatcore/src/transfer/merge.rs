//! Source and target side by side, in the order of their keys.

use std::cmp::Ordering;

use super::error::{Difference, Differs, TransferError};
use super::records::{Entry, Records};
use super::source::Source;
use crate::store::Kind;

/// The records of one kind, of both.
pub(super) struct Merge<'m, 'a> {
    kind: Kind,
    source: &'m mut dyn Source,
    target: &'m mut Records<'a>,
    left: Option<Entry>,
    right: Option<Entry>,
}

/// What there is of a key.
#[derive(Debug)]
pub(super) enum Pair {
    /// The source alone has it.
    Source(Entry),
    /// Both have the same.
    Both(Entry),
    /// They have something else.
    Differ(Difference),
}

impl<'m, 'a> Merge<'m, 'a> {
    pub(super) async fn new(
        kind: Kind,
        source: &'m mut dyn Source,
        target: &'m mut Records<'a>,
    ) -> Result<Self, TransferError> {
        let right = target.next(kind).await.map_err(TransferError::Target)?;
        Ok(Self { kind, source, target, left: None, right })
    }

    /// Whether the target has no more.
    pub(super) fn target_ended(&self) -> bool {
        self.right.is_none()
    }

    pub(super) async fn next(&mut self) -> Result<Option<Pair>, TransferError> {
        if self.left.is_none() {
            self.left = self.source.next(self.kind).await?;
        }
        let order = match (&self.left, &self.right) {
            (None, None) => return Ok(None),
            (Some(_), None) => Ordering::Less,
            (None, Some(_)) => Ordering::Greater,
            (Some(left), Some(right)) => left.key.cmp(&right.key),
        };
        let left = self.left.take_if(|_| order.is_le());
        let right = if order.is_ge() { self.take_right().await? } else { None };
        let differ = |entry: Entry, how| Pair::Differ(Difference { kind: self.kind, key: entry.key, how });
        Ok(match (left, right) {
            (Some(left), None) => Some(Pair::Source(left)),
            (Some(left), Some(right)) if left.bytes == right.bytes => Some(Pair::Both(left)),
            (Some(left), Some(_)) => Some(differ(left, Differs::Changed)),
            (None, Some(right)) => Some(differ(right, Differs::Unexpected)),
            (None, None) => None,
        })
    }

    async fn take_right(&mut self) -> Result<Option<Entry>, TransferError> {
        let next = self.target.next(self.kind).await.map_err(TransferError::Target)?;
        Ok(std::mem::replace(&mut self.right, next))
    }
}
