//! Readers of several runs, readers that come back, and what is kept for them.

use std::pin::Pin;
use std::sync::Arc;
use std::time::Duration;

use futures::future::{Either, join_all, select};
use futures::{Stream, StreamExt};

use super::bench::{Bench, pause};
use super::runs::{append, begun, finish};
use crate::error::Error;
use crate::id::{ConversationId, RunId};
use crate::store::{Batch, Kind};
use crate::testing::Script;
use crate::turn::{Bookmark, Chat, ConversationEvent, ConversationEvents, Numbered, RunEvent, RunState, Timing};

/// Which run, and which event of it.
type Place = (RunId, u64);

/// Reads until each of these runs has told its last event, which must not take for ever.
async fn read(events: &mut ConversationEvents, runs: &[RunId]) -> Vec<ConversationEvent> {
    let waiting = Box::pin(async {
        for _ in 0..5_000_000 {
            pause().await;
        }
    });
    match select(Box::pin(read_all(events, runs)), waiting).await {
        Either::Left((heard, _)) => heard,
        Either::Right(_) => panic!("some of {} runs are not told to their end", runs.len()),
    }
}

async fn read_all(events: &mut ConversationEvents, runs: &[RunId]) -> Vec<ConversationEvent> {
    let (mut heard, mut over) = (Vec::new(), 0);
    while over < runs.len() {
        let event = events.next().await.expect("a stream of many runs has no end").unwrap();
        over += usize::from(runs.contains(&event.run) && event.event.event.is_last());
        heard.push(event);
    }
    heard
}

fn sorted(events: &[ConversationEvent]) -> Vec<Place> {
    let mut places: Vec<Place> = events.iter().map(|event| (event.run, event.event.seq)).collect();
    places.sort_unstable();
    places
}

async fn answered(bench: &Bench<'_>, id: ConversationId, text: &str) -> RunId {
    let turn = bench.chat.send(&bench.caller, id, text).await.unwrap();
    turn.driver.await;
    turn.run.id
}

pub(super) async fn a_bookmark_goes_on(bench: Bench<'_>) {
    let (one, two) = (bench.conversation().await, bench.conversation().await);
    answered(&bench, one, "before anybody listens").await;
    bench.tick();
    let mut live = bench.chat.subject_events(&bench.caller, None).unwrap();
    let mut runs = vec![answered(&bench, one, "first").await];
    bench.tick();
    // two at the same time
    for _ in 0..2 {
        bench.model.will(Script::default().text("a").wait(Duration::from_millis(10)).text("b").finish());
    }
    let turns = [
        bench.chat.send(&bench.caller, one, "second").await.unwrap(),
        bench.chat.send(&bench.caller, two, "third").await.unwrap(),
    ];
    runs.extend(turns.iter().map(|turn| turn.run.id));
    let drivers = join_all(turns.map(|turn| turn.driver));
    let time = Box::pin(async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(5));
        }
    });
    let Either::Left((heard, _)) =
        select(Box::pin(async { futures::join!(read(&mut live, &runs), drivers).0 }), time).await;
    let all = sorted(&heard);
    assert!(all.iter().all(|(run, _)| runs.contains(run)), "a run is told that had ended before");
    for run in &runs {
        let seqs: Vec<u64> = heard.iter().filter(|event| event.run == *run).map(|event| event.event.seq).collect();
        assert_eq!(seqs, (1..=seqs.len() as u64).collect::<Vec<_>>(), "the events of a run have gaps");
    }
    bench.tick();
    let last = answered(&bench, two, "fourth").await;
    runs.push(last);
    for at in 0..heard.len() {
        let bookmark: Bookmark = heard[at].bookmark.to_string().parse().unwrap();
        let mut again = bench.chat.subject_events(&bench.caller, Some(bookmark)).unwrap();
        let rest = sorted(&heard[at + 1..]);
        let told = read(&mut again, &[last]).await;
        // runs go on side by side, so the last of all may come before others are through
        let mut missing = rest.len() + 3 - told.len().min(rest.len() + 3);
        let mut told = told;
        while missing > 0 {
            told.push(again.next().await.unwrap().unwrap());
            missing -= 1;
        }
        let told: Vec<Place> = sorted(&told).into_iter().filter(|(run, _)| *run != last).collect();
        assert_eq!(told, rest, "who goes on behind event {at} hears something else");
    }
    let of_one = heard.iter().rev().find(|event| event.run == runs[1]).unwrap().bookmark.clone();
    let stranger = bench.chat.subject_events(&crate::testing::user(2), Some(of_one)).unwrap();
    expect_silent(stranger);
}

fn expect_silent(mut events: Pin<Box<dyn Stream<Item = Result<ConversationEvent, Error>> + Send>>) {
    let silent = futures::FutureExt::now_or_never(events.next());
    assert!(silent.is_none(), "a stranger hears something");
}

pub(super) async fn who_sleeps_misses_no_run(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let mut reader = bench.chat.conversation_events(&bench.caller, id, None).await.unwrap();
    let first = answered(&bench, id, "heard").await;
    let heard = read(&mut reader, &[first]).await;
    let mut runs = Vec::new();
    for at in 0..100 {
        runs.push(answered(&bench, id, &format!("{at}")).await);
        if at % 10 == 0 {
            bench.tick();
        }
    }
    let whole = |runs: &[RunId]| {
        let mut all: Vec<Place> = runs.iter().flat_map(|run| (1..=3).map(move |seq| (*run, seq))).collect();
        all.sort_unstable();
        all
    };
    assert_eq!(sorted(&read(&mut reader, &runs).await), whole(&runs), "while it slept");
    let bookmark = heard.last().unwrap().bookmark.clone();
    let mut back = bench.chat.conversation_events(&bench.caller, id, Some(bookmark)).await.unwrap();
    assert_eq!(sorted(&read(&mut back, &runs).await), whole(&runs), "while it was away");
}

pub(super) async fn other_processes_are_heard(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let clock = Arc::new(bench.clock.clone());
    let other = Chat::over(bench.store.clone(), bench.model.clone(), clock, bench.ids.clone());
    let mut reader = other.conversation_events(&bench.caller, id, None).await.unwrap();
    let heard = async {
        let turn = bench.chat.send(&bench.caller, id, "question").await.unwrap();
        let runs = [turn.run.id];
        futures::join!(turn.driver, read(&mut reader, &runs)).1
    };
    let time = Box::pin(async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(50));
        }
    });
    let Either::Left((heard, _)) = select(Box::pin(heard), time).await;
    assert_eq!(heard.len(), 3);
}

async fn told(chat: &Chat, bench: &Bench<'_>, run: RunId, after: u64) -> Vec<Numbered> {
    let events = chat.events(&bench.caller, run, after).await.unwrap();
    events.map(|event| event.unwrap()).collect().await
}

pub(super) async fn logs_go_when_nobody_comes_back(bench: Bench<'_>) {
    const STRETCHES: u64 = 450;
    let keep_log = Duration::from_secs(600);
    let chat = bench.chat.clone().timing(Timing { keep_log, ..Timing::default() });
    let long = begun(&bench).await;
    for first in (1..=STRETCHES).step_by(50) {
        let appends = (first..first + 50).map(|first| append(&long, first, 1, bench.now()));
        bench.commit(appends.fold(Batch::default(), Batch::and)).await.unwrap();
    }
    bench.commit(Batch::of(finish(&long, STRETCHES + 1, RunState::Completed, bench.now()))).await.unwrap();
    let id = bench.conversation().await;
    let short = answered(&bench, id, "question").await;
    bench.clock.advance(keep_log / 2);
    let going = begun(&bench).await;
    bench.commit(Batch::of(append(&going, 1, 2, bench.now()))).await.unwrap();
    let late = answered(&bench, id, "late").await;
    assert_eq!(chat.purge_logs().await.unwrap(), 0, "nothing is old enough");
    let before = told(&chat, &bench, short, 0).await;
    // one that began long ago and goes on keeps its log
    bench.clock.advance(keep_log / 2 + Duration::from_secs(1));
    assert_eq!(chat.purge_logs().await.unwrap(), 2, "the logs of the two runs that ended long ago");
    for run in [long.id, short] {
        assert_eq!(bench.store.run_log(run, 0, 10).await.unwrap(), [], "some of a log is left");
        let run = bench.store.run(run).await.unwrap().unwrap();
        for after in [0, 1] {
            let told = told(&chat, &bench, run.id, after).await;
            let end = Numbered { seq: run.last_seq, event: RunEvent::Completed };
            assert_eq!(told, [end], "who comes too late hears the end, once");
        }
        assert_eq!(told(&chat, &bench, run.id, run.last_seq).await, [], "who has heard it does not");
    }
    assert_eq!(before.last().map(|last| &last.event), Some(&RunEvent::Completed));
    let run = bench.store.run(short).await.unwrap().unwrap();
    assert!(!bench.view(run.message).await.message.text().is_empty(), "the message keeps the text");
    let mut left = vec![going.id, late];
    left.sort_unstable();
    assert_eq!(bench.store.logged_runs(None, 10).await.unwrap(), left, "logs that are needed");
    assert_eq!(told(&chat, &bench, late, 0).await.len(), 3);
    bench.clock.advance(2 * keep_log);
    assert_eq!(chat.purge_logs().await.unwrap(), 1);
    assert_eq!(bench.store.logged_runs(None, 10).await.unwrap(), [going.id], "a run that goes on");
    assert_eq!(bench.count(Kind::RunLog).await, 1);
    bench.expect_sound().await;
}
