//! Bytes in, events out.

use std::borrow::Cow;
use std::collections::VecDeque;
use std::time::Duration;

/// What one line, and the data of one event, may take unless [`Decoder::with_limit`] says otherwise: 8 MiB.
pub const DEFAULT_LIMIT: usize = 8 * 1024 * 1024;

const BOM: &[u8] = b"\xEF\xBB\xBF";

/// One event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Event {
    /// Its type; `message` unless the sender named one.
    pub event: String,
    /// Its data; several `data` lines are joined by line feeds.
    pub data: String,
    /// The last id that was sent, with this event or an earlier one; empty if none.
    pub id: String,
    /// The pause before a new connection that the sender last asked for.
    pub retry: Option<Duration>,
}

/// A line or an event is longer than the limit. The decoder reads nothing more.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
#[error("an event is longer than {limit} bytes")]
pub struct TooLong {
    /// The limit.
    pub limit: usize,
}

/// Decodes events, however the bytes are cut.
///
/// Lines end with LF, CR or CR LF. A byte order mark at the start is skipped. Bytes that are no UTF-8 become U+FFFD;
/// a character that is cut in two by the network is not such a case.
///
/// ```
/// let mut decoder = chatcore_llm::sse::Decoder::new();
/// decoder.push(b"data: he")?;
/// decoder.push(b"llo\n\n")?;
/// assert_eq!(decoder.pop().map(|event| event.data).as_deref(), Some("hello"));
/// # Ok::<(), chatcore_llm::sse::TooLong>(())
/// ```
#[derive(Debug, Clone)]
pub struct Decoder {
    limit: usize,
    /// The line so far, without its end.
    line: Vec<u8>,
    /// A CR ended the line; an LF that follows belongs to it.
    after_cr: bool,
    /// Nothing but a byte order mark may have come.
    at_start: bool,
    too_long: bool,
    event: String,
    data: Option<String>,
    id: String,
    retry: Option<Duration>,
    ready: VecDeque<Event>,
}

impl Default for Decoder {
    fn default() -> Self {
        Self::with_limit(DEFAULT_LIMIT)
    }
}

impl Decoder {
    /// A decoder at the start of a stream.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// A decoder that takes at most that many bytes in a line, and in the data of an event.
    #[must_use]
    pub fn with_limit(limit: usize) -> Self {
        Self {
            limit,
            line: Vec::new(),
            after_cr: false,
            at_start: true,
            too_long: false,
            event: String::new(),
            data: None,
            id: String::new(),
            retry: None,
            ready: VecDeque::new(),
        }
    }

    /// Takes the next bytes. Events that they complete can be [popped](Self::pop), also after an error.
    ///
    /// # Errors
    /// [`TooLong`], then and ever after.
    pub fn push(&mut self, mut bytes: &[u8]) -> Result<(), TooLong> {
        while !bytes.is_empty() {
            self.check()?;
            if std::mem::take(&mut self.after_cr) && bytes[0] == b'\n' {
                bytes = &bytes[1..];
                continue;
            }
            let end = bytes.iter().position(|byte| matches!(byte, b'\n' | b'\r'));
            let piece = &bytes[..end.unwrap_or(bytes.len())];
            if piece.len() > self.limit - self.line.len() {
                self.too_long = true;
                continue;
            }
            self.line.extend_from_slice(piece);
            let Some(end) = end else { break };
            self.after_cr = bytes[end] == b'\r';
            bytes = &bytes[end + 1..];
            self.end_line();
        }
        self.check()
    }

    /// The next complete event.
    pub fn pop(&mut self) -> Option<Event> {
        self.ready.pop_front()
    }

    /// The event that the end of the stream cut off, if one had begun. The standard throws it away; some servers
    /// forget the empty line behind their last event, so it can be had here.
    #[must_use]
    pub fn finish(mut self) -> Option<Event> {
        if self.too_long {
            return None;
        }
        self.end_line();
        self.dispatch();
        self.ready.pop_back()
    }

    fn check(&self) -> Result<(), TooLong> {
        if self.too_long { Err(TooLong { limit: self.limit }) } else { Ok(()) }
    }

    fn end_line(&mut self) {
        let mut bytes = std::mem::take(&mut self.line);
        let skip = if std::mem::take(&mut self.at_start) && bytes.starts_with(BOM) { BOM.len() } else { 0 };
        if bytes.len() == skip {
            self.dispatch();
        } else {
            // as a rule it is UTF-8, and to see that is quicker than to look for what is not
            let line = &bytes[skip..];
            let line = str::from_utf8(line).map_or_else(|_| String::from_utf8_lossy(line), Cow::Borrowed);
            let (name, value) = line.split_once(':').unwrap_or((&line, ""));
            self.field(name, value.strip_prefix(' ').unwrap_or(value));
        }
        bytes.clear();
        self.line = bytes;
    }

    fn field(&mut self, name: &str, value: &str) {
        match name {
            "event" => value.clone_into(&mut self.event),
            "data" => match &mut self.data {
                Some(data) if data.len() + 1 + value.len() > self.limit => self.too_long = true,
                Some(data) => {
                    data.push('\n');
                    data.push_str(value);
                }
                None => self.data = Some(value.to_owned()),
            },
            "id" if !value.contains('\0') => value.clone_into(&mut self.id),
            "retry" if !value.is_empty() && value.bytes().all(|byte| byte.is_ascii_digit()) => {
                self.retry = value.parse().ok().map(Duration::from_millis).or(self.retry);
            }
            _ => {}
        }
    }

    fn dispatch(&mut self) {
        let mut event = std::mem::take(&mut self.event);
        let Some(data) = self.data.take() else { return };
        if event.is_empty() {
            event.push_str("message");
        }
        self.ready.push_back(Event { event, data, id: self.id.clone(), retry: self.retry });
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(text: &[u8]) -> Vec<Event> {
        let mut decoder = Decoder::new();
        decoder.push(text).unwrap();
        std::iter::from_fn(|| decoder.pop()).collect()
    }

    fn data(text: &[u8]) -> Vec<String> {
        read(text).into_iter().map(|event| event.data).collect()
    }

    #[test]
    fn fields_are_read_as_the_standard_says() {
        let events = read(b": hello\nevent: add\nid: 7\nretry: 250\ndata: a\ndata:b\ndata:  c\nother: x\n\ndata\n\n\n");
        let retry = Some(Duration::from_millis(250));
        assert_eq!(
            events,
            [
                Event { event: "add".into(), data: "a\nb\n c".into(), id: "7".into(), retry },
                Event { event: "message".into(), data: String::new(), id: "7".into(), retry },
            ]
        );
    }

    #[test]
    fn every_line_end_will_do() {
        assert_eq!(data(b"data: a\r\rdata: b\r\n\r\ndata: c\n\n"), ["a", "b", "c"]);
        assert_eq!(data(b"\r\n\r\ndata: a\r\ndata: b\r\n\r"), ["a\nb"]);
    }

    #[test]
    fn a_byte_order_mark_is_skipped_once() {
        assert_eq!(data(b"\xEF\xBB\xBFdata: a\n\n\xEF\xBB\xBFdata: b\n\n"), ["a"]);
    }

    #[test]
    fn what_is_no_utf8_is_replaced() {
        assert_eq!(data(b"data: h\xC3\xA9 \xFF \xE2\x82\n\n"), ["h\u{e9} \u{fffd} \u{fffd}"]);
    }

    #[test]
    fn odd_ids_and_retries_are_ignored() {
        let events = read(b"id: a\0b\nretry: 1s\nretry:\nretry: 99999999999999999999999\ndata: x\n\n");
        assert_eq!((events[0].id.as_str(), events[0].retry), ("", None));
    }

    #[test]
    fn an_event_without_data_is_none() {
        assert_eq!(read(b"event: ping\n\n: only a comment\n\n"), []);
        assert_eq!(read(b"event: ping\n\ndata: x\n\n")[0].event, "message");
    }

    #[test]
    fn memory_is_bounded_and_earlier_events_survive() {
        let mut decoder = Decoder::with_limit(16);
        assert_eq!(decoder.push(b"data: a\n\ndata: 0123456789abcdef"), Err(TooLong { limit: 16 }));
        assert_eq!(decoder.pop().map(|event| event.data).as_deref(), Some("a"));
        assert_eq!(decoder.push(b"\n\n"), Err(TooLong { limit: 16 }));
        assert_eq!(decoder.finish(), None);
        let mut decoder = Decoder::with_limit(16);
        assert!(decoder.push(b"data: 0123456\n").is_ok());
        assert!(decoder.push(b"data: 0123456\n").is_ok());
        assert!(decoder.push(b"data: 0123456\n").is_err());
    }

    #[test]
    fn the_end_can_stand_for_the_empty_line() {
        let mut decoder = Decoder::new();
        decoder.push(b"data: [DONE]").unwrap();
        assert_eq!(decoder.finish().map(|event| event.data).as_deref(), Some("[DONE]"));
        assert_eq!(Decoder::new().finish(), None);
    }
}
