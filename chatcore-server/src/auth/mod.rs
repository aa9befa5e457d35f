//! Proofs of who is asking: secrets, passwords, tokens. What a proof allows is decided in the core.

mod cookie;
mod guard;
pub mod oauth;
mod password;
mod secret;
mod token;
mod wallet;
mod ways;

pub use cookie::{BrowserCookie, PageCookie};
pub(crate) use guard::bearer;
pub use guard::{Authenticated, CSRF_HEADER, Credentials};
pub use password::Argon2Hasher;
pub use secret::{MasterSecret, SecretError};
pub use token::{Access, AccessTokens, ClaimProfile, KeyError, KeyRing, Native, RefreshTokens, TokenError};
pub use wallet::{ContractWallets, Wallets, recover};
pub use ways::Ways;
