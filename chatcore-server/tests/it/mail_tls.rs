//! Mail over TLS: a letter goes to a server whose certificate is good, and nothing at all to any other.

use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chatcore_server::config::{MailSettings, Settings};
use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair, date_time_ymd};
use serde_json::json;
use tokio::net::TcpStream;
use tokio_rustls::TlsAcceptor;
use tokio_rustls::rustls::ServerConfig;
use tokio_rustls::rustls::crypto::aws_lc_rs;
use tokio_rustls::rustls::pki_types::PrivateKeyDer;

use crate::binary::Binary;
use crate::client::{PASSWORD, eventually};
use crate::mail::join;
use crate::server::{Kind, TestServer, echo};
use crate::smtp::{Ear, Smtp, converse};

/// When a connection is encrypted, and what the address of the server says of it.
#[derive(Debug, Clone, Copy)]
enum Begin {
    AtOnce,
    WhenAsked,
}

impl Begin {
    const BOTH: [Self; 2] = [Self::AtOnce, Self::WhenAsked];

    fn url(self, smtp: &Smtp) -> String {
        match self {
            Self::AtOnce => smtp.url("smtps", "ann:p%40ss@", ""),
            Self::WhenAsked => smtp.url("smtp", "ann:p%40ss@", "?tls=required"),
        }
    }
}

/// Who signs certificates.
struct Authority(Issuer<'static, KeyPair>, String);

impl Authority {
    fn new(name: &str) -> Self {
        let mut params = CertificateParams::new([]).unwrap();
        params.distinguished_name.push(DnType::CommonName, name);
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        let key = KeyPair::generate().unwrap();
        let pem = params.self_signed(&key).unwrap().pem();
        Self(Issuer::new(params, key), pem)
    }

    /// What a server needs that is known by that name until that year.
    fn certifies(&self, name: &str, until: i32) -> TlsAcceptor {
        let mut params = CertificateParams::new([name.to_owned()]).unwrap();
        params.not_after = date_time_ymd(until, 1, 1);
        let key = KeyPair::generate().unwrap();
        let chain = vec![params.signed_by(&key, &self.0).unwrap().der().clone()];
        let config = ServerConfig::builder_with_provider(aws_lc_rs::default_provider().into());
        let config = config.with_safe_default_protocol_versions().unwrap().with_no_client_auth();
        let config = config.with_single_cert(chain, PrivateKeyDer::Pkcs8(key.serialize_der().into())).unwrap();
        TlsAcceptor::from(Arc::new(config))
    }

    /// Its certificate, where a setting may name it.
    fn file(&self, folder: &Path) -> PathBuf {
        let path = folder.join("ca.pem");
        std::fs::write(&path, &self.1).unwrap();
        path
    }
}

/// Hears what may be said before TLS, and goes no further without.
async fn asked_for_tls(mut ear: Ear<'_, TcpStream>) -> std::io::Result<TcpStream> {
    while let Some(line) = ear.line().await? {
        match line.split(' ').next() {
            Some("EHLO") => ear.answer("250-here\r\n250 STARTTLS").await?,
            Some("STARTTLS") => {
                ear.answer("220 go on").await?;
                return Ok(ear.into_stream());
            }
            _ => ear.answer("530 not without TLS").await?,
        }
    }
    Err(std::io::ErrorKind::UnexpectedEof.into())
}

/// A mail server with a certificate.
async fn start(begin: Begin, tls: TlsAcceptor) -> Smtp {
    Smtp::behind(move |stream, desk| {
        let tls = tls.clone();
        async move {
            match begin {
                Begin::AtOnce => converse(Ear::new(tls.accept(stream).await?, &desk).greets().await?).await,
                Begin::WhenAsked => {
                    let stream = asked_for_tls(Ear::new(stream, &desk).greets().await?).await?;
                    converse(Ear::new(tls.accept(stream).await?, &desk)).await
                }
            }
        }
    })
    .await
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_letter_goes_out_over_tls() {
    let (authority, folder) = (Authority::new("one"), tempfile::tempdir().unwrap());
    for begin in Begin::BOTH {
        let smtp = start(begin, authority.certifies("127.0.0.1", 2999)).await;
        let mail = MailSettings {
            smtp_url: Some(begin.url(&smtp).into()),
            smtp_ca_file: Some(authority.file(folder.path())),
            from: Some("Chat <chat@mail.test>".into()),
        };
        let server =
            TestServer::set_up(Kind::Memory, Settings { mail, ..Settings::default() }, Some(echo(Duration::ZERO)));
        let server = server.await;
        join(&server, "ada", "ada@example.org").await;
        let letter = smtp.letter("ada@example.org").await;
        assert_eq!((letter.subject(), letter.login.as_deref()), ("Is this your address?", Some("AGFubgBwQHNz")));
        let body = json!({"code": letter.code()});
        server.anonymous().post("/auth/email/verify", body).await.is(204);
        server.end().await;
        // what is said before TLS is nothing but the wish for it
        let heard = smtp.heard();
        let wish = heard.find("STARTTLS");
        assert_eq!(wish.is_some(), matches!(begin, Begin::WhenAsked), "{heard}");
        assert!(wish.is_none_or(|wish| wish < heard.find("AUTH").unwrap()), "{heard}");
    }
}

/// A server as a process whose first letter goes there.
async fn with_a_letter(smtp: &Smtp, begin: Begin, trust: &[(&str, &str)], folder: &Path) -> Binary {
    let url = begin.url(smtp);
    let mail = [("CHATCORE_SMTP_URL", url.as_str()), ("CHATCORE_MAIL_FROM", "chat@mail.test")];
    let server = Binary::start(folder, &[&mail, trust].concat()).await;
    let body = json!({"username": "ada", "email": "ada@example.org", "password": PASSWORD});
    server.anonymous().post("/auth/register", body).await.is(201);
    server
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_authorities_of_the_system_are_trusted() {
    let (authority, folder) = (Authority::new("one"), tempfile::tempdir().unwrap());
    let smtp = start(Begin::AtOnce, authority.certifies("127.0.0.1", 2999)).await;
    let file = authority.file(folder.path());
    let trust = [("SSL_CERT_FILE", file.to_str().unwrap())];
    let server = with_a_letter(&smtp, Begin::AtOnce, &trust, folder.path()).await;
    assert_eq!(smtp.letter("ada@example.org").await.subject(), "Is this your address?");
    server.end().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn nothing_is_said_to_a_server_with_a_wrong_certificate() {
    let (authority, other) = (Authority::new("one"), Authority::new("other"));
    let rows = [
        ("of another authority", other.certifies("127.0.0.1", 2999), "UnknownIssuer"),
        ("of another name", authority.certifies("mail.test", 2999), "127.0.0.1"),
        ("that has expired", authority.certifies("127.0.0.1", 2001), "expired"),
    ];
    for ((what, tls, said), begin) in rows.iter().flat_map(|row| Begin::BOTH.map(|begin| (row, begin))) {
        let folder = tempfile::tempdir().unwrap();
        let smtp = start(begin, tls.clone()).await;
        let file = authority.file(folder.path());
        let trust = [("CHATCORE_SMTP_CA_FILE", file.to_str().unwrap())];
        let server = with_a_letter(&smtp, begin, &trust, folder.path()).await;
        let line = eventually("the log says why", async || {
            server.log().lines().find(|line| line.contains("a mail was not taken")).map(str::to_owned)
        })
        .await;
        let reason = "failed to reach the mail server: invalid peer certificate";
        assert!(line.contains(reason) && line.contains(said), "{what}: {line}");
        let heard = smtp.heard();
        for secret in ["AUTH", "MAIL", "DATA", "ada@example.org"] {
            assert!(!heard.contains(secret), "{what}: {heard}");
        }
        assert!(smtp.letters().is_empty());
        // it still waits for a better one
        server.kill().await;
    }
}
