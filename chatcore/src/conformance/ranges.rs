//! Finding messages, one by one and by place.

use super::bench::{Bench, message};
use crate::conversation::{LaneRange, Message, NewConversation, Parent, Place, Role, Stretch};
use crate::id::{ConversationId, MessageId};
use crate::testing::user;

pub(super) async fn message_by_id(bench: Bench<'_>) {
    let conversation = bench.conversation().await;
    let chain = bench.chain(conversation, 3).await;
    for message in &chain {
        assert_eq!(bench.store.message(message.id).await.unwrap().as_ref(), Some(message));
    }
    let nobody = MessageId::mint(bench.now(), &*bench.ids);
    assert_eq!(bench.store.message(nobody).await.unwrap(), None);
}

pub(super) async fn message_by_number(bench: Bench<'_>) {
    let (one, two) = (bench.conversation().await, bench.conversation().await);
    let mut said = Vec::new();
    for at in 0..6 {
        said.push(bench.ask(if at % 2 == 0 { one } else { two }, Parent::Head, "counted").await);
    }
    let stranger = user(2);
    let theirs = bench.conversations().create(&stranger, NewConversation::default()).await.unwrap().id;
    let new = message(Parent::Head, Role::User, "theirs");
    let theirs = bench.conversations().append(&stranger, theirs, new).await.unwrap().message;
    assert_eq!(theirs.number, 1, "numbers count per owner");
    for (at, message) in said.iter().enumerate() {
        assert_eq!(message.number, at as u64 + 1, "numbers go on over all conversations of an owner");
        let found = bench.store.message_by_number(bench.caller.subject(), message.number).await.unwrap();
        assert_eq!(found.as_ref(), Some(message));
    }
    assert_eq!(bench.store.message_by_number(stranger.subject(), 1).await.unwrap(), Some(theirs));
    for (owner, number) in [(stranger.subject(), 2), (bench.caller.subject(), 0), (bench.caller.subject(), 7)] {
        assert_eq!(bench.store.message_by_number(owner, number).await.unwrap(), None);
    }
}

/// A conversation of three lanes: 0 with positions 1 to 6, two that fork off behind position 2.
async fn small_tree(bench: &Bench<'_>) -> (ConversationId, Vec<Message>) {
    let id = bench.conversation().await;
    let mut all = bench.chain(id, 6).await;
    for text in ["left", "right"] {
        let first = bench.ask(id, Parent::Message(all[1].id), text).await;
        let second = bench.ask(id, Parent::Message(first.id), "below").await;
        all.extend([first, second]);
    }
    // a neighbour with the same places
    let other = bench.conversation().await;
    bench.chain(other, 6).await;
    (id, all)
}

pub(super) async fn ranges_in_order(bench: Bench<'_>) {
    let (id, all) = small_tree(&bench).await;
    let at = |lane, first, last| LaneRange { lane, first, last };
    let range = [at(2, 3, 4), at(0, 2, 4), at(1, 4, 4), at(0, 1, 1)];
    let found = bench.store.messages_in(id, &range).await.unwrap();
    let expected = [8, 9, 1, 2, 3, 7, 0].map(|at: usize| all[at].clone());
    assert!(found == expected, "ranges are not answered one after the other");
    let overlap = [at(0, 1, 2), at(0, 2, 3)];
    let found = bench.store.messages_in(id, &overlap).await.unwrap();
    assert!(found == [0, 1, 1, 2].map(|at: usize| all[at].clone()), "ranges that overlap are two ranges");
    let nobody = ConversationId::mint(bench.now(), &*bench.ids);
    assert!(bench.store.messages_in(nobody, &range).await.unwrap().is_empty());
    // more ranges than a statement takes parameters
    let many: Vec<LaneRange> = (0..1_000).map(|step| at(0, step % 6 + 1, step % 6 + 1)).collect();
    let found = bench.store.messages_in(id, &many).await.unwrap();
    assert!(found.iter().enumerate().all(|(step, message)| *message == all[step % 6]) && found.len() == 1_000);
}

pub(super) async fn range_ends_are_included(bench: Bench<'_>) {
    let (id, all) = small_tree(&bench).await;
    let at = |lane, first, last| LaneRange { lane, first, last };
    let whole = bench.store.messages_in(id, &[at(0, 0, u32::MAX)]).await.unwrap();
    assert!(whole == all[..6], "a range may be longer than the lane");
    assert!(bench.store.messages_in(id, &[at(0, 3, 3)]).await.unwrap() == all[2..3]);
    for nothing in [at(0, 4, 3), at(0, 7, u32::MAX), at(9, 0, u32::MAX), at(0, 0, 0), at(1, 1, 2)] {
        assert!(bench.store.messages_in(id, &[nothing]).await.unwrap().is_empty(), "{nothing:?} holds nothing");
        let tip = bench.store.tip(id, nothing).await.unwrap();
        assert!(tip.last.is_none(), "{nothing:?} has no last message");
    }
    assert!(bench.store.messages_in(id, &[]).await.unwrap().is_empty());
    let inverted = at(0, 4, 1);
    assert!(bench.store.tally(id, &[Stretch { range: inverted, before: 0 }]).await.unwrap().is_empty());
    assert!(bench.store.lanes_from(id, inverted, None, 10).await.unwrap().is_empty());
}

pub(super) async fn tree_by_place(bench: Bench<'_>) {
    let (id, mut all) = small_tree(&bench).await;
    all.sort_by_key(|message| message.place);
    for page in [1, 2, 3, 9, 10, 11, usize::MAX] {
        let mut joined: Vec<Message> = Vec::new();
        loop {
            let after = joined.last().map(|last| last.place);
            let found = bench.store.tree(id, after, page).await.unwrap();
            assert!(found.len() <= page);
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert!(joined == all, "pages of {page} do not join to the whole tree");
    }
    let behind = bench.store.tree(id, Some(Place { lane: 0, position: u32::MAX }), 10).await.unwrap();
    assert!(behind == all[6..], "a place that nobody has is still a place to begin behind");
    assert!(bench.store.tree(id, None, 0).await.unwrap().is_empty());
}
