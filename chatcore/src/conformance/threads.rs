//! Many at once from several threads: numbers, names and whatever only one may get.

use std::collections::BTreeSet;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{BoxFuture, join_all};

use super::bench::{Bench, expect_refusal, message};
use super::raw::{Delete, Insert};
use crate::account::{AccountRole, RegisterUser, RotateSession, Session, TokenHash};
use crate::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use crate::error::Error;
use crate::id::{ConversationId, UserId};
use crate::job::{Job, Work};
use crate::page::PageRequest;
use crate::store::{Batch, Conflict, Kind};
use crate::turn::Chat;

/// 64 racers on eight threads; what each of them came back with.
pub(super) fn race<T: Send>(bench: &Bench<'_>, racer: impl Fn(usize) -> BoxFuture<'static, T> + Sync) -> Vec<T> {
    let harness = bench.harness;
    let heat = |thread: usize| {
        let mut done = Vec::new();
        harness.run(Box::pin(async { done = join_all((0..8).map(|at| racer(thread * 8 + at))).await }));
        done
    };
    std::thread::scope(|scope| {
        let heats: Vec<_> = (0..8).map(|thread| scope.spawn(move || heat(thread))).collect();
        heats.into_iter().flat_map(|heat| heat.join().unwrap()).collect()
    })
}

pub(super) async fn numbers_have_no_gaps(bench: Bench<'_>) {
    let (service, caller) = (bench.conversations().clone(), bench.caller.clone());
    // every fourth wants a name that only one can have
    let created = race(&bench, |at| {
        let (service, caller) = (service.clone(), caller.clone());
        let external_id = at.is_multiple_of(4).then(|| "wanted".to_owned());
        Box::pin(async move { service.create(&caller, NewConversation { external_id, ..Default::default() }).await })
    });
    let made: Vec<_> = created.iter().filter_map(|made| made.as_ref().ok()).collect();
    let numbers: BTreeSet<u64> = made.iter().map(|made| made.number).collect();
    assert_eq!((made.len(), numbers), (49, (1..=49).collect()), "48 without a name, and one with it");
    assert!(created.iter().filter_map(|made| made.as_ref().err()).all(|error| matches!(error, Error::Taken(_))));
    // every fourth is wrong about the head
    let ids: Vec<ConversationId> = made.iter().take(4).map(|made| made.id).collect();
    for id in &ids {
        bench.ask(*id, Parent::Root, "first").await;
    }
    let said = race(&bench, |at| {
        let (service, caller, id) = (service.clone(), caller.clone(), ids[at / 4 % 4]);
        let stale = at.is_multiple_of(4).then_some(None);
        let new = NewMessage { expected_head: stale, ..message(Parent::Head, Role::User, "racing") };
        Box::pin(async move { service.append(&caller, id, new).await })
    });
    let said: Vec<_> = said.into_iter().filter_map(Result::ok).map(|view| view.message).collect();
    let numbers: BTreeSet<u64> = said.iter().map(|message| message.number).collect();
    assert_eq!((said.len(), numbers), (48, (5..=52).collect()), "numbers of messages over all conversations");
    // whoever was refused had their answer: the next number shows whether one was taken for them
    let next = bench.ask(ids[0], Parent::Head, "next").await;
    assert_eq!((next.number, next.seq), (53, 14), "the next after the last of those that were taken");
    for id in ids {
        let seqs: BTreeSet<u64> = said.iter().filter(|one| one.conversation == id).map(|one| one.seq).collect();
        assert_eq!(seqs, (2..=13).collect(), "numbers of messages in a conversation");
    }
    drop(service);
    bench.expect_sound().await;
}

fn job(bench: &Bench<'_>) -> Job {
    let conversation = ConversationId::mint(bench.now(), &*bench.ids);
    Job { id: bench.mint_job(), work: Work::PurgeConversation { conversation }, created_at: bench.now() }
}

pub(super) async fn one_insert_wins(bench: Bench<'_>) {
    for _ in 0..4 {
        let (store, wanted) = (bench.store.clone(), job(&bench));
        let mut all = race(&bench, |at| {
            let (store, work) = (
                store.clone(),
                Work::PurgeSubtree {
                    conversation: ConversationId::from_uuid(uuid::Uuid::from_u128(1)),
                    lane: 0,
                    from: u32::try_from(at).unwrap(),
                },
            );
            let own = Job { work, ..wanted.clone() };
            Box::pin(async move { store.commit(Batch::of(Insert(own))).await })
        });
        let first = all.iter().position(Result::is_ok).expect("of 64 that insert one key at once nobody succeeds");
        let won = all.remove(first).unwrap();
        all.into_iter().for_each(|lost| expect_refusal(lost, &Conflict::Exists(Kind::Job)));
        let stored = bench.store.jobs(None, 99).await.unwrap();
        assert_eq!(stored.iter().find(|job| job.id == wanted.id), won.get::<Job>(&wanted.id), "another one is stored");
    }
}

pub(super) async fn one_delete_wins(bench: Bench<'_>) {
    for _ in 0..4 {
        let (store, once) = (bench.store.clone(), job(&bench));
        bench.commit(Batch::of(Insert(once.clone()))).await.unwrap();
        let all = race(&bench, |_| {
            let (store, once) = (store.clone(), once.clone());
            Box::pin(async move { store.commit(Batch::of(Delete(once))).await })
        });
        let won = all.iter().filter(|done| done.is_ok()).count();
        assert_eq!(won, 1, "of 64 that delete one record at once so many are told that they did");
        let lost = all.into_iter().filter(Result::is_err);
        lost.for_each(|lost| expect_refusal(lost, &Conflict::Missing(Kind::Job)));
        assert_eq!(bench.count(Kind::Job).await, 0);
    }
}

pub(super) async fn one_rotation_wins(bench: Bench<'_>) {
    let id = UserId::mint(bench.now(), &*bench.ids);
    let (username, secret) = (Some("ann".to_owned()), "$argon2id$".to_owned());
    let register = RegisterUser { id, username, email: None, secret, role: AccountRole::User, at: bench.now() };
    let far = bench.now().plus(Duration::from_secs(1_000));
    let session = Session { epoch: 1, expires_at: far, ..super::accounts::session(&bench, id) };
    bench.commit(Batch::of(register).and(Insert(session.clone()))).await.unwrap();
    for generation in 1..=4_u64 {
        // each at a moment of their own, so that it shows who was first
        let (store, now) = (bench.store.clone(), bench.now());
        let hash = |generation: u64| TokenHash([6 + u8::try_from(generation).unwrap(); 32]);
        let all = race(&bench, |at| {
            let store = store.clone();
            let change = RotateSession {
                session: session.id,
                generation,
                presented: hash(generation),
                successor: hash(generation + 1),
                grace: Duration::from_secs(10),
                at: now.plus(Duration::from_millis(at as u64)),
            };
            Box::pin(async move { store.commit(Batch::of(change)).await })
        });
        let stored = bench.store.session(session.id).await.unwrap().unwrap();
        assert_eq!((stored.generation, stored.token_hash), (generation + 1, hash(generation + 1)), "rotated once");
        for told in all {
            let told = told.expect("whoever comes second gets the same successor");
            assert_eq!(told.get::<Session>(&session.id), Some(&stored), "two of 64 have rotated one generation");
        }
        bench.tick();
    }
}

pub(super) async fn services_share_a_store(bench: Bench<'_>) {
    let clock = Arc::new(bench.clock.clone());
    let other = Chat::over(bench.store.clone(), bench.model.clone(), clock, bench.ids.clone());
    let (one, two, caller) = (bench.conversations(), other.conversations(), &bench.caller);
    let id = one.create(caller, NewConversation::default()).await.unwrap().id;
    for round in 0..10 {
        bench.tick();
        let (says, hears) = if round % 2 == 0 { (one, two) } else { (two, one) };
        let said = says.append(caller, id, message(Parent::Head, Role::User, "said")).await.unwrap();
        assert_eq!(hears.get(caller, id).await.unwrap(), says.get(caller, id).await.unwrap());
        assert_eq!(hears.list(caller, &PageRequest::first()).await.unwrap().items[0].message_count, round + 1);
        let seen = hears.branch(caller, id, None, &PageRequest::first()).await.unwrap();
        assert_eq!(seen.items.last(), Some(&said), "what one service says another does not see");
        let better = vec![Part::text(format!("revised {round}"))];
        let revised = hears.revise(caller, said.message.id, better).await.unwrap();
        let seen = says.branch(caller, id, None, &PageRequest::first()).await.unwrap();
        assert_eq!(seen.items.last(), Some(&revised), "what one service revises another sees as it was");
    }
    let turn = bench.chat.send(caller, id, "question").await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    two.delete_subtree(caller, answer).await.unwrap();
    super::bench::expect_gone(one.message(caller, answer).await);
    assert_eq!(one.get(caller, id).await.unwrap(), two.get(caller, id).await.unwrap());
    bench.expect_sound().await;
}
