//! A look for defects in what a store holds, whoever wrote it: the rules are those of [`crate::check`].

use crate::check::{Options, check};
use crate::store::{Store, StoreError};

/// Looks for what cannot be in what a store holds; a line for each defect. Nothing else may write meanwhile.
///
/// # Errors
/// When the store cannot be read.
pub async fn check_store(store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let report = check(store, &Options::default(), &mut |_| {}).await?;
    Ok(report.defects.iter().map(ToString::to_string).collect())
}
