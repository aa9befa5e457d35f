//! A model that says what a test tells it to.

use std::collections::VecDeque;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use futures::StreamExt;
use futures::stream::unfold;

use super::clock::ManualClock;
use crate::clock::Clock;
use crate::turn::{
    Capabilities, FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest,
    ModelStream,
};

/// What a model does to answer one request.
#[derive(Debug, Clone, Default)]
pub struct Script(VecDeque<Step>);

#[derive(Debug, Clone)]
enum Step {
    Refuse(ModelErrorKind),
    Event(ModelEvent),
    Wait(Duration),
    Fail(ModelErrorKind),
    Hang,
}

impl Script {
    /// Says a text in one piece and ends well.
    #[must_use]
    pub fn saying(text: &str) -> Self {
        Self::default().text(text).finish()
    }

    /// Does not even begin: the request is refused.
    #[must_use]
    pub fn refusing(kind: ModelErrorKind) -> Self {
        Self::default().then(Step::Refuse(kind))
    }

    /// A piece of text.
    #[must_use]
    pub fn text(self, text: &str) -> Self {
        self.event(ModelEvent::Text(text.to_owned()))
    }

    /// Any event.
    #[must_use]
    pub fn event(self, event: ModelEvent) -> Self {
        self.then(Step::Event(event))
    }

    /// Nothing, until the clock has moved that far.
    #[must_use]
    pub fn wait(self, time: Duration) -> Self {
        self.then(Step::Wait(time))
    }

    /// An error, and so the end.
    #[must_use]
    pub fn fail(self, kind: ModelErrorKind) -> Self {
        self.then(Step::Fail(kind))
    }

    /// Nothing any more, until the stream is dropped.
    #[must_use]
    pub fn hang(self) -> Self {
        self.then(Step::Hang)
    }

    /// A good end.
    #[must_use]
    pub fn finish(self) -> Self {
        self.event(ModelEvent::Finish(FinishReason::Stop))
    }

    fn then(mut self, step: Step) -> Self {
        self.0.push_back(step);
        self
    }
}

/// A model that follows scripts, one a request, and remembers what it was asked. Without a script it says `answer 1`,
/// `answer 2` and so on. Clones are one model.
#[derive(Debug, Clone)]
pub struct ScriptedModel {
    info: ModelInfo,
    clock: ManualClock,
    shared: Arc<Shared>,
}

#[derive(Debug, Default)]
struct Shared {
    scripts: Mutex<VecDeque<Script>>,
    requests: Mutex<Vec<ModelRequest>>,
    open: AtomicUsize,
}

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

impl ScriptedModel {
    /// A model named `scripted` that waits by that clock.
    #[must_use]
    pub fn new(clock: &ManualClock) -> Self {
        let info = ModelInfo::new("scripted", "testing", 100_000);
        Self { info, clock: clock.clone(), shared: Arc::default() }
    }

    /// With another name.
    #[must_use]
    pub fn named(mut self, id: &str) -> Self {
        id.clone_into(&mut self.info.id);
        self
    }

    /// With room for that many tokens of prompt and answer.
    #[must_use]
    pub fn context_tokens(mut self, tokens: u64) -> Self {
        self.info.context_tokens = tokens;
        self
    }

    /// With what it can do beyond text.
    #[must_use]
    pub fn capabilities(mut self, capabilities: Capabilities) -> Self {
        self.info.capabilities = capabilities;
        self
    }

    /// Adds a script for a request to come.
    pub fn will(&self, script: Script) {
        lock(&self.shared.scripts).push_back(script);
    }

    /// What it was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ModelRequest> {
        lock(&self.shared.requests).clone()
    }

    /// How many of its streams are in somebody's hands.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.shared.open.load(Ordering::SeqCst)
    }
}

#[async_trait]
impl LanguageModel for ScriptedModel {
    fn models(&self) -> Vec<ModelInfo> {
        vec![self.info.clone()]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        let count = {
            let mut requests = lock(&self.shared.requests);
            requests.push(request);
            requests.len()
        };
        let next = lock(&self.shared.scripts).pop_front();
        let script = next.unwrap_or_else(|| Script::saying(&format!("answer {count}")));
        if let Some(Step::Refuse(kind)) = script.0.front() {
            return Err(error(*kind));
        }
        let state = (script.0, self.clock.clone(), Open::new(self.shared.clone()));
        Ok(unfold(state, |(mut steps, clock, open)| async move {
            loop {
                let event = match steps.pop_front()? {
                    Step::Wait(time) => {
                        clock.sleep_until(clock.now().plus(time)).await;
                        continue;
                    }
                    Step::Hang => futures::future::pending().await,
                    Step::Event(event) => Ok(event),
                    Step::Fail(kind) | Step::Refuse(kind) => {
                        steps.clear();
                        Err(error(kind))
                    }
                };
                return Some((event, (steps, clock, open)));
            }
        })
        .boxed())
    }
}

fn error(kind: ModelErrorKind) -> ModelError {
    ModelError::new(kind, "as the script says")
}

struct Open(Arc<Shared>);

impl Open {
    fn new(shared: Arc<Shared>) -> Self {
        shared.open.fetch_add(1, Ordering::SeqCst);
        Self(shared)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.open.fetch_sub(1, Ordering::SeqCst);
    }
}
