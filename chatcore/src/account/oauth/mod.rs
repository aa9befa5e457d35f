//! Sign-in with somebody else's accounts (OAuth 2.0 and OpenID Connect): what has to match what. The network is elsewhere.
//!
//! 1. [`PendingLogin::begin`] makes what the browser carries to the provider and what stays here: state, nonce, the PKCE
//!    verifier, and a hash of a secret that only this browser has. It is stored as a challenge that counts once.
//! 2. The provider sends the browser back with a [`Callback`]. [`PendingLogin::accept`] says whether it belongs to the
//!    login that this browser began, and hands out the code.
//! 3. The code becomes an ID token, whose claims are compared by [`ExpectedClaims::check`], or a profile. Either makes an
//!    [`ExternalIdentity`].
//!
//! The rules are those of RFC 9700 (which sums up ten years of attacks), RFC 7636, RFC 9207 and OpenID Connect Core 3.1.3.7.

mod callback;
mod claims;
mod identity;
mod pending;
mod secrets;
mod urls;

pub use callback::{Callback, LoginRefusal, ProviderError};
pub use claims::{Audience, ClaimRefusal, ExpectedClaims, IdClaims, TokenDigest};
pub use identity::{ExternalIdentity, TwitterProfile};
pub use pending::{NewLogin, PendingLogin};
pub use secrets::{CodeVerifier, LoginNonce, State, browser_hash};
pub use urls::{AllowedUrls, UrlError, is_secure};
