//! chatcore: the logic of a chat back end as a library.

pub mod account;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod conversation;
mod error;
pub mod id;
pub mod job;
pub mod memory;
pub mod page;
pub mod store;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod turn;

pub use clock::{Clock, Timestamp};
pub use error::Error;
pub use id::{ApiKeyId, ConversationId, IdSource, JobId, MessageId, RandomIds, RunId, SessionId, UserId, VisitorId};
pub use memory::MemoryStore;
pub use store::{Store, StoreError};
pub use subject::Subject;
pub use turn::Chat;
