//! What people think of the answers that they got.
//!
//! Whoever owns a conversation says of an answer in it whether it was good, once; saying it again replaces what was said
//! before. It lives as long as the message: it goes with it, is given to whoever the conversation is given to, and is not
//! copied by forks, because nobody has said anything of the copy.

mod change;
mod record;
mod service;
mod store;

pub use change::SetFeedback;
pub use record::{Feedback, Rating};
pub use service::{FeedbackFilter, MAX_COMMENT_CHARS, Opinion};
pub use store::FeedbackStore;
