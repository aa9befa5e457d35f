//! Sign-in with an Ethereum wallet (EIP-4361): the message, who it may be for, and what a signature under it proves.
//!
//! A server makes a challenge with a fresh [`Nonce`], and either builds the [`Message`] or lets the page build it. The
//! wallet signs, and [`prove`] decides: the text is a message by the grammar, it says what the server expects
//! ([`Expected`]: domain, URI, chain, nonce, times), and the signature is of the address in it. Whoever calls it takes
//! the challenge away in the same step, so that a nonce counts once.
//!
//! Nothing in here computes signatures: that is the port [`WalletVerifier`].

mod address;
mod expected;
mod grammar;
mod message;
mod moment;
mod parse;
mod parts;
mod proof;

pub use address::{Address, AddressError, personal_hash};
pub use expected::{Expected, Refusal};
pub use message::Message;
pub use moment::Moment;
pub use parse::{MAX_MESSAGE_BYTES, ParseError, Part};
pub use parts::{Domain, Nonce, PartError, RequestId, Scheme, Site, Statement, Uri};
pub use proof::{SignatureError, WalletClaim, WalletError, WalletKind, WalletProof, WalletVerifier, prove, prove_text};
