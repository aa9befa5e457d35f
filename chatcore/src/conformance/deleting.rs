//! Deleting: what is gone at once, what is left behind, and what a crash in the middle does.

use super::bench::{Bench, expect_gone, expect_refusal, message};
use super::raw::{Insert, scan_all};
use crate::conversation::{
    DeleteConversation, DeleteSubtree, Fork, Lane, Message, Parent, Part, Place, Purge, PurgeStep, Role,
};
use crate::id::{ConversationId, JobId, MessageId};
use crate::page::PageRequest;
use crate::store::{AnyRecord, Batch, Conflict, Kind};

fn at(message: &Message) -> Parent {
    Parent::Message(message.id)
}

async fn delete(bench: &Bench<'_>, message: &Message) {
    bench.conversations().delete_subtree(&bench.caller, message.id).await.unwrap();
    bench.expect_sound().await;
}

/// Marks a subtree as deleted, as a process does that dies right after.
async fn mark(bench: &Bench<'_>, message: &Message, head: Option<MessageId>) -> JobId {
    let job = bench.mint_job();
    let change = DeleteSubtree {
        conversation: message.conversation,
        owner: bench.caller.subject(),
        message: message.id,
        head,
        choices: Vec::new(),
        job,
        at: bench.now(),
    };
    bench.commit(Batch::of(change)).await.unwrap();
    bench.expect_sound().await;
    job
}

/// Fails unless nothing is stored but counters.
async fn expect_empty(bench: &Bench<'_>) {
    for kind in Kind::ALL.iter().copied().filter(|kind| *kind != Kind::Sequence) {
        let left = scan_all(&*bench.store, kind, 100).await;
        assert!(left.is_empty(), "a {} is left: {:.500?}", kind.name(), left);
    }
}

pub(super) async fn deleting_moves_the_head(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let root = bench.ask(id, Parent::Root, "root").await;
    let one = bench.say(id, at(&root), Role::Assistant, "one").await;
    let one_leaf = bench.ask(id, at(&one), "one leaf").await;
    let two = bench.say(id, at(&root), Role::Assistant, "two").await;
    bench.ask(id, at(&two), "two leaf").await;
    let three = bench.say(id, at(&root), Role::Assistant, "three").await;
    let three_leaf = bench.ask(id, at(&three), "three leaf").await;
    // beside the head: it stays
    delete(&bench, &two).await;
    assert_eq!(bench.head(id).await, Some(three_leaf.id));
    // above the head: it goes to the sibling that came last, and down from there
    delete(&bench, &three).await;
    assert_eq!(bench.head(id).await, Some(one_leaf.id));
    delete(&bench, &one_leaf).await;
    assert_eq!(bench.head(id).await, Some(one.id), "without a sibling it goes to the parent");
    let other = bench.ask(id, Parent::Root, "other root").await;
    delete(&bench, &other).await;
    assert_eq!(bench.head(id).await, Some(one.id), "a root has siblings too");
    delete(&bench, &root).await;
    assert_eq!(bench.head(id).await, None, "when nothing is left there is no head");
    assert_eq!(bench.get(id).await.message_count, 0);
    let again = bench.ask(id, Parent::Head, "again").await;
    assert_eq!((again.parent, again.seq, again.place.position), (None, 9, 1));
    bench.expect_sound().await;
}

pub(super) async fn deleting_spares_the_active_sibling(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let root = bench.ask(id, Parent::Root, "root").await;
    let mut children = Vec::new();
    for text in ["one", "two", "three"] {
        children.push(bench.say(id, at(&root), Role::Assistant, text).await);
    }
    let service = bench.conversations();
    service.move_head(&bench.caller, id, children[0].id, None).await.unwrap();
    delete(&bench, &children[2]).await;
    assert_eq!(bench.head(id).await, Some(children[0].id), "the head was not inside");
    let back = service.move_head(&bench.caller, id, root.id, None).await.unwrap();
    assert_eq!(back.head_message(), Some(children[0].id), "deleting one sibling made another one active");
}

pub(super) async fn deleted_is_gone_at_once(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 6).await;
    let side = bench.ask(id, at(&chain[3]), "side").await;
    // marked only: no job has removed anything yet
    mark(&bench, &chain[2], Some(chain[1].id)).await;
    let service = bench.conversations();
    assert_eq!(bench.head(id).await, Some(chain[1].id));
    assert_eq!(bench.texts(id).await, ["0", "1"]);
    let page = PageRequest::first();
    for gone in chain[2..].iter().chain([&side]) {
        expect_gone(service.message(&bench.caller, gone.id).await);
        expect_gone(service.message_by_number(&bench.caller, gone.number).await);
        expect_gone(service.branch(&bench.caller, id, Some(gone.id), &page).await);
        expect_gone(service.siblings(&bench.caller, gone.id, &page).await);
        expect_gone(service.move_head(&bench.caller, id, gone.id, None).await);
        expect_gone(service.revise(&bench.caller, gone.id, vec![Part::text("no")]).await);
        expect_gone(service.delete_subtree(&bench.caller, gone.id).await);
        expect_gone(service.fork(&bench.caller, id, gone.id, None).await);
        expect_gone(service.append(&bench.caller, id, message(at(gone), Role::User, "no")).await);
        expect_gone(
            bench
                .chat
                .send(&bench.caller, id, crate::turn::Say { parent: at(gone), ..crate::turn::Say::text("no") })
                .await
                .map(|_| ()),
        );
        let change = bench.insert(id, Some(gone.id), Role::User);
        expect_refusal(bench.commit(Batch::of(change)).await, &Conflict::Deleted);
    }
    let tree = service.tree(&bench.caller, id, &page).await.unwrap();
    assert_eq!(tree.items.len(), 2, "the tree shows what was deleted");
    // a place is not used again, neither before nor after the job
    let next = bench.ask(id, Parent::Head, "next").await;
    assert_ne!(next.place.lane, 0, "a deleted place is used again");
    assert_eq!(bench.versions(next.id).await, (1, 1), "what was deleted still counts as a version");
    assert_eq!(service.resume_jobs(crate::Timestamp::MAX).await.unwrap(), 1);
    assert_eq!(service.resume_jobs(crate::Timestamp::MAX).await.unwrap(), 0);
    assert_eq!(bench.get(id).await.message_count, 3);
    assert_eq!(bench.texts(id).await, ["0", "1", "next"]);
    let another = bench.ask(id, at(&chain[1]), "another").await;
    assert_eq!((another.place.lane, bench.versions(another.id).await), (next.place.lane + 1, (2, 2)));
    bench.expect_sound().await;
}

pub(super) async fn versions_shrink(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let root = bench.ask(id, Parent::Root, "root").await;
    let mut answers = Vec::new();
    for _ in 0..5 {
        answers.push(bench.say(id, at(&root), Role::Assistant, "answer").await);
    }
    // the one in the lane, one in the middle, the last
    for gone in [0, 1, 2] {
        let gone = answers.remove(gone);
        delete(&bench, &gone).await;
        for (at, answer) in answers.iter().enumerate() {
            assert_eq!(bench.versions(answer.id).await, (at as u64 + 1, answers.len() as u64));
        }
    }
    let late = bench.say(id, at(&root), Role::Assistant, "late").await;
    assert_eq!(bench.versions(late.id).await, (3, 3));
    // the same while a mark has not been followed up: the others are counted without it
    mark(&bench, &answers[0], None).await;
    assert_eq!((bench.versions(answers[1].id).await, bench.versions(late.id).await), ((1, 2), (2, 2)));
}

/// A tree with forks, runs and logs on every level.
async fn forest(bench: &Bench<'_>, id: ConversationId) -> Vec<Message> {
    let mut all = bench.chain(id, 8).await;
    for parent in 0..8 {
        for _ in 0..2 {
            let turn = bench.chat.send(
                &bench.caller,
                id,
                crate::turn::Say { parent: at(&all[parent]), ..crate::turn::Say::text("go") },
            );
            let turn = turn.await.unwrap();
            all.push(turn.user_message.unwrap().message);
            all.push(turn.assistant_message.message);
            turn.driver.await;
        }
    }
    for parent in [9, 11, 20] {
        all.push(bench.ask(id, at(&all[parent].clone()), "deeper").await);
    }
    all
}

pub(super) async fn purging_leaves_nothing(bench: Bench<'_>) {
    let (id, other) = (bench.conversation().await, bench.conversation().await);
    let all = forest(&bench, id).await;
    let spared = forest(&bench, other).await;
    bench.expect_sound().await;
    delete(&bench, &all[4]).await;
    let left = scan_all(&*bench.store, Kind::Message, 100).await.len();
    assert_eq!(left as u64, bench.get(id).await.message_count + spared.len() as u64);
    delete(&bench, &all[1]).await;
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    expect_gone(bench.conversations().get(&bench.caller, id).await);
    for kind in [Kind::Conversation, Kind::Job] {
        assert_eq!(bench.count(kind).await, usize::from(kind == Kind::Conversation));
    }
    assert_eq!(bench.count(Kind::Message).await, spared.len(), "a neighbour lost something, or something is left");
    assert_eq!(bench.count(Kind::Run).await, 16);
    bench.expect_sound().await;
    bench.chat.delete(&bench.caller, other).await.unwrap();
    expect_empty(&bench).await;
}

pub(super) async fn nested_deletes(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let all = forest(&bench, id).await;
    // marks inside marks, the inner one first and last
    mark(&bench, &all[5], Some(all[4].id)).await;
    mark(&bench, &all[12], None).await;
    mark(&bench, &all[3], Some(all[2].id)).await;
    assert_eq!(bench.get(id).await.cuts, 3);
    let gone = bench.conversations().delete_subtree(&bench.caller, all[6].id).await;
    expect_gone(gone);
    bench.conversations().delete_subtree(&bench.caller, all[1].id).await.unwrap();
    bench.expect_sound().await;
    assert_eq!(bench.get(id).await.cuts, 3, "one is done, three wait");
    assert_eq!(bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap(), 3);
    let conversation = bench.get(id).await;
    assert_eq!(conversation.cuts, 0);
    assert_eq!(bench.texts(id).await.first().map(String::as_str), Some("0"));
    bench.expect_sound().await;
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    expect_empty(&bench).await;
}

/// A conversation of which a part is marked and half purged, and another one that is marked as a whole.
async fn half_a_purge(bench: &Bench<'_>) -> ConversationId {
    let (id, other) = (bench.conversation().await, bench.conversation().await);
    let all = forest(bench, id).await;
    forest(bench, other).await;
    // the process died when a leaf was removed, with its run, and of another answer only the run
    mark(bench, &all[2], Some(all[1].id)).await;
    let deepest = all.iter().filter(|one| one.run.is_some()).max_by_key(|one| one.place.position).unwrap();
    let half = all.iter().find(|one| one.run.is_some() && one.parent == Some(all[16].id)).unwrap();
    let runs = vec![deepest.run.unwrap(), half.run.unwrap()];
    let logs = vec![(runs[0], 1)];
    for purge in [
        Purge { runs, ..Purge::default() },
        Purge { logs, ..Purge::default() },
        Purge { messages: vec![deepest.id], ..Purge::default() },
    ] {
        bench.commit(Batch::of(PurgeStep { conversation: id, purge: purge.clone() })).await.unwrap();
        bench.commit(Batch::of(PurgeStep { conversation: id, purge })).await.expect("a step may be done again");
    }
    bench.expect_sound().await;
    let alive = Purge { messages: vec![all[0].id], ..Purge::default() };
    let refused = bench.commit(Batch::of(PurgeStep { conversation: id, purge: alive })).await;
    assert!(refused.is_err(), "what is not deleted was purged");
    let (owner, now) = (bench.caller.subject(), bench.now());
    let change = DeleteConversation { conversation: other, owner, job: bench.mint_job(), at: now };
    bench.commit(Batch::of(change)).await.unwrap();
    expect_gone(bench.conversations().get(&bench.caller, other).await);
    id
}

/// Fails unless the rest of [`half_a_purge`] was done.
async fn expect_purged(bench: &Bench<'_>, id: ConversationId) {
    bench.expect_sound().await;
    assert_eq!(bench.count(Kind::Job).await, 0);
    assert_eq!(bench.count(Kind::Conversation).await, 1);
    let stored = scan_all(&*bench.store, Kind::Message, 100).await;
    assert_eq!(stored.len() as u64, bench.get(id).await.message_count);
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    expect_empty(bench).await;
}

pub(super) async fn purging_goes_on_from_any_step(bench: Bench<'_>) {
    let id = half_a_purge(&bench).await;
    assert_eq!(bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap(), 2);
    expect_purged(&bench, id).await;
}

pub(super) async fn purging_goes_on_after_a_crash(bench: Bench<'_>) {
    let id = half_a_purge(&bench).await;
    let Some(bench) = bench.crash().await else { return };
    bench.chat.recover().await.unwrap();
    expect_purged(&bench, id).await;
}

pub(super) async fn a_fork_may_point_at_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 4).await;
    // "it steers switching; nothing else rests on it": a fork to a lane that is gone does no harm
    let fork = Fork { conversation: id, place: Place { lane: 0, position: 2 }, active: 77 };
    bench.commit(Batch::of(super::raw::Insert(fork))).await.unwrap();
    let moved = bench.conversations().move_head(&bench.caller, id, chain[0].id, None).await.unwrap();
    assert_eq!(moved.head_message(), Some(chain[3].id));
    let forks = scan_all(&*bench.store, Kind::Fork, 10).await;
    assert!(matches!(forks.as_slice(), [AnyRecord::Fork(_)]));
    delete(&bench, &chain[1]).await;
    assert_eq!(bench.count(Kind::Fork).await, 0);
}

pub(super) async fn a_deletion_knows_the_choices(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let root = bench.ask(id, Parent::Root, "root").await;
    let stays = bench.say(id, at(&root), Role::Assistant, "stays").await;
    let goes = bench.say(id, at(&root), Role::Assistant, "goes").await;
    assert_eq!(bench.head(id).await, Some(goes.id), "the one that came last is active");
    let blind = DeleteSubtree {
        conversation: id,
        owner: bench.caller.subject(),
        message: goes.id,
        head: Some(stays.id),
        choices: Vec::new(),
        job: bench.mint_job(),
        at: bench.now(),
    };
    expect_refusal(bench.commit(Batch::of(blind.clone())).await, &Conflict::HeadInside);
    assert_eq!(bench.count(Kind::Job).await, 0, "a refused deletion leaves a mark");
    let active = Fork { conversation: id, place: root.place, active: stays.place.lane };
    bench.commit(Batch::of(DeleteSubtree { choices: vec![active], ..blind })).await.unwrap();
    assert_eq!(bench.head(id).await, Some(stays.id));
    bench.expect_sound().await;
}

pub(super) async fn damaged_lanes_have_an_end(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let message = bench.ask(id, Parent::Root, "root").await;
    let lane = |lane, parent| Lane {
        lane,
        parent,
        start: 5,
        role: Role::User,
        seq: u64::from(lane),
        message: Some(message.id),
        ..Lane::first(id)
    };
    for (own, parent) in [(7, 8), (8, 7), (9, 9)] {
        bench.commit(Batch::of(Insert(lane(own, parent)))).await.unwrap();
    }
    for own in [7, 8, 9] {
        let found = bench.store.lanes_up(id, own, 0).await.unwrap();
        assert!(found.len() <= 3 && found.first().is_some_and(|first| first.lane == own), "{found:?}");
    }
}
