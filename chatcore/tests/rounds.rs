//! Requests of a run that goes back to the model with the results of tools: each is within the context of its model.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, NewConversation, Part, Role};
use chatcore::testing::{CountingIds, ManualClock, Script, ScriptedModel, user};
use chatcore::turn::{
    Ask, FinishReason, ModelEvent, ModelRequest, Run, RunState, Say, Tool, ToolCall, ToolError, ToolSpec, Usage,
    UsageSource, estimate, estimate_text,
};
use chatcore::{Chat, Error, MemoryStore};
use futures::FutureExt;
use futures::executor::block_on;
use proptest::prelude::*;
use serde_json::json;

/// Says as many letters as it is told to.
struct Talk;

#[async_trait::async_trait]
impl Tool for Talk {
    fn spec(&self) -> ToolSpec {
        let parameters = json!({"type": "object", "properties": {"letters": {"type": "integer"}}});
        ToolSpec { name: "talk".into(), description: "a tool of a test".into(), parameters }
    }

    async fn call(&self, call: ToolCall) -> Result<String, ToolError> {
        let letters = call.arguments["letters"].as_u64().and_then(|letters| usize::try_from(letters).ok());
        Ok("x".repeat(letters.unwrap_or(0)))
    }
}

/// Tokens that a model reads, half of which its answer may take.
const CONTEXT: u64 = 1_600;

struct World {
    chat: Chat,
    clock: ManualClock,
    model: ScriptedModel,
    me: Caller,
    conversation: Conversation,
}

impl World {
    fn new() -> Self {
        let clock = ManualClock::new();
        let model = ScriptedModel::new(&clock).context_tokens(CONTEXT);
        let (store, ids) = (Arc::new(MemoryStore::in_memory()), Arc::new(CountingIds::default()));
        let chat = Chat::over(store, model.clone(), Arc::new(clock.clone()), ids).tool(Talk);
        let me = user(1);
        let new = NewConversation { system_prompt: Some("be kind".into()), ..NewConversation::default() };
        let conversation = block_on(chat.conversations().create(&me, new)).unwrap();
        Self { chat, clock, model, me, conversation }
    }

    /// The model calls the tool once for each of these lengths.
    fn will_call(&self, round: usize, letters: &[usize], padding: usize) {
        let script = letters.iter().enumerate().fold(Script::default(), |script, (at, letters)| {
            let padding = "y".repeat(padding);
            let arguments = json!({"letters": letters, "padding": padding}).to_string();
            script.event(ModelEvent::ToolCall { id: format!("{round}-{at}"), name: "talk".into(), arguments })
        });
        self.model.will(script.event(ModelEvent::Finish(FinishReason::ToolCalls)));
    }

    fn say(&self, text: &str) -> (Run, Vec<Part>) {
        let turn = block_on(self.chat.send(&self.me, self.conversation.id, text)).unwrap();
        block_on(turn.driver);
        let run = block_on(self.chat.run(&self.me, turn.run.id)).unwrap();
        let view = block_on(self.chat.conversations().message(&self.me, run.message)).unwrap();
        (run, view.message.parts)
    }
}

fn tokens(request: &ModelRequest) -> u64 {
    let said: u64 = request.messages.iter().map(|message| estimate(&message.parts)).sum();
    let schema = |tool: &ToolSpec| {
        4 + estimate_text(&tool.name) + estimate_text(&tool.description) + estimate_text(&tool.parameters.to_string())
    };
    said + request.tools.iter().map(schema).sum::<u64>()
}

/// The calls of a request and their results, each in its order.
fn pairs(request: &ModelRequest) -> (Vec<&str>, Vec<&str>) {
    let (mut calls, mut results) = (Vec::new(), Vec::new());
    for part in request.messages.iter().flat_map(|message| &message.parts) {
        match part {
            Part::ToolCall { id, .. } => calls.push(id.as_str()),
            Part::ToolResult { call_id, .. } => results.push(call_id.as_str()),
            _ => {}
        }
    }
    results.sort_unstable();
    calls.sort_unstable();
    (calls, results)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(60))]
    #[test]
    fn every_request_of_a_run_is_within_the_context(
        before in prop::collection::vec(0..1_500_usize, 0..4),
        question in 1..4_000_usize,
        rounds in prop::collection::vec(prop::collection::vec(0..6_000_usize, 1..4), 1..7),
    ) {
        let world = World::new();
        for letters in before {
            world.say(&"b".repeat(letters + 1));
        }
        let old = world.model.requests().len();
        for (at, letters) in rounds.iter().enumerate() {
            world.will_call(at, letters, 9);
        }
        let (run, parts) = world.say(&"q".repeat(question));
        prop_assert_eq!(run.state, RunState::Completed, "{:?}", run.error);
        let results: usize = rounds.iter().map(Vec::len).sum();
        let stored = parts.iter().filter(|part| matches!(part, Part::ToolResult { .. })).count();
        prop_assert_eq!(stored, results, "the message keeps what the model is not shown any more");
        let requests = world.model.requests();
        prop_assert_eq!(requests.len(), old + rounds.len() + 1);
        for (at, request) in requests[old..].iter().enumerate() {
            prop_assert!(tokens(request) <= CONTEXT / 4 * 3, "round {}: {}", at, tokens(request));
            let (calls, results) = pairs(request);
            prop_assert_eq!(&calls, &results);
            if let Some(letters) = at.checked_sub(1).map(|before| &rounds[before]) {
                for n in 0..letters.len() {
                    let id = format!("{}-{n}", at - 1);
                    prop_assert!(calls.contains(&id.as_str()), "round {} lacks the result of {}", at, id);
                }
            }
            let has = |role| request.messages.iter().any(|message| message.role == role);
            prop_assert!(has(Role::System) && has(Role::User));
        }
    }
}

#[test]
fn a_round_that_cannot_fit_ends_the_run_clearly() {
    let world = World::new();
    world.will_call(0, &[3], 8_000);
    let (run, parts) = world.say("question");
    let error = run.error.unwrap();
    assert_eq!((run.state, error.code.as_str()), (RunState::Failed, "context_too_long"));
    assert!(error.message.contains("the newest calls of tools do not fit"), "{}", error.message);
    assert_eq!(world.model.requests().len(), 1, "the model is not asked what it cannot read");
    assert!(matches!(parts.last(), Some(Part::ToolResult { is_error: false, .. })), "what was found stays");
}

#[test]
fn schemas_are_counted_before_anything_is_stored() {
    let world = World::new();
    let spec = |words: usize| ToolSpec {
        name: "long".into(),
        description: "word ".repeat(words),
        parameters: json!({"type": "object"}),
    };
    let say = |words| Say { ask: Ask { tools: vec![spec(words)], ..Ask::default() }, ..Say::text("question") };
    let preview = |words| block_on(world.chat.preview(&world.me, world.conversation.id, say(words)));
    let (small, large) = (preview(1).unwrap().plan, preview(401).unwrap().plan);
    assert_eq!((large.fixed - small.fixed, large.tokens - small.tokens), (500, 500));
    assert_eq!((small.budget, large.budget), (CONTEXT / 4 * 3, CONTEXT / 4 * 3));
    assert!(large.items.iter().map(|item| item.tokens).sum::<u64>() + large.fixed == large.tokens);
    for refused in [
        preview(2_000).map(|_| ()),
        block_on(world.chat.send(&world.me, world.conversation.id, say(2_000))).map(|_| ()),
    ] {
        assert!(matches!(refused, Err(Error::Invalid { field: "tools", .. })), "{refused:?}");
    }
    let conversation = block_on(world.chat.conversations().get(&world.me, world.conversation.id)).unwrap();
    assert_eq!(conversation.message_count, 0);
}

#[test]
fn each_round_is_booked_on_the_model_that_answered() {
    let used = |input| Usage { input, output: 1, source: UsageSource::Provider, ..Usage::default() };
    let calls = || ModelEvent::ToolCall { id: "a".into(), name: "talk".into(), arguments: r#"{"letters": 1}"#.into() };
    for dies in [false, true] {
        let world = World::new();
        // the model that was asked says what it used, in several totals; nobody says it of the second round
        let first =
            Script::default().event(ModelEvent::Usage(used(3))).event(calls()).event(ModelEvent::Usage(used(10)));
        world.model.will(first.event(ModelEvent::Finish(FinishReason::ToolCalls)));
        let second = Script::default().event(ModelEvent::Model { id: "second".into() }).event(calls());
        world.model.will(second.event(ModelEvent::Finish(FinishReason::ToolCalls)));
        let third = Script::default().event(ModelEvent::Model { id: "third".into() }).text("done");
        let third = third.event(ModelEvent::Usage(used(7)));
        world.model.will(if dies { third.hang() } else { third.finish() });
        let turn = block_on(world.chat.send(&world.me, world.conversation.id, "question")).unwrap();
        let mut driver = turn.driver;
        if dies {
            for _ in 0..20 {
                assert!((&mut driver).now_or_never().is_none());
                world.clock.advance(Duration::from_millis(300));
            }
            drop(driver);
            world.clock.advance(Duration::from_secs(60));
            assert_eq!(block_on(world.chat.sweep()).unwrap(), 1);
        } else {
            block_on(driver);
        }
        let spent = block_on(world.chat.conversations().get(&world.me, world.conversation.id)).unwrap().usage;
        assert_eq!(spent.keys().collect::<Vec<_>>(), ["scripted", "second", "third"]);
        assert_eq!((spent["scripted"].input, spent["scripted"].output), (10, 1));
        assert_eq!((spent["third"].input, spent["third"].output), (7, 1));
        assert_eq!(spent["second"].source, UsageSource::Estimated);
        assert!(spent["second"].input > 20 && spent["second"].output > 0, "{spent:?}");
        let run = block_on(world.chat.run(&world.me, turn.run.id)).unwrap();
        assert_eq!(run.usage.map(|usage| usage.total()), Some(spent.values().map(Usage::total).sum()));
        assert_eq!(run.model, "third");
    }
}
