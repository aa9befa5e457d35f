//! Finding and listing conversations and messages.

use super::bench::{Bench, expect_refusal};
use super::raw::{Insert, Update};
use crate::Timestamp;
use crate::conversation::{Conversation, ConversationState, Name, NewConversation};
use crate::id::ConversationId;
use crate::store::{Batch, Conflict, Kind};
use crate::subject::Subject;
use crate::testing::{user, visitor};

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
        pinned: false,
        archived: false,
        usage: std::collections::BTreeMap::new(),
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

pub(super) async fn everybodys_newest_first(bench: Bench<'_>) {
    let mut all = shelf(&bench).await;
    for (at, one) in all.iter_mut().enumerate() {
        one.state = [ConversationState::Live, ConversationState::Building, ConversationState::Deleted][at % 3];
        (one.pinned, one.archived) = (at % 5 == 0, at % 7 == 0);
        bench.commit(Batch::of(Update(one.clone()))).await.unwrap();
    }
    all.sort_by_key(|one| std::cmp::Reverse(one.id));
    for page in [1, 7, all.len(), usize::MAX] {
        let mut joined: Vec<Conversation> = Vec::new();
        loop {
            let found = bench.store.conversations_of_all(joined.last().map(|last| last.id), page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert!(joined == all, "pages of {page} do not join to the whole, the newest first");
    }
    let gone = all.remove(7);
    bench.commit(Batch::of(super::raw::Delete(gone.clone()))).await.unwrap();
    let behind = bench.store.conversations_of_all(Some(gone.id), 3).await.unwrap();
    assert!(behind == all[7..10], "a page behind a conversation that is gone begins elsewhere");
    assert!(bench.store.conversations_of_all(None, 0).await.unwrap().is_empty(), "a page of none has some");
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
    for name in
        [Name::Number(0), Name::Number(99), Name::External("EXT 1"), Name::External("ext 1 "), Name::External("")]
    {
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
    let other = Conversation {
        external_id: Some("mine".into()),
        ..conversation(&bench, bench.caller.subject(), 9, bench.now())
    };
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
