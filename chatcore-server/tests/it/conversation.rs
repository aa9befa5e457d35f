//! Conversations: making, listing, changing, switching branches, forking, deleting.

use serde_json::{Value, json};

use crate::records::{Conversation, Page};
use crate::server::TestServer;

each_store! {
    async fn it_is_made_read_and_listed(kind) {
        let server = TestServer::start(kind).await;
        let (ada, grace) = (server.user("ada").await, server.user("grace").await);
        let body = json!({"title": "Trees", "system_prompt": "Be brief.", "model": "eliza", "external_id": "t-1"});
        let made: Conversation = ada.post("/conversations", body.clone()).await.to(201);
        assert_eq!((made.number, made.message_count, &made.head), (1, 0, &None));
        assert_eq!((made.title.as_deref(), made.external_id.as_deref()), (Some("Trees"), Some("t-1")));
        assert_eq!((made.system_prompt.as_deref(), made.model.as_deref()), (Some("Be brief."), Some("eliza")));
        assert!(made.created_at.ends_with('Z') && made.created_at == made.updated_at, "{made:?}");
        assert_eq!(ada.read(&made.id).await, made);
        assert_eq!(ada.get(&format!("/conversations/{}/", made.id)).await.to::<Conversation>(200), made);
        assert_eq!(ada.pages::<Conversation>("/conversations", 10).await, std::slice::from_ref(&made));
        assert_eq!(ada.branch(&made.id, None).await, []);
        // her own name for it is taken for her, and for nobody else
        ada.post("/conversations", body.clone()).await.problem(409, "taken");
        assert_eq!(grace.post("/conversations", body).await.to::<Conversation>(201).number, 1);
    }

    async fn lists_have_pages_the_latest_first(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let mut made = Vec::new();
        for _ in 0..7 {
            made.push(ada.conversation().await.id);
        }
        ada.send(&made[2], json!({"text": "hello", "run": false})).await.is(201);
        let expected: Vec<String> = [2, 6, 5, 4, 3, 1, 0].iter().map(|at: &usize| made[*at].clone()).collect();
        for size in [1, 3, 7, 200] {
            let listed: Vec<Conversation> = ada.pages("/conversations", size).await;
            assert_eq!(listed.into_iter().map(|it| it.id).collect::<Vec<_>>(), expected, "pages of {size}");
        }
        let most: Page<Conversation> = ada.get("/conversations?limit=100000").await.to(200);
        assert_eq!(most.items.len(), 7);
        for query in ["limit=0", "limit=-1", "limit=x", "limit=99999999999"] {
            ada.get(&format!("/conversations?{query}")).await.problem(400, "bad-request");
        }
        let tree: Page<Value> = ada.get(&format!("/conversations/{}/tree?limit=1", made[2])).await.to(200);
        assert_eq!(tree.next_cursor, None);
        ada.get("/conversations?cursor=nonsense").await.problem(422, "invalid");
    }

    async fn a_cursor_is_good_for_its_own_list(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        ada.conversation().await;
        ada.say(&id, "hello").await;
        let of_branch: Page<Value> = ada.get(&format!("/conversations/{id}/messages?limit=1")).await.to(200);
        let cursor = of_branch.next_cursor.expect("another page");
        ada.get(&format!("/conversations?cursor={cursor}")).await.problem(422, "invalid");
        ada.get(&format!("/conversations/{id}/tree?cursor={cursor}")).await.problem(422, "invalid");
        ada.get(&format!("/conversations/{id}/messages?cursor={cursor}")).await.is(200);
    }

    async fn settings_change_one_by_one(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let made: Conversation = ada.post("/conversations", json!({"title": "a", "system_prompt": "b"})).await.to(201);
        let path = format!("/conversations/{}", made.id);
        let titled: Conversation = ada.patch(&path, json!({"title": "c"})).await.to(200);
        assert_eq!((titled.title.as_deref(), titled.system_prompt.as_deref()), (Some("c"), Some("b")));
        assert!(titled.version > made.version);
        let cleared: Conversation = ada.patch(&path, json!({"title": null, "model": "eliza"})).await.to(200);
        assert_eq!((cleared.title.as_deref(), cleared.model.as_deref()), (None, Some("eliza")));
        let stale = json!({"title": "d", "expected_version": made.version});
        ada.patch(&path, stale).await.problem(409, "stale-version");
        assert_eq!(ada.read(&made.id).await, cleared);
        let fresh = json!({"title": "d", "expected_version": cleared.version});
        assert_eq!(ada.patch(&path, fresh).await.to::<Conversation>(200).title.as_deref(), Some("d"));
        ada.patch(&path, json!({"title": "x".repeat(201)})).await.problem(422, "invalid");
    }

    async fn the_head_moves_to_where_a_branch_was_left(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "one").await;
        let second = ada.say(&id, "two").await;
        let edited: crate::records::Turn =
            ada.post(&format!("/messages/{}/edit", first.said().id), json!({"text": "uno"})).await.to(201);
        assert_eq!(ada.read(&id).await.head.as_ref(), Some(&edited.answer().id));
        let path = format!("/conversations/{id}/head");
        // back to the leaf that lies below the first version
        let back: Conversation = ada.put(&path, json!({"message_id": first.said().id})).await.to(200);
        assert_eq!(back.head.as_ref(), Some(&second.answer().id));
        assert_eq!(ada.branch(&id, None).await.len(), 4);
        let stale = json!({"message_id": edited.said().id, "expected_head": edited.answer().id});
        let refused = ada.put(&path, stale).await.problem(409, "stale-head");
        assert_eq!(refused["head"], second.answer().id.as_str());
        assert_eq!(ada.read(&id).await, back);
        let right = json!({"message_id": edited.said().id, "expected_head": second.answer().id});
        let there: Conversation = ada.put(&path, right).await.to(200);
        assert_eq!(there.head.as_ref(), Some(&edited.answer().id));
    }

    async fn a_fork_is_a_conversation_of_its_own(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "one").await;
        ada.say(&id, "two").await;
        let before = (ada.read(&id).await, ada.tree(&id).await);
        let body = json!({"message_id": first.answer().id, "title": "copy"});
        let copy: Conversation = ada.post(&format!("/conversations/{id}/fork"), body).await.to(201);
        assert_eq!((copy.message_count, copy.title.as_deref()), (2, Some("copy")));
        let origin = json!({"conversation_id": id, "message_id": first.answer().id});
        assert_eq!(copy.forked_from, Some(origin));
        let texts = |messages: Vec<crate::records::Message>| messages.into_iter().map(|it| it.text).collect::<Vec<_>>();
        assert_eq!(texts(ada.branch(&copy.id, None).await), ["one", "one"]);
        ada.say(&copy.id, "three").await;
        assert_eq!(texts(ada.branch(&copy.id, None).await), ["one", "one", "three", "three"]);
        assert_eq!((ada.read(&id).await, ada.tree(&id).await), before, "the original stays as it was");
        ada.delete(&format!("/conversations/{id}")).await.is(204);
        assert_eq!(ada.branch(&copy.id, None).await.len(), 4, "the copy does not need the original");
    }

    async fn what_is_deleted_is_gone_for_every_route(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let kept = ada.conversation().await;
        let turn = ada.say(&id, "one").await;
        ada.delete(&format!("/conversations/{id}")).await.is(204);
        ada.delete(&format!("/conversations/{id}")).await.problem(404, "not-found");
        for path in ["", "/messages", "/tree", "/events"] {
            ada.get(&format!("/conversations/{id}{path}")).await.problem(404, "not-found");
        }
        ada.get(&format!("/messages/{}", turn.said().id)).await.problem(404, "not-found");
        ada.get(&format!("/messages/{}/siblings", turn.answer().id)).await.problem(404, "not-found");
        ada.send(&id, json!({"text": "two"})).await.problem(404, "not-found");
        let again = json!({});
        ada.post(&format!("/messages/{}/regenerate", turn.answer().id), again).await.problem(404, "not-found");
        assert_eq!(ada.pages::<Conversation>("/conversations", 10).await, [kept]);
    }
}
