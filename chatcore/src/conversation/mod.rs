//! Conversations: a forest of messages with one head.

mod message;
mod part;
mod place;
mod record;
mod store;

pub use message::{Message, MessageState, Role};
pub use part::{Part, text_of};
pub use place::{Fork, Lane, LaneRange, Node, Place, Slot};
pub use record::{Conversation, ConversationState, ExternalId, ForkedFrom, Head, Numbered, Sequence};
pub use store::{ConversationStore, Name, Tally, Tip};
