//! A client that reads one stream after the other, with as little work as can be: it must not be what is measured.

use std::net::SocketAddr;
use std::time::{Duration, Instant};

use chatcore_benches::Failure;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;

use crate::stamp;

/// Ends an answer that comes in chunks. Events have no `\r`, so it stands nowhere else.
const END: &[u8] = b"\r\n0\r\n\r\n";

/// A connection that is kept between requests.
pub(crate) struct Connection {
    socket: TcpStream,
    bytes: Vec<u8>,
    /// Bytes that have been looked through.
    seen: usize,
}

/// One stream, as far as it was heard.
#[derive(Debug)]
pub(crate) struct Heard {
    begin: Instant,
    wanted: usize,
    chunks: usize,
    /// From the request to the first chunk.
    pub(crate) first: Duration,
    /// From the request to the end.
    pub(crate) whole: Duration,
    /// How long each chunk was on its way, without those that were cut in two by the framing.
    pub(crate) delays: Vec<Duration>,
}

impl Connection {
    pub(crate) async fn open(address: SocketAddr) -> Result<Self, Failure> {
        let socket = TcpStream::connect(address).await?;
        socket.set_nodelay(true)?;
        Ok(Self { socket, bytes: Vec::with_capacity(4096), seen: 0 })
    }

    /// Sends a request that is answered with so many chunks.
    pub(crate) async fn ask(&mut self, request: &[u8], chunks: usize) -> Result<Heard, Failure> {
        let begin = Instant::now();
        self.socket.write_all(request).await?;
        let (first, whole, delays) = (Duration::ZERO, Duration::ZERO, Vec::with_capacity(chunks));
        Ok(Heard { begin, wanted: chunks, chunks: 0, first, whole, delays })
    }

    /// Reads until the first chunk is there.
    pub(crate) async fn first(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        while heard.chunks == 0 {
            self.read(heard).await?;
        }
        Ok(())
    }

    /// Reads to the end.
    pub(crate) async fn rest(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        while !self.bytes.ends_with(END) {
            self.read(heard).await?;
        }
        heard.whole = heard.begin.elapsed();
        self.bytes.clear();
        self.seen = 0;
        if heard.chunks < heard.wanted {
            return Err(format!("a stream ended after {} of {} chunks", heard.chunks, heard.wanted).into());
        }
        Ok(())
    }

    async fn read(&mut self, heard: &mut Heard) -> Result<(), Failure> {
        // what is needed of the past: the beginning of a stamp, and of the end
        let keep = (self.bytes.len() - self.seen).max(END.len()).min(self.bytes.len());
        let gone = self.bytes.len() - keep;
        let is_new = self.bytes.is_empty();
        self.bytes.drain(..gone);
        self.seen = self.seen.saturating_sub(gone);
        if self.socket.read_buf(&mut self.bytes).await? == 0 {
            return Err("a stream broke off".into());
        }
        if is_new && !self.bytes.starts_with(b"HTTP/1.1 200") {
            return Err(format!("refused: {}", String::from_utf8_lossy(&self.bytes)).into());
        }
        self.look(heard);
        Ok(())
    }

    /// Notes the stamps. The last event may repeat all of them, so no more are looked for than were asked for.
    fn look(&mut self, heard: &mut Heard) {
        while heard.chunks < heard.wanted {
            let Some(at) = self.bytes[self.seen..].iter().position(|byte| *byte == stamp::MARK) else { break };
            let at = self.seen + at;
            let Some(found) = self.bytes.get(at..at + stamp::LENGTH) else {
                self.seen = at;
                return;
            };
            if heard.chunks == 0 {
                heard.first = heard.begin.elapsed();
            }
            heard.chunks += 1;
            heard.delays.extend(stamp::age(found));
            self.seen = at + 1;
        }
        self.seen = self.bytes.len();
    }
}
