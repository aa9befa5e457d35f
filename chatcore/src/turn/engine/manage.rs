//! Stopping, deleting, and finding runs whose driver is gone.

use std::time::Duration;

use super::Chat;
use crate::account::{Caller, Scope};
use crate::audit::Draft;
use crate::billing::entitlement::SettleHold;
use crate::clock::Timestamp;
use crate::conversation::{Conversation, NewConversation, Settings};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, RunId};
use crate::once::forget_expired;
use crate::store::{Batch, Conflict, RunNotice};
use crate::turn::answer::{seed, stored};
use crate::turn::change::{FinishRun, RequestStop};
use crate::turn::event::RunEvent;
use crate::turn::hub::Signal;
use crate::turn::run::{Run, RunState};

/// A job that is this old is not under way any more.
const JOB_AGE: Duration = Duration::from_secs(3600);

/// Runs that are looked at together.
const SWEEP: usize = 100;

impl Chat {
    /// Makes a conversation.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] when it names a model that there is not; otherwise as [`crate::conversation::Conversations::create`].
    pub async fn create(&self, caller: &Caller, new: NewConversation) -> Result<Conversation, Error> {
        self.knows(new.model.as_deref())?;
        self.conversations.create(caller, new).await
    }

    /// Changes a conversation.
    ///
    /// # Errors
    /// [`Error::UnknownModel`] when it is to have a model that there is not; otherwise as [`crate::conversation::Conversations::update`].
    pub async fn update(
        &self,
        caller: &Caller,
        id: ConversationId,
        settings: Settings,
        expected_version: Option<u64>,
    ) -> Result<Conversation, Error> {
        self.knows(settings.model.as_ref().and_then(Option::as_deref))?;
        self.conversations.update(caller, id, settings, expected_version).await
    }

    fn knows(&self, model: Option<&str>) -> Result<(), Error> {
        match model {
            Some(named) if self.models.find(model).is_none() => Err(Error::UnknownModel(named.to_owned())),
            _ => Ok(()),
        }
    }

    /// Asks a run to stop; what has been said stays. A request that is stored before the end is honoured, whichever process
    /// drives the run. Asking again, or too late, changes nothing, and the answer says so: it is the run as it is then.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn stop(&self, caller: &Caller, id: RunId) -> Result<Run, Error> {
        self.stop_at(caller, id, None).await
    }

    /// The same for a reader who has seen so many characters (Unicode scalar values) of the message's text: what is behind
    /// that is not kept. The text never gets longer by it. Only the first request to stop counts, and only if it comes
    /// before the end; the log keeps what was said, the message what was seen.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn stop_at(&self, caller: &Caller, id: RunId, seen_len: Option<u64>) -> Result<Run, Error> {
        caller.require(Scope::Write)?;
        let run = self.run(caller, id).await?;
        match self.ask_to_stop(&run, seen_len).await? {
            Some(asked) => Ok(asked),
            None => self.run(caller, id).await,
        }
    }

    /// The run as the request left it; `None` when the request changed nothing.
    async fn ask_to_stop(&self, run: &Run, seen_len: Option<u64>) -> Result<Option<Run>, Error> {
        let request = RequestStop { run: run.id, seen_len, at: self.conversations.now() };
        let done = self.store().commit(Batch::of(request)).await?;
        if let Some(feed) = self.hub.feed(run.id) {
            feed.signal(Signal::Stop);
        }
        Ok(done.get::<Run>(&run.id).cloned())
    }

    /// Deletes a message and everything below it; runs in there are stopped. It is gone at once. What it consists of is
    /// removed when the last of those runs has ended, by whoever ends it: what they used counts for the conversation.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_message(&self, caller: &Caller, id: MessageId) -> Result<Conversation, Error> {
        self.delete_message_with(caller, id, None).await
    }

    /// The same with an entry in the audit log.
    pub(crate) async fn delete_message_with(
        &self,
        caller: &Caller,
        id: MessageId,
        draft: Option<Draft>,
    ) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        let (conversation, message) = self.conversations.live(caller, id).await?;
        for run in self.store().active_runs(conversation.id).await? {
            let writes = self.store().message(run.message).await?;
            if let Some(writes) = writes
                && self.conversations.lies_below(conversation.id, writes.place, message.place).await?
            {
                self.ask_to_stop(&run, None).await?;
            }
        }
        self.conversations.delete_subtree_with(caller, id, draft).await
    }

    /// Deletes a conversation; its runs are stopped.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete(&self, caller: &Caller, id: ConversationId) -> Result<(), Error> {
        self.delete_with(caller, id, None).await
    }

    /// The same with an entry in the audit log.
    pub(crate) async fn delete_with(
        &self,
        caller: &Caller,
        id: ConversationId,
        draft: Option<Draft>,
    ) -> Result<(), Error> {
        caller.require(Scope::Write)?;
        let conversation = self.conversations.get(caller, id).await?;
        for run in self.store().active_runs(conversation.id).await? {
            self.ask_to_stop(&run, None).await?;
        }
        self.conversations.delete_with(caller, id, draft).await
    }

    /// Ends runs whose driver has shown no sign of life since a moment, with what they have stored, as interrupted (or
    /// stopped, if that was asked). Runs of this process that are under way are left alone. Returns how many were ended.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is found another time.
    pub async fn reap(&self, before: Timestamp) -> Result<usize, Error> {
        let mut ended = 0;
        loop {
            let lapsed = self.store().lapsed_runs(before, SWEEP).await?;
            let mut now = 0;
            for run in lapsed.iter().filter(|run| self.hub.feed(run.id).is_none()) {
                match self.end_dead(run).await {
                    Ok(ended) => now += usize::from(ended),
                    // one that cannot be ended keeps nobody else from it
                    Err(error) => tracing::error!(run = %run.id, %error, "failed to end a run that lapsed"),
                }
            }
            ended += now;
            // a full page of which something ended may hide more behind it
            if now == 0 || lapsed.len() < SWEEP {
                return Ok(ended);
            }
        }
    }

    async fn end_dead(&self, run: &Run) -> Result<bool, Error> {
        let (mut answer, last) = stored(&**self.store(), run.id).await?;
        let seed = seed(&**self.store(), run).await?;
        let (state, event) = match run.stop_requested_at {
            Some(_) => (RunState::Stopped, RunEvent::Stopped),
            None => (RunState::Interrupted, RunEvent::Interrupted),
        };
        let mut events = answer.cancelled();
        events.iter().for_each(|result| answer.push(result));
        events.push(event);
        let spent = self.spent_by_dead(run, &answer, &seed).await?;
        let change = FinishRun {
            run: run.id,
            state,
            first: last + 1,
            events,
            usage: spent.usage(),
            parts: answer.parts().to_vec(),
            model: answer.model().map(str::to_owned),
            finish: None,
            error: None,
            first_token_at: None,
            at: self.conversations.now(),
        };
        let mut batch = Batch::of(change);
        if let Some(terms) = self.terms.clone() {
            batch.push(SettleHold { run: run.id, spent, terms, at: self.conversations.now() });
        }
        match self.store().commit(batch).await {
            Ok(done) => {
                done.all::<Run>().for_each(|run| self.hub.ring(&RunNotice::of(Some(run), run)));
                self.resume_cuts(&done, run).await;
                Ok(true)
            }
            // its driver, another reaper, a purge or a request to stop was first
            Err(error)
                if matches!(
                    error.conflict(),
                    Some(Conflict::RunEnded { .. } | Conflict::StopRequested | Conflict::LogGap | Conflict::Missing(_))
                ) =>
            {
                Ok(false)
            }
            Err(error) => Err(error.into()),
        }
    }

    /// What a program does when it starts: in a store that no other process uses every run is dead, and jobs that were
    /// begun are done to their end. Returns how many runs were ended.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn recover(&self) -> Result<usize, Error> {
        let now = self.conversations.now();
        let before = if self.store().is_exclusive() { Timestamp::MAX } else { now.minus(self.timing.lapse) };
        let ended = self.reap(before).await?;
        self.conversations.resume_jobs(before).await?;
        Ok(ended)
    }

    /// What a program does every few seconds: ends runs that lapsed, and what is held for runs that are
    /// gone. Returns how many runs were ended.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn sweep(&self) -> Result<usize, Error> {
        let ended = self.reap(self.conversations.now().minus(self.timing.lapse)).await?;
        self.revisit_holds().await?;
        Ok(ended)
    }

    /// What a program does every few seconds, in a task of its own: erases deleted accounts. Returns how many it is done with.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn erase(&self) -> Result<usize, Error> {
        self.conversations.erase_due().await
    }

    /// What a program does every few minutes: removes logs that nobody will come back for, goes on with jobs that failed
    /// half-way, and forgets the names of requests that have expired. Returns how many jobs were done.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn tidy(&self) -> Result<usize, Error> {
        self.purge_logs().await?;
        let now = self.conversations.now();
        let done = self.conversations.resume_jobs(now.minus(JOB_AGE)).await?;
        forget_expired(&**self.store(), now).await?;
        Ok(done)
    }
}
