//! Tools and hooks over the store in memory: results that go back to the model, calls that the caller answers, calls that
//! fail, hang, break or never end, and turns that a hook does not let through.
#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, Part, Role};
use chatcore::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use chatcore::turn::{
    Ask, CurrentTime, Ended, FinishReason, Hook, ModelErrorKind, ModelEvent, ModelMessage, ModelOptions, ModelRequest,
    Outgoing, Refusal, Run, RunState, Say, Tool, ToolCall, ToolChoice, ToolError, ToolOutcome, ToolSpec, Tools, Turn,
    Usage, UsageSource,
};
use chatcore::{Chat, Clock, Error, MemoryStore};
use futures::FutureExt;
use futures::executor::block_on;
use futures::future::pending;
use serde_json::json;

fn spec(name: &str) -> ToolSpec {
    ToolSpec { name: name.into(), description: "a tool of a test".into(), parameters: json!({"type": "object"}) }
}

/// Doubles a number; fails, hangs or breaks when it is told to.
#[derive(Clone, Default)]
struct Double {
    dropped: Arc<AtomicUsize>,
}

struct Dropped(Arc<AtomicUsize>);

impl Drop for Dropped {
    fn drop(&mut self) {
        self.0.fetch_add(1, Ordering::SeqCst);
    }
}

#[async_trait::async_trait]
impl Tool for Double {
    fn spec(&self) -> ToolSpec {
        spec("double")
    }

    async fn call(&self, call: ToolCall) -> Result<String, ToolError> {
        let _dropped = Dropped(self.dropped.clone());
        match call.arguments["do"].as_str() {
            Some("fail") => return Err(ToolError::new("it will not be doubled")),
            Some("hang") => pending().await,
            Some("break") => std::panic::panic_any("a tool of a test breaks"),
            _ => {}
        }
        let number = call.arguments["number"].as_i64().ok_or_else(|| ToolError::new("`number` is missing"))?;
        Ok((2 * number).to_string())
    }

    fn patience(&self) -> Duration {
        Duration::from_secs(30)
    }
}

struct World {
    chat: Chat,
    clock: ManualClock,
    model: ScriptedModel,
    tool: Double,
    me: Caller,
    conversation: Conversation,
}

impl World {
    fn new(with: impl FnOnce(Chat) -> Chat) -> Self {
        let clock = ManualClock::new();
        let model = ScriptedModel::new(&clock);
        let (store, ids) = (Arc::new(MemoryStore::in_memory()), Arc::new(CountingIds::default()));
        let chat = with(Chat::over(store, model.clone(), Arc::new(clock.clone()), ids));
        let tool = Double::default();
        let (chat, me) = (chat.tool(tool.clone()), user(1));
        let conversation = block_on(chat.conversations().create(&me, Default::default())).unwrap();
        Self { chat, clock, model, tool, me, conversation }
    }

    /// The model calls tools, one after another.
    fn will_call(&self, calls: &[(&str, &str, &str)], usage: u64) {
        let script = calls.iter().fold(Script::default().text("let me see"), |script, (id, name, arguments)| {
            let (id, name, arguments) = ((*id).into(), (*name).into(), (*arguments).into());
            script.event(ModelEvent::ToolCall { id, name, arguments })
        });
        let usage = Usage { input: usage, output: 1, source: UsageSource::Provider, ..Usage::default() };
        self.model.will(script.event(ModelEvent::Usage(usage)).event(ModelEvent::Finish(FinishReason::ToolCalls)));
    }

    fn will_say(&self, text: &str) {
        let usage = Usage { input: 100, output: 10, source: UsageSource::Provider, ..Usage::default() };
        self.model.will(Script::default().text(text).event(ModelEvent::Usage(usage)).finish());
    }

    fn send(&self, tools: &[ToolSpec]) -> Result<Turn, Error> {
        let say = Say { ask: Ask { tools: tools.to_vec(), ..Ask::default() }, ..Say::text("double it") };
        block_on(self.chat.send(&self.me, self.conversation.id, say))
    }

    /// Says something, drives the run to its end, and shows how it ended.
    fn answer(&self, tools: &[ToolSpec]) -> (Run, Vec<Part>) {
        self.drive(self.send(tools).unwrap())
    }

    fn drive(&self, turn: Turn) -> (Run, Vec<Part>) {
        block_on(turn.driver);
        self.ended(&turn.run)
    }

    fn ended(&self, run: &Run) -> (Run, Vec<Part>) {
        let run = block_on(self.chat.run(&self.me, run.id)).unwrap();
        let view = block_on(self.chat.conversations().message(&self.me, run.message)).unwrap();
        assert_eq!(view.message.state, run.state.message());
        (run, view.message.parts)
    }
}

fn call(id: &str, name: &str, arguments: &str) -> Part {
    Part::ToolCall { id: id.into(), name: name.into(), arguments: arguments.into() }
}

fn result(id: &str, content: &str, is_error: bool) -> Part {
    Part::ToolResult { call_id: id.into(), content: content.into(), is_error }
}

#[test]
fn results_go_back_to_the_model_within_one_answer() {
    let world = World::new(|chat| chat);
    world.will_call(&[("a", "double", r#"{"number":4}"#)], 20);
    world.will_call(&[("b", "double", r#"{"number":8}"#)], 30);
    world.will_say("it is 16");
    let (run, parts) = world.answer(&[]);
    assert_eq!((run.state, run.finish), (RunState::Completed, Some(FinishReason::Stop)));
    let expected = [
        Part::text("let me see"),
        call("a", "double", r#"{"number":4}"#),
        result("a", "8", false),
        Part::text("let me see"),
        call("b", "double", r#"{"number":8}"#),
        result("b", "16", false),
        Part::text("it is 16"),
    ];
    assert_eq!(parts, expected);
    let usage = run.usage.unwrap();
    assert_eq!((usage.input, usage.output, usage.source), (150, 12, UsageSource::Provider), "all rounds are counted");
    let requests = world.model.requests();
    let roles = |request: &ModelRequest| request.messages.iter().map(|message| message.role).collect::<Vec<_>>();
    assert_eq!(roles(&requests[1]), [Role::User, Role::Assistant, Role::Tool]);
    assert_eq!(requests[2].messages[4].parts, [result("b", "16", false)]);
    assert_eq!(requests[0].tools.iter().map(|tool| tool.name.as_str()).collect::<Vec<_>>(), ["double"]);

    // the next turn shows the model the same turns
    world.will_say("you are welcome");
    world.answer(&[]);
    let last = world.model.requests().pop().unwrap();
    let turns = [Role::User, Role::Assistant, Role::Tool, Role::Assistant, Role::Tool, Role::Assistant, Role::User];
    assert_eq!(roles(&last), turns);
}

#[test]
fn what_goes_wrong_in_a_tool_is_for_the_model_to_read() {
    let world = World::new(|chat| chat);
    let calls = [
        ("a", "double", r#"{"do":"fail"}"#),
        ("b", "double", "{ not json"),
        ("c", "triple", "{}"),
        ("d", "double", r#"{"do":"break"}"#),
        ("e", "double", ""),
    ];
    world.will_call(&calls, 1);
    world.will_say("sorry");
    let (run, parts) = world.answer(&[]);
    assert_eq!(run.state, RunState::Completed);
    let mut failed: Vec<(String, String)> = parts
        .into_iter()
        .filter_map(|part| match part {
            Part::ToolResult { call_id, content, is_error: true } => Some((call_id, content)),
            _ => None,
        })
        .collect();
    failed.sort();
    assert_eq!(failed.iter().map(|(id, _)| id.as_str()).collect::<Vec<_>>(), ["a", "b", "c", "d", "e"]);
    let said: Vec<&str> = failed.iter().map(|(_, content)| content.as_str()).collect();
    assert_eq!(said[0], "it will not be doubled");
    assert!(said[1].starts_with("the arguments are not JSON"), "{said:?}");
    assert_eq!(said[2..], ["there is no tool named `triple`", "the tool broke", "`number` is missing"]);
}

#[test]
fn a_tool_that_hangs_is_given_up() {
    let world = World::new(|chat| chat);
    world.will_call(&[("a", "double", r#"{"do":"hang"}"#)], 1);
    world.will_say("it took too long");
    let turn = world.send(&[]).unwrap();
    let time = async {
        loop {
            world.clock.advance(Duration::from_secs(1));
            futures::pending!();
        }
    };
    block_on(async {
        let mut driver = Box::pin(turn.driver.fuse());
        let mut time = Box::pin(time.fuse());
        futures::future::poll_fn(|context| {
            context.waker().wake_by_ref();
            let _ = time.as_mut().poll_unpin(context);
            driver.as_mut().poll_unpin(context)
        })
        .await;
    });
    let (run, parts) = world.ended(&turn.run);
    assert_eq!(run.state, RunState::Completed);
    assert!(parts.contains(&result("a", "the tool took longer than 30 s", true)), "{parts:?}");
    assert_eq!(world.tool.dropped.load(Ordering::SeqCst), 1);
}

#[test]
fn stopping_cancels_the_tools() {
    let world = World::new(|chat| chat);
    world.will_call(&[("a", "double", r#"{"do":"hang"}"#)], 1);
    let turn = world.send(&[]).unwrap();
    let stop = async {
        while world.model.open_streams() > 0 || world.model.requests().is_empty() {
            futures::pending!();
        }
        world.chat.stop(&world.me, turn.run.id).await.unwrap();
    };
    let mut stop = Box::pin(stop.fuse());
    let mut driver = Box::pin(turn.driver.fuse());
    block_on(futures::future::poll_fn(|context| {
        context.waker().wake_by_ref();
        let ended = driver.as_mut().poll_unpin(context);
        let _ = stop.as_mut().poll_unpin(context);
        ended
    }));
    let (run, parts) = world.ended(&turn.run);
    assert_eq!(run.state, RunState::Stopped);
    assert_eq!(parts.last(), Some(&result("a", "cancelled", true)), "no call is left without a result");
    assert_eq!(world.tool.dropped.load(Ordering::SeqCst), 1, "and nobody works on it");
}

#[test]
fn a_model_that_only_calls_is_stopped_after_some_rounds() {
    let world = World::new(|chat| chat.tools(Tools::new().max_rounds(3)));
    for _ in 0..9 {
        world.will_call(&[("a", "double", r#"{"number":1}"#)], 1);
    }
    let (run, parts) = world.answer(&[]);
    assert_eq!((run.state, run.finish), (RunState::Completed, Some(FinishReason::Other("tool_rounds".into()))));
    assert_eq!(world.model.requests().len(), 4);
    assert_eq!(parts.iter().filter(|part| matches!(part, Part::ToolResult { is_error: false, .. })).count(), 3);
    assert!(matches!(parts.last(), Some(Part::ToolResult { is_error: true, .. })), "the last call was not made");
}

#[test]
fn calls_of_the_callers_tools_are_handed_to_them() {
    let world = World::new(|chat| chat);
    let tools = [spec("weather")];
    world.will_call(&[("a", "weather", r#"{"in":"Oslo"}"#), ("b", "double", r#"{"number":2}"#)], 1);
    let (run, parts) = world.answer(&tools);
    assert_eq!((run.state, run.finish), (RunState::Completed, Some(FinishReason::ToolCalls)));
    assert_eq!(
        parts[1..],
        [call("a", "weather", r#"{"in":"Oslo"}"#), call("b", "double", r#"{"number":2}"#), result("b", "4", false)]
    );

    let outcome = |id: &str| ToolOutcome { call_id: id.into(), content: "rain".into(), is_error: false };
    let hand_in = |outcomes: Vec<ToolOutcome>| {
        let ask = Ask { tools: tools.to_vec(), ..Ask::default() };
        block_on(world.chat.tool_results(&world.me, run.message, outcomes, ask))
    };
    for wrong in [vec![], vec![outcome("z")], vec![outcome("a"), outcome("a")], vec![outcome("a"), outcome("b")]] {
        assert!(matches!(hand_in(wrong), Err(Error::Invalid { .. })));
    }
    world.will_say("take an umbrella");
    let turn = hand_in(vec![outcome("a")]).unwrap();
    let said = turn.user_message.as_ref().unwrap();
    assert_eq!((said.message.role, said.message.parent), (Role::Tool, Some(run.message)));
    let (run, parts) = world.drive(turn);
    assert_eq!((run.state, parts), (RunState::Completed, vec![Part::text("take an umbrella")]));
    let prompt = world.model.requests().pop().unwrap().messages;
    let roles: Vec<Role> = prompt.iter().map(|message| message.role).collect();
    assert_eq!(roles, [Role::User, Role::Assistant, Role::Tool, Role::Tool]);
    assert_eq!(prompt[3].parts, [result("a", "rain", false)]);
}

#[test]
fn a_tool_of_the_caller_cannot_take_the_name_of_ours() {
    let world = World::new(|chat| chat);
    assert!(matches!(world.send(&[spec("double")]), Err(Error::Invalid { field: "tools", .. })));
}

#[test]
fn an_answer_whose_process_died_has_no_open_calls() {
    let world = World::new(|chat| chat);
    world.will_call(&[("a", "double", r#"{"do":"hang"}"#)], 1);
    let turn = world.send(&[]).unwrap();
    let mut driver = Box::pin(turn.driver);
    let stored = || block_on(world.chat.run(&world.me, turn.run.id)).unwrap().last_seq;
    for _ in 0..60 {
        assert!((&mut driver).now_or_never().is_none());
        world.clock.advance(Duration::from_millis(300));
    }
    assert_eq!(stored(), 4, "the beginning, the text, the call, the usage");
    drop(driver);
    world.clock.advance(Duration::from_secs(60));
    assert_eq!(block_on(world.chat.sweep()).unwrap(), 1);
    let (run, parts) = world.ended(&turn.run);
    assert_eq!(run.state, RunState::Interrupted);
    assert_eq!(parts.last(), Some(&result("a", "cancelled", true)));
}

#[test]
fn the_time_is_the_clocks() {
    let clock = ManualClock::new();
    let shown = clock.clone();
    let world = World::new(move |chat| chat.tool(CurrentTime::new(shown)));
    clock.advance(Duration::from_secs(3));
    world.will_call(&[("a", "current_time", "{}")], 1);
    world.will_say("late");
    let (_, parts) = world.answer(&[]);
    assert!(parts.contains(&result("a", &clock.now().to_string(), false)), "{parts:?}");
}

/// Refuses what it is told to, rewrites, and remembers what ended.
#[derive(Clone, Default)]
struct Watcher {
    ended: Arc<Mutex<Vec<(RunState, String)>>>,
}

#[async_trait::async_trait]
impl Hook for Watcher {
    async fn before_send(&self, turn: &Outgoing<'_>) -> Result<(), Refusal> {
        let rude = |part: &Part| matches!(part, Part::Text { text } if text.contains("rude"));
        let refusal = || Refusal { code: "moderation".into(), message: "please be kind".into() };
        if turn.said.iter().any(rude) { Err(refusal()) } else { Ok(()) }
    }

    async fn before_model(&self, _run: &Run, request: &mut ModelRequest) -> Result<(), Refusal> {
        for part in request.messages.iter_mut().flat_map(|message| &mut message.parts) {
            if let Part::Text { text } = part {
                *text = text.replace("secret", "******");
            }
        }
        let refusal = || Refusal { code: "budget".into(), message: "not today".into() };
        if request.messages.len() > 4 { Err(refusal()) } else { Ok(()) }
    }

    async fn after_answer(&self, answer: &Ended<'_>) {
        let text = answer.parts.iter().filter_map(|part| match part {
            Part::Text { text } => Some(text.as_str()),
            _ => None,
        });
        self.ended.lock().unwrap().push((answer.state, text.collect()));
    }
}

#[test]
fn hooks_refuse_rewrite_and_watch() {
    let watcher = Watcher::default();
    let hook = watcher.clone();
    let world = World::new(move |chat| chat.hook(hook));
    let id = world.conversation.id;
    let refused = block_on(world.chat.send(&world.me, id, "something rude"));
    assert!(matches!(refused, Err(Error::Moderated(Refusal { code, .. })) if code == "moderation"));
    let conversation = block_on(world.chat.conversations().get(&world.me, id)).unwrap();
    assert_eq!((conversation.message_count, world.model.requests().len()), (0, 0), "nothing was stored or asked");

    for text in ["the secret word", "again"] {
        let turn = block_on(world.chat.send(&world.me, id, text)).unwrap();
        assert_eq!(world.drive(turn).0.state, RunState::Completed);
    }
    assert_eq!(world.model.requests()[0].messages[0].parts, [Part::text("the ****** word")]);
    let turn = block_on(world.chat.send(&world.me, id, "once more")).unwrap();
    let (run, _) = world.drive(turn);
    assert_eq!((run.state, run.error.unwrap().code.as_str()), (RunState::Failed, "budget"));
    let ended = watcher.ended.lock().unwrap().clone();
    let expected = [
        (RunState::Completed, "answer 1".to_owned()),
        (RunState::Completed, "answer 2".to_owned()),
        (RunState::Failed, String::new()),
    ];
    assert_eq!(ended, expected);
}

#[test]
fn calls_that_share_an_id_are_told_apart() {
    let world = World::new(|chat| chat);
    world.will_call(&[("call_0", "double", r#"{"number":1}"#)], 1);
    world.will_call(&[("call_0", "double", r#"{"number":2}"#)], 1);
    world.will_say("done");
    let (_, parts) = world.answer(&[]);
    let results: Vec<&Part> = parts.iter().filter(|part| matches!(part, Part::ToolResult { .. })).collect();
    assert_eq!(results, [&result("call_0", "2", false), &result("call_0_1", "4", false)]);
}

#[test]
fn a_tool_that_has_to_be_called_is_called_once() {
    let world = World::new(|chat| chat);
    world.will_call(&[("a", "double", r#"{"number":1}"#)], 1);
    world.will_say("it is 2");
    let options = ModelOptions { tool_choice: Some(ToolChoice::Required), ..ModelOptions::default() };
    let say = Say { ask: Ask { options, ..Ask::default() }, ..Say::text("double it") };
    let turn = block_on(world.chat.send(&world.me, world.conversation.id, say)).unwrap();
    assert_eq!(world.drive(turn).0.finish, Some(FinishReason::Stop));
    let choices = world.model.requests().into_iter().map(|request| request.options.tool_choice);
    assert_eq!(choices.collect::<Vec<_>>(), [Some(ToolChoice::Required), Some(ToolChoice::Auto)]);
}

#[test]
fn an_answer_that_is_gone_on_with_is_shown_once() {
    let world = World::new(|chat| chat);
    world.model.will(Script::default().text("one two ").fail(ModelErrorKind::Interrupted));
    let (run, _) = world.answer(&[]);
    world.will_call(&[("a", "double", r#"{"number":1}"#)], 1);
    world.will_say("three");
    let turn = block_on(world.chat.go_on(&world.me, run.message, Ask::default())).unwrap();
    let (_, parts) = world.drive(turn);
    assert_eq!(parts[0], Part::text("one two let me see"));
    let requests = world.model.requests();
    let texts = |request: &ModelRequest| {
        let parts = request.messages.iter().flat_map(|message| &message.parts);
        parts
            .filter_map(|part| if let Part::Text { text } = part { Some(text.clone()) } else { None })
            .collect::<Vec<_>>()
    };
    assert_eq!(texts(&requests[1]), ["double it", "one two "]);
    assert_eq!(texts(&requests[2]), ["double it", "one two let me see"]);
}

/// Says something before each question.
struct Reminder;

#[async_trait::async_trait]
impl Hook for Reminder {
    async fn before_model(&self, _run: &Run, request: &mut ModelRequest) -> Result<(), Refusal> {
        request.messages.insert(0, ModelMessage::text(Role::System, "be kind"));
        Ok(())
    }
}

#[test]
fn what_a_hook_changes_does_not_pile_up() {
    let world = World::new(|chat| chat.hook(Reminder));
    world.will_call(&[("a", "double", r#"{"number":1}"#)], 1);
    world.will_call(&[("b", "double", r#"{"number":1}"#)], 1);
    world.will_say("done");
    world.answer(&[]);
    let reminders = |request: &ModelRequest| request.messages.iter().filter(|said| said.role == Role::System).count();
    assert_eq!(world.model.requests().iter().map(reminders).collect::<Vec<_>>(), [1, 1, 1]);
}

#[test]
fn a_model_that_was_not_reached_used_nothing() {
    let world = World::new(|chat| chat);
    world.model.will(Script::refusing(ModelErrorKind::Unauthorized));
    let (run, _) = world.answer(&[]);
    assert_eq!((run.state, run.usage.map(|usage| usage.total())), (RunState::Failed, Some(0)));
}
