//! Which names this server answers to.
//!
//! A page of another site can point a name of its own at this machine (DNS rebinding), and is then of the same origin as
//! the server. The browser still says which name it asked for, so a server that knows its names refuses.

use std::convert::Infallible;
use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use poem::Request;
use poem::http::{HeaderValue, StatusCode, header};

use crate::http::problem::Problem;

/// Names that the server answers to. Loopback names and bare addresses always count: no name is needed to reach those, so
/// none can be pointed at them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct AllowedHosts(Option<Vec<String>>);

impl FromStr for AllowedHosts {
    type Err = Infallible;

    /// Names with commas between them; `.example.org` is that name and all below it, `*` any.
    fn from_str(text: &str) -> Result<Self, Infallible> {
        let names: Vec<String> =
            text.split(',').map(|name| name.trim().to_lowercase()).filter(|name| !name.is_empty()).collect();
        Ok(if names.iter().any(|name| name == "*") { Self::any() } else { Self(Some(names)) })
    }
}

impl AllowedHosts {
    /// Any.
    #[must_use]
    pub const fn any() -> Self {
        Self(None)
    }

    /// Loopback names and addresses alone.
    #[must_use]
    pub const fn loopback() -> Self {
        Self(Some(Vec::new()))
    }

    /// One more name.
    #[must_use]
    pub fn and(mut self, name: &str) -> Self {
        if let Some(names) = &mut self.0 {
            names.push(name.to_lowercase());
        }
        self
    }

    /// Refuses a request for somebody else.
    pub(super) fn check(&self, request: &Request) -> Result<(), Problem> {
        let Some(names) = &self.0 else { return Ok(()) };
        let mut lines = request.headers().get_all(header::HOST).iter();
        let line = lines.next();
        if lines.next().is_some() {
            return Err(Problem::bad_request("The header `Host` is there twice."));
        }
        // the target of the request comes before the header (RFC 9112, 3.2.2)
        let named = request.uri().authority().map(|authority| authority.as_str().as_bytes());
        // without any it is HTTP/1.0, which no browser speaks
        let Some(asked) = named.or(line.map(HeaderValue::as_bytes)) else { return Ok(()) };
        let host = std::str::from_utf8(asked).ok().and_then(host_of);
        if host.is_some_and(|host| is_own(&host) || names.iter().any(|name| fits(name, &host))) {
            return Ok(());
        }
        let detail = "This server does not answer to that name. Whoever runs it can allow it: CHATCORE_ALLOWED_HOSTS.";
        Err(Problem::new(StatusCode::MISDIRECTED_REQUEST, "unknown-host", "Another server is asked for", detail))
    }
}

/// A host without its port, in lower case and without the dot at its end.
fn host_of(authority: &str) -> Option<String> {
    if authority.contains(['@', '/', ' ']) {
        return None;
    }
    let host = match authority.strip_prefix('[') {
        Some(rest) => rest.split_once(']')?.0,
        None => authority.split(':').next()?,
    };
    Some(host.trim_end_matches('.').to_lowercase())
}

fn is_own(host: &str) -> bool {
    let address = host.parse::<IpAddr>().is_ok() || host.parse::<Ipv6Addr>().is_ok();
    address || host == "localhost" || host.ends_with(".localhost")
}

fn fits(name: &str, host: &str) -> bool {
    match name.strip_prefix('.') {
        Some(parent) => host == parent || host.strip_suffix(parent).is_some_and(|rest| rest.ends_with('.')),
        None => host == name,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn is_taken(hosts: &AllowedHosts, host: &str) -> bool {
        hosts.check(&Request::builder().header(header::HOST, host).finish()).is_ok()
    }

    #[test]
    fn only_own_names_are_answered_to() {
        let hosts: AllowedHosts = "Chat.Example.org, .team.test".parse().unwrap();
        for fine in [
            "chat.example.org",
            "CHAT.example.org:8443",
            "chat.example.org.",
            "team.test",
            "a.b.team.test:1",
            "localhost:8000",
            "app.localhost",
            "127.0.0.1:8000",
            "192.168.1.7",
            "[::1]:8000",
            "[::1]",
        ] {
            assert!(is_taken(&hosts, fine), "{fine}");
        }
        for wrong in [
            "evil.test",
            "example.org",
            "xchat.example.org",
            "chat.example.org.evil.test",
            "evilteam.test",
            "127.0.0.1.evil.test",
            "localhost.evil.test",
            "user@chat.example.org",
            "evil.test/@localhost",
            "",
        ] {
            assert!(!is_taken(&hosts, wrong), "{wrong}");
        }
        assert!(is_taken(&AllowedHosts::any(), "evil.test"));
        assert!(is_taken(&"*".parse().unwrap(), "evil.test"));
        assert!(is_taken(&AllowedHosts::loopback().and("Own.test"), "own.test"));
        assert!(!is_taken(&AllowedHosts::loopback(), "own.test"));
    }

    #[test]
    fn the_target_comes_before_the_header() {
        let hosts = AllowedHosts::loopback();
        let request =
            |uri: &str| Request::builder().uri(uri.parse().unwrap()).header(header::HOST, "localhost").finish();
        assert!(hosts.check(&request("http://localhost/")).is_ok());
        assert!(hosts.check(&request("http://evil.test/")).is_err());
        let twice = Request::builder().header(header::HOST, "localhost").header(header::HOST, "evil.test").finish();
        assert!(hosts.check(&twice).is_err());
        assert!(hosts.check(&Request::builder().finish()).is_ok());
    }
}
