//! Deleting: the part of the service that leaves work behind, and the work itself, that of forks included.

use super::branch;
use super::change::LookAhead;
use super::message::Message;
use super::place::{Fork, LaneRange, Node, Place};
use super::purge::{DeleteConversation, DeleteSubtree, EndPurge, Purge, PurgeStep};
use super::record::{Conversation, ConversationState};
use super::service::Conversations;
use crate::account::{Caller, Scope};
use crate::audit::{Audited, Draft};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{ConversationId, JobId, MessageId};
use crate::job::{Job, Work};
use crate::store::{Batch, StoreError};

/// Messages that one batch of a job handles.
pub(super) const STEP: usize = 100;

impl Conversations {
    /// Deletes a message and everything below it. It is gone at once; what is left of it is removed by a job, which this
    /// does before it returns. Whoever cannot wait that long runs it apart: the job is found again. The job waits for runs below the message; [`crate::Chat::delete_message`] asks them to stop.
    ///
    /// # Errors
    /// [`Error::NotFound`].
    pub async fn delete_subtree(&self, caller: &Caller, id: MessageId) -> Result<Conversation, Error> {
        self.delete_subtree_with(caller, id, None).await
    }

    /// The same with an entry in the audit log.
    pub(crate) async fn delete_subtree_with(
        &self,
        caller: &Caller,
        id: MessageId,
        draft: Option<Draft>,
    ) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        loop {
            let (conversation, message) = self.live(caller, id).await?;
            let (ahead, change) = self.deletion(caller, &conversation, &message).await?;
            let job = change.job;
            let change = Audited { change, draft: draft.clone() };
            match self.store.commit(Batch::of(ahead).and(change)).await.map_err(Error::from) {
                // the tree changed between the look and the step: look again
                Err(Error::StaleVersion) => {}
                Err(error) => return Err(error),
                Ok(done) => {
                    self.work_off(done.get::<Job>(&job)).await;
                    return self.get(caller, conversation.id).await;
                }
            }
        }
    }

    async fn deletion(
        &self,
        caller: &Caller,
        conversation: &Conversation,
        message: &Message,
    ) -> Result<(LookAhead, DeleteSubtree), Error> {
        let lanes = self.store.lanes_up(conversation.id, message.place.lane, 0).await?;
        let parent = branch::parent(&lanes, message.place);
        let survivor = self.survivor(conversation.id, parent, message).await?;
        let at_parent = LaneRange { lane: parent.lane, first: parent.position, last: parent.position };
        let departure = self.store.tip(conversation.id, at_parent).await?.departure;
        let mut choices = Vec::new();
        // another child that was active stays so
        if departure.map_or(parent.lane, |fork| fork.active) == message.place.lane {
            let active = survivor.as_ref().map_or(parent.lane, |node| node.place.lane);
            choices.push(Fork { conversation: conversation.id, place: parent, active });
        }
        let head = match (survivor, message.parent) {
            (Some(sibling), _) => Some(branch::descend(&*self.store, conversation, &sibling).await?.message),
            (None, parent) => parent,
        };
        let at = self.now();
        let mut hint: Vec<u32> = lanes.iter().map(|lane| lane.lane).collect();
        if let Some(head) = conversation.head {
            let up = self.store.lanes_up(conversation.id, head.place.lane, 0).await?;
            hint.extend(up.iter().map(|lane| lane.lane));
        }
        let change = DeleteSubtree {
            conversation: conversation.id,
            owner: caller.subject(),
            message: message.id,
            head,
            choices,
            job: JobId::mint(at, &*self.ids),
            at,
        };
        Ok((LookAhead { conversation: conversation.id, lanes: hint }, change))
    }

    /// The child of a place that is to be active when a message goes: the one that came last of those that stay.
    async fn survivor(
        &self,
        conversation: ConversationId,
        parent: Place,
        gone: &Message,
    ) -> Result<Option<Node>, StoreError> {
        let at = LaneRange { lane: parent.lane, first: parent.position, last: parent.position };
        let (mut after, mut newest) = (None, None);
        loop {
            let lanes = self.store.lanes_from(conversation, at, after, STEP).await?;
            let Some(last) = lanes.last() else { break };
            after = Some((parent.position, last.seq));
            let alive = lanes.iter().rev().filter(|lane| !lane.is_empty() && lane.message != Some(gone.id));
            if let Some(message) = alive.into_iter().find_map(|lane| lane.message) {
                newest = Some(message);
            }
        }
        if let Some(message) = newest {
            return Ok(self.store.message(message).await?.map(|message| message.node()));
        }
        let next = parent.next();
        let lane = self.store.lanes_up(conversation, next.lane, u32::MAX).await?;
        if lane.first().is_some_and(|lane| lane.is_cut(next.position)) {
            return Ok(None);
        }
        let range = LaneRange { lane: next.lane, first: next.position, last: next.position };
        let elder = self.store.messages_in(conversation, &[range]).await?.into_iter().next();
        Ok(elder.filter(|elder| elder.id != gone.id).map(|elder| elder.node()))
    }

    /// Deletes a conversation. It is gone at once; a job removes what is left, which this does before it returns.
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
        self.get(caller, id).await?;
        let at = self.now();
        let job = JobId::mint(at, &*self.ids);
        let change = DeleteConversation { conversation: id, owner: caller.subject(), job, at };
        let done = self.store.commit(Batch::of(Audited { change, draft })).await?;
        self.work_off(done.get::<Job>(&job)).await;
        Ok(())
    }

    /// Does all that is left to do of what was begun before a moment, and returns how many jobs that were. On a store
    /// that several processes use, younger jobs may be under way in another one. Erasures are left to
    /// [`Self::erase_due`]: they take long, and nothing waits for them.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn resume_jobs(&self, before: Timestamp) -> Result<usize, Error> {
        let (mut after, mut done) = (None, 0);
        loop {
            let jobs = self.store.jobs(after, STEP).await?;
            let Some(last) = jobs.last() else { return Ok(done) };
            after = Some(last.id);
            for job in jobs.iter().filter(|job| job.created_at < before) {
                done += usize::from(self.work_off(Some(job)).await);
            }
        }
    }

    /// Does what is left to do of deletions in one conversation: one of them may have waited for a run that has ended.
    pub(crate) async fn resume_cuts(&self, conversation: ConversationId) -> Result<(), StoreError> {
        let mut after = None;
        loop {
            let jobs = self.store.jobs(after, STEP).await?;
            let Some(last) = jobs.last() else { return Ok(()) };
            after = Some(last.id);
            let here =
                |job: &&Job| matches!(job.work, Work::PurgeSubtree { conversation: of, .. } if of == conversation);
            for job in jobs.iter().filter(here) {
                self.work_off(Some(job)).await;
            }
        }
    }

    /// Does a job, whose mark took effect already: if it fails half-way it is done another time.
    pub(crate) async fn work_off(&self, job: Option<&Job>) -> bool {
        let Some(job) = job else { return false };
        let done = self.work(job.clone()).await;
        done.unwrap_or_else(|error| {
            tracing::warn!(job = %job.id, %error, "a job was not done to its end; it will be found again");
            false
        })
    }

    /// Does a job to its end, in bounded batches. May be done again from any point. `false` when it has to wait for a run.
    pub(crate) async fn work(&self, job: Job) -> Result<bool, Error> {
        match job.work {
            Work::PurgeSubtree { conversation, lane, from } => {
                // nothing begins behind a mark, so this is decided once and for all
                if self.is_written_below(conversation, Place { lane, position: from }).await? {
                    return Ok(false);
                }
                self.purge_shares(conversation, Some(Place { lane, position: from })).await?;
                self.purge(conversation, lane, from).await?;
            }
            Work::PurgeConversation { conversation } => {
                self.purge_shares(conversation, None).await?;
                self.purge(conversation, 0, 0).await?;
            }
            Work::Adopt { from, to } => self.adopt_all(from, to).await?,
            // it takes long, and deletes conversations itself
            Work::Erase { .. } => return Ok(false),
            Work::Fork { conversation, .. } => {
                // whoever built it is gone: nobody has seen it
                let found = self.store.conversation(conversation).await?;
                if found.is_some_and(|found| found.state == ConversationState::Building) {
                    self.purge(conversation, 0, 0).await?;
                }
            }
        }
        self.store.commit(Batch::of(EndPurge { job: job.id })).await?;
        Ok(true)
    }

    /// Whether a message at a place or below it is still being written.
    async fn is_written_below(&self, id: ConversationId, place: Place) -> Result<bool, StoreError> {
        for run in self.store.active_runs(id).await? {
            let writes = self.store.message(run.message).await?;
            if let Some(writes) = writes
                && self.lies_below(id, writes.place, place).await?
            {
                return Ok(true);
            }
        }
        Ok(false)
    }

    /// Whether one place is another one or lies below it.
    pub(crate) async fn lies_below(&self, id: ConversationId, inner: Place, place: Place) -> Result<bool, StoreError> {
        let lanes = self.store.lanes_up(id, inner.lane, 0).await?;
        let mut last = inner.position;
        for lane in lanes {
            if lane.lane == place.lane {
                return Ok(last >= place.position);
            }
            last = lane.start.saturating_sub(1);
        }
        Ok(false)
    }

    /// Removes links to what lies below a place, or all of them: before the messages, so that none leads nowhere.
    async fn purge_shares(&self, conversation: ConversationId, below: Option<Place>) -> Result<(), Error> {
        let mut after = None;
        loop {
            let page = self.store.shares(conversation, after, STEP).await?;
            let Some(last) = page.last() else { return Ok(()) };
            after = Some(last.id);
            let mut shares = Vec::new();
            for share in page {
                let message = self.store.message(share.message).await?;
                let goes = match (below, message) {
                    (Some(place), Some(message)) => self.lies_below(conversation, message.place, place).await?,
                    _ => true,
                };
                shares.extend(goes.then_some(share.hash));
            }
            if !shares.is_empty() {
                self.purge_step(conversation, &[], Purge { shares, ..Purge::default() }).await?;
            }
        }
    }

    /// Removes a lane from a position on, and what forked off there, leaves first.
    async fn purge(&self, conversation: ConversationId, lane: u32, from: u32) -> Result<(), Error> {
        let mut stack = vec![(lane, from)];
        while let Some((lane, from)) = stack.last().copied() {
            let below = LaneRange { lane, first: from, last: u32::MAX };
            // children of the message at `from` and of those behind it
            let children = self.store.lanes_from(conversation, below, None, 1).await?;
            if let Some(child) = children.first() {
                stack.push((child.lane, child.start));
                continue;
            }
            let last = self.store.tip(conversation, below).await?.last;
            let Some(last) = last else {
                let record = self.store.lanes_up(conversation, lane, u32::MAX).await?;
                if record.first().is_some_and(|record| lane != 0 && record.start >= from) {
                    self.purge_step(conversation, &stack, Purge { lanes: vec![lane], ..Purge::default() }).await?;
                }
                stack.pop();
                continue;
            };
            let span = u32::try_from(STEP).unwrap_or(1);
            let first = last.place.position.saturating_sub(span - 1).max(from);
            let range = LaneRange { lane, first, last: last.place.position };
            let messages = self.store.messages_in(conversation, &[range]).await?;
            for message in &messages {
                self.purge_run(conversation, &stack, message).await?;
            }
            let messages = messages.iter().map(|message| message.id).collect();
            self.purge_step(conversation, &stack, Purge { messages, ..Purge::default() }).await?;
        }
        Ok(())
    }

    async fn purge_run(
        &self,
        conversation: ConversationId,
        chain: &[(u32, u32)],
        message: &Message,
    ) -> Result<(), Error> {
        let Some(run) = message.run else { return Ok(()) };
        // the run first: without it nothing more can come to its log
        self.purge_step(conversation, chain, Purge { runs: vec![run], ..Purge::default() }).await?;
        loop {
            let logs = self.store.run_log(run, 0, STEP).await?;
            if logs.is_empty() {
                return Ok(());
            }
            let logs = logs.iter().map(|log| (log.run, log.first)).collect();
            self.purge_step(conversation, chain, Purge { logs, ..Purge::default() }).await?;
        }
    }

    /// One step; `chain` holds the lanes from the cut down to what goes, which the rule will walk up.
    async fn purge_step(&self, conversation: ConversationId, chain: &[(u32, u32)], purge: Purge) -> Result<(), Error> {
        let lanes = chain.iter().map(|(lane, _)| *lane).collect();
        let ahead = LookAhead { conversation, lanes };
        self.store.commit(Batch::of(ahead).and(PurgeStep { conversation, purge })).await?;
        Ok(())
    }
}
