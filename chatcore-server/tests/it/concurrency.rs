//! Many clients at once in one conversation: nothing is lost, nothing is left hanging, who is late is told.

use std::collections::{HashMap, HashSet};

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Answer, Client, User};
use crate::records::{Node, Turn};
use crate::server::TestServer;

const CLIENTS: usize = 64;

/// That many programs of one user, each with connections of its own.
fn programs(server: &TestServer, user: &User) -> Vec<Client> {
    (0..CLIENTS).map(|_| server.anonymous().bearer(&user.session.access_token)).collect()
}

/// The messages that an answer says it stored; none if it refused with 409.
fn stored(answer: &Answer) -> Vec<String> {
    match answer.status {
        201 | 202 => {
            let turn: Turn = serde_json::from_str(&answer.body).unwrap();
            turn.user_message.into_iter().chain(turn.assistant_message).map(|message| message.id).collect()
        }
        _ => {
            let slug = serde_json::from_str::<Value>(&answer.body).unwrap()["type"].clone();
            assert!(slug == "/problems/stale-head" || slug == "/problems/busy", "{} {}", answer.status, answer.body);
            answer.problem(409, slug.as_str().unwrap().trim_start_matches("/problems/"));
            Vec::new()
        }
    }
}

/// Checks a tree: all of these messages once, no others, each below a message of the tree, versions without gaps.
async fn assert_whole(user: &User, id: &str, mut expected: Vec<String>) -> Vec<Node> {
    let tree = user.tree(id).await;
    let mut found: Vec<String> = tree.iter().map(|node| node.id.clone()).collect();
    found.sort();
    expected.sort();
    assert_eq!(found, expected);
    let ids: HashSet<&String> = found.iter().collect();
    assert_eq!(ids.len(), found.len(), "a message is there twice");
    let mut versions: HashMap<(Option<&String>, &str), Vec<u64>> = HashMap::new();
    for node in &tree {
        assert!(node.parent_id.as_ref().is_none_or(|parent| ids.contains(parent)), "{node:?} has no parent");
        versions.entry((node.parent_id.as_ref(), &node.role)).or_default().push(node.version);
    }
    for (of, mut versions) in versions {
        versions.sort_unstable();
        assert_eq!(versions, (1..=versions.len() as u64).collect::<Vec<_>>(), "versions below {of:?}");
    }
    let conversation = user.read(id).await;
    assert_eq!(conversation.message_count, tree.len() as u64);
    let head = conversation.head.expect("a head");
    assert!(ids.contains(&head), "the head is a message");
    assert!(tree.iter().all(|node| node.parent_id.as_ref() != Some(&head)), "the head is a leaf");
    assert_eq!(user.branch(id, None).await.last().map(|last| last.id.clone()), Some(head));
    tree
}

each_store! {
    async fn of_many_with_the_same_head_one_goes_on(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let programs = programs(&server, &ada);
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "hello").await;
        let mut expected = vec![first.said().id.clone(), first.answer().id.clone()];
        for round in 0..3 {
            let head = ada.read(&id).await.head.unwrap();
            let answers = join_all(programs.iter().enumerate().map(|(at, program)| {
                let (id, head, first) = (&id, &head, first.answer());
                async move {
                    let more = json!({"expected_head": head, "detach": true});
                    if at % 2 == 0 {
                        return program.post(&format!("/messages/{}/regenerate", first.id), more).await;
                    }
                    let mut body = more;
                    body["text"] = format!("{round} of {at}").into();
                    program.send(id, body).await
                }
            }))
            .await;
            let taken: Vec<&Answer> = answers.iter().filter(|answer| answer.status == 202).collect();
            assert_eq!(taken.len(), 1, "one of those who saw the head adds to it");
            let turn: Turn = taken[0].to(202);
            for late in answers.iter().filter(|answer| answer.status != 202) {
                assert!(late.problem(409, "stale-head")["head"].is_string());
            }
            expected.extend(stored(taken[0]));
            assert_eq!(ada.ended(&turn.run().id).await.state, "completed");
        }
        assert_whole(&ada, &id, expected).await;
    }

    async fn what_many_say_at_once_is_all_there(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let programs = programs(&server, &ada);
        let id = ada.conversation().await.id;
        let first = ada.say(&id, "hello").await;
        let stale = first.said().id.clone();
        let answers = join_all(programs.iter().enumerate().map(|(at, program)| {
            let (id, first, stale) = (&id, &first, &stale);
            async move {
                let text = format!("number {at}");
                let mut answers = vec![
                    // below the same answer, again and again
                    program.send(id, json!({"text": text, "parent_id": first.answer().id, "detach": true})).await,
                    program.post(&format!("/messages/{}/regenerate", first.answer().id), json!({})).await,
                    // wherever the head is just then
                    program.send(id, json!({"text": text, "run": false})).await,
                    program.send(id, json!({"text": text, "detach": true})).await,
                ];
                let late = program.send(id, json!({"text": text, "expected_head": stale})).await;
                late.problem(409, "stale-head");
                let again = json!({"expected_head": stale});
                let late = program.post(&format!("/messages/{}/regenerate", first.answer().id), again).await;
                late.problem(409, "stale-head");
                // a client that looks first
                let head = program.read(id).await.head;
                answers.push(program.send(id, json!({"text": text, "expected_head": head, "run": false})).await);
                answers
            }
        }))
        .await;
        let answers: Vec<Answer> = answers.into_iter().flatten().collect();
        let certain = answers.iter().filter(|answer| answer.status == 201 || answer.status == 202).count();
        assert!(certain >= 2 * CLIENTS, "only {certain} were taken");
        let mut expected = vec![first.said().id.clone(), first.answer().id.clone()];
        expected.extend(answers.iter().flat_map(stored));
        for answer in answers.iter().filter(|answer| answer.status == 202) {
            ada.ended(&answer.to::<Turn>(202).run().id).await;
        }
        let tree = assert_whole(&ada, &id, expected).await;
        let below = |node: &&Node| node.parent_id.as_ref() == Some(&first.said().id) && node.role == "assistant";
        assert_eq!(tree.iter().filter(below).count(), CLIENTS + 1, "every answer that was given again");
        server.end().await;
    }

    async fn the_head_moves_while_others_write(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let programs = programs(&server, &ada);
        let id = ada.conversation().await.id;
        let one = ada.say(&id, "one").await;
        let two: Turn = ada.send(&id, json!({"text": "two", "parent_id": null})).await.to(201);
        let mut expected = Vec::new();
        for turn in [&one, &two] {
            expected.extend([turn.said().id.clone(), turn.answer().id.clone()]);
        }
        let answers = join_all(programs.iter().enumerate().map(|(at, program)| {
            let (id, turn) = (&id, if at % 2 == 0 { &one } else { &two });
            async move {
                let to = json!({"message_id": turn.said().id});
                program.put(&format!("/conversations/{id}/head"), to).await.is(200);
                let edit = program.post(&format!("/messages/{}/edit", turn.said().id), json!({"text": "again"})).await;
                let fork = json!({"message_id": turn.answer().id});
                program.post(&format!("/conversations/{id}/fork"), fork).await.is(201);
                edit
            }
        }))
        .await;
        expected.extend(answers.iter().flat_map(stored));
        assert_eq!(expected.len(), 4 + 2 * CLIENTS, "no edit is refused");
        assert_whole(&ada, &id, expected).await;
        let all = ada.pages::<Value>("/conversations", 50).await;
        assert_eq!(all.len(), CLIENTS + 1);
    }

    async fn accounts_and_conversations_are_numbered_without_gaps(kind) {
        let server = TestServer::start(kind).await;
        let ada = server.user("ada").await;
        let programs = programs(&server, &ada);
        let made = join_all(programs.iter().map(Client::conversation)).await;
        let mut numbers: Vec<u64> = made.iter().map(|conversation| conversation.number).collect();
        numbers.sort_unstable();
        assert_eq!(numbers, (1..=CLIENTS as u64).collect::<Vec<_>>());
        let body = json!({"external_id": "the-one"});
        let wanted = join_all(programs.iter().map(|program| program.post("/conversations", body.clone()))).await;
        assert_eq!(wanted.iter().filter(|answer| answer.status == 201).count(), 1);
        wanted.iter().filter(|answer| answer.status != 201).for_each(|answer| drop(answer.problem(409, "taken")));
        let gone = &made[0].id;
        let path = format!("/conversations/{gone}");
        let deletes = join_all(programs.iter().map(|it| it.ask(it.request(Method::DELETE, &path)))).await;
        assert!(deletes.iter().any(|answer| answer.status == 204));
        assert!(deletes.iter().all(|answer| matches!(answer.status, 204 | 404)));
    }
}
