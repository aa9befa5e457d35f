//! Language models for chatcore: servers that speak OpenAI's Chat Completions, and models that need no server.
//!
//! * [`OpenAi`] talks to OpenAI and to everything that speaks like it.
//! * [`offline`] holds models that run anywhere: [`Eliza`](offline::Eliza) holds a conversation,
//!   [`Echo`](offline::Echo) repeats, [`Scripted`](offline::Scripted) does what a test tells it,
//!   [`Replay`](offline::Replay) plays a recorded answer.
//! * [`sse`] reads server-sent events.
//! * [`SystemClock`] is the clock of programs that run on tokio.
//!
//! All of them are [`chatcore::turn::LanguageModel`]s. Nothing here reads the environment or logs what was said.

mod clock;
mod error;
mod http;
pub mod offline;
pub mod openai;
mod retry;
pub mod sse;
#[cfg(feature = "testing")]
pub mod testing;

pub use clock::SystemClock;
pub use http::Timeouts;
pub use openai::OpenAi;
pub use retry::RetryPolicy;
