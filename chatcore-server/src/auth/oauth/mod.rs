//! Sign-in at other providers, as far as it goes over the network. What has to match what is decided in
//! [`chatcore::account::oauth`].
//!
//! [`OAuth::begin`] makes the address to send the browser to, and what to store; [`OAuth::finish`] takes what the browser
//! brings back. What a provider sends is bounded in size and time, a redirect of it is an answer like any other, and
//! no error holds a secret.

mod cache;
mod error;
mod exchange;
mod fetch;
mod flow;
mod id_token;
mod login;
mod provider;

pub use error::{Ask, OAuthError};
pub use fetch::Limits;
pub use flow::{Departure, Flow, FlowError};
pub use login::{Grant, OAuth};
