//! The driver: reads the model, hands its events on, stores them, and ends the run.

use std::future::{Future, poll_fn};
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::future::BoxFuture;
use futures::{FutureExt, StreamExt};

use super::due::Due;
use super::outcome::Standing;
use super::{Chat, Timing};
use crate::clock::{Clock, Timestamp};
use crate::conversation::Part;
use crate::id::RunId;
use crate::store::{Batch, Committed, Conflict, Store, StoreError};
use crate::turn::answer::Answer;
use crate::turn::change::{AppendEvents, StartRun};
use crate::turn::event::RunEvent;
use crate::turn::hook::Refusal;
use crate::turn::hub::{Feed, Hub, Signal};
use crate::turn::model::{LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelRequest, ModelStream};
use crate::turn::run::Run;
use crate::turn::title::opening;
use crate::turn::tool::Bench;
use crate::turn::{FinishReason, TokenCounter, ToolSpec, Usage, UsageByModel};

/// Writes the answer of one run. Spawn it on your runtime, or await it; dropped early, it leaves the run to
/// [`Chat::reap`].
#[must_use = "the model is asked only while the driver is polled"]
pub struct Driver {
    work: BoxFuture<'static, ()>,
    /// Until it is done: a driver that has nothing to do holds no store.
    watched: Option<(Chat, RunId)>,
}

impl Future for Driver {
    type Output = ();

    fn poll(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<()> {
        let done = self.work.poll_unpin(context);
        if done.is_ready() {
            self.watched = None;
        }
        done
    }
}

impl Driver {
    /// Writes the answer of a run.
    pub(super) fn new(
        chat: &Chat,
        Stored { run, standing, seed, untitled }: Stored<'_>,
        (model, counter): (Arc<dyn LanguageModel>, Arc<dyn TokenCounter>),
        prompt: Prompt,
        of_caller: &[ToolSpec],
    ) -> Self {
        let feed = chat.hub.open(run.id, run.conversation, run.owner);
        let names = of_caller.iter().map(|spec| spec.name.clone());
        let bench =
            Bench { tools: chat.tools.clone(), of_caller: names.collect(), clock: chat.conversations.clock.clone() };
        let mut work = Work {
            chat: chat.clone(),
            untitled,
            opening: None,
            store: chat.store().clone(),
            clock: chat.conversations.clock.clone(),
            timing: chat.timing,
            feed,
            run: run.id,
            bench,
            answer: Answer::default(),
            spent: UsageByModel::default(),
            round: None,
            said: 0,
            before: Vec::new(),
            seed: Vec::new(),
            pending: Vec::new(),
            stored: 0,
            due: Due::new(chat.conversations.clock.clone(), chat.timing, run.started_at),
            first_token_at: None,
            prompt_tokens: 0,
            opened: false,
            heard_out: false,
            unseen: 0,
            api_calls: 1,
            counter,
            record: run.clone(),
            standing,
        };
        work.repeat(seed);
        // the feed closes also when the driver is dropped before its end
        let open = Open { hub: chat.hub.clone(), run: run.id };
        let drive = async move {
            let _open = open;
            Box::pin(work.drive(model, prompt)).await;
        };
        Self { work: drive.boxed(), watched: Some((chat.clone(), run.id)) }
    }

    /// Ready when the run has ended, whoever drives it. The driver itself may have more to do then: hooks, a title.
    pub fn ended(&self) -> impl Future<Output = ()> + Send + 'static {
        let watched = self.watched.clone();
        async move {
            if let Some((chat, run)) = watched {
                chat.ended(run).await;
            }
        }
    }

    /// Writes nothing, and is ready when a run that somebody else drives has ended.
    pub(super) fn watching(chat: &Chat, run: RunId) -> Self {
        let watched = chat.clone();
        let watch = async move { watched.ended(run).await };
        Self { work: watch.boxed(), watched: Some((chat.clone(), run)) }
    }
}

/// A run that is stored, and how its conversation was then.
pub(super) struct Stored<'a> {
    pub(super) run: &'a Run,
    pub(super) standing: Option<Standing>,
    /// The beginning of its log.
    pub(super) seed: &'a [RunEvent],
    /// Whether the conversation had no title.
    pub(super) untitled: bool,
}

/// What the model is asked.
pub(super) enum Prompt {
    /// This, of so many tokens.
    Ready(Box<ModelRequest>, u64),
    /// What comes of the run's turn; nothing if what was to be answered is gone by then.
    Later(BoxFuture<'static, Option<(ModelRequest, u64)>>),
}

struct Open {
    hub: Arc<Hub>,
    run: RunId,
}

impl Drop for Open {
    fn drop(&mut self) {
        self.hub.close(self.run);
    }
}

/// Why the model is no longer read.
pub(super) enum End {
    Finished(FinishReason),
    Failed(ModelError),
    /// A hook does not let it through.
    Refused(Refusal),
    Signal(Signal),
    /// Somebody else ended the run.
    Lost,
}

/// What ended a wait.
enum Woken<T> {
    Signal(Signal),
    Done(T),
    Due,
}

pub(super) struct Work {
    pub(super) chat: Chat,
    pub(super) store: Arc<dyn Store>,
    pub(super) clock: Arc<dyn Clock>,
    pub(super) timing: Timing,
    pub(super) feed: Arc<Feed>,
    pub(super) run: RunId,
    /// The run as it began.
    pub(super) record: Run,
    pub(super) standing: Option<Standing>,
    /// Whether the conversation had no title when the run began.
    untitled: bool,
    /// What was said first in the prompt, if a title is to be made of it.
    pub(super) opening: Option<String>,
    pub(super) bench: Bench,
    pub(super) answer: Answer,
    /// What the rounds before this one used.
    pub(super) spent: UsageByModel,
    /// What the model says this round uses.
    pub(super) round: Option<Usage>,
    /// Parts that the rounds before this one said.
    pub(super) said: usize,
    /// What an earlier answer had said, and this round goes on with.
    pub(super) before: Vec<Part>,
    /// What an earlier answer had said, in whatever round this is.
    pub(super) seed: Vec<Part>,
    /// Events that are not stored yet.
    pub(super) pending: Vec<RunEvent>,
    /// The number of the last stored event.
    pub(super) stored: u64,
    /// When something is to be written next.
    due: Due,
    pub(super) first_token_at: Option<Timestamp>,
    pub(super) prompt_tokens: u64,
    /// Whether the model of this round was reached.
    pub(super) opened: bool,
    /// Whether it said all it had to say.
    pub(super) heard_out: bool,
    /// Tokens of what it said behind a stop, for nobody to see.
    pub(super) unseen: u64,
    /// Calls to models and tools so far.
    pub(super) api_calls: u64,
    /// Counts what a model does not report.
    pub(super) counter: Arc<dyn TokenCounter>,
}

impl Work {
    async fn drive(mut self, model: Arc<dyn LanguageModel>, prompt: Prompt) {
        let request = self.prepare(prompt).await;
        // what was gone on with has begun already
        if self.stored == 0 {
            self.emit(RunEvent::Started);
        }
        let end = match request {
            Ok(request) => {
                self.opening = self.untitled.then(|| opening(&request.messages)).flatten();
                self.rounds(&*model, request).await
            }
            Err(end) => end,
        };
        self.finish(end, &*model).await;
    }

    /// Takes over what is in the log already.
    fn repeat(&mut self, seed: &[RunEvent]) {
        seed.iter().cloned().for_each(|event| self.emit(event));
        self.before = self.answer.parts().to_vec();
        self.seed.clone_from(&self.before);
        self.noted();
    }

    /// Waits until it is the run's turn.
    async fn prepare(&mut self, prompt: Prompt) -> Result<ModelRequest, End> {
        let work = match prompt {
            Prompt::Ready(request, tokens) => {
                self.prompt_tokens = tokens;
                return Ok(*request);
            }
            Prompt::Later(work) => work,
        };
        let (request, tokens) = self.wait(work).await?.ok_or(End::Signal(Signal::Stop))?;
        self.prompt_tokens = tokens;
        loop {
            let at = self.clock.now();
            self.due.written(at);
            match self.store.commit(Batch::of(StartRun { run: self.run, at })).await {
                Ok(done) => return stopped(&done, self.run).map_or(Ok(request), Err),
                Err(error) => self.after(error).await?,
            }
            let (clock, until) = (self.clock.clone(), at.plus(self.timing.flush));
            self.wait(async move { clock.sleep_until(until).await }).await?;
        }
    }

    pub(super) fn emit(&mut self, event: RunEvent) {
        self.answer.push(&event);
        self.feed.push(event.clone());
        self.pending.push(event);
        self.due.pending();
    }

    /// Waits for something of the model; meanwhile stores what is pending and shows that the run lives.
    pub(super) async fn wait<T: Send>(&mut self, work: impl Future<Output = T> + Send) -> Result<T, End> {
        futures::pin_mut!(work);
        loop {
            // a request to stop comes first, then the model, then the timer
            let woken = poll_fn(|context| {
                if let Poll::Ready(signal) = self.feed.poll_signal(context) {
                    return Poll::Ready(Woken::Signal(signal));
                }
                if let Poll::Ready(value) = work.as_mut().poll(context) {
                    return Poll::Ready(Woken::Done(value));
                }
                self.due.poll(context).map(|()| Woken::Due)
            });
            match woken.await {
                Woken::Signal(signal) => return Err(End::Signal(signal)),
                Woken::Done(value) => {
                    // a model that is never waited for leaves no time to the timer
                    if self.due.is_past() {
                        self.flush().await?;
                    }
                    return Ok(value);
                }
                Woken::Due => self.flush().await?,
            }
        }
    }

    pub(super) async fn start(&mut self, model: &dyn LanguageModel, request: ModelRequest) -> Result<ModelStream, End> {
        self.wait(model.stream(request)).await?.map_err(End::Failed)
    }

    pub(super) async fn read(&mut self, mut stream: ModelStream) -> End {
        loop {
            let event = match self.wait(stream.next()).await {
                Ok(Some(Ok(event))) => event,
                Ok(Some(Err(error))) => return End::Failed(error),
                Ok(None) => return End::Failed(ModelError::new(ModelErrorKind::Interrupted, "the stream ended early")),
                Err(End::Signal(Signal::Stop)) => {
                    self.drain(stream).await;
                    return End::Signal(Signal::Stop);
                }
                Err(end) => return end,
            };
            if self.first_token_at.is_none() {
                self.first_token_at = Some(self.clock.now());
            }
            match event {
                ModelEvent::Finish(reason) => {
                    self.heard_out = true;
                    return End::Finished(reason);
                }
                ModelEvent::Text(text) => self.emit(RunEvent::Delta { text: storable(text) }),
                ModelEvent::Reasoning { text, signature } => {
                    self.emit(RunEvent::Reasoning { text: storable(text), signature });
                }
                ModelEvent::Refusal(text) => self.emit(RunEvent::Refusal { text: storable(text) }),
                ModelEvent::ToolCall { id, name, arguments } => {
                    let id = self.answer.fresh_call(id);
                    self.emit(RunEvent::ToolCall { id, name, arguments: storable(arguments) });
                }
                ModelEvent::Provider { provider, raw } => self.emit(RunEvent::Provider { provider, raw }),
                ModelEvent::Usage(usage) => {
                    self.round = Some(usage);
                    self.answer.reported();
                    self.emit(RunEvent::Usage { usage: self.usage() });
                }
                ModelEvent::Model { id } => self.emit(RunEvent::Model { model: id }),
            }
        }
    }

    /// Stores what is pending. A store that is away for a while is tried again at the next turn.
    async fn flush(&mut self) -> Result<(), End> {
        let at = self.clock.now();
        self.due.written(at);
        let change = AppendEvents {
            run: self.run,
            first: self.stored + 1,
            events: self.pending.clone(),
            first_token_at: self.first_token_at,
            at,
        };
        match self.store.commit(Batch::of(change)).await {
            Ok(done) => {
                self.noted();
                stopped(&done, self.run).map_or(Ok(()), Err)
            }
            Err(error) => self.after(error).await,
        }
    }

    pub(super) fn noted(&mut self) {
        self.stored += u64::try_from(self.pending.len()).unwrap_or(0);
        self.pending.clear();
        self.due.nothing_pending();
        self.feed.stored(self.stored);
    }

    pub(super) async fn after(&mut self, error: StoreError) -> Result<(), End> {
        match error.conflict() {
            Some(Conflict::RunEnded { .. } | Conflict::Missing(_)) => Err(End::Lost),
            // an earlier write whose fate was unknown did happen
            Some(Conflict::LogGap) => {
                if let Ok(Some(run)) = self.store.run(self.run).await {
                    let known = usize::try_from(run.last_seq.saturating_sub(self.stored)).unwrap_or(0);
                    self.pending.drain(..known.min(self.pending.len()));
                    self.stored = run.last_seq;
                    self.feed.stored(self.stored);
                }
                Ok(())
            }
            _ => {
                tracing::warn!(run = %self.run, %error, "failed to store events, will try again");
                Ok(())
            }
        }
    }
}

/// The end of a run that somebody asked another process to stop.
fn stopped(done: &Committed, run: RunId) -> Option<End> {
    let asked = done.get::<Run>(&run).is_some_and(|run| run.stop_requested_at.is_some());
    asked.then_some(End::Signal(Signal::Stop))
}

/// Not every store can keep a zero character.
fn storable(text: String) -> String {
    if text.contains('\0') { text.replace('\0', "\u{fffd}") } else { text }
}
