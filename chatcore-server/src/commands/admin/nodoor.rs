//! Where there are no sockets with modes there is no door: commands ask for the server to be stopped first.

use std::sync::Arc;

use chatcore::Store;

use super::deed::Order;
use crate::commands::error::CommandError;
use crate::config::StoreUrl;

/// A door that is never opened.
pub(crate) struct Door;

impl Door {
    /// There is none.
    pub(crate) fn open(_url: &StoreUrl, _store: &Arc<dyn Store>) -> Option<Self> {
        None
    }
}

/// Hands the order back.
pub(super) async fn ask(_url: &StoreUrl, order: Order) -> Result<Result<Vec<String>, CommandError>, Order> {
    Err(order)
}
