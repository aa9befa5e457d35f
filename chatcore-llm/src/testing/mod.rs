//! A server of models for tests, on a port of its own.
//!
//! Left alone, [`MockProvider`] answers like the real thing: lists of models, whole answers and streams of the right
//! shape, errors with the right fields. It says "You said: ..." and counts words as tokens. It speaks Chat Completions,
//! Responses, Anthropic's Messages and Ollama's chat, each at its usual path. A test can put other [`Answer`]s before
//! that, slow it down, let it break off, and look at what was asked.
//!
//! It speaks just enough HTTP/1.1 over a socket, one request a connection, so that a test decides about every byte.

mod answer;
mod http;
mod mock;
mod talk;

pub use answer::Answer;
pub use http::Received;
pub use mock::{MockProvider, MockSettings};

/// The mock where only its OpenAI side is of interest.
pub type MockOpenAi = MockProvider;
