//! A model that does what a test tells it.

use std::collections::VecDeque;
use std::fmt;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;
use chatcore::turn::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelStream, Usage,
};
use futures::stream::{StreamExt, pending, unfold};

/// One thing that a [`Scripted`] model does.
#[derive(Debug, Clone, PartialEq)]
pub enum Step {
    /// Says something.
    Text(String),
    /// Thinks something.
    Reasoning(String),
    /// Declines.
    Refusal(String),
    /// Calls a tool.
    ToolCall {
        /// The id of the call.
        id: String,
        /// Which tool.
        name: String,
        /// Its arguments.
        arguments: String,
    },
    /// Tells what was used.
    Usage(Usage),
    /// Any other event.
    Event(ModelEvent),
    /// Waits. Needs tokio's timer.
    Delay(Duration),
    /// Fails. As the first step the answer does not even start.
    Error(ModelErrorKind, String),
    /// Ends well. A script that runs out without this ends its stream without a word, as broken servers do.
    Finish(FinishReason),
    /// Says nothing more and does not end.
    Hang,
}

impl Step {
    /// Says something.
    pub fn text(text: impl Into<String>) -> Self {
        Self::Text(text.into())
    }

    /// Waits that many milliseconds.
    #[must_use]
    pub fn delay_ms(ms: u64) -> Self {
        Self::Delay(Duration::from_millis(ms))
    }

    /// Ends well, with everything said.
    #[must_use]
    pub fn stop() -> Self {
        Self::Finish(FinishReason::Stop)
    }
}

/// The model `scripted`: each call plays the next script, and the last one again and again. Clones share everything,
/// so a test keeps one to look at what was asked.
#[derive(Clone)]
pub struct Scripted {
    info: ModelInfo,
    state: Arc<Mutex<State>>,
}

struct State {
    scripts: VecDeque<Vec<Step>>,
    requests: Vec<ModelRequest>,
    open: usize,
}

impl Scripted {
    /// A model that plays these steps.
    pub fn new(steps: impl IntoIterator<Item = Step>) -> Self {
        let state = State { scripts: [steps.into_iter().collect()].into(), requests: Vec::new(), open: 0 };
        let info = ModelInfo::new("scripted", "offline", 128_000);
        Self { info, state: Arc::new(Mutex::new(state)) }
    }

    /// A model that says this text in one piece and ends well.
    pub fn says(text: impl Into<String>) -> Self {
        Self::new([Step::text(text), Step::stop()])
    }

    /// With another script for the call after.
    #[must_use]
    pub fn then(self, steps: impl IntoIterator<Item = Step>) -> Self {
        self.lock().scripts.push_back(steps.into_iter().collect());
        self
    }

    /// Under another name, or with other limits.
    #[must_use]
    pub fn named(mut self, info: ModelInfo) -> Self {
        self.info = info;
        self
    }

    /// What was asked so far.
    #[must_use]
    pub fn requests(&self) -> Vec<ModelRequest> {
        self.lock().requests.clone()
    }

    /// How many streams are neither read to their end nor dropped.
    #[must_use]
    pub fn open_streams(&self) -> usize {
        self.lock().open
    }

    fn lock(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn next_script(&self, request: ModelRequest) -> Vec<Step> {
        let mut state = self.lock();
        state.requests.push(request);
        match state.scripts.pop_front() {
            Some(script) => {
                if state.scripts.is_empty() {
                    state.scripts.push_back(script.clone());
                }
                script
            }
            None => Vec::new(),
        }
    }
}

#[async_trait]
impl LanguageModel for Scripted {
    fn models(&self) -> Vec<ModelInfo> {
        vec![self.info.clone()]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        let steps = self.next_script(request);
        if let Some(Step::Error(kind, message)) = steps.first() {
            return Err(ModelError::new(*kind, message.clone()));
        }
        let open = Open::new(self.clone());
        Ok(unfold((steps.into_iter(), open), |(mut steps, open)| async move {
            loop {
                let event = match steps.next()? {
                    Step::Text(text) => ModelEvent::Text(text),
                    Step::Reasoning(text) => ModelEvent::Reasoning { text, signature: None },
                    Step::Refusal(text) => ModelEvent::Refusal(text),
                    Step::ToolCall { id, name, arguments } => ModelEvent::ToolCall { id, name, arguments },
                    Step::Usage(usage) => ModelEvent::Usage(usage),
                    Step::Event(event) => event,
                    Step::Finish(reason) => ModelEvent::Finish(reason),
                    Step::Delay(delay) => {
                        tokio::time::sleep(delay).await;
                        continue;
                    }
                    Step::Hang => pending().next().await?,
                    Step::Error(kind, message) => {
                        return Some((Err(ModelError::new(kind, message)), (Vec::new().into_iter(), open)));
                    }
                };
                let rest = if matches!(event, ModelEvent::Finish(_)) { Vec::new().into_iter() } else { steps };
                return Some((Ok(event), (rest, open)));
            }
        })
        .boxed())
    }
}

/// Counts a stream for as long as it lives.
struct Open(Scripted);

impl Open {
    fn new(model: Scripted) -> Self {
        model.lock().open += 1;
        Self(model)
    }
}

impl Drop for Open {
    fn drop(&mut self) {
        self.0.lock().open -= 1;
    }
}

impl fmt::Debug for Scripted {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Scripted").field("id", &self.info.id).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;

    async fn play(model: &Scripted) -> Vec<Result<ModelEvent, ModelErrorKind>> {
        match model.stream(ModelRequest { model: "scripted".into(), ..ModelRequest::default() }).await {
            Ok(stream) => stream.map(|event| event.map_err(|error| error.kind)).collect().await,
            Err(error) => vec![Err(error.kind)],
        }
    }

    #[tokio::test]
    async fn scripts_are_played_in_turn_and_the_last_again() {
        let broken = Step::Error(ModelErrorKind::Unavailable, "down".into());
        let model = Scripted::new([broken.clone()]).then([Step::text("a"), Step::delay_ms(1), broken]).then([
            Step::text("b"),
            Step::stop(),
            Step::text("never"),
        ]);
        assert_eq!(play(&model).await, [Err(ModelErrorKind::Unavailable)]);
        assert_eq!(play(&model).await, [Ok(ModelEvent::Text("a".into())), Err(ModelErrorKind::Unavailable)]);
        for _ in 0..2 {
            let said = [Ok(ModelEvent::Text("b".into())), Ok(ModelEvent::Finish(FinishReason::Stop))];
            assert_eq!(play(&model).await, said);
        }
        assert_eq!(model.requests().len(), 4);
        assert_eq!(model.open_streams(), 0);
    }

    #[tokio::test]
    async fn a_hanging_stream_ends_when_it_is_dropped() {
        let model = Scripted::new([Step::text("a"), Step::Hang]);
        let mut stream = model.stream(ModelRequest::default()).await.unwrap();
        assert!(stream.next().await.is_some());
        assert!(stream.next().now_or_never().is_none());
        assert_eq!(model.open_streams(), 1);
        drop(stream);
        assert_eq!(model.open_streams(), 0);
    }
}
