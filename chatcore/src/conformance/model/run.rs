//! Does the operations to a store and to the plain tree.

use std::sync::Arc;
use std::time::Duration;

use super::Operation;
use super::tree::Tree;
use crate::conversation::{Conversations, MessageView, NewConversation, NewMessage, Parent, Part, Role};
use crate::error::Error;
use crate::store::Store;
use crate::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use crate::turn::{Ask, Chat, Turn};
use crate::{Clock, Timestamp};

/// A store and the trees that it is to hold.
pub(super) struct Twins {
    pub(super) store: Arc<dyn Store>,
    pub(super) chat: Chat,
    pub(super) caller: crate::account::Caller,
    pub(super) trees: Vec<Tree>,
    /// The conversation that operations are about.
    pub(super) current: usize,
    clock: ManualClock,
    model: ScriptedModel,
    /// How many messages there ever were, over all conversations.
    messages: u64,
}

/// Does operations to a store, which holds nothing yet, and compares it with the plain tree after each.
///
/// # Panics
/// When the two differ, with what differs and after which operation.
pub async fn run(store: Arc<dyn Store>, operations: &[Operation]) {
    let clock = ManualClock::new();
    let model = ScriptedModel::new(&clock);
    let ids = Arc::new(CountingIds::default());
    let chat = Chat::over(store.clone(), model.clone(), Arc::new(clock.clone()), ids);
    let mut twins = Twins { store, chat, caller: user(1), trees: Vec::new(), current: 0, clock, model, messages: 0 };
    twins.create().await;
    for (at, operation) in operations.iter().enumerate() {
        twins.apply(at, *operation).await;
        twins.compare(&format!("after operation {at}, {operation:?}")).await;
        if at % 20 == 19 {
            twins.compare_all(&format!("after operation {at}, {operation:?}")).await;
        }
    }
    twins.compare_all("at the end").await;
    twins.clear().await;
}

impl Twins {
    pub(super) fn service(&self) -> &Conversations {
        self.chat.conversations()
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.trees[self.current]
    }

    fn now(&self) -> Timestamp {
        self.clock.now()
    }

    fn touch(&mut self) -> &mut Tree {
        let now = self.now();
        let tree = &mut self.trees[self.current];
        tree.updated_at = now;
        tree
    }

    fn pick(&self, at: u16) -> Option<usize> {
        let alive = self.tree().alive();
        alive.get(usize::from(at) % alive.len().max(1)).copied()
    }

    fn next_number(&mut self) -> u64 {
        self.messages += 1;
        self.messages
    }

    async fn apply(&mut self, step: usize, operation: Operation) {
        let text = format!("text {step}");
        let head = self.tree().head;
        match operation {
            Operation::Tick => self.clock.advance(Duration::from_millis(1)),
            Operation::Create => self.create().await,
            Operation::Select(at) => self.select(at),
            Operation::DeleteConversation => self.delete_conversation().await,
            Operation::Append(role) => self.append(Parent::Head, head, role, &text).await,
            Operation::Root => self.append(Parent::Root, None, Role::User, &text).await,
            Operation::AppendBelow(at, role) => match self.pick(at) {
                Some(below) => {
                    self.append(Parent::Message(self.tree().nodes[below].id), Some(below), role, &text).await;
                }
                None => self.append(Parent::Root, None, role, &text).await,
            },
            Operation::Send => {
                self.model.will(Script::saying(&format!("answer {step}")));
                let turn = self.chat.send(&self.caller, self.tree().id, text.as_str()).await.unwrap();
                self.took_turn(turn, head, step).await;
            }
            _ => self.apply_to(step, operation, &text).await,
        }
    }

    /// Operations on a message that is there.
    async fn apply_to(&mut self, step: usize, operation: Operation, text: &str) {
        let (Operation::Stale(at)
        | Operation::Edit(at)
        | Operation::Regenerate(at)
        | Operation::Switch(at)
        | Operation::Delete(at)
        | Operation::Revise(at)
        | Operation::Fork(at)) = operation
        else {
            return;
        };
        let Some(on) = self.pick(at) else { return };
        let node = self.tree().nodes[on].clone();
        match operation {
            Operation::Stale(_) => self.stale(on).await,
            Operation::Edit(_) => {
                let edit = self.chat.edit(&self.caller, node.id, text).await;
                if node.role == Role::User {
                    self.model.will(Script::saying(&format!("answer {step}")));
                    self.took_turn(edit.unwrap(), node.parent, step).await;
                } else {
                    assert!(matches!(edit, Err(Error::Invalid { .. })), "what is no user's was edited");
                }
            }
            Operation::Regenerate(_) => {
                let again = self.chat.regenerate(&self.caller, node.id, Ask::default()).await;
                if node.role == Role::Assistant && node.parent.is_some() {
                    self.model.will(Script::saying(&format!("answer {step}")));
                    self.took_turn(again.unwrap(), node.parent, step).await;
                } else {
                    assert!(matches!(again, Err(Error::Invalid { .. })), "what is no answer was given again");
                }
            }
            Operation::Switch(_) => {
                let moved = self.service().move_head(&self.caller, self.tree().id, node.id, None).await.unwrap();
                let leaf = self.tree().leaf(on);
                let moves = self.tree().head != Some(leaf);
                self.trees[self.current].go(leaf);
                if moves {
                    self.touch();
                }
                assert_eq!(moved.head_message(), Some(self.tree().nodes[leaf].id), "the head went elsewhere");
            }
            Operation::Delete(_) => {
                self.service().delete_subtree(&self.caller, node.id).await.unwrap();
                self.touch().delete(on);
            }
            Operation::Revise(_) => {
                let parts = vec![Part::text(format!("revised {step}"))];
                self.service().revise(&self.caller, node.id, parts).await.unwrap();
                let node = &mut self.touch().nodes[on];
                (node.text, node.revised) = (format!("revised {step}"), true);
            }
            _ => self.fork(on).await,
        }
    }

    async fn create(&mut self) {
        let made = self.service().create(&self.caller, NewConversation::default()).await.unwrap();
        self.trees.push(Tree::new(made.id, self.trees.len() as u64 + 1, self.now()));
        self.current = self.trees.len() - 1;
    }

    fn select(&mut self, at: u16) {
        let alive: Vec<usize> = (0..self.trees.len()).filter(|at| !self.trees[*at].deleted).collect();
        self.current = alive[usize::from(at) % alive.len()];
    }

    async fn delete_conversation(&mut self) {
        self.chat.delete(&self.caller, self.tree().id).await.unwrap();
        self.trees[self.current].deleted = true;
        self.create().await;
    }

    async fn append(&mut self, parent: Parent, below: Option<usize>, role: Role, text: &str) {
        let new = NewMessage { role, parts: vec![Part::text(text)], parent, expected_head: None, client_ref: None };
        let view = self.service().append(&self.caller, self.tree().id, new).await.unwrap();
        self.added(&view, below, role, text);
    }

    fn added(&mut self, view: &MessageView, below: Option<usize>, role: Role, text: &str) -> usize {
        let number = self.next_number();
        let added = self.touch().add(view.message.id, below, role, text, number);
        assert_eq!((view.version, view.versions), self.tree().version(added), "the version of a new message");
        added
    }

    async fn took_turn(&mut self, turn: Turn, below: Option<usize>, step: usize) {
        let asked =
            turn.user_message.as_ref().map(|asked| self.added(asked, below, Role::User, &format!("text {step}")));
        let answer = format!("answer {step}");
        self.added(&turn.assistant_message, asked.or(below), Role::Assistant, &answer);
        turn.driver.await;
    }

    async fn stale(&self, on: usize) {
        if self.tree().head == Some(on) {
            return;
        }
        let expected_head = Some(Some(self.tree().nodes[on].id));
        let parts = vec![Part::text("stale")];
        let new = NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head, client_ref: None };
        let head = self.tree().head.map(|head| self.tree().nodes[head].id);
        match self.service().append(&self.caller, self.tree().id, new).await {
            Err(Error::StaleHead { head: told }) => assert_eq!(told, head, "a stale one is told another head"),
            other => panic!("a stale head is not refused: {other:?}"),
        }
    }

    async fn fork(&mut self, on: usize) {
        let (id, message) = (self.tree().id, self.tree().nodes[on].id);
        let made = self.service().fork(&self.caller, id, message, None).await.unwrap();
        let copy = self.store.tree(made.id, None, usize::MAX).await.unwrap();
        let mut tree = Tree::new(made.id, self.trees.len() as u64 + 1, self.now());
        let path = self.tree().path(on);
        assert_eq!(copy.len(), path.len(), "a fork has another length than its path");
        for (at, (original, copied)) in path.into_iter().zip(&copy).enumerate() {
            let number = self.next_number();
            let original = &self.tree().nodes[original];
            tree.add(copied.id, at.checked_sub(1), original.role, &original.text, number);
        }
        self.trees.push(tree);
        self.current = self.trees.len() - 1;
    }
}
