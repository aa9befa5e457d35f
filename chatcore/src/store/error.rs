//! The one error of every store.

use std::error::Error;
use std::fmt;
use std::sync::Arc;

use super::conflict::Conflict;
use super::domain::Domain;

/// Why a store did not do what it was asked.
///
/// The kind answers the question that money hangs on: did the write happen?
#[derive(Debug, Clone)]
pub struct StoreError {
    kind: StoreErrorKind,
    operation: &'static str,
    context: Box<str>,
    source: Option<Arc<dyn Error + Send + Sync>>,
}

/// Kinds of [`StoreError`].
#[derive(Debug, Clone, PartialEq, Eq)]
#[non_exhaustive]
pub enum StoreErrorKind {
    /// A rule refused the batch. Nothing was written.
    Conflict(Conflict),
    /// Nothing was written: the store was closed, full or too busy before it began.
    NotApplied,
    /// The write may or may not have happened. Read before trying again.
    Unavailable,
    /// What was read cannot be understood.
    Corrupt,
    /// The store leaves this domain out. Nothing was written or read, and trying again does not help.
    Unsupported(Domain),
}

impl StoreError {
    /// An error of a kind; `operation` completes "failed to ...".
    pub fn new(kind: StoreErrorKind, operation: &'static str) -> Self {
        Self { kind, operation, context: Box::default(), source: None }
    }

    /// A refusal by a rule.
    #[must_use]
    pub fn refused(conflict: Conflict) -> Self {
        Self::new(StoreErrorKind::Conflict(conflict), "commit")
    }

    /// A domain that the store leaves out; `operation` completes "failed to ...".
    #[must_use]
    pub fn unsupported(domain: Domain, operation: &'static str) -> Self {
        Self::new(StoreErrorKind::Unsupported(domain), operation)
    }

    /// With what it was about: never secrets, never message texts.
    #[must_use]
    pub fn context(mut self, context: impl Into<String>) -> Self {
        self.context = context.into().into_boxed_str();
        self
    }

    /// With what lies beneath.
    #[must_use]
    pub fn caused_by(mut self, source: impl Into<Box<dyn Error + Send + Sync>>) -> Self {
        self.source = Some(Arc::from(source.into()));
        self
    }

    /// What kind of failure.
    #[must_use]
    pub fn kind(&self) -> &StoreErrorKind {
        &self.kind
    }

    /// The rule that refused, if one did.
    #[must_use]
    pub fn conflict(&self) -> Option<&Conflict> {
        match &self.kind {
            StoreErrorKind::Conflict(conflict) => Some(conflict),
            _ => None,
        }
    }
}

impl fmt::Display for StoreError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "failed to {}: ", self.operation)?;
        match &self.kind {
            StoreErrorKind::Conflict(conflict) => write!(f, "{conflict}")?,
            StoreErrorKind::NotApplied => f.write_str("nothing was written")?,
            StoreErrorKind::Unavailable => f.write_str("the store is unavailable")?,
            StoreErrorKind::Corrupt => f.write_str("a record cannot be read")?,
            StoreErrorKind::Unsupported(domain) => write!(f, "the store keeps no {}", domain.name())?,
        }
        if self.context.is_empty() { Ok(()) } else { write!(f, " ({})", self.context) }
    }
}

impl Error for StoreError {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        self.source.as_deref().map(|source| source as &(dyn Error + 'static))
    }
}

impl From<Conflict> for StoreError {
    fn from(conflict: Conflict) -> Self {
        Self::refused(conflict)
    }
}
