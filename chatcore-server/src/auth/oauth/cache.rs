//! What a provider says rarely anew.

use std::sync::Arc;
use std::time::Duration;

use chatcore::Timestamp;
use tokio::sync::Mutex;

use super::error::{Ask, OAuthError};

/// How long a provider that failed is left alone.
const REST: Duration = Duration::from_secs(5);

/// A value that is fetched when somebody needs it. Whoever needs it at the same time waits for the one who fetches.
pub(super) struct Cache<T> {
    slot: Mutex<Slot<T>>,
}

struct Slot<T> {
    value: Option<(Timestamp, Arc<T>)>,
    failed_at: Option<Timestamp>,
}

impl<T> Default for Cache<T> {
    fn default() -> Self {
        Self { slot: Mutex::new(Slot { value: None, failed_at: None }) }
    }
}

impl<T> Cache<T> {
    /// The value, if it is younger than that; a new one otherwise.
    pub(super) async fn get(
        &self,
        what: Ask,
        (now, max_age): (Timestamp, Duration),
        fetch: impl Future<Output = Result<T, OAuthError>>,
    ) -> Result<Arc<T>, OAuthError> {
        let mut slot = self.slot.lock().await;
        if let Some((_, value)) = slot.value.as_ref().filter(|(at, _)| now.since(*at) < max_age) {
            return Ok(value.clone());
        }
        if slot.failed_at.is_some_and(|at| now.since(at) < REST) {
            return Err(OAuthError::Resting(what));
        }
        // whoever goes away in between leaves no trace, so that nobody can keep others from a provider that works
        match fetch.await.map(Arc::new) {
            Ok(value) => {
                *slot = Slot { value: Some((now, value.clone())), failed_at: None };
                Ok(value)
            }
            Err(error) => {
                slot.failed_at = Some(now);
                Err(error)
            }
        }
    }
}
