//! Conversations that are pinned or put away.

use std::collections::BTreeSet;

use super::bench::{Bench, message};
use super::raw::{Insert, Update};
use crate::Timestamp;
use crate::conversation::{Conversation, ConversationState, NewConversation, Parent, Role, Settings, Shelf};
use crate::error::Error;
use crate::id::ConversationId;
use crate::job::{Job, Work};
use crate::page::PageRequest;
use crate::store::Batch;
use crate::testing::{user, visitor};

fn place(one: &Conversation) -> (Timestamp, ConversationId) {
    (one.updated_at, one.id)
}

/// Conversations of one owner, on all shelves by turns.
async fn some(bench: &Bench<'_>, number: usize) -> Vec<Conversation> {
    let mut all = Vec::new();
    for at in 0..number {
        let made = bench.get(bench.conversation().await).await;
        let updated_at = Timestamp::from_micros(i64::try_from(at / 6).unwrap());
        all.push(Conversation { pinned: at % 3 == 1, archived: at % 5 == 2, updated_at, ..made });
        bench.commit(Batch::of(Update(all[at].clone()))).await.unwrap();
    }
    all
}

fn on(all: &[Conversation], shelf: Option<Shelf>) -> Vec<Conversation> {
    let mut own: Vec<Conversation> = all.iter().filter(|one| one.shelf() == shelf).cloned().collect();
    own.retain(|one| one.state == ConversationState::Live);
    own.sort_by(|a, b| b.updated_at.cmp(&a.updated_at).then(a.id.cmp(&b.id)));
    own
}

pub(super) async fn shelves_newest_first(bench: Bench<'_>) {
    let mut all = some(&bench, 40).await;
    let owner = bench.caller.subject();
    all[7].state = ConversationState::Deleted;
    all[12].state = ConversationState::Building;
    // from one shelf to another
    (all[10].pinned, all[11].archived, all[13].pinned, all[17].archived) = (false, true, true, false);
    for at in [7, 10, 11, 12, 13, 17] {
        bench.commit(Batch::of(Update(all[at].clone()))).await.unwrap();
    }
    for shelf in Shelf::ALL {
        let expected = on(&all, Some(shelf));
        assert!(expected.len() > 5);
        for size in [1, 2, 5, usize::MAX] {
            let mut joined: Vec<Conversation> = Vec::new();
            loop {
                let page = bench.store.shelved(owner, shelf, joined.last().map(place), size).await.unwrap();
                assert!(page.len() <= size, "a page of {size} has {}", page.len());
                if page.is_empty() {
                    break;
                }
                joined.extend(page);
            }
            assert!(joined == expected, "{shelf:?} in pages of {size} is not what was set apart");
        }
        assert_eq!(bench.store.shelved(owner, shelf, None, 0).await.unwrap(), []);
        assert_eq!(bench.store.shelved(user(99).subject(), shelf, None, 9).await.unwrap(), []);
    }
    assert!(bench.store.conversations(owner, None, usize::MAX).await.unwrap() == on(&all, None));
}

pub(super) async fn shelf_pages_under_writes(bench: Bench<'_>) {
    let owner = bench.caller.subject();
    let (mut all, mut still) = (Vec::new(), BTreeSet::new());
    for at in 0..20 {
        let made = bench.get(bench.conversation().await).await;
        all.push(Conversation { archived: true, updated_at: Timestamp::from_micros(at), ..made });
        bench.commit(Batch::of(Update(all.last().unwrap().clone()))).await.unwrap();
        still.insert(all.last().unwrap().id);
    }
    let (mut met, mut now): (Vec<Conversation>, _) = (Vec::new(), 100);
    loop {
        let page = bench.store.shelved(owner, Shelf::Archived, met.last().map(place), 3).await.unwrap();
        if page.is_empty() {
            break;
        }
        met.extend(page);
        // one that was shown and one that was not are written to, and one that was shown is taken out
        let waits = all.iter().find(|one| !met.iter().any(|met| met.id == one.id)).cloned();
        for one in [Some(met[met.len() - 1].clone()), waits].into_iter().flatten() {
            now += 1;
            let written = Conversation { updated_at: Timestamp::from_micros(now), ..bench.get(one.id).await };
            bench.commit(Batch::of(Update(written))).await.unwrap();
            still.remove(&one.id);
        }
        // not at once, or what goes would make up for what comes
        if met.len() > 3 {
            let out = Conversation { archived: false, ..bench.get(met[met.len() - 2].id).await };
            bench.commit(Batch::of(Update(out))).await.unwrap();
        }
        assert!(met.len() <= 40, "the pages never end");
    }
    let ids: Vec<ConversationId> = met.iter().map(|one| one.id).collect();
    let once: BTreeSet<ConversationId> = ids.iter().copied().collect();
    assert_eq!(once.len(), ids.len(), "a conversation comes twice");
    assert!(once.is_superset(&still) && still.len() > 3, "one that nobody writes to is passed over");
}

async fn set(bench: &Bench<'_>, id: ConversationId, pinned: Option<bool>, archived: Option<bool>) -> Conversation {
    let settings = Settings { pinned, archived, ..Settings::default() };
    bench.conversations().update(&bench.caller, id, settings, None).await.unwrap()
}

async fn listed(bench: &Bench<'_>, size: usize) -> Vec<ConversationId> {
    let (mut all, mut page) = (Vec::new(), PageRequest::first().limit(size));
    loop {
        let found = bench.conversations().list(&bench.caller, &page).await.unwrap();
        assert!(found.items.len() <= size);
        all.extend(found.items.iter().map(|one| one.id));
        let Some(next) = found.next else { return all };
        page = page.after(Some(next));
    }
}

pub(super) async fn pinned_ones_come_first(bench: Bench<'_>) {
    let mut ids = Vec::new();
    for _ in 0..12 {
        ids.push(bench.conversation().await);
        bench.tick();
    }
    for at in [2, 5, 9] {
        assert!(set(&bench, ids[at], Some(true), None).await.pinned);
    }
    for at in [3, 9] {
        assert!(set(&bench, ids[at], None, Some(true)).await.archived);
    }
    let order = [5, 2, 11, 10, 8, 7, 6, 4, 1, 0].map(|at: usize| ids[at]);
    for size in [1, 2, 3, 10, 200] {
        assert_eq!(listed(&bench, size).await, order, "in pages of {size}");
    }
    let service = bench.conversations();
    let away = service.archived(&bench.caller, &PageRequest::first().limit(1)).await.unwrap();
    assert_eq!((away.items[0].id, away.items.len()), (ids[9], 1));
    let rest = PageRequest::first().after(away.next.clone());
    assert_eq!(service.archived(&bench.caller, &rest).await.unwrap().items[0].id, ids[3]);
    // a place in one list is none in the other
    assert!(matches!(service.list(&bench.caller, &rest).await, Err(Error::Invalid { field: "cursor", .. })));
    set(&bench, ids[9], Some(false), Some(false)).await;
    set(&bench, ids[5], Some(false), None).await;
    let order = [2, 11, 10, 9, 8, 7, 6, 5, 4, 1, 0].map(|at: usize| ids[at]);
    assert_eq!(listed(&bench, 4).await, order);
    bench.expect_sound().await;
}

pub(super) async fn setting_apart_is_no_use(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let before = bench.get(id).await;
    bench.tick();
    let pinned = set(&bench, id, Some(true), Some(true)).await;
    assert_eq!(pinned.updated_at, before.updated_at, "it was not written to");
    assert!(pinned.version > before.version, "who saw it before is told that it has changed");
    let both = Settings { title: Some(Some("t".into())), pinned: Some(false), ..Settings::default() };
    let titled = bench.conversations().update(&bench.caller, id, both, Some(pinned.version)).await.unwrap();
    assert!(titled.updated_at > before.updated_at && !titled.pinned && titled.archived);
    // what is said in it does not bring it back
    bench.ask(id, Parent::Head, "still here").await;
    assert!(bench.get(id).await.archived);
}

pub(super) async fn shelves_go_with_their_owner(bench: Bench<'_>) {
    let (from, to) = (visitor(1), user(1));
    let service = bench.conversations();
    let mut ids = Vec::new();
    for at in 0..3 {
        let id = service.create(&from, NewConversation::default()).await.unwrap().id;
        service.append(&from, id, message(Parent::Head, Role::User, "hello")).await.unwrap();
        let settings = Settings { pinned: Some(at == 1), archived: Some(at == 2), ..Settings::default() };
        service.update(&from, id, settings, None).await.unwrap();
        ids.push(id);
    }
    let work = Work::Adopt { from: from.subject(), to: to.subject() };
    let job = Job { id: bench.mint_job(), work, created_at: bench.now() };
    bench.commit(Batch::of(Insert(job))).await.unwrap();
    service.resume_jobs(Timestamp::MAX).await.unwrap();
    let page = PageRequest::first();
    let of = |found: Vec<Conversation>| found.into_iter().map(|one| one.id).collect::<Vec<_>>();
    assert_eq!(of(service.list(&to, &page).await.unwrap().items), [ids[1], ids[0]]);
    assert_eq!(of(service.archived(&to, &page).await.unwrap().items), [ids[2]]);
    assert_eq!(service.list(&from, &page).await.unwrap().items, []);
    assert_eq!(service.archived(&from, &page).await.unwrap().items, []);
    bench.expect_sound().await;
}
