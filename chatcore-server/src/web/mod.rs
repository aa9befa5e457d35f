//! The chat page: its files, its security headers, and the Markdown that it shows.
//!
//! Nothing here talks to a store; `session` holds the routes under `/web`, by which a page signs in and renders text.

mod assets;
pub mod markdown;
mod routes;
pub(crate) mod session;
mod share;
mod visit;

pub use assets::{Asset, asset};
pub use routes::{CONTENT_SECURITY_POLICY, mount};
