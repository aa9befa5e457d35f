//! What a turn does about others: each policy with each kind of turn.

use futures::StreamExt;
use futures::future::{Either, join, join_all, select};

use super::bench::Bench;
use crate::conversation::{Message, MessageState, Parent, text_of};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::Kind;
use crate::testing::Script;
use crate::turn::{Ask, Driver, MAX_WAITING, Policy, RunState, Say, Turn};

fn ask(policy: Policy) -> Ask {
    Ask { policy, ..Ask::default() }
}

fn say(text: &str, policy: Policy) -> Say {
    Say { ask: ask(policy), ..Say::text(text) }
}

/// A turn whose answer has said `half` and never ends by itself.
async fn open(bench: &Bench<'_>, id: ConversationId) -> (Message, Message, RunId, Driver) {
    bench.model.will(Script::default().text("half").hang());
    let Turn { user_message, assistant_message, run, mut driver, .. } =
        bench.chat.send(&bench.caller, id, "question").await.unwrap();
    let mut events = bench.chat.events(&bench.caller, run.id, 0).await.unwrap();
    let heard = Box::pin(async {
        for _ in 0..2 {
            events.next().await.unwrap().unwrap();
        }
    });
    match select(&mut driver, heard).await {
        Either::Left(_) => panic!("the answer has ended"),
        Either::Right(_) => {}
    }
    (user_message.unwrap().message, assistant_message.message, run.id, driver)
}

async fn state(bench: &Bench<'_>, run: RunId) -> RunState {
    bench.chat.run(&bench.caller, run).await.unwrap().state
}

async fn told(bench: &Bench<'_>, message: MessageId) -> (MessageState, String) {
    let message = bench.view(message).await.message;
    (message.state, message.text())
}

/// What the model was shown last, message by message.
fn shown(bench: &Bench<'_>) -> Vec<String> {
    let request = bench.model.requests().pop().unwrap();
    request.messages.iter().map(|message| text_of(&message.parts)).collect()
}

async fn stop(bench: &Bench<'_>, run: RunId, driver: Driver) {
    let (stopped, ()) = join(bench.chat.stop(&bench.caller, run), driver).await;
    stopped.unwrap();
}

pub(super) async fn siblings_are_written_side_by_side(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let id = bench.conversation().await;
    let (asked, answer, run, driver) = open(&bench, id).await;
    let sent = chat.send(me, id, say("too early", Policy::Sibling)).await.map(|_| ());
    assert!(matches!(sent, Err(Error::Busy)), "send: {sent:?}");
    let root = Say { parent: Parent::Root, ..say("beside", Policy::Sibling) };
    for (what, turn) in [
        ("send", chat.send(me, id, root).await.unwrap()),
        ("edit", chat.edit(me, asked.id, say("better", Policy::Sibling)).await.unwrap()),
        ("regenerate", chat.regenerate(me, answer.id, ask(Policy::Sibling)).await.unwrap()),
        ("answer", chat.answer(me, asked.id, ask(Policy::Sibling)).await.unwrap()),
    ] {
        assert_eq!(turn.run.state, RunState::Running, "{what}");
        turn.driver.await;
        assert_eq!(state(&bench, run).await, RunState::Running, "{what} left the other one alone");
    }
    assert_eq!((bench.versions(asked.id).await, bench.versions(answer.id).await), ((1, 3), (1, 3)));
    stop(&bench, run, driver).await;
    bench.expect_sound().await;
}

pub(super) async fn stale_turns_are_refused(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let id = bench.conversation().await;
    let (asked, answer, run, driver) = open(&bench, id).await;
    let policy = Policy::RejectStale;
    // a run is in the way
    for (what, refused) in [
        ("send", chat.send(me, id, say("early", policy)).await.map(|_| ())),
        ("edit", chat.edit(me, asked.id, say("early", policy)).await.map(|_| ())),
        ("regenerate", chat.regenerate(me, answer.id, ask(policy)).await.map(|_| ())),
    ] {
        assert!(matches!(refused, Err(Error::Busy)), "{what}: {refused:?}");
    }
    stop(&bench, run, driver).await;
    // none is, but the head is elsewhere
    let aside = bench.ask(id, Parent::Root, "aside").await;
    let stale = || Ask { expected_head: Some(Some(answer.id)), ..ask(policy) };
    let named = Say { parent: Parent::Message(answer.id), ..say("late", policy) };
    for (what, refused) in [
        ("a named parent", chat.send(me, id, named).await.map(|_| ())),
        ("send", chat.send(me, id, Say { ask: stale(), ..Say::text("late") }).await.map(|_| ())),
        ("edit", chat.edit(me, asked.id, Say { ask: stale(), ..Say::text("late") }).await.map(|_| ())),
        ("regenerate", chat.regenerate(me, answer.id, stale()).await.map(|_| ())),
    ] {
        let head = Some(aside.id);
        assert!(matches!(refused, Err(Error::StaleHead { head: at }) if at == head), "{what}: {refused:?}");
    }
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (3, 1), "a refusal left a trace");
    // and where nothing is wrong it is done
    chat.regenerate(me, answer.id, ask(policy)).await.unwrap().driver.await;
    chat.edit(me, asked.id, say("in time", policy)).await.unwrap().driver.await;
    let head = bench.head(id).await.unwrap();
    let named = Say { parent: Parent::Message(head), ..say("in time", policy) };
    chat.send(me, id, named).await.unwrap().driver.await;
    bench.expect_sound().await;
}

pub(super) async fn waiting_turns_begin_when_others_end(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    for what in ["send", "edit", "regenerate"] {
        let id = bench.conversation().await;
        let (asked, answer, run, driver) = open(&bench, id).await;
        let policy = Policy::Enqueue;
        let turn = match what {
            "send" => chat.send(me, id, say("next", policy)).await,
            "edit" => chat.edit(me, asked.id, say("better", policy)).await,
            _ => chat.regenerate(me, answer.id, ask(policy)).await,
        };
        let turn = turn.unwrap();
        assert_eq!((turn.run.state, turn.plan.is_none()), (RunState::Queued, true), "{what}");
        assert_eq!(turn.assistant_message.message.state, MessageState::Open, "{what}");
        if what == "send" {
            assert_eq!(turn.user_message.as_ref().unwrap().message.parent, Some(answer.id));
        }
        bench.expect_sound().await;
        let mut waiting = turn.driver;
        assert!(futures::poll!(&mut waiting).is_pending());
        assert_eq!(state(&bench, turn.run.id).await, RunState::Queued, "{what} does not wait");
        let asked_before = bench.model.requests().len();
        futures::join!(stop(&bench, run, driver), waiting);
        assert_eq!(bench.model.requests().len(), asked_before + 1);
        assert_eq!(told(&bench, answer.id).await, (MessageState::Stopped, "half".into()), "{what}");
        assert_eq!(state(&bench, turn.run.id).await, RunState::Completed, "{what}");
        let expected: &[&str] = match what {
            "send" => &["question", "half", "next"],
            "edit" => &["better"],
            _ => &["question"],
        };
        assert_eq!(shown(&bench), expected, "{what}: the model sees what the one before it said");
        // where nothing is in the way nobody waits
        let free = chat.send(me, id, say("free", policy)).await.unwrap();
        assert_eq!(free.run.state, RunState::Running);
        free.driver.await;
    }
    bench.expect_sound().await;
}

pub(super) async fn interrupting_keeps_what_was_said(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    for what in ["send", "edit", "regenerate"] {
        let id = bench.conversation().await;
        let (asked, answer, run, driver) = open(&bench, id).await;
        // a run elsewhere is not in the way
        bench.model.will(Script::default().hang());
        let root = Say { parent: Parent::Root, ..Say::text("elsewhere") };
        let elsewhere = chat.send(me, id, root).await.unwrap();
        let policy = Policy::Interrupt;
        let turn = match what {
            "send" => chat.send(me, id, Say { parent: Parent::Message(answer.id), ..say("instead", policy) }).await,
            "edit" => chat.edit(me, asked.id, say("instead", policy)).await,
            _ => chat.regenerate(me, answer.id, ask(policy)).await,
        };
        let turn = turn.unwrap();
        let mut beside = elsewhere.driver;
        let both = Box::pin(join(driver, turn.driver));
        // the one elsewhere takes the script that hangs
        assert!(futures::poll!(&mut beside).is_pending());
        match select(both, &mut beside).await {
            Either::Left(_) => {}
            Either::Right(_) => panic!("{what} ended a run elsewhere"),
        }
        assert_eq!(told(&bench, answer.id).await, (MessageState::Stopped, "half".into()), "{what}");
        assert_eq!(state(&bench, run).await, RunState::Stopped, "{what}");
        assert_eq!(state(&bench, turn.run.id).await, RunState::Completed, "{what}");
        assert_eq!(state(&bench, elsewhere.run.id).await, RunState::Running, "{what}");
        let prompt: &[&str] = match what {
            "send" => &["question", "half", "instead"],
            "edit" => &["instead"],
            _ => &["question"],
        };
        assert_eq!(shown(&bench), prompt, "{what}");
        stop(&bench, elsewhere.run.id, beside).await;
        // the tree has both
        assert_eq!(bench.view(answer.id).await.message.text(), "half");
    }
    bench.expect_sound().await;
}

pub(super) async fn policies_hold_when_many_come_at_once(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    // of many that refuse to be late one goes on
    let id = bench.conversation().await;
    let first = chat.send(me, id, "question").await.unwrap();
    let answer = first.assistant_message.message.id;
    first.driver.await;
    let turns = join_all((0..16).map(|_| chat.regenerate(me, answer, ask(Policy::RejectStale)))).await;
    let taken: Vec<Turn> = turns.into_iter().filter_map(Result::ok).collect();
    assert_eq!(taken.len(), 1, "several began where one was under way");
    join_all(taken.into_iter().map(|turn| turn.driver)).await;
    // those that wait follow each other, whoever came first
    let turns = join_all((0..16).map(|at| chat.send(me, id, say(&format!("{at}"), Policy::Enqueue)))).await;
    let turns: Vec<Turn> = turns.into_iter().map(Result::unwrap).collect();
    assert_eq!(turns.iter().filter(|turn| turn.run.state == RunState::Running).count(), 1);
    bench.expect_sound().await;
    join_all(turns.into_iter().map(|turn| turn.driver)).await;
    assert_eq!(bench.texts(id).await.len(), 2 + 2 * 16, "one line of questions and answers");
    // of those that interrupt each other the last one is heard
    let answer = bench.head(id).await.unwrap();
    let turns = join_all((0..16).map(|_| chat.regenerate(me, answer, ask(Policy::Interrupt)))).await;
    let turns: Vec<Turn> = turns.into_iter().map(Result::unwrap).collect();
    let runs: Vec<RunId> = turns.iter().map(|turn| turn.run.id).collect();
    join_all(turns.into_iter().map(|turn| turn.driver)).await;
    let mut completed = 0;
    for run in runs {
        completed += usize::from(state(&bench, run).await == RunState::Completed);
    }
    assert_eq!(completed, 1, "one is left");
    bench.expect_sound().await;
}

pub(super) async fn a_waiting_run_can_be_stopped(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let id = bench.conversation().await;
    let (_, answer, run, driver) = open(&bench, id).await;
    let turn = chat.send(me, id, say("next", Policy::Enqueue)).await.unwrap();
    stop(&bench, turn.run.id, turn.driver).await;
    let waited = turn.assistant_message.message.id;
    assert_eq!(told(&bench, waited).await, (MessageState::Stopped, String::new()));
    assert_eq!(state(&bench, run).await, RunState::Running, "the one before goes on");
    // one that waits for what is deleted ends with it
    let turn =
        chat.send(me, id, Say { parent: Parent::Message(answer.id), ..say("gone", Policy::Enqueue) }).await.unwrap();
    let delete = async { chat.delete_message(me, answer.id).await.unwrap() };
    futures::join!(delete, driver, turn.driver);
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), (1, 0));
    bench.expect_sound().await;
}

pub(super) async fn a_waiting_run_ends_with_its_process(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let (_, answer, run, driver) = open(&bench, id).await;
    let turn = bench.chat.send(&bench.caller, id, say("next", Policy::Enqueue)).await.unwrap();
    let (waiting, said) = (turn.run.id, turn.user_message.unwrap().message.id);
    drop((driver, turn.driver));
    let Some(bench) = bench.crash().await else { return };
    assert_eq!(bench.chat.recover().await.unwrap(), 2);
    for run in [run, waiting] {
        assert_eq!(state(&bench, run).await, RunState::Interrupted);
    }
    bench.expect_sound().await;
    assert_eq!(told(&bench, said).await, (MessageState::Complete, "next".into()), "what was said stays");
    // and can be answered
    bench.chat.answer(&bench.caller, said, Ask::default()).await.unwrap().driver.await;
    assert_eq!(bench.view(answer.id).await.message.state, MessageState::Interrupted);
    assert_eq!(bench.texts(id).await.len(), 4);
}

pub(super) async fn waiting_turns_are_bounded(bench: Bench<'_>) {
    let (chat, me) = (&bench.chat, &bench.caller);
    let id = bench.conversation().await;
    let (_, answer, run, driver) = open(&bench, id).await;
    let mut waiting = Vec::new();
    for at in 0..MAX_WAITING {
        waiting.push(chat.send(me, id, say(&format!("{at}"), Policy::Enqueue)).await.unwrap());
    }
    let before = (bench.count(Kind::Message).await, bench.count(Kind::Run).await);
    for (what, refused) in [
        ("send", chat.send(me, id, say("one more", Policy::Enqueue)).await.map(|_| ())),
        ("regenerate", chat.regenerate(me, answer.id, ask(Policy::Enqueue)).await.map(|_| ())),
        ("interrupt", chat.send(me, id, say("one more", Policy::Interrupt)).await.map(|_| ())),
    ] {
        assert!(matches!(refused, Err(Error::QueueFull(MAX_WAITING))), "{what}: {refused:?}");
    }
    assert_eq!((bench.count(Kind::Message).await, bench.count(Kind::Run).await), before, "a refusal left a trace");
    // elsewhere nobody is in the way, and what waits can make room
    let root = Say { parent: Parent::Root, ..say("elsewhere", Policy::Enqueue) };
    chat.send(me, id, root).await.unwrap().driver.await;
    let last = waiting.pop().unwrap();
    stop(&bench, last.run.id, last.driver).await;
    let next = Say { parent: Parent::Message(answer.id), ..say("next", Policy::Enqueue) };
    let next = chat.send(me, id, next).await.unwrap();
    waiting.push(next);
    let drivers = waiting.into_iter().map(|turn| turn.driver);
    futures::join!(stop(&bench, run, driver), join_all(drivers));
    assert_eq!(bench.store.active_runs(id).await.unwrap(), []);
    bench.expect_sound().await;
}
