//! The server that takes mail, and whom mail comes from.

use std::fmt;
use std::net::IpAddr;
use std::str::FromStr;

use lettre::message::Mailbox;
use lettre::transport::smtp::authentication::Credentials;
use lettre::transport::smtp::client::{Tls, TlsParameters};
use lettre::transport::smtp::extension::ClientId;
use lettre::transport::smtp::{AsyncSmtpTransportBuilder, Error};
use lettre::{AsyncSmtpTransport, Tokio1Executor};
use percent_encoding::percent_decode_str;
use secrecy::{ExposeSecret, SecretString};
use url::{Host, Url};

use super::authorities::Authorities;

/// The server that takes mail. It does not print its password.
#[derive(Debug, Clone)]
pub struct SmtpServer {
    host: String,
    port: u16,
    security: Security,
    credentials: Option<(String, SecretString)>,
    authorities: Option<Authorities>,
}

/// How a connection is protected. Falling back to none where a server offers nothing better is not among them: whoever
/// stands in between could say so.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Security {
    /// TLS from the first byte.
    Tls,
    /// TLS before anything is said, or not at all.
    StartTls,
    /// Not.
    Plain,
}

/// A text that names no server for mail. It does not repeat the text, which may hold a password.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub enum SmtpUrlError {
    /// It is no URL.
    #[error("is not a URL")]
    Url,
    /// It is the URL of something else.
    #[error("must begin with smtps:// or smtp://")]
    Scheme,
    /// Nobody is named.
    #[error("names no host")]
    Host,
    /// There is something in it that means nothing.
    #[error("may have ?tls=off or ?tls=required behind smtp://<host>, and nothing else")]
    Extra,
    /// Half of what proves who sends.
    #[error("needs a user and a password, or neither")]
    Credentials,
}

impl FromStr for SmtpServer {
    type Err = SmtpUrlError;

    fn from_str(text: &str) -> Result<Self, SmtpUrlError> {
        let url = Url::parse(text).map_err(|_| SmtpUrlError::Url)?;
        // what the scheme does not know has no parsed host
        let host = url.host_str().filter(|host| !host.is_empty()).ok_or(SmtpUrlError::Host)?;
        let security = security(&url, host)?;
        let extra = !matches!(url.path(), "" | "/") || url.fragment().is_some();
        if extra {
            return Err(SmtpUrlError::Extra);
        }
        let port = url.port().unwrap_or(match security {
            Security::Tls => 465,
            Security::StartTls => 587,
            Security::Plain => 25,
        });
        let host = host.trim_start_matches('[').trim_end_matches(']').to_owned();
        Ok(Self { host, port, security, credentials: credentials(&url)?, authorities: None })
    }
}

fn security(url: &Url, host: &str) -> Result<Security, SmtpUrlError> {
    match (url.scheme(), url.query()) {
        ("smtps", None) => Ok(Security::Tls),
        ("smtp", None) if is_here(host) => Ok(Security::Plain),
        ("smtp", None | Some("tls=required")) => Ok(Security::StartTls),
        ("smtp", Some("tls=off")) => Ok(Security::Plain),
        ("smtp" | "smtps", _) => Err(SmtpUrlError::Extra),
        _ => Err(SmtpUrlError::Scheme),
    }
}

/// Whether a host is this machine.
fn is_here(host: &str) -> bool {
    match Host::parse(host) {
        Ok(Host::Domain(name)) => name == "localhost",
        Ok(Host::Ipv4(address)) => IpAddr::from(address).is_loopback(),
        Ok(Host::Ipv6(address)) => IpAddr::from(address).is_loopback(),
        Err(_) => false,
    }
}

fn credentials(url: &Url) -> Result<Option<(String, SecretString)>, SmtpUrlError> {
    let decoded = |text| percent_decode_str(text).decode_utf8().map_err(|_| SmtpUrlError::Url);
    let user = decoded(url.username())?.into_owned();
    match url.password() {
        None if user.is_empty() => Ok(None),
        Some(password) if !user.is_empty() => Ok(Some((user, decoded(password)?.into_owned().into()))),
        _ => Err(SmtpUrlError::Credentials),
    }
}

impl SmtpServer {
    /// The same server, which may have its certificate from these authorities, too.
    #[must_use]
    pub fn trusting(self, authorities: Authorities) -> Self {
        Self { authorities: Some(authorities), ..self }
    }

    /// Whether it shows a certificate before anything is said.
    #[must_use]
    pub fn is_encrypted(&self) -> bool {
        self.security != Security::Plain
    }

    fn tls(&self) -> Result<TlsParameters, Error> {
        let builder = TlsParameters::builder(self.host.clone());
        match &self.authorities {
            Some(authorities) => builder.add_root_certificate(authorities.certificates()),
            None => builder,
        }
        .build()
    }

    /// Connections to it, each for one mail. `name` is how this server names itself.
    pub(super) fn transport(&self, name: &str) -> Result<AsyncSmtpTransport<Tokio1Executor>, Error> {
        let builder: AsyncSmtpTransportBuilder = AsyncSmtpTransport::<Tokio1Executor>::builder_dangerous(&self.host)
            .port(self.port)
            .hello_name(ClientId::Domain(name.to_owned()))
            .tls(match self.security {
                Security::Tls => Tls::Wrapper(self.tls()?),
                Security::StartTls => Tls::Required(self.tls()?),
                Security::Plain => Tls::None,
            });
        let builder = match &self.credentials {
            Some((user, password)) => {
                builder.credentials(Credentials::new(user.clone(), password.expose_secret().to_owned()))
            }
            None => builder,
        };
        Ok(builder.build())
    }
}

impl fmt::Display for SmtpServer {
    /// Host and port: what may stand in a log.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}:{}", self.host, self.port)
    }
}

/// Whom mail comes from: an address, with a name or without.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Sender(Mailbox);

/// A text that is no address.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("is not an address")]
pub struct SenderError;

impl FromStr for Sender {
    type Err = SenderError;

    fn from_str(text: &str) -> Result<Self, SenderError> {
        text.trim().parse().map(Self).map_err(|_| SenderError)
    }
}

impl Sender {
    pub(super) fn mailbox(&self) -> Mailbox {
        self.0.clone()
    }

    /// Where the address belongs.
    pub(super) fn domain(&self) -> &str {
        self.0.email.domain()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parsed(text: &str) -> (String, Security, Option<(String, String)>) {
        let server: SmtpServer = text.parse().unwrap();
        let credentials = server.credentials.clone();
        let credentials = credentials.map(|(user, password)| (user, password.expose_secret().to_owned()));
        (server.to_string(), server.security, credentials)
    }

    #[test]
    fn whatever_leaves_the_machine_is_encrypted_unless_somebody_says_otherwise() {
        let ann = Some(("ann@mail.test".to_owned(), "p:@/ss".to_owned()));
        let rows = [
            ("smtps://mail.test", "mail.test:465", Security::Tls, None),
            ("smtps://ann%40mail.test:p%3A%40%2Fss@mail.test:4650/", "mail.test:4650", Security::Tls, ann.clone()),
            ("smtp://ann%40mail.test:p%3A%40%2Fss@mail.test", "mail.test:587", Security::StartTls, ann),
            ("smtp://mail.test:25?tls=required", "mail.test:25", Security::StartTls, None),
            ("smtp://mail.test?tls=off", "mail.test:25", Security::Plain, None),
            ("smtp://localhost", "localhost:25", Security::Plain, None),
            ("smtp://127.0.0.1:2525", "127.0.0.1:2525", Security::Plain, None),
            ("smtp://[::1]:2525", "::1:2525", Security::Plain, None),
            ("smtp://localhost?tls=required", "localhost:587", Security::StartTls, None),
        ];
        for (text, address, security, credentials) in rows {
            assert_eq!(parsed(text), (address.to_owned(), security, credentials), "{text}");
        }
    }

    #[test]
    fn other_texts_are_refused_without_their_passwords() {
        let rows = [
            ("", SmtpUrlError::Url),
            ("mail.test", SmtpUrlError::Url),
            ("mail.test:587", SmtpUrlError::Host),
            ("https://mail.test", SmtpUrlError::Scheme),
            ("smtp://", SmtpUrlError::Host),
            ("smtp:///x", SmtpUrlError::Host),
            ("smtps://mail.test?tls=off", SmtpUrlError::Extra),
            ("smtp://mail.test?tls=opportunistic", SmtpUrlError::Extra),
            ("smtp://mail.test/name", SmtpUrlError::Extra),
            ("smtp://ann@mail.test", SmtpUrlError::Credentials),
            ("smtp://:hunter2@mail.test", SmtpUrlError::Credentials),
        ];
        for (text, error) in rows {
            assert_eq!(text.parse::<SmtpServer>().unwrap_err(), error, "{text}");
        }
    }

    #[test]
    fn senders() {
        assert_eq!("Chat <chat@mail.test>".parse::<Sender>().unwrap().domain(), "mail.test");
        for wrong in ["", "chat", "chat@", "a@b.test, c@d.test", "chat@mail.test\r\nBcc: x@y.test"] {
            assert_eq!(wrong.parse::<Sender>(), Err(SenderError), "{wrong}");
        }
    }
}
