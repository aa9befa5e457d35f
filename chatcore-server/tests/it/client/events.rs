//! The events of a run as a client reads them.

use bytes::Bytes;
use chatcore_llm::sse;
use futures::StreamExt;
use futures::stream::BoxStream;
use reqwest::RequestBuilder;
use serde_json::Value;

use super::PATIENCE;
use crate::records::{Message, Run};

/// The longest event that is read.
const LONGEST: usize = 64 << 20;

/// A stream of events that is being read.
pub(crate) struct Events(sse::Events<BoxStream<'static, reqwest::Result<Bytes>>>);

/// One event.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Event {
    /// Of which run it is.
    pub(crate) run: String,
    /// Its number.
    pub(crate) seq: u64,
    pub(crate) name: String,
    pub(crate) data: Value,
}

impl Event {
    /// An event of the server.
    #[track_caller]
    pub(crate) fn read(event: &sse::Event) -> Self {
        let own = event.id.split(',').next().unwrap_or_default();
        let own = own.strip_suffix(":end").unwrap_or(own);
        let (run, seq) = own.rsplit_once(':').unwrap_or_else(|| panic!("no id: {event:?}"));
        let data = serde_json::from_str(&event.data).unwrap_or_else(|error| panic!("{error} in {}", event.data));
        Self { run: run.to_owned(), seq: seq.parse().unwrap(), name: event.event.clone(), data }
    }

    /// Its id, as it is sent back.
    pub(crate) fn id(&self) -> String {
        format!("{}:{}", self.run, self.seq)
    }

    pub(crate) fn is_last(&self) -> bool {
        matches!(self.name.as_str(), "completed" | "stopped" | "failed" | "interrupted")
    }

    /// The message as it ended, which the last event carries.
    #[track_caller]
    pub(crate) fn message(&self) -> Message {
        serde_json::from_value(self.data["message"].clone()).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }

    /// The run as it ended, which the last event carries.
    #[track_caller]
    pub(crate) fn ended(&self) -> Run {
        serde_json::from_value(self.data["run"].clone()).unwrap_or_else(|error| panic!("{error} in {self:?}"))
    }
}

impl Events {
    /// Sends a request that is answered with events.
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        let response = tokio::time::timeout(PATIENCE, request.send()).await.expect("a head in time").unwrap();
        let (status, headers) = (response.status(), response.headers().clone());
        if status != 200 {
            panic!("{status}: {}", response.text().await.unwrap());
        }
        assert!(headers["content-type"].to_str().unwrap().starts_with("text/event-stream"), "{headers:?}");
        assert_eq!(headers["x-accel-buffering"], "no", "a proxy that holds events back is told not to");
        Self(sse::Events::with(sse::Decoder::with_limit(LONGEST), response.bytes_stream().boxed()))
    }

    /// The next event; `None` at the end of the stream, which must be an orderly one.
    pub(crate) async fn next(&mut self) -> Option<Event> {
        let next = tokio::time::timeout(PATIENCE, self.0.next()).await.expect("an event in time");
        next.map(|event| Event::read(&event.expect("the stream breaks off")))
    }

    /// The next piece of text.
    pub(crate) async fn delta(&mut self) -> Event {
        loop {
            let event = self.next().await.expect("a delta before the end");
            assert!(!event.is_last(), "no delta before {event:?}");
            if event.name == "delta" {
                return event;
            }
        }
    }

    /// All events that are left.
    pub(crate) async fn rest(mut self) -> Vec<Event> {
        let mut all = Vec::new();
        while let Some(event) = self.next().await {
            all.push(event);
        }
        all
    }
}

/// A stream of events with their ids as they came.
pub(crate) struct RawEvents(Events);

impl RawEvents {
    pub(crate) async fn of(request: RequestBuilder) -> Self {
        Self(Events::of(request).await)
    }

    /// The next event and its id; the stream must not end.
    pub(crate) async fn next(&mut self) -> (Event, String) {
        let next = tokio::time::timeout(PATIENCE, self.0.0.next()).await.expect("an event in time");
        let event = next.expect("an event").expect("the stream breaks off");
        (Event::read(&event), event.id)
    }
}

/// The text that the events say, put together.
pub(crate) fn text_of(events: &[Event]) -> String {
    events.iter().filter(|event| event.name == "delta").filter_map(|event| event.data["text"].as_str()).collect()
}

/// Checks a whole stream: numbered without gaps, begun once, ended once, and the last event carries the message that
/// the pieces make up. Returns that event.
#[track_caller]
pub(crate) fn well_formed(events: &[Event]) -> &Event {
    let numbers: Vec<u64> = events.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=numbers.len() as u64).collect::<Vec<_>>(), "{events:?}");
    assert_eq!(events[0].name, "started");
    assert_eq!(events[0].data["run_id"], events[0].run.as_str());
    assert!(events.iter().all(|event| event.run == events[0].run), "{events:?}");
    let ends: Vec<&Event> = events.iter().filter(|event| event.is_last()).collect();
    let [last] = ends[..] else { panic!("{} last events: {ends:?}", ends.len()) };
    assert_eq!(last, &events[events.len() - 1]);
    let (message, run) = (last.message(), last.ended());
    assert_eq!(message.text, text_of(events));
    assert_eq!(run.state, last.name);
    assert_eq!(message.state, if run.state == "completed" { "complete" } else { &run.state });
    assert_eq!((run.id.as_str(), run.message_id.as_str()), (last.run.as_str(), message.id.as_str()));
    last
}
