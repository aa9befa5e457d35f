//! Listening to all runs of a conversation or of somebody, wherever they are driven.
//!
//! Which runs there are is asked of the store, so a reader that sleeps misses none. A bell, or a look every now and then,
//! says when to ask. Runs come by the time in their ids; one whose commit took its time, or whose server has a slow
//! clock, comes late, so each look begins a little before the newest that is known.

use std::collections::{BTreeMap, VecDeque};
use std::future::{pending, poll_fn};
use std::pin::pin;
use std::sync::Arc;
use std::task::Poll;
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{BoxStream, StreamExt, unfold};

use super::Chat;
use super::events::{Reader, Step};
use crate::account::{Caller, Scope};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{ConversationId, RunId};
use crate::subject::Subject;
use crate::turn::bookmark::{Bookmark, Heard};
use crate::turn::event::Numbered;
use crate::turn::hub::{Bell, Topic};
use crate::turn::run::Run;

/// How late a run may come.
const LATE: Duration = Duration::from_secs(15);

/// Runs that began longer ago are not followed by whoever begins to listen.
const LONGEST: Duration = Duration::from_secs(24 * 3600);

/// Runs that one reader follows at the same time; more wait for their turn.
const AT_ONCE: usize = 64;

/// Runs that are asked for together.
const PAGE: usize = 100;

/// An event of some run of a conversation or a subject.
#[derive(Debug, Clone, PartialEq)]
pub struct ConversationEvent {
    /// The run.
    pub run: RunId,
    /// The event.
    pub event: Numbered,
    /// Where whoever has heard this event goes on.
    pub bookmark: Bookmark,
}

/// The events of several runs: those of each run in order, without gaps. The stream does not end.
pub type ConversationEvents = BoxStream<'static, Result<ConversationEvent, Error>>;

impl Chat {
    /// The events of all runs of a conversation. Behind a bookmark it goes on where that was made, as far as logs are
    /// kept; without one it begins with the runs that are under way, and then tells each that begins.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn conversation_events(
        &self,
        caller: &Caller,
        id: ConversationId,
        after: Option<Bookmark>,
    ) -> Result<ConversationEvents, Error> {
        let conversation = self.conversations.get(caller, id).await?;
        Ok(self.topic(caller.subject(), Topic::Conversation(conversation.id), after))
    }

    /// The events of all runs of the caller; as [`Self::conversation_events`].
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub fn subject_events(&self, caller: &Caller, after: Option<Bookmark>) -> Result<ConversationEvents, Error> {
        caller.require(Scope::Read)?;
        Ok(self.topic(caller.subject(), Topic::Subject(caller.subject()), after))
    }

    fn topic(&self, owner: Subject, topic: Topic, after: Option<Bookmark>) -> ConversationEvents {
        let now = self.conversations.now();
        let heard = after.map(|bookmark| bookmark.0);
        let newest = match &heard {
            Some(heard) => heard.iter().map(|heard| heard.run.minted_at()).max().unwrap_or(now),
            None => now.minus(LONGEST),
        };
        let follower = Follower {
            chat: self.clone(),
            owner,
            topic,
            bell: self.hub.bell(topic),
            rings: 0,
            known: BTreeMap::new(),
            newest,
            // who goes on wants to hear also of what has ended meanwhile
            since: heard.is_none().then_some(now),
            resumed: heard.unwrap_or_default(),
            open: VecDeque::new(),
            looked: false,
            newest_of_topic: newest,
        };
        unfold(Some(follower), |follower| async move {
            let mut follower = follower?;
            match follower.next().await {
                Ok(event) => Some((Ok(event), Some(follower))),
                Err(error) => Some((Err(error), None)),
            }
        })
        .boxed()
    }
}

/// One reader of all runs of a topic.
struct Follower {
    chat: Chat,
    owner: Subject,
    topic: Topic,
    bell: Arc<Bell>,
    /// How often the bell had been rung at the last look.
    rings: u64,
    /// Runs that are followed, or were and may be met again.
    known: BTreeMap<RunId, Heard>,
    /// When the newest known run began.
    newest: Timestamp,
    /// When the newest run of the topic began.
    newest_of_topic: Timestamp,
    /// Runs that had ended before this moment are of no interest.
    since: Option<Timestamp>,
    /// Where the reader was, until the first look.
    resumed: Vec<Heard>,
    /// The runs that are followed; whose turn it is stands first.
    open: VecDeque<Followed>,
    /// Whether all that is there has been seen.
    looked: bool,
}

/// A run that is followed.
struct Followed {
    run: RunId,
    reader: Reader,
    /// Whether the reader may have something.
    due: bool,
}

impl Follower {
    async fn next(&mut self) -> Result<ConversationEvent, Error> {
        self.resume().await?;
        loop {
            if !self.looked {
                self.look().await?;
            }
            if let Some((run, event)) = self.step().await? {
                return Ok(ConversationEvent { run, event, bookmark: self.bookmark(run) });
            }
            if self.looked {
                self.wait().await;
            }
        }
    }

    /// The next event of those that are there. Runs take turns.
    async fn step(&mut self) -> Result<Option<(RunId, Numbered)>, Error> {
        while let Some(at) = self.open.iter().position(|followed| followed.due) {
            self.open.rotate_left(at);
            let Some(mut followed) = self.open.pop_front() else { break };
            match followed.reader.step().await {
                Ok(Step::Event(event)) => {
                    let run = followed.run;
                    self.hear(run, Some(&event));
                    self.open.push_back(followed);
                    return Ok(Some((run, event)));
                }
                Ok(Step::Wait) => {
                    followed.due = false;
                    self.open.push_back(followed);
                }
                Ok(Step::Over) => {
                    self.hear(followed.run, None);
                    // there is room for another
                    self.looked = false;
                }
                Err(error) => return Err(error),
            }
        }
        Ok(None)
    }

    /// Until some run may have more, or it is time to look for others.
    async fn wait(&mut self) {
        let Self { chat, bell, rings, open, looked, .. } = self;
        let told = poll_fn(|context| {
            let mut ready = Poll::Pending;
            for followed in open.iter_mut() {
                if followed.reader.poll_more(context).is_ready() {
                    (followed.due, ready) = (true, Poll::Ready(()));
                }
            }
            if bell.poll_more(*rings, context).is_ready() {
                (*looked, ready) = (false, Poll::Ready(()));
            }
            ready
        });
        // in a store of its own a process hears of every run by the bell
        let due = async { if chat.store().is_exclusive() { pending().await } else { chat.pause().await } };
        if matches!(select(told, pin!(due)).await, Either::Right(_)) {
            self.looked = false;
            self.open.iter_mut().for_each(|followed| followed.due = true);
        }
    }

    /// Goes on with the runs of a bookmark; those that are not there any more, or not the reader's, are passed over.
    async fn resume(&mut self) -> Result<(), Error> {
        while let Some(heard) = self.resumed.pop() {
            if !heard.ended
                && let Some(run) = self.chat.store().run(heard.run).await?
                && self.is_ours(&run)
            {
                self.follow(heard);
            } else {
                self.known.insert(heard.run, Heard { ended: true, ..heard });
            }
        }
        Ok(())
    }

    fn is_ours(&self, run: &Run) -> bool {
        let Topic::Conversation(conversation) = self.topic else { return run.owner == self.owner };
        run.owner == self.owner && run.conversation == conversation
    }

    /// Looks for runs that are not known yet, the oldest first.
    async fn look(&mut self) -> Result<(), Error> {
        self.rings = self.bell.rings();
        let mut after = RunId::first_at(self.newest.minus(LATE));
        loop {
            let page = self.chat.store().runs_of(self.owner, Some(after), PAGE).await?;
            let Some(last) = page.last() else { break };
            after = last.id;
            for run in page {
                if self.open.len() >= AT_ONCE {
                    // the rest when one of these has ended
                    self.looked = true;
                    return Ok(());
                }
                self.meet(&run);
            }
        }
        self.looked = true;
        // whoever comes back looks from the newest run of their bookmark
        let floor = RunId::first_at(self.newest_of_topic.minus(LATE));
        self.known.retain(|run, heard| !heard.ended || *run >= floor);
        Ok(())
    }

    fn meet(&mut self, run: &Run) {
        self.newest = self.newest.max(run.id.minted_at());
        if !self.is_ours(run) {
            return;
        }
        self.newest_of_topic = self.newest_of_topic.max(run.id.minted_at());
        if self.known.contains_key(&run.id) {
            return;
        }
        let over = self.since.is_some_and(|since| run.ended_at.is_some_and(|ended| ended < since));
        let heard = Heard { run: run.id, seq: 0, ended: over };
        if over {
            self.known.insert(run.id, heard);
        } else {
            self.follow(heard);
        }
    }

    fn follow(&mut self, heard: Heard) {
        let run = heard.run;
        self.known.insert(run, heard);
        let reader = Reader::new(&self.chat, run, heard.seq);
        self.open.push_back(Followed { run, reader, due: true });
    }

    /// Notes how far a run was heard.
    fn hear(&mut self, run: RunId, event: Option<&Numbered>) {
        let Some(heard) = self.known.get_mut(&run) else { return };
        match event {
            Some(event) => (heard.seq, heard.ended) = (event.seq, event.event.is_last()),
            None => heard.ended = true,
        }
    }

    /// The place behind the last event, which was one of that run.
    fn bookmark(&self, run: RunId) -> Bookmark {
        let floor = RunId::first_at(self.newest_of_topic.minus(LATE));
        let others = self.known.values().filter(|heard| heard.run != run && (!heard.ended || heard.run >= floor));
        Bookmark::of(self.known.get(&run).into_iter().chain(others).copied())
    }
}
