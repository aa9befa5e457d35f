//! What must be in the store, by what its writers said.

use std::collections::BTreeMap;

use chatcore::conversation::Role;
use chatcore::{ConversationId, MessageId, SessionId, UserId};

use super::journal::{Done, Line, News, Print, RawBatch, Work};
use super::tree::{Node, Tree};

/// What a conversation is to hold.
#[derive(Debug, Clone)]
pub(crate) enum Content {
    Tree(Tree),
    /// A fork whose ids nobody has seen yet.
    Path(Vec<(Role, Print)>),
}

#[derive(Debug, Clone)]
pub(crate) struct Kept {
    /// Which user's it is, by number.
    pub(crate) owner: u64,
    pub(crate) title: String,
    pub(crate) content: Content,
}

/// Something that may have happened.
#[derive(Debug, Clone)]
pub(crate) struct Open {
    pub(crate) owner: u64,
    pub(crate) work: Work,
}

#[derive(Debug, Default)]
pub(crate) struct Ledger {
    pub(crate) conversations: BTreeMap<ConversationId, Kept>,
    pub(crate) accounts: BTreeMap<String, UserId>,
    pub(crate) sessions: BTreeMap<SessionId, u64>,
    pub(crate) batches: Vec<RawBatch>,
    /// What was deleted, or certainly never written.
    pub(crate) gone_messages: Vec<MessageId>,
    pub(crate) gone_conversations: Vec<(u64, ConversationId)>,
    pub(crate) gone_sessions: Vec<SessionId>,
    /// What may be there or not, whole.
    pub(crate) unsure: Vec<Open>,
    pub(crate) acknowledged: u64,
    pub(crate) refusals: Vec<String>,
    pub(crate) failed_reads: Vec<String>,
    pub(crate) unopened: Vec<String>,
    attempts: BTreeMap<u32, Work>,
}

/// The user for whom a task works. Two tasks share one, and its counters.
pub(crate) const fn owner(task: u32) -> u64 {
    task as u64 / 2 + 1
}

impl Ledger {
    /// Takes what one writer said until it ended.
    pub(crate) fn take_all(&mut self, lines: &[Line]) {
        lines.iter().for_each(|line| self.take(line));
        for (task, work) in std::mem::take(&mut self.attempts) {
            self.unsure.push(Open { owner: owner(task), work });
        }
    }

    pub(crate) fn take(&mut self, line: &Line) {
        match &line.news {
            News::Open => {}
            News::Unopened(why) => self.unopened.push(why.clone()),
            News::Read(failure) => self.failed_reads.extend(failure.clone()),
            News::Try(work) => drop(self.attempts.insert(line.task, work.clone())),
            News::Done(done) => {
                self.acknowledged += 1;
                if let Some(work) = self.attempts.remove(&line.task) {
                    self.happened(owner(line.task), work, done);
                }
            }
            News::Refused(why) => {
                self.refusals.push(format!("refused: {why}"));
                if let Some(Work::Batch(batch)) = self.attempts.remove(&line.task) {
                    self.gone_messages.extend(batch.ids);
                }
            }
            News::Unsure(why) => {
                self.refusals.push(format!("unsure: {why}"));
                let work = self.attempts.remove(&line.task);
                self.unsure.extend(work.map(|work| Open { owner: owner(line.task), work }));
            }
        }
    }

    fn happened(&mut self, owner: u64, work: Work, done: &Done) {
        match (work, done) {
            (Work::Create { title }, Done::Conversation(id)) => {
                let content = Content::Tree(Tree::default());
                self.conversations.insert(*id, Kept { owner, title, content });
            }
            (Work::Fork { conversation, message, title }, Done::Conversation(id)) => {
                let content = Content::Path(self.path(conversation, message));
                self.conversations.insert(*id, Kept { owner, title, content });
            }
            (Work::Batch(batch), _) => {
                self.add_batch(&batch);
                self.batches.push(batch);
            }
            (Work::DeleteConversation { conversation }, _) => self.forget(owner, conversation),
            (Work::SignUp { name }, Done::User(user)) => drop(self.accounts.insert(name, *user)),
            (Work::SignIn { .. }, Done::Session(session)) => drop(self.sessions.insert(*session, owner)),
            (Work::SignOut { session }, _) => {
                self.sessions.remove(&session);
                self.gone_sessions.push(session);
            }
            (work, done) => self.in_tree(&work, done),
        }
    }

    fn in_tree(&mut self, work: &Work, done: &Done) {
        let Some(tree) = work.conversation().and_then(|id| self.tree_mut(id)) else { return };
        match (work, done) {
            (Work::Append { parent, text, .. }, Done::Messages(ids)) => {
                ids.iter().for_each(|id| tree.add(*id, said(*parent, *text)));
            }
            (Work::Turn { parent, said: asked, answer, .. }, Done::Messages(ids)) => {
                let mut parent = *parent;
                if let (Some(asked), [first, _]) = (asked, ids.as_slice()) {
                    tree.add(*first, said(parent, *asked));
                    parent = Some(*first);
                }
                if let Some(last) = ids.last() {
                    tree.add(*last, Node { parent, role: Role::Assistant, text: *answer, finished: false });
                }
            }
            (Work::Finish { answer, .. }, _) => {
                tree.nodes.entry(*answer).and_modify(|node| node.finished = true);
            }
            (Work::Revise { message, text, .. }, _) => {
                tree.nodes.entry(*message).and_modify(|node| node.text = *text);
            }
            (Work::Switch { .. }, Done::Head(head)) => tree.head = *head,
            (Work::Delete { message, .. }, Done::Head(head)) => {
                let gone = tree.below(*message);
                tree.nodes.retain(|id, _| !gone.contains(id));
                tree.head = *head;
                self.gone_messages.extend(gone);
            }
            _ => {}
        }
    }

    /// What a batch adds to the trees.
    pub(crate) fn add_batch(&mut self, batch: &RawBatch) {
        let Some((last, row)) = batch.ids.split_last() else { return };
        let mut parent = batch.row_end;
        if let Some(tree) = self.tree_mut(batch.row) {
            for id in row {
                tree.add(*id, said(parent, batch.text));
                parent = Some(*id);
            }
        }
        if let Some(tree) = self.tree_mut(batch.other) {
            tree.add(*last, said(batch.other_end, batch.text));
        }
    }

    /// A conversation was deleted, and all batches that went there with it.
    pub(crate) fn forget(&mut self, owner: u64, id: ConversationId) {
        if let Some(Content::Tree(tree)) = self.conversations.remove(&id).map(|kept| kept.content) {
            self.gone_messages.extend(tree.nodes.into_keys());
        }
        self.gone_conversations.push((owner, id));
        self.batches.retain(|batch| batch.row != id && batch.other != id);
    }

    pub(crate) fn tree(&self, id: ConversationId) -> Option<&Tree> {
        match &self.conversations.get(&id)?.content {
            Content::Tree(tree) => Some(tree),
            Content::Path(_) => None,
        }
    }

    fn tree_mut(&mut self, id: ConversationId) -> Option<&mut Tree> {
        match &mut self.conversations.get_mut(&id)?.content {
            Content::Tree(tree) => Some(tree),
            Content::Path(_) => None,
        }
    }

    pub(crate) fn path(&self, conversation: ConversationId, message: MessageId) -> Vec<(Role, Print)> {
        self.tree(conversation).map(|tree| tree.path(message)).unwrap_or_default()
    }
}

/// A message of a user.
pub(crate) const fn said(parent: Option<MessageId>, text: Print) -> Node {
    Node { parent, role: Role::User, text, finished: true }
}

impl Work {
    /// The one conversation whose content it changes.
    pub(crate) const fn conversation(&self) -> Option<ConversationId> {
        match self {
            Self::Append { conversation, .. }
            | Self::Turn { conversation, .. }
            | Self::Finish { conversation, .. }
            | Self::Revise { conversation, .. }
            | Self::Switch { conversation, .. }
            | Self::Delete { conversation, .. }
            | Self::DeleteConversation { conversation } => Some(*conversation),
            _ => None,
        }
    }
}
