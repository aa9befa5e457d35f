//! Branches and versions as readers see them.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::bench::{Bench, expect_gone, message};
use crate::conversation::{Message, Parent, Part, Place, Role};
use crate::id::{ConversationId, MessageId};
use crate::page::PageRequest;
use crate::store::{Batch, Kind};
use crate::testing::{user, visitor};

pub(super) async fn linear_chat_is_one_lane(bench: Bench<'_>) {
    let id = bench.conversation().await;
    for (at, message) in bench.chain(id, 120).await.iter().enumerate() {
        let position = u32::try_from(at).unwrap() + 1;
        assert_eq!(message.place, Place { lane: 0, position });
        assert_eq!(message.seq, u64::from(position));
    }
    assert_eq!(bench.count(Kind::Lane).await, 0, "a chat that never forked has lane records");
    assert_eq!(bench.count(Kind::Fork).await, 0, "a chat that never forked has fork records");
    assert!(bench.branch(id, 50).await.iter().all(|view| (view.version, view.versions) == (1, 1)));
    bench.expect_sound().await;
}

pub(super) async fn sixty_four_children_at_once(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let parent = bench.ask(id, Parent::Root, "parent").await;
    let all = (0..64).map(|_| bench.commit(Batch::of(bench.insert(id, Some(parent.id), Role::User))));
    let mut children = Vec::new();
    for done in join_all(all).await {
        children.extend(done.unwrap().all::<Message>().cloned());
    }
    assert_eq!(children.len(), 64);
    let seqs: BTreeSet<u64> = children.iter().map(|child| child.seq).collect();
    assert_eq!(seqs, (2..=65).collect(), "the order of 64 children has gaps or ties");
    let places: BTreeSet<Place> = children.iter().map(|child| child.place).collect();
    assert_eq!(places, (0..64).map(|lane| Place { lane, position: 2 }).collect(), "one in the lane, 63 new lanes");
    let conversation = bench.get(id).await;
    assert_eq!((conversation.next_seq, conversation.next_lane, conversation.message_count), (66, 64, 65));
    children.sort_by_key(|child| child.seq);
    for (at, child) in children.iter().enumerate() {
        assert_eq!(bench.versions(child.id).await, (at as u64 + 1, 64));
    }
    bench.expect_sound().await;
}

/// Who is which version, for a list of messages in the order of their versions.
async fn expect_versions(bench: &Bench<'_>, messages: &[&Message], what: &str) {
    for (at, message) in messages.iter().enumerate() {
        let expected = (at as u64 + 1, messages.len() as u64);
        assert_eq!(bench.versions(message.id).await, expected, "version of the {at}th of {what}");
    }
}

pub(super) async fn versions_count_siblings(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let root = bench.ask(id, Parent::Root, "root").await;
    let at = |message: &Message| Parent::Message(message.id);
    // children of mixed roles: each role has its own versions
    let user1 = bench.ask(id, at(&root), "u1").await;
    let answer1 = bench.say(id, at(&root), Role::Assistant, "a1").await;
    let user2 = bench.ask(id, at(&root), "u2").await;
    let answer2 = bench.say(id, at(&root), Role::Assistant, "a2").await;
    let tool = bench.say(id, at(&root), Role::Tool, "t1").await;
    // a fork inside a fork, and a fork in a lane that is not the first
    let below = bench.say(id, at(&answer2), Role::Assistant, "below a2").await;
    let beside = bench.say(id, at(&answer2), Role::Assistant, "beside").await;
    let deep = bench.ask(id, at(&below), "deep").await;
    let deep2 = bench.ask(id, at(&below), "deep2").await;
    // an edited root, twice
    let root2 = bench.ask(id, Parent::Root, "root2").await;
    let root3 = bench.ask(id, Parent::Root, "root3").await;
    let system = bench.say(id, Parent::Root, Role::System, "system").await;
    expect_versions(&bench, &[&user1, &user2], "the user's").await;
    expect_versions(&bench, &[&answer1, &answer2], "the answers").await;
    expect_versions(&bench, &[&tool], "the tool's").await;
    expect_versions(&bench, &[&below, &beside], "a fork in a fork").await;
    expect_versions(&bench, &[&deep, &deep2], "a fork in a lane").await;
    expect_versions(&bench, &[&root, &root2, &root3], "the roots").await;
    expect_versions(&bench, &[&system], "the system root").await;
    // the same in a page of the branch
    let leaf = Some(deep2.id);
    let page = bench.conversations().branch(&bench.caller, id, leaf, &PageRequest::first()).await.unwrap();
    let seen: Vec<_> = page.items.iter().map(|view| (view.message.id, view.version, view.versions)).collect();
    assert_eq!(seen, [(root.id, 1, 3), (answer2.id, 2, 2), (below.id, 1, 2), (deep2.id, 2, 2)]);
    bench.expect_sound().await;
}

/// A path that leaves its lane at every second message, with decoys beside it.
async fn winding(bench: &Bench<'_>, length: usize) -> (ConversationId, Vec<Message>) {
    let id = bench.conversation().await;
    let mut path: Vec<Message> = Vec::new();
    for at in 0..length {
        let parent = path.last().map_or(Parent::Root, |last| Parent::Message(last.id));
        if at % 2 == 1 {
            bench.ask(id, parent, &format!("decoy {at}")).await;
        }
        path.push(bench.ask(id, parent, &format!("{at}")).await);
    }
    (id, path)
}

pub(super) async fn branch_pages_join(bench: Bench<'_>) {
    let (id, path) = winding(&bench, 40).await;
    let expected: Vec<MessageId> = path.iter().map(|message| message.id).collect();
    let whole = bench.branch(id, 200).await;
    for page in [1, 2, 3, 7, 39, 40, 41] {
        let branch = bench.branch(id, page).await;
        let ids: Vec<MessageId> = branch.iter().map(|view| view.message.id).collect();
        assert_eq!(ids, expected, "pages of {page} do not join to the branch");
        assert!(branch == whole, "in pages of {page} messages have other versions");
    }
    for (at, view) in whole.iter().enumerate() {
        let expected = if at % 2 == 1 { (2, 2) } else { (1, 1) };
        assert_eq!((view.version, view.versions), expected, "the {at}th message of the branch");
    }
    // the branch of any other message is the path to it
    let inner =
        bench.conversations().branch(&bench.caller, id, Some(path[17].id), &PageRequest::first()).await.unwrap();
    let ids: Vec<MessageId> = inner.items.iter().map(|view| view.message.id).collect();
    assert_eq!(ids, expected[..18]);
}

pub(super) async fn sibling_pages_join(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let parent = bench.ask(id, Parent::Root, "parent").await;
    let mut mine = Vec::new();
    for at in 0..30 {
        let role = if at % 3 == 0 { Role::Assistant } else { Role::User };
        let child = bench.say(id, Parent::Message(parent.id), role, "child").await;
        if role == Role::User {
            mine.push(child);
        }
    }
    let (elder, gone) = (mine[0].clone(), mine.remove(11));
    bench.conversations().delete_subtree(&bench.caller, gone.id).await.unwrap();
    for page in [1, 2, 5, 19, 20] {
        let mut joined = Vec::new();
        let mut request = PageRequest::first().limit(page);
        loop {
            let found = bench.conversations().siblings(&bench.caller, elder.id, &request).await.unwrap();
            assert!(found.items.len() <= page);
            joined.extend(found.items.iter().map(|sibling| (sibling.message, sibling.version)));
            match found.next {
                Some(next) => request = request.after(Some(next)),
                None => break,
            }
        }
        let expected: Vec<_> = mine.iter().enumerate().map(|(at, one)| (one.id, at as u64 + 1)).collect();
        assert_eq!(joined, expected, "pages of {page} siblings");
    }
}

pub(super) async fn conversation_pages_join(bench: Bench<'_>) {
    let mut ids = Vec::new();
    for at in 0..12 {
        ids.push(bench.conversation().await);
        if at % 3 == 0 {
            bench.tick();
        }
    }
    bench.tick();
    bench.ask(ids[2], Parent::Root, "newest").await;
    bench.conversations().delete(&bench.caller, ids[5]).await.unwrap();
    let mut all = Vec::new();
    for id in ids.iter().filter(|id| **id != ids[5]) {
        all.push(bench.get(*id).await);
    }
    all.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then(a.id.cmp(&b.id)));
    assert_eq!(all[0].id, ids[2]);
    for page in [1, 2, 5, 11, 12] {
        let mut joined = Vec::new();
        let mut request = PageRequest::first().limit(page);
        loop {
            let found = bench.conversations().list(&bench.caller, &request).await.unwrap();
            joined.extend(found.items);
            match found.next {
                Some(next) => request = request.after(Some(next)),
                None => break,
            }
        }
        assert!(joined == all, "pages of {page} conversations");
    }
}

pub(super) async fn numbers_count_per_owner(bench: Bench<'_>) {
    for caller in [user(1), user(2), visitor(1)] {
        for number in 1..=3 {
            let made = bench.conversations().create(&caller, Default::default()).await.unwrap();
            assert_eq!(made.number, number);
            for said in 1..=2 {
                let new = message(Parent::Head, Role::User, "counted");
                let said_now = bench.conversations().append(&caller, made.id, new).await.unwrap().message;
                assert_eq!((said_now.number, said_now.seq), ((number - 1) * 2 + said, said));
            }
        }
    }
}

pub(super) async fn foreign_things_look_like_none(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let said = bench.ask(id, Parent::Root, "mine").await;
    let (stranger, service) = (user(2), bench.conversations());
    let other = service.create(&stranger, Default::default()).await.unwrap().id;
    let page = PageRequest::first();
    expect_gone(service.get(&stranger, id).await);
    expect_gone(service.message(&stranger, said.id).await);
    expect_gone(service.message_by_number(&stranger, said.number).await);
    expect_gone(service.branch(&stranger, id, None, &page).await);
    expect_gone(service.branch(&stranger, other, Some(said.id), &page).await);
    expect_gone(service.siblings(&stranger, said.id, &page).await);
    expect_gone(service.tree(&stranger, id, &page).await);
    expect_gone(service.append(&stranger, id, message(Parent::Head, Role::User, "no")).await);
    expect_gone(service.append(&stranger, other, message(Parent::Message(said.id), Role::User, "no")).await);
    expect_gone(service.move_head(&stranger, id, said.id, None).await);
    expect_gone(service.revise(&stranger, said.id, vec![Part::text("no")]).await);
    expect_gone(service.delete_subtree(&stranger, said.id).await);
    expect_gone(service.fork(&stranger, id, said.id, None).await);
    expect_gone(service.delete(&stranger, id).await);
    expect_gone(bench.chat.send(&stranger, id, "no").await.map(|_| ()));
    expect_gone(bench.chat.edit(&stranger, said.id, "no").await.map(|_| ()));
    assert!(service.list(&stranger, &page).await.unwrap().items.iter().all(|one| one.id == other));
    // a message of one conversation is no parent in another, whoever asks
    let mine = bench.conversation().await;
    expect_gone(service.append(&bench.caller, mine, message(Parent::Message(said.id), Role::User, "no")).await);
    let change = bench.insert(mine, Some(said.id), Role::User);
    super::bench::expect_refusal(bench.commit(Batch::of(change)).await, &crate::store::Conflict::ElsewhereMessage);
    let change =
        crate::conversation::InsertMessage { owner: stranger.subject(), ..bench.insert(id, Some(said.id), Role::User) };
    let missing = crate::store::Conflict::Missing(Kind::Conversation);
    super::bench::expect_refusal(bench.commit(Batch::of(change)).await, &missing);
    assert_eq!(bench.texts(id).await, ["mine"]);
    bench.expect_sound().await;
}
