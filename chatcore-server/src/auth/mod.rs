//! Proofs of who is asking: secrets, passwords, tokens. What a proof allows is decided in the core.

mod guard;
mod password;
mod secret;
mod token;

pub use guard::{Authenticated, CSRF_HEADER, Credentials};
pub use password::Argon2Hasher;
pub use secret::{MasterSecret, SecretError};
pub use token::{Access, AccessTokens, ClaimProfile, KeyError, KeyRing, Native, RefreshTokens, TokenError};
