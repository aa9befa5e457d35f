//! The errors of the services.

use std::time::Duration;

use crate::attachment::BlobError;
use crate::billing::GatewayError;
use crate::billing::ledger::Credit;
use crate::clock::Timestamp;
use crate::id::MessageId;
use crate::page::CursorError;
use crate::quota::Verdict;
use crate::store::{Conflict, Kind, StoreError};
use crate::turn::{Refusal, RunState};

/// Why a service did not do what it was asked. Each variant is something that a caller can act on.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum Error {
    /// There is no such thing, or it is somebody else's: the two look the same.
    #[error("no such {0}")]
    NotFound(&'static str),
    /// A field cannot be taken.
    #[error("{field}: {reason}")]
    Invalid {
        /// Which field of the request.
        field: &'static str,
        /// What is wrong with it.
        reason: String,
    },
    /// The head is not where the caller thought. Nothing was stored.
    #[error("the head has moved")]
    StaleHead {
        /// Where it is.
        head: Option<MessageId>,
    },
    /// It was changed by somebody else in between. Nothing was stored.
    #[error("it has changed in between")]
    StaleVersion,
    /// An answer is still being written where it must be finished.
    #[error("an answer is still being written")]
    Busy,
    /// The run has ended.
    #[error("the run has ended")]
    RunEnded(RunState),
    /// Something with that name exists already.
    #[error("the {0} is taken")]
    Taken(&'static str),
    /// Something else was asked under that name before: the name of a request, or of a message.
    #[error("the {0} was used for something else")]
    Reused(&'static str),
    /// What was made under that name before is deleted. Nothing was made anew.
    #[error("the {0} that was made under this name is gone")]
    Gone(&'static str),
    /// As many turns wait in the conversation as may.
    #[error("{0} turns wait in this conversation already")]
    QueueFull(usize),
    /// The caller may not do this.
    #[error("not allowed")]
    Denied,
    /// Who signs in is not who they say, or may not sign in now.
    #[error("the sign-in was refused")]
    Unauthenticated,
    /// A code is unknown, used, too old, of another kind, or for somebody else. All look the same.
    #[error("the code is not valid")]
    InvalidCode,
    /// It was done too often.
    #[error("too often, try again after {until}")]
    RateLimited {
        /// When it may be done again; [`Timestamp::MAX`] when time alone does not help.
        until: Timestamp,
        /// How long that is from now; `None` when time alone does not help.
        retry_after: Option<Duration>,
    },
    /// A limit of the caller's plan is used up. Nothing was stored.
    #[error("a limit is used up")]
    OverLimit(Box<Verdict>),
    /// Without it the user could not sign in any more.
    #[error("it is the last way in")]
    LastWayIn,
    /// Without them nobody could run the service.
    #[error("it is the last active admin")]
    LastAdmin,
    /// A subscription goes on, and would be charged for.
    #[error("a subscription goes on: end it first")]
    Subscribed,
    /// Somebody has an account with that address: sign in to it, then link.
    #[error("there is an account with that address: sign in to it to link this")]
    LinkFirst,
    /// There is not enough credit. Nothing was stored.
    #[error("{needed} micro-units of credit are needed, {available} are there")]
    InsufficientCredit {
        /// How much is needed.
        needed: Credit,
        /// How much can be used.
        available: Credit,
    },
    /// It would be more than the owner wants to spend in a month. Nothing was stored.
    #[error("the most that is to be spent in a month is {cap} micro-units, {spent} are spent or set aside")]
    CapReached {
        /// How much is needed.
        needed: Credit,
        /// The most that they want to spend.
        cap: Credit,
        /// What they have spent, with what is set aside.
        spent: Credit,
    },
    /// A file is larger than may be. Nothing was stored.
    #[error("larger than {most} bytes")]
    TooLarge {
        /// Bytes that it may have.
        most: u64,
    },
    /// A file is, by its bytes, of no kind that is taken. Nothing was stored.
    #[error("of no kind that is taken: {taken}")]
    UnknownMedia {
        /// The media types that are taken.
        taken: String,
    },
    /// No such model.
    #[error("there is no model named `{0}`")]
    UnknownModel(String),
    /// The server has too much to do.
    #[error("too busy, try again")]
    Overloaded,
    /// A hook of the program did not let the turn through. Nothing was stored.
    #[error(transparent)]
    Moderated(Refusal),
    /// A rule of an application's own change refused.
    #[error("{0}")]
    Refused(Conflict),
    /// Whoever takes the money did not do what it was asked.
    #[error(transparent)]
    Gateway(#[from] GatewayError),
    /// The bytes of attachments cannot be kept or read.
    #[error(transparent)]
    Blobs(#[from] BlobError),
    /// The store failed.
    #[error(transparent)]
    Store(StoreError),
}

impl Error {
    /// A field that cannot be taken.
    pub fn invalid(field: &'static str, reason: impl Into<String>) -> Self {
        Self::Invalid { field, reason: reason.into() }
    }

    /// What is not found was there: somebody made it under a name.
    pub(crate) fn or_gone(self) -> Self {
        if let Self::NotFound(what) = self { Self::Gone(what) } else { self }
    }
}

impl From<StoreError> for Error {
    fn from(error: StoreError) -> Self {
        let Some(conflict) = error.conflict() else { return Self::Store(error) };
        match conflict.clone() {
            Conflict::Missing(kind) => Self::NotFound(kind.name()),
            Conflict::ElsewhereMessage | Conflict::Deleted => Self::NotFound(Kind::Message.name()),
            Conflict::Exists(kind) => Self::Taken(kind.name()),
            Conflict::StaleHead { head } => Self::StaleHead { head },
            Conflict::StaleVersion | Conflict::HeadInside => Self::StaleVersion,
            Conflict::Busy => Self::Busy,
            Conflict::RunEnded { state } => Self::RunEnded(state),
            Conflict::SessionEnded | Conflict::WrongToken | Conflict::AccountInactive => Self::Unauthenticated,
            Conflict::SpentCode => Self::InvalidCode,
            Conflict::RateLimited { until, at, .. } => {
                Self::RateLimited { until, retry_after: (until < Timestamp::MAX).then(|| until.since(at)) }
            }
            Conflict::OverLimit(verdict) => Self::OverLimit(verdict),
            Conflict::Full(what) => Self::invalid(what, "holds as much as it can"),
            Conflict::LastWayIn => Self::LastWayIn,
            Conflict::LastAdmin => Self::LastAdmin,
            Conflict::Subscribed => Self::Subscribed,
            Conflict::NotAllowed => Self::Denied,
            Conflict::MergedElsewhere => Self::Taken(Kind::Visitor.name()),
            Conflict::InsufficientCredit { needed, available } => Self::InsufficientCredit { needed, available },
            Conflict::CapReached { needed, cap, spent } => Self::CapReached { needed, cap, spent },
            other @ (Conflict::StopRequested | Conflict::LogGap | Conflict::Tie { .. } | Conflict::Rule(_)) => {
                Self::Refused(other)
            }
        }
    }
}

impl From<CursorError> for Error {
    fn from(error: CursorError) -> Self {
        Self::invalid("cursor", error.to_string())
    }
}
