//! The texts inside a message, each checked when it is made, so that a message that exists can be written.

use std::fmt;
use std::str::FromStr;

use serde::{Deserialize, Serialize};

use super::grammar;

/// A text that is not what its place in a message needs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("not a valid {0}")]
pub struct PartError(pub(super) &'static str);

macro_rules! part {
    ($(#[$doc:meta])* $name:ident, $called:literal, $fits:expr) => {
        $(#[$doc])*
        #[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
        #[serde(try_from = "String", into = "String")]
        pub struct $name(String);

        impl $name {
            /// It as text.
            #[must_use]
            pub fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl TryFrom<String> for $name {
            type Error = PartError;

            fn try_from(text: String) -> Result<Self, PartError> {
                let fits: fn(&str) -> bool = $fits;
                if fits(&text) { Ok(Self(text)) } else { Err(PartError($called)) }
            }
        }

        impl FromStr for $name {
            type Err = PartError;

            fn from_str(text: &str) -> Result<Self, PartError> {
                text.to_owned().try_into()
            }
        }

        impl From<$name> for String {
            fn from(part: $name) -> Self {
                part.0
            }
        }

        impl fmt::Display for $name {
            fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
                f.write_str(&self.0)
            }
        }
    };
}

part! {
    /// How the page is reached: `https`.
    Scheme, "scheme", grammar::is_scheme
}
part! {
    /// Who asks: an authority of RFC 3986, a host with its port if that is not the usual one.
    Domain, "domain", grammar::is_domain
}
part! {
    /// What the person agrees to, in ASCII on one line.
    Statement, "statement", |text| text.bytes().all(grammar::is_statement_byte)
}
part! {
    /// A URI of RFC 3986, with its scheme.
    Uri, "URI", grammar::is_uri
}
part! {
    /// A text that counts once: at least 8 letters and digits.
    Nonce, "nonce", |text| text.len() >= 8 && text.bytes().all(|byte| byte.is_ascii_alphanumeric())
}
part! {
    /// What the server calls the request.
    RequestId, "request id", grammar::is_segment
}

impl Nonce {
    /// A nonce of 128 random bits.
    #[must_use]
    pub fn from_random(bytes: [u8; 16]) -> Self {
        Self(bytes.iter().map(|byte| format!("{byte:02x}")).collect())
    }
}

/// A place where people sign in: the origin of a page.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Site {
    /// How it is reached.
    pub scheme: Scheme,
    /// Where it is.
    pub domain: Domain,
}

impl Site {
    /// The origin as a URI: what people sign in to there.
    ///
    /// # Errors
    /// [`PartError`] for a domain that no URI has.
    pub fn uri(&self) -> Result<Uri, PartError> {
        format!("{}://{}", self.scheme, self.domain).parse()
    }
}

impl FromStr for Site {
    type Err = PartError;

    /// An origin: `https://chat.example.org`, without anything behind the port.
    fn from_str(text: &str) -> Result<Self, PartError> {
        let (scheme, domain) = text.split_once("://").ok_or(PartError("origin"))?;
        Ok(Self { scheme: scheme.parse()?, domain: domain.parse()? })
    }
}
