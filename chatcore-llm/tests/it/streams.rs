//! Answers that go well, in all their shapes.

use std::time::Duration;

use chatcore::conversation::{Part, Role};
use chatcore::turn::{FinishReason, ModelEvent, ModelMessage, ModelOptions, ToolSpec};
use chatcore_llm::testing::{Answer, MockOpenAi, MockSettings};
use serde_json::json;

use super::support::{ask, client, hear};

#[tokio::test]
async fn an_answer_is_streamed_and_counted() {
    let mock = MockOpenAi::start().await.unwrap();
    let heard = hear(&client(&mock), ask("h\u{e9}llo there")).await;
    assert_eq!(heard.text(), "You said: h\u{e9}llo there");
    assert!(heard.events.len() > 4, "not streamed: {:?}", heard.events);
    assert_eq!(heard.usage().map(|usage| (usage.input, usage.output)), Some((2, 4)));
    assert_eq!(heard.finish(), Some(FinishReason::Stop));
    let request = &mock.requests()[0];
    assert_eq!(request.header("authorization"), Some("Bearer sk-hush"));
    assert!(request.header("user-agent").is_some_and(|agent| agent.starts_with("chatcore/")));
    assert_eq!(request.body["messages"], json!([{"role": "user", "content": "h\u{e9}llo there"}]));
}

#[tokio::test]
async fn a_slow_server_is_waited_for() {
    let delay = Duration::from_millis(10);
    let settings = MockSettings { chunk_delay: delay, ..MockSettings::default() };
    let mock = MockOpenAi::start_with(settings).await.unwrap();
    let heard = hear(&client(&mock), ask("one two three")).await;
    assert_eq!(heard.text(), "You said: one two three");
}

#[tokio::test]
async fn bytes_may_come_one_by_one() {
    let mock = MockOpenAi::start().await.unwrap();
    let body = concat!(
        "\u{feff}: hi\r\n\r\ndata: {\"choices\":[{\"delta\":{\"content\":\"\u{1f600} \u{e9}\"}}]}\r\n\r\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\r\n\r\ndata: [DONE]\r\n\r\n",
    );
    mock.push(Answer::events(body).dribble().pace(Duration::from_micros(100)));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!((heard.text().as_str(), heard.finish()), ("\u{1f600} \u{e9}", Some(FinishReason::Stop)));
    assert_eq!(heard.usage(), None);
}

#[tokio::test]
async fn one_json_object_is_an_answer_too() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::json(&json!({
        "object": "chat.completion",
        "choices": [{"index": 0, "message": {"role": "assistant", "content": "whole"}, "finish_reason": "stop"}],
        "usage": {"prompt_tokens": 4, "completion_tokens": 1, "prompt_tokens_details": {"cached_tokens": 3}},
    })));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!(heard.text(), "whole");
    assert_eq!(heard.usage().map(|usage| (usage.input, usage.cache_read)), Some((1, 3)));
    assert_eq!(heard.finish(), Some(FinishReason::Stop));
}

#[tokio::test]
async fn thoughts_and_tool_calls_come_whole() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::events(concat!(
        "data: {\"choices\":[{\"delta\":{\"role\":\"assistant\",\"content\":null,\"reasoning_content\":\"hm\"}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"id\":\"c1\",\"type\":\"function\",",
        "\"function\":{\"name\":\"look\",\"arguments\":\"\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\"{\\\"a\\\"\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{\"tool_calls\":[{\"index\":0,\"function\":{\"arguments\":\":1}\"}}]}}]}\n\n",
        "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"tool_calls\"}]}\n\ndata: [DONE]\n\n",
    )));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!(
        heard.events,
        [
            ModelEvent::Reasoning { text: "hm".into(), signature: None },
            ModelEvent::ToolCall { id: "c1".into(), name: "look".into(), arguments: "{\"a\":1}".into() },
            ModelEvent::Finish(FinishReason::ToolCalls),
        ]
    );
}

#[tokio::test]
async fn tools_go_there_and_back() {
    let mock = MockOpenAi::start().await.unwrap();
    let mut request = ask("look");
    request.tools =
        vec![ToolSpec { name: "look".into(), description: "looks".into(), parameters: json!({"type": "object"}) }];
    let call = Part::ToolCall { id: "c1".into(), name: "look".into(), arguments: "{}".into() };
    request.messages.push(ModelMessage { role: Role::Assistant, parts: vec![call] });
    let result = Part::ToolResult { call_id: "c1".into(), content: "rain".into(), is_error: false };
    request.messages.push(ModelMessage { role: Role::Tool, parts: vec![result] });
    let heard = hear(&client(&mock), request).await;
    assert_eq!(heard.text(), "The tool said: rain");
    let body = &mock.requests()[0].body;
    assert_eq!(body["tools"][0]["function"]["name"], "look");
    assert_eq!(body["messages"][1]["tool_calls"][0]["id"], body["messages"][2]["tool_call_id"]);
}

#[tokio::test]
async fn fields_that_a_server_refuses_are_left_out_from_then_on() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::error(400, "unknown_parameter", "Unknown parameter: 'stream_options'."));
    mock.push(Answer::error(400, "unknown_parameter", "Unsupported: max_completion_tokens."));
    let client = client(&mock);
    let mut request = ask("one two three four");
    request.options = ModelOptions { max_output_tokens: Some(3), ..ModelOptions::default() };
    for _ in 0..2 {
        let heard = hear(&client, request.clone()).await;
        assert_eq!((heard.text().as_str(), heard.finish()), ("You said: one ", Some(FinishReason::Length)));
        assert_eq!(heard.usage(), None);
    }
    let bodies: Vec<_> = mock.requests().into_iter().map(|request| request.body).collect();
    assert_eq!(bodies.len(), 4);
    assert!(bodies[0].get("stream_options").is_some() && bodies[1].get("stream_options").is_none());
    assert_eq!((&bodies[1]["max_completion_tokens"], &bodies[2]["max_tokens"]), (&json!(3), &json!(3)));
}

#[tokio::test]
async fn a_server_that_misses_a_thought_is_told_all_from_then_on() {
    let mock = MockOpenAi::start().await.unwrap();
    let missing = "The `reasoning_content` in the thinking mode must be passed back to the API.";
    mock.push(Answer::error(400, "invalid_request_error", missing));
    let client = client(&mock);
    let mut request = ask("x");
    request.messages.insert(0, ModelMessage::text(Role::Assistant, "hello"));
    for _ in 0..2 {
        assert_eq!(hear(&client, request.clone()).await.text(), "You said: x");
    }
    let told = |body: &serde_json::Value| body["messages"][0].get("reasoning_content").cloned();
    let told: Vec<_> = mock.requests().iter().map(|request| told(&request.body)).collect();
    assert_eq!(told, [None, Some(json!("")), Some(json!(""))]);
}

#[tokio::test]
async fn a_call_without_an_id_gets_one_that_the_request_does_not_hold() {
    let mock = MockOpenAi::start().await.unwrap();
    let chat = json!({"choices": [{"message": {"tool_calls": [{"function": {"name": "look"}}]}}]});
    let ollama = json!({"message": {"tool_calls": [{"function": {"name": "look"}}]}, "done": true});
    let local = chatcore_llm::Client::ollama(mock.root_url()).build().unwrap();
    for (model, body) in [(client(&mock), chat), (local, ollama)] {
        for (held, given) in [(None, "call_0"), (Some("call_0"), "call_1"), (Some("call_9f"), "call_0")] {
            let mut request = ask("x");
            let call = |id: &str| Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() };
            let parts: Vec<Part> = held.map(call).into_iter().collect();
            request.messages.push(ModelMessage { role: Role::Assistant, parts });
            mock.push(Answer::json(&body));
            let heard = hear(&model, request).await;
            let is_given = |event: &ModelEvent| matches!(event, ModelEvent::ToolCall { id, .. } if id == given);
            assert!(heard.events.iter().any(is_given), "{given}: {:?}", heard.events);
        }
    }
}

#[tokio::test]
async fn models_can_be_discovered() {
    let mock = MockOpenAi::start().await.unwrap();
    let client = client(&mock);
    assert_eq!(client.discover().await.unwrap(), ["mock-gpt", "mock-gpt-mini"]);
    mock.push(Answer::json(&json!({"models": [{"name": "a"}, {"model": "b"}, "c", {}, null]})));
    assert_eq!(client.discover().await.unwrap(), ["a", "b", "c"]);
    mock.push(Answer::json(&json!({"hello": 1})));
    assert!(client.discover().await.is_err());
}
