//! Everybody at once, at two servers on one PostgreSQL: exactly as many turns begin as a limit, or credit, covers.

use futures::future::join_all;
use serde_json::{Value, json};

use crate::binary::Binary;
use crate::client::{Answer, Client};
use crate::records::Turn;
use crate::server::{SECRET, postgres};

/// So many fit.
const ROOM: usize = 10;

/// Users may say ten things a day. An answer costs 100, and visitors, who may say as much as they like, have 1,050.
fn environment(url: &str) -> [(&str, &str); 10] {
    [
        ("CHATCORE_STORE", url),
        ("CHATCORE_SECRET", SECRET),
        ("CHATCORE_RATE_LIMITS", "off"),
        // nobody is to be taken for dead because the machine has too much to do
        ("CHATCORE_LAPSE_SECONDS", "600"),
        ("CHATCORE_VISITORS", "on"),
        ("CHATCORE_LIMITS", "messages=10/day"),
        ("CHATCORE_CHARGE", "per_request"),
        ("CHATCORE_CHARGE_AMOUNT", "100"),
        ("CHATCORE_START_BALANCE", "1000000"),
        ("CHATCORE_VISITOR_START_BALANCE", "1050"),
    ]
}

/// Somebody new: by turns a user, whom the limit binds, and a visitor, whose credit does.
async fn somebody(server: &Binary, round: usize) -> String {
    if round.is_multiple_of(2) {
        return server.anonymous().register(&format!("user{round}")).await.session.access_token;
    }
    let visit: Value = server.anonymous().post("/auth/visitor", json!({})).await.to(201);
    visit["access_token"].as_str().unwrap().to_owned()
}

async fn rush(servers: &[Binary; 2], round: usize, at_once: usize) {
    let token = somebody(&servers[round % 2], round).await;
    let clients: Vec<Client> = servers.iter().map(|server| server.anonymous().bearer(&token)).collect();
    let id = clients[0].conversation().await.id;
    let say = |at: usize| {
        let (client, id) = (&clients[at % 2], &id);
        let body = json!({"text": format!("number {at}"), "model": "echo", "parent_id": null, "detach": true});
        async move { client.send(id, body).await }
    };
    let answers = join_all((0..at_once).map(say)).await;
    let (taken, refused): (Vec<Answer>, Vec<Answer>) = answers.into_iter().partition(|answer| answer.status == 202);
    assert_eq!(taken.len(), ROOM, "round {round}");
    for answer in refused {
        match round.is_multiple_of(2) {
            true => answer.problem(429, "limit-reached"),
            false => answer.problem(402, "insufficient-credit"),
        };
    }
    for answer in taken {
        assert_eq!(clients[0].ended(&answer.to::<Turn>(202).run().id).await.state, "completed");
    }
    let now: Value = clients[1].get("/me/usage").await.to(200);
    let left = if round.is_multiple_of(2) { 999_000 } else { 50 };
    assert_eq!((&now["balance"], &now["available"]), (&json!(left), &json!(left)), "round {round}: {now}");
    if round.is_multiple_of(2) {
        assert_eq!((&now["limits"][0]["used"], &now["limits"][0]["held"]), (&json!(ROOM), &json!(0)));
    }
}

async fn rushes(rounds: usize, at_once: usize) {
    let (folders, url) = ([tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap()], postgres().fresh());
    let start = async |at: usize| Binary::start(folders[at].path(), &environment(&url)).await;
    let servers = [start(0).await, start(1).await];
    for round in 0..rounds {
        rush(&servers, round, at_once).await;
    }
    for server in servers {
        server.end().await;
    }
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn as_many_begin_as_there_is_room_for() {
    rushes(2, 64).await;
}

#[ignore = "takes minutes: cargo test -p chatcore-server --test it -- --ignored fifty_crowds"]
#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn fifty_crowds() {
    rushes(50, 256).await;
}
