//! chatcore: the logic of a chat back end as a library.

pub mod clock;
pub mod conversation;
pub mod id;
pub mod page;
pub mod turn;

pub use clock::{Clock, Timestamp};
pub use id::{ApiKeyId, ConversationId, IdSource, JobId, MessageId, RandomIds, RunId, SessionId, UserId, VisitorId};
