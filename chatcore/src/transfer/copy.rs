//! From one store to another.

use super::error::TransferError;
use super::fill::fill;
use super::kinds;
use super::merge::{Merge, Pair};
use super::options::{Options, Progress, Summary};
use super::records::Records;
use crate::store::{Scan, Store};

/// Copies every record.
///
/// It can be broken off at any moment, by an error, by dropping the future or by a power cut, and called again: the
/// target itself shows how far it was. What the target lacks is inserted, what it has already is passed over. A target
/// that holds something else than a part of the source is refused before anything is written.
///
/// It compares while it copies; [`verify`](super::verify()) afterwards reads back what was written.
///
/// # Errors
/// [`TransferError`].
pub async fn copy(
    from: &dyn Scan,
    to: &dyn Store,
    options: &Options,
    progress: &mut (dyn FnMut(Progress) + Send),
) -> Result<Summary, TransferError> {
    require_part(from, to).await?;
    fill(&mut Records::new(from), to, options, progress).await
}

/// Refuses a target that holds anything which the source does not. Of the source only as much is read as the target
/// has.
async fn require_part(from: &dyn Scan, to: &dyn Scan) -> Result<(), TransferError> {
    let (mut source, mut target) = (Records::new(from), Records::new(to));
    for kind in kinds() {
        let mut merge = Merge::new(kind, &mut source, &mut target).await?;
        while !merge.target_ended() {
            if let Some(Pair::Differ(difference)) = merge.next().await? {
                return Err(TransferError::NotACopy(difference));
            }
        }
    }
    Ok(())
}
