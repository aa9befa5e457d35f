//! Tools of the server and of its clients, plans, what was used, and titles, over the API.

use chatcore::turn::{FinishReason, ModelInfo, ModelRequest, Prices, Usage, UsageSource};
use chatcore_llm::offline::{Scripted, Step};
use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::records::{Conversation, Turn};
use crate::server::{Kind, TestServer};

fn call(id: &str, name: &str) -> Step {
    Step::ToolCall { id: id.into(), name: name.into(), arguments: "{}".into() }
}

fn used(input: u64, output: u64) -> Step {
    Step::Usage(Usage { input, output, source: UsageSource::Provider, ..Usage::default() })
}

/// A model with prices: two and ten units for a million tokens.
fn priced(steps: impl IntoIterator<Item = Step>) -> Scripted {
    let prices = Prices { input: 2_000_000, output: 10_000_000, ..Prices::default() };
    Scripted::new(steps).named(ModelInfo::new("priced", "testing", 1_000).prices(prices))
}

async fn server(kind: Kind, settings: Settings, model: &Scripted) -> TestServer {
    TestServer::set_up(kind, settings, Some(model.clone().into())).await
}

fn said(request: &ModelRequest) -> Vec<String> {
    request.messages.iter().map(|message| format!("{:?}", message.role)).collect()
}

each_store! {
    async fn a_client_runs_its_own_tools(kind) {
        let finish = || Step::Finish(FinishReason::ToolCalls);
        let model = Scripted::new([Step::text("let me see"), call("c1", "weather"), finish()])
            .then([Step::text("take an umbrella"), Step::stop()]);
        let server = server(kind, Settings::default(), &model).await;
        let user = server.user("ada").await;
        let conversation = user.conversation().await.id;
        let tools = json!([{"name": "weather", "description": "tells it", "parameters": {"type": "object"}}]);
        let body = json!({"text": "is it wet?", "tools": tools, "tool_choice": "auto", "stream": true});
        let events = user.stream(&format!("/conversations/{conversation}/messages"), body).await.rest().await;
        let called = events.iter().find(|event| event.name == "tool_call").unwrap();
        assert_eq!(called.data["tool_call"], json!({"id": "c1", "name": "weather", "arguments": "{}"}));
        let answer = &events.last().unwrap().data["message"];
        assert_eq!(events.last().unwrap().data["run"]["finish_reason"], "tool_calls");
        let address = format!("/messages/{}/tool-results", answer["id"].as_str().unwrap());
        let outcome = |id: &str| json!({"results": [{"call_id": id, "content": "rain"}], "tools": tools});
        user.post(&address, outcome("c2")).await.problem(422, "invalid");
        let turn: Turn = user.post(&address, outcome("c1")).await.to(201);
        assert_eq!((turn.said().role.as_str(), turn.answer().text.as_str()), ("tool", "take an umbrella"));
        let result = json!({"type": "tool_result", "call_id": "c1", "content": "rain", "is_error": false});
        assert_eq!(turn.said().parts, [result]);
        assert_eq!(said(&model.requests()[1]), ["User", "Assistant", "Tool"]);
        user.post(&address, json!({"results": [], "tools": tools})).await.problem(422, "invalid");
        server.end().await;
    }

    async fn the_server_runs_its_tools_within_the_answer(kind) {
        let finish = || Step::Finish(FinishReason::ToolCalls);
        let model = Scripted::new([call("c1", "current_time"), used(10, 1), finish()])
            .then([Step::text("late"), used(20, 2), Step::stop()]);
        let settings = Settings { tools: Some("current_time".into()), ..Settings::default() };
        let server = server(kind, settings, &model).await;
        let user = server.user("ada").await;
        let conversation = user.conversation().await.id;
        let turn = user.say(&conversation, "what time is it?").await;
        let kinds: Vec<&str> = turn.answer().parts.iter().map(|part| part["type"].as_str().unwrap()).collect();
        assert_eq!(kinds, ["tool_call", "tool_result", "text"]);
        assert_eq!(turn.answer().usage.as_ref().unwrap()["total"], 33);
        let events = user.events(&turn.run().id).await.rest().await;
        let result = events.iter().find(|event| event.name == "tool_result").unwrap();
        assert!(result.data["tool_result"]["content"].as_str().unwrap().ends_with('Z'), "{result:?}");
        server.end().await;
    }

    async fn a_plan_says_what_it_would_cost_and_does_nothing(kind) {
        let model = priced([Step::text("fine"), used(400, 5), Step::stop()]);
        let server = server(kind, Settings::default(), &model).await;
        let user = server.user("ada").await;
        let conversation: Conversation = user.post("/conversations", json!({"system_prompt": "be brief"})).await.to(201);
        let id = conversation.id;
        let first = user.say(&id, &"long ".repeat(716)).await;
        let before = (user.read(&id).await, user.tree(&id).await);
        let address = format!("/conversations/{id}/plan");
        let body = json!({"text": "short", "max_output_tokens": 100});
        let plan: Value = user.post(&address, body).await.to(200);
        let items: Vec<Value> = plan["items"].as_array().unwrap().clone();
        let of = |item: &Value| (item["decision"].as_str().unwrap().to_owned(), item["reason"].as_str().unwrap().to_owned());
        let expected = [("keep", "system_prompt"), ("drop", "no_room"), ("keep", "fits"), ("keep", "newest")];
        assert_eq!(items.iter().map(of).collect::<Vec<_>>(), expected.map(|(a, b)| (a.to_owned(), b.to_owned())));
        assert_eq!((&items[1]["message_id"], &items[3]["message_id"]), (&json!(first.said().id), &Value::Null));
        assert_eq!((plan["budget"].as_u64(), plan["answer_tokens"].as_u64()), (Some(900), Some(100)));
        let tokens = plan["tokens"].as_u64().unwrap();
        assert_eq!(plan["price"], json!({"prompt": 2 * tokens, "most": 2 * tokens + 1000}));
        assert_eq!((user.read(&id).await, user.tree(&id).await), before);
        assert_eq!(model.requests().len(), 1, "no model is asked");
        server.end().await;
    }

    async fn what_was_used_is_told_by_branch_and_in_all(kind) {
        let model = priced([Step::text("one"), used(100, 10), Step::stop()])
            .then([Step::text("two"), used(1_000, 20), Step::stop()]);
        let server = server(kind, Settings::default(), &model).await;
        let user = server.user("ada").await;
        let id = user.conversation().await.id;
        let first = user.say(&id, "hello").await;
        user.post(&format!("/messages/{}/regenerate", first.answer().id), json!({})).await.is(201);
        let spent = async |leaf: Option<&str>| -> Value {
            let leaf = leaf.map(|leaf| format!("?leaf={leaf}")).unwrap_or_default();
            user.get(&format!("/conversations/{id}/usage{leaf}")).await.to(200)
        };
        let now = spent(None).await;
        assert_eq!(now["branch"]["models"][0]["model"], "priced");
        assert_eq!((&now["branch"]["usage"]["total"], &now["branch"]["cost"]), (&json!(1_020), &json!(2_200)));
        assert_eq!((&now["conversation"]["usage"]["total"], &now["conversation"]["cost"]), (&json!(1_130), &json!(2_500)));
        let other = spent(Some(&first.answer().id)).await;
        assert_eq!((&other["branch"]["cost"], &other["conversation"]), (&json!(300), &now["conversation"]));
        user.delete(&format!("/messages/{}", first.answer().id)).await.is(200);
        assert_eq!(spent(None).await, now, "what is deleted was used all the same");
        server.end().await;
    }

    async fn conversations_are_named(kind) {
        let model = Scripted::new([Step::text("Streuung"), Step::stop()]).then([Step::text("Blauer Himmel."), Step::stop()]);
        for (titles, title) in [("words", "Warum ist der Himmel blau?"), ("model", "Blauer Himmel"), ("off", "")] {
            let model = model.clone();
            let settings = Settings { titles: Some(titles.into()), ..Settings::default() };
            let server = server(kind, settings, &model).await;
            let user = server.user("ada").await;
            let id = user.conversation().await.id;
            user.say(&id, "Warum ist der Himmel blau?").await;
            let named = crate::client::eventually("a title", async || {
                let found = user.read(&id).await.title.unwrap_or_default();
                (found == title || titles == "model" && found.starts_with("Warum")).then_some(found)
            })
            .await;
            assert!(named == title || titles == "model", "{named}");
            server.end().await;
        }
    }
}
