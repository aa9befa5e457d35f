//! Jobs: what is still to be done, and whether there is something to do it to.

use std::collections::BTreeMap;

use super::changes::{Absent, Remove, Same};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::account::{AccountState, User};
use crate::conversation::{Conversation, ConversationState};
use crate::id::{ConversationId, UserId};
use crate::job::{Job, Work};
use crate::store::{Batch, StoreError};

/// The unfinished jobs, by conversation.
#[derive(Debug, Default)]
pub(super) struct Jobs {
    by_conversation: BTreeMap<ConversationId, Vec<Job>>,
    /// Erasures, by user.
    erasures: BTreeMap<UserId, Vec<Job>>,
    /// Whether some could not be read: then that there is none means nothing.
    unknown: bool,
}

/// What is still to be done to one conversation.
#[derive(Debug, Clone, Default)]
pub(super) struct Pending {
    /// Deleted parts that are to be purged.
    pub(super) cuts: Vec<Job>,
    /// Whether all of it is to be purged.
    pub(super) purge: bool,
    /// Whether it is being built.
    pub(super) fork: bool,
    /// Whether there may be more that cannot be read.
    pub(super) unknown: bool,
}

impl Pending {
    /// Whether something may lack a part that a job has already removed.
    pub(super) const fn any(&self) -> bool {
        !self.cuts.is_empty() || self.purge || self.fork || self.unknown
    }
}

impl Jobs {
    pub(super) fn of(&self, conversation: ConversationId) -> Pending {
        let mut pending = Pending { unknown: self.unknown, ..Pending::default() };
        for job in self.by_conversation.get(&conversation).into_iter().flatten() {
            match job.work {
                Work::PurgeSubtree { .. } => pending.cuts.push(job.clone()),
                Work::PurgeConversation { .. } => pending.purge = true,
                Work::Fork { .. } => pending.fork = true,
                Work::Adopt { .. } | Work::Erase { .. } => {}
            }
        }
        pending
    }

    /// Whether a deleted account is about to be erased, or may be.
    pub(super) fn erases(&self, user: UserId) -> bool {
        self.unknown || self.erasures.contains_key(&user)
    }
}

/// The conversation that a job is about, if it is about one.
fn target(work: &Work) -> Option<ConversationId> {
    match work {
        Work::PurgeSubtree { conversation, .. }
        | Work::PurgeConversation { conversation }
        | Work::Fork { conversation, .. } => Some(*conversation),
        Work::Adopt { .. } | Work::Erase { .. } => None,
    }
}

/// Reads all jobs.
pub(super) async fn read(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let mut pages = Pages::<Job>::new();
    while let Some(job) = pages.next(walk).await? {
        match (target(&job.work), &job.work) {
            (Some(conversation), _) => walk.jobs.by_conversation.entry(conversation).or_default().push(job),
            (None, Work::Erase { user, .. }) => walk.jobs.erasures.entry(*user).or_default().push(job),
            (None, _) => {}
        }
    }
    walk.jobs.unknown = pages.is_broken();
    Ok(())
}

/// Jobs that can never end. Comes last: a lost conversation may have been made anew.
pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let all = std::mem::take(&mut walk.jobs.by_conversation);
    for (id, jobs) in all {
        let Some(conversation) = readable(walk.store.conversation(id).await)? else { continue };
        if conversation.is_none() && walk.lost.contains(&id) {
            continue;
        }
        for job in jobs {
            let Some(group) = useless(&job, id, conversation.as_ref()) else { continue };
            walk.found(group).await?;
        }
    }
    erasures(walk).await
}

/// Erasures of what is not deleted, which would be refused for good.
async fn erasures(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let all = std::mem::take(&mut walk.jobs.erasures);
    for (id, jobs) in all {
        let Some(user) = super::accounts::user(walk.store, id).await? else { continue };
        if user.as_ref().is_some_and(|user| user.state == AccountState::Deleted) {
            continue;
        }
        for job in jobs {
            let (evidence, detail) = match user.clone() {
                None => (Batch::of(Absent::<User>(id)), "the account that it is to erase does not exist"),
                Some(user) => (Batch::of(Same(user)), "the account that it is to erase is in use"),
            };
            let finding = Finding::on::<Job>("job_without_purpose", &job.id, detail);
            walk.found(Group::of(finding, evidence.and(Remove(job)))).await?;
        }
    }
    Ok(())
}

fn useless(job: &Job, id: ConversationId, conversation: Option<&Conversation>) -> Option<Group> {
    let (rule, detail, evidence) = match conversation {
        None => {
            let evidence = Batch::of(Absent::<Conversation>(id));
            ("job_without_conversation", "the conversation that it is about does not exist", evidence)
        }
        Some(found) if found.state == ConversationState::Live && !matches!(job.work, Work::PurgeSubtree { .. }) => {
            let evidence = Batch::of(Same(found.clone()));
            ("job_without_purpose", "the conversation that it is to build or to remove is there and whole", evidence)
        }
        Some(_) => return None,
    };
    Some(Group::of(Finding::on::<Job>(rule, &job.id, detail), evidence.and(Remove(job.clone()))))
}
