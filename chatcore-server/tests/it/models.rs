//! Which models there are, and which one answers.

use chatcore::turn::{ModelInfo, Models};
use chatcore_llm::offline::{Echo, Scripted};
use chatcore_llm::testing::{MockProvider, MockSettings};
use chatcore_server::config::Settings;
use serde_json::{Value, json};

use crate::records::{Conversation, Turn};
use crate::server::{Kind, TestServer};

/// The settings in a file of that text.
fn settings(text: &str) -> Settings {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("chatcore.toml");
    std::fs::write(&path, text).unwrap();
    Settings::from_file(&path).unwrap()
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_table_of_models_is_served_and_they_stand_in_for_each_other() {
    let (upstream, gone) = (MockProvider::start().await.unwrap(), MockProvider::start().await.unwrap());
    let text = format!(
        r#"
        [[models]]
        id = "best"
        kind = "openai-responses"
        base_url = "{gone}"
        context_tokens = 50_000
        max_output_tokens = 1_000
        capabilities = {{ images = true, reasoning = true }}
        prices = {{ input = 3_000_000, output = 15_000_000, cache_read = 300_000 }}
        fallback = ["second", "parrot"]

        [[models]]
        id = "second"
        kind = "anthropic"
        base_url = "{root}"
        upstream = "mock-gpt"

        [[models]]
        id = "parrot"
        kind = "echo"
        "#,
        gone = gone.base_url(),
        root = upstream.root_url(),
    );
    let server = TestServer::set_up(Kind::Memory, settings(&text), None).await;
    let ada = server.user("ada").await;
    let models: Value = ada.get("/models").await.to(200);
    let ids: Vec<&str> = models["items"].as_array().unwrap().iter().filter_map(|it| it["id"].as_str()).collect();
    assert_eq!(ids, ["best", "second", "parrot", "eliza", "echo"]);
    let best = &models["items"][0];
    assert_eq!((&best["provider"], &best["context_tokens"]), (&json!("openai"), &json!(50_000)));
    let capabilities =
        json!({"images": true, "files": false, "tools": false, "reasoning": true, "structured_output": false});
    assert_eq!(best["capabilities"], capabilities);
    assert_eq!((&best["prices"]["output"], &best["prices"]["cache_read"]), (&json!(15_000_000), &json!(300_000)));
    assert!(models["items"][1].get("prices").is_none_or(Value::is_null), "{models}");

    let id = ada.conversation().await.id;
    assert_eq!(ada.say(&id, "hello").await.answer().text, "You said: hello");
    assert_eq!((gone.requests().len(), upstream.requests().len()), (1, 0), "the first one is well");
    drop(gone);
    assert_eq!(ada.say(&id, "and now?").await.answer().text, "You said: and now?");
    let asked = &upstream.requests()[0];
    assert_eq!((asked.path.as_str(), &asked.body["model"]), ("/v1/messages", &json!("mock-gpt")));
    drop(upstream);
    assert_eq!(ada.say(&id, "still there?").await.answer().text, "still there?");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_key_or_an_address_brings_all_models_of_a_provider() {
    let upstream =
        MockProvider::start_with(MockSettings { require_key: Some("sk-1".into()), ..MockSettings::default() });
    let upstream = upstream.await.unwrap();
    let anthropic = Settings {
        anthropic_base_url: Some(upstream.root_url()),
        anthropic_api_key: Some("sk-1".to_owned().into()),
        ..Settings::default()
    };
    let ollama = Settings { ollama: Some(upstream.root_url()), ..Settings::default() };
    let open = MockProvider::start().await.unwrap();
    let found = Settings { ollama: Some(open.root_url()), ..Settings::default() };
    for (settings, provider) in [(anthropic, "anthropic"), (found, "ollama")] {
        let server = TestServer::set_up(Kind::Memory, settings, None).await;
        let ada = server.user("ada").await;
        let models: Value = ada.get("/models").await.to(200);
        assert_eq!(
            (&models["items"][0]["id"], &models["items"][0]["provider"]),
            (&json!("mock-gpt"), &json!(provider))
        );
        if provider == "ollama" {
            let told = &models["items"][0];
            assert_eq!((&told["context_tokens"], &told["capabilities"]["tools"]), (&json!(4096), &json!(true)));
        }
        let id = ada.conversation().await.id;
        assert_eq!(ada.say(&id, "hello").await.answer().text, "You said: hello");
    }
    let refused = chatcore_server::models::models(&ollama.resolve().unwrap()).await;
    assert!(refused.is_err(), "a server that was named and refuses is not passed over");
}

#[tokio::test]
async fn a_row_has_a_provider_of_its_own() {
    use chatcore::conversation::{Part, Role};
    use chatcore::turn::{ModelMessage, ModelRequest};
    let upstream = MockProvider::start().await.unwrap();
    let text = format!(
        "[[models]]\nid = \"m\"\nkind = \"openai-responses\"\nprovider = \"azure\"\nbase_url = \"{}\"",
        upstream.base_url()
    );
    let settings = Settings { ollama: Some("off".into()), ..settings(&text) };
    let models = chatcore_server::models::models(&settings.resolve().unwrap()).await.unwrap();
    let thought = |provider: &str| Part::Provider {
        provider: provider.into(),
        raw: json!({"type": "reasoning", "encrypted_content": provider}),
    };
    let parts = vec![thought("openai"), thought("azure"), Part::text("a")];
    let messages = vec![ModelMessage { role: Role::Assistant, parts }, ModelMessage::text(Role::User, "b")];
    let request = ModelRequest { model: "m".into(), messages, ..ModelRequest::default() };
    let (_, model) = models.find(Some("m")).unwrap();
    drop(model.stream(request).await.unwrap());
    let input = &upstream.requests()[0].body["input"];
    assert_eq!(input[0]["encrypted_content"], "azure", "{input}");
    assert_eq!(input[1]["type"], "message", "{input}");
}

#[tokio::test]
async fn a_table_that_names_what_is_not_there_is_refused() {
    for (text, word) in [
        ("[[models]]\nid = \"a\"\nkind = \"echo\"\nfallback = [\"b\"]", "`b`"),
        ("[[models]]\nid = \"a\"\nkind = \"openai\"\napi_key_env = \"NO_SUCH_VARIABLE_1\"", "NO_SUCH_VARIABLE_1"),
        ("[[models]]\nid = \"a\"\nkind = \"openai\"\nbase_url = \"localhost\"", "base URL"),
    ] {
        let settings = Settings { ollama: Some("off".into()), ..settings(text) };
        let error = chatcore_server::models::models(&settings.resolve().unwrap()).await.err().unwrap().to_string();
        assert!(error.contains("`a`") && error.contains(word), "{error}");
    }
}

each_store! {
    async fn they_are_listed_the_default_first(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let models: Value = ada.get("/models").await.to(200);
        let ids: Vec<&str> = models["items"].as_array().unwrap().iter().filter_map(|it| it["id"].as_str()).collect();
        assert_eq!(ids, ["echo", "eliza"]);
        assert_eq!(models["items"][0]["provider"], "offline");
        assert!(models["items"][0]["context_tokens"].as_u64() > Some(0));
        server.anonymous().get("/models").await.problem(401, "unauthenticated");
    }

    async fn the_turn_names_it_or_the_conversation_or_nobody(kind) {
        let other = Scripted::says("something else").named(ModelInfo::new("other", "offline", 1000));
        let server = TestServer::with(kind, Models::new().with(Echo::new()).with(other.clone())).await;
        let ada = server.user("ada").await;
        let plain = ada.conversation().await.id;
        let turn = ada.say(&plain, "hello").await;
        assert_eq!((turn.answer().text.as_str(), turn.answer().model.as_deref()), ("hello", Some("echo")));
        let turn: Turn = ada.send(&plain, json!({"text": "hello", "model": "other"})).await.to(201);
        assert_eq!((turn.answer().text.as_str(), turn.run().model.as_str()), ("something else", "other"));
        let body = json!({"model": "other", "system_prompt": "Be brief."});
        let own: Conversation = ada.post("/conversations", body).await.to(201);
        assert_eq!(ada.say(&own.id, "hello").await.answer().model.as_deref(), Some("other"));
        let asked = other.requests().pop().unwrap();
        assert_eq!(asked.messages.len(), 2, "the prompt and the message: {asked:?}");
        let again: Turn = ada.send(&own.id, json!({"text": "hello", "model": "echo"})).await.to(201);
        assert_eq!(again.answer().text, "hello");
    }

    async fn options_reach_the_model(kind) {
        let model = Scripted::says("yes");
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let body = json!({"text": "hello", "max_output_tokens": 7, "temperature": 0.5});
        ada.send(&id, body).await.is(201);
        let asked = model.requests().pop().unwrap();
        assert_eq!((asked.options.max_output_tokens, asked.options.temperature), (Some(7), Some(0.5)));
        for wrong in [json!({"max_output_tokens": 0}), json!({"temperature": 3}), json!({"temperature": -1})] {
            let mut body = wrong.clone();
            body["text"] = "hello".into();
            ada.send(&id, body).await.problem(422, "invalid");
        }
        assert_eq!(ada.read(&id).await.message_count, 2, "what was refused is not stored");
    }
}
