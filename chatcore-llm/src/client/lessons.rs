//! What models turn out not to take, found by asking them.

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

/// Facts about models, each by the name that the server has for the model. Kept as long as the client lives.
#[derive(Debug, Default)]
pub(crate) struct Lessons(Mutex<BTreeSet<(String, &'static str)>>);

impl Lessons {
    /// Whether that was found of the model.
    pub(crate) fn has(&self, model: &str, fact: &'static str) -> bool {
        self.with(|all| all.contains(&(model.to_owned(), fact)))
    }

    /// Remembers it. Requests that were on their way at the same time teach the same thing once more.
    pub(crate) fn add(&self, model: &str, fact: &'static str) {
        self.with(|all| all.insert((model.to_owned(), fact)));
    }

    /// Forgets it.
    pub(crate) fn remove(&self, model: &str, fact: &'static str) {
        self.with(|all| all.remove(&(model.to_owned(), fact)));
    }

    fn with<T>(&self, work: impl FnOnce(&mut BTreeSet<(String, &'static str)>) -> T) -> T {
        work(&mut self.0.lock().unwrap_or_else(PoisonError::into_inner))
    }
}
