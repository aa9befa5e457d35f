//! Whom a request comes from, as far as limits are concerned.

use std::net::{IpAddr, Ipv6Addr};
use std::str::FromStr;

use ipnet::IpNet;
use poem::http::HeaderMap;

use super::forwarded::{ForwardedBy, chain};

/// The address of a client: the peer of the connection, or what trusted proxies say of it. Handlers find it among the
/// extensions of the request.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct ClientAddress(IpAddr);

impl ClientAddress {
    /// An address; IPv4 inside of IPv6 is IPv4.
    #[must_use]
    pub fn new(address: IpAddr) -> Self {
        Self(address.to_canonical())
    }

    /// The address.
    #[must_use]
    pub const fn ip(self) -> IpAddr {
        self.0
    }

    /// What is counted: one IPv4 address, or the /64 of an IPv6 address, all of which belongs to one customer.
    #[must_use]
    pub fn prefix(self) -> IpAddr {
        match self.0 {
            IpAddr::V4(_) => self.0,
            IpAddr::V6(address) => IpAddr::V6(Ipv6Addr::from_bits(address.to_bits() & (u128::MAX << 64))),
        }
    }
}

/// The proxies whose word counts: addresses and networks (CIDR), with commas between them.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct TrustedProxies(Vec<IpNet>);

/// A text that is no list of networks.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("`{0}` is not an address or a network")]
pub struct ProxyError(String);

impl FromStr for TrustedProxies {
    type Err = ProxyError;

    fn from_str(text: &str) -> Result<Self, ProxyError> {
        let parts = text.split(',').map(str::trim).filter(|part| !part.is_empty());
        let network = |part: &str| {
            let address = || part.parse::<IpAddr>().ok().map(|address| IpNet::from(address.to_canonical()));
            part.parse::<IpNet>().ok().or_else(address).ok_or_else(|| ProxyError(part.to_owned()))
        };
        parts.map(network).collect::<Result<_, _>>().map(Self)
    }
}

impl TrustedProxies {
    fn trust(&self, address: IpAddr) -> bool {
        self.0.iter().any(|network| network.contains(&address))
    }

    /// The client of a request: the first address, from the server outwards, that is no trusted proxy.
    ///
    /// What stands to the left of it was written by that client and is not looked at. Where a proxy hides the address
    /// (`unknown`, or a name of its own), the proxy itself is counted.
    #[must_use]
    pub fn client(&self, peer: IpAddr, headers: &HeaderMap, by: ForwardedBy) -> ClientAddress {
        let mut client = peer.to_canonical();
        let mut said = chain(headers, by).into_iter().rev();
        while self.trust(client) {
            match said.next() {
                Some(Some(address)) => client = address.to_canonical(),
                Some(None) | None => break,
            }
        }
        ClientAddress::new(client)
    }

    /// Whether the peer passes on requests of others without being trusted: all of them are counted as one then.
    #[must_use]
    pub fn ignores(&self, peer: IpAddr, headers: &HeaderMap) -> bool {
        let forwarded = [ForwardedBy::XForwardedFor, ForwardedBy::Forwarded].into_iter().any(|by| by.is_in(headers));
        forwarded && !self.trust(peer.to_canonical())
    }
}

#[cfg(test)]
mod tests {
    use poem::http::{HeaderName, HeaderValue};

    use super::*;

    /// Trusted proxies, the peer, the header that counts, the headers, and who it is.
    type Row<'a> = (&'a str, &'a str, ForwardedBy, &'a [(&'a str, &'a str)], &'a str);

    fn client(trusted: &str, peer: &str, by: ForwardedBy, lines: &[(&str, &str)]) -> String {
        let mut headers = HeaderMap::new();
        for (name, value) in lines {
            let name: HeaderName = name.parse().unwrap();
            headers.append(name, HeaderValue::from_str(value).unwrap());
        }
        let trusted: TrustedProxies = trusted.parse().unwrap();
        trusted.client(peer.parse().unwrap(), &headers, by).ip().to_string()
    }

    #[test]
    fn only_trusted_proxies_are_believed() {
        use ForwardedBy::{Forwarded, XForwardedFor};
        let private = "10.0.0.0/8, 127.0.0.1, fd00::/8";
        let x = |value| [("x-forwarded-for", value)];
        let f = |value| [("forwarded", value)];
        let rows: [Row<'_>; 17] = [
            ("", "192.0.2.1", XForwardedFor, &x("198.51.100.7"), "192.0.2.1"),
            (private, "192.0.2.1", XForwardedFor, &x("198.51.100.7"), "192.0.2.1"),
            (private, "10.0.0.1", XForwardedFor, &x("198.51.100.7"), "198.51.100.7"),
            (private, "::ffff:10.0.0.1", XForwardedFor, &x("::ffff:198.51.100.7"), "198.51.100.7"),
            // the client wrote the left one
            (private, "10.0.0.1", XForwardedFor, &x("1.1.1.1, 198.51.100.7"), "198.51.100.7"),
            (private, "10.0.0.1", XForwardedFor, &x("1.1.1.1, 198.51.100.7, 10.9.9.9"), "198.51.100.7"),
            (private, "10.0.0.1", XForwardedFor, &x("10.1.1.1, 10.2.2.2"), "10.1.1.1"),
            (private, "10.0.0.1", XForwardedFor, &x("198.51.100.7:4711"), "198.51.100.7"),
            (private, "10.0.0.1", XForwardedFor, &x("1.1.1.1, unknown"), "10.0.0.1"),
            (private, "10.0.0.1", XForwardedFor, &x("1.1.1.1, "), "10.0.0.1"),
            (private, "10.0.0.1", XForwardedFor, &[], "10.0.0.1"),
            (
                private,
                "10.0.0.1",
                XForwardedFor,
                &[("x-forwarded-for", "1.1.1.1"), ("x-forwarded-for", "198.51.100.7")],
                "198.51.100.7",
            ),
            // only the header that the proxy writes counts: clients can send the other one
            (private, "10.0.0.1", XForwardedFor, &f("for=1.1.1.1"), "10.0.0.1"),
            (private, "10.0.0.1", Forwarded, &x("1.1.1.1"), "10.0.0.1"),
            (private, "fd00::1", Forwarded, &f("for=1.1.1.1, For=\"[2001:db8::7]:4711\";proto=https"), "2001:db8::7"),
            (private, "10.0.0.1", Forwarded, &f("by=10.0.0.1;for=198.51.100.7"), "198.51.100.7"),
            (private, "10.0.0.1", Forwarded, &f("for=1.1.1.1, for=_hidden"), "10.0.0.1"),
        ];
        for (trusted, peer, by, lines, expected) in rows {
            assert_eq!(client(trusted, peer, by, lines), expected, "{peer} {lines:?}");
        }
    }

    #[test]
    fn a_customer_is_counted_once() {
        let prefix = |text: &str| ClientAddress::new(text.parse().unwrap()).prefix().to_string();
        assert_eq!(prefix("2001:db8:1:2:3:4:5:6"), "2001:db8:1:2::");
        assert_eq!(prefix("2001:db8:1:2::"), prefix("2001:db8:1:2:ffff:ffff:ffff:ffff"));
        assert_ne!(prefix("2001:db8:1:2::"), prefix("2001:db8:1:3::"));
        assert_eq!(prefix("::ffff:192.0.2.1"), "192.0.2.1");
        assert_ne!(prefix("192.0.2.1"), prefix("192.0.2.2"));
    }

    #[test]
    fn what_is_no_network_is_refused() {
        for wrong in ["proxy", "10.0.0.0/33", "10.0.0", "*", "10.0.0.1;10.0.0.2"] {
            assert!(wrong.parse::<TrustedProxies>().is_err(), "{wrong}");
        }
    }
}
