//! Stopping where the reader is, and going on from there.

use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, join, select};

use super::bench::{Bench, pause};
use crate::conversation::{Message, MessageState, Part, Role, text_of};
use crate::error::Error;
use crate::id::{ConversationId, RunId};
use crate::store::Kind;
use crate::testing::Script;
use crate::turn::{
    Ask, Chat, Driver, FinishReason, ModelErrorKind, ModelEvent, Numbered, RunEvent, RunState, Say, ToolSpec, Usage,
    UsageSource,
};

/// An answer that has said so many pieces and hangs.
async fn said(bench: &Bench<'_>, id: ConversationId, pieces: &[&str]) -> (Message, RunId, Driver) {
    let script = pieces.iter().fold(Script::default(), |script, piece| script.text(piece));
    bench.model.will(script.hang());
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let (run, mut driver) = (turn.run.id, turn.driver);
    let mut events = bench.chat.events(&bench.caller, run, 0).await.unwrap();
    let heard = Box::pin(async {
        for _ in 0..=pieces.len() {
            events.next().await.unwrap().unwrap();
        }
    });
    assert!(matches!(select(&mut driver, heard).await, Either::Right(_)), "the answer has ended");
    (turn.assistant_message.message, run, driver)
}

async fn replay(bench: &Bench<'_>, run: RunId) -> Vec<Numbered> {
    bench.chat.events(&bench.caller, run, 0).await.unwrap().map(|event| event.unwrap()).collect().await
}

pub(super) async fn a_stop_keeps_what_was_seen(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let whole = "na\u{ef}ve \u{1F600} answer";
    for (seen, kept) in [(Some(7), "na\u{ef}ve \u{1F600}"), (Some(0), ""), (Some(u64::MAX), whole), (None, whole)] {
        let (answer, run, driver) = said(&bench, id, &["na\u{ef}ve ", "\u{1F600} answer"]).await;
        let stop = bench.chat.stop_at(&bench.caller, run, seen);
        let (asked, ()) = join(stop, driver).await;
        assert_eq!(asked.unwrap().seen_len, seen);
        let message = bench.view(answer.id).await.message;
        assert_eq!((message.state, message.text().as_str()), (MessageState::Stopped, kept), "{seen:?}");
        // later requests change nothing
        bench.chat.stop_at(&bench.caller, run, Some(1)).await.unwrap();
        assert_eq!(bench.view(answer.id).await.message, message);
        assert_eq!(bench.chat.run(&bench.caller, run).await.unwrap().seen_len, seen);
        assert_eq!(replay(&bench, run).await.last().map(|last| last.event.clone()), Some(RunEvent::Stopped));
        bench.expect_sound().await;
    }
    // before the first word
    let (answer, run, driver) = said(&bench, id, &[]).await;
    let (asked, ()) = join(bench.chat.stop_at(&bench.caller, run, Some(5)), driver).await;
    asked.unwrap();
    assert_eq!(bench.view(answer.id).await.message.parts, []);
    // one that comes after the end cuts nothing off
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let ended = bench.chat.stop_at(&bench.caller, turn.run.id, Some(1)).await.unwrap();
    assert_eq!((ended.state, ended.seen_len), (RunState::Completed, None));
    assert!(bench.view(answer).await.message.text().chars().count() > 1);
    bench.expect_sound().await;
}

pub(super) async fn another_process_stops_where_its_reader_is(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (answer, run, driver) = said(&bench, id, &["one ", "two"]).await;
    let ids = bench.ids.clone();
    let other = Chat::over(bench.store.clone(), bench.model.clone(), std::sync::Arc::new(bench.clock.clone()), ids);
    let asked = other.stop_at(&bench.caller, run, Some(4)).await.unwrap();
    assert!(asked.is_active(), "it is stopped by whoever drives it");
    other.stop_at(&bench.caller, run, Some(2)).await.expect("the second request counts for nothing");
    let time = Box::pin(async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(100));
        }
    });
    let Either::Left(((), _)) = select(driver, time).await;
    assert_eq!(bench.view(answer.id).await.message.text(), "one ");
    // a driver that dies before it hears of it leaves that to whoever finds the run
    let (answer, run, driver) = said(&bench, id, &["three ", "four"]).await;
    {
        let time = Box::pin(async {
            bench.clock.advance(Duration::from_secs(1));
            bench.logged(run).await;
        });
        let mut driver = driver;
        assert!(matches!(select(&mut driver, time).await, Either::Right(_)));
    }
    other.stop_at(&bench.caller, run, Some(6)).await.unwrap();
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(other.sweep().await.unwrap(), 1);
    let message = bench.view(answer.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Stopped, "three "));
    bench.expect_sound().await;
}

fn shown(bench: &Bench<'_>) -> Vec<(Role, String)> {
    let request = bench.model.requests().pop().unwrap();
    request.messages.iter().map(|message| (message.role, text_of(&message.parts))).collect()
}

pub(super) async fn going_on_says_nothing_twice(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (old, run, driver) = said(&bench, id, &["one ", "two and more"]).await;
    join(bench.chat.stop_at(&bench.caller, run, Some(8)), driver).await.0.unwrap();
    let used = bench.view(old.id).await.message.usage.unwrap();
    let after = bench.ask(id, crate::conversation::Parent::Message(old.id), "below the old one").await;
    let usage = Usage { input: 30, output: 2, source: UsageSource::Provider, ..Usage::default() };
    bench.model.will(Script::default().text("three ").text("four").event(ModelEvent::Usage(usage)).finish());
    let turn = bench.chat.go_on(&bench.caller, old.id, Ask::default()).await.unwrap();
    let (new, run) = (turn.assistant_message.clone(), turn.run.id);
    assert_eq!((new.message.parent, new.version, new.versions), (old.parent, 2, 2), "a sibling of the old answer");
    assert_eq!(bench.view(new.message.id).await.message.text(), "one two ", "the reader sees at once what there is");
    assert!(turn.user_message.is_none());
    turn.driver.await;
    let question = (Role::User, "question".to_owned());
    assert_eq!(
        shown(&bench),
        [question, (Role::Assistant, "one two ".into())],
        "the model sees it as its own last word"
    );
    let message = bench.view(new.message.id).await.message;
    assert_eq!(message.parts, [Part::text("one two three four")]);
    assert_eq!((message.state, message.usage), (MessageState::Complete, Some(usage)));
    let said = replay(&bench, run).await.into_iter().filter_map(|numbered| match numbered.event {
        RunEvent::Delta { text } => Some(text),
        _ => None,
    });
    assert_eq!(said.collect::<String>(), "one two three four", "the log has all of it");
    // the old one is as it was, with what hangs below it and what it used
    let before = bench.view(old.id).await.message;
    assert_eq!((before.text().as_str(), before.usage), ("one two ", Some(used)));
    assert_eq!(bench.view(after.id).await.message.parent, Some(old.id));
    // what is whole is not gone on with, nor what is still being written, nor what nobody answered
    let whole = bench.chat.go_on(&bench.caller, message.id, Ask::default()).await.map(|_| ());
    assert!(matches!(whole, Err(Error::Invalid { .. })), "{whole:?}");
    let asked = bench.chat.go_on(&bench.caller, after.id, Ask::default()).await.map(|_| ());
    assert!(matches!(asked, Err(Error::Invalid { .. })), "{asked:?}");
    let turn = bench.chat.answer(&bench.caller, after.id, Ask::default()).await.unwrap();
    let open = bench.chat.go_on(&bench.caller, turn.assistant_message.message.id, Ask::default()).await.map(|_| ());
    assert!(matches!(open, Err(Error::Busy)), "{open:?}");
    turn.driver.await;
    bench.expect_sound().await;
}

pub(super) async fn every_unfinished_answer_can_be_gone_on_with(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let length = ModelEvent::Finish(FinishReason::Length);
    for script in [
        Script::default().text("begun, ").fail(ModelErrorKind::Interrupted),
        Script::default().text("begun, ").event(length),
        Script::refusing(ModelErrorKind::Unavailable),
    ] {
        bench.model.will(script);
        let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
        let old = turn.assistant_message.message.id;
        turn.driver.await;
        let begun = bench.view(old).await.message.text();
        bench.model.will(Script::saying("done"));
        let turn = bench.chat.go_on(&bench.caller, old, Ask::default()).await.unwrap();
        let new = turn.assistant_message.message.id;
        turn.driver.await;
        let message = bench.view(new).await.message;
        assert_eq!((message.state, message.text()), (MessageState::Complete, format!("{begun}done")));
        let silent = begun.is_empty();
        assert_eq!(shown(&bench).last().map(|(role, _)| *role == Role::User), Some(silent));
        // the guess at what was used leaves out what the old one had said
        let usage = message.usage.unwrap();
        assert_eq!((usage.source, usage.output), (UsageSource::Estimated, if silent { 5 } else { 1 }));
    }
    // a driver that dies before its first word keeps what it began with
    let (old, run, driver) = said(&bench, id, &["begun, "]).await;
    join(bench.chat.stop(&bench.caller, run), driver).await.0.unwrap();
    let turn = bench.chat.go_on(&bench.caller, old.id, Ask::default()).await.unwrap();
    let new = turn.assistant_message.message.id;
    drop(turn.driver);
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.chat.sweep().await.unwrap(), 1);
    let message = bench.view(new).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Interrupted, "begun, "));
    assert_eq!(message.usage.unwrap().output, 0, "it said nothing of its own");
    assert_eq!(bench.count(Kind::Run).await, 8);
    bench.expect_sound().await;
}

pub(super) async fn a_stop_is_not_overtaken(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let ids = bench.ids.clone();
    let other = Chat::over(bench.store.clone(), bench.model.clone(), std::sync::Arc::new(bench.clock.clone()), ids);
    let call = ModelEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() };
    let look = ToolSpec { name: "look".into(), description: String::new(), parameters: serde_json::json!({}) };
    // what is behind the pause comes before the driver writes again
    let pause = Duration::from_millis(10);
    let text = Script::default().text("one ").text("two").wait(pause).finish();
    let calls =
        Script::default().text("one ").event(call).wait(pause).event(ModelEvent::Finish(FinishReason::ToolCalls));
    let broken = Script::default().text("one ").text("two").wait(pause).fail(ModelErrorKind::Timeout);
    for (script, seen, kept) in [(text, Some(4), "one "), (calls, None, "one "), (broken, Some(4), "one ")] {
        bench.model.will(script);
        let ask = Ask { tools: vec![look.clone()], ..Ask::default() };
        let turn = bench.chat.send(&bench.caller, id, Say { ask, ..Say::text("question") }).await.unwrap();
        let (run, mut driver) = (turn.run.id, turn.driver);
        let mut events = bench.chat.events(&bench.caller, run, 0).await.unwrap();
        let heard = Box::pin(async {
            for _ in 0..3 {
                events.next().await.unwrap().unwrap();
            }
        });
        assert!(matches!(select(&mut driver, heard).await, Either::Right(_)), "the answer has ended");
        assert!(other.stop_at(&bench.caller, run, seen).await.unwrap().is_active());
        bench.clock.advance(pause);
        driver.await;
        let ended = bench.chat.run(&bench.caller, run).await.unwrap();
        assert_eq!((ended.state, ended.seen_len), (RunState::Stopped, seen), "the end came before the request");
        assert_eq!((ended.finish.clone(), ended.error.clone()), (None, None));
        let message = bench.view(turn.assistant_message.message.id).await.message;
        assert_eq!((message.state, message.text().as_str()), (MessageState::Stopped, kept));
        let open = message.parts.iter().filter(|part| matches!(part, Part::ToolCall { .. })).count();
        let cancelled = message.parts.iter().filter(|part| matches!(part, Part::ToolResult { .. })).count();
        assert_eq!(open, cancelled, "a call is left without a result: {:?}", message.parts);
        let live: Vec<RunEvent> = events.map(|event| event.unwrap().event).collect().await;
        assert_eq!(live.last(), Some(&RunEvent::Stopped));
        let all: Vec<RunEvent> = replay(&bench, run).await.into_iter().map(|numbered| numbered.event).collect();
        assert_eq!(all[3..], live[..], "a replay is not what was heard");
        // whoever comes after the end is told how it was
        let late = other.stop_at(&bench.caller, run, Some(1)).await.unwrap();
        assert_eq!(late, ended);
        bench.expect_sound().await;
    }
}
