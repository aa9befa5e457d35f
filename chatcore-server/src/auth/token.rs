//! Access tokens (JWT, short-lived) and refresh tokens (derived, one a generation).
//!
//! A token is good when a key of this server signed it, in that key's own algorithm, for the place that reads it, and it
//! is not too old. The key is found by its `kid`: nothing in a token says how it is to be checked.

mod access;
mod keys;
mod profile;
mod refresh;

pub use access::{Access, AccessTokens, TokenError};
pub use keys::{KeyError, KeyRing};
pub use profile::{ClaimProfile, Native};
pub use refresh::RefreshTokens;
