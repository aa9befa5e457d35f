//! Who listens to which run, in this process.
//!
//! A run has one feed: the newest of its events, shared by all readers. A reader only remembers how far it has come, so
//! a slow one costs nothing; when it falls behind what the feed keeps, it reads the log.

use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use futures::Stream;
use futures::stream::poll_fn;

use super::event::{Numbered, RunEvent};
use crate::id::{ConversationId, RunId};
use crate::subject::Subject;

/// Stored events that a feed keeps for readers that are a little behind.
const KEEP: usize = 256;
/// Runs that a topic remembers for readers that are a little behind.
const KEEP_RUNS: usize = 64;

fn lock<T>(mutex: &Mutex<T>) -> MutexGuard<'_, T> {
    mutex.lock().unwrap_or_else(PoisonError::into_inner)
}

/// What the driver of a run is told.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Signal {
    /// Somebody asked it to stop.
    Stop,
    /// The program shuts down.
    Interrupt,
}

/// The events of one run that is driven by this process.
pub(super) struct Feed {
    pub(super) run: RunId,
    conversation: ConversationId,
    owner: Subject,
    state: Mutex<FeedState>,
}

#[derive(Default)]
struct FeedState {
    /// Events that were let go: `events[0]` has the number `gone + 1`.
    gone: u64,
    events: VecDeque<RunEvent>,
    /// The number of the last event in the store.
    stored: u64,
    ended: bool,
    signal: Option<Signal>,
    wakers: Vec<Waker>,
}

impl FeedState {
    fn wake(&mut self) {
        self.wakers.drain(..).for_each(Waker::wake);
    }

    fn wait<T>(&mut self, context: &Context<'_>) -> Poll<T> {
        if !self.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            self.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

/// What a feed has for a reader.
pub(super) enum Next {
    /// The next event.
    Event(Numbered),
    /// The next event is no longer kept: it is in the log.
    Behind,
    /// There is nothing more.
    Ended,
}

impl Feed {
    pub(super) fn push(&self, event: RunEvent) {
        let mut state = lock(&self.state);
        state.events.push_back(event);
        state.wake();
    }

    /// Everything up to this number is in the store.
    pub(super) fn stored(&self, seq: u64) {
        let mut state = lock(&self.state);
        state.stored = seq;
        while state.events.len() > KEEP && state.gone < state.stored {
            state.events.pop_front();
            state.gone += 1;
        }
    }

    pub(super) fn end(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        state.wake();
    }

    pub(super) fn signal(&self, signal: Signal) {
        let mut state = lock(&self.state);
        state.signal = state.signal.or(Some(signal));
        state.wake();
    }

    pub(super) fn poll_signal(&self, context: &Context<'_>) -> Poll<Signal> {
        let mut state = lock(&self.state);
        match state.signal {
            Some(signal) => Poll::Ready(signal),
            None => state.wait(context),
        }
    }

    pub(super) fn poll_next(&self, after: u64, context: &Context<'_>) -> Poll<Next> {
        let mut state = lock(&self.state);
        if after < state.gone {
            return Poll::Ready(Next::Behind);
        }
        let at = usize::try_from(after - state.gone).unwrap_or(usize::MAX);
        match state.events.get(at) {
            Some(event) => Poll::Ready(Next::Event(Numbered { seq: after.saturating_add(1), event: event.clone() })),
            None if state.ended => Poll::Ready(Next::Ended),
            None => state.wait(context),
        }
    }
}

/// What one listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// All runs of a conversation.
    Conversation(ConversationId),
    /// All runs of somebody.
    Subject(Subject),
}

#[derive(Default)]
struct Runs {
    /// Runs that were let go: `runs[0]` is the run after that many.
    gone: usize,
    runs: VecDeque<RunId>,
    wakers: Vec<Waker>,
}

/// All feeds and topics of a process.
#[derive(Default)]
pub(super) struct Hub {
    feeds: Mutex<HashMap<RunId, Arc<Feed>>>,
    topics: Mutex<HashMap<Topic, Weak<Mutex<Runs>>>>,
}

impl Hub {
    /// Opens the feed of a run that begins.
    pub(super) fn open(&self, run: RunId, conversation: ConversationId, owner: Subject) -> Arc<Feed> {
        let feed = Arc::new(Feed { run, conversation, owner, state: Mutex::default() });
        lock(&self.feeds).insert(run, feed.clone());
        let topics = lock(&self.topics);
        for topic in [Topic::Conversation(conversation), Topic::Subject(owner)] {
            let Some(runs) = topics.get(&topic).and_then(Weak::upgrade) else { continue };
            let mut runs = lock(&runs);
            runs.runs.push_back(run);
            if runs.runs.len() > KEEP_RUNS {
                runs.runs.pop_front();
                runs.gone += 1;
            }
            runs.wakers.drain(..).for_each(Waker::wake);
        }
        feed
    }

    /// Forgets a run; whoever reads its feed keeps it as long as they need.
    pub(super) fn close(&self, run: RunId) {
        if let Some(feed) = lock(&self.feeds).remove(&run) {
            feed.end();
        }
    }

    pub(super) fn feed(&self, run: RunId) -> Option<Arc<Feed>> {
        lock(&self.feeds).get(&run).cloned()
    }

    pub(super) fn signal_all(&self, signal: Signal) {
        lock(&self.feeds).values().for_each(|feed| feed.signal(signal));
    }

    pub(super) fn active(&self) -> usize {
        lock(&self.feeds).len()
    }

    /// The runs of a topic: those that are under way, then each one that begins.
    pub(super) fn runs(&self, topic: Topic) -> impl Stream<Item = RunId> + Send + 'static {
        let (runs, active, mut next) = {
            let mut topics = lock(&self.topics);
            topics.retain(|_, runs| runs.strong_count() > 0);
            let known = topics.get(&topic).and_then(Weak::upgrade);
            let runs = known.unwrap_or_default();
            topics.insert(topic, Arc::downgrade(&runs));
            let belongs = |feed: &&Arc<Feed>| match topic {
                Topic::Conversation(conversation) => feed.conversation == conversation,
                Topic::Subject(owner) => feed.owner == owner,
            };
            let active: VecDeque<RunId> = lock(&self.feeds).values().filter(belongs).map(|feed| feed.run).collect();
            let next = lock(&runs).next_index();
            (runs, active, next)
        };
        let mut pending = active.clone();
        poll_fn(move |context| {
            if let Some(run) = pending.pop_front() {
                return Poll::Ready(Some(run));
            }
            let mut runs = lock(&runs);
            next = next.max(runs.gone);
            while let Some(run) = runs.runs.get(next - runs.gone).copied() {
                next += 1;
                // a run that was just beginning when this reader came is in both lists
                if !active.contains(&run) {
                    return Poll::Ready(Some(run));
                }
            }
            if !runs.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
                runs.wakers.push(context.waker().clone());
            }
            Poll::Pending
        })
    }
}

impl Runs {
    fn next_index(&self) -> usize {
        self.gone + self.runs.len()
    }
}
