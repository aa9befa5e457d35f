//! Who listens to which run, in this process.
//!
//! A run that this process drives has one feed: the newest of its events, shared by all readers. A reader only remembers
//! how far it has come, so a slow one costs nothing; when it falls behind what the feed keeps, it reads the log.
//!
//! Whoever waits for runs of other processes, or for runs that begin, waits for a bell. It says that there is something
//! and not what: that is in the store, so nobody who slept through it has missed it.

use std::collections::{HashMap, VecDeque};
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError, Weak};
use std::task::{Context, Poll, Waker};

use super::engine::Outcome;
use super::event::RunEvent;
use crate::id::{ConversationId, RunId};
use crate::store::RunNotice;
use crate::subject::Subject;

/// Stored events that a feed keeps for readers that are a little behind.
const KEEP: usize = 256;

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
#[derive(Default)]
pub(super) struct Feed {
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
    /// How the run ended, if its driver brought it to its end.
    outcome: Option<Arc<Outcome>>,
    signal: Option<Signal>,
    /// The driver, if it waits; what it says itself does not wake it.
    driver: Option<Waker>,
    /// Readers that wait.
    wakers: Vec<Waker>,
}

impl FeedState {
    fn next(&self, after: u64) -> Option<Next> {
        if after < self.gone {
            return Some(Next::Behind);
        }
        let at = usize::try_from(after - self.gone).unwrap_or(usize::MAX);
        match self.events.get(at) {
            Some(event) => Some(Next::Event(event.clone())),
            None => self.ended.then_some(Next::Ended),
        }
    }

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
    Event(RunEvent),
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

    /// Nothing more comes.
    pub(super) fn end(&self) {
        let mut state = lock(&self.state);
        state.ended = true;
        state.wake();
    }

    /// The last event.
    pub(super) fn finish(&self, last: RunEvent, outcome: Option<Outcome>) {
        let mut state = lock(&self.state);
        state.events.push_back(last);
        state.outcome = outcome.map(Arc::new);
        state.ended = true;
        state.wake();
    }

    /// How the run ended; known only of one that this process brought to its end, and from then on.
    pub(super) fn outcome(&self) -> Option<Arc<Outcome>> {
        lock(&self.state).outcome.clone()
    }

    pub(super) fn signal(&self, signal: Signal) {
        let mut state = lock(&self.state);
        state.signal = state.signal.or(Some(signal));
        state.driver.take().into_iter().for_each(Waker::wake);
    }

    pub(super) fn poll_signal(&self, context: &Context<'_>) -> Poll<Signal> {
        let mut state = lock(&self.state);
        match state.signal {
            Some(signal) => Poll::Ready(signal),
            None => {
                match &mut state.driver {
                    Some(waker) => waker.clone_from(context.waker()),
                    None => state.driver = Some(context.waker().clone()),
                }
                Poll::Pending
            }
        }
    }

    /// What there is behind an event; `None` when that is still to come.
    pub(super) fn next(&self, after: u64) -> Option<Next> {
        lock(&self.state).next(after)
    }

    /// Ready when there is something behind an event.
    pub(super) fn poll_more(&self, after: u64, context: &Context<'_>) -> Poll<()> {
        let mut state = lock(&self.state);
        if state.next(after).is_some() { Poll::Ready(()) } else { state.wait(context) }
    }
}

/// What one listens to.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub(super) enum Topic {
    /// One run.
    Run(RunId),
    /// All runs of a conversation.
    Conversation(ConversationId),
    /// All runs of somebody.
    Subject(Subject),
}

/// Rung when there is something to be looked at in the store.
#[derive(Default)]
pub(super) struct Bell(Mutex<Rings>);

#[derive(Default)]
struct Rings {
    count: u64,
    wakers: Vec<Waker>,
}

impl Bell {
    /// How often it was rung. Ask before looking, and wait for more.
    pub(super) fn rings(&self) -> u64 {
        lock(&self.0).count
    }

    fn ring(&self) {
        let mut rings = lock(&self.0);
        rings.count += 1;
        rings.wakers.drain(..).for_each(Waker::wake);
    }

    /// Ready when it was rung more often than that.
    pub(super) fn poll_more(&self, than: u64, context: &Context<'_>) -> Poll<()> {
        let mut rings = lock(&self.0);
        if rings.count > than {
            return Poll::Ready(());
        }
        if !rings.wakers.iter().any(|waker| waker.will_wake(context.waker())) {
            rings.wakers.push(context.waker().clone());
        }
        Poll::Pending
    }
}

/// All feeds and bells of a process.
#[derive(Default)]
pub(super) struct Hub {
    feeds: Mutex<HashMap<RunId, Arc<Feed>>>,
    bells: Mutex<Bells>,
    /// Whether the store tells what other processes do.
    told: AtomicBool,
}

#[derive(Default)]
struct Bells {
    of: HashMap<Topic, Weak<Bell>>,
    /// At this size those are let go that nobody listens to any more.
    full: usize,
}

impl Hub {
    /// Opens the feed of a run that begins.
    pub(super) fn open(&self, run: RunId, conversation: ConversationId, owner: Subject) -> Arc<Feed> {
        let feed = Arc::new(Feed::default());
        lock(&self.feeds).insert(run, feed.clone());
        self.ring(&RunNotice { run, conversation, owner, stop: false, begins: true });
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

    /// The runs that this process drives.
    pub(super) fn runs(&self) -> Vec<RunId> {
        lock(&self.feeds).keys().copied().collect()
    }

    /// The bell of a topic, for as long as somebody holds it.
    pub(super) fn bell(&self, topic: Topic) -> Arc<Bell> {
        let mut bells = lock(&self.bells);
        if let Some(bell) = bells.of.get(&topic).and_then(Weak::upgrade) {
            return bell;
        }
        if bells.of.len() >= bells.full {
            bells.of.retain(|_, bell| bell.strong_count() > 0);
            bells.full = 64 + 2 * bells.of.len();
        }
        let bell = Arc::new(Bell::default());
        bells.of.insert(topic, Arc::downgrade(&bell));
        bell
    }

    /// Something happened to a run.
    pub(super) fn ring(&self, notice: &RunNotice) {
        let RunNotice { run, conversation, owner, stop, begins } = *notice;
        if stop && let Some(feed) = self.feed(run) {
            feed.signal(Signal::Stop);
        }
        let all = [Topic::Run(run), Topic::Conversation(conversation), Topic::Subject(owner)];
        // whoever follows many runs listens to each of them, too
        let topics = if begins { &all[..] } else { &all[..1] };
        let bells = topics.iter().map(|topic| lock(&self.bells).of.get(topic).and_then(Weak::upgrade));
        bells.flatten().for_each(|bell| bell.ring());
    }

    /// Something may have happened to any run.
    pub(super) fn ring_all(&self) {
        let bells: Vec<Arc<Bell>> = lock(&self.bells).of.values().filter_map(Weak::upgrade).collect();
        bells.into_iter().for_each(|bell| bell.ring());
    }

    /// Whether other processes are heard at once.
    pub(super) fn is_told(&self) -> bool {
        self.told.load(Ordering::Relaxed)
    }

    pub(super) fn set_told(&self, told: bool) {
        self.told.store(told, Ordering::Relaxed);
    }
}
