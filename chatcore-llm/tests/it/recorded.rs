//! Recorded exchanges, the request included: what was sent is made again and compared, what came is played.

use chatcore::turn::{FinishReason, ModelEvent};
use chatcore_llm::offline::{Recording, Replay};
use chatcore_llm::testing::MockOpenAi;
use serde_json::Value;

use super::support::{ask, client, hear};

fn recorded(text: &str) -> (Value, Replay) {
    let recording = Recording::from_json(text).unwrap();
    (recording.request.clone(), Replay::new([recording]).named("mock-gpt"))
}

#[tokio::test]
async fn a_plain_answer() {
    let (request, replay) = recorded(include_str!("../recorded/plain.json"));
    let heard = hear(&replay, ask("Say hi in French.")).await;
    assert_eq!(heard.text(), "Salut \u{1f44b} !");
    assert_eq!(heard.usage().map(|usage| (usage.input, usage.cache_read, usage.output)), Some((4, 8, 5)));
    assert_eq!(heard.finish(), Some(FinishReason::Stop));
    let mock = MockOpenAi::start().await.unwrap();
    hear(&client(&mock), ask("Say hi in French.")).await;
    assert_eq!(mock.requests()[0].body, request);
}

#[tokio::test]
async fn a_thought_and_a_tool_call() {
    let (_, replay) = recorded(include_str!("../recorded/tool_call.json"));
    let heard = hear(&replay, ask("Weather in Oslo?")).await;
    let call =
        ModelEvent::ToolCall { id: "call_9f".into(), name: "weather".into(), arguments: "{\"city\":\"Oslo\"}".into() };
    assert!(heard.events.contains(&call), "{:?}", heard.events);
    assert_eq!(heard.usage().map(|usage| (usage.output, usage.reasoning)), Some((16, 9)));
    assert_eq!(heard.finish(), Some(FinishReason::ToolCalls));
}
