//! Many at once on one conversation: nothing is lost, nothing comes twice, everybody is told the truth.

use std::collections::BTreeSet;

use futures::future::join_all;

use super::bench::{Bench, message};
use crate::conversation::{NewMessage, Parent, Role};
use crate::error::Error;
use crate::id::MessageId;
use crate::store::Kind;
use crate::turn::Ask;

pub(super) async fn stale_heads_lose_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let first = bench.ask(id, Parent::Root, "first").await;
    // 64 tabs that saw the same head: one gets through, the others are told
    let tab =
        |head: MessageId| NewMessage { expected_head: Some(Some(head)), ..message(Parent::Head, Role::User, "tab") };
    let all = (0..64).map(|_| bench.conversations().append(&bench.caller, id, tab(first.id)));
    let all = join_all(all).await;
    let won: Vec<MessageId> = all.iter().filter_map(|done| done.as_ref().ok()).map(|view| view.message.id).collect();
    assert_eq!(won.len(), 1, "several went on from one head");
    for lost in all.iter().filter_map(|done| done.as_ref().err()) {
        assert!(matches!(lost, Error::StaleHead { head } if *head == Some(won[0])), "{lost:?}");
    }
    // 64 that try again until they get through
    let stubborn = (0..64).map(|_| async {
        let mut head = first.id;
        loop {
            match bench.conversations().append(&bench.caller, id, tab(head)).await {
                Ok(view) => return view.message,
                Err(Error::StaleHead { head: Some(now) }) => head = now,
                Err(other) => panic!("{other:?}"),
            }
        }
    });
    let said = join_all(stubborn).await;
    assert_eq!(said.iter().map(|message| message.seq).collect::<BTreeSet<_>>(), (3..=66).collect());
    assert_eq!(bench.branch(id, 100).await.len(), 66, "who waits for the head makes no forks");
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Lane).await), (66, 0));
    bench.expect_sound().await;
}

pub(super) async fn everybody_at_the_head_at_once(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let all = (0..64).map(|_| bench.conversations().append(&bench.caller, id, message(Parent::Head, Role::User, "me")));
    let said: Vec<_> = join_all(all).await.into_iter().map(|done| done.unwrap().message).collect();
    assert_eq!(said.iter().map(|message| message.id).collect::<BTreeSet<_>>().len(), 64);
    assert_eq!(said.iter().map(|message| message.seq).collect::<BTreeSet<_>>(), (1..=64).collect());
    assert_eq!(said.iter().map(|message| message.number).collect::<BTreeSet<_>>(), (1..=64).collect());
    assert_eq!(bench.get(id).await.message_count, 64);
    bench.expect_sound().await;
}

pub(super) async fn threads_lose_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (harness, service, caller) = (bench.harness, bench.conversations().clone(), bench.caller.clone());
    let talk = |thread: usize| {
        for at in 0..16 {
            let new =
                message(if at % 4 == 3 { Parent::Root } else { Parent::Head }, Role::User, &format!("{thread}.{at}"));
            let say = async {
                service.append(&caller, id, new).await.unwrap();
                service.branch(&caller, id, None, &Default::default()).await.unwrap();
            };
            harness.run(Box::pin(say));
        }
    };
    std::thread::scope(|scope| {
        for thread in 0..8 {
            let talk = &talk;
            scope.spawn(move || talk(thread));
        }
    });
    let stored = super::raw::scan_all(&*bench.store, Kind::Message, 100).await.len();
    assert_eq!((stored, bench.get(id).await.next_seq), (128, 129));
    drop(service);
    bench.expect_sound().await;
}

pub(super) async fn regenerating_at_once(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let all = join_all((0..32).map(|_| bench.chat.regenerate(&bench.caller, answer, Ask::default()))).await;
    let mut answers = Vec::new();
    let mut drivers = Vec::new();
    for turn in all {
        let turn = turn.unwrap();
        answers.push(turn.assistant_message.message.id);
        drivers.push(turn.driver);
    }
    join_all(drivers).await;
    let mut versions = BTreeSet::new();
    for answer in answers {
        let view = bench.view(answer).await;
        assert_eq!((view.versions, view.message.text().starts_with("answer ")), (33, true));
        versions.insert(view.version);
    }
    assert_eq!(versions, (2..=33).collect(), "two answers are one version");
    assert_eq!(bench.chat.active_runs(), 0);
    assert_eq!(bench.store.active_runs(id).await.unwrap(), []);
    bench.expect_sound().await;
}

pub(super) async fn deleting_while_others_write(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 6).await;
    let write = join_all((0..48).map(|at| {
        let below = Parent::Message(chain[2 + at % 4].id);
        bench.conversations().append(&bench.caller, id, message(below, Role::User, "late"))
    }));
    let delete = join_all([3, 2, 4].map(|at: usize| bench.conversations().delete_subtree(&bench.caller, chain[at].id)));
    let (written, deleted) = futures::join!(write, delete);
    assert!(deleted.iter().any(Result::is_ok));
    for refused in written.into_iter().filter_map(Result::err).chain(deleted.into_iter().filter_map(Result::err)) {
        assert!(matches!(refused, Error::NotFound(_)), "{refused:?}");
    }
    assert_eq!(bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap(), 0, "a job was left behind");
    bench.expect_sound().await;
    let branch = bench.branch(id, 50).await;
    assert!(branch.iter().all(|view| view.message.id != chain[2].id), "the branch shows what was deleted");
    assert_eq!((bench.count(Kind::Message).await, bench.texts(id).await), (2, vec!["0".to_owned(), "1".to_owned()]));
}
