//! The parts of RFC 3986 that a message is made of, as the RFC's own rules. They look at ASCII only: whatever is not in
//! a rule, any other letter included, does not match it.

use std::net::Ipv6Addr;

const fn is_unreserved(byte: u8) -> bool {
    byte.is_ascii_alphanumeric() || matches!(byte, b'-' | b'.' | b'_' | b'~')
}

const fn is_sub_delim(byte: u8) -> bool {
    matches!(byte, b'!' | b'$' | b'&' | b'\'' | b'(' | b')' | b'*' | b'+' | b',' | b';' | b'=')
}

const fn is_gen_delim(byte: u8) -> bool {
    matches!(byte, b':' | b'/' | b'?' | b'#' | b'[' | b']' | b'@')
}

/// `reserved / unreserved / " "`
pub(super) const fn is_statement_byte(byte: u8) -> bool {
    is_unreserved(byte) || is_sub_delim(byte) || is_gen_delim(byte) || byte == b' '
}

/// `*( unreserved / pct-encoded / sub-delims / more )`
fn only(text: &str, more: &[u8]) -> bool {
    let mut rest = text.as_bytes();
    while let Some((&byte, after)) = rest.split_first() {
        rest = match (byte, after) {
            (b'%', [high, low, after @ ..]) if high.is_ascii_hexdigit() && low.is_ascii_hexdigit() => after,
            _ if is_unreserved(byte) || is_sub_delim(byte) || more.contains(&byte) => after,
            _ => return false,
        };
    }
    true
}

/// `*pchar`
pub(super) fn is_segment(text: &str) -> bool {
    only(text, b":@")
}

/// `ALPHA *( ALPHA / DIGIT / "+" / "-" / "." )`
pub(super) fn is_scheme(text: &str) -> bool {
    let follows = |byte: &u8| byte.is_ascii_alphanumeric() || matches!(byte, b'+' | b'-' | b'.');
    text.as_bytes().split_first().is_some_and(|(first, rest)| first.is_ascii_alphabetic() && rest.iter().all(follows))
}

/// `[ userinfo "@" ] host [ ":" port ]`. The host may be empty, as in `file:///`.
pub(super) fn is_authority(text: &str) -> bool {
    let (userinfo, host_port) = text.split_once('@').unwrap_or(("", text));
    let host_fits = match host_port.strip_prefix('[') {
        Some(literal) => literal.split_once(']').is_some_and(|(inside, port)| {
            is_ip_literal(inside) && (port.is_empty() || port.strip_prefix(':').is_some_and(is_port))
        }),
        None => {
            let (name, port) = host_port.split_once(':').unwrap_or((host_port, ""));
            only(name, b"") && is_port(port)
        }
    };
    only(userinfo, b":") && host_fits
}

/// An authority with something for a host.
pub(super) fn is_domain(text: &str) -> bool {
    let host_port = text.split_once('@').map_or(text, |(_, rest)| rest);
    is_authority(text) && !host_port.is_empty() && !host_port.starts_with(':')
}

/// `*DIGIT`
fn is_port(text: &str) -> bool {
    text.bytes().all(|byte| byte.is_ascii_digit())
}

/// `IPv6address / "v" 1*HEXDIG "." 1*( unreserved / sub-delims / ":" )`
fn is_ip_literal(text: &str) -> bool {
    let future = |text: &str| {
        let (version, address) = text.split_once('.')?;
        let fits = |byte: u8| is_unreserved(byte) || is_sub_delim(byte) || byte == b':';
        let whole = !version.is_empty() && version.bytes().all(|byte| byte.is_ascii_hexdigit());
        Some(whole && !address.is_empty() && address.bytes().all(fits))
    };
    match text.strip_prefix(['v', 'V']) {
        Some(rest) => future(rest).unwrap_or(false),
        None => text.parse::<Ipv6Addr>().is_ok(),
    }
}

/// `scheme ":" hier-part [ "?" query ] [ "#" fragment ]`
pub(super) fn is_uri(text: &str) -> bool {
    let (text, fragment) = text.split_once('#').unwrap_or((text, ""));
    let (text, query) = text.split_once('?').unwrap_or((text, ""));
    let Some((scheme, rest)) = text.split_once(':') else { return false };
    let path = match rest.strip_prefix("//") {
        Some(rest) => {
            let (authority, path) = rest.split_at(rest.find('/').unwrap_or(rest.len()));
            if !is_authority(authority) {
                return false;
            }
            path
        }
        None => rest,
    };
    is_scheme(scheme) && only(path, b":@/") && only(query, b":@/?") && only(fragment, b":@/?")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn uris() {
        for uri in [
            "https://example.com",
            "https://example.com/a/b;c=1?d=%20#e/f?",
            "https://user:pass@example.com:8443/",
            "http://[::1]:3000/login",
            "http://[v7.future:host]/",
            "did:key:z6Mk",
            "urn:isbn:0451450523",
            "file:///etc",
            "a+b-c.d:",
            "mailto:ann@example.com",
            "ipfs://bafybei/",
        ] {
            assert!(is_uri(uri), "{uri}");
        }
        for wrong in [
            "",
            "example.com",
            "/relative",
            "//example.com",
            ":x",
            "1http://example.com",
            "https://exa mple.com",
            "https://example.com/a b",
            "https://example.com/%2",
            "https://example.com/%zz",
            "https://example.com/#a#b",
            "https://[::1/",
            "https://[::1]x/",
            "https://[fe80::1%25eth0]/",
            "https://[v.x]/",
            "https://example.com:80a/",
            "https://a@b@c/",
            "https://exämple.com",
            "https://example.com/\"",
            "https://example.com/<>",
            "https://example.com/\\",
            "https://example.com/{}",
            "https://example.com\r",
        ] {
            assert!(!is_uri(wrong), "{wrong}");
        }
    }

    #[test]
    fn domains() {
        for domain in ["example.com", "localhost:3000", "127.0.0.1", "[2001:db8::1]:8000", "a@b", "x:", "%41.org"] {
            assert!(is_domain(domain), "{domain}");
        }
        for wrong in ["", ":80", "a@", "a@:80", "example.com/", "a b", "example.com?x", "[::1", "::1", "a:b:c", "ex#"] {
            assert!(!is_domain(wrong), "{wrong}");
        }
    }
}
