//! Does the operations to a store and to the plain tree.

use std::time::Duration;

use super::tree::Tree;
use super::{Operation, Outcome};
use crate::Timestamp;
use crate::conformance::bench::Bench;
use crate::conversation::{Conversations, MessageView, NewConversation, NewMessage, Parent, Part, Role};
use crate::error::Error;
use crate::testing::{Script, user};
use crate::turn::{Ask, Turn};

/// After so many operations every message is looked at, not only the branch.
const LOOKS: usize = 50;

/// A store to be worked on, and whether it keeps what it holds when it is closed.
pub(super) struct Work<'a> {
    bench: Bench<'a>,
    keeps: bool,
}

impl<'a> Work<'a> {
    /// The store must hold nothing yet: whether it keeps what it holds shows when it is opened again.
    pub(super) async fn on(bench: Bench<'a>) -> Self {
        let (check, harness) = (bench.check, bench.harness);
        match bench.again().await {
            Some(bench) => Self { bench, keeps: true },
            None => Self { bench: Bench::open(check, harness).await, keeps: false },
        }
    }
}

/// A store and the trees that it is to hold.
pub(super) struct Twins<'a> {
    pub(super) bench: Bench<'a>,
    pub(super) trees: Vec<Tree>,
    /// The conversation that operations are about.
    pub(super) current: usize,
    /// How many messages there ever were, over all conversations.
    messages: u64,
}

impl<'a> Twins<'a> {
    /// Does operations to a store, which holds nothing but counters, compares it with the plain tree after each, and
    /// deletes everything. Owners of other seeds have counters of their own.
    pub(super) async fn follow(work: Work<'a>, seed: u64, operations: &[Operation], outcome: &mut Outcome) -> Work<'a> {
        let Work { bench, keeps } = work;
        let bench = Bench { caller: user(seed), ..bench };
        let mut twins = Self { bench, trees: Vec::new(), current: 0, messages: 0 };
        twins.create().await;
        for (at, operation) in operations.iter().enumerate() {
            let when = format!("seed {seed}, after operation {at}, {operation:?}");
            match operation {
                Operation::Reopen if keeps => {
                    twins = twins.reopen().await;
                    outcome.reopened += 1;
                }
                Operation::Reopen => outcome.reopenings_skipped += 1,
                _ => twins.apply(at, *operation).await,
            }
            outcome.operations += 1;
            twins.compare(&when).await;
            if at % LOOKS == LOOKS - 1 {
                twins.compare_all(&when).await;
            }
        }
        twins.compare_all(&format!("seed {seed}, at the end")).await;
        twins.clear().await;
        Work { bench: twins.bench, keeps }
    }

    async fn reopen(self) -> Self {
        let bench = self.bench.again().await.expect("a store that kept its data keeps it no more");
        Self { bench, ..self }
    }
}

impl Twins<'_> {
    pub(super) fn service(&self) -> &Conversations {
        self.bench.conversations()
    }

    pub(super) fn tree(&self) -> &Tree {
        &self.trees[self.current]
    }

    fn now(&self) -> Timestamp {
        self.bench.now()
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
            Operation::Tick => self.bench.clock.advance(Duration::from_millis(1)),
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
                self.bench.model.will(Script::saying(&format!("answer {step}")));
                let turn = self.bench.chat.send(&self.bench.caller, self.tree().id, text.as_str()).await.unwrap();
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
                let edit = self.bench.chat.edit(&self.bench.caller, node.id, text).await;
                if node.role == Role::User {
                    self.bench.model.will(Script::saying(&format!("answer {step}")));
                    self.took_turn(edit.unwrap(), node.parent, step).await;
                } else {
                    assert!(matches!(edit, Err(Error::Invalid { .. })), "what is no user's was edited");
                }
            }
            Operation::Regenerate(_) => {
                let again = self.bench.chat.regenerate(&self.bench.caller, node.id, Ask::default()).await;
                if node.role == Role::Assistant && node.parent.is_some() {
                    self.bench.model.will(Script::saying(&format!("answer {step}")));
                    self.took_turn(again.unwrap(), node.parent, step).await;
                } else {
                    assert!(matches!(again, Err(Error::Invalid { .. })), "what is no answer was given again");
                }
            }
            Operation::Switch(_) => {
                let moved = self.service().move_head(&self.bench.caller, self.tree().id, node.id, None).await.unwrap();
                let leaf = self.tree().leaf(on);
                let moves = self.tree().head != Some(leaf);
                self.trees[self.current].go(leaf);
                if moves {
                    self.touch();
                }
                assert_eq!(moved.head_message(), Some(self.tree().nodes[leaf].id), "the head went elsewhere");
            }
            Operation::Delete(_) => {
                self.service().delete_subtree(&self.bench.caller, node.id).await.unwrap();
                self.touch().delete(on);
            }
            Operation::Revise(_) => {
                let parts = vec![Part::text(format!("revised {step}"))];
                self.service().revise(&self.bench.caller, node.id, parts).await.unwrap();
                let node = &mut self.touch().nodes[on];
                (node.text, node.revised) = (format!("revised {step}"), true);
            }
            _ => self.fork(on).await,
        }
    }

    async fn create(&mut self) {
        let made = self.service().create(&self.bench.caller, NewConversation::default()).await.unwrap();
        self.trees.push(Tree::new(made.id, self.trees.len() as u64 + 1, self.now()));
        self.current = self.trees.len() - 1;
    }

    fn select(&mut self, at: u16) {
        let alive: Vec<usize> = (0..self.trees.len()).filter(|at| !self.trees[*at].deleted).collect();
        self.current = alive[usize::from(at) % alive.len()];
    }

    async fn delete_conversation(&mut self) {
        self.bench.chat.delete(&self.bench.caller, self.tree().id).await.unwrap();
        self.trees[self.current].deleted = true;
        self.create().await;
    }

    async fn append(&mut self, parent: Parent, below: Option<usize>, role: Role, text: &str) {
        let new = NewMessage {
            role,
            parts: vec![Part::text(text)],
            parent,
            expected_head: None,
            client_ref: None,
            once: None,
        };
        let view = self.service().append(&self.bench.caller, self.tree().id, new).await.unwrap();
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
        let new =
            NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head, client_ref: None, once: None };
        let head = self.tree().head.map(|head| self.tree().nodes[head].id);
        match self.service().append(&self.bench.caller, self.tree().id, new).await {
            Err(Error::StaleHead { head: told }) => assert_eq!(told, head, "a stale one is told another head"),
            other => panic!("a stale head is not refused: {other:?}"),
        }
    }

    async fn fork(&mut self, on: usize) {
        let (id, message) = (self.tree().id, self.tree().nodes[on].id);
        let made = self.service().fork(&self.bench.caller, id, message, None).await.unwrap();
        let copy = self.bench.store.tree(made.id, None, usize::MAX).await.unwrap();
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
