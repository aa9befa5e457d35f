//! The samples for proxies let through what the server takes.

use std::path::Path;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::client::PATIENCE;
use crate::server::{Kind, TestServer};

const IMPORT: &str = "/api/v1/me/import";

fn sample(name: &str) -> String {
    let text = std::fs::read_to_string(Path::new(env!("CARGO_MANIFEST_DIR")).join("deploy").join(name)).unwrap();
    let lines = text.lines().map(str::trim).filter(|line| !line.starts_with('#'));
    lines.collect::<Vec<_>>().join("\n")
}

/// What stands between two texts.
fn between<'a>(text: &'a str, begin: &str, end: &str) -> &'a str {
    let (_, rest) = text.split_once(begin).unwrap_or_else(|| panic!("no {begin} in {text}"));
    rest.split_once(end).unwrap().0.trim()
}

/// Bytes as nginx writes them.
fn bytes(text: &str) -> u64 {
    let number = |text: &str| text.parse::<u64>().unwrap();
    match text.strip_suffix('g') {
        Some(rest) => number(rest) << 30,
        None => number(text.strip_suffix('m').unwrap()) << 20,
    }
}

/// How the server answers an archive that says how long it is, before anything of it came.
async fn answer(server: &TestServer, token: &str, length: u64) -> u16 {
    let mut socket = TcpStream::connect(server.address).await.unwrap();
    let head = format!(
        "POST {IMPORT} HTTP/1.1\r\nhost: {}\r\nauthorization: Bearer {token}\r\ncontent-type: application/octet-stream\r\n\
         content-length: {length}\r\n\r\n",
        server.address
    );
    socket.write_all(head.as_bytes()).await.unwrap();
    let mut start = [0; 12];
    tokio::time::timeout(PATIENCE, socket.read_exact(&mut start)).await.expect("an answer in time").unwrap();
    std::str::from_utf8(&start[9..]).unwrap().parse().unwrap()
}

/// An archive may be far larger than anything else; a proxy that knows one bound for all would refuse it.
#[tokio::test]
async fn proxies_let_archives_through_that_the_server_takes() {
    let nginx = sample("nginx.conf");
    let location = between(&nginx, &format!("location = {IMPORT} {{"), "}");
    let most = bytes(between(location, "client_max_body_size ", ";"));
    assert!(location.contains("proxy_request_buffering off;"), "it would lie on the proxy's disk first");
    // what a location says of headers replaces all that is said around it
    let headers = nginx.matches("proxy_set_header").count();
    assert_eq!(between(&nginx, "server {", "location").matches("proxy_set_header").count(), headers);
    assert_eq!(nginx.matches("proxy_pass http://127.0.0.1:8000;").count(), 2);

    let apache = sample("apache.conf");
    let location = between(&apache, &format!("<Location \"{IMPORT}\">"), "</Location>");
    assert_eq!(between(&format!("{location}\n"), "LimitRequestBody ", "\n").parse(), Ok(most));
    assert!(!sample("traefik.yaml").contains("buffering"), "its bounds are those of the buffering middleware");

    // as much as the server takes, to the byte: without a name it is refused for that, not for its length
    let server = TestServer::start(Kind::Memory).await;
    let token = server.user("ada").await.session.access_token.clone();
    assert_eq!(answer(&server, &token, most).await, 422);
    assert_eq!(answer(&server, &token, most + 1).await, 413);
    server.end().await;
}
