//! Proofs of who is asking: secrets, passwords, tokens. What a proof allows is decided in the core.

mod guard;
pub mod oauth;
mod password;
mod secret;
mod token;
mod wallet;

pub use guard::{Authenticated, CSRF_HEADER, Credentials};
pub use password::Argon2Hasher;
pub use secret::{MasterSecret, SecretError};
pub use token::{AccessTokens, RefreshTokens};
pub use wallet::{ContractWallets, Wallets, recover};
