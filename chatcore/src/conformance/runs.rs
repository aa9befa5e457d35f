//! Runs as a store lists them, and the rules of their life.

use std::time::Duration;

use futures::future::join_all;

use super::bench::{Bench, expect_refusal};
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::conversation::{Message, MessageState, Parent};
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::{Batch, Conflict, Kind};
use crate::turn::{AppendEvents, BeginRun, FinishRun, RequestStop, Run, RunEvent, RunLog, RunState, UsageByModel};

pub(super) fn run(bench: &Bench<'_>, conversation: ConversationId, heartbeat_at: Timestamp) -> Run {
    Run {
        id: bench.mint_run(),
        conversation,
        message: MessageId::mint(bench.now(), &*bench.ids),
        owner: bench.caller.subject(),
        model: "scripted".into(),
        state: RunState::Running,
        started_at: heartbeat_at,
        first_token_at: None,
        ended_at: None,
        heartbeat_at,
        stop_requested_at: None,
        seen_len: None,
        seeded: 0,
        last_seq: 0,
        usage: None,
        finish: None,
        error: None,
    }
}

async fn put(bench: &Bench<'_>, run: &Run) {
    bench.commit(Batch::of(Insert(run.clone()))).await.unwrap();
}

pub(super) async fn run_by_id(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let mut run = run(&bench, id, bench.now());
    assert_eq!(bench.store.run(run.id).await.unwrap(), None);
    put(&bench, &run).await;
    assert_eq!(bench.store.run(run.id).await.unwrap().as_ref(), Some(&run));
    run.state = RunState::Failed;
    bench.commit(Batch::of(Update(run.clone()))).await.unwrap();
    assert_eq!(bench.store.run(run.id).await.unwrap(), Some(run));
}

pub(super) async fn active_until_ended(bench: Bench<'_>) {
    let [one, two] = [(); 2].map(|()| ConversationId::mint(bench.now(), &*bench.ids));
    let mut runs: Vec<Run> = (0..6).map(|at| run(&bench, if at % 2 == 0 { one } else { two }, bench.now())).collect();
    for run in runs.iter().rev() {
        put(&bench, run).await;
    }
    let own = |runs: &[Run], id| {
        runs.iter().filter(|run| run.conversation == id && run.is_active()).cloned().collect::<Vec<_>>()
    };
    assert_eq!(bench.store.active_runs(one).await.unwrap(), own(&runs, one), "by id");
    assert_eq!(bench.store.active_runs(two).await.unwrap(), own(&runs, two));
    let ends = [RunState::Completed, RunState::Stopped, RunState::Failed, RunState::Interrupted];
    for (run, state) in runs.iter_mut().zip(ends) {
        run.state = state;
        bench.commit(Batch::of(Update(run.clone()))).await.unwrap();
    }
    assert_eq!(bench.store.active_runs(one).await.unwrap(), own(&runs, one), "a run that has ended is still active");
    assert_eq!(bench.store.active_runs(two).await.unwrap(), own(&runs, two));
    for run in &runs {
        bench.commit(Batch::of(Delete(run.clone()))).await.unwrap();
    }
    assert_eq!(bench.store.active_runs(one).await.unwrap(), []);
}

pub(super) async fn lapsed_oldest_first(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let at = Timestamp::from_micros;
    let beats = [50, 10, i64::MIN, 30, 10, -1, 40, i64::MAX, 20, 30];
    let mut runs: Vec<Run> = beats.iter().map(|beat| run(&bench, id, at(*beat))).collect();
    runs[3].state = RunState::Completed;
    for run in &runs {
        put(&bench, run).await;
    }
    let expected = |runs: &[Run], before: i64, limit: usize| {
        let mut lapsed: Vec<Run> =
            runs.iter().filter(|run| run.is_active() && run.heartbeat_at < at(before)).cloned().collect();
        lapsed.sort_by_key(|run| (run.heartbeat_at, run.id));
        lapsed.truncate(limit);
        lapsed
    };
    for before in [i64::MIN, 0, 10, 11, 30, 31, i64::MAX] {
        for limit in [0, 1, 3, usize::MAX] {
            let found = bench.store.lapsed_runs(at(before), limit).await.unwrap();
            assert_eq!(found, expected(&runs, before, limit), "at most {limit} before {before}");
        }
    }
    // a sign of life
    runs[1].heartbeat_at = at(60);
    bench.commit(Batch::of(Update(runs[1].clone()))).await.unwrap();
    assert_eq!(bench.store.lapsed_runs(at(100), 9).await.unwrap(), expected(&runs, 100, 9));
    assert_eq!(
        bench.store.lapsed_runs(at(50), 9).await.unwrap(),
        expected(&runs, 50, 9),
        "a run that lives has lapsed"
    );
}

/// A run with stretches 1-3, 4-4, 5-104, 105-106, and a neighbour before and behind it.
async fn logged(bench: &Bench<'_>) -> (RunId, Vec<RunLog>) {
    let ids = [(); 3].map(|()| bench.mint_run());
    let mut logs = Vec::new();
    for run in ids {
        for (first, last) in [(1, 3), (4, 4), (5, 104), (105, 106)] {
            let events = (first..=last).map(|seq| RunEvent::Delta { text: format!("{run} {seq}") }).collect();
            let log = RunLog { run, first, last, events };
            bench.commit(Batch::of(Insert(log.clone()))).await.unwrap();
            logs.push(log);
        }
    }
    (ids[1], logs[4..8].to_vec())
}

pub(super) async fn runs_by_owner(bench: Bench<'_>) {
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    let [ann, ben] = [1, 2].map(|number| crate::testing::user(number).subject());
    let states = [RunState::Running, RunState::Completed, RunState::Failed];
    let mut runs: Vec<Run> = (0..12).map(|_| run(&bench, id, bench.now())).collect();
    for (at, run) in runs.iter_mut().enumerate() {
        (run.owner, run.state) = (if at % 4 == 0 { ben } else { ann }, states[at % 3]);
    }
    for run in runs.iter().rev() {
        put(&bench, run).await;
    }
    for owner in [ann, ben] {
        let own: Vec<Run> = runs.iter().filter(|run| run.owner == owner).cloned().collect();
        assert_eq!(bench.store.runs_of(owner, None, usize::MAX).await.unwrap(), own, "all of one owner, by id");
        for after in &runs {
            let behind: Vec<Run> = own.iter().filter(|run| run.id > after.id).cloned().collect();
            for limit in [0, 1, 3, 100] {
                let found = bench.store.runs_of(owner, Some(after.id), limit).await.unwrap();
                assert_eq!(found, behind[..limit.min(behind.len())], "at most {limit} behind {}", after.id);
            }
        }
    }
    bench.commit(Batch::of(Delete(runs[1].clone()))).await.unwrap();
    assert!(!bench.store.runs_of(ann, None, 100).await.unwrap().contains(&runs[1]), "a run that was deleted");
}

pub(super) async fn logged_by_id(bench: Bench<'_>) {
    assert_eq!(bench.store.logged_runs(None, 10).await.unwrap(), []);
    let (_, stretches) = logged(&bench).await;
    // one that has a log, and one that has not
    let id = ConversationId::mint(bench.now(), &*bench.ids);
    put(&bench, &Run { id: stretches[0].run, ..run(&bench, id, bench.now()) }).await;
    put(&bench, &run(&bench, id, bench.now())).await;
    let all = bench.store.logged_runs(None, usize::MAX).await.unwrap();
    assert_eq!(all.len(), 3, "three runs have a log");
    assert!(all.is_sorted() && all[1] == stretches[0].run);
    for (at, after) in all.iter().enumerate() {
        for limit in [0, 1, 2, 100] {
            let found = bench.store.logged_runs(Some(*after), limit).await.unwrap();
            assert_eq!(found, all[at + 1..].iter().take(limit).copied().collect::<Vec<_>>(), "{limit} behind {after}");
        }
    }
    for log in &stretches {
        assert!(bench.store.logged_runs(None, 9).await.unwrap().contains(&log.run), "some of its log is left");
        bench.commit(Batch::of(Delete(log.clone()))).await.unwrap();
    }
    assert_eq!(bench.store.logged_runs(None, 9).await.unwrap(), [all[0], all[2]], "a log that was removed");
}

pub(super) async fn log_after(bench: Bench<'_>) {
    let (run, logs) = logged(&bench).await;
    for after in [0, 1, 2, 3, 4, 5, 50, 103, 104, 105, 106, 107, super::samples::MAX] {
        let expected: Vec<RunLog> = logs.iter().filter(|log| log.last > after).cloned().collect();
        let found = bench.store.run_log(run, after, usize::MAX).await.unwrap();
        assert_eq!(found, expected, "stretches whose last event is behind {after}");
        for limit in [0, 1, 2] {
            let found = bench.store.run_log(run, after, limit).await.unwrap();
            assert_eq!(found, expected[..limit.min(expected.len())], "at most {limit} behind {after}");
        }
    }
    assert_eq!(bench.store.run_log(bench.mint_run(), 0, 10).await.unwrap(), []);
}

/// A run on an open answer, begun without the engine.
pub(super) async fn begun(bench: &Bench<'_>) -> Run {
    let id = bench.conversation().await;
    let asked = bench.ask(id, Parent::Root, "question").await;
    let mut run = run(bench, id, bench.now());
    let mut answer = bench.insert(id, Some(asked.id), crate::conversation::Role::Assistant);
    (answer.state, answer.run, answer.parts) = (MessageState::Open, Some(run.id), Vec::new());
    run.message = answer.id;
    bench.commit(Batch::of(answer).and(BeginRun { run: run.clone() })).await.unwrap();
    run
}

pub(super) fn append(run: &Run, first: u64, count: usize, at: Timestamp) -> AppendEvents {
    let events = (0..count).map(|_| RunEvent::Delta { text: "x".into() }).collect();
    AppendEvents { run: run.id, first, events, first_token_at: None, at }
}

pub(super) fn finish(run: &Run, first: u64, state: RunState, at: Timestamp) -> FinishRun {
    let last = match state {
        RunState::Stopped => RunEvent::Stopped,
        RunState::Interrupted => RunEvent::Interrupted,
        _ => RunEvent::Completed,
    };
    let (parts, events) = (Vec::new(), vec![last]);
    let (usage, finish, error, first_token_at) = (UsageByModel::default(), None, None, None);
    FinishRun { run: run.id, state, first, events, parts, model: None, usage, finish, error, first_token_at, at }
}

pub(super) async fn a_log_has_no_gaps(bench: Bench<'_>) {
    let run = begun(&bench).await;
    let append = |first, count| bench.commit(Batch::of(append(&run, first, count, bench.now())));
    append(1, 2).await.unwrap();
    for wrong in [1, 2, 4, 0] {
        expect_refusal(append(wrong, 1).await, &Conflict::LogGap);
    }
    append(77, 0).await.expect("a sign of life needs no number");
    append(3, 1).await.unwrap();
    // two drivers of one run: each number goes to one of them
    let racing = join_all((0..16).map(|_| append(4, 3))).await;
    assert_eq!(racing.iter().filter(|done| done.is_ok()).count(), 1, "an event was stored twice");
    for refused in racing.into_iter().filter(Result::is_err) {
        expect_refusal(refused, &Conflict::LogGap);
    }
    let stored = bench.store.run(run.id).await.unwrap().unwrap();
    assert_eq!(stored.last_seq, 6);
    bench.expect_sound().await;
    let early = finish(&run, 3, RunState::Completed, bench.now());
    expect_refusal(bench.commit(Batch::of(early)).await, &Conflict::LogGap);
    assert!(bench.store.run(run.id).await.unwrap().unwrap().is_active());
}

pub(super) async fn a_run_begins_on_its_message(bench: Bench<'_>) {
    let run = begun(&bench).await;
    let said = bench.ask(run.conversation, Parent::Root, "closed").await;
    let other = Run { id: bench.mint_run(), message: said.id, ..run.clone() };
    assert!(bench.commit(Batch::of(BeginRun { run: other })).await.is_err(), "a run began on a closed message");
    let other = Run { id: bench.mint_run(), ..run.clone() };
    assert!(bench.commit(Batch::of(BeginRun { run: other })).await.is_err(), "two runs write one message");
    assert_eq!(bench.count(Kind::Run).await, 1);
    bench.expect_sound().await;
}

pub(super) async fn one_end_wins(bench: Bench<'_>) {
    let run = begun(&bench).await;
    bench.commit(Batch::of(append(&run, 1, 1, bench.now()))).await.unwrap();
    bench.tick();
    let states = [RunState::Completed, RunState::Stopped, RunState::Interrupted];
    let all = (0..48).map(|at| bench.commit(Batch::of(finish(&run, 2, states[at % 3], bench.now()))));
    let all = join_all(all).await;
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "a run ended several times, or never");
    let ended = bench.store.run(run.id).await.unwrap().unwrap();
    let told = Conflict::RunEnded { state: ended.state };
    all.into_iter().filter(Result::is_err).for_each(|lost| expect_refusal(lost, &told));
    let message: Message = bench.store.message(run.message).await.unwrap().unwrap();
    assert_eq!(message.state, ended.state.message(), "a run and its message ended differently");
    assert_eq!((ended.last_seq, ended.ended_at), (2, Some(bench.now())));
    expect_refusal(bench.commit(Batch::of(append(&run, 3, 1, bench.now()))).await, &told);
    assert_eq!(bench.store.active_runs(run.conversation).await.unwrap(), []);
    assert_eq!(bench.store.lapsed_runs(Timestamp::from_micros(i64::MAX), 9).await.unwrap(), []);
    // asking a run that has ended to stop changes nothing
    bench.commit(Batch::of(RequestStop { run: run.id, seen_len: None, at: bench.now() })).await.unwrap();
    assert_eq!(bench.store.run(run.id).await.unwrap().unwrap(), ended);
}

pub(super) async fn a_run_may_outlive_its_message(bench: Bench<'_>) {
    let run = begun(&bench).await;
    let message = bench.store.message(run.message).await.unwrap().unwrap();
    // the message is removed, the run is not yet
    bench.commit(Batch::of(Delete(message))).await.unwrap();
    bench.clock.advance(Duration::from_secs(5));
    bench.commit(Batch::of(finish(&run, 1, RunState::Completed, bench.now()))).await.expect("a run can always end");
    assert_eq!(bench.store.run(run.id).await.unwrap().unwrap().state, RunState::Completed);
    // deleting the conversation under a run that goes on
    let run = begun(&bench).await;
    bench.conversations().delete(&bench.caller, run.conversation).await.unwrap();
    expect_refusal(bench.commit(Batch::of(append(&run, 1, 1, bench.now()))).await, &Conflict::Missing(Kind::Run));
    assert_eq!(bench.store.run_log(run.id, 0, 9).await.unwrap(), []);
}
