//! What a reader sees of the store against what the plain tree says.

use super::run::Twins;
use super::tree::Tree;
use crate::conformance::bench::expect_gone;
use crate::conformance::check_store;
use crate::conformance::raw::scan_all;
use crate::conversation::MessageView;
use crate::page::PageRequest;
use crate::store::Kind;

impl Twins<'_> {
    /// The conversation that was just touched: its record and its branch, in pages of changing size.
    pub(super) async fn compare(&self, when: &str) {
        let tree = self.tree();
        let stored = self.service().get(&self.bench.caller, tree.id).await.unwrap();
        assert_eq!(stored.head_message(), tree.head.map(|head| tree.nodes[head].id), "{when}: the head");
        assert_eq!(stored.message_count, tree.alive().len() as u64, "{when}: the number of messages");
        assert_eq!(stored.next_seq, tree.nodes.len() as u64 + 1, "{when}: the next seq");
        assert_eq!((stored.number, stored.updated_at), (tree.number, tree.updated_at), "{when}: number and time");
        let size = [1, 7, 50, 2, 20][tree.nodes.len() % 5];
        let mut branch: Vec<MessageView> = Vec::new();
        let mut request = PageRequest::first().limit(size);
        loop {
            let page = self.service().branch(&self.bench.caller, tree.id, None, &request).await.unwrap();
            branch.splice(0..0, page.items);
            match page.next {
                Some(next) => request = request.after(Some(next)),
                None => break,
            }
        }
        let path = tree.head.map(|head| tree.path(head)).unwrap_or_default();
        assert_eq!(branch.len(), path.len(), "{when}: the length of the branch in pages of {size}");
        for (view, at) in branch.iter().zip(path) {
            compare_message(tree, at, view, when);
        }
    }

    /// Every message of every conversation, the lists, and no defects in the records.
    pub(super) async fn compare_all(&self, when: &str) {
        for tree in self.trees.iter().filter(|tree| !tree.deleted) {
            for at in 0..tree.nodes.len() {
                self.compare_node(tree, at, when).await;
            }
        }
        for tree in self.trees.iter().filter(|tree| tree.deleted) {
            expect_gone(self.service().get(&self.bench.caller, tree.id).await);
        }
        let mut expected: Vec<&Tree> = self.trees.iter().filter(|tree| !tree.deleted).collect();
        expected.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then(a.id.cmp(&b.id)));
        let mut listed = Vec::new();
        let mut request = PageRequest::first().limit(3);
        loop {
            let page = self.service().list(&self.bench.caller, &request).await.unwrap();
            listed.extend(page.items.into_iter().map(|one| one.id));
            match page.next {
                Some(next) => request = request.after(Some(next)),
                None => break,
            }
        }
        assert_eq!(listed, expected.iter().map(|tree| tree.id).collect::<Vec<_>>(), "{when}: the list");
        let defects = check_store(&*self.bench.store).await.unwrap();
        assert!(defects.is_empty(), "{when}:\n{}", defects.join("\n"));
    }

    async fn compare_node(&self, tree: &Tree, at: usize, when: &str) {
        let node = &tree.nodes[at];
        if node.deleted {
            expect_gone(self.service().message(&self.bench.caller, node.id).await);
            return;
        }
        let view = self.service().message_by_number(&self.bench.caller, node.number).await.unwrap();
        compare_message(tree, at, &view, when);
        let mut siblings = Vec::new();
        let mut request = PageRequest::first().limit(2);
        loop {
            let page = self.service().siblings(&self.bench.caller, node.id, &request).await.unwrap();
            siblings.extend(page.items.iter().map(|sibling| (sibling.message, sibling.version)));
            match page.next {
                Some(next) => request = request.after(Some(next)),
                None => break,
            }
        }
        let expected =
            tree.siblings(at).into_iter().zip(1_u64..).map(|(sibling, version)| (tree.nodes[sibling].id, version));
        assert_eq!(siblings, expected.collect::<Vec<_>>(), "{when}: the siblings of {}", node.text);
    }

    /// Everything is deleted, and nothing is left but counters.
    pub(super) async fn clear(&self) {
        for tree in self.trees.iter().filter(|tree| !tree.deleted) {
            self.bench.chat.delete(&self.bench.caller, tree.id).await.unwrap();
        }
        for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Sequence) {
            let left = scan_all(&*self.bench.store, kind, 100).await;
            assert!(left.is_empty(), "when everything is deleted, a {} is left: {:.500?}", kind.name(), left);
        }
    }
}

fn compare_message(tree: &Tree, at: usize, view: &MessageView, when: &str) {
    let (node, message) = (&tree.nodes[at], &view.message);
    assert_eq!(message.id, node.id, "{when}: another message than {}", node.text);
    assert_eq!(message.text(), node.text, "{when}: the text");
    assert_eq!(message.parent, node.parent.map(|parent| tree.nodes[parent].id), "{when}: the parent of {}", node.text);
    assert_eq!((message.seq, message.number), (at as u64 + 1, node.number), "{when}: seq and number of {}", node.text);
    assert_eq!((message.role, message.edited_at.is_some()), (node.role, node.revised), "{when}: {}", node.text);
    assert_eq!((view.version, view.versions), tree.version(at), "{when}: the version of {}", node.text);
}
