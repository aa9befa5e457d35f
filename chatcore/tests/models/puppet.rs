//! A model and its provider in one, with a fault.

use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use async_trait::async_trait;
use chatcore::conformance::models::{ModelHarness, Scene};
use chatcore::conversation::text_of;
use chatcore::turn::{
    FinishReason, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelStream, Usage,
};
use futures::StreamExt;
use futures::future::pending;
use futures::stream::unfold;

use crate::fault::Fault;

/// Clones are one model.
#[derive(Clone)]
pub(crate) struct Puppet {
    fault: Fault,
    shared: Arc<Mutex<Shared>>,
}

#[derive(Default)]
struct Shared {
    scene: Option<Scene>,
    at_work: usize,
    asked: usize,
    /// What the last stream that began is to say.
    latest: Arc<Vec<ModelEvent>>,
    leftovers: Arc<Vec<ModelEvent>>,
    /// Streams that began before this number are ended.
    ended: usize,
}

/// What comes behind the events.
#[derive(Clone, Copy, PartialEq)]
enum End {
    Well,
    Break,
    Hang,
}

struct Play {
    events: Arc<Vec<ModelEvent>>,
    next: usize,
    end: End,
    plain: bool,
    broken: bool,
    number: usize,
    work: Work,
}

/// Counts an answer for as long as it is worked on.
struct Work {
    puppet: Puppet,
    begun: bool,
    over: bool,
}

impl Drop for Work {
    fn drop(&mut self) {
        let leaks = match self.puppet.fault {
            Fault::WorksOn => self.begun && !self.over,
            Fault::WaitsOn => !self.begun && !self.over,
            _ => false,
        };
        let mut shared = self.puppet.lock();
        if !leaks {
            shared.at_work -= 1;
        }
        if !self.over && self.puppet.fault == Fault::EndsAllStreams {
            shared.ended = shared.asked;
        }
    }
}

fn says(texts: impl IntoIterator<Item = String>) -> Vec<ModelEvent> {
    texts.into_iter().map(ModelEvent::Text).collect()
}

fn finish(reason: FinishReason) -> ModelEvent {
    ModelEvent::Finish(reason)
}

impl Puppet {
    pub(crate) fn new(fault: Fault) -> Self {
        Self { fault, shared: Arc::default() }
    }

    fn lock(&self) -> MutexGuard<'_, Shared> {
        self.shared.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn is(&self, fault: Fault) -> bool {
        self.fault == fault
    }

    /// What is said to a plain question.
    fn plain(&self, request: &ModelRequest) -> Vec<ModelEvent> {
        let mut heard = request.messages.last().map(|message| text_of(&message.parts)).unwrap_or_default();
        if self.is(Fault::CutsPrompts) {
            heard.truncate(heard.floor_char_boundary(64 * 1024));
        }
        let mut events = if self.is(Fault::KeepsLeftovers) { self.lock().leftovers.to_vec() } else { Vec::new() };
        events.extend(says(format!("You said: {heard}").split_inclusive(' ').map(str::to_owned)));
        events.push(finish(FinishReason::Stop));
        match self.fault {
            Fault::FinishesTwice => events.push(finish(FinishReason::Stop)),
            Fault::CountsLate => events.push(ModelEvent::Usage(Usage::default())),
            _ => {}
        }
        events
    }

    /// What is said with these pieces and usages.
    fn pieces(&self, pieces: Vec<String>, usage: Vec<Usage>) -> Vec<ModelEvent> {
        let mut events = says(pieces);
        if events.len() > 3 {
            match self.fault {
                Fault::RepeatsPiece => events.insert(2, events[2].clone()),
                Fault::LosesPiece => drop(events.remove(2)),
                Fault::SwapsPieces => events.swap(2, 3),
                _ => {}
            }
        }
        let told = match self.fault {
            Fault::FirstUsage => usage.into_iter().take(1).collect(),
            Fault::AddsUpUsage => usage
                .into_iter()
                .scan(Usage::default(), |sum, next| {
                    *sum = Usage { input: sum.input + next.input, output: sum.output + next.output, ..next };
                    Some(*sum)
                })
                .collect(),
            _ => usage,
        };
        events.extend(told.into_iter().map(ModelEvent::Usage));
        events
    }

    fn calls(&self, id: &str, name: &str, arguments: &str) -> Vec<ModelEvent> {
        let call = |arguments: &str| ModelEvent::ToolCall {
            id: id.to_owned(),
            name: name.to_owned(),
            arguments: arguments.to_owned(),
        };
        let reason = if self.is(Fault::StopsAtCalls) { FinishReason::Stop } else { FinishReason::ToolCalls };
        match arguments.split_at_checked(5) {
            Some((one, two)) if self.is(Fault::SplitsCalls) => vec![call(one), call(two), finish(reason)],
            _ => vec![call(arguments), finish(reason)],
        }
    }

    /// What happens now, and whether it is a plain answer.
    fn play(&self, scene: Option<Scene>, request: &ModelRequest) -> (Vec<ModelEvent>, End, bool) {
        match scene {
            Some(Scene::Says { pieces, usage }) => {
                let mut events = self.pieces(pieces, usage);
                events.push(finish(FinishReason::Stop));
                (events, End::Well, false)
            }
            Some(Scene::Calls { id, name, arguments }) => (self.calls(&id, &name, &arguments), End::Well, false),
            Some(Scene::Breaks { pieces }) => (says(pieces), End::Break, false),
            Some(Scene::Hangs { pieces }) => (says(pieces), End::Hang, false),
            _ => (self.plain(request), End::Well, true),
        }
    }

    fn refusal(&self, kind: ModelErrorKind, retry_after: Option<std::time::Duration>) -> ModelError {
        let kind = if self.is(Fault::TakesRefusalsForBreaks) { ModelErrorKind::Interrupted } else { kind };
        let wish = retry_after.filter(|_| !self.is(Fault::ForgetsWish));
        ModelError::new(kind, "the provider refuses").retry_after(wish)
    }
}

#[async_trait]
impl LanguageModel for Puppet {
    fn models(&self) -> Vec<ModelInfo> {
        let room = if self.is(Fault::OffersNoRoom) { 0 } else { 1_000_000 };
        let info = ModelInfo::new("puppet", "testing", room);
        if self.is(Fault::OffersTwice) { vec![info.clone(), info] } else { vec![info] }
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        if request.model != "puppet" && !self.is(Fault::TakesAnyName) {
            return Err(ModelError::new(ModelErrorKind::UnknownModel, "there is no such puppet"));
        }
        let (scene, number) = {
            let mut shared = self.lock();
            shared.asked += 1;
            let stays = matches!(shared.scene, Some(Scene::Refuses { .. }));
            (if stays { shared.scene.clone() } else { shared.scene.take() }, shared.asked)
        };
        if let Some(Scene::Refuses { kind, retry_after }) = scene {
            let error = self.refusal(kind, retry_after);
            let late = self.is(Fault::RefusesLate);
            return if late { Ok(futures::stream::iter([Err(error)]).boxed()) } else { Err(error) };
        }
        self.lock().at_work += 1;
        let work = Work { puppet: self.clone(), begun: false, over: false };
        if scene == Some(Scene::Silent) {
            return pending().await;
        }
        let (events, end, plain) = self.play(scene, &request);
        let events = Arc::new(events);
        self.lock().latest.clone_from(&events);
        let play = Play { events, next: 0, end, plain, broken: false, number, work };
        Ok(unfold(play, |mut play| async move { play.step().await.map(|event| (event, play)) }).boxed())
    }
}

impl Play {
    async fn step(&mut self) -> Option<Result<ModelEvent, ModelError>> {
        let puppet = self.work.puppet.clone();
        if puppet.is(Fault::EndsAllStreams) && self.plain && puppet.lock().ended >= self.number {
            self.work.over = true;
            return None;
        }
        if puppet.is(Fault::MixesStreams) && self.plain {
            self.events.clone_from(&puppet.lock().latest);
        }
        if let Some(event) = self.events.get(self.next) {
            self.next += 1;
            self.work.begun = true;
            self.work.over = self.next == self.events.len() && self.end == End::Well;
            return Some(Ok(event.clone()));
        }
        match self.end {
            End::Well => None,
            End::Hang => pending().await,
            End::Break if self.broken => {
                let more = puppet.is(Fault::GoesOn) && self.events.len() < 1000;
                self.end = End::Well;
                more.then(|| Ok(ModelEvent::Text("more".to_owned())))
            }
            End::Break => Some(self.break_off(&puppet)),
        }
    }

    fn break_off(&mut self, puppet: &Puppet) -> Result<ModelEvent, ModelError> {
        self.broken = true;
        self.work.over = true;
        puppet.lock().leftovers.clone_from(&self.events);
        if puppet.is(Fault::AsksAgain) {
            puppet.lock().asked += 1;
        }
        let kind =
            if puppet.is(Fault::MisnamesBreaks) { ModelErrorKind::Protocol } else { ModelErrorKind::Interrupted };
        match puppet.fault {
            Fault::FinishesBreaks => Ok(finish(FinishReason::Stop)),
            _ => Err(ModelError::new(kind, "the connection broke")),
        }
    }
}

#[async_trait]
impl ModelHarness for Puppet {
    async fn open(&self) -> Arc<dyn LanguageModel> {
        Arc::new(self.clone())
    }

    fn answer(&self, question: &str) -> Option<String> {
        Some(format!("You said: {question}"))
    }

    async fn stage(&self, scene: Scene) -> bool {
        self.lock().scene = Some(scene);
        true
    }

    async fn at_work(&self) -> Option<usize> {
        Some(self.lock().at_work)
    }

    async fn asked(&self) -> Option<usize> {
        Some(self.lock().asked)
    }
}
