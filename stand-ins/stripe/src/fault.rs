//! How the stand-in fails where it is told to.

use std::collections::VecDeque;
use std::sync::{Mutex, PoisonError};

/// A way to fail.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Fault {
    /// An error in Stripe's shape, of that status; nothing was done.
    Status(u16),
    /// A page of something in between, of that status; nothing was done.
    Page(u16),
    /// A success that says nothing that can be read; nothing was done.
    Garbage,
    /// The connection breaks; nothing was done.
    Reset,
    /// The connection breaks, and it was done.
    LostAnswer,
    /// There is no answer.
    Silence,
}

/// What is to fail next.
#[derive(Default)]
pub(crate) struct Faults(Mutex<VecDeque<(String, Fault)>>);

impl Faults {
    /// Lets the next request to a path fail, behind those that fail already.
    pub(crate) fn add(&self, path: &str, fault: Fault) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).push_back((path.to_owned(), fault));
    }

    pub(crate) fn take(&self, path: &str) -> Option<Fault> {
        let mut faults = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let at = faults.iter().position(|(of, _)| of == path)?;
        faults.remove(at).map(|(_, fault)| fault)
    }
}
