//! TLS of the server itself: who is shown what, and certificates that are renewed.

use std::net::SocketAddr;
use std::path::Path;
use std::time::{Duration, Instant};

use chatcore_server::http::{EdgeSettings, ServerLimits, Tls};
use rcgen::{CertifiedKey, generate_simple_self_signed};
use reqwest::{Certificate, Client};
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::service::start_behind;

/// Writes a certificate for this machine and its key; what whoever trusts it is told.
fn issue(folder: &Path) -> Certificate {
    let CertifiedKey { cert, signing_key } = generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(folder.join("cert.pem"), cert.pem()).unwrap();
    std::fs::write(folder.join("key.pem"), signing_key.serialize_pem()).unwrap();
    Certificate::from_pem(cert.pem().as_bytes()).unwrap()
}

fn open(folder: &Path) -> Tls {
    Tls::open(folder.join("cert.pem"), folder.join("key.pem")).unwrap()
}

async fn get(address: SocketAddr, trusted: &Certificate) -> reqwest::Result<reqwest::Response> {
    let client = Client::builder().tls_certs_only([trusted.clone()]).resolve("localhost", address).no_proxy();
    client.build().unwrap().get(format!("https://localhost:{}/peer", address.port())).send().await
}

#[tokio::test]
async fn whoever_trusts_the_certificate_is_answered() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = issue(folder.path());
    let server = start_behind(
        open(folder.path()),
        EdgeSettings { hsts: true, ..EdgeSettings::default() },
        ServerLimits::default(),
    )
    .await;
    let answer = get(server.address, &trusted).await.unwrap();
    assert_eq!(answer.status(), 200);
    assert!(answer.headers().contains_key("strict-transport-security"));
    let stranger = issue(tempfile::tempdir().unwrap().path());
    assert!(get(server.address, &stranger).await.is_err());
    let mut plain = TcpStream::connect(server.address).await.unwrap();
    plain.write_all(b"GET /plain HTTP/1.1\r\nHost: localhost\r\n\r\n").await.unwrap();
    let mut heard = Vec::new();
    let _ = plain.read_to_end(&mut heard).await;
    assert!(!heard.starts_with(b"HTTP"), "nothing is said in the clear");
}

#[tokio::test]
async fn a_renewed_certificate_is_shown_without_a_restart() {
    let folder = tempfile::tempdir().unwrap();
    let old = issue(folder.path());
    let tls = open(folder.path());
    let server = start_behind(tls.clone(), EdgeSettings::default(), ServerLimits::default()).await;
    let key = std::fs::read(folder.path().join("key.pem")).unwrap();
    let new = issue(folder.path());
    let new_key = std::fs::read(folder.path().join("key.pem")).unwrap();
    // one file is there already, the other not yet
    std::fs::write(folder.path().join("key.pem"), key).unwrap();
    assert!(tls.renew().is_err());
    assert!(get(server.address, &old).await.is_ok(), "the old one goes on");
    std::fs::write(folder.path().join("key.pem"), new_key).unwrap();
    tls.renew().unwrap();
    assert!(get(server.address, &new).await.is_ok());
    assert!(get(server.address, &old).await.is_err());
}

#[tokio::test]
async fn whoever_does_not_greet_is_let_go() {
    let folder = tempfile::tempdir().unwrap();
    let trusted = issue(folder.path());
    let limits =
        ServerLimits { header_timeout: Duration::from_millis(200), max_connections: 1, ..ServerLimits::default() };
    let server = start_behind(open(folder.path()), EdgeSettings::default(), limits).await;
    let began = Instant::now();
    let mut silent = TcpStream::connect(server.address).await.unwrap();
    assert_eq!(silent.read(&mut [0; 1]).await.unwrap(), 0);
    assert!(began.elapsed() >= Duration::from_millis(200));
    assert!(get(server.address, &trusted).await.is_ok(), "its place is free again");
}

#[test]
fn files_that_cannot_be_used_are_named() {
    let folder = tempfile::tempdir().unwrap();
    let path = |name: &str| folder.path().join(name);
    issue(folder.path());
    std::fs::write(path("empty.pem"), "").unwrap();
    for (cert, key, named) in [
        ("none.pem", "key.pem", "none.pem"),
        ("empty.pem", "key.pem", "empty.pem"),
        ("cert.pem", "empty.pem", "empty.pem"),
    ] {
        let error = Tls::open(path(cert), path(key)).err().unwrap().to_string();
        assert!(error.contains(named), "{error}");
    }
}
