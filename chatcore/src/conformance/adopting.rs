//! Conversations of a visitor become a user's.

use std::collections::BTreeSet;

use super::bench::{Bench, message};
use super::raw::{Insert, scan_all};
use crate::account::Caller;
use crate::conversation::{AdoptMessages, NewConversation, NewMessage, Parent, Role};
use crate::id::ConversationId;
use crate::job::{Job, Work};
use crate::page::PageRequest;
use crate::store::{AnyRecord, Batch, Kind};
use crate::testing::{user, visitor};

/// A visitor with two conversations: a long one with a fork, a run and a name for a message, and one with an id that the
/// user has given to another one.
async fn chats(bench: &Bench<'_>, from: &Caller, to: &Caller) -> [ConversationId; 2] {
    let service = bench.conversations();
    let named = || NewConversation { external_id: Some("mine".into()), ..Default::default() };
    service.create(to, named()).await.unwrap();
    let long = service.create(from, NewConversation::default()).await.unwrap().id;
    let short = service.create(from, named()).await.unwrap().id;
    let turn = bench.chat.send(from, long, "question").await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    for at in 0..230 {
        let parent = if at == 200 { Parent::Message(answer) } else { Parent::Head };
        let client_ref = (at == 7).then(|| "seven".to_owned());
        let new = NewMessage { client_ref, ..message(parent, Role::User, &format!("{at}")) };
        service.append(from, long, new).await.unwrap();
    }
    service.append(from, short, message(Parent::Head, Role::User, "short")).await.unwrap();
    [long, short]
}

async fn expect_moved(bench: &Bench<'_>, from: &Caller, to: &Caller, ids: [ConversationId; 2]) {
    let (service, page) = (bench.conversations(), PageRequest::first());
    assert_eq!(service.list(from, &page).await.unwrap().items, [], "something is still the visitor's");
    let own: BTreeSet<ConversationId> =
        service.list(to, &page).await.unwrap().items.into_iter().map(|one| one.id).collect();
    assert_eq!((own.len(), own.is_superset(&ids.into())), (3, true), "the user has not got everything");
    let owners = scan_all(&*bench.store, Kind::Message, 100).await.into_iter().map(|record| match record {
        AnyRecord::Message(message) => (message.owner, message.number),
        other => panic!("a scan of messages: {other:?}"),
    });
    let owners: BTreeSet<_> = owners.collect();
    let expected: BTreeSet<_> = (1..=233).map(|number| (to.subject(), number)).collect();
    assert_eq!(owners, expected, "each message is the user's, and numbered among theirs");
    for run in scan_all(&*bench.store, Kind::Run, 100).await {
        assert!(matches!(run, AnyRecord::Run(run) if run.owner == to.subject()), "a run is still the visitor's");
    }
    let again = NewMessage { client_ref: Some("seven".into()), ..message(Parent::Head, Role::User, "7") };
    assert!(service.append(to, ids[0], again).await.is_ok_and(|view| view.message.text() == "7"));
    assert_eq!(bench.count(Kind::Message).await, 233, "a name that a client gave to a message was lost");
    assert_eq!(service.get(to, ids[1]).await.unwrap().external_id, None, "an id is given once per owner");
    service.append(to, ids[1], message(Parent::Head, Role::User, "on")).await.unwrap();
    assert_eq!(bench.store.jobs(None, 9).await.unwrap(), []);
    bench.expect_sound().await;
}

fn job(bench: &Bench<'_>, from: &Caller, to: &Caller) -> Job {
    let work = Work::Adopt { from: from.subject(), to: to.subject() };
    Job { id: bench.mint_job(), work, created_at: bench.now() }
}

pub(super) async fn merging_moves_everything(bench: Bench<'_>) {
    let (from, to) = (visitor(1), user(1));
    let ids = chats(&bench, &from, &to).await;
    bench.commit(Batch::of(Insert(job(&bench, &from, &to)))).await.unwrap();
    assert_eq!(bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap(), 1);
    expect_moved(&bench, &from, &to, ids).await;
}

pub(super) async fn merging_goes_on_from_any_step(bench: Bench<'_>) {
    let (from, to) = (visitor(1), user(1));
    let ids = chats(&bench, &from, &to).await;
    bench.commit(Batch::of(Insert(job(&bench, &from, &to)))).await.unwrap();
    // its process died after the first step, and another one does the same step again
    let some = bench.store.tree(ids[0], None, 50).await.unwrap().iter().map(|message| message.id).collect();
    let step = AdoptMessages { conversation: ids[0], messages: some, from: from.subject(), to: to.subject() };
    for _ in 0..2 {
        bench.commit(Batch::of(step.clone())).await.unwrap();
    }
    let Some(bench) = bench.crash().await else { return };
    let service = bench.conversations();
    let (one, other) =
        futures::join!(service.resume_jobs(crate::Timestamp::MAX), service.resume_jobs(crate::Timestamp::MAX));
    assert!(one.is_ok() && other.is_ok(), "two that do the same harm each other");
    service.resume_jobs(crate::Timestamp::MAX).await.unwrap();
    expect_moved(&bench, &from, &to, ids).await;
}
