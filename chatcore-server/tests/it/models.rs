//! Which models there are, and which one answers.

use chatcore::turn::{ModelInfo, Models};
use chatcore_llm::offline::{Echo, Scripted};
use serde_json::{Value, json};

use crate::records::{Conversation, Turn};
use crate::server::TestServer;

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
