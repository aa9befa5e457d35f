//! What the tests share.

use std::time::Duration;

use chatcore::conversation::Role;
use chatcore::turn::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelMessage, ModelRequest, Usage,
};
use chatcore_llm::testing::MockOpenAi;
use chatcore_llm::{Client, RetryPolicy, Timeouts};
use futures::StreamExt;

/// Patience that a busy machine does not use up.
pub(crate) const LONG: Duration = Duration::from_secs(30);

/// A client of the mock that retries at once.
pub(crate) fn client(mock: &MockOpenAi) -> Client {
    client_with(&mock.base_url(), LONG)
}

pub(crate) fn client_with(base_url: &str, patience: Duration) -> Client {
    let retry = RetryPolicy { attempts: 3, base: Duration::from_millis(5), longest: Duration::from_secs(2) };
    let timeouts = Timeouts { connect: LONG, headers: patience, idle: patience };
    Client::openai(base_url).api_key("sk-hush").model_id("mock-gpt").timeouts(timeouts).retry(retry).build().unwrap()
}

pub(crate) fn ask(text: &str) -> ModelRequest {
    let messages = vec![ModelMessage::text(Role::User, text)];
    ModelRequest { model: "mock-gpt".into(), messages, ..ModelRequest::default() }
}

/// An answer, put together.
#[derive(Debug, Default)]
pub(crate) struct Heard {
    pub(crate) events: Vec<ModelEvent>,
    pub(crate) error: Option<ModelError>,
}

impl Heard {
    pub(crate) fn text(&self) -> String {
        let text = |event: &ModelEvent| match event {
            ModelEvent::Text(text) => text.clone(),
            _ => String::new(),
        };
        self.events.iter().map(text).collect()
    }

    pub(crate) fn usage(&self) -> Option<Usage> {
        self.events.iter().rev().find_map(|event| match event {
            ModelEvent::Usage(usage) => Some(*usage),
            _ => None,
        })
    }

    /// The last event, which no other may equal in kind.
    pub(crate) fn finish(&self) -> Option<FinishReason> {
        let finishes = self.events.iter().filter(|event| matches!(event, ModelEvent::Finish(_))).count();
        assert!(finishes <= 1, "{:?}", self.events);
        match self.events.last() {
            Some(ModelEvent::Finish(reason)) => Some(reason.clone()),
            _ => None,
        }
    }

    pub(crate) fn error_kind(&self) -> Option<ModelErrorKind> {
        self.error.as_ref().map(|error| error.kind)
    }
}

/// Asks and listens to the end.
pub(crate) async fn hear(model: &dyn LanguageModel, request: ModelRequest) -> Heard {
    let mut heard = Heard::default();
    match model.stream(request).await {
        Err(error) => heard.error = Some(error),
        Ok(mut stream) => {
            while let Some(event) = stream.next().await {
                assert!(heard.error.is_none(), "{event:?} after an error");
                match event {
                    Ok(event) => heard.events.push(event),
                    Err(error) => heard.error = Some(error),
                }
            }
        }
    }
    heard
}

/// Waits until something is so.
pub(crate) async fn until(what: impl Fn() -> bool) {
    let wait = async {
        while !what() {
            tokio::time::sleep(Duration::from_millis(5)).await;
        }
    };
    tokio::time::timeout(LONG, wait).await.expect("it never came to be so");
}
