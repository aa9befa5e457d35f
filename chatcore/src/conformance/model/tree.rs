//! The plain tree.

use crate::Timestamp;
use crate::conversation::Role;
use crate::id::{ConversationId, MessageId};

/// A message of the plain tree.
#[derive(Debug, Clone)]
pub(super) struct Node {
    pub(super) id: MessageId,
    /// Which of the tree's messages is its parent.
    pub(super) parent: Option<usize>,
    pub(super) role: Role,
    pub(super) text: String,
    pub(super) number: u64,
    pub(super) deleted: bool,
    pub(super) revised: bool,
    /// The child that was active last.
    active: Option<usize>,
}

/// A conversation as a list of messages, in the order they came.
#[derive(Debug, Clone)]
pub(super) struct Tree {
    pub(super) id: ConversationId,
    pub(super) number: u64,
    pub(super) nodes: Vec<Node>,
    pub(super) head: Option<usize>,
    pub(super) updated_at: Timestamp,
    pub(super) deleted: bool,
    /// The root that was active last.
    active: Option<usize>,
}

impl Tree {
    pub(super) fn new(id: ConversationId, number: u64, at: Timestamp) -> Self {
        Self { id, number, nodes: Vec::new(), head: None, updated_at: at, deleted: false, active: None }
    }

    /// All that are not deleted.
    pub(super) fn alive(&self) -> Vec<usize> {
        (0..self.nodes.len()).filter(|at| !self.nodes[*at].deleted).collect()
    }

    fn children(&self, parent: Option<usize>) -> Vec<usize> {
        self.alive().into_iter().filter(|at| self.nodes[*at].parent == parent).collect()
    }

    /// Same parent, same role, in the order they came.
    pub(super) fn siblings(&self, of: usize) -> Vec<usize> {
        let Node { parent, role, .. } = self.nodes[of];
        self.children(parent).into_iter().filter(|at| self.nodes[*at].role == role).collect()
    }

    /// Which version it is, and of how many.
    pub(super) fn version(&self, of: usize) -> (u64, u64) {
        let siblings = self.siblings(of);
        let at = siblings.iter().position(|sibling| *sibling == of).map_or(0, |at| at as u64 + 1);
        (at, siblings.len() as u64)
    }

    /// From the root to a message.
    pub(super) fn path(&self, to: usize) -> Vec<usize> {
        let mut path = vec![to];
        while let Some(parent) = self.nodes[path[path.len() - 1]].parent {
            path.push(parent);
        }
        path.reverse();
        path
    }

    /// The leaf that was last active below a message.
    pub(super) fn leaf(&self, below: usize) -> usize {
        let mut leaf = below;
        while let Some(active) = self.nodes[leaf].active {
            leaf = active;
        }
        leaf
    }

    /// Adds a message, and the head goes there.
    pub(super) fn add(&mut self, id: MessageId, parent: Option<usize>, role: Role, text: &str, number: u64) -> usize {
        let text = text.to_owned();
        self.nodes.push(Node { id, parent, role, text, number, deleted: false, revised: false, active: None });
        let at = self.nodes.len() - 1;
        self.go(at);
        at
    }

    /// The head goes to a message, which makes its whole path the active one.
    pub(super) fn go(&mut self, to: usize) {
        self.head = Some(to);
        self.choose(to);
    }

    fn choose(&mut self, to: usize) {
        self.active = Some(self.path(to)[0]);
        for step in self.path(to).windows(2) {
            self.nodes[step[0]].active = Some(step[1]);
        }
    }

    /// Deletes a message and all below it. The head stays, or goes to the newest sibling's last leaf, or to the parent.
    pub(super) fn delete(&mut self, gone: usize) {
        for at in gone..self.nodes.len() {
            if self.path(at).contains(&gone) {
                self.nodes[at].deleted = true;
            }
        }
        let parent = self.nodes[gone].parent;
        let survivor = self.children(parent).pop();
        let active = match parent {
            Some(parent) => &mut self.nodes[parent].active,
            None => &mut self.active,
        };
        if *active == Some(gone) {
            *active = survivor;
        }
        if self.head.is_some_and(|head| self.nodes[head].deleted) {
            self.head = survivor.map(|survivor| self.leaf(survivor)).or(parent);
        }
    }
}
