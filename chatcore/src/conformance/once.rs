//! Requests that are made again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::future::join_all;

use super::bench::{Bench, message};
use crate::conversation::{MessageState, NewConversation, NewMessage, Parent, Role};
use crate::error::Error;
use crate::once::{KEY_LIFETIME, Once};
use crate::page::PageRequest;
use crate::store::Kind;
use crate::testing::{Script, user};
use crate::turn::{Ask, ModelOptions, Policy, RunState, Say, Turn};

fn once(key: &str) -> Once {
    Once::new(key).unwrap()
}

/// The ids of a turn.
fn ids(turn: &Turn) -> impl Ord + std::fmt::Debug + use<> {
    (turn.user_message.as_ref().map(|view| view.message.id), turn.assistant_message.message.id, turn.run.id)
}

#[track_caller]
fn expect_reused<T>(result: Result<T, Error>, what: &str) {
    match result {
        Err(Error::Reused(of)) => assert_eq!(of, what),
        Err(other) => panic!("it should be refused because the {what} was used, but: {other}"),
        Ok(_) => panic!("it should be refused because the {what} was used"),
    }
}

pub(super) async fn one_turn_for_a_hundred_requests(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::saying("the one answer"));
    let say = || Say::text("question").once(once("first"));
    let turns = join_all((0..100).map(|_| bench.chat.send(&bench.caller, id, say()))).await;
    let turns: Vec<Turn> = turns.into_iter().map(Result::unwrap).collect();
    assert_eq!(turns.iter().filter(|turn| !turn.replayed).count(), 1, "one of them began it");
    assert_eq!(turns.iter().map(ids).collect::<BTreeSet<_>>().len(), 1, "all are told of the same turn");
    // whoever repeats it can wait for the end too
    join_all(turns.into_iter().map(|turn| turn.driver)).await;
    assert_eq!(bench.model.requests().len(), 1, "the model was asked once");
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (2, 1));
    let late = bench.chat.send(&bench.caller, id, say()).await.unwrap();
    assert!(late.replayed && late.plan.is_none());
    assert_eq!((late.run.state, late.assistant_message.message.state), (RunState::Completed, MessageState::Complete));
    assert_eq!(late.assistant_message.message.text(), "the one answer");
    late.driver.await;
    bench.expect_sound().await;
}

pub(super) async fn a_name_is_for_one_request(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let turn = bench.chat.send(&bench.caller, id, Say::text("question").once(once("first"))).await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let before = bench.get(id).await;
    let key = "Idempotency-Key";
    expect_reused(bench.chat.send(&bench.caller, id, Say::text("other").once(once("first"))).await, key);
    for ask in [
        Ask { model: Some("scripted".into()), ..Ask::default() },
        Ask { policy: Policy::Enqueue, ..Ask::default() },
        Ask { options: ModelOptions { max_output_tokens: Some(9), ..ModelOptions::default() }, ..Ask::default() },
    ] {
        let say = Say { ask, ..Say::text("question") };
        expect_reused(bench.chat.send(&bench.caller, id, say.once(once("first"))).await, key);
    }
    let named = Say { client_ref: Some("mine".into()), ..Say::text("question") };
    expect_reused(bench.chat.send(&bench.caller, id, named.once(once("first"))).await, key);
    expect_reused(bench.chat.regenerate(&bench.caller, answer, Ask::default().once(once("first"))).await, key);
    let new = NewConversation { once: Some(once("first")), ..NewConversation::default() };
    expect_reused(bench.chat.create(&bench.caller, new).await, key);
    let new = NewMessage { once: Some(once("first")), ..message(Parent::Head, Role::User, "other") };
    expect_reused(bench.conversations().append(&bench.caller, id, new).await, key);
    expect_reused(bench.conversations().fork_once(&bench.caller, id, answer, None, Some(once("first"))).await, key);
    // a request that was refused leaves its name free
    let stale = Ask { expected_head: Some(None), ..Ask::default() }.once(once("second"));
    let refused = bench.chat.send(&bench.caller, id, Say { ask: stale, ..Say::text("stale") }).await.map(|_| ());
    assert!(matches!(refused, Err(Error::StaleHead { .. })), "{refused:?}");
    assert_eq!(bench.get(id).await, before);
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::IdempotencyKey).await), (2, 1));
    let again = bench.chat.send(&bench.caller, id, Say::text("other").once(once("second"))).await.unwrap();
    assert!(!again.replayed);
    again.driver.await;
    // the names of one owner are not those of another
    let stranger = user(2);
    let theirs = bench.conversations().create(&stranger, NewConversation::default()).await.unwrap().id;
    let turn = bench.chat.send(&stranger, theirs, Say::text("question").once(once("first"))).await.unwrap();
    assert!(!turn.replayed);
    turn.driver.await;
}

#[track_caller]
fn expect_told<T>(result: Result<T, Error>, what: &str) {
    match result {
        Err(Error::Gone(of)) => assert_eq!(of, what),
        Err(other) => panic!("whoever asks again should be told that the {what} is gone, but: {other}"),
        Ok(_) => panic!("the {what} is gone, and was made anew"),
    }
}

pub(super) async fn a_name_outlives_what_it_made(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let new = || NewConversation { once: Some(once("create")), ..NewConversation::default() };
    let id = chat.create(me, new()).await.unwrap().id;
    let first = chat.send(me, id, "question").await.unwrap();
    let asked = first.user_message.unwrap().message.id;
    first.driver.await;
    let edit = || chat.edit(me, asked, Say::text("better").once(once("edit")));
    let edited = edit().await.unwrap();
    let (made, answer) = (ids(&edited), edited.assistant_message.message.id);
    edited.driver.await;
    let regenerate = || chat.regenerate(me, answer, Ask::default().once(once("regenerate")));
    let again = regenerate().await.unwrap();
    let (newer, newest) = (ids(&again), again.assistant_message.message.id);
    again.driver.await;
    // the message that was edited is gone, what was made of it is not
    chat.delete_message(me, asked).await.unwrap();
    let replay = edit().await.unwrap();
    assert!(replay.replayed && ids(&replay) == made, "an edit is not found again");
    chat.delete_message(me, answer).await.unwrap();
    let replay = regenerate().await.unwrap();
    assert!(replay.replayed && ids(&replay) == newer, "a new answer is not found again");
    // what was made is gone
    chat.delete_message(me, newest).await.unwrap();
    expect_told(regenerate().await, "message");
    expect_told(edit().await, "message");
    let new_message = || NewMessage { once: Some(once("append")), ..message(Parent::Head, Role::User, "stored") };
    let stored = bench.conversations().append(me, id, new_message()).await.unwrap().message.id;
    chat.delete_message(me, stored).await.unwrap();
    expect_told(bench.conversations().append(me, id, new_message()).await, "message");
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (1, 0), "nothing is made anew");
    chat.delete(me, id).await.unwrap();
    expect_told(chat.create(me, new()).await, "conversation");
    expect_told(edit().await, "message");
    assert_eq!(bench.count(Kind::Conversation).await, 0);
}

pub(super) async fn every_request_can_be_made_again(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let new = || NewConversation { once: Some(once("create")), ..NewConversation::default() };
    let made = join_all((0..16).map(|_| chat.create(me, new()))).await;
    let id = made[0].as_ref().unwrap().id;
    assert!(made.iter().all(|made| made.as_ref().is_ok_and(|made| made.id == id)), "one conversation");
    let new = || NewMessage { once: Some(once("append")), ..message(Parent::Head, Role::User, "stored") };
    let stored = join_all((0..16).map(|_| bench.conversations().append(me, id, new()))).await;
    let said = stored[0].as_ref().unwrap().message.id;
    assert!(stored.iter().all(|view| view.as_ref().is_ok_and(|view| view.message.id == said)), "one message");
    let ask = |key: &str| Ask::default().once(once(key));
    bench.model.will(Script::default().text("half").hang());
    let answers = join_all((0..16).map(|_| chat.answer(me, said, ask("answer")))).await;
    let (run, answer) = same(&answers);
    let stop = async { chat.stop(me, run).await.unwrap() };
    futures::join!(join_all(answers.into_iter().map(|turn| turn.unwrap().driver)), stop);
    for (what, turns) in [
        ("go on", join_all((0..16).map(|_| chat.go_on(me, answer, ask("go-on")))).await),
        ("regenerate", join_all((0..16).map(|_| chat.regenerate(me, answer, ask("regenerate")))).await),
        ("edit", join_all((0..16).map(|_| chat.edit(me, said, Say::text("better").once(once("edit"))))).await),
    ] {
        let (_, of) = same(&turns);
        assert_ne!(of, answer, "{what}");
        join_all(turns.into_iter().map(|turn| turn.unwrap().driver)).await;
    }
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (6, 4));
    let forks =
        join_all((0..8).map(|_| bench.conversations().fork_once(me, id, answer, None, Some(once("fork"))))).await;
    let copy = forks[0].as_ref().unwrap().id;
    assert!(forks.iter().all(|fork| fork.as_ref().is_ok_and(|fork| fork.id == copy)), "one fork is shown");
    let listed = bench.conversations().list(me, &PageRequest::first()).await.unwrap();
    assert_eq!((listed.items.len(), bench.count(Kind::Conversation).await, bench.count(Kind::Job).await), (2, 2, 0));
    assert_eq!(bench.count(Kind::IdempotencyKey).await, 7);
    bench.expect_sound().await;
}

/// The run and the answer that all of them tell of; one of them began it.
#[track_caller]
fn same(turns: &[Result<Turn, Error>]) -> (crate::RunId, crate::MessageId) {
    let all: BTreeSet<_> = turns.iter().map(|turn| ids(turn.as_ref().unwrap())).collect();
    assert_eq!(all.len(), 1, "several turns for one request: {all:?}");
    let began = turns.iter().filter(|turn| turn.as_ref().is_ok_and(|turn| !turn.replayed)).count();
    assert_eq!(began, 1);
    let first = turns[0].as_ref().unwrap();
    (first.run.id, first.assistant_message.message.id)
}

pub(super) async fn a_client_ref_is_given_once(bench: Bench<'_>) {
    let (id, elsewhere) = (bench.conversation().await, bench.conversation().await);
    let say = |text: &str| Say { client_ref: Some("draft".into()), ..Say::text(text) };
    let turns = join_all((0..32).map(|_| bench.chat.send(&bench.caller, id, say("question")))).await;
    let (_, answer) = same(&turns);
    let said = turns[0].as_ref().unwrap().user_message.clone().unwrap().message;
    assert_eq!(said.client_ref.as_deref(), Some("draft"));
    join_all(turns.into_iter().map(|turn| turn.unwrap().driver)).await;
    expect_reused(bench.chat.send(&bench.caller, id, say("other")).await, "client_ref");
    expect_reused(bench.chat.edit(&bench.caller, said.id, say("question")).await, "client_ref");
    let new = NewMessage { client_ref: Some("draft".into()), ..message(Parent::Head, Role::User, "question") };
    expect_reused(bench.conversations().append(&bench.caller, id, new.clone()).await, "client_ref");
    assert_eq!(bench.count(Kind::Message).await, 2);
    // other requests of other names may speak of it
    let named = bench.chat.send(&bench.caller, id, say("question").once(once("retry"))).await.unwrap();
    assert!(named.replayed && named.assistant_message.message.id == answer);
    // another conversation has names of its own
    let stored = join_all((0..8).map(|_| bench.conversations().append(&bench.caller, elsewhere, new.clone()))).await;
    assert_eq!(stored.iter().map(|view| view.as_ref().unwrap().message.id).collect::<BTreeSet<_>>().len(), 1);
    // it is kept as long as the message, and no longer
    bench.clock.advance(KEY_LIFETIME * 2);
    bench.chat.tidy().await.unwrap();
    assert!(bench.chat.send(&bench.caller, id, say("question")).await.unwrap().replayed);
    bench.chat.delete_message(&bench.caller, said.id).await.unwrap();
    let again = bench.chat.send(&bench.caller, id, say("other")).await.unwrap();
    assert!(!again.replayed);
    again.driver.await;
    bench.chat.delete(&bench.caller, id).await.unwrap();
    bench.chat.delete(&bench.caller, elsewhere).await.unwrap();
    assert_eq!(bench.count(Kind::IdempotencyKey).await, 0, "a name outlived its message");
}

pub(super) async fn names_are_forgotten_in_time(bench: Bench<'_>) {
    let new = || NewConversation { once: Some(once("daily")), ..NewConversation::default() };
    let first = bench.chat.create(&bench.caller, new()).await.unwrap();
    for at in 0..450 {
        let new = NewConversation { once: Some(once(&format!("{at}"))), ..NewConversation::default() };
        bench.chat.create(&bench.caller, new).await.unwrap();
    }
    bench.clock.advance(KEY_LIFETIME.checked_sub(Duration::from_secs(1)).unwrap());
    bench.chat.tidy().await.unwrap();
    assert_eq!(bench.chat.create(&bench.caller, new()).await.unwrap().id, first.id, "a day is not over");
    bench.tick();
    // a name is free on time, whether or not somebody has tidied up
    let second = bench.chat.create(&bench.caller, new()).await.unwrap();
    assert_ne!(second.id, first.id);
    bench.chat.tidy().await.unwrap();
    assert_eq!(bench.count(Kind::IdempotencyKey).await, 1, "what has expired is removed, and nothing else");
    assert_eq!(bench.chat.create(&bench.caller, new()).await.unwrap().id, second.id);
}
