//! Conversations: a forest of messages with one head.

mod message;
mod part;

pub use message::Role;
pub use part::{Part, text_of};
