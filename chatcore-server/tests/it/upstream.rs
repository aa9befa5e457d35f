//! Servers that answer for the models and do it badly: slow, silent, broken off, refusing, gone. What was said stays,
//! the last event says what happened, and the server goes on.

use std::time::Duration;

use chatcore_llm::testing::{Answer, MockOpenAi};
use chatcore_server::config::Settings;
use serde_json::{Value, json};
use tokio::io::AsyncWriteExt;

use crate::client::{Event, User, eventually, well_formed};
use crate::records::Turn;
use crate::server::{Kind, TestServer};

const KEY: &str = "sk-canary-of-the-upstream";

async fn server(kind: Kind, base_url: String) -> TestServer {
    server_with(kind, base_url, Settings::default()).await
}

async fn server_with(kind: Kind, base_url: String, settings: Settings) -> TestServer {
    let settings = Settings {
        openai_base_url: Some(base_url),
        openai_api_key: Some(KEY.to_owned().into()),
        openai_default_model: Some("mock-gpt".into()),
        ..settings
    };
    TestServer::set_up(kind, settings, None).await
}

/// The events that say so many words, and not that it is the end.
fn words(count: usize) -> Answer {
    let word = |at: usize| json!({"choices": [{"index": 0, "delta": {"content": format!("word{at} ")}}]});
    let events: String = (1..=count).map(|at| format!("data: {}\n\n", word(at))).collect();
    Answer::events(&events)
}

/// Sends a message and reads the events of its answer, checked.
async fn ask(user: &User, conversation: &str) -> Vec<Event> {
    let body = json!({"text": "hello", "stream": true});
    let events = user.stream(&format!("/conversations/{conversation}/messages"), body).await.rest().await;
    well_formed(&events);
    events
}

/// Checks that a run failed that way with that text, in every place that tells of it; then that all goes on.
async fn assert_failed(user: &User, conversation: &str, events: &[Event], code: &str, text: &str) {
    let last = well_formed(events);
    assert_eq!(last.name, "failed");
    let error = &last.data["error"];
    assert_eq!(error["code"], code, "{error}");
    assert!(error["message"].as_str().is_some_and(|message| message.len() > 5), "{error}");
    assert!(!format!("{events:?}").contains(KEY), "the key is told to nobody");
    let run = user.run(&last.run).await;
    assert_eq!((run.state.as_str(), run.finish_reason.as_ref()), ("failed", None));
    assert_eq!(run.error.as_ref().map(|error| error.code.as_str()), Some(code));
    let message = user.message(&run.message_id).await;
    assert_eq!((message.state.as_str(), message.text.as_str()), ("failed", text));
    assert_eq!(message.error, run.error);
    assert_eq!(user.branch(conversation, None).await.last(), Some(&message));
    assert_eq!(user.events(&run.id).await.rest().await, events);
    assert_eq!(user.read(conversation).await.head.as_ref(), Some(&message.id));
    let again: Turn = user.post(&format!("/messages/{}/regenerate", message.id), json!({})).await.to(201);
    assert_eq!((again.answer().state.as_str(), again.answer().text.as_str()), ("complete", "You said: hello"));
    assert_eq!((again.answer().version, again.answer().versions), (2, 2));
    assert_eq!(user.say(conversation, "more").await.answer().text, "You said: more");
}

each_store! {
    async fn one_that_answers(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "one two three").await;
        assert_eq!((turn.answer().text.as_str(), turn.run().model.as_str()), ("You said: one two three", "mock-gpt"));
        let usage = turn.run().usage.clone().unwrap();
        assert_eq!((&usage["input"], &usage["output"], &usage["source"]), (&json!(3), &json!(5), &json!("provider")));
    }

    async fn one_that_wants_its_thoughts_back(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let settings = Settings { tools: Some("current_time".into()), ..Settings::default() };
        let server = server_with(kind, upstream.base_url(), settings).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let extra = json!({"google": {"thought_signature": "c2ln"}});
        let function = json!({"name": "current_time", "arguments": "{}"});
        let call = json!({"id": "c1", "type": "function", "function": function, "extra_content": extra});
        let message = json!({"reasoning_content": "a clock", "content": null, "tool_calls": [call]});
        upstream.push(Answer::json(&json!({"choices": [{"message": message, "finish_reason": "tool_calls"}]})));
        ada.say(&id, "what time is it?").await;
        ada.say(&id, "thanks").await;
        let bodies: Vec<_> = upstream.requests().into_iter().map(|request| request.body).collect();
        let called = |body: &Value| {
            let all = body["messages"].as_array().unwrap().iter();
            all.filter(|message| message.get("tool_calls").is_some()).cloned().collect::<Vec<_>>()
        };
        let expected = json!({
            "role": "assistant", "content": null, "reasoning_content": "a clock", "tool_calls": [call]
        });
        assert_eq!((bodies.len(), called(&bodies[1])), (3, vec![expected.clone()]), "within the answer");
        assert_eq!(called(&bodies[2]), [expected], "and from the store");
        server.end().await;
    }

    async fn one_that_breaks_off(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        upstream.push(words(9).break_after(4));
        let id = ada.conversation().await.id;
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "interrupted", "word1 word2 word3 word4 ").await;
    }

    async fn one_that_ends_without_an_end(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        upstream.push(words(2));
        let id = ada.conversation().await.id;
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "interrupted", "word1 word2 ").await;
    }

    async fn one_that_has_too_much_to_do(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let busy = || Answer::error(429, "rate_limit_exceeded", "Rate limit reached.").header("retry-after-ms", "10");
        let id = ada.conversation().await.id;
        // it passes: nobody hears of it
        upstream.push(busy());
        assert_eq!(ada.say(&id, "hello").await.answer().text, "You said: hello");
        // it does not pass
        let id = ada.conversation().await.id;
        (0..3).for_each(|_| upstream.push(busy()));
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "rate_limited", "").await;
    }

    async fn one_that_refuses(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let cases = [
            (Answer::error(401, "invalid_api_key", "Incorrect API key provided."), "unauthorized"),
            (Answer::error(404, "model_not_found", "The model does not exist."), "unknown_model"),
            (Answer::error(400, "context_length_exceeded", "Too many tokens."), "context_too_long"),
            (Answer::error(400, "invalid_request", "No."), "bad_request"),
            (Answer::error(500, "server_error", "Oh.").header("x-should-retry", "false"), "unavailable"),
        ];
        for (answer, code) in cases {
            let id = ada.conversation().await.id;
            upstream.push(answer);
            let events = ask(&ada, &id).await;
            assert_failed(&ada, &id, &events, code, "").await;
        }
    }

    async fn one_that_talks_nonsense(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let word = json!({"choices": [{"index": 0, "delta": {"content": "a"}}]});
        upstream.push(Answer::events(&format!("data: {word}\n\ndata: {{no\n\n")));
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "protocol", "a").await;
    }

    async fn one_that_fails_after_its_first_word(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let word = json!({"choices": [{"index": 0, "delta": {"content": "a"}}]});
        let error = json!({"error": {"message": "The server had an error.", "type": "server_error"}});
        upstream.push(Answer::events(&format!("data: {word}\n\ndata: {error}\n\n")));
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "unavailable", "a").await;
    }

    async fn one_whose_letters_are_cut(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        // half of a letter, and then the end of the body
        let mut body = "data: {\"choices\":[{\"delta\":{\"content\":\"caf\"}}]}\n\n".as_bytes().to_vec();
        body.extend_from_slice(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xc3");
        upstream.push(Answer::new(200, "text/event-stream", body));
        let events = ask(&ada, &id).await;
        assert_failed(&ada, &id, &events, "interrupted", "caf").await;
    }

    async fn one_that_counts_nothing(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let end = json!({"choices": [{"index": 0, "delta": {"content": "fine"}, "finish_reason": "stop"}]});
        upstream.push(Answer::events(&format!("data: {end}\n\ndata: [DONE]\n\n")));
        let turn = ada.say(&id, "hello").await;
        assert_eq!((turn.answer().text.as_str(), turn.answer().state.as_str()), ("fine", "complete"));
        let usage = turn.run().usage.clone().unwrap();
        assert!(usage["input"].as_u64() > Some(0) && usage["output"].as_u64() > Some(0), "{usage}");
        assert_eq!(usage["source"], "estimated");
    }

    async fn one_that_speaks_no_tls(kind) {
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        tokio::spawn(async move {
            while let Ok((mut connection, _)) = listener.accept().await {
                let _ = connection.write_all(b"HTTP/1.1 400 Bad Request\r\ncontent-length: 0\r\n\r\n").await;
            }
        });
        let server = server(kind, format!("https://{address}/v1")).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "hello").await;
        assert_eq!((turn.answer().state.as_str(), turn.run().state.as_str()), ("failed", "failed"));
        assert_eq!(turn.run().error.as_ref().map(|error| error.code.as_str()), Some("unavailable"));
    }

    async fn the_other_provider_answers_too(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let settings = Settings {
            anthropic_base_url: Some(upstream.root_url()),
            anthropic_api_key: Some(KEY.to_owned().into()),
            anthropic_default_model: Some("mock-claude".into()),
            ..Settings::default()
        };
        let server = TestServer::set_up(kind, settings, None).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "one two three").await;
        assert_eq!((turn.answer().text.as_str(), turn.run().model.as_str()), ("You said: one two three", "mock-claude"));
        upstream.push(Answer::anthropic_error(401, "invalid x-api-key"));
        let refused = ada.say(&id, "again").await;
        assert_eq!(refused.run().error.as_ref().map(|error| error.code.as_str()), Some("unauthorized"));
        assert!(!format!("{refused:?}").contains(KEY));
    }

    async fn one_that_is_gone(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        drop(upstream);
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "hello").await;
        assert_eq!((turn.answer().state.as_str(), turn.run().state.as_str()), ("failed", "failed"));
        assert_eq!(turn.run().error.as_ref().map(|error| error.code.as_str()), Some("unavailable"));
        let other: Turn = ada.send(&id, json!({"text": "hello", "model": "echo"})).await.to(201);
        assert_eq!(other.answer().text, "hello", "the other models are still there");
    }

    async fn one_that_falls_silent_is_stopped(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        upstream.push(words(9).hang_after(2));
        let body = json!({"text": "hello", "stream": true});
        let mut live = ada.stream(&format!("/conversations/{id}/messages"), body).await;
        let mut events = vec![live.next().await.unwrap(), live.delta().await, live.delta().await];
        assert_eq!(ada.run(&events[0].run).await.state, "running");
        ada.post(&format!("/runs/{}/stop", events[0].run), json!({})).await.is(202);
        events.extend(live.rest().await);
        assert_eq!(well_formed(&events).name, "stopped");
        assert_eq!(well_formed(&events).message().text, "word1 word2 ");
        eventually("it is let go", async || (upstream.left_early() == 1).then_some(())).await;
        assert_eq!(ada.say(&id, "more").await.answer().text, "You said: more");
    }

    async fn one_that_is_slow_is_heard_as_it_speaks(kind) {
        let upstream = MockOpenAi::start().await.unwrap();
        let server = server(kind, upstream.base_url()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        upstream.push(words(2000).pace(Duration::from_millis(25)));
        let body = json!({"text": "hello", "stream": true});
        let mut live = ada.stream(&format!("/conversations/{id}/messages"), body).await;
        let first = live.delta().await;
        // the others take most of a minute
        let run = ada.run(&first.run).await;
        assert_eq!((run.state.as_str(), run.ended_at), ("running", None));
        ada.post(&format!("/runs/{}/stop", first.run), json!({})).await.is(202);
        assert_eq!(live.rest().await.last().map(|last| last.name.clone()).as_deref(), Some("stopped"));
    }
}
