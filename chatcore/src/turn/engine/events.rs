//! Listening: replay from the log, then live, for as long as there is something to hear.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};

use futures::FutureExt;
use futures::future::select;
use futures::stream::{BoxStream, Stream, StreamExt, unfold};

use super::{Chat, Outcome};
use crate::account::{Caller, Scope};
use crate::error::Error;
use crate::id::RunId;
use crate::store::{RunNotice, WakeUp};
use crate::turn::answer::LOG_PAGE;
use crate::turn::event::{Numbered, RunEvent};
use crate::turn::hub::{Bell, Feed, Next, Topic};
use crate::turn::run::{Run, RunState};

/// The events of one run, in order, without gaps. The stream ends behind the last event.
pub struct RunEvents {
    found: BoxStream<'static, Result<Heard, Error>>,
    outcome: Option<Arc<Outcome>>,
}

/// An event, and with the last one how the run ended, if that is known without a look at the store.
type Heard = (Numbered, Option<Arc<Outcome>>);

impl RunEvents {
    /// How the run ended, once its last event was handed out. `None` where only the store knows: when the run ended
    /// before somebody began to listen, or in another process, or when siblings of its message came or went meanwhile.
    #[must_use]
    pub fn outcome(&self) -> Option<&Arc<Outcome>> {
        self.outcome.as_ref()
    }
}

impl Stream for RunEvents {
    type Item = Result<Numbered, Error>;

    fn poll_next(mut self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let heard = std::task::ready!(self.found.poll_next_unpin(context));
        Poll::Ready(heard.map(|heard| {
            let (event, outcome) = heard?;
            self.outcome = outcome;
            Ok(event)
        }))
    }
}

impl Chat {
    /// A run of the caller.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn run(&self, caller: &Caller, id: RunId) -> Result<Run, Error> {
        caller.require(Scope::Read)?;
        let run = self.store().run(id).await?.filter(|run| run.owner == caller.subject());
        run.ok_or(Error::NotFound("run"))
    }

    /// The events of a run behind the number `after` (0 for all of them): first what was, then what comes.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn events(&self, caller: &Caller, id: RunId, after: u64) -> Result<RunEvents, Error> {
        let run = self.run(caller, id).await?;
        Ok(self.follow(run.id, after))
    }

    /// The events of a run that the caller has just been given: as [`Self::events`], without a look at the store.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Denied`].
    pub fn events_of(&self, caller: &Caller, run: &Run, after: u64) -> Result<RunEvents, Error> {
        caller.require(Scope::Read)?;
        if run.owner == caller.subject() { Ok(self.follow(run.id, after)) } else { Err(Error::NotFound("run")) }
    }

    pub(super) fn follow(&self, run: RunId, after: u64) -> RunEvents {
        let found = unfold(Reader::new(self, run, after), |mut reader| async move {
            let next = reader.next().await.transpose()?;
            Some((next.map(|event| (event, reader.outcome.take())), reader))
        });
        RunEvents { found: found.boxed(), outcome: None }
    }

    /// Until it is time to look at the store without having been told to.
    pub(super) async fn pause(&self) {
        let pause = if self.hub.is_told() { self.timing.poll.saturating_mul(10) } else { self.timing.poll };
        let clock = &self.conversations.clock;
        clock.sleep_until(clock.now().plus(pause)).await;
    }

    /// Passes on what the store tells of other processes, so that readers of their runs hear at once and drivers stop at
    /// once. Spawn it beside the rest; without it both happen with a delay of [`Timing::poll`](super::Timing::poll) and
    /// [`Timing::flush`](super::Timing::flush). It ends if the store tells nothing.
    pub async fn listen(&self) {
        let mut wake_ups = self.store().wake_ups();
        while let Some(wake_up) = wake_ups.next().await {
            match wake_up {
                WakeUp::Run(notice) => self.hub.ring(&notice),
                WakeUp::Listening => {
                    self.hub.set_told(true);
                    self.hub.ring_all();
                    self.look_for_stops().await;
                }
                WakeUp::Deaf => self.hub.set_told(false),
            }
        }
        self.hub.set_told(false);
    }

    /// Requests that nobody was told of. One that cannot be read now is found by the driver's next write.
    async fn look_for_stops(&self) {
        for id in self.hub.runs() {
            if let Ok(Some(run)) = self.store().run(id).await {
                self.hub.ring(&RunNotice::of(Some(&run), &run));
            }
        }
    }
}

/// What a reader has.
pub(super) enum Step {
    /// The next event.
    Event(Numbered),
    /// Nothing yet.
    Wait,
    /// Nothing more.
    Over,
}

/// One reader of one run. While it waits it holds nothing of the store, so one that nobody polls is in nobody's way.
pub(super) struct Reader {
    chat: Chat,
    run: RunId,
    /// The number of the last event that was handed out.
    after: u64,
    /// For when there is no feed.
    bell: Option<Arc<Bell>>,
    /// How often the bell had been rung at the last look.
    rings: u64,
    feed: Option<Arc<Feed>>,
    /// How the run ended, with its last event.
    outcome: Option<Arc<Outcome>>,
    /// Events of the log that were read ahead.
    found: VecDeque<RunEvent>,
    /// Whether an event was handed out.
    heard: bool,
    over: bool,
}

impl Reader {
    pub(super) fn new(chat: &Chat, run: RunId, after: u64) -> Self {
        Self {
            chat: chat.clone(),
            run,
            after,
            bell: None,
            rings: 0,
            feed: chat.hub.feed(run),
            outcome: None,
            found: VecDeque::new(),
            heard: false,
            over: false,
        }
    }

    async fn next(&mut self) -> Result<Option<Numbered>, Error> {
        loop {
            match self.step().await? {
                Step::Event(event) => return Ok(Some(event)),
                Step::Over => return Ok(None),
                Step::Wait => {}
            }
            // a run that is driven here tells all there is; of another one the store may know more
            let is_here = self.feed.is_some();
            let more = poll_fn(|context| self.poll_more(context));
            if is_here {
                more.await;
            } else {
                select(more, self.chat.pause().boxed()).await;
            }
        }
    }

    /// Ready when there may be more, without a look at the store.
    pub(super) fn poll_more(&self, context: &Context<'_>) -> Poll<()> {
        match &self.feed {
            Some(feed) => feed.poll_more(self.after, context),
            None => match &self.bell {
                Some(bell) => bell.poll_more(self.rings, context),
                // it has not looked yet
                None => Poll::Ready(()),
            },
        }
    }

    /// What there is now.
    pub(super) async fn step(&mut self) -> Result<Step, Error> {
        if self.over {
            return Ok(Step::Over);
        }
        if self.feed.is_none() {
            // the run may have been about to begin
            self.feed = self.chat.hub.feed(self.run);
        }
        loop {
            if let Some(event) = self.found.pop_front() {
                return Ok(Step::Event(self.hand_out(event)));
            }
            if let Some(feed) = &self.feed {
                match feed.next(self.after) {
                    Some(Next::Event(event)) => {
                        if event.is_last() {
                            self.outcome = feed.outcome();
                        }
                        return Ok(Step::Event(self.hand_out(event)));
                    }
                    Some(Next::Behind) => {}
                    Some(Next::Ended) => self.feed = None,
                    None => return Ok(Step::Wait),
                }
            }
            let bell = self.bell.get_or_insert_with(|| self.chat.hub.bell(Topic::Run(self.run)));
            self.rings = bell.rings();
            if self.read_log().await? {
                continue;
            }
            // what the feed let go is stored, so a log that does not have it is broken
            self.feed = None;
            let Some(run) = self.chat.store().run(self.run).await? else {
                self.over = true;
                return Ok(Step::Over);
            };
            if run.is_active() {
                return Ok(Step::Wait);
            }
            // the end may have been stored between the two reads
            if !self.read_log().await? {
                return Ok(self.end(&run));
            }
        }
    }

    /// The end of a run that has nothing more in its log: that was purged, or the reader has seen all of it.
    fn end(&mut self, run: &Run) -> Step {
        self.over = true;
        // a reader may also have heard what was never stored, under the number that the end has now; so such an end is
        // told again to whoever asks
        let unstored = matches!(run.state, RunState::Interrupted | RunState::Stopped);
        if !self.heard && !unstored && self.after == run.last_seq {
            return Step::Over;
        }
        let seq = run.last_seq.max(self.after.saturating_add(1));
        Step::Event(Numbered { seq, event: last_event(run) })
    }

    fn hand_out(&mut self, event: RunEvent) -> Numbered {
        self.after = self.after.saturating_add(1);
        self.heard = true;
        self.over = event.is_last();
        Numbered { seq: self.after, event }
    }

    /// Reads ahead; `false` when the log has nothing behind the last event.
    async fn read_log(&mut self) -> Result<bool, Error> {
        for log in self.chat.store().run_log(self.run, self.after, LOG_PAGE).await? {
            let next = self.after.saturating_add(1).saturating_add(u64::try_from(self.found.len()).unwrap_or(0));
            let skip = usize::try_from(next.saturating_sub(log.first)).unwrap_or(usize::MAX);
            if log.first > next {
                break;
            }
            self.found.extend(log.events.into_iter().skip(skip));
        }
        Ok(!self.found.is_empty())
    }
}

/// How a run ended, as its last event said.
fn last_event(run: &Run) -> RunEvent {
    match (run.state, &run.error) {
        (RunState::Stopped, _) => RunEvent::Stopped,
        (RunState::Failed, Some(error)) => {
            RunEvent::Failed { code: error.code.clone(), message: error.message.clone() }
        }
        (RunState::Interrupted, _) => RunEvent::Interrupted,
        _ => RunEvent::Completed,
    }
}
