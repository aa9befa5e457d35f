//! A look for defects in what a store holds, whoever wrote it.

mod runs;
mod shape;

use std::collections::BTreeMap;

use crate::conversation::{Conversation, Fork, Lane, Message};
use crate::id::{ConversationId, MessageId};
use crate::job::{Job, Work};
use crate::store::{AnyRecord, Kind, Store, StoreError};
use crate::turn::{Run, RunLog};

/// Records that are read at once.
const PAGE: usize = 500;

/// Looks for what cannot be in one conversation: cycles, orphans, places that do not fit, wrong counts, runs and
/// messages that disagree. Returns a line for each defect. Reads all of the store; nothing else may write meanwhile.
///
/// # Errors
/// When the store cannot be read.
pub async fn check_tree(store: &dyn Store, conversation: ConversationId) -> Result<Vec<String>, StoreError> {
    let all = All::read(store).await?;
    let mut report = Report::default();
    match all.conversations.get(&conversation) {
        Some(conversation) => all.part(conversation).check(&mut report),
        None => report.say(format!("{conversation}: there is no such conversation")),
    }
    Ok(report.0)
}

/// [`check_tree`] for every conversation, and a look for records that belong to none and for numbers given twice.
///
/// # Errors
/// When the store cannot be read.
pub async fn check_store(store: &dyn Store) -> Result<Vec<String>, StoreError> {
    let all = All::read(store).await?;
    let mut report = Report::default();
    for conversation in all.conversations.values() {
        all.part(conversation).check(&mut report);
        // the lists agree with the records
        let mut messages = store.tree(conversation.id, None, usize::MAX).await?;
        messages.sort_by_key(|message| message.id);
        let mut stored: Vec<Message> = all.messages_of(conversation.id).cloned().collect();
        stored.sort_by_key(|message| message.id);
        report.unless(messages == stored, || format!("{}: its tree and its messages differ", conversation.id));
    }
    all.check_orphans(&mut report);
    Ok(report.0)
}

/// Defects found so far.
#[derive(Default)]
struct Report(Vec<String>);

impl Report {
    fn say(&mut self, defect: String) {
        self.0.push(defect);
    }

    fn unless(&mut self, good: bool, defect: impl FnOnce() -> String) {
        if !good {
            self.say(defect());
        }
    }
}

/// Everything that trees are made of.
#[derive(Default)]
struct All {
    conversations: BTreeMap<ConversationId, Conversation>,
    messages: BTreeMap<MessageId, Message>,
    lanes: Vec<Lane>,
    forks: Vec<Fork>,
    runs: Vec<Run>,
    logs: Vec<RunLog>,
    jobs: Vec<Job>,
}

/// One conversation with what belongs to it.
struct Part<'a> {
    of: &'a Conversation,
    messages: BTreeMap<MessageId, &'a Message>,
    lanes: BTreeMap<u32, Lane>,
    forks: Vec<Fork>,
    runs: Vec<&'a Run>,
    logs: &'a [RunLog],
    jobs: &'a [Job],
}

impl All {
    async fn read(store: &dyn Store) -> Result<Self, StoreError> {
        let mut all = Self::default();
        let kinds = [Kind::Conversation, Kind::Message, Kind::Lane, Kind::Fork, Kind::Run, Kind::RunLog, Kind::Job];
        for kind in kinds {
            let mut after: Option<Vec<u8>> = None;
            loop {
                let page = store.scan(kind, after.as_deref(), PAGE).await?;
                let Some(last) = page.last() else { break };
                after = Some(last.key_bytes());
                page.into_iter().for_each(|record| all.take(record));
            }
        }
        Ok(all)
    }

    fn take(&mut self, record: AnyRecord) {
        match record {
            AnyRecord::Conversation(record) => drop(self.conversations.insert(record.id, record)),
            AnyRecord::Message(record) => drop(self.messages.insert(record.id, record)),
            AnyRecord::Lane(record) => self.lanes.push(record),
            AnyRecord::Fork(record) => self.forks.push(record),
            AnyRecord::Run(record) => self.runs.push(record),
            AnyRecord::RunLog(record) => self.logs.push(record),
            AnyRecord::Job(record) => self.jobs.push(record),
            _ => {}
        }
    }

    fn messages_of(&self, id: ConversationId) -> impl Iterator<Item = &Message> {
        self.messages.values().filter(move |message| message.conversation == id)
    }

    fn part<'a>(&'a self, of: &'a Conversation) -> Part<'a> {
        let own = self.lanes.iter().filter(|lane| lane.conversation == of.id);
        let mut lanes: BTreeMap<u32, Lane> = own.map(|lane| (lane.lane, *lane)).collect();
        lanes.entry(0).or_insert_with(|| Lane::first(of.id));
        Part {
            of,
            messages: self.messages_of(of.id).map(|message| (message.id, message)).collect(),
            lanes,
            forks: self.forks.iter().filter(|fork| fork.conversation == of.id).copied().collect(),
            runs: self.runs.iter().filter(|run| run.conversation == of.id).collect(),
            logs: &self.logs,
            jobs: &self.jobs,
        }
    }

    /// What belongs to nothing, and numbers that were given twice.
    fn check_orphans(&self, report: &mut Report) {
        let known = |id: &ConversationId| self.conversations.contains_key(id);
        for message in self.messages.values().filter(|message| !known(&message.conversation)) {
            report.say(format!("{}: a message without a conversation", message.id));
        }
        for lane in self.lanes.iter().filter(|lane| !known(&lane.conversation)) {
            report.say(format!("lane {} of {}: a lane without a conversation", lane.lane, lane.conversation));
        }
        for fork in self.forks.iter().filter(|fork| !known(&fork.conversation)) {
            report.say(format!("{:?} of {}: a fork without a conversation", fork.place, fork.conversation));
        }
        for run in self.runs.iter().filter(|run| !self.messages.contains_key(&run.message)) {
            report.say(format!("{}: a run without a message", run.id));
        }
        for log in self.logs.iter().filter(|log| !self.runs.iter().any(|run| run.id == log.run)) {
            // a purge removes the run first
            let purged = self.messages.values().any(|message| message.run == Some(log.run)) && !self.jobs.is_empty();
            report.unless(purged, || format!("{}: a log without a run", log.run));
        }
        for job in &self.jobs {
            let (Work::PurgeSubtree { conversation, .. }
            | Work::PurgeConversation { conversation }
            | Work::Fork { conversation, .. }) = &job.work;
            report.unless(known(conversation), || format!("{}: a job without a conversation", job.id));
        }
        let numbers = self.messages.values().map(|message| (message.owner, message.number));
        twice(numbers.collect(), |(owner, number)| {
            report.say(format!("{owner}: two messages have the number {number}"));
        });
        let numbers = self.conversations.values().map(|one| (one.owner, one.number));
        twice(numbers.collect(), |(owner, number)| {
            report.say(format!("{owner}: two conversations have the number {number}"));
        });
    }
}

/// Shows each value that comes twice.
fn twice<T: Ord + Copy>(mut values: Vec<T>, mut found: impl FnMut(T)) {
    values.sort_unstable();
    values.windows(2).filter(|pair| pair[0] == pair[1]).for_each(|pair| found(pair[0]));
}
