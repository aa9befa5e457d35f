//! Language models for chatcore: those that people use, over HTTP, and some that need no server.
//!
//! * [`Client`] talks to servers: [`Client::openai`] to OpenAI and everything that speaks Chat Completions,
//!   [`Client::openai_responses`] to OpenAI's Responses, [`Client::anthropic`] to Anthropic's Messages, [`Client::ollama`] to
//!   an Ollama. [`find_ollama`] finds the one on this machine.
//! * [`Fallback`] lets models stand in for each other.
//! * [`offline`] holds models that run anywhere: [`Eliza`](offline::Eliza) holds a conversation,
//!   [`Echo`](offline::Echo) repeats, [`Scripted`](offline::Scripted) does what a test tells it,
//!   [`Replay`](offline::Replay) plays a recorded answer.
//! * [`sse`] reads server-sent events.
//! * [`SystemClock`] is the clock of programs that run on tokio.
//!
//! All of them are [`chatcore::turn::LanguageModel`]s. Nothing here reads the environment or logs what was said.
//!
//! The feature `tokenizer` counts tokens as OpenAI's models do; it adds some megabytes of vocabularies to a program.

mod anthropic;
mod client;
mod clock;
mod fallback;
pub mod offline;
mod ollama;
mod openai;
pub mod sse;
#[cfg(feature = "testing")]
pub mod testing;
mod tokens;

pub use client::{BuildError, Client, ClientBuilder, RetryPolicy, Timeouts};
pub use clock::SystemClock;
pub use fallback::Fallback;
pub use ollama::{find as find_ollama, find_at as find_ollama_at};
#[cfg(feature = "tokenizer")]
pub use tokens::Tiktoken;
