//! Where records come from.

use async_trait::async_trait;

use super::error::TransferError;
use super::records::{Entry, Records};
use crate::store::Kind;

/// Hands out records in order of kind and key.
#[async_trait]
pub(super) trait Source: Send {
    /// The next record of that kind. Kinds are asked for in order, each until there is no more.
    async fn next(&mut self, kind: Kind) -> Result<Option<Entry>, TransferError>;
}

#[async_trait]
impl Source for Records<'_> {
    async fn next(&mut self, kind: Kind) -> Result<Option<Entry>, TransferError> {
        Self::next(self, kind).await.map_err(TransferError::Source)
    }
}
