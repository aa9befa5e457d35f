//! Why a rule refused a batch.

use super::kinds::Kind;
use crate::billing::ledger::Credit;
use crate::clock::Timestamp;
use crate::id::MessageId;
use crate::quota::Verdict;
use crate::turn::RunState;

/// The rule that refused, with what the caller needs to go on.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum Conflict {
    /// A record that must be there is not.
    #[error("no such {}", .0.name())]
    Missing(Kind),
    /// A record that must not be there yet is.
    #[error("the {} exists already", .0.name())]
    Exists(Kind),
    /// The head is not where the caller thought.
    #[error("the head has moved")]
    StaleHead {
        /// Where it is.
        head: Option<MessageId>,
    },
    /// The record was changed by somebody else in between.
    #[error("the record has changed")]
    StaleVersion,
    /// The message belongs to another conversation.
    #[error("the message belongs to another conversation")]
    ElsewhereMessage,
    /// The message lies in a part of the tree that was deleted.
    #[error("the message was deleted")]
    Deleted,
    /// The head lies in the part that is to be deleted, and the batch does not move it out.
    #[error("the head lies in the part that is to be deleted")]
    HeadInside,
    /// An answer is still being written where the change needs it finished.
    #[error("an answer is still being written")]
    Busy,
    /// The run has ended.
    #[error("the run has ended")]
    RunEnded {
        /// How.
        state: RunState,
    },
    /// Somebody asked the run to stop, so it ends as stopped.
    #[error("the run was asked to stop")]
    StopRequested,
    /// Events do not continue the log.
    #[error("the events do not continue the log of the run")]
    LogGap,
    /// The session has ended or is too old.
    #[error("the session has ended")]
    SessionEnded,
    /// The token is not the session's current one.
    #[error("the token is not the current one")]
    WrongToken,
    /// The account may not do this in its present state.
    #[error("the account is not active")]
    AccountInactive,
    /// A code is unknown, used, too old, of another kind, or for somebody else. Which of them is nobody's business.
    #[error("the code is not valid")]
    SpentCode,
    /// It was done too often.
    #[error("the limit is used up")]
    RateLimited {
        /// When it may be done again; [`Timestamp::MAX`] when time alone does not help.
        until: Timestamp,
        /// When it was refused.
        at: Timestamp,
        /// When the counter says nothing any more.
        expires_at: Timestamp,
    },
    /// Without it the user could not sign in any more.
    #[error("it is the last way in")]
    LastWayIn,
    /// Without them nobody could run the service.
    #[error("it is the last active admin")]
    LastAdmin,
    /// Somebody is still being charged for a subscription.
    #[error("a subscription goes on")]
    Subscribed,
    /// Whoever wants it has not the role for it, or not any more.
    #[error("the role does not allow it")]
    NotAllowed,
    /// The visitor has become another user.
    #[error("the visitor has become another user")]
    MergedElsewhere,
    /// A limit of somebody's plan is used up.
    #[error("a limit is used up")]
    OverLimit(Box<Verdict>),
    /// There is not enough credit.
    #[error("{needed} micro-units of credit are needed, {available} are there")]
    InsufficientCredit {
        /// How much is needed.
        needed: Credit,
        /// How much can be used.
        available: Credit,
    },
    /// The owner does not want to spend more in this month.
    #[error("the most that is to be spent in a month is {cap} micro-units, {spent} are spent or set aside")]
    CapReached {
        /// How much is needed.
        needed: Credit,
        /// The most that they want to spend.
        cap: Credit,
        /// What they have spent, with what is set aside.
        spent: Credit,
    },
    /// Which of two is newer cannot be told from what is known: somebody must look at the gateway.
    #[error("it cannot be told which is newer")]
    Tie {
        /// The version of what is known; 0 if it is nothing.
        version: u64,
    },
    /// Something holds as much as it can.
    #[error("the {0} holds as much as it can")]
    Full(&'static str),
    /// A rule of an application's own change.
    #[error("{0}")]
    Rule(&'static str),
}
