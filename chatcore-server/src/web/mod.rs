//! The chat page: its files, its security headers, and the Markdown that it shows.
//!
//! Cookie sessions and the routes under `/web/` do not belong here, and neither does anything that talks to a store.

mod assets;
pub mod markdown;
mod routes;

pub use assets::{Asset, asset};
pub use routes::{CONTENT_SECURITY_POLICY, mount};
