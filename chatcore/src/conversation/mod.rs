//! Conversations: a forest of messages with one head.

mod adopt;
mod append;
mod attach;
mod branch;
mod change;
mod copy;
mod delete;
mod fork;
pub(crate) mod limits;
mod list;
mod look;
mod message;
mod part;
mod place;
mod purge;
mod record;
mod service;
mod store;

pub use adopt::{AdoptConversation, AdoptMessages};
pub use attach::AttachToMessage;
pub use branch::MessageView;
pub use change::{
    CreateConversation, ExpectHead, ExpectVersion, GiveTitle, InsertMessage, LookAhead, MoveHead, ReviseMessage,
    Settings, UpdateConversation,
};
pub(crate) use change::{live_node, next_number, owned};
pub(crate) use copy::Source;
pub use fork::{PublishFork, StartFork};
pub use limits::{MAX_MESSAGE_BYTES, MAX_NAME_CHARS, MAX_PARTS, MAX_SYSTEM_PROMPT_BYTES, MAX_TITLE_CHARS};
pub(crate) use limits::{check_import, check_imported};
pub use look::Sibling;
pub use message::{Message, MessageState, Role};
pub use part::{Part, text_of};
pub use place::{Fork, Lane, LaneRange, Node, Place, Slot};
pub use purge::{DeleteConversation, DeleteSubtree, EndPurge, Purge, PurgeStep};
pub use record::{Conversation, ConversationState, ExternalId, ForkedFrom, Head, Numbered, Sequence, Shelf};
pub use service::{Conversations, NewConversation, NewMessage, Parent};
pub use store::{ConversationStore, Name, Stretch, Tally, Tip};
