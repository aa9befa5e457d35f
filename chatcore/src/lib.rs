//! The logic of a chat back end: branching conversations, runs that outlive their readers, accounts. Storage and models
//! are ports; there is no I/O and no runtime in here.
//!
//! ```
//! use chatcore::account::Caller;
//! use chatcore::conversation::NewConversation;
//! use chatcore::page::PageRequest;
//! use chatcore::{Chat, MemoryStore, RandomIds, Timestamp, UserId};
//! # use chatcore::turn::{FinishReason, LanguageModel, ModelError, ModelEvent, ModelInfo, ModelRequest, ModelStream};
//! # use futures::{StreamExt, stream};
//! # struct Parrot;
//! # #[async_trait::async_trait]
//! # impl LanguageModel for Parrot {
//! #     fn models(&self) -> Vec<ModelInfo> {
//! #         vec![ModelInfo::new("parrot", "doc", 1000)]
//! #     }
//! #     async fn stream(&self, _: ModelRequest) -> Result<ModelStream, ModelError> {
//! #         let events = [ModelEvent::Text("Hello!".into()), ModelEvent::Finish(FinishReason::Stop)];
//! #         Ok(stream::iter(events.map(Ok)).boxed())
//! #     }
//! # }
//! # struct Wall;
//! # #[async_trait::async_trait]
//! # impl chatcore::Clock for Wall {
//! #     fn now(&self) -> Timestamp { Timestamp::from_micros(1) }
//! #     async fn sleep_until(&self, _: Timestamp) { futures::future::pending().await }
//! # }
//! # futures::executor::block_on(async {
//! let chat = Chat::new(MemoryStore::in_memory(), Parrot, Wall); // a store, a model, a clock
//! let me = Caller::user(UserId::mint(Timestamp::default(), &RandomIds));
//! let conversation = chat.conversations().create(&me, NewConversation::default()).await?;
//! let turn = chat.send(&me, conversation.id, "Hi").await?;
//! turn.driver.await; // or spawn it, and listen to `chat.events`
//! let page = chat.conversations().branch(&me, conversation.id, None, &PageRequest::first()).await?;
//! assert_eq!(page.items[1].message.text(), "Hello!");
//! # Ok::<(), chatcore::Error>(())
//! # }).unwrap();
//! ```
//!
//! | module | holds |
//! | --- | --- |
//! | [`conversation`] | messages, branches, versions; the service [`conversation::Conversations`] |
//! | [`turn`] | models, runs, events; the engine [`Chat`] |
//! | [`account`] | users, sessions, callers; the service [`account::Accounts`] |
//! | [`feedback`] | what people think of answers |
//! | [`search`] | finding messages by their words |
//! | [`share`] | links under which anybody reads a conversation: the service [`share::Shares`] |
//! | [`store`] | records, changes, the commit; how to write a store |
//! | [`memory`] | the store in memory |
//! | [`limits`] | how often something may be done: the service [`limits::Limits`] |
//! | [`quota`] | how much may be used: meters, windows, scopes |
//! | [`billing`] | what it costs: plans, entitlements, the ledger, payments |
//! | [`attachment`] | files that are attached to messages: the service [`attachment::Attachments`] |
//! | [`audit`] | who did what to whom, and why |
//! | [`office`] | what those who run the service see of it |
//! | [`erasure`] | what becomes of a deleted account |
//! | [`export`] | what somebody owns, as a file |
//! | [`job`] | work that survives a restart |
//! | [`once`] | requests that are made again and do nothing again |
//! | [`check`] | finds and mends what cannot be in a store |
//! | [`import`] | people and conversations of other systems |
//! | [`transfer`] | copies, digests and backups of whole stores |

pub mod account;
pub mod attachment;
pub mod audit;
pub mod billing;
pub mod check;
pub mod clock;
#[cfg(feature = "conformance")]
pub mod conformance;
pub mod conversation;
pub mod erasure;
mod error;
pub mod export;
pub mod feedback;
pub mod id;
pub mod import;
pub mod job;
pub mod limits;
pub mod memory;
pub mod office;
pub mod once;
pub mod page;
pub mod quota;
pub mod search;
pub mod share;
pub mod store;
mod subject;
#[cfg(feature = "testing")]
pub mod testing;
pub mod transfer;
pub mod turn;

pub use clock::{Clock, Timestamp};
pub use error::Error;
pub use id::{
    ApiKeyId, AttachmentId, ConversationId, IdSource, JobId, MessageId, RandomIds, RunId, SessionId, ShareId, UserId,
    VisitorId,
};
pub use memory::MemoryStore;
pub use store::{Store, StoreError};
pub use subject::Subject;
pub use turn::Chat;
