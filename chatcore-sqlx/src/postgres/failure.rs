//! What a failure means for the group that met it.

use chatcore::store::{StoreError, StoreErrorKind};
use sqlx::postgres::{PgDatabaseError, PgSeverity};

use crate::error::{inconsistent, unread, unwritten};

/// What may help after a group was not committed.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Remedy {
    /// Nothing.
    None,
    /// Looking every key up: a row was in the way, or one that was loaded is gone.
    Look,
    /// Trying again: somebody else held what was needed.
    Wait,
    /// Leaving out the batch that is to blame: what it reads or writes is refused.
    Apart,
    /// The same: somebody holds one of its rows for longer than is waited.
    Stuck,
    /// Another connection.
    Connect,
}

impl Remedy {
    /// Whether only some of the batches may be to blame.
    pub(super) fn is_apart(self) -> bool {
        matches!(self, Self::Look | Self::Wait | Self::Apart | Self::Stuck)
    }
}

/// Why a group was not committed.
pub(super) struct Failure {
    pub(super) error: StoreError,
    pub(super) remedy: Remedy,
}

impl Failure {
    /// A statement failed.
    pub(super) fn of(table: &'static str, error: sqlx::Error) -> Self {
        let remedy = match (refusal(&error).map(PgDatabaseError::code), &error) {
            // unique violation
            (Some("23505"), _) => Remedy::Look,
            // serialization failure, deadlock, cancelled by an administrator or a timeout
            (Some("40001" | "40P01" | "57014"), _) => Remedy::Wait,
            (Some("55P03"), _) => return Self::stuck(table, error),
            // the server has become one that is only read
            (Some("25006"), _) => Remedy::Connect,
            // values that are none, that break a constraint, that are too large
            (Some(code), _) if ["22", "23", "54"].iter().any(|class| code.starts_with(class)) => Remedy::Apart,
            (None, sqlx::Error::Encode(_)) => Remedy::Apart,
            (
                None,
                sqlx::Error::Database(_)
                | sqlx::Error::Io(_)
                | sqlx::Error::Tls(_)
                | sqlx::Error::Protocol(_)
                | sqlx::Error::WorkerCrashed,
            ) => Remedy::Connect,
            _ => Remedy::None,
        };
        Self { error: unwritten(table, error), remedy }
    }

    fn stuck(table: &'static str, error: sqlx::Error) -> Self {
        let why = format!("{table}: somebody else holds a row for too long");
        let error = StoreError::new(StoreErrorKind::NotApplied, "commit").context(why).caused_by(error);
        Self { error, remedy: Remedy::Stuck }
    }

    /// The statement did not wait for rows, so there may be something to wait for.
    pub(super) fn unless_waited(mut self) -> Self {
        if self.remedy == Remedy::Stuck {
            self.remedy = Remedy::Wait;
        }
        self
    }

    /// A row cannot be understood.
    pub(super) fn unreadable(table: &'static str, error: sqlx::Error) -> Self {
        Self { error: unread(table, error), remedy: Remedy::Apart }
    }

    /// A statement did not find the rows that were loaded, or found some that were not.
    pub(super) fn outrun(table: &'static str, verb: &'static str, expected: usize, found: u64) -> Self {
        Self { error: inconsistent(table, verb, expected, found), remedy: Remedy::Look }
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self { error, remedy: Remedy::None }
    }
}

/// What the server said, if it refused and goes on. After anything worse it hangs up, and whether it did what it was asked
/// just before is not known.
pub(super) fn refusal(error: &sqlx::Error) -> Option<&PgDatabaseError> {
    let answer = error.as_database_error()?.try_downcast_ref::<PgDatabaseError>()?;
    matches!(answer.severity(), PgSeverity::Error).then_some(answer)
}
