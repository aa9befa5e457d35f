//! What went wrong beneath, as the one error of every store. Nothing here quotes what somebody said.

use std::any::Any;
use std::error::Error;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chatcore::StoreError;
use chatcore::store::StoreErrorKind;

type Cause = Box<dyn Error + Send + Sync>;

/// The database cannot be used.
pub(crate) fn unopened(why: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "open the database").context(why)
}

/// There is nothing to read from.
pub(crate) fn closed() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "read").context("the store is closed")
}

/// There is nothing to read from for the time being.
pub(crate) fn lost() -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "read").context("the database cannot be opened again")
}

/// A read failed.
pub(crate) fn unread(error: sled::Error) -> StoreError {
    let kind = match &error {
        sled::Error::Corruption { .. } => StoreErrorKind::Corrupt,
        _ => StoreErrorKind::Unavailable,
    };
    StoreError::new(kind, "read").caused_by(error)
}

/// What was read is not what this crate writes.
pub(crate) fn corrupt(what: &'static str) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "read").context(what)
}

/// Certainly nothing happened.
pub(crate) fn not_applied(why: impl Into<String>) -> StoreError {
    StoreError::new(StoreErrorKind::NotApplied, "commit").context(why)
}

/// The group may be on disk or not.
pub(crate) fn uncertain(why: &'static str, cause: impl Into<Cause>) -> StoreError {
    StoreError::new(StoreErrorKind::Unavailable, "commit").context(why).caused_by(cause)
}

/// sled asserts where others return an error, on damaged files above all. A panic becomes an error like the others.
pub(crate) fn caught<T>(work: impl FnOnce() -> sled::Result<T>) -> sled::Result<T> {
    catch_unwind(AssertUnwindSafe(work)).unwrap_or_else(|panic| Err(sled::Error::ReportableBug(message(&*panic))))
}

fn message(panic: &(dyn Any + Send)) -> String {
    let text = panic.downcast_ref::<String>().map(String::as_str).or(panic.downcast_ref::<&str>().copied());
    format!("sled panicked: {}", text.unwrap_or("without a message"))
}
