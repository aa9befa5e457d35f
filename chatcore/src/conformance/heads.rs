//! The head: where it goes, who may move it, and what switching brings back.

use super::bench::{Bench, expect_refusal, message};
use super::raw::scan_all;
use crate::conversation::{ExpectHead, Message, MoveHead, NewMessage, Parent, Part, Role, Settings};
use crate::error::Error;
use crate::store::{Batch, Conflict, Kind};

fn at(message: &Message) -> Parent {
    Parent::Message(message.id)
}

pub(super) async fn stale_head_leaves_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 3).await;
    let before = bench.get(id).await;
    let stale = |expected: &Message| NewMessage {
        expected_head: Some(Some(expected.id)),
        ..message(Parent::Head, Role::User, "stale")
    };
    let (head, service) = (Some(chain[2].id), bench.conversations());
    match service.append(&bench.caller, id, stale(&chain[1])).await {
        Err(Error::StaleHead { head: told }) => assert_eq!(told, head, "it is told where the head is"),
        other => panic!("a stale head is not refused: {other:?}"),
    }
    match service.move_head(&bench.caller, id, chain[0].id, Some(chain[1].id)).await {
        Err(Error::StaleHead { head: told }) => assert_eq!(told, head),
        other => panic!("a stale head is not refused: {other:?}"),
    }
    let expect = ExpectHead { conversation: id, head: None };
    expect_refusal(bench.commit(Batch::of(expect)).await, &Conflict::StaleHead { head });
    assert_eq!(bench.get(id).await, before, "a refused change left a trace");
    assert_eq!(bench.count(Kind::Message).await, 3);
    let next = service.append(&bench.caller, id, stale(&chain[2])).await.unwrap().message;
    assert_eq!((next.seq, next.number), (4, 4), "a refused message took a number");
}

/// Roots `a` and `b`; under each an answer in two versions, under each version a question.
async fn garden(bench: &Bench<'_>) -> (crate::ConversationId, [Message; 10]) {
    let id = bench.conversation().await;
    let mut all = Vec::new();
    for _ in 0..2 {
        let root = bench.ask(id, Parent::Root, "root").await;
        all.push(root.clone());
        for _ in 0..2 {
            let answer = bench.say(id, at(&root), Role::Assistant, "answer").await;
            let leaf = bench.ask(id, at(&answer), "leaf").await;
            all.extend([answer, leaf]);
        }
    }
    (id, all.try_into().unwrap())
}

pub(super) async fn switching_returns_to_the_last_leaf(bench: Bench<'_>) {
    let (id, all) = garden(&bench).await;
    let [a, a1, a1_leaf, a2, a2_leaf, b, b1, b1_leaf, _, b2_leaf] = &all;
    let switch = async |to: &Message| {
        let moved = bench.conversations().move_head(&bench.caller, id, to.id, None).await.unwrap();
        assert!(moved.head_message().is_some());
        all.iter().position(|one| Some(one.id) == moved.head_message()).unwrap()
    };
    let index = |of: &Message| all.iter().position(|one| one.id == of.id).unwrap();
    assert_eq!(bench.head(id).await, Some(b2_leaf.id));
    assert_eq!(switch(a).await, index(a2_leaf), "what was last active below the first root");
    assert_eq!(switch(b).await, index(b2_leaf), "and back");
    assert_eq!(switch(b1).await, index(b1_leaf));
    assert_eq!(switch(a).await, index(a2_leaf));
    assert_eq!(switch(b).await, index(b1_leaf), "a choice inside a branch is remembered");
    assert_eq!(switch(a1).await, index(a1_leaf));
    assert_eq!(switch(a2_leaf).await, index(a2_leaf));
    assert_eq!(switch(a).await, index(a2_leaf));
    // switching to a leaf that is the head changes nothing
    let before = bench.get(id).await;
    assert_eq!(switch(a2).await, index(a2_leaf));
    assert_eq!(bench.get(id).await.version, before.version);
    // going on in the middle of the path makes that the active one
    let other = bench.ask(id, at(a2), "other").await;
    bench.conversations().move_head(&bench.caller, id, b.id, None).await.unwrap();
    let back = bench.conversations().move_head(&bench.caller, id, a.id, None).await.unwrap();
    assert_eq!(back.head_message(), Some(other.id));
    bench.expect_sound().await;
}

pub(super) async fn appending_elsewhere_switches_there(bench: Bench<'_>) {
    let (id, all) = garden(&bench).await;
    let [a, _, a1_leaf, _, _, b, ..] = &all;
    // the head is under the second root; somebody goes on deep under the first
    let next = bench.ask(id, at(a1_leaf), "next").await;
    assert_eq!(bench.head(id).await, Some(next.id));
    for root in [b, a] {
        bench.conversations().move_head(&bench.caller, id, root.id, None).await.unwrap();
    }
    assert_eq!(bench.head(id).await, Some(next.id), "switching does not return to where the head was last");
    // the same with a whole turn
    bench.conversations().move_head(&bench.caller, id, b.id, None).await.unwrap();
    let turn = bench.chat.regenerate(&bench.caller, all[1].id, Default::default()).await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    for root in [b, a] {
        bench.conversations().move_head(&bench.caller, id, root.id, None).await.unwrap();
    }
    assert_eq!(bench.head(id).await, Some(answer), "switching does not return to the answer");
    bench.expect_sound().await;
}

pub(super) async fn inserting_beside_the_head_leaves_it(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 2).await;
    let quiet = |parent: &Message| crate::conversation::InsertMessage {
        follow: false,
        ..bench.insert(id, Some(parent.id), Role::User)
    };
    let below = quiet(&chain[1]);
    bench.commit(Batch::of(below.clone())).await.unwrap();
    assert_eq!(bench.head(id).await, Some(chain[1].id), "a message that does not want the head took it");
    // the place behind the head is taken now
    let next = bench.ask(id, Parent::Head, "next").await;
    assert_eq!((next.place.lane, bench.versions(next.id).await), (1, (2, 2)));
    bench.commit(Batch::of(quiet(&next)).and(quiet(&next))).await.unwrap();
    assert_eq!(bench.head(id).await, Some(next.id));
    bench.expect_sound().await;
}

pub(super) async fn settings_change_by_version(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let service = bench.conversations();
    let title = |title: &str| Settings { title: Some(Some(title.into())), ..Settings::default() };
    let first = service.update(&bench.caller, id, title("first"), Some(1)).await.unwrap();
    assert_eq!((first.title.as_deref(), first.version), (Some("first"), 2));
    let stale = service.update(&bench.caller, id, title("stale"), Some(1)).await;
    assert!(matches!(stale, Err(Error::StaleVersion)), "{stale:?}");
    let prompt = Settings { system_prompt: Some(Some("be brief".into())), ..Settings::default() };
    let second = service.update(&bench.caller, id, prompt, None).await.unwrap();
    assert_eq!((second.title.as_deref(), second.system_prompt.as_deref()), (Some("first"), Some("be brief")));
    let cleared = Settings { title: Some(None), ..Settings::default() };
    assert_eq!(service.update(&bench.caller, id, cleared, Some(3)).await.unwrap().title, None);
    // of 64 that saw the same version, one wins
    let all = (0..64).map(|_| service.update(&bench.caller, id, title("race"), Some(4)));
    let all = futures::future::join_all(all).await;
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "several changed the same version");
    assert!(all.iter().filter_map(|done| done.as_ref().err()).all(|error| matches!(error, Error::StaleVersion)));
}

pub(super) async fn revising_keeps_the_place(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 3).await;
    bench.tick();
    let revised = bench.conversations().revise(&bench.caller, chain[1].id, vec![Part::text("better")]).await.unwrap();
    let expected = Message { parts: vec![Part::text("better")], edited_at: Some(bench.now()), ..chain[1].clone() };
    assert_eq!(revised.message, expected);
    assert_eq!(bench.texts(id).await, ["0", "better", "2"]);
    assert_eq!(bench.head(id).await, Some(chain[2].id));
    assert_eq!(bench.get(id).await.updated_at, bench.now());
    assert_eq!(scan_all(&*bench.store, Kind::Message, 10).await.len(), 3);
    // what is being written is not revised
    let turn = bench.chat.send(&bench.caller, id, "and?").await.unwrap();
    let open = turn.assistant_message.message.id;
    let busy = bench.conversations().revise(&bench.caller, open, vec![Part::text("no")]).await;
    assert!(matches!(busy, Err(Error::Busy)), "{busy:?}");
    turn.driver.await;
    bench.conversations().revise(&bench.caller, open, vec![Part::text("yes")]).await.unwrap();
    // a head that moves by a rule of its own stays inside the conversation
    let other = bench.conversation().await;
    let foreign = bench.ask(other, Parent::Root, "foreign").await;
    let (owner, now) = (bench.caller.subject(), bench.now());
    let change = MoveHead { conversation: id, owner, to: foreign.id, choices: Vec::new(), at: now };
    expect_refusal(bench.commit(Batch::of(change)).await, &Conflict::ElsewhereMessage);
    bench.expect_sound().await;
}
