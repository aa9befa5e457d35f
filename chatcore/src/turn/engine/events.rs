//! Listening: replay from the log, then live, for as long as there is something to hear.

use std::collections::VecDeque;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;

use futures::future::select;
use futures::stream::{BoxStream, StreamExt, unfold};

use super::Chat;
use crate::account::{Caller, Scope};
use crate::error::Error;
use crate::id::RunId;
use crate::store::{RunNotice, WakeUp};
use crate::turn::answer::LOG_PAGE;
use crate::turn::event::{Numbered, RunEvent};
use crate::turn::hub::{Bell, Feed, Next, Topic};
use crate::turn::run::{Run, RunState};

/// The events of one run, in order, without gaps. The stream ends behind the last event.
pub type RunEvents = BoxStream<'static, Result<Numbered, Error>>;

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

    pub(super) fn follow(&self, run: RunId, after: u64) -> RunEvents {
        let reader = Reader {
            chat: self.clone(),
            run,
            after,
            bell: self.hub.bell(Topic::Run(run)),
            feed: self.hub.feed(run),
            found: VecDeque::new(),
            heard: false,
            over: false,
        };
        unfold(reader, |mut reader| async move {
            let next = reader.next().await.transpose()?;
            Some((next, reader))
        })
        .boxed()
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
                self.hub.ring(&RunNotice::of(&run));
            }
        }
    }
}

/// One reader of one run.
struct Reader {
    chat: Chat,
    run: RunId,
    /// The number of the last event that was handed out.
    after: u64,
    bell: Arc<Bell>,
    feed: Option<Arc<Feed>>,
    /// Events of the log that were read ahead.
    found: VecDeque<RunEvent>,
    /// Whether an event was handed out.
    heard: bool,
    over: bool,
}

impl Reader {
    async fn next(&mut self) -> Result<Option<Numbered>, Error> {
        if self.over {
            return Ok(None);
        }
        loop {
            if let Some(event) = self.found.pop_front() {
                return Ok(Some(self.hand_out(event)));
            }
            if let Some(feed) = &self.feed {
                let after = self.after;
                match poll_fn(|context| feed.poll_next(after, context)).await {
                    Next::Event(Numbered { event, .. }) => return Ok(Some(self.hand_out(event))),
                    Next::Behind => {}
                    Next::Ended => self.feed = None,
                }
            }
            let rings = self.bell.rings();
            if self.read_log().await? {
                continue;
            }
            if self.feed.is_some() {
                // what the feed let go is stored, so a log that does not have it is broken
                self.feed = None;
            }
            let Some(run) = self.chat.store().run(self.run).await? else {
                self.over = true;
                return Ok(None);
            };
            if !run.is_active() {
                // the end may have been stored between the two reads
                if self.read_log().await? {
                    continue;
                }
                // the log was purged, or the reader has seen all of it
                self.over = true;
                // a reader may also have heard what was never stored, under the number that the end has now; so such an
                // end is told again to whoever asks
                let unstored = matches!(run.state, RunState::Interrupted | RunState::Stopped);
                let unheard = self.heard || unstored || self.after != run.last_seq;
                let seq = run.last_seq.max(self.after.saturating_add(1));
                return Ok(unheard.then(|| Numbered { seq, event: last_event(&run) }));
            }
            let rung = poll_fn(|context| self.bell.poll_more(rings, context));
            select(rung, pin!(self.chat.pause())).await;
            // it may have been about to begin
            self.feed = self.chat.hub.feed(self.run);
        }
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
