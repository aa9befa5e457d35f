//! Messages: saying, editing, answering again, versions, revising, deleting.

use chatcore::turn::Models;
use chatcore_llm::offline::{Echo, Scripted, Step};
use reqwest::Method;
use serde_json::json;

use crate::client::Client;
use crate::records::{Conversation, Message, Page, Sibling, Turn};
use crate::server::TestServer;

async fn edit(client: &Client, message: &Message, text: &str) -> Turn {
    client.post(&format!("/messages/{}/edit", message.id), json!({"text": text})).await.to(201)
}

async fn regenerate(client: &Client, message: &Message) -> Turn {
    client.post(&format!("/messages/{}/regenerate", message.id), json!({})).await.to(201)
}

async fn texts(client: &Client, conversation: &str) -> Vec<String> {
    client.branch(conversation, None).await.into_iter().map(|message| message.text).collect()
}

each_store! {
    async fn what_is_said_is_answered_and_kept(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn: Turn = ada.send(&id, json!({"text": "Hello *you*", "client_ref": "c-1"})).await.to(201);
        let (said, answer, run) = (turn.said(), turn.answer(), turn.run());
        assert_eq!((said.role.as_str(), answer.role.as_str()), ("user", "assistant"));
        assert_eq!((said.number, answer.number), (1, 2));
        assert_eq!((said.parent_id.as_ref(), answer.parent_id.as_ref()), (None, Some(&said.id)));
        assert_eq!((said.state.as_str(), answer.state.as_str()), ("complete", "complete"));
        assert_eq!((said.client_ref.as_deref(), answer.text.as_str()), (Some("c-1"), "Hello *you*"));
        assert_eq!(answer.parts, [json!({"type": "text", "text": "Hello *you*"})]);
        assert_eq!((said.conversation_id.as_str(), answer.run_id.as_ref()), (id.as_str(), Some(&run.id)));
        assert_eq!((run.state.as_str(), run.finish_reason.as_deref()), ("completed", Some("stop")));
        assert_eq!(answer.usage.as_ref().map(|usage| usage["output"].clone()), Some(json!(2)));
        assert_eq!((said.html.as_ref(), said.edited_at.as_ref()), (None, None));
        let conversation = ada.read(&id).await;
        assert_eq!((conversation.head.as_ref(), conversation.message_count), (Some(&answer.id), 2));
        assert_eq!(ada.branch(&id, None).await, [said.clone(), answer.clone()]);
        assert_eq!(&ada.message(&answer.id).await, answer);
        let html: Message = ada.get(&format!("/messages/{}?render=html", answer.id)).await.to(200);
        assert_eq!(html.html.as_deref().map(str::trim), Some("<p>Hello <em>you</em></p>"));
    }

    async fn an_edit_is_a_version_of_the_question(kind) {
        let model = Scripted::says("yes");
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "one").await;
        ada.say(&id, "two").await;
        let edited = edit(&ada, first.said(), "uno").await;
        assert_eq!((edited.said().version, edited.said().versions), (2, 2));
        assert_eq!(edited.said().parent_id, None);
        assert_eq!(texts(&ada, &id).await, ["uno", "yes"]);
        assert_eq!(model.requests().pop().unwrap().messages.len(), 1, "the model sees its own branch only");
        let versions: Page<Sibling> = ada.get(&format!("/messages/{}/siblings", edited.said().id)).await.to(200);
        let ids: Vec<&str> = versions.items.iter().map(|it| it.id.as_str()).collect();
        assert_eq!(ids, [&first.said().id, &edited.said().id]);
        assert_eq!(ada.message(&first.said().id).await.versions, 2);
        assert_eq!(ada.tree(&id).await.len(), 6);
        let refused = ada.post(&format!("/messages/{}/edit", first.answer().id), json!({"text": "x"})).await;
        refused.problem(422, "invalid");
    }

    async fn an_answer_is_given_again(kind) {
        let model = Scripted::says("yes").then([Step::text("no"), Step::stop()]);
        let server = TestServer::with(kind, model).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "really?").await;
        let second = regenerate(&ada, first.answer()).await;
        assert_eq!(second.user_message, None);
        assert_eq!(second.answer().parent_id.as_ref(), Some(&first.said().id));
        assert_eq!((second.answer().version, second.answer().versions), (2, 2));
        assert_eq!(texts(&ada, &id).await, ["really?", "no"]);
        assert_eq!(ada.branch(&id, Some(&first.answer().id)).await[1].text, "yes");
        let refused = ada.post(&format!("/messages/{}/regenerate", first.said().id), json!({})).await;
        refused.problem(422, "invalid");
        let stale = json!({"expected_head": first.answer().id});
        let refused = ada.post(&format!("/messages/{}/regenerate", first.answer().id), stale).await;
        assert_eq!(refused.problem(409, "stale-head")["head"], second.answer().id.as_str());
        let bare = ada.request(Method::POST, &format!("/messages/{}/regenerate", first.answer().id));
        let third: Turn = ada.ask(bare).await.to(201);
        assert_eq!((third.answer().version, ada.tree(&id).await.len()), (3, 4), "a body is not needed");
    }

    async fn versions_come_in_pages(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "0").await;
        let mut expected = vec![first.said().id.clone()];
        for text in 1..5 {
            expected.push(edit(&ada, first.said(), &text.to_string()).await.said().id.clone());
        }
        for size in [1, 2, 5, 200] {
            let found: Vec<Sibling> = ada.pages(&format!("/messages/{}/siblings", expected[3]), size).await;
            let numbered: Vec<(String, u64)> = found.into_iter().map(|it| (it.id, it.version)).collect();
            assert_eq!(numbered, expected.iter().cloned().zip(1..).collect::<Vec<_>>(), "pages of {size}");
        }
    }

    async fn a_branch_comes_in_pages_the_newest_first(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        for text in ["a", "b", "c"] {
            ada.say(&id, text).await;
        }
        let whole: Vec<String> = ada.branch(&id, None).await.into_iter().map(|it| it.id).collect();
        for size in [1, 2, 4] {
            let (mut read, mut cursor) = (Vec::new(), String::new());
            loop {
                let path = format!("/conversations/{id}/messages?limit={size}{cursor}");
                let page: Page<Message> = ada.get(&path).await.to(200);
                read.splice(0..0, page.items.into_iter().map(|it| it.id));
                let Some(next) = page.next_cursor else { break };
                cursor = format!("&cursor={next}");
            }
            assert_eq!(read, whole, "pages of {size}");
        }
    }

    async fn a_message_may_begin_anew_or_follow_any_other(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "one").await;
        ada.say(&id, "two").await;
        let root: Turn = ada.send(&id, json!({"text": "again", "parent_id": null})).await.to(201);
        assert_eq!((root.said().parent_id.as_ref(), root.said().version), (None, 2));
        let aside = json!({"text": "aside", "parent_id": first.answer().id});
        let aside: Turn = ada.send(&id, aside).await.to(201);
        assert_eq!(aside.said().version, 2);
        assert_eq!(texts(&ada, &id).await, ["one", "one", "aside", "aside"]);
        let parts = json!([{"type": "text", "text": "look "}, {"type": "image", "url": "data:image/png;base64,AAAA"}]);
        let turn: Turn = ada.send(&id, json!({"parts": parts})).await.to(201);
        assert_eq!((turn.said().parts.len(), turn.said().text.as_str()), (2, "look "));
    }

    async fn who_expects_an_empty_conversation_says_so(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        for run in [true, false] {
            let body = json!({"text": "too early", "expected_head": format!("msg_{:032x}", 7), "run": run});
            assert!(ada.send(&id, body).await.problem(409, "stale-head")["head"].is_null());
        }
        let first: Turn = ada.send(&id, json!({"text": "first", "expected_head": null})).await.to(201);
        for run in [true, false] {
            let body = json!({"text": "first", "expected_head": null, "run": run});
            let refused = ada.send(&id, body).await.problem(409, "stale-head");
            assert_eq!(refused["head"], first.answer().id.as_str());
        }
        assert_eq!(ada.tree(&id).await.len(), 2);
    }

    async fn a_message_is_stored_first_and_answered_later(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let stored: Turn = ada.send(&id, json!({"text": "one", "run": false})).await.to(201);
        assert_eq!((&stored.assistant_message, &stored.run), (&None, &None));
        let said = stored.said();
        assert_eq!(ada.read(&id).await.head.as_ref(), Some(&said.id));
        let answered: Turn = ada.post(&format!("/messages/{}/answer", said.id), json!({})).await.to(201);
        assert_eq!((answered.user_message.as_ref(), answered.answer().text.as_str()), (None, "one"));
        assert_eq!(answered.answer().parent_id.as_ref(), Some(&said.id));
        let refused = ada.post(&format!("/messages/{}/answer", answered.answer().id), json!({})).await;
        refused.problem(422, "invalid");
    }

    async fn nothing_follows_an_answer_that_is_being_written(kind) {
        let model = Scripted::new([Step::text("well"), Step::Hang]);
        let server = TestServer::with(kind, Models::new().with(model).with(Echo::new())).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.begin(&id, "one").await;
        assert_eq!((turn.answer().state.as_str(), turn.run().state.as_str()), ("open", "running"));
        ada.send(&id, json!({"text": "two"})).await.problem(409, "busy");
        let revise = json!({"text": "mine"});
        ada.patch(&format!("/messages/{}", turn.answer().id), revise).await.problem(409, "busy");
        assert_eq!(ada.tree(&id).await.len(), 2);
        // another branch is free, and so is this one when the answer has ended
        let other: Turn = ada.send(&id, json!({"text": "two", "parent_id": null, "model": "echo"})).await.to(201);
        assert_eq!(other.answer().state, "complete");
        ada.post(&format!("/runs/{}/stop", turn.run().id), json!({})).await.is(202);
        assert_eq!(ada.ended(&turn.run().id).await.state, "stopped");
        let below = json!({"text": "two", "parent_id": turn.answer().id, "model": "echo"});
        ada.send(&id, below).await.is(201);
    }

    async fn a_text_is_replaced_in_place(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let turn = ada.say(&id, "one").await;
        let path = format!("/messages/{}", turn.answer().id);
        let revised: Message = ada.patch(&path, json!({"text": "better"})).await.to(200);
        assert_eq!((revised.text.as_str(), revised.versions), ("better", 1));
        assert!(revised.edited_at.as_ref().is_some_and(|at| at.ends_with('Z')), "{revised:?}");
        assert_eq!(texts(&ada, &id).await, ["one", "better"]);
        ada.patch(&path, json!({"text": "  "})).await.problem(422, "invalid");
        assert_eq!(texts(&ada, &id).await, ["one", "better"]);
    }

    async fn a_message_goes_with_all_below_it(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "one").await;
        let second = ada.say(&id, "two").await;
        let other = edit(&ada, second.said(), "due").await;
        let left: Conversation = ada.delete(&format!("/messages/{}", other.said().id)).await.to(200);
        assert!(left.head.as_ref().is_some_and(|head| *head != other.answer().id), "{left:?}");
        ada.get(&format!("/messages/{}", other.answer().id)).await.problem(404, "not-found");
        ada.message(&left.head.unwrap()).await;
        let gone: Conversation = ada.delete(&format!("/messages/{}", first.said().id)).await.to(200);
        assert_eq!(gone.head, None);
        assert_eq!((ada.tree(&id).await, ada.branch(&id, None).await), (vec![], vec![]));
        ada.say(&id, "anew").await;
        assert_eq!(texts(&ada, &id).await, ["anew", "anew"]);
    }
}
