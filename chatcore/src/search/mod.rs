//! Finding messages of one's own by their words.
//!
//! The rules are the same on every store, because the words are made here ([`words`]) and a store only compares them:
//!
//! * A word is a run of letters and digits, as Unicode has them, in lower case letter by letter. So case does not count, and
//!   accents do. Where a script writes no spaces, what stands between two marks of punctuation is one word.
//! * Of a longer word the first [`MAX_WORD_CHARS`] characters count, of a longer text the first [`MAX_TEXT_BYTES`] bytes.
//! * A message is found by what a reader sees of it (texts and refusals, not thoughts and tools), if it has all words of the
//!   [`Query`]; the last word may be the beginning of one. Where they stand does not matter.
//! * An answer is found when it is finished. What is deleted is not found, from that moment on.
//! * The newest message comes first, by its number.
//!
//! A store with an index looks it up. One without reads so many messages at a time and says where it stopped, so a page may be
//! empty and have one behind it.

mod query;
mod service;
mod snippet;
mod store;
mod words;

pub use query::{MAX_QUERY_CHARS, MAX_QUERY_WORDS, Query};
pub use service::Hit;
pub use snippet::{Highlight, Snippet};
pub use store::{Found, SearchStore};
pub use words::{MAX_TEXT_BYTES, MAX_WORD_CHARS, words};
