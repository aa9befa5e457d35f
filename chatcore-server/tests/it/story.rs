//! From a clean start to a restart, by HTTP and through the binary: register, send, see the text come, edit the first
//! message, answer again, switch back, restart, find everything. With the built-in model, and with a server that speaks
//! OpenAI's language, also a slow one.

use std::path::Path;
use std::time::Duration;

use chatcore_llm::testing::{MockOpenAi, MockSettings};
use serde_json::json;

use crate::binary::Binary;
use crate::client::{text_of, well_formed};
use crate::records::{Conversation, Message, Node, Session, Sibling};

async fn story(folder: &Path, environment: &[(&str, &str)], model: &str) {
    let server = Binary::start(folder, environment).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;

    let path = format!("/conversations/{id}/messages");
    let events = ada.stream(&path, json!({"text": "I am a tree", "stream": true})).await.rest().await;
    let first = well_formed(&events).message();
    assert_eq!((first.state.as_str(), first.model.as_deref()), ("complete", Some(model)));
    assert!(events.iter().filter(|event| event.name == "delta").count() > 1, "the text comes in pieces");
    assert!(!text_of(&events).is_empty());
    let question = first.parent_id.clone().unwrap();
    let second = ada.say(&id, "I have leaves").await;

    let edit = json!({"text": "I am a bush", "stream": true});
    let edited = ada.stream(&format!("/messages/{question}/edit"), edit).await.rest().await;
    let edited = well_formed(&edited).message();
    let again = json!({"stream": true});
    let again = ada.stream(&format!("/messages/{}/regenerate", edited.id), again).await.rest().await;
    let again = well_formed(&again).message();
    assert_eq!((again.version, again.versions, &again.parent_id), (2, 2, &edited.parent_id));

    let back: Conversation =
        ada.put(&format!("/conversations/{id}/head"), json!({"message_id": question})).await.to(200);
    assert_eq!(back.head.as_ref(), Some(&second.answer().id));
    let branch: Vec<Message> = ada.branch(&id, None).await;
    assert_eq!(branch.iter().map(|it| it.text.as_str()).collect::<Vec<_>>()[..2], ["I am a tree", &first.text]);
    let tree: Vec<Node> = ada.tree(&id).await;
    assert_eq!((branch.len(), tree.len()), (4, 7));
    let siblings: Vec<Sibling> = ada.pages(&format!("/messages/{question}/siblings"), 10).await;
    let events = ada.events(&second.run().id).await.rest().await;
    server.end().await;

    let server = Binary::start(folder, environment).await;
    let client = server.anonymous();
    let token = json!({"refresh_token": ada.session.refresh_token});
    client.bearer(&ada.session.access_token).get("/me").await.is(200);
    let refreshed: Session = client.post("/auth/refresh", token).await.to(200);
    assert_eq!(refreshed.user, ada.session.user);
    let ada = client.login("ada").await;
    assert_eq!(ada.pages::<Conversation>("/conversations", 10).await, [back]);
    assert_eq!(ada.branch(&id, None).await, branch);
    assert_eq!(ada.tree(&id).await, tree);
    assert_eq!(ada.pages::<Sibling>(&format!("/messages/{question}/siblings"), 10).await, siblings);
    assert_eq!(ada.message(&again.id).await, again);
    assert_eq!(ada.events(&second.run().id).await.rest().await, events);
    assert_eq!(ada.say(&id, "and roots").await.answer().state, "complete");
    server.end().await;
}

#[tokio::test]
async fn with_the_built_in_model() {
    let folder = tempfile::tempdir().unwrap();
    Box::pin(story(folder.path(), &[], "eliza")).await;
}

#[tokio::test]
async fn with_a_server_of_another_maker() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = MockOpenAi::start().await.unwrap();
    let base = upstream.base_url();
    // a model that writes titles would be asked once more
    let environment = [("OPENAI_BASE_URL", base.as_str()), ("OPENAI_API_KEY", "sk-mine"), ("CHATCORE_TITLES", "words")];
    // the models are found by asking
    Box::pin(story(folder.path(), &environment, "mock-gpt")).await;
    let chats: Vec<_> = upstream.requests().into_iter().filter(|asked| asked.method == "POST").collect();
    assert_eq!(chats.len(), 5);
    assert!(chats.iter().all(|asked| asked.header("authorization") == Some("Bearer sk-mine")));
    let said = |at: usize| chats[at].body["messages"].as_array().unwrap().len();
    assert_eq!([said(0), said(1), said(2), said(3), said(4)], [1, 3, 1, 1, 5], "each asks with its own branch");
}

#[tokio::test]
async fn with_a_slow_server_of_another_maker() {
    let folder = tempfile::tempdir().unwrap();
    let settings = MockSettings { chunk_delay: Duration::from_millis(120), ..MockSettings::default() };
    let upstream = MockOpenAi::start_with(settings).await.unwrap();
    let base = upstream.base_url();
    let environment = [("OPENAI_BASE_URL", base.as_str()), ("OPENAI_DEFAULT_MODEL", "slow")];
    Box::pin(story(folder.path(), &environment, "slow")).await;
}
