//! For tests: a clock that only moves when it is told, ids that count, a model that follows a script.
//!
//! ```
//! use chatcore::testing::{CountingIds, ManualClock, ScriptedModel, user};
//! use chatcore::{Chat, MemoryStore};
//! use std::sync::Arc;
//!
//! let clock = ManualClock::new();
//! let model = ScriptedModel::new(&clock);
//! let store = Arc::new(MemoryStore::in_memory());
//! let chat = Chat::over(store, model, Arc::new(clock), Arc::new(CountingIds::default()));
//! # futures::executor::block_on(async {
//! let caller = user(1);
//! let conversation = chat.conversations().create(&caller, Default::default()).await.unwrap();
//! let turn = chat.send(&caller, conversation.id, "hello").await.unwrap();
//! turn.driver.await;
//! # });
//! ```

mod blobs;
mod clock;
mod gateway;
mod ids;
mod model;

pub use blobs::MemoryBlobs;
pub use clock::ManualClock;
pub use gateway::ScriptedGateway;
pub use ids::{CountingIds, user, visitor};
pub use model::{Script, ScriptedModel};
