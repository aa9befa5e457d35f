//! Whether two stores hold the same.

use super::digest::{Digest, Digester};
use super::error::{Difference, Differs, TransferError};
use super::kinds;
use super::merge::{Merge, Pair};
use super::records::Records;
use crate::store::Scan;

/// Reads both stores side by side; what they both hold.
///
/// # Errors
/// [`TransferError::Differ`] with the first difference, or when one of them cannot be read.
pub async fn verify(from: &dyn Scan, to: &dyn Scan) -> Result<Digest, TransferError> {
    let (mut source, mut target, mut digester) = (Records::new(from), Records::new(to), Digester::default());
    for kind in kinds() {
        let mut merge = Merge::new(kind, &mut source, &mut target).await?;
        while let Some(pair) = merge.next().await? {
            let difference = match pair {
                Pair::Both(entry) => {
                    digester.add(&entry);
                    continue;
                }
                Pair::Source(entry) => Difference { kind, key: entry.key, how: Differs::Missing },
                Pair::Differ(difference) => difference,
            };
            return Err(TransferError::Differ(difference));
        }
    }
    Ok(digester.finish())
}
