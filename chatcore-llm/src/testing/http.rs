//! As much of HTTP/1.1 as the mock needs.

use std::io;

use serde_json::Value;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use super::answer::{Answer, End};

const LONGEST_HEAD: usize = 64 * 1024;
const LONGEST_BODY: usize = 64 * 1024 * 1024;

/// A request that came in.
#[derive(Debug, Clone, PartialEq)]
pub struct Received {
    /// `GET`, `POST`, ...
    pub method: String,
    /// The path with its query.
    pub path: String,
    /// Names in lower case.
    pub headers: Vec<(String, String)>,
    /// The body; null if there was none, a string if it was no JSON.
    pub body: Value,
}

impl Received {
    /// The first header of that name, which is in lower case.
    #[must_use]
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(other, _)| other == name).map(|(_, value)| value.as_str())
    }
}

/// The request, unless the client leaves or sends what is none.
pub(super) async fn read(socket: &mut TcpStream) -> io::Result<Option<Received>> {
    let mut bytes = Vec::new();
    let head_end = loop {
        if let Some(end) = bytes.windows(4).position(|four| four == b"\r\n\r\n") {
            break end;
        }
        if bytes.len() > LONGEST_HEAD || socket.read_buf(&mut bytes).await? == 0 {
            return Ok(None);
        }
    };
    let head = String::from_utf8_lossy(&bytes[..head_end]).into_owned();
    let mut lines = head.split("\r\n");
    let mut first = lines.next().unwrap_or_default().split(' ').map(str::to_owned);
    let (Some(method), Some(path)) = (first.next(), first.next()) else { return Ok(None) };
    let pair = |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
    let mut received = Received { method, path, headers: lines.filter_map(pair).collect(), body: Value::Null };
    let length = received.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    if length > LONGEST_BODY {
        return Ok(None);
    }
    let mut body = bytes.split_off(head_end + 4);
    while body.len() < length {
        if socket.read_buf(&mut body).await? == 0 {
            return Ok(None);
        }
    }
    if !body.is_empty() {
        let text = String::from_utf8_lossy(&body);
        received.body = serde_json::from_str(&text).unwrap_or_else(|_| text.into_owned().into());
    }
    Ok(Some(received))
}

/// Writes the answer. False when the client left before its end.
pub(super) async fn write(socket: &mut TcpStream, answer: Answer) -> bool {
    let (mut from, mut to) = socket.split();
    let said = async {
        tokio::time::sleep(answer.wait).await;
        if answer.end == End::Silent {
            return to.shutdown().await;
        }
        let mut head =
            format!("HTTP/1.1 {} Mock\r\ntransfer-encoding: chunked\r\nconnection: close\r\n", answer.status);
        for (name, value) in &answer.headers {
            head.push_str(&format!("{name}: {value}\r\n"));
        }
        to.write_all(format!("{head}\r\n").as_bytes()).await?;
        for piece in answer.pieces.iter().filter(|piece| !piece.is_empty()) {
            let mut chunk = format!("{:x}\r\n", piece.len()).into_bytes();
            chunk.extend_from_slice(piece);
            chunk.extend_from_slice(b"\r\n");
            to.write_all(&chunk).await?;
            if !answer.pace.is_zero() {
                tokio::time::sleep(answer.pace).await;
            }
        }
        match answer.end {
            End::Well => to.write_all(b"0\r\n\r\n").await?,
            End::Broken | End::Silent => {}
            End::Never => std::future::pending().await,
        }
        to.shutdown().await
    };
    // the request is read, so anything that ends the other direction means that the client has gone
    let gone = async {
        let mut rest = [0; 256];
        while from.read(&mut rest).await.is_ok_and(|count| count > 0) {}
    };
    tokio::select! {
        biased;
        written = said => written.is_ok(),
        () = gone => false,
    }
}
