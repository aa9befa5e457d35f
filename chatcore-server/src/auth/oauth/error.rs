//! What goes wrong in a login. Nothing here holds a code, a token or a secret.

use std::fmt;

use chatcore::account::oauth::{ClaimRefusal, LoginRefusal, ProviderError};

/// Why nobody is signed in.
#[derive(Debug, thiserror::Error)]
#[non_exhaustive]
pub enum OAuthError {
    /// There is no provider of that name.
    #[error("there is no such provider")]
    UnknownProvider,
    /// The callback does not belong to a login, or the login may not begin.
    #[error(transparent)]
    Login(#[from] LoginRefusal),
    /// The provider takes the code for no good: it was used, it is too old, or it is of another login.
    #[error("the provider refused the code: {0}")]
    Code(ProviderError),
    /// The ID token is not one of the provider.
    #[error("the ID token {0}")]
    Token(&'static str),
    /// The ID token is for somebody else.
    #[error(transparent)]
    Claims(#[from] ClaimRefusal),
    /// The provider cannot be reached.
    #[error("failed to ask the provider for {what}")]
    Unreachable {
        /// What was asked for.
        what: Ask,
        /// Why.
        #[source]
        source: reqwest::Error,
    },
    /// The provider could not be asked a moment ago, and is left alone for another.
    #[error("failed to ask the provider for {0} a moment ago")]
    Resting(Ask),
    /// The provider does not do what it is asked.
    #[error("failed to ask the provider for {what}: it answered with status {status}")]
    Status {
        /// What was asked for.
        what: Ask,
        /// The HTTP status.
        status: u16,
    },
    /// The provider says too much.
    #[error("failed to ask the provider for {0}: its answer has no end")]
    TooLarge(Ask),
    /// The provider says something else.
    #[error("failed to ask the provider for {0}: its answer is not what it should be")]
    Malformed(Ask),
    /// The operating system gives no random bytes.
    #[error("failed to get random bytes from the operating system")]
    Random,
}

impl OAuthError {
    /// Whether the provider is at fault, so that the same may work later.
    #[must_use]
    pub const fn is_upstream(&self) -> bool {
        matches!(
            self,
            Self::Unreachable { .. } | Self::Resting(_) | Self::Status { .. } | Self::TooLarge(_) | Self::Malformed(_)
        )
    }
}

/// What a provider is asked for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
#[non_exhaustive]
pub enum Ask {
    /// What it has where.
    Discovery,
    /// The keys that it signs with.
    Keys,
    /// Tokens for a code.
    Tokens,
    /// Whose access token it is.
    Profile,
}

impl fmt::Display for Ask {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::Discovery => "its configuration",
            Self::Keys => "its keys",
            Self::Tokens => "tokens",
            Self::Profile => "a profile",
        })
    }
}
