//! The message that a wallet shows and signs.

use std::fmt;

use super::address::Address;
use super::moment::Moment;
use super::parts::{Domain, Nonce, RequestId, Scheme, Statement, Uri};

pub(super) const INVITATION: &str = " wants you to sign in with your Ethereum account:";
pub(super) const URI: &str = "URI: ";
pub(super) const VERSION: &str = "Version: ";
pub(super) const CHAIN_ID: &str = "Chain ID: ";
pub(super) const NONCE: &str = "Nonce: ";
pub(super) const ISSUED_AT: &str = "Issued At: ";
pub(super) const EXPIRATION_TIME: &str = "Expiration Time: ";
pub(super) const NOT_BEFORE: &str = "Not Before: ";
pub(super) const REQUEST_ID: &str = "Request ID: ";
pub(super) const RESOURCES: &str = "Resources:";
pub(super) const RESOURCE: &str = "- ";

/// A message of EIP-4361, version 1. It prints as the text to sign, and is parsed from that text by the grammar alone.
///
/// Its parts can only be what the grammar allows, so each message can be written, and comes back from its text.
///
/// ```
/// use chatcore::account::wallet::Message;
/// use chatcore::Timestamp;
///
/// let message = Message {
///     scheme: None,
///     domain: "chat.example.org".parse()?,
///     address: "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f".parse()?,
///     statement: Some("Sign in to the chat.".parse()?),
///     uri: "https://chat.example.org".parse()?,
///     chain_id: 1,
///     nonce: "n0nce4567".parse()?,
///     issued_at: Timestamp::from_micros(1_700_000_000_000_000).into(),
///     expiration_time: None,
///     not_before: None,
///     request_id: None,
///     resources: None,
/// };
/// assert_eq!(message.to_string().parse(), Ok(message));
/// # Ok::<(), Box<dyn std::error::Error>>(())
/// ```
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Message {
    /// How the page is reached; HTTPS if the message does not say.
    pub scheme: Option<Scheme>,
    /// Who asks.
    pub domain: Domain,
    /// Who signs.
    pub address: Address,
    /// What they agree to.
    pub statement: Option<Statement>,
    /// What they sign in to.
    pub uri: Uri,
    /// The chain that the session is bound to, and on which a contract's account is looked up (EIP-155).
    pub chain_id: u64,
    /// What makes the message count once.
    pub nonce: Nonce,
    /// When it was made.
    pub issued_at: Moment,
    /// From when on it no longer counts.
    pub expiration_time: Option<Moment>,
    /// From when on it counts.
    pub not_before: Option<Moment>,
    /// What the server calls the request.
    pub request_id: Option<RequestId>,
    /// What else the person wants to be known. A list that is there and empty is not the same text as none.
    pub resources: Option<Vec<Uri>>,
}

impl fmt::Display for Message {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if let Some(scheme) = &self.scheme {
            write!(f, "{scheme}://")?;
        }
        write!(f, "{}{INVITATION}\n{}\n\n", self.domain, self.address)?;
        if let Some(statement) = &self.statement {
            writeln!(f, "{statement}")?;
        }
        write!(f, "\n{URI}{}\n{VERSION}1\n{CHAIN_ID}{}\n", self.uri, self.chain_id)?;
        write!(f, "{NONCE}{}\n{ISSUED_AT}{}", self.nonce, self.issued_at)?;
        line(f, EXPIRATION_TIME, self.expiration_time.as_ref())?;
        line(f, NOT_BEFORE, self.not_before.as_ref())?;
        line(f, REQUEST_ID, self.request_id.as_ref())?;
        let Some(resources) = &self.resources else { return Ok(()) };
        write!(f, "\n{RESOURCES}")?;
        resources.iter().try_for_each(|resource| write!(f, "\n{RESOURCE}{resource}"))
    }
}

/// A line that may be left out. The text does not end with a line feed, so each line brings the one before it.
fn line(f: &mut fmt::Formatter<'_>, name: &str, value: Option<&impl fmt::Display>) -> fmt::Result {
    value.map_or(Ok(()), |value| write!(f, "\n{name}{value}"))
}
