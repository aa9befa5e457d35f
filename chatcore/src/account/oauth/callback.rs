//! What the browser brings back from the provider.

use std::fmt;

/// The query of a callback: what the provider says by way of a browser, and so by way of anybody.
#[derive(Clone, Default, PartialEq, Eq)]
pub struct Callback {
    /// What was sent with the browser.
    pub state: Option<String>,
    /// What becomes tokens.
    pub code: Option<String>,
    /// Who answers (RFC 9207).
    pub iss: Option<String>,
    /// What went wrong.
    pub error: Option<ProviderError>,
}

/// What a provider calls its refusal: `access_denied`, say. Whatever is not written like that is `unknown`, because the
/// text comes from anybody and goes into answers and logs.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ProviderError(String);

impl ProviderError {
    /// The name of an error, as it came.
    #[must_use]
    pub fn new(name: &str) -> Self {
        let plain =
            (1..=40).contains(&name.len()) && name.bytes().all(|byte| byte.is_ascii_lowercase() || byte == b'_');
        Self(if plain { name } else { "unknown" }.to_owned())
    }

    /// Its name.
    #[must_use]
    pub fn name(&self) -> &str {
        &self.0
    }
}

impl fmt::Display for ProviderError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

/// Why a login does not begin, or a callback does not belong to one.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[non_exhaustive]
pub enum LoginRefusal {
    /// The provider was not told of that address.
    #[error("the callback address is not one of this server's")]
    RedirectUri,
    /// The browser would end where nobody set it up to.
    #[error("the return address is not allowed")]
    ReturnTo,
    /// It took too long.
    #[error("the login has expired")]
    Expired,
    /// Another browser began it.
    #[error("the login was begun in another browser")]
    Browser,
    /// It belongs to no login, or to another.
    #[error("the state is not that of the login")]
    State,
    /// Another provider answers.
    #[error("the answer is of another provider")]
    Issuer,
    /// Something is said twice, so two readers could read two things.
    #[error("the answer says something twice")]
    Repeated,
    /// The provider, or the person there, said no.
    #[error("the provider refused: {0}")]
    Provider(ProviderError),
    /// There is no code in it.
    #[error("the answer has no code")]
    NoCode,
}

impl Callback {
    /// Reads the pairs of a query. Others than the four that count are left alone.
    ///
    /// # Errors
    /// [`LoginRefusal::Repeated`] (RFC 6749, 3.1).
    pub fn read<'a>(pairs: impl IntoIterator<Item = (&'a str, &'a str)>) -> Result<Self, LoginRefusal> {
        let mut callback = Self::default();
        for (name, value) in pairs {
            let twice = match name {
                "state" => callback.state.replace(value.to_owned()).is_some(),
                "code" => callback.code.replace(value.to_owned()).is_some(),
                "iss" => callback.iss.replace(value.to_owned()).is_some(),
                "error" => callback.error.replace(ProviderError::new(value)).is_some(),
                _ => false,
            };
            if twice {
                return Err(LoginRefusal::Repeated);
            }
        }
        Ok(callback)
    }
}

impl fmt::Debug for Callback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        // state and code are secrets
        f.debug_struct("Callback").field("iss", &self.iss).field("error", &self.error).finish_non_exhaustive()
    }
}
