//! A model that plays recorded answers.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use bytes::Bytes;
use chatcore::turn::{LanguageModel, ModelError, ModelInfo, ModelRequest, ModelStream};
use futures::stream::{StreamExt, unfold};
use reqwest::header::{HeaderMap, HeaderName, HeaderValue};
use serde::{Deserialize, Serialize};
use serde_json::Value;

use crate::client::{Body, Complaint, asked_wait, events};
use crate::openai::ChatReader;

/// Whose its models are.
const PROVIDER: &str = "offline";

/// One recorded exchange with a server that speaks Chat Completions.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Recording {
    /// What was asked, for the reader; it is not looked at.
    #[serde(default, skip_serializing_if = "Value::is_null")]
    pub request: Value,
    /// The status of the answer, 200 if it is left out.
    #[serde(default = "ok")]
    pub status: u16,
    /// The headers of the answer.
    #[serde(default)]
    pub headers: BTreeMap<String, String>,
    /// The body as it came, events and all.
    pub body: String,
}

fn ok() -> u16 {
    200
}

/// A text that is no recording.
#[derive(Debug, thiserror::Error)]
#[error("failed to read a recording")]
pub struct RecordingError(#[from] serde_json::Error);

impl Recording {
    /// A good answer with that body: the events of a stream, or one JSON object.
    pub fn body(body: impl Into<String>) -> Self {
        Self { request: Value::Null, status: ok(), headers: BTreeMap::new(), body: body.into() }
    }

    /// A recording from its JSON form: an object of `request`, `status`, `headers` and `body`, the last of which must
    /// be there.
    ///
    /// # Errors
    /// [`RecordingError`] when it is none.
    pub fn from_json(text: &str) -> Result<Self, RecordingError> {
        Ok(serde_json::from_str(text)?)
    }
}

/// The model `replay`: each call plays the next recording, and the first again after the last. What is recorded goes
/// through the same code as an answer from the network.
#[derive(Debug, Clone)]
pub struct Replay {
    id: String,
    recordings: Vec<Recording>,
    next: Arc<AtomicUsize>,
    piece: usize,
    delay: Duration,
}

impl Replay {
    /// A model that plays these.
    pub fn new(recordings: impl IntoIterator<Item = Recording>) -> Self {
        Self {
            id: "replay".into(),
            recordings: recordings.into_iter().collect(),
            next: Arc::default(),
            piece: usize::MAX,
            delay: Duration::ZERO,
        }
    }

    /// Under another name.
    #[must_use]
    pub fn named(mut self, id: impl Into<String>) -> Self {
        self.id = id.into();
        self
    }

    /// Cuts the body into pieces of so many bytes, with a pause before each.
    #[must_use]
    pub fn in_pieces(mut self, bytes: usize, delay: Duration) -> Self {
        self.piece = bytes.max(1);
        self.delay = delay;
        self
    }
}

#[async_trait]
impl LanguageModel for Replay {
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo::new(&self.id, PROVIDER, 128_000)]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        let count = self.recordings.len().max(1);
        let recording = self.recordings.get(self.next.fetch_add(1, Ordering::Relaxed) % count);
        let recording = recording.cloned().unwrap_or_else(|| Recording::body(""));
        let headers = headers(&recording.headers);
        if !(200..300).contains(&recording.status) {
            let complaint = Complaint::read(recording.body.as_bytes());
            return Err(complaint.to_error(Some(recording.status), asked_wait(&headers)));
        }
        let kind = headers.get("content-type").and_then(|kind| kind.to_str().ok()).unwrap_or("text/event-stream");
        let (piece, delay) = (self.piece, self.delay);
        let is_stream = kind.starts_with("text/event-stream");
        let pieces = unfold(Bytes::from(recording.body), move |mut rest| async move {
            if rest.is_empty() {
                return None;
            }
            if !delay.is_zero() {
                tokio::time::sleep(delay).await;
            }
            let next = rest.split_to(piece.min(rest.len()));
            Some((Ok(next), rest))
        });
        let body = Body { pieces: pieces.boxed(), is_stream, is_lines: false, idle: None };
        Ok(events(body, Box::new(ChatReader::of(PROVIDER))))
    }
}

fn headers(recorded: &BTreeMap<String, String>) -> HeaderMap {
    let header = |(name, value): (&String, &String)| {
        Some((HeaderName::try_from(name.as_str()).ok()?, HeaderValue::try_from(value.as_str()).ok()?))
    };
    recorded.iter().filter_map(header).collect()
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelErrorKind, ModelEvent};

    use super::*;

    #[tokio::test]
    async fn recordings_are_played_in_turn_and_from_the_start_again() {
        let said =
            r#"{"body": "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}\n\n"}"#;
        let busy =
            r#"{"request": {"model": "m"}, "status": 429, "headers": {"retry-after": "2"}, "body": "slow down"}"#;
        let recordings = [said, busy].map(|text| Recording::from_json(text).unwrap());
        let model = Replay::new(recordings).in_pieces(7, Duration::from_micros(10));
        for _ in 0..2 {
            let stream = model.stream(ModelRequest::default()).await.unwrap();
            let events: Vec<_> = stream.map(Result::unwrap).collect().await;
            assert_eq!((events.len(), &events[0]), (2, &ModelEvent::Text("a".into())));
            let error = model.stream(ModelRequest::default()).await.err().unwrap();
            assert_eq!((error.kind, error.retry_after), (ModelErrorKind::RateLimited, Some(Duration::from_secs(2))));
        }
        assert!(Recording::from_json("{}").is_err());
    }
}
