//! What a conversation is to hold.

use std::collections::{BTreeMap, BTreeSet};

use chatcore::account::Caller;
use chatcore::conversation::{Conversations, MessageView, Role};
use chatcore::page::PageRequest;
use chatcore::{ConversationId, Error, MessageId};

use super::journal::Print;

#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Node {
    pub(crate) parent: Option<MessageId>,
    pub(crate) role: Role,
    /// Of an answer that is not finished: what it is to become.
    pub(crate) text: Print,
    /// Whether its end was acknowledged.
    pub(crate) finished: bool,
}

#[derive(Debug, Clone, Default)]
pub(crate) struct Tree {
    pub(crate) nodes: BTreeMap<MessageId, Node>,
    pub(crate) head: Option<MessageId>,
}

impl Tree {
    /// Adds a message, and the head goes there.
    pub(crate) fn add(&mut self, id: MessageId, node: Node) {
        self.nodes.insert(id, node);
        self.head = Some(id);
    }

    /// A message and everything below it.
    pub(crate) fn below(&self, top: MessageId) -> BTreeSet<MessageId> {
        let mut found = BTreeSet::from([top]);
        loop {
            let before = found.len();
            let children = self.nodes.iter().filter(|(_, node)| node.parent.is_some_and(|it| found.contains(&it)));
            found = children.map(|(id, _)| *id).chain(found.iter().copied()).collect();
            if found.len() == before {
                return found;
            }
        }
    }

    /// What stands on the way from the root to a message.
    pub(crate) fn path(&self, to: MessageId) -> Vec<(Role, Print)> {
        let mut path = Vec::new();
        let mut at = Some(to);
        while let Some(node) = at.and_then(|id| self.nodes.get(&id)) {
            path.push((node.role, node.text));
            at = node.parent;
        }
        path.reverse();
        path
    }

    pub(crate) fn has_children(&self, id: MessageId) -> bool {
        self.nodes.values().any(|node| node.parent == Some(id))
    }

    /// What a reader sees of it when nothing is being written.
    pub(crate) fn of(views: &[MessageView], head: Option<MessageId>) -> Self {
        let node = |view: &MessageView| Node {
            parent: view.message.parent,
            role: view.message.role,
            text: Print::of(&view.message.text()),
            finished: true,
        };
        Self { nodes: views.iter().map(|view| (view.message.id, node(view))).collect(), head }
    }
}

/// All messages of a conversation, and its head.
pub(crate) async fn read(
    service: &Conversations,
    caller: &Caller,
    id: ConversationId,
) -> Result<(Vec<MessageView>, Option<MessageId>), Error> {
    let head = service.get(caller, id).await?.head_message();
    let (mut views, mut request) = (Vec::new(), PageRequest::first().limit(100));
    loop {
        let page = service.tree(caller, id, &request).await?;
        views.extend(page.items);
        match page.next {
            Some(next) => request = request.after(Some(next)),
            None => return Ok((views, head)),
        }
    }
}

/// All conversations of somebody, by title.
pub(crate) async fn list(service: &Conversations, caller: &Caller) -> Result<BTreeMap<ConversationId, String>, Error> {
    let (mut all, mut request) = (BTreeMap::new(), PageRequest::first().limit(100));
    loop {
        let page = service.list(caller, &request).await?;
        all.extend(page.items.into_iter().map(|one| (one.id, one.title.unwrap_or_default())));
        match page.next {
            Some(next) => request = request.after(Some(next)),
            None => return Ok(all),
        }
    }
}
