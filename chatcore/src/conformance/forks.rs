//! Forking a path into a conversation of its own.

use super::bench::{Bench, expect_gone};
use crate::conversation::{ConversationState, CreateConversation, ForkedFrom, MessageState, Parent, Role, StartFork};
use crate::id::ConversationId;
use crate::page::PageRequest;
use crate::store::{Batch, Kind};

pub(super) async fn forking_copies_one_lane(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let mut path = bench.chain(id, 3).await;
    for at in 0..130 {
        let parent = Parent::Message(path.last().unwrap().id);
        if at % 40 == 0 {
            bench.ask(id, parent, "decoy").await;
        }
        path.push(bench.ask(id, parent, &format!("step {at}")).await);
    }
    let before = bench.get(id).await;
    let copy = bench.conversations().fork(&bench.caller, id, path[131].id, Some("copy".into())).await.unwrap();
    assert_eq!((copy.state, copy.title.as_deref()), (ConversationState::Live, Some("copy")));
    assert_eq!(copy.forked_from, Some(ForkedFrom { conversation: id, message: path[131].id }));
    assert_eq!((copy.message_count, copy.next_lane, copy.next_seq), (132, 1, 133));
    let branch = bench.branch(copy.id, 50).await;
    assert_eq!(branch.len(), 132);
    for (at, (view, original)) in branch.iter().zip(&path).enumerate() {
        let message = &view.message;
        assert_eq!(
            (&message.parts, message.role, message.created_at),
            (&original.parts, original.role, original.created_at)
        );
        assert_eq!((message.place.lane, message.place.position as usize), (0, at + 1), "a copy is one lane");
        assert_eq!((view.version, view.versions), (1, 1));
        assert_ne!(message.id, original.id);
    }
    assert_eq!(bench.get(id).await, before, "copying changed the original");
    assert_eq!(bench.count(Kind::Job).await, 0);
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    assert_eq!(bench.branch(copy.id, 50).await, branch, "the copy went with the original");
    bench.expect_sound().await;
}

pub(super) async fn forking_freezes_an_open_answer(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let answer = turn.assistant_message.message.id;
    let copy = bench.conversations().fork(&bench.caller, id, answer, None).await.unwrap();
    let branch = bench.branch(copy.id, 50).await;
    assert_eq!(branch[1].message.state, MessageState::Interrupted, "the copy of an open answer is closed");
    assert_eq!((branch[1].message.run, branch[1].message.usage), (None, None), "runs and usage are not copied");
    turn.driver.await;
    assert_eq!(bench.view(branch[1].message.id).await.message, branch[1].message);
    bench.expect_sound().await;
}

/// A fork whose maker died in the middle.
pub(super) async fn half_a_fork(bench: &Bench<'_>) -> (ConversationId, ConversationId) {
    let id = bench.conversation().await;
    let path = bench.chain(id, 3).await;
    let copy = ConversationId::mint(bench.now(), &*bench.ids);
    let creation = CreateConversation {
        id: copy,
        owner: bench.caller.subject(),
        external_id: None,
        title: None,
        system_prompt: None,
        model: None,
        forked_from: Some(ForkedFrom { conversation: id, message: path[2].id }),
        at: bench.now(),
    };
    let start = StartFork { job: bench.mint_job(), conversation: copy, message: path[2].id, at: bench.now() };
    bench.commit(Batch::of(creation).and(start)).await.unwrap();
    let first = bench.insert(copy, None, Role::User);
    let second = bench.insert(copy, Some(first.id), Role::User);
    bench.commit(Batch::of(first).and(second)).await.unwrap();
    (id, copy)
}

pub(super) async fn forks_are_hidden_until_whole(bench: Bench<'_>) {
    let (id, copy) = half_a_fork(&bench).await;
    let service = bench.conversations();
    expect_gone(service.get(&bench.caller, copy).await);
    let list = service.list(&bench.caller, &PageRequest::first()).await.unwrap();
    assert_eq!(list.items.iter().map(|one| one.id).collect::<Vec<_>>(), [id], "a fork is shown before it is whole");
    let hidden = bench.store.tree(copy, None, 10).await.unwrap();
    for message in hidden {
        expect_gone(service.message(&bench.caller, message.id).await);
    }
    expect_gone(service.delete(&bench.caller, copy).await);
    bench.expect_sound().await;
}

pub(super) async fn unfinished_forks_are_removed(bench: Bench<'_>) {
    let (id, copy) = half_a_fork(&bench).await;
    assert_eq!(bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap(), 1);
    assert_eq!(bench.store.conversation(copy).await.unwrap(), None);
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Job).await), (3, 0));
    assert_eq!(bench.texts(id).await, ["0", "1", "2"]);
    bench.expect_sound().await;
}

pub(super) async fn a_fork_dies_with_its_process(bench: Bench<'_>) {
    let (id, copy) = half_a_fork(&bench).await;
    let Some(bench) = bench.crash().await else { return };
    bench.expect_sound().await;
    bench.chat.recover().await.unwrap();
    assert_eq!(bench.store.conversation(copy).await.unwrap(), None, "half of a fork is left after a restart");
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Job).await), (3, 0));
    // and it can be made again
    let path = bench.branch(id, 50).await;
    let again = bench.conversations().fork(&bench.caller, id, path[2].message.id, None).await.unwrap();
    assert_eq!(bench.texts(again.id).await, ["0", "1", "2"]);
    bench.expect_sound().await;
}
