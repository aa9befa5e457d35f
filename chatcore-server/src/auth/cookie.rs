//! Cookies: those of the chat page, and the one of a browser that is away at a provider.

use poem::Request;
use poem::http::header;

/// The value of a cookie.
fn read<'a>(request: &'a Request, name: &str) -> Option<&'a str> {
    let headers = request.headers().get_all(header::COOKIE).iter().filter_map(|value| value.to_str().ok());
    headers
        .flat_map(|header| header.split(';'))
        .filter_map(|pair| pair.trim().split_once('='))
        .find(|(found, _)| *found == name)
        .map(|(_, value)| value)
}

/// A cookie by which the chat page is known. Scripts do not see it, and no request that another site makes carries it.
#[derive(Debug, Clone, Copy)]
pub struct PageCookie {
    name: &'static str,
    secure: bool,
}

impl PageCookie {
    /// That of somebody who is signed in. `secure` when browsers reach the server by HTTPS: it is bound to that then.
    #[must_use]
    pub const fn session(secure: bool) -> Self {
        Self { name: if secure { "__Host-chatcore" } else { "chatcore" }, secure }
    }

    /// That of a visitor. It has a name of its own, so that a visit which could not be brought along at a sign-in is
    /// brought along at the next one.
    #[must_use]
    pub const fn visitor(secure: bool) -> Self {
        Self { name: if secure { "__Host-chatcore-visitor" } else { "chatcore-visitor" }, secure }
    }

    /// The token that a browser holds.
    #[must_use]
    pub fn token_of(self, request: &Request) -> Option<&str> {
        read(request, self.name)
    }

    /// The header that gives a browser its token, for so many seconds.
    #[must_use]
    pub fn set(self, token: &str, age: u64) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={token}; Path=/; Max-Age={age}; HttpOnly; SameSite=Strict{secure}", self.name)
    }

    /// The header that takes it away.
    #[must_use]
    pub fn unset(self) -> String {
        self.set("", 0)
    }
}

/// How long somebody may be away, in seconds: as long as the login counts.
const AGE: u64 = chatcore::account::oauth::PendingLogin::LIFETIME.as_secs();

/// The cookie by which a browser that went to a provider is known when it comes back. Scripts do not see it. It is `Lax`,
/// because the provider sends the browser back; logins in several tabs share it.
#[derive(Debug, Clone, Copy)]
pub struct BrowserCookie {
    name: &'static str,
    secure: bool,
}

impl BrowserCookie {
    /// `secure` when browsers reach the server by HTTPS: the cookie is bound to that then.
    #[must_use]
    pub const fn new(secure: bool) -> Self {
        Self { name: if secure { "__Host-chatcore-login" } else { "chatcore-login" }, secure }
    }

    /// The secret that the browser holds, if it is written as those that are made here.
    #[must_use]
    pub fn secret_of(self, request: &Request) -> Option<&str> {
        let digits = |text: &&str| text.len() == 64 && text.bytes().all(|byte| byte.is_ascii_hexdigit());
        read(request, self.name).filter(digits)
    }

    /// The header that gives a browser its secret.
    #[must_use]
    pub fn set(self, secret: &str) -> String {
        let secure = if self.secure { "; Secure" } else { "" };
        format!("{}={secret}; Path=/; Max-Age={AGE}; HttpOnly; SameSite=Lax{secure}", self.name)
    }
}
