//! What proxies say of the client: `X-Forwarded-For`, or `Forwarded` (RFC 7239).

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use poem::http::HeaderMap;

/// Which header the proxies in front write. They let the other one through as the client wrote it, so only one is read.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum ForwardedBy {
    /// `X-Forwarded-For`.
    #[default]
    XForwardedFor,
    /// `Forwarded`.
    Forwarded,
}

impl ForwardedBy {
    const fn header(self) -> &'static str {
        match self {
            Self::XForwardedFor => "x-forwarded-for",
            Self::Forwarded => "forwarded",
        }
    }

    pub(super) fn is_in(self, headers: &HeaderMap) -> bool {
        headers.contains_key(self.header())
    }
}

/// The addresses that a request came through, the client's own first. `None` stands for one that is hidden or unreadable.
pub(super) fn chain(headers: &HeaderMap, by: ForwardedBy) -> Vec<Option<IpAddr>> {
    let lines = headers.get_all(by.header()).iter();
    let elements = lines.flat_map(|line| match line.to_str() {
        Ok(text) => text.split(',').map(Some).collect(),
        Err(_) => vec![None],
    });
    elements
        .map(|element| match by {
            ForwardedBy::XForwardedFor => node(element?),
            ForwardedBy::Forwarded => node(for_of(element?)?),
        })
        .collect()
}

/// The value of `for` in an element of `Forwarded`.
fn for_of(element: &str) -> Option<&str> {
    let mut pairs = element.split(';').filter_map(|pair| pair.split_once('='));
    let (_, value) = pairs.find(|(name, _)| name.trim().eq_ignore_ascii_case("for"))?;
    let value = value.trim();
    Some(value.strip_prefix('"').and_then(|value| value.strip_suffix('"')).unwrap_or(value))
}

/// An address with or without a port, IPv6 with or without brackets.
fn node(text: &str) -> Option<IpAddr> {
    let text = text.trim();
    let bracketed = || text.strip_prefix('[')?.strip_suffix(']')?.parse::<Ipv6Addr>().ok().map(IpAddr::V6);
    let with_port = || text.parse::<SocketAddr>().ok().map(|address| address.ip());
    text.parse().ok().or_else(bracketed).or_else(with_port)
}
