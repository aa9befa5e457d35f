//! A run from its first event to its last, on this store.

use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, join, select};

use super::bench::{Bench, pause};
use crate::Clock;
use crate::conversation::{MessageState, Part};
use crate::testing::Script;
use crate::turn::{
    Chat, Driver, FinishReason, ModelErrorKind, ModelEvent, Numbered, RunEvent, RunEvents, RunState, Turn, Usage,
    UsageSource,
};

/// Drives a run until its reader has seen that many events.
async fn drive(driver: &mut Driver, events: &mut RunEvents, count: usize) -> Vec<Numbered> {
    let read = Box::pin(async {
        let mut seen = Vec::new();
        while seen.len() < count {
            seen.push(events.next().await.expect("the events ended early").unwrap());
        }
        seen
    });
    match select(driver, read).await {
        Either::Left(((), read)) => read.await,
        Either::Right((seen, _)) => seen,
    }
}

async fn events(bench: &Bench<'_>, run: crate::RunId, after: u64) -> RunEvents {
    bench.chat.events(&bench.caller, run, after).await.unwrap()
}

/// All events that a reader gets who comes late.
async fn replay(bench: &Bench<'_>, run: crate::RunId, after: u64) -> Vec<Numbered> {
    let events = bench.chat.events(&bench.caller, run, after).await.unwrap();
    events.map(|event| event.unwrap()).collect().await
}

fn text(events: &[Numbered]) -> String {
    let texts = events.iter().filter_map(|numbered| match &numbered.event {
        RunEvent::Delta { text } => Some(text.as_str()),
        _ => None,
    });
    texts.collect()
}

pub(super) async fn replay_equals_live(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let usage = Usage { input: 3, output: 4, source: UsageSource::Provider, ..Usage::default() };
    let mut script =
        Script::default().event(ModelEvent::Reasoning { text: "hm".into(), signature: Some("c2ln".into()) });
    for at in 0..30 {
        script = script.text(&format!("{at} "));
        script = if at % 6 == 5 { script.wait(Duration::from_millis(500)) } else { script };
    }
    let call = ModelEvent::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() };
    bench.model.will(script.event(call).event(ModelEvent::Usage(usage)).finish());
    let turn = bench.chat.send(&bench.caller, id, "count").await.unwrap();
    assert_eq!(turn.assistant_message.message.state, MessageState::Open);
    let mut reader = events(&bench, turn.run.id, 0).await;
    let read = async {
        let mut live = Vec::new();
        while let Some(event) = reader.next().await {
            live.push(event.unwrap());
            if live.len() == 12 {
                // what a reader of the message sees in the middle is a beginning of the whole
                let so_far = bench.view(turn.assistant_message.message.id).await.message.text();
                let whole: String = (0..30).map(|at| format!("{at} ")).collect();
                assert!(whole.starts_with(&so_far), "{so_far:?} is no beginning of {whole:?}");
            }
        }
        live
    };
    let time = Box::pin(async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(35));
        }
    });
    let Either::Left((((), live), _)) = select(Box::pin(join(turn.driver, read)), time).await;
    assert!(live.last().is_some_and(|last| last.event.is_last()), "the last event is missing");
    let numbers: Vec<u64> = live.iter().map(|event| event.seq).collect();
    assert_eq!(numbers, (1..=live.len() as u64).collect::<Vec<_>>(), "numbers have gaps");
    for after in 0..=live.len() {
        assert_eq!(replay(&bench, turn.run.id, after as u64).await, live[after..], "a replay behind {after} differs");
    }
    let logs = bench.store.run_log(turn.run.id, 0, 100).await.unwrap();
    assert!(logs.len() > 2, "a long answer is stored while it is written");
    let run = bench.chat.run(&bench.caller, turn.run.id).await.unwrap();
    assert_eq!((run.state, run.usage, run.finish), (RunState::Completed, Some(usage), Some(FinishReason::Stop)));
    assert!(run.first_token_at.is_some() && run.ended_at.is_some());
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.usage, message.parts.len()), (MessageState::Complete, Some(usage), 3));
    assert_eq!(message.text(), text(&live));
    bench.expect_sound().await;
}

pub(super) async fn a_replay_survives_its_process(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().text("one ").wait(Duration::from_millis(500)).text("two").finish());
    let turn = bench.chat.send(&bench.caller, id, "count").await.unwrap();
    let mut reader = events(&bench, turn.run.id, 0).await;
    let read = async {
        let mut live = Vec::new();
        while let Some(event) = reader.next().await {
            live.push(event.unwrap());
        }
        live
    };
    let time = Box::pin(async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(35));
        }
    });
    let Either::Left((((), live), _)) = select(Box::pin(join(turn.driver, read)), time).await;
    drop(reader);
    let Some(bench) = bench.reopen().await else { return };
    for after in 0..=live.len() {
        let replayed = replay(&bench, turn.run.id, after as u64).await;
        assert_eq!(replayed, live[after..], "after opening the store again a replay behind {after} differs");
    }
    assert_eq!(bench.texts(id).await, ["count", "one two"]);
}

/// What another process does that starts beside one that is at work.
pub(super) async fn a_start_spares_other_processes(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().text("still ").wait(Duration::from_secs(1)).text("here").finish());
    let mut turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let mut reader = events(&bench, turn.run.id, 0).await;
    drive(&mut turn.driver, &mut reader, 2).await;
    let building = super::forks::half_a_fork(&bench).await.1;
    let clock = std::sync::Arc::new(bench.clock.clone());
    let other = Chat::over(bench.store.clone(), bench.model.clone(), clock, bench.ids.clone());
    assert_eq!(other.recover().await.unwrap(), 0, "a process that starts ends the run of another one");
    assert!(bench.store.run(turn.run.id).await.unwrap().unwrap().is_active());
    assert!(bench.store.conversation(building).await.unwrap().is_some(), "it removes what another one is building");
    bench.clock.advance(Duration::from_secs(1));
    turn.driver.await;
    assert_eq!(bench.view(turn.assistant_message.message.id).await.message.text(), "still here");
    bench.expect_sound().await;
}

pub(super) async fn stopping_before_the_first_word(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().hang());
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    // before the driver has run at all
    let asked = bench.chat.stop(&bench.caller, turn.run.id).await.unwrap();
    assert!(asked.stop_requested_at.is_some() && asked.is_active());
    turn.driver.await;
    let stopped =
        bench.chat.stop(&bench.caller, turn.run.id).await.expect("asking again, or too late, changes nothing");
    assert_eq!(stopped.state, RunState::Stopped);
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.parts), (MessageState::Stopped, Vec::<Part>::new()));
    assert_eq!(bench.model.open_streams(), 0, "the model still works");
    let all: Vec<RunEvent> = replay(&bench, turn.run.id, 0).await.into_iter().map(|event| event.event).collect();
    assert_eq!(all, [RunEvent::Started, RunEvent::Stopped]);
    bench.expect_sound().await;
}

pub(super) async fn another_process_hears_and_stops(bench: Bench<'_>) {
    let id = bench.conversation().await;
    // two services that share nothing but the store
    let clock = std::sync::Arc::new(bench.clock.clone());
    let other = Chat::over(bench.store.clone(), bench.model.clone(), clock, bench.ids.clone());
    bench.model.will(Script::default().text("half ").wait(Duration::from_secs(1)).text("an answer").hang());
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let mut reader = other.events(&bench.caller, turn.run.id, 0).await.unwrap();
    let read = async {
        let mut heard = Vec::new();
        while let Some(event) = reader.next().await {
            heard.push(event.unwrap());
            if text(&heard) == "half an answer" && heard.len() == 3 {
                let asked = other.stop(&bench.caller, turn.run.id).await.unwrap();
                assert!(asked.is_active(), "it is stopped by whoever drives it");
            }
        }
        heard
    };
    let time = Box::pin(async {
        for _ in 0..2_000_000 {
            pause().await;
            bench.clock.advance(Duration::from_millis(50));
        }
    });
    let Either::Left((((), heard), _)) = select(Box::pin(join(turn.driver, read)), time).await else {
        panic!("a run of another process cannot be stopped");
    };
    let mut all: Vec<RunEvent> = heard.into_iter().map(|numbered| numbered.event).collect();
    assert_eq!(all.pop(), Some(RunEvent::Stopped));
    assert_eq!(all.len(), 3, "what was heard: {all:?}");
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Stopped, "half an answer"));
    assert_eq!(bench.model.open_streams(), 0, "the model still works");
    bench.expect_sound().await;
}

pub(super) async fn stopping_keeps_the_text(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().text("half ").text("an answer").hang());
    let mut turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let mut reader = events(&bench, turn.run.id, 0).await;
    drive(&mut turn.driver, &mut reader, 3).await;
    assert_eq!(bench.model.open_streams(), 1);
    let (stop, ()) = futures::join!(bench.chat.stop(&bench.caller, turn.run.id), turn.driver);
    stop.unwrap();
    assert_eq!(bench.model.open_streams(), 0, "the model still works");
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Stopped, "half an answer"));
    assert!(message.usage.is_some_and(|usage| usage.output > 0), "what was said is not counted");
    let rest: Vec<Numbered> = reader.map(|event| event.unwrap()).collect().await;
    assert_eq!(rest, [Numbered { seq: 4, event: RunEvent::Stopped }]);
    bench.expect_sound().await;
}

pub(super) async fn an_error_keeps_the_text(bench: Bench<'_>) {
    let id = bench.conversation().await;
    for (script, said) in [
        (Script::default().text("half ").fail(ModelErrorKind::Timeout), "half "),
        (Script::refusing(ModelErrorKind::Timeout), ""),
        (Script::default().fail(ModelErrorKind::Timeout), ""),
    ] {
        bench.model.will(script);
        let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
        turn.driver.await;
        let message = bench.view(turn.assistant_message.message.id).await.message;
        assert_eq!((message.state, message.text().as_str()), (MessageState::Failed, said));
        let run = bench.chat.run(&bench.caller, turn.run.id).await.unwrap();
        assert_eq!((run.state, run.error.unwrap().code.as_str()), (RunState::Failed, "timeout"));
        let all = replay(&bench, turn.run.id, 0).await;
        assert!(matches!(all.last().unwrap().event, RunEvent::Failed { .. }));
    }
    // a stream that just ends is an error too
    bench.model.will(Script::default().text("and then"));
    let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    turn.driver.await;
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Failed, "and then"));
    bench.expect_sound().await;
}

/// A run whose driver died when `stored` was in the log and ` lost` was not.
async fn dead(bench: &Bench<'_>) -> Turn {
    let id = bench.conversation().await;
    // more than the time between two writes, then less
    bench.model.will(Script::default().text("stored").wait(Duration::from_millis(350)).text(" lost").hang());
    let mut turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let mut reader = events(bench, turn.run.id, 0).await;
    drive(&mut turn.driver, &mut reader, 2).await;
    bench.clock.advance(Duration::from_millis(300));
    select(&mut turn.driver, Box::pin(bench.logged(turn.run.id))).await;
    bench.clock.advance(Duration::from_millis(50));
    drive(&mut turn.driver, &mut reader, 1).await;
    // gone, as if its process was killed
    drop(std::mem::replace(&mut turn.driver, idle(bench).await));
    turn
}

/// A driver that has nothing to do.
async fn idle(bench: &Bench<'_>) -> Driver {
    let id = bench.conversation().await;
    let turn = bench.chat.send(&bench.caller, id, "done").await.unwrap();
    let mut driver = turn.driver;
    (&mut driver).await;
    driver
}

pub(super) async fn reaping_keeps_what_was_stored(bench: Bench<'_>) {
    let turn = dead(&bench).await;
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Open, "stored"));
    assert_eq!(bench.chat.sweep().await.unwrap(), 0, "it was given no time");
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.chat.sweep().await.unwrap(), 1);
    assert_eq!(bench.chat.sweep().await.unwrap(), 0);
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Interrupted, "stored"));
    let all = replay(&bench, turn.run.id, 0).await;
    assert_eq!((text(&all).as_str(), &all.last().unwrap().event), ("stored", &RunEvent::Interrupted));
    bench.expect_sound().await;
    // one that was asked to stop, and never heard of it
    let turn = dead(&bench).await;
    bench.chat.stop(&bench.caller, turn.run.id).await.unwrap();
    let far = crate::Timestamp::from_micros(i64::MAX);
    assert_eq!(bench.chat.reap(far).await.unwrap(), 1);
    assert_eq!(bench.chat.run(&bench.caller, turn.run.id).await.unwrap().state, RunState::Stopped);
    bench.expect_sound().await;
}

pub(super) async fn recovering_after_a_crash(bench: Bench<'_>) {
    let turn = dead(&bench).await;
    let Some(bench) = bench.crash().await else { return };
    assert_eq!(bench.chat.recover().await.unwrap(), 1);
    let message = bench.view(turn.assistant_message.message.id).await.message;
    assert_eq!((message.state, message.text().as_str()), (MessageState::Interrupted, "stored"));
    bench.expect_sound().await;
}

pub(super) async fn a_living_run_is_not_reaped(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().wait(Duration::from_secs(100)).text("late").finish());
    let mut turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let start = turn.run.heartbeat_at;
    for _ in 0..5 {
        bench.clock.advance(Duration::from_secs(6));
        let beat = Box::pin(async {
            while bench.store.run(turn.run.id).await.unwrap().unwrap().heartbeat_at < bench.clock.now() {
                pause().await;
            }
        });
        let Either::Right(_) = select(&mut turn.driver, beat).await else { panic!("the run ended early") };
        assert_eq!(bench.chat.sweep().await.unwrap(), 0, "a silent model is not a dead driver");
    }
    // another process, which does not drive it, sees the sign of life too
    let stored = bench.store.run(turn.run.id).await.unwrap().unwrap();
    assert!(stored.heartbeat_at > start && stored.is_active());
    assert_eq!(bench.store.lapsed_runs(bench.clock.now(), 10).await.unwrap(), []);
    bench.clock.advance(Duration::from_secs(100));
    turn.driver.await;
    assert_eq!(bench.view(turn.assistant_message.message.id).await.message.text(), "late");
}
