//! The job: what is found of somebody, and in which order it goes.

use super::SETTLE;
use super::change::{
    ForgetAccess, ForgetAliases, ForgetIdentities, ForgetNotes, ForgetProfile, ForgetRequests, NoteErased,
};
use crate::account::{Caller, Challenge, Visitor, password_bucket};
use crate::attachment::RemoveAttachment;
use crate::clock::Timestamp;
use crate::conversation::{Conversation, Conversations, EndPurge, Shelf};
use crate::error::Error;
use crate::id::{UserId, VisitorId};
use crate::job::{Job, Work};
use crate::limits::ClearAttempts;
use crate::once::{IdempotencyKey, RequestName};
use crate::store::{Batch, Domain, OrderedKey, Record, Stored};
use crate::subject::Subject;
use crate::turn::RequestStop;

/// Records that one batch removes, or that are looked at together.
const STEP: usize = 100;

/// Whether an erasure has something to do now.
fn is_due(job: &Job, now: Timestamp) -> bool {
    matches!(job.work, Work::Erase { looked_at, .. } if looked_at.is_none() || is_settled(job, now))
}

fn is_settled(job: &Job, now: Timestamp) -> bool {
    job.created_at.plus(SETTLE) <= now
}

impl Conversations {
    /// What a program does every few seconds, apart from everything else, for it may take minutes: erases deleted accounts.
    /// Returns how many it is done with.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest is done another time.
    pub async fn erase_due(&self) -> Result<usize, Error> {
        let (mut after, mut done) = (None, 0);
        loop {
            let jobs = self.store.jobs(after, STEP).await?;
            let Some(last) = jobs.last() else { return Ok(done) };
            after = Some(last.id);
            for job in jobs.iter().filter(|job| is_due(job, self.now())) {
                let Work::Erase { user, .. } = job.work else { continue };
                match self.erase(job, user).await {
                    Ok(is_done) => done += usize::from(is_done),
                    // one that fails keeps nobody else from theirs
                    Err(error) => {
                        tracing::warn!(job = %job.id, %error, "failed to erase an account; it is tried again");
                    }
                }
            }
        }
    }

    /// Erases what there is of an account; `false` when it is to be looked at once more. May be done again from any point.
    async fn erase(&self, job: &Job, user: UserId) -> Result<bool, Error> {
        // what is written behind this look is found by the next one
        let is_last = is_settled(job, self.now());
        self.erase_ways_in(user).await?;
        let aliases = self.aliases(user).await?;
        for owner in aliases.iter().copied().map(Subject::Visitor).chain([Subject::User(user)]) {
            self.erase_conversations(owner).await?;
            self.erase_attachments(owner).await?;
            self.erase_requests(user, owner).await?;
        }
        if is_last {
            for visitors in aliases.chunks(STEP).map(<[VisitorId]>::to_vec) {
                self.store.commit(Batch::of(ForgetAliases { user, visitors })).await?;
            }
            self.store.commit(Batch::of(EndPurge { job: job.id })).await?;
        } else {
            self.store.commit(Batch::of(NoteErased { job: job.id, at: self.now() })).await?;
        }
        Ok(is_last)
    }

    async fn erase_ways_in(&self, user: UserId) -> Result<(), Error> {
        let found = self.store.identities(user).await?;
        for keys in found.chunks(STEP) {
            let keys = keys.iter().map(Record::key).collect();
            self.store.commit(Batch::of(ForgetIdentities { user, keys })).await?;
        }
        let forget = Batch::of(ForgetProfile { user }).and(ClearAttempts { bucket: password_bucket(user) });
        self.store.commit(forget).await?;
        if self.store.supports(Domain::Billing) {
            self.store.commit(Batch::of(ForgetNotes { user })).await?;
        }
        let mut access = ForgetAccess::of(user);
        loop {
            access.sessions = self.store.sessions(user, None, STEP).await?.iter().map(Record::key).collect();
            access.keys = self.store.api_keys(user, None, STEP).await?.iter().map(Record::key).collect();
            if access.sessions.is_empty() && access.keys.is_empty() {
                break;
            }
            self.store.commit(Batch::of(access.clone())).await?;
        }
        // they live for a day at most, so there are not many, and no list of one user's
        for codes in self.all_of::<Challenge>(|code| code.user == Some(user)).await?.chunks(STEP) {
            let codes = codes.to_vec();
            self.store.commit(Batch::of(ForgetAccess { codes, ..ForgetAccess::of(user) })).await?;
        }
        Ok(())
    }

    /// Visitors that a user once was: few, found among all, for nothing else ever asks for them.
    async fn aliases(&self, user: UserId) -> Result<Vec<VisitorId>, Error> {
        self.all_of::<Visitor>(|visitor| visitor.merged_into == Some(user)).await
    }

    /// The keys of all records of a kind for which that holds.
    async fn all_of<R: Stored>(&self, theirs: impl Fn(&R) -> bool + Send) -> Result<Vec<R::Key>, Error> {
        let (mut found, mut after): (Vec<R::Key>, Option<Vec<u8>>) = (Vec::new(), None);
        loop {
            let mut page = crate::store::Loaded::default();
            let records = self.store.scan(R::KIND, after.as_deref(), STEP).await?;
            let Some(last) = records.last() else { return Ok(found) };
            after = Some(last.key_bytes());
            records.into_iter().for_each(|record| page.push(record));
            found.extend(R::loaded_mut(&mut page).iter().filter(|record| theirs(record)).map(Record::key));
        }
    }

    async fn erase_conversations(&self, owner: Subject) -> Result<(), Error> {
        loop {
            let mut found = self.store.conversations(owner, None, STEP).await?;
            for shelf in Shelf::ALL {
                found.extend(self.store.shelved(owner, shelf, None, STEP).await?);
            }
            if found.is_empty() {
                return Ok(());
            }
            for conversation in found {
                self.erase_conversation(&Caller::of(owner), &conversation).await?;
            }
        }
    }

    /// Its runs are asked to stop, so that their drivers do not find out by failing.
    async fn erase_conversation(&self, owner: &Caller, conversation: &Conversation) -> Result<(), Error> {
        for run in self.store.active_runs(conversation.id).await? {
            let stop = RequestStop { run: run.id, seen_len: None, at: self.now() };
            passing_over(self.store.commit(Batch::of(stop)).await.map(drop).map_err(Error::from))?;
        }
        passing_over(self.delete(owner, conversation.id).await)
    }

    async fn erase_attachments(&self, owner: Subject) -> Result<(), Error> {
        while self.store.supports(Domain::Attachments) {
            let found = self.store.attachments(owner, None, STEP).await?;
            if found.is_empty() {
                break;
            }
            for one in found {
                let (owner, at) = (Some(owner), self.now());
                let change = RemoveAttachment { id: one.id, owner, idle_before: None, knows_visitors: true, at };
                passing_over(self.store.commit(Batch::of(change)).await.map(drop).map_err(Error::from))?;
            }
        }
        Ok(())
    }

    /// Names of requests lie side by side, by owner.
    async fn erase_requests(&self, user: UserId, owner: Subject) -> Result<(), Error> {
        let first = (owner, RequestName::Key(String::new())).to_bytes();
        loop {
            let mut page = crate::store::Loaded::default();
            let found = self.store.scan(IdempotencyKey::KIND, Some(&first), STEP).await?;
            found.into_iter().for_each(|record| page.push(record));
            let theirs = page.idempotency_keys.into_iter().take_while(|name| name.owner == owner);
            let names: Vec<RequestName> = theirs.map(|name| name.name).collect();
            if names.is_empty() {
                return Ok(());
            }
            self.store.commit(Batch::of(ForgetRequests { user, owner, names })).await?;
        }
    }
}

/// What somebody else removed meanwhile is gone.
fn passing_over(done: Result<(), Error>) -> Result<(), Error> {
    match done {
        Err(Error::NotFound(_)) => Ok(()),
        done => done,
    }
}
