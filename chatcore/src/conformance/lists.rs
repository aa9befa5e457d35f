//! Finding and listing conversations and messages.

use super::bench::{Bench, expect_refusal};
use super::raw::{Insert, Update};
use crate::conversation::{
    Conversation, ConversationState, LaneRange, Message, Name, NewConversation, Parent, Place, Role,
};
use crate::id::{ConversationId, MessageId};
use crate::store::{Batch, Conflict, Kind};
use crate::subject::Subject;
use crate::testing::{user, visitor};
use crate::Timestamp;

/// A conversation that no service made.
fn conversation(bench: &Bench<'_>, owner: Subject, number: u64, updated_at: Timestamp) -> Conversation {
    Conversation {
        id: ConversationId::mint(bench.now(), &*bench.ids),
        owner,
        number,
        external_id: Some(format!("ext {number}")),
        title: None,
        system_prompt: None,
        model: None,
        head: None,
        version: 1,
        next_seq: 1,
        next_lane: 1,
        message_count: 0,
        cuts: 0,
        state: ConversationState::Live,
        forked_from: None,
        created_at: updated_at,
        updated_at,
    }
}

async fn put(bench: &Bench<'_>, conversation: &Conversation) {
    bench.commit(Batch::of(Insert(conversation.clone()))).await.unwrap();
}

/// Two owners with the same numbers and names; moments that are equal, and some at the ends of time.
async fn shelf(bench: &Bench<'_>) -> Vec<Conversation> {
    let mut shelf = Vec::new();
    for at in 0..23_u64 {
        let micros = match at {
            0 => i64::MIN,
            1 => -5,
            2 => i64::MAX,
            _ => 1_000_000 * (i64::try_from(at).unwrap() / 4),
        };
        for owner in [user(1).subject(), user(2).subject(), visitor(1).subject()] {
            shelf.push(conversation(bench, owner, at + 1, Timestamp::from_micros(micros)));
        }
    }
    for conversation in &shelf {
        put(bench, conversation).await;
    }
    shelf
}

fn in_order(shelf: &[Conversation], owner: Subject) -> Vec<Conversation> {
    let mut own: Vec<Conversation> = shelf.iter().filter(|one| one.owner == owner).cloned().collect();
    own.retain(|one| one.state == ConversationState::Live);
    own.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then(a.id.cmp(&b.id)));
    own
}

fn place(conversation: &Conversation) -> (Timestamp, ConversationId) {
    (conversation.updated_at, conversation.id)
}

pub(super) async fn newest_first(bench: Bench<'_>) {
    let mut shelf = shelf(&bench).await;
    for owner in [user(1).subject(), user(2).subject(), visitor(1).subject(), visitor(2).subject()] {
        let all = bench.store.conversations(owner, None, usize::MAX).await.unwrap();
        assert!(all == in_order(&shelf, owner), "not by `updated_at` descending, then by id");
    }
    // what is written to comes to the front, and is in the list once
    for at in [4, 40, 13] {
        shelf[at].updated_at = Timestamp::from_micros(50_000_000 + i64::try_from(at).unwrap());
        bench.commit(Batch::of(Update(shelf[at].clone()))).await.unwrap();
        let owner = shelf[at].owner;
        let all = bench.store.conversations(owner, None, usize::MAX).await.unwrap();
        assert!(all == in_order(&shelf, owner), "a conversation that was written to is not where it belongs");
    }
}

pub(super) async fn after_is_exclusive(bench: Bench<'_>) {
    let shelf = shelf(&bench).await;
    let owner = user(1).subject();
    let all = in_order(&shelf, owner);
    for (at, one) in all.iter().enumerate() {
        let behind = bench.store.conversations(owner, Some(place(one)), usize::MAX).await.unwrap();
        assert!(behind == all[at + 1..], "behind the {at}th there are others");
    }
    let gone = all[7].clone();
    bench.commit(Batch::of(super::raw::Delete(gone.clone()))).await.unwrap();
    let behind = bench.store.conversations(owner, Some(place(&gone)), 3).await.unwrap();
    assert!(behind == all[8..11], "a page behind a conversation that is gone begins elsewhere");
}

pub(super) async fn pages_join(bench: Bench<'_>) {
    let shelf = shelf(&bench).await;
    let owner = user(1).subject();
    for page in [1, 2, 3, 7, 22, 23, 24, 200] {
        let mut joined: Vec<Conversation> = Vec::new();
        loop {
            let after = joined.last().map(place);
            let found = bench.store.conversations(owner, after, page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert!(joined == in_order(&shelf, owner), "pages of {page} do not join to the whole");
    }
    assert!(bench.store.conversations(owner, None, 0).await.unwrap().is_empty(), "a page of none has some");
}

pub(super) async fn live_only(bench: Bench<'_>) {
    let mut shelf = shelf(&bench).await;
    for (at, one) in shelf.iter_mut().enumerate() {
        one.state = match at % 4 {
            0 => ConversationState::Building,
            1 => ConversationState::Deleted,
            _ => continue,
        };
        bench.commit(Batch::of(Update(one.clone()))).await.unwrap();
    }
    let owner = user(1).subject();
    assert!(bench.store.conversations(owner, None, 100).await.unwrap() == in_order(&shelf, owner));
    let mut back = shelf[0].clone();
    back.state = ConversationState::Live;
    bench.commit(Batch::of(Update(back.clone()))).await.unwrap();
    let all = bench.store.conversations(back.owner, None, 100).await.unwrap();
    assert!(all.contains(&back), "a conversation that is shown is not in the list");
}

pub(super) async fn conversation_by_id(bench: Bench<'_>) {
    let mut shelf = shelf(&bench).await;
    shelf[5].state = ConversationState::Deleted;
    shelf[6].state = ConversationState::Building;
    for one in &shelf[5..7] {
        bench.commit(Batch::of(Update(one.clone()))).await.unwrap();
    }
    for one in &shelf {
        assert_eq!(bench.store.conversation(one.id).await.unwrap().as_ref(), Some(one));
    }
    let nobody = ConversationId::mint(bench.now(), &*bench.ids);
    assert_eq!(bench.store.conversation(nobody).await.unwrap(), None);
}

pub(super) async fn conversation_by_name(bench: Bench<'_>) {
    let shelf = shelf(&bench).await;
    for one in &shelf {
        let number = bench.store.find_conversation(one.owner, Name::Number(one.number)).await.unwrap();
        assert_eq!(number.as_ref(), Some(one), "by number");
        let external = one.external_id.as_deref().unwrap();
        let found = bench.store.find_conversation(one.owner, Name::External(external)).await.unwrap();
        assert_eq!(found.as_ref(), Some(one), "by external id");
    }
    let owner = user(1).subject();
    for name in [Name::Number(0), Name::Number(99), Name::External("EXT 1"), Name::External("ext 1 "), Name::External("")] {
        assert_eq!(bench.store.find_conversation(owner, name).await.unwrap(), None, "{name:?} is nobody's name");
    }
    // a name that is given up is nobody's, one that is taken over is its new owner's
    let renamed = Conversation { external_id: Some("Émile".into()), ..shelf[0].clone() };
    bench.commit(Batch::of(Update(renamed.clone()))).await.unwrap();
    assert_eq!(bench.store.find_conversation(owner, Name::External("ext 1")).await.unwrap(), None);
    assert_eq!(bench.store.find_conversation(owner, Name::External("Émile")).await.unwrap(), Some(renamed));
    assert_eq!(bench.store.find_conversation(owner, Name::External("émile")).await.unwrap(), None);
}

pub(super) async fn external_ids_are_unique(bench: Bench<'_>) {
    let named = |name: &str| NewConversation { external_id: Some(name.into()), ..NewConversation::default() };
    let service = bench.conversations();
    let all = futures::future::join_all((0..64).map(|_| service.create(&bench.caller, named("mine")))).await;
    let made: Vec<&Conversation> = all.iter().filter_map(|made| made.as_ref().ok()).collect();
    assert_eq!(made.len(), 1, "one name was given to several conversations of one owner");
    assert!(all.iter().filter_map(|made| made.as_ref().err()).all(|error| matches!(error, crate::Error::Taken(_))));
    assert_eq!(made[0].number, 1, "a refused creation took a number");
    service.create(&user(2), named("mine")).await.expect("another owner may use the same name");
    service.create(&bench.caller, named("Mine")).await.expect("names are compared as they are written");
    // deleting gives the name back
    service.delete(&bench.caller, made[0].id).await.unwrap();
    let again = service.create(&bench.caller, named("mine")).await.expect("a deleted conversation keeps its name");
    assert_eq!(service.find(&bench.caller, Name::External("mine")).await.unwrap().id, again.id);
    assert_eq!(again.number, 3);
    // and a batch that takes it for itself is refused by the record's key
    let other = Conversation { external_id: Some("mine".into()), ..conversation(&bench, bench.caller.subject(), 9, bench.now()) };
    let change = crate::conversation::CreateConversation {
        id: other.id,
        owner: other.owner,
        external_id: other.external_id,
        title: None,
        system_prompt: None,
        model: None,
        forked_from: None,
        at: bench.now(),
    };
    expect_refusal(bench.commit(Batch::of(change)).await, &Conflict::Exists(Kind::ExternalId));
}

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
    let new = super::bench::message(Parent::Head, Role::User, "theirs");
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
    assert!(bench.store.tally(id, inverted, 0).await.unwrap().is_empty());
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
