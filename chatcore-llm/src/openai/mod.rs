//! Servers that speak OpenAI's Chat Completions: OpenAI itself, and most others.
//!
//! What they send differs in small ways, so reading is lenient: every field may be missing, null or of another type,
//! and what is not known is passed over. [`OpenAi`] is strict only where a guess would be a lie: an answer that breaks
//! off is an error, never a short answer.

mod answer;
mod builder;
mod client;
mod fields;
mod reader;
mod request;

pub(crate) use answer::{Body, events};
pub use builder::{BuildError, OpenAiBuilder};
pub use client::OpenAi;
