//! Server-sent events, as the WHATWG describes them.

use std::fmt::Write as _;
use std::time::Duration;

use bytes::Bytes;
use futures::{Stream, StreamExt, stream};
use poem::http::{HeaderName, HeaderValue, header};
use poem::{Body, Response};

/// How often a comment is sent when nothing else is, so that neither side nor a proxy takes the stream for dead.
pub const KEEP_ALIVE: Duration = Duration::from_secs(15);

/// One event.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Event {
    /// What the client sends back as `Last-Event-ID`; empty for none.
    pub id: String,
    /// Its name; empty for none, which clients call `message`.
    pub event: String,
    /// What it carries; may have several lines.
    pub data: String,
}

impl From<(String, String, String)> for Event {
    fn from((id, event, data): (String, String, String)) -> Self {
        Self { id, event, data }
    }
}

impl Event {
    /// As it goes over the wire. A line end of any kind in the data begins a new `data:` line, and one in the id or
    /// the name is left out, so that no field can be forged.
    #[must_use]
    pub fn encode(&self) -> String {
        let mut text = String::with_capacity(self.data.len() + 64);
        for (name, value) in [("id", &self.id), ("event", &self.event)] {
            let value = value.replace(['\r', '\n', '\0'], "");
            if !value.is_empty() {
                let _ = writeln!(text, "{name}: {value}");
            }
        }
        for line in self.data.replace("\r\n", "\n").split(['\n', '\r']) {
            let _ = writeln!(text, "data: {line}");
        }
        text.push('\n');
        text
    }
}

/// The answer that sends the events as they come, with a comment every [`KEEP_ALIVE`] of silence, and ends with them.
pub fn response<S>(events: S) -> Response
where
    S: Stream + Send + 'static,
    S::Item: Into<Event>,
{
    with_keep_alive(events, KEEP_ALIVE)
}

fn with_keep_alive<S>(events: S, period: Duration) -> Response
where
    S: Stream + Send + 'static,
    S::Item: Into<Event>,
{
    let frames = stream::unfold(events.boxed(), move |mut events| async move {
        let frame = match tokio::time::timeout(period, events.next()).await {
            Ok(None) => return None,
            Ok(Some(event)) => Bytes::from(event.into().encode()),
            Err(_) => Bytes::from_static(b":\n\n"),
        };
        Some((Ok::<_, std::io::Error>(frame), events))
    });
    Response::builder()
        .header(header::CONTENT_TYPE, "text/event-stream; charset=utf-8")
        .header(header::CACHE_CONTROL, HeaderValue::from_static("no-store"))
        .header(HeaderName::from_static("x-accel-buffering"), HeaderValue::from_static("no"))
        .body(Body::from_bytes_stream(frames))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_line_end_escapes_its_field() {
        let event = Event { id: "r:1\nevent: x".into(), event: "delta\r".into(), data: "a\nb\r\nc\rid: 9\n".into() };
        assert_eq!(event.encode(), "id: r:1event: x\nevent: delta\ndata: a\ndata: b\ndata: c\ndata: id: 9\ndata: \n\n");
    }

    #[test]
    fn an_empty_event_is_still_one() {
        assert_eq!(Event::default().encode(), "data: \n\n");
    }

    #[tokio::test]
    async fn silence_is_filled_with_comments() {
        let events = stream::once(async {
            tokio::time::sleep(Duration::from_millis(300)).await;
            Event { data: "late".into(), ..Event::default() }
        });
        let response = with_keep_alive(events, Duration::from_millis(50));
        let text = response.into_body().into_string().await.unwrap();
        assert!(text.starts_with(":\n\n"), "{text}");
        assert!(text.ends_with("data: late\n\n"), "{text}");
    }
}
