//! Turns: what begins, what is refused, what the model is shown, who listens.

use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, join_all, select};

use super::bench::{Bench, expect_gone};
use crate::conversation::{MessageState, Parent, Part, Role};
use crate::error::Error;
use crate::store::Kind;
use crate::testing::{Script, user};
use crate::turn::{Ask, Chat, Decision, ModelEvent, RunEvent, Say, Turn, Usage, UsageSource};

fn below(parent: &crate::conversation::Message, text: &str) -> Say {
    Say { parent: Parent::Message(parent.id), ..Say::text(text) }
}

/// A whole turn.
async fn talk(
    bench: &Bench<'_>,
    to: crate::ConversationId,
    say: impl Into<Say>,
) -> (crate::conversation::Message, crate::conversation::Message) {
    let turn = bench.chat.send(&bench.caller, to, say).await.unwrap();
    let (user, answer) = (turn.user_message.unwrap().message, turn.assistant_message.message.id);
    turn.driver.await;
    (user, bench.view(answer).await.message)
}

pub(super) async fn saying_below_an_open_answer_is_refused(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let open = turn.assistant_message.message.clone();
    for say in [Say::text("too early"), below(&open, "too early")] {
        let refused = bench.chat.send(&bench.caller, id, say).await.map(|_| ());
        assert!(matches!(refused, Err(Error::Busy)), "{refused:?}");
    }
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (2, 1), "a refused turn left a trace");
    // beside it one may go on
    let beside = bench.chat.regenerate(&bench.caller, open.id, Ask::default()).await.unwrap();
    assert_eq!((beside.assistant_message.version, beside.assistant_message.versions), (2, 2));
    futures::join!(turn.driver, beside.driver);
    bench.chat.send(&bench.caller, id, "now").await.unwrap().driver.await;
    assert_eq!(bench.texts(id).await.len(), 4);
    bench.expect_sound().await;
}

pub(super) async fn a_refused_turn_leaves_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (_, first) = talk(&bench, id, "one").await;
    let (asked, _) = talk(&bench, id, "two").await;
    let before = bench.get(id).await;
    let stale = || Ask { expected_head: Some(Some(first.id)), ..Ask::default() };
    let said = bench.chat.send(&bench.caller, id, Say { ask: stale(), ..Say::text("stale") }).await.map(|_| ());
    assert!(matches!(said, Err(Error::StaleHead { head }) if head == before.head_message()), "{said:?}");
    let edited = bench.chat.edit(&bench.caller, asked.id, Say { ask: stale(), ..Say::text("stale") }).await.map(|_| ());
    assert!(matches!(edited, Err(Error::StaleHead { .. })), "{edited:?}");
    let again = bench.chat.regenerate(&bench.caller, before.head_message().unwrap(), stale()).await.map(|_| ());
    assert!(matches!(again, Err(Error::StaleHead { .. })), "{again:?}");
    let unknown = Ask { model: Some("nobody".into()), ..Ask::default() };
    let unknown = bench.chat.send(&bench.caller, id, Say { ask: unknown, ..Say::text("no") }).await.map(|_| ());
    assert!(matches!(unknown, Err(Error::UnknownModel(_))), "{unknown:?}");
    let wrong = bench.chat.edit(&bench.caller, first.id, "an answer is not edited").await.map(|_| ());
    assert!(matches!(wrong, Err(Error::Invalid { .. })), "{wrong:?}");
    let wrong = bench.chat.regenerate(&bench.caller, asked.id, Ask::default()).await.map(|_| ());
    assert!(matches!(wrong, Err(Error::Invalid { .. })), "{wrong:?}");
    assert_eq!(bench.get(id).await, before);
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (4, 2));
    assert_eq!(bench.model.requests().len(), 2, "a model was asked for a turn that was refused");
}

pub(super) async fn editing_and_regenerating_make_versions(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (asked, answer) = talk(&bench, id, "question").await;
    talk(&bench, id, "more").await;
    let again = bench.chat.regenerate(&bench.caller, answer.id, Ask::default()).await.unwrap();
    assert!(again.user_message.is_none());
    let second = again.assistant_message.clone();
    assert_eq!((second.version, second.versions, second.message.parent), (2, 2, Some(asked.id)));
    again.driver.await;
    assert_eq!(bench.texts(id).await, ["question", "answer 3"]);
    let edit = bench.chat.edit(&bench.caller, asked.id, "better").await.unwrap();
    let edited = edit.user_message.unwrap();
    assert_eq!((edited.version, edited.versions, edited.message.parent), (2, 2, None), "an edited root is a root");
    edit.driver.await;
    assert_eq!(bench.texts(id).await, ["better", "answer 4"]);
    bench.conversations().move_head(&bench.caller, id, asked.id, None).await.unwrap();
    assert_eq!(bench.texts(id).await, ["question", "answer 3"]);
    bench.conversations().move_head(&bench.caller, id, answer.id, None).await.unwrap();
    assert_eq!(bench.texts(id).await, ["question", "answer 1", "more", "answer 2"]);
    // an answer to a message that was stored without a run
    let stored = bench.ask(id, Parent::Head, "stored").await;
    let turn = bench.chat.answer(&bench.caller, stored.id, Ask::default()).await.unwrap();
    assert_eq!(turn.assistant_message.message.parent, Some(stored.id));
    turn.driver.await;
    assert_eq!(bench.texts(id).await.last().map(String::as_str), Some("answer 5"));
    bench.expect_sound().await;
}

pub(super) async fn the_model_sees_the_newest_that_fits(bench: Bench<'_>) {
    let model = bench.model.clone().context_tokens(400);
    let chat =
        Chat::over(bench.store.clone(), model.clone(), std::sync::Arc::new(bench.clock.clone()), bench.ids.clone());
    let id = bench.conversation().await;
    let prompt = crate::conversation::Settings { system_prompt: Some(Some("be brief".into())), ..Default::default() };
    bench.conversations().update(&bench.caller, id, prompt, None).await.unwrap();
    for at in 0..60 {
        bench
            .say(
                id,
                Parent::Head,
                if at % 2 == 0 { Role::User } else { Role::Assistant },
                &format!("{at} {}", "x".repeat(76)),
            )
            .await;
    }
    // a branch beside: it is not shown
    let turn = chat.send(&bench.caller, id, "newest").await.unwrap();
    let plan = turn.plan.unwrap();
    let kept = plan.items.iter().filter(|item| item.decision == Decision::Keep).count();
    assert!(plan.tokens <= plan.budget && kept > 5 && kept < 20, "{kept} of 62 kept: {:?}", plan.tokens);
    turn.driver.await;
    let request = model.requests().pop().unwrap();
    let shown: Vec<String> =
        request.messages.iter().map(|message| crate::conversation::text_of(&message.parts)).collect();
    assert_eq!((shown[0].as_str(), shown.last().unwrap().as_str()), ("be brief", "newest"));
    assert_eq!(shown.len(), kept);
    for (at, text) in shown[1..shown.len() - 1].iter().rev().enumerate() {
        assert!(text.starts_with(&format!("{} ", 59 - at)), "the newest come without gaps: {text}");
    }
}

/// A run without the part that writes it.
fn parts(turn: Turn) -> (crate::RunId, crate::turn::Driver) {
    (turn.run.id, turn.driver)
}

pub(super) async fn listeners_hear_every_run(bench: Bench<'_>) {
    let (id, other) = (bench.conversation().await, bench.conversation().await);
    let (early, first) = parts(bench.chat.send(&bench.caller, id, "before anybody listens").await.unwrap());
    let of_one = bench.chat.conversation_events(&bench.caller, id, None).await.unwrap();
    let of_all = bench.chat.subject_events(&bench.caller, None).unwrap();
    let mut stranger = bench.chat.subject_events(&user(2), None).unwrap();
    expect_gone(bench.chat.conversation_events(&user(2), id, None).await.map(|_| ()));
    let (elsewhere, second) = parts(bench.chat.send(&bench.caller, other, "elsewhere").await.unwrap());
    bench.model.will(Script::saying("later"));
    let (drivers, ()) = futures::join!(join_all([first, second]), async {});
    drop(drivers);
    let (late, third) = parts(bench.chat.send(&bench.caller, id, "when they listen").await.unwrap());
    third.await;
    let heard = |events: Vec<Result<crate::turn::ConversationEvent, Error>>| {
        let mut heard: Vec<(crate::RunId, u64, bool)> = events
            .into_iter()
            .map(|event| event.unwrap())
            .map(|event| (event.run, event.event.seq, event.event.event.is_last()))
            .collect();
        heard.sort_unstable();
        heard
    };
    let whole = |run| [(run, 1, false), (run, 2, false), (run, 3, true)];
    let mut one = [whole(early), whole(late)].concat();
    let mut all = [whole(early), whole(elsewhere), whole(late)].concat();
    one.sort_unstable();
    all.sort_unstable();
    assert_eq!(heard(of_one.take(6).collect().await), one, "all events of all runs of the conversation");
    assert_eq!(heard(of_all.take(9).collect().await), all, "all events of all runs of the subject");
    assert!(futures::poll!(stranger.next()).is_pending(), "a stranger hears something");
}

pub(super) async fn deleting_stops_the_run(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (asked, answer) = talk(&bench, id, "kept").await;
    bench.model.will(Script::default().text("never to be stored").hang());
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let gone = turn.user_message.unwrap().message;
    let delete = async { bench.chat.delete_message(&bench.caller, gone.id).await.unwrap() };
    let (conversation, ()) = futures::join!(delete, turn.driver);
    assert_eq!(conversation.head_message(), Some(answer.id));
    assert_eq!(bench.model.open_streams(), 0, "the model still works");
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (2, 1));
    let mut events = bench.chat.events(&bench.caller, answer.run.unwrap(), 0).await.unwrap();
    assert!(matches!(events.next().await, Some(Ok(numbered)) if numbered.event == RunEvent::Started));
    expect_gone(bench.chat.run(&bench.caller, turn.run.id).await);
    bench.expect_sound().await;
    // and a whole conversation
    bench.model.will(Script::default().hang());
    let turn = bench.chat.regenerate(&bench.caller, answer.id, Ask::default()).await.unwrap();
    assert_eq!(turn.assistant_message.message.state, MessageState::Open);
    let delete = async { bench.chat.delete(&bench.caller, id).await.unwrap() };
    futures::join!(delete, turn.driver);
    expect_gone(bench.conversations().revise(&bench.caller, asked.id, vec![Part::text("no")]).await);
    for kind in [Kind::Conversation, Kind::Message, Kind::Run, Kind::RunLog, Kind::Job] {
        assert_eq!(bench.count(kind).await, 0, "a {} is left", kind.name());
    }
}

pub(super) async fn deleting_counts_what_was_used(bench: Bench<'_>) {
    let usage = Usage { input: 40, output: 2, source: UsageSource::Provider, ..Usage::default() };
    for dies in [false, true] {
        let id = bench.conversation().await;
        bench.model.will(Script::default().text("half").event(ModelEvent::Usage(usage)).hang());
        let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
        let (said, mut driver) = (turn.user_message.unwrap().message.id, turn.driver);
        let mut events = bench.chat.events(&bench.caller, turn.run.id, 0).await.unwrap();
        let heard = Box::pin(async {
            for _ in 0..3 {
                events.next().await.unwrap().unwrap();
            }
        });
        assert!(matches!(select(&mut driver, heard).await, Either::Right(_)), "the answer has ended");
        if dies {
            bench.clock.advance(Duration::from_secs(1));
            select(&mut driver, Box::pin(bench.logged(turn.run.id))).await;
        }
        // its driver hears of it only afterwards
        bench.chat.delete_message(&bench.caller, said).await.unwrap();
        expect_gone(bench.conversations().message(&bench.caller, said).await);
        bench.expect_sound().await;
        if dies {
            drop(driver);
            bench.clock.advance(Duration::from_secs(60));
            assert_eq!(bench.chat.sweep().await.unwrap(), 1);
        } else {
            driver.await;
        }
        let used = bench.get(id).await.usage;
        assert_eq!(used.get("scripted"), Some(&usage), "what was used is forgotten: {used:?}");
        for kind in [Kind::Message, Kind::Run, Kind::RunLog, Kind::Job] {
            assert_eq!(bench.count(kind).await, 0, "a {} is left", kind.name());
        }
        assert_eq!(bench.get(id).await.cuts, 0);
        bench.expect_sound().await;
    }
}
