//! The model: a server of Chat Completions that streams words, each with the time at which it was sent.
//!
//! Every chunk is a write of its own, as a model's tokens are, so whoever passes them on has all the work.

use std::fmt::Write as _;
use std::net::SocketAddr;
use std::time::Duration;

use chatcore_benches::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::time::{MissedTickBehavior, interval};

use crate::stamp;

/// How it answers, from the next request on.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Manner {
    /// So many chunks, as fast as they are taken.
    Rush { chunks: usize },
    /// So many chunks, one in every period.
    Pace { chunks: usize, every: Duration },
    /// One chunk, and silence until the manner changes.
    Hold,
}

/// A model that runs in this process.
pub(crate) struct Upstream {
    pub(crate) address: SocketAddr,
    manner: watch::Sender<Manner>,
}

impl Upstream {
    pub(crate) async fn start() -> Result<Self, Failure> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let (manner, said) = watch::channel(Manner::Rush { chunks: 1 });
        tokio::spawn(async move {
            while let Ok((socket, _)) = listener.accept().await {
                // whoever leaves in the middle is no concern of a model
                tokio::spawn(serve(socket, said.clone()));
            }
        });
        Ok(Self { address, manner })
    }

    pub(crate) fn answer(&self, manner: Manner) {
        self.manner.send_replace(manner);
    }
}

async fn serve(mut socket: TcpStream, mut manner: watch::Receiver<Manner>) -> Result<(), Failure> {
    socket.set_nodelay(true)?;
    let mut unread = Vec::with_capacity(4096);
    while read_request(&mut socket, &mut unread).await? {
        socket.write_all(HEAD).await?;
        let now = *manner.borrow_and_update();
        match now {
            Manner::Rush { chunks } => {
                for _ in 0..chunks {
                    tokio::task::yield_now().await;
                    say(&mut socket).await?;
                }
            }
            Manner::Pace { chunks, every } => {
                let mut ticks = interval(every);
                ticks.set_missed_tick_behavior(MissedTickBehavior::Delay);
                for _ in 0..chunks {
                    ticks.tick().await;
                    say(&mut socket).await?;
                }
            }
            Manner::Hold => {
                say(&mut socket).await?;
                manner.wait_for(|manner| *manner != Manner::Hold).await?;
            }
        }
        socket.write_all(tail().as_bytes()).await?;
    }
    Ok(())
}

/// Reads one request to its end; `false` when there is none.
async fn read_request(socket: &mut TcpStream, unread: &mut Vec<u8>) -> Result<bool, Failure> {
    loop {
        if let Some(length) = request_length(unread)?
            && unread.len() >= length
        {
            unread.drain(..length);
            return Ok(true);
        }
        if socket.read_buf(unread).await? == 0 {
            return Ok(false);
        }
    }
}

/// How long the request is, once its head is there.
fn request_length(bytes: &[u8]) -> Result<Option<usize>, Failure> {
    let Some(end) = bytes.windows(4).position(|window| window == b"\r\n\r\n") else { return Ok(None) };
    let head = str::from_utf8(&bytes[..end])?.to_ascii_lowercase();
    let length = head.lines().find_map(|line| line.strip_prefix("content-length:"));
    Ok(Some(end + 4 + length.map_or(Ok(0), |length| length.trim().parse::<usize>())?))
}

const HEAD: &[u8] = b"HTTP/1.1 200 OK\r\ncontent-type: text/event-stream\r\ntransfer-encoding: chunked\r\n\r\n";

async fn say(socket: &mut TcpStream) -> Result<(), Failure> {
    let chunk = choice(&format!(r#"{{"content":"{} word "}}"#, stamp::now()), "null");
    Ok(socket.write_all(framed(&chunk).as_bytes()).await?)
}

/// An event with one choice, as long as OpenAI's are.
fn choice(delta: &str, finish: &str) -> String {
    format!(
        "data: {{\"id\":\"chatcmpl-CgH2nQyPGx0pLwjK9vZ3s\",\"object\":\"chat.completion.chunk\",\"created\":1760000000,\
         \"model\":\"load\",\"service_tier\":\"default\",\"system_fingerprint\":\"fp_44709d6fcb\",\"choices\":[{{\
         \"index\":0,\"delta\":{delta},\"logprobs\":null,\"finish_reason\":{finish}}}]}}\n\n"
    )
}

/// What comes after the last word.
fn tail() -> String {
    let usage = "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":9,\"completion_tokens\":64}}\n\n";
    let mut tail = framed(&choice("{}", "\"stop\""));
    for event in [usage, "data: [DONE]\n\n"] {
        tail.push_str(&framed(event));
    }
    tail.push_str("0\r\n\r\n");
    tail
}

/// A chunk of HTTP.
fn framed(body: &str) -> String {
    let mut framed = String::with_capacity(body.len() + 10);
    let _ = write!(framed, "{:x}\r\n{body}\r\n", body.len());
    framed
}
