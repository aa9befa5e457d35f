//! The body of an answer as a stream of events: server-sent events, lines of JSON, or one JSON object from servers that
//! pass over `stream`.

use std::collections::VecDeque;
use std::error::Error;
use std::time::Duration;

use bytes::Bytes;
use chatcore::turn::{ModelError, ModelErrorKind, ModelEvent, ModelStream};
use futures::stream::{BoxStream, StreamExt, empty, unfold};
use serde_json::Value;

use super::complaint::Complaint;
use super::silence::Silence;
use super::wire::Reader;
use crate::sse::{Decoder, Event};

/// The longest answer that may come as one JSON object.
const LONGEST_JSON: usize = 16 * 1024 * 1024;
/// How long the usage may trail behind the reason of the end. Some servers never close the connection.
const TAIL: Duration = Duration::from_secs(5);
/// How long `[DONE]` waits for the end of the body, which is in the same packet as a rule: a connection whose body was
/// read to its end can serve the next request.
const LAST_BYTES: Duration = Duration::from_millis(50);

/// An answer's body.
pub(crate) struct Body {
    /// Its bytes.
    pub(crate) pieces: BoxStream<'static, Result<Bytes, Box<dyn Error + Send + Sync>>>,
    /// Whether its head said that this is a stream.
    pub(crate) is_stream: bool,
    /// Whether it is one JSON object a line, and not events.
    pub(crate) is_lines: bool,
    /// The longest silence; `None` for a body that is at hand and needs no timer.
    pub(crate) idle: Option<Duration>,
}

/// The events of a body.
pub(crate) fn events(body: Body, reader: Box<dyn Reader>) -> ModelStream {
    let answer = Answer {
        form: if body.is_lines { Form::Lines(Vec::new()) } else { Form::Unknown },
        body,
        reader,
        ready: VecDeque::new(),
        failed: None,
        silence: Silence::default(),
        over: false,
    };
    unfold(answer, |mut answer| async move { answer.next().await.map(|event| (event, answer)) }).boxed()
}

struct Answer {
    body: Body,
    form: Form,
    reader: Box<dyn Reader>,
    ready: VecDeque<ModelEvent>,
    failed: Option<ModelError>,
    silence: Silence,
    /// Nothing more is read.
    over: bool,
}

enum Form {
    /// Only blanks so far.
    Unknown,
    Events(Decoder),
    Json(Vec<u8>),
    /// The line so far.
    Lines(Vec<u8>),
}

impl Answer {
    async fn next(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        loop {
            if let Some(event) = self.ready.pop_front() {
                return Some(Ok(event));
            }
            if let Some(error) = self.failed.take() {
                return Some(Err(error));
            }
            if self.over {
                return None;
            }
            match self.piece().await {
                Ok(Some(bytes)) => self.take(&bytes),
                Ok(None) => self.end(),
                Err(error) => self.break_off(error),
            }
            if self.over {
                self.let_go().await;
            }
        }
    }

    async fn piece(&mut self) -> Result<Option<Bytes>, ModelError> {
        let piece = match self.body.idle {
            None => self.body.pieces.next().await,
            Some(idle) => {
                let patience = if self.reader.is_finished() { idle.min(TAIL) } else { idle };
                self.silence.within(patience, self.body.pieces.next()).await.ok_or_else(|| {
                    let message = format!("nothing came from the provider for {} s", patience.as_secs_f32());
                    ModelError::new(ModelErrorKind::Timeout, message)
                })?
            }
        };
        piece.transpose().map_err(|error| {
            ModelError::new(ModelErrorKind::Interrupted, "the connection to the provider broke").caused_by(error)
        })
    }

    /// Reads the rest of a body that is over, if it is there already, and gives the connection back.
    async fn let_go(&mut self) {
        if self.failed.is_none() && self.body.idle.is_some() {
            let _ = tokio::time::timeout(LAST_BYTES, self.body.pieces.next()).await;
        }
        self.body.pieces = empty().boxed();
    }

    fn take(&mut self, bytes: &[u8]) {
        if matches!(self.form, Form::Unknown) {
            // no event begins with a brace, so the first character tells; heads are wrong too often
            self.form = match bytes.iter().find(|byte| !byte.is_ascii_whitespace()) {
                None => return,
                Some(b'{' | b'[') => Form::Json(Vec::new()),
                Some(_) => Form::Events(Decoder::new()),
            };
        }
        match &mut self.form {
            Form::Unknown => {}
            Form::Json(all) if all.len() + bytes.len() > LONGEST_JSON => {
                self.fail(ModelError::new(ModelErrorKind::Protocol, "the answer is too long"));
            }
            Form::Json(all) => all.extend_from_slice(bytes),
            Form::Lines(line) if line.len() + bytes.len() > LONGEST_JSON => {
                self.fail(ModelError::new(ModelErrorKind::Protocol, "a line is too long"));
            }
            Form::Lines(line) => {
                line.extend_from_slice(bytes);
                let Some(end) = line.iter().rposition(|byte| *byte == b'\n') else { return };
                let rest = line.split_off(end + 1);
                let lines = std::mem::replace(line, rest);
                for line in lines.split(|byte| *byte == b'\n') {
                    self.line(line);
                }
            }
            Form::Events(decoder) => {
                let pushed = decoder.push(bytes);
                let events: Vec<_> = std::iter::from_fn(|| decoder.pop()).collect();
                for event in events {
                    if !self.over {
                        self.event(&event);
                    }
                }
                if let (Err(error), false) = (pushed, self.over) {
                    self.fail(ModelError::new(ModelErrorKind::Protocol, "failed to read the stream").caused_by(error));
                }
            }
        }
    }

    fn line(&mut self, line: &[u8]) {
        if self.over || line.iter().all(u8::is_ascii_whitespace) {
            return;
        }
        match serde_json::from_slice::<Value>(line) {
            Ok(value) => self.object(&value),
            Err(error) => self.fail(ModelError::new(ModelErrorKind::Protocol, "a line is not JSON").caused_by(error)),
        }
    }

    fn event(&mut self, event: &Event) {
        let data = event.data.trim();
        if data == "[DONE]" {
            return if self.reader.takes_done() { self.complete() } else { self.break_off(self.too_early()) };
        }
        if data.is_empty() || (event.event != "error" && self.reader.words(data, &mut self.ready)) {
            return;
        }
        match serde_json::from_str::<Value>(data) {
            Ok(value) if event.event == "error" => self.fail(Complaint::from_value(&value).to_error(None, None)),
            Ok(value) => self.object(&value),
            Err(_) if event.event == "error" => {
                self.fail(Complaint::read(data.as_bytes()).to_error(None, None));
            }
            Err(error) => {
                self.fail(ModelError::new(ModelErrorKind::Protocol, "an event is not JSON").caused_by(error));
            }
        }
    }

    fn object(&mut self, value: &Value) {
        match self.reader.object(value, &mut self.ready) {
            Err(error) => self.fail(error),
            Ok(()) if self.reader.is_over() => self.complete(),
            Ok(()) => {}
        }
    }

    /// The body ended by itself.
    fn end(&mut self) {
        match std::mem::replace(&mut self.form, Form::Unknown) {
            Form::Json(all) => self.whole(&all),
            Form::Lines(line) => {
                // the last line may lack its end; half a line is none
                if serde_json::from_slice::<Value>(&line).is_ok() {
                    self.line(&line);
                }
                if !self.over {
                    self.break_off(self.too_early());
                }
            }
            Form::Events(decoder) => {
                // the last event may lack its empty line; half an event is none
                let last = decoder.finish().filter(|event| {
                    event.data.trim() == "[DONE]" || serde_json::from_str::<Value>(&event.data).is_ok()
                });
                if let Some(event) = last {
                    self.event(&event);
                }
                if !self.over {
                    self.break_off(self.too_early());
                }
            }
            Form::Unknown => self.break_off(self.too_early()),
        }
    }

    fn whole(&mut self, all: &[u8]) {
        match serde_json::from_slice::<Value>(all) {
            Ok(value) => self.object(&value),
            Err(error) => {
                self.fail(ModelError::new(ModelErrorKind::Protocol, "the answer is not JSON").caused_by(error));
            }
        }
        match self.reader.has_begun() && (self.reader.takes_done() || self.reader.is_finished()) {
            _ if self.over => {}
            true => self.complete(),
            false => self.fail(self.too_early()),
        }
    }

    fn too_early(&self) -> ModelError {
        if self.reader.has_begun() || self.body.is_stream {
            ModelError::new(ModelErrorKind::Interrupted, "the answer ended without a reason")
        } else {
            ModelError::new(ModelErrorKind::Protocol, "the provider's answer is not that of a model")
        }
    }

    /// The body will not go on. That is an end like any other if the model had said why it ended.
    fn break_off(&mut self, error: ModelError) {
        if self.reader.is_finished() { self.complete() } else { self.fail(error) }
    }

    fn complete(&mut self) {
        self.ready.extend(self.reader.close());
        self.over = true;
    }

    fn fail(&mut self, error: ModelError) {
        self.ready.extend(self.reader.usage().map(ModelEvent::Usage));
        self.failed = Some(error);
        self.over = true;
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::FinishReason;
    use futures::{executor::block_on, stream};

    use super::*;

    fn read(body: &'static [u8], size: usize) -> Vec<Result<ModelEvent, ModelErrorKind>> {
        let pieces = stream::iter(body.chunks(size).map(|piece| Ok(Bytes::from_static(piece)))).boxed();
        let body = Body { pieces, is_stream: true, is_lines: false, idle: None };
        let reader = Box::new(crate::openai::ChatReader::default());
        block_on(events(body, reader).map(|event| event.map_err(|error| error.kind)).collect())
    }

    /// Reads it in pieces of every size and asserts that this makes no difference.
    fn all_sizes(body: &'static str) -> Vec<Result<ModelEvent, ModelErrorKind>> {
        let whole = read(body.as_bytes(), body.len().max(1));
        for size in 1..body.len() {
            assert_eq!(read(body.as_bytes(), size), whole, "in pieces of {size}");
        }
        whole
    }

    fn text(text: &str) -> Result<ModelEvent, ModelErrorKind> {
        Ok(ModelEvent::Text(text.into()))
    }

    const STOP: Result<ModelEvent, ModelErrorKind> = Ok(ModelEvent::Finish(FinishReason::Stop));

    #[test]
    fn the_reason_waits_for_the_usage() {
        let events = all_sizes(concat!(
            "\n: hello\n\ndata: {\"choices\":[{\"delta\":{\"content\":\"h\u{e9}\"}}]}\n\n",
            "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n",
            "data: {\"choices\":[],\"usage\":{\"prompt_tokens\":3}}\n\ndata: [DONE]\n\ndata: junk\n\n",
        ));
        assert_eq!(events.len(), 3);
        assert_eq!((&events[0], &events[2]), (&text("h\u{e9}"), &STOP));
        assert!(matches!(events[1], Ok(ModelEvent::Usage(usage)) if usage.input == 3));
    }

    #[test]
    fn done_is_not_needed_but_a_reason_is() {
        let said = "data: {\"choices\":[{\"delta\":{\"content\":\"a\"},\"finish_reason\":\"stop\"}]}";
        assert_eq!(all_sizes(said), [text("a"), STOP]);
        assert_eq!(
            all_sizes("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: [DONE]"),
            [text("a"), STOP]
        );
        let cut = all_sizes("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\ndata: {\"choi");
        assert_eq!(cut, [text("a"), Err(ModelErrorKind::Interrupted)]);
    }

    #[test]
    fn one_json_object_will_do() {
        assert_eq!(all_sizes(" {\"choices\":[{\"message\":{\"content\":\"a\"}}]}\n"), [text("a"), STOP]);
        assert_eq!(all_sizes("{\"object\":\"list\"}"), [Err(ModelErrorKind::Interrupted)]);
        assert_eq!(all_sizes("{\"choices\":"), [Err(ModelErrorKind::Protocol)]);
        assert_eq!(all_sizes("[{\"error\":{\"code\":429}}]"), [Err(ModelErrorKind::RateLimited)]);
    }

    #[test]
    fn an_error_ends_it_and_the_usage_is_not_lost() {
        let events = all_sizes(concat!(
            "data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}],\"usage\":{\"completion_tokens\":1}}\n\n",
            "event: error\ndata: overloaded\n\ndata: {}\n\n",
        ));
        assert_eq!(events.len(), 3);
        assert!(matches!(events[1], Ok(ModelEvent::Usage(_))));
        assert_eq!(events[2], Err(ModelErrorKind::Unavailable));
        assert_eq!(all_sizes("data: {]\n\ndata: [DONE]\n\n"), [Err(ModelErrorKind::Protocol)]);
    }
}
