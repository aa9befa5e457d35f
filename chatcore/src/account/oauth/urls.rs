//! Which addresses a browser may be sent to.

use crate::account::wallet::Uri;

/// Addresses that somebody set up, each compared to the letter (RFC 9700, 4.1.3): no prefix, no pattern, no other port.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct AllowedUrls(Vec<String>);

/// An address that no browser may be sent to.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an https address without a fragment, nor an http address of this machine")]
pub struct UrlError(String);

impl AllowedUrls {
    /// Exactly these.
    ///
    /// # Errors
    /// [`UrlError`] for the first that is not secure, see [`is_secure`].
    pub fn new(urls: impl IntoIterator<Item = String>) -> Result<Self, UrlError> {
        let check = |url: String| if is_secure(&url) { Ok(url) } else { Err(UrlError(url)) };
        urls.into_iter().map(check).collect::<Result<_, _>>().map(Self)
    }

    /// Whether it is one of them.
    #[must_use]
    pub fn allows(&self, url: &str) -> bool {
        self.0.iter().any(|allowed| allowed == url)
    }

    /// The first, which is meant when nobody says.
    #[must_use]
    pub fn first(&self) -> Option<&str> {
        self.0.first().map(String::as_str)
    }
}

/// Whether nobody can listen or answer in between: `https`, or `http` on this machine. Without a user and a fragment.
#[must_use]
pub fn is_secure(url: &str) -> bool {
    let Some((scheme, rest)) = url.split_once("://") else { return false };
    let authority = rest.split(['/', '?']).next().unwrap_or_default();
    let is_port = |port: &str| port.is_empty() || port.starts_with(':');
    let local = ["localhost", "127.0.0.1", "[::1]"];
    let is_local = local.iter().any(|host| authority.strip_prefix(host).is_some_and(is_port));
    let plain = url.parse::<Uri>().is_ok() && !url.contains('#') && !authority.contains('@');
    plain && !authority.is_empty() && !authority.starts_with(':') && (scheme == "https" || scheme == "http" && is_local)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_what_is_listed_to_the_letter() {
        let url = "https://chat.example.org/signed-in";
        let allowed = AllowedUrls::new([url.to_owned(), "http://localhost:5173/auth".to_owned()]).unwrap();
        assert!(allowed.allows(url) && allowed.allows("http://localhost:5173/auth"));
        assert_eq!(allowed.first(), Some(url));
        for other in [
            "https://chat.example.org/signed-in/",
            "https://chat.example.org/signed-in?x=1",
            "https://chat.example.org/signed-in/../evil",
            "https://CHAT.example.org/signed-in",
            "https://chat.example.org.evil.example/signed-in",
            "https://chat.example.org@evil.example/signed-in",
            "http://chat.example.org/signed-in",
            "http://localhost:5174/auth",
            "",
        ] {
            assert!(!allowed.allows(other), "{other}");
        }
    }

    #[test]
    fn what_is_secure() {
        for fine in ["https://a.example", "https://a.example:8443/x?y", "http://127.0.0.1:1/", "http://[::1]"] {
            assert!(is_secure(fine), "{fine}");
        }
        for wrong in [
            "http://a.example",
            "http://localhost.evil.example",
            "http://127.0.0.1.evil.example",
            "http://localhost@evil.example",
            "https://",
            "https://:443/",
            "https://u@a.example",
            "https://a.example/#x",
            "https://a.example/a b",
            "javascript:alert(1)",
            "ftp://a.example",
            "//a.example",
            "/path",
        ] {
            assert!(!is_secure(wrong), "{wrong}");
            assert!(AllowedUrls::new([wrong.to_owned()]).is_err(), "{wrong}");
        }
    }
}
