//! Conversations: every acknowledged message with its text, nothing deleted, and of what was under way all or nothing.

use std::collections::{BTreeMap, BTreeSet};

use chatcore::conversation::{MessageState, MessageView, Role};
use chatcore::testing::user;
use chatcore::{ConversationId, Error, MessageId};

use super::super::journal::{Print, Work};
use super::super::ledger::{Content, said};
use super::super::tree::{self, Node, Tree};
use super::Audit;

type Views = BTreeMap<MessageId, MessageView>;

impl Audit<'_> {
    pub(super) async fn conversation(
        &mut self,
        id: ConversationId,
        listed: &BTreeMap<ConversationId, String>,
    ) -> Result<(), Error> {
        let mut open = self.unsure(|open| open.work.conversation() == Some(id)).into_iter().map(|open| open.work);
        let (unsure, rest) = (open.next(), open.next());
        if let Some(work) = rest {
            self.tally.tell("harness", format!("two things were under way in {id}: {unsure:?}, {work:?}"));
        }
        let Some(kept) = self.ledger.conversations.get(&id).cloned() else { return Ok(()) };
        match listed.get(&id) {
            None => {
                if matches!(unsure, Some(Work::DeleteConversation { .. })) {
                    self.tally.settle(true);
                } else {
                    self.tally.lost(format!("{id} ({}), with all its messages", kept.title));
                }
                self.ledger.forget(kept.owner, id);
                return Ok(());
            }
            Some(title) if *title != kept.title => self.tally.lost(format!("the title {} of {id}", kept.title)),
            Some(_) => {}
        }
        let (views, head) = tree::read(self.opened.chat.conversations(), &user(kept.owner), id).await?;
        let actual = Tree::of(&views, head);
        match &kept.content {
            Content::Path(path) => self.compare_path(id, path, &actual),
            Content::Tree(expected) => {
                let views = views.into_iter().map(|view| (view.message.id, view)).collect();
                self.compare(expected, &views, &actual, unsure.as_ref());
            }
        }
        if let Some(kept) = self.ledger.conversations.get_mut(&id) {
            kept.content = Content::Tree(actual);
        }
        Ok(())
    }

    fn compare_path(&mut self, id: ConversationId, path: &[(Role, Print)], actual: &Tree) {
        let found = actual.head.map(|head| actual.path(head)).unwrap_or_default();
        if found != path || actual.nodes.len() != path.len() {
            let (found, expected) = (actual.nodes.len(), path.len());
            self.tally.torn(format!("the fork {id} is not the path that was copied: {found} of {expected} messages"));
        }
    }

    fn compare(&mut self, expected: &Tree, views: &Views, actual: &Tree, unsure: Option<&Work>) {
        let deleted = match unsure {
            Some(Work::Delete { message, .. }) => self.deletion(expected, actual, *message),
            _ => BTreeSet::new(),
        };
        for (id, node) in expected.nodes.iter().filter(|(id, _)| !deleted.contains(id)) {
            match views.get(id) {
                None => self.tally.lost(format!("{id}")),
                Some(view) if !is_as_expected(node, view, views, unsure) => {
                    let found = (view.message.role, view.message.state, view.message.text().len());
                    self.tally.lost(format!("{id} is not what it was: {node:?} became {found:?}"));
                }
                Some(_) => {}
            }
        }
        let strangers: Vec<(&MessageId, &Node)> =
            actual.nodes.iter().filter(|(id, _)| !expected.nodes.contains_key(id)).collect();
        let added = additions(&strangers, unsure, views);
        if !strangers.is_empty() && !added {
            self.tally.torn(format!("{} messages that {unsure:?} does not explain", strangers.len()));
        }
        let head_may_move =
            matches!(unsure, Some(Work::Append { .. } | Work::Turn { .. } | Work::Switch { .. } | Work::Delete { .. }));
        if actual.head != expected.head && !head_may_move {
            self.tally.lost(format!("the head {:?}, now {:?}", expected.head, actual.head));
        }
        match unsure {
            None | Some(Work::Delete { .. }) => {}
            Some(Work::Append { .. } | Work::Turn { .. }) => self.tally.settle(added),
            Some(Work::Finish { answer, .. }) => {
                self.tally.settle(views.get(answer).is_some_and(|view| view.message.state == MessageState::Complete));
            }
            Some(Work::Revise { message, text, .. }) => {
                self.tally.settle(actual.nodes.get(message).is_some_and(|node| node.text == *text));
            }
            Some(Work::Switch { .. }) => self.tally.settle(actual.head != expected.head),
            Some(_) => self.tally.settle(false),
        }
    }

    /// What a deletion that was under way took: everything below a message, or nothing.
    fn deletion(&mut self, expected: &Tree, actual: &Tree, message: MessageId) -> BTreeSet<MessageId> {
        let below = expected.below(message);
        let left = below.iter().filter(|id| actual.nodes.contains_key(id)).count();
        match left {
            0 => self.tally.settle(true),
            all if all == below.len() => {
                self.tally.settle(false);
                return BTreeSet::new();
            }
            some => self.tally.torn(format!("{some} of {} messages are left of a deletion", below.len())),
        }
        below
    }
}

/// Whether a message is what was acknowledged, or became what was under way.
fn is_as_expected(node: &Node, view: &MessageView, views: &Views, unsure: Option<&Work>) -> bool {
    let message = &view.message;
    if (message.parent, message.role) != (node.parent, node.role) {
        return false;
    }
    let text = Print::of(&message.text());
    if !node.finished {
        return answer_is_whole(node.text, view, views);
    }
    match unsure {
        Some(Work::Revise { message: revised, text: new, .. }) if *revised == message.id && text == *new => true,
        _ => text == node.text,
    }
}

/// An answer that was being written is there to its end, or as far as it came.
fn answer_is_whole(full: Print, view: &MessageView, views: &Views) -> bool {
    let text = view.message.text();
    match view.message.state {
        MessageState::Complete => Print::of(&text) == full,
        MessageState::Interrupted => {
            // the model repeats what it hears
            let asked = view.message.parent.and_then(|parent| views.get(&parent));
            asked.is_some_and(|asked| asked.message.text().starts_with(&text))
        }
        _ => false,
    }
}

/// Whether new messages are exactly those that were being added.
fn additions(strangers: &[(&MessageId, &Node)], unsure: Option<&Work>, views: &Views) -> bool {
    let is_answer = |(id, node): &(&MessageId, &Node), parent: Option<MessageId>, full: Print| {
        let whole = views.get(id).is_some_and(|view| answer_is_whole(full, view, views));
        node.parent == parent && node.role == Role::Assistant && whole
    };
    match (unsure, strangers) {
        (Some(Work::Append { parent, text, .. }), [(_, node)]) => **node == said(*parent, *text),
        (Some(Work::Turn { parent, said: None, answer, .. }), [new]) => is_answer(new, *parent, *answer),
        (Some(Work::Turn { parent, said: Some(text), answer, .. }), [first, second]) => {
            [(first, second), (second, first)]
                .iter()
                .any(|((id, node), last)| **node == said(*parent, *text) && is_answer(last, Some(**id), *answer))
        }
        _ => false,
    }
}
