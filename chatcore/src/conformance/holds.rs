//! What runs may use is held when they begin and settled when they end, however that is.

use std::time::Duration;

use futures::StreamExt;
use futures::future::{Either, join, join_all, select};

use super::bench::{Bench, pause};
use super::threads::race;
use crate::account::{AccountRole, Caller, MergeVisitor, OpenVisitor, RegisterUser, Scope, Via};
use crate::billing::entitlement::{AbortPolicy, MergeUsage, Terms};
use crate::billing::ledger::Credit;
use crate::billing::{Plan, PlanId, PlanTable};
use crate::conversation::{NewConversation, Parent, Part};
use crate::error::Error;
use crate::id::{ApiKeyId, ConversationId, JobId, UserId, VisitorId};
use crate::quota::{Counter, Meter, ScopeKey, Verdict, Who};
use crate::store::{Batch, Kind};
use crate::subject::Subject;
use crate::testing::{Script, visitor};
use crate::turn::{
    Ask, Chat, CurrentTime, ModelErrorKind, ModelEvent, RunState, Say, Titles, Turn, Usage, UsageSource, estimate,
};

/// A plan with these rules, in JSON.
fn plan(id: &str, rules: &str) -> Plan {
    serde_json::from_str(&format!(r#"{{"id": "{id}", "name": "{id}", "limits": [{rules}]}}"#)).unwrap()
}

/// The same chat for people who have a plan of these rules.
fn limited(bench: &Bench<'_>, rules: &str) -> Chat {
    let free = Some(PlanId("free".into()));
    with_terms(bench, Terms::new(PlanTable::new(vec![plan("free", rules)], free.clone(), free).unwrap()))
}

pub(super) fn with_terms(bench: &Bench<'_>, terms: Terms) -> Chat {
    bench.chat.clone().entitlements(terms).unwrap()
}

/// A question at the root, so that nobody is in anybody's way.
pub(super) fn question() -> Say {
    Say { parent: Parent::Root, ..Say::text("question") }
}

async fn counter(bench: &Bench<'_>, scope: &ScopeKey) -> Counter {
    let found = bench.store.counters(std::slice::from_ref(scope)).await.unwrap().pop();
    found.unwrap_or_else(|| Counter::new(scope.clone()))
}

fn own(bench: &Bench<'_>) -> ScopeKey {
    ScopeKey::subject(bench.caller.subject())
}

fn refused(turn: Result<Turn, Error>) -> Verdict {
    match turn {
        Err(Error::OverLimit(verdict)) => *verdict,
        Err(other) => panic!("it should be over the limit, but: {other}"),
        Ok(_) => panic!("it should be over the limit, and was let through"),
    }
}

pub(super) async fn expect_nothing_held(bench: &Bench<'_>) {
    assert_eq!(bench.count(Kind::Hold).await, 0, "something is still held");
    for record in super::raw::scan_all(&*bench.store, Kind::Counter, 100).await {
        let crate::store::AnyRecord::Counter(counter) = record else { unreachable!() };
        assert!(counter.held.is_nothing() && counter.runs == 0, "a counter still holds something: {counter:?}");
    }
    for record in super::raw::scan_all(&*bench.store, Kind::Wallet, 100).await {
        let crate::store::AnyRecord::Wallet(wallet) = record else { unreachable!() };
        assert_eq!(wallet.held, Credit::ZERO, "credit is still set aside");
    }
    bench.expect_sound().await;
}

pub(super) async fn as_many_begin_as_the_limit_covers(bench: Bench<'_>) {
    let chat = limited(&bench, r#"{"meter": "messages", "window": "day", "limit": 10}"#);
    // somebody who is known, and somebody who was never counted
    for (caller, before) in [(bench.caller.clone(), 1), (visitor(5), 0)] {
        let id = bench.conversations().create(&caller, NewConversation::default()).await.unwrap().id;
        for _ in 0..before {
            chat.send(&caller, id, question()).await.unwrap().driver.await;
        }
        let all = join_all((0..256).map(|_| chat.send(&caller, id, question()))).await;
        let (begun, over): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!(begun.len() + before, 10, "of 256 turns at once so many began");
        let verdict = refused(over.into_iter().next().unwrap());
        let state = verdict.binding().unwrap();
        assert_eq!((state.meter, state.used + state.held, state.remaining), (Meter::Messages, 10, 0));
        join_all(begun.into_iter().map(|turn| turn.unwrap().driver)).await;
        let used = counter(&bench, &ScopeKey::subject(caller.subject())).await.used.total();
        assert_eq!((used.messages, used.requests, used.api_calls), (10, 10, 10));
        refused(chat.send(&caller, id, question()).await);
        bench.clock.advance(Duration::from_secs(24 * 3600));
        chat.send(&caller, id, question()).await.unwrap().driver.await;
    }
    expect_nothing_held(&bench).await;
}

pub(super) async fn limits_hold_across_threads(bench: Bench<'_>) {
    let rules =
        r#"{"meter": "concurrent_runs", "limit": 10}, {"meter": "requests", "scope": "everything", "limit": 30}"#;
    let chat = limited(&bench, rules);
    let mut ids = Vec::new();
    for n in 0..4 {
        let caller = crate::testing::user(50 + n);
        ids.push((bench.conversations().create(&caller, NewConversation::default()).await.unwrap().id, caller));
    }
    let all = race(&bench, |racer| {
        let (chat, (id, caller)) = (chat.clone(), ids[racer % 4].clone());
        Box::pin(async move { chat.send(&caller, id, question()).await })
    });
    let begun: Vec<Turn> = all.into_iter().filter_map(Result::ok).collect();
    assert_eq!(begun.len(), 30, "of 64 from eight threads so many began");
    assert_eq!(counter(&bench, &ScopeKey::of(Who::Everything)).await.held.requests, 30);
    for (_, caller) in &ids {
        assert!(counter(&bench, &ScopeKey::subject(caller.subject())).await.runs <= 10);
    }
    join_all(begun.into_iter().map(|turn| turn.driver)).await;
    expect_nothing_held(&bench).await;
}

pub(super) async fn visitors_of_a_network_share_a_limit(bench: Bench<'_>) {
    let rule = r#"{"meter": "messages", "window": "rolling_24h", "scope": "network", "limit": 10}"#;
    let chat = limited(&bench, rule);
    let mut callers = Vec::new();
    for n in 0..64_u128 {
        let id = VisitorId::from_uuid(uuid::Uuid::from_u128(900 + n));
        let network = if n.is_multiple_of(2) { "192.0.2.0/24" } else { "198.51.100.0/24" }.to_owned();
        bench.commit(Batch::of(OpenVisitor { id, network, at: bench.now() })).await.unwrap();
        let caller = Caller::visitor(id);
        let to = bench.conversations().create(&caller, NewConversation::default()).await.unwrap().id;
        callers.push((caller, to));
    }
    let all = join_all(callers.iter().map(|(caller, to)| chat.send(caller, *to, question()))).await;
    let begun: Vec<Turn> = all.into_iter().filter_map(Result::ok).collect();
    assert_eq!(begun.len(), 20, "ten from each of two networks");
    join_all(begun.into_iter().map(|turn| turn.driver)).await;
    expect_nothing_held(&bench).await;
}

pub(super) async fn every_run_settles_once(bench: Bench<'_>) {
    let chat = limited(&bench, r#"{"meter": "tokens", "window": "hour", "limit": 1000000}"#);
    let id = bench.conversation().await;
    let usage = Usage { input: 30, output: 12, source: UsageSource::Provider, ..Usage::default() };
    let mut expected = 0;
    for (script, state, tokens) in [
        (Script::default().text("fine").event(ModelEvent::Usage(usage)).finish(), RunState::Completed, 42),
        (
            Script::default().text("oh").event(ModelEvent::Usage(usage)).fail(ModelErrorKind::Unavailable),
            RunState::Failed,
            42,
        ),
        (Script::refusing(ModelErrorKind::Unavailable), RunState::Failed, 0),
        (Script::default().fail(ModelErrorKind::Timeout), RunState::Failed, 0),
    ] {
        bench.model.will(script);
        let turn = chat.send(&bench.caller, id, question()).await.unwrap();
        let hold = bench.store.hold(turn.run.id).await.unwrap().expect("something is held");
        let prompt = turn.plan.as_ref().unwrap().tokens;
        assert_eq!((hold.prompt, hold.amounts.tokens), (prompt, prompt + 25_000), "the prompt and the longest answer");
        turn.driver.await;
        let run = bench.store.run(turn.run.id).await.unwrap().unwrap();
        expected += tokens;
        let used = counter(&bench, &own(&bench)).await.used.total();
        assert_eq!((run.state, used.tokens), (state, expected));
        expect_nothing_held(&bench).await;
    }
    let used = counter(&bench, &own(&bench)).await.used.total();
    assert_eq!((used.messages, used.requests), (2, 2), "of which nothing came is not counted");
    // a new answer is a request, and no message
    let branch = bench.branch(id, 50).await;
    let asked = branch.first().unwrap().message.id;
    chat.answer(&bench.caller, asked, Ask::default()).await.unwrap().driver.await;
    let used = counter(&bench, &own(&bench)).await.used.total();
    assert_eq!((used.messages, used.requests), (2, 3));
    // deleting gives nothing back
    chat.delete(&bench.caller, id).await.unwrap();
    assert_eq!(counter(&bench, &own(&bench)).await.used.total(), used);
    expect_nothing_held(&bench).await;
}

const PIECES: usize = 8;

fn report() -> Usage {
    Usage { input: 40, output: 17, reasoning: 3, source: UsageSource::Provider, ..Usage::default() }
}

/// Stops an answer when so many pieces were heard, seen up to so many characters. Returns what counts, and the tokens of the
/// prompt.
async fn cut_at(bench: &Bench<'_>, chat: &Chat, id: ConversationId, pieces: usize, seen: Option<u64>) -> (u64, u64) {
    let before = counter(bench, &own(bench)).await.used.total().tokens;
    let script = (0..PIECES).fold(Script::default(), |script, at| {
        let script = if at == pieces { script.wait(Duration::from_millis(900)) } else { script };
        script.text("piece ")
    });
    let script = if pieces == PIECES { script.wait(Duration::from_millis(900)) } else { script };
    bench.model.will(script.event(ModelEvent::Usage(report())).finish());
    let turn = chat.send(&bench.caller, id, question()).await.unwrap();
    let (run, prompt, mut driver) = (turn.run.id, turn.plan.unwrap().tokens, turn.driver);
    let mut events = chat.events(&bench.caller, run, 0).await.unwrap();
    let heard = Box::pin(async {
        for _ in 0..=pieces {
            events.next().await.unwrap().unwrap();
        }
    });
    assert!(matches!(select(&mut driver, heard).await, Either::Right(_)), "the answer has ended");
    // the model is asked before anything is heard of it
    while bench.model.open_streams() == 0 {
        let _ = select(&mut driver, Box::pin(pause())).await;
    }
    // time stands still until it was asked to stop
    let stop = Box::pin(chat.stop_at(&bench.caller, run, seen));
    let rest = match select(&mut driver, stop).await {
        Either::Left(((), stop)) => {
            stop.await.unwrap();
            None
        }
        Either::Right((stopped, driver)) => {
            stopped.unwrap();
            Some(driver)
        }
    };
    let time = async {
        loop {
            pause().await;
            bench.clock.advance(Duration::from_millis(100));
        }
    };
    if let Some(driver) = rest {
        let Either::Left(((), _)) = select(driver, Box::pin(time)).await;
    }
    let ended = bench.store.run(run).await.unwrap().unwrap();
    assert_eq!((ended.state, bench.store.hold(run).await.unwrap()), (RunState::Stopped, None));
    (counter(bench, &own(bench)).await.used.total().tokens - before, prompt)
}

pub(super) async fn cut_answers_count_as_the_policy_says(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let free = Some(PlanId("free".into()));
    let plans = PlanTable::new(vec![plan("free", "")], free, None).unwrap();
    let terms = |abort| Terms::new(plans.clone()).abort(abort);
    let drain = AbortPolicy::Drain { max_ms: 5_000, max_tokens: 1_000 };
    let said = |pieces: usize| if pieces == 0 { 0 } else { estimate(&[Part::text("piece ".repeat(pieces))]) };
    for pieces in 0..=PIECES {
        let of = |abort| with_terms(&bench, terms(abort));
        let (counted, _) = cut_at(&bench, &of(drain), id, pieces, None).await;
        assert_eq!(counted, report().total(), "drained behind {pieces} pieces");
        let (counted, prompt) = cut_at(&bench, &of(AbortPolicy::Generated), id, pieces, Some(0)).await;
        let all = if pieces == 0 { 0 } else { prompt + said(pieces) };
        assert_eq!(counted, all, "generated up to {pieces} pieces");
        let seen = u64::try_from(pieces / 2 * 6).unwrap();
        let (counted, _) = cut_at(&bench, &of(AbortPolicy::Delivered), id, pieces, Some(seen)).await;
        let kept = if pieces == 0 { 0 } else { prompt + said(pieces / 2) };
        assert_eq!(counted, kept, "delivered {seen} characters of {pieces} pieces");
        let (counted, _) = cut_at(&bench, &of(AbortPolicy::Surcharge { bps: 1_000 }), id, pieces, None).await;
        let more = |tokens: u64| (tokens * 11).div_ceil(10);
        let all = if pieces == 0 { 0 } else { more(prompt) + more(said(pieces)) };
        assert_eq!(counted, all, "with a surcharge up to {pieces} pieces");
    }
    // who says more than is listened to is not heard out, and all that came counts
    let short = with_terms(&bench, terms(AbortPolicy::Drain { max_ms: 5_000, max_tokens: 3 }));
    let (counted, prompt) = cut_at(&bench, &short, id, 4, None).await;
    assert!(counted > prompt + said(4) && counted < prompt + said(PIECES), "{counted}");
    let hasty = with_terms(&bench, terms(AbortPolicy::Drain { max_ms: 100, max_tokens: 1_000 }));
    let (counted, prompt) = cut_at(&bench, &hasty, id, 4, None).await;
    assert_eq!(counted, prompt + said(4));
    expect_nothing_held(&bench).await;
}

/// A run that has stored some text and whose driver is gone.
pub(super) async fn abandoned(bench: &Bench<'_>, chat: &Chat, id: ConversationId, text: &str) -> Turn {
    bench.model.will(Script::default().text(text).hang());
    let mut turn = chat.send(&bench.caller, id, question()).await.unwrap();
    let run = turn.run.id;
    let time = Box::pin(async {
        while !bench.store.run_log(run, 0, 9).await.unwrap().iter().any(|log| log.events.len() > 1) {
            bench.clock.advance(Duration::from_millis(200));
            pause().await;
        }
    });
    assert!(matches!(select(&mut turn.driver, time).await, Either::Right(_)));
    turn
}

async fn expect_counted_by_reaper(bench: &Bench<'_>, prompt: u64, text: &str) {
    let used = counter(bench, &own(bench)).await.used.total();
    assert_eq!(used.tokens, prompt + estimate(&[Part::text(text)]), "the prompt and what was stored");
    assert_eq!((used.messages, used.requests, used.api_calls), (1, 1, 1));
    expect_nothing_held(bench).await;
}

pub(super) async fn the_reaper_settles(bench: Bench<'_>) {
    let chat = limited(&bench, r#"{"meter": "concurrent_runs", "limit": 1}"#);
    let (id, text) = (bench.conversation().await, "half of an answer");
    let turn = abandoned(&bench, &chat, id, text).await;
    let (run, prompt) = (turn.run.id, turn.plan.as_ref().unwrap().tokens);
    refused(chat.send(&bench.caller, id, question()).await);
    drop(turn);
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(chat.sweep().await.unwrap(), 1);
    let ended = bench.store.run(run).await.unwrap().unwrap();
    assert_eq!(
        ended.usage.map(|usage| (usage.total(), usage.source)),
        Some((prompt + estimate(&[Part::text(text)]), UsageSource::Estimated))
    );
    expect_counted_by_reaper(&bench, prompt, text).await;
    chat.send(&bench.caller, id, question()).await.unwrap().driver.await;
}

pub(super) async fn the_next_process_settles(bench: Bench<'_>) {
    let rules = r#"{"meter": "concurrent_runs", "limit": 1}"#;
    let chat = limited(&bench, rules);
    let (id, text) = (bench.conversation().await, "said before the end");
    let turn = abandoned(&bench, &chat, id, text).await;
    let prompt = turn.plan.as_ref().unwrap().tokens;
    drop((turn, chat));
    let Some(bench) = bench.crash().await else { return };
    let chat = limited(&bench, rules);
    assert_eq!(chat.recover().await.unwrap(), 1);
    expect_counted_by_reaper(&bench, prompt, text).await;
}

pub(super) async fn holds_end_with_their_runs(bench: Bench<'_>) {
    let chat = limited(&bench, r#"{"meter": "messages", "limit": 100}"#);
    let id = bench.conversation().await;
    // a run that goes on keeps its hold, however long that takes
    let turn = abandoned(&bench, &chat, id, "slow").await;
    let run = turn.run.id;
    let beat = Box::pin(async {
        for _ in 0..40 {
            bench.clock.advance(Duration::from_secs(5));
            for _ in 0..50 {
                pause().await;
            }
        }
    });
    let mut driver = turn.driver;
    assert!(matches!(select(&mut driver, beat).await, Either::Right(_)));
    assert_eq!(chat.sweep().await.unwrap(), 0);
    let hold = bench.store.hold(run).await.unwrap().expect("it is held on");
    assert!(hold.expires_at > bench.now());
    // whoever ends it knows of no hold
    join(bench.chat.stop(&bench.caller, run), async {}).await.0.unwrap();
    drop(driver);
    bench.clock.advance(Duration::from_secs(60));
    assert_eq!(bench.chat.reap(bench.now()).await.unwrap(), 1);
    let used = bench.store.run(run).await.unwrap().unwrap().usage.unwrap().total();
    assert!(bench.store.hold(run).await.unwrap().is_some());
    bench.clock.advance(Duration::from_secs(3600));
    chat.sweep().await.unwrap();
    let total = counter(&bench, &own(&bench)).await.used.total();
    assert_eq!((total.messages, total.tokens), (1, used));
    expect_nothing_held(&bench).await;
    chat.sweep().await.unwrap();
    assert_eq!(counter(&bench, &own(&bench)).await.used.total(), total, "it was settled twice");
}

pub(super) async fn rounds_end_where_the_limit_does(bench: Bench<'_>) {
    let chat = limited(&bench, r#"{"meter": "api_calls", "window": "month", "limit": 5}"#)
        .tool(CurrentTime::new(bench.clock.clone()));
    let id = bench.conversation().await;
    let call = || ModelEvent::ToolCall { id: String::new(), name: "current_time".into(), arguments: "{}".into() };
    for _ in 0..4 {
        let tools = crate::turn::FinishReason::ToolCalls;
        bench.model.will(Script::default().event(call()).event(ModelEvent::Finish(tools)));
    }
    let turn = chat.send(&bench.caller, id, question()).await.unwrap();
    turn.driver.await;
    let run = bench.store.run(turn.run.id).await.unwrap().unwrap();
    assert_eq!(run.error.map(|error| error.code).as_deref(), Some("over_limit"), "{:?}", run.state);
    assert_eq!(bench.model.requests().len(), 3, "three calls of the model and two of a tool are five");
    assert_eq!(counter(&bench, &own(&bench)).await.used.total().api_calls, 5);
    refused(chat.send(&bench.caller, id, question()).await);
    // a program with a key has a limit of its own beside
    let chat = limited(&bench, r#"{"meter": "api_calls", "window": "month", "scope": "api_key", "limit": 3}"#)
        .tool(CurrentTime::new(bench.clock.clone()));
    let program = program(&bench);
    for _ in 0..2 {
        let tools = crate::turn::FinishReason::ToolCalls;
        bench.model.will(Script::default().event(call()).event(ModelEvent::Finish(tools)));
    }
    let turn = chat.send(&program, id, question()).await.unwrap();
    turn.driver.await;
    let run = bench.store.run(turn.run.id).await.unwrap().unwrap();
    assert_eq!(run.error.map(|error| error.code).as_deref(), Some("over_limit"), "{:?}", run.state);
    let Via::ApiKey(key) = program.via() else { unreachable!() };
    assert_eq!(counter(&bench, &ScopeKey::of(Who::ApiKey(key))).await.used.total().api_calls, 3);
    expect_nothing_held(&bench).await;
}

/// A program that has a key of the caller's.
fn program(bench: &Bench<'_>) -> Caller {
    let Some(user) = bench.caller.user_id() else { panic!("a user: {:?}", bench.caller) };
    Caller::api_key(user, ApiKeyId::from_uuid(uuid::Uuid::from_u128(7)), vec![Scope::Read, Scope::Write])
}

pub(super) async fn titles_count(bench: Bench<'_>) {
    let limit = r#"{"meter": "api_calls", "window": "month", "scope": "api_key", "limit": 3},
        {"meter": "tokens", "window": "month", "limit": 100000}"#;
    let chat = limited(&bench, limit).titles(Titles::Model(None));
    let program = program(&bench);
    let Via::ApiKey(key) = program.via() else { unreachable!() };
    let usage = Usage { input: 50, output: 5, source: UsageSource::Provider, ..Usage::default() };
    let answer = || Script::default().text("well").event(ModelEvent::Usage(usage)).finish();
    let mut titles = Vec::new();
    for n in 0..3 {
        let id = bench.conversations().create(&program, NewConversation::default()).await.unwrap().id;
        bench.model.will(answer());
        if n == 0 {
            bench.model.will(Script::default().text("A title").event(ModelEvent::Usage(usage)).finish());
        }
        match chat.send(&program, id, question()).await {
            Ok(turn) => turn.driver.await,
            Err(error) => assert!(matches!(error, Error::OverLimit(_)) && n == 2, "{error}"),
        }
        titles.push(bench.conversations().get(&program, id).await.unwrap().title);
    }
    // an answer and its title, then an answer that leaves no room for one
    assert_eq!(titles, [Some("A title".to_owned()), Some("question".to_owned()), None]);
    let used = counter(&bench, &ScopeKey::of(Who::ApiKey(key))).await.used.total();
    assert_eq!((used.api_calls, used.requests, used.messages), (3, 2, 2));
    assert_eq!(counter(&bench, &own(&bench)).await.used.total().tokens, 3 * 55);
    expect_nothing_held(&bench).await;
}

pub(super) async fn previews_hold_nothing(bench: Bench<'_>) {
    let free = Some(PlanId("free".into()));
    let day = |limit: u64| format!(r#"{{"meter": "messages", "window": "day", "limit": {limit}}}"#);
    let plans = vec![plan("tiny", &day(0)), plan("free", &day(1)), plan("same", &day(1)), plan("pro", &day(2))];
    let chat = with_terms(&bench, Terms::new(PlanTable::new(plans, free, None).unwrap()));
    let id = bench.conversation().await;
    for _ in 0..3 {
        let verdict = chat.preview(&bench.caller, id, question()).await.unwrap().verdict.unwrap();
        assert!(verdict.allowed && verdict.plan.as_deref() == Some("free"));
    }
    expect_nothing_held(&bench).await;
    chat.send(&bench.caller, id, question()).await.unwrap().driver.await;
    let verdict = chat.preview(&bench.caller, id, question()).await.unwrap().verdict.unwrap();
    assert_eq!((verdict.allowed, verdict.next_plan.as_deref()), (false, Some("pro")));
    assert_eq!(refused(chat.send(&bench.caller, id, question()).await), verdict, "a preview says what sending would");
    let standing = chat.usage(&bench.caller).await.unwrap();
    assert_eq!(standing.states.iter().map(|state| (state.used, state.limit)).collect::<Vec<_>>(), [(1, 1)]);
    let before = bench.count(Kind::Message).await;
    assert_eq!(before, 2, "a refused turn stored something");
}

pub(super) async fn a_visitors_usage_becomes_the_users(bench: Bench<'_>) {
    let rules = r#"{"meter": "messages", "window": "day", "limit": 10}, {"meter": "messages", "window": "day", "model": "scripted", "limit": 9}"#;
    let chat = limited(&bench, rules);
    let user = UserId::mint(bench.now(), &*bench.ids);
    let register = RegisterUser {
        id: user,
        username: Some("ann".into()),
        email: None,
        secret: "$argon2id$".into(),
        role: AccountRole::User,
        at: bench.now(),
    };
    bench.commit(Batch::of(register)).await.unwrap();
    let id = VisitorId::mint(bench.now(), &*bench.ids);
    bench.commit(Batch::of(OpenVisitor { id, network: "here".into(), at: bench.now() })).await.unwrap();
    let (visitor, ann) = (Caller::visitor(id), Caller::user(user));
    let to = bench.conversations().create(&visitor, NewConversation::default()).await.unwrap().id;
    let own = bench.conversations().create(&ann, NewConversation::default()).await.unwrap().id;
    chat.send(&ann, own, question()).await.unwrap().driver.await;
    chat.send(&visitor, to, question()).await.unwrap().driver.await;
    let going_on = chat.send(&visitor, to, question()).await.unwrap();
    for _ in 0..3 {
        let merge = MergeVisitor { visitor: id, user, job: JobId::mint(bench.now(), &*bench.ids), at: bench.now() };
        let usage = MergeUsage { visitor: id, user, zones: false, at: bench.now() };
        bench.commit(Batch::of(merge).and(usage)).await.unwrap();
        let scope = ScopeKey::subject(Subject::User(user));
        let now = counter(&bench, &scope).await;
        assert_eq!((now.used.total().messages, now.held.messages, now.runs), (2, 1, 1), "again it moves nothing");
        assert_eq!(counter(&bench, &scope.with_model("scripted")).await.held.messages, 1);
        bench.expect_sound().await;
    }
    going_on.driver.await;
    // what a request of the visitor's still begins counts for the user
    chat.send(&visitor, to, question()).await.unwrap().driver.await;
    let state = chat.usage(&ann).await.unwrap().states;
    assert_eq!(state.iter().map(|state| state.used).collect::<Vec<_>>(), [4, 4]);
    assert_eq!(counter(&bench, &ScopeKey::subject(Subject::Visitor(id))).await.used.total().messages, 0);
    expect_nothing_held(&bench).await;
}

pub(super) async fn without_terms_nothing_is_counted(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.chat.send(&bench.caller, id, "question").await.unwrap().driver.await;
    bench.chat.sweep().await.unwrap();
    assert_eq!((bench.count(Kind::Counter).await, bench.count(Kind::Hold).await), (0, 0));
    let verdict = bench.chat.usage(&bench.caller).await.unwrap();
    assert!(verdict.allowed && verdict.states.is_empty());
}
