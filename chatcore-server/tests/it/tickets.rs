//! Tickets for streams of events: once, for one stream, and for nothing else.

use futures::future::join_all;
use reqwest::Method;
use serde_json::{Value, json};

use crate::client::{Client, Events, well_formed};
use crate::server::TestServer;
use crate::visitors::{open, visit};

/// A ticket for something.
async fn ticket(client: &Client, about: &str) -> String {
    let ticket: Value = client.post("/auth/ticket", json!({"about": about})).await.to(200);
    assert_eq!(ticket["expires_in"], 60);
    ticket["ticket"].as_str().unwrap().to_owned()
}

/// Opens a stream, and looks no further.
async fn status(client: &Client, path: &str) -> u16 {
    client.request(Method::GET, path).send().await.unwrap().status().as_u16()
}

each_store! {
    async fn a_ticket_opens_its_stream_once(kind) {
        let server = TestServer::start(kind).await;
        let (ada, nobody) = (server.user("ada").await, server.anonymous());
        let id = ada.conversation().await.id;
        let run = ada.say(&id, "hello").await.run().id.clone();
        for about in [run.clone(), format!("/api/v1/runs/{run}/events?after=0")] {
            let path = format!("/runs/{run}/events?ticket={}", ticket(&ada, &about).await);
            let events = Events::of(nobody.request(Method::GET, &path)).await.rest().await;
            assert_eq!(well_formed(&events).message().text, "hello");
            nobody.get(&path).await.problem(401, "unauthenticated");
        }
        let path = format!("/runs/{run}/events?ticket={}", ticket(&ada, &run).await);
        let all = join_all((0..64).map(|_| nobody.get(&path))).await;
        assert_eq!(all.iter().filter(|one| one.status == 200).count(), 1);
        assert_eq!(all.iter().filter(|one| one.status == 401).count(), 63);
    }

    async fn a_ticket_opens_nothing_else(kind) {
        let server = TestServer::start(kind).await;
        let (ada, nobody) = (server.user("ada").await, server.anonymous());
        let id = ada.conversation().await.id;
        let run = ada.say(&id, "hello").await.run().id.clone();
        let streams = [(run.clone(), format!("/runs/{run}/events")), (id.clone(), format!("/conversations/{id}/events"))];
        for (about, _) in &streams {
            for (other, path) in &streams {
                let path = format!("{path}?ticket={}", ticket(&ada, about).await);
                assert_eq!(status(&nobody, &path).await, if about == other { 200 } else { 401 }, "{about} {other}");
            }
        }
        let me = ticket(&ada, "me").await;
        // on other routes it is no proof, and is not used up there
        for path in ["/me", "/conversations", &format!("/runs/{run}"), &format!("/conversations/{id}/messages")] {
            nobody.get(&format!("{path}?ticket={me}")).await.problem(401, "unauthenticated");
            nobody.bearer(&me).get(path).await.problem(401, "unauthenticated");
        }
        nobody.post(&format!("/runs/{run}/stop?ticket={me}"), json!({})).await.problem(401, "unauthenticated");
        // with two proofs the header counts
        nobody.bearer("x").get(&format!("/me/events?ticket={me}")).await.problem(401, "unauthenticated");
        assert_eq!(status(&nobody, &format!("/me/events?ticket={me}")).await, 200);
        for wrong in ["", "x", "vis_1", &format!("/runs/{id}/events"), &format!("/runs/{run}")] {
            let refused = ada.post("/auth/ticket", json!({"about": wrong})).await;
            assert_eq!(refused.problem(422, "invalid")["errors"][0]["field"], "about");
        }
        nobody.post("/auth/ticket", json!({"about": "me"})).await.problem(401, "unauthenticated");
    }

    async fn a_ticket_lets_nobody_see_what_is_somebody_elses(kind) {
        let server = TestServer::set_up(kind, open(), Some(crate::server::echo(std::time::Duration::ZERO))).await;
        let (ada, bob) = (server.user("ada").await, server.user("bob").await);
        let (visitor, _) = visit(&server).await;
        let id = ada.conversation().await.id;
        let run = ada.say(&id, "hello").await.run().id.clone();
        for other in [&*bob, &visitor] {
            let path = format!("/runs/{run}/events?ticket={}", ticket(other, &run).await);
            server.anonymous().get(&path).await.problem(404, "not-found");
            let own = ticket(other, "me").await;
            assert_eq!(status(&server.anonymous(), &format!("/me/events?ticket={own}")).await, 200);
        }
        let (late, path) = (ticket(&bob, "me").await, "/me/events?ticket=");
        bob.post("/auth/logout", json!({"refresh_token": bob.session.refresh_token})).await.is(204);
        server.anonymous().get(&format!("{path}{late}")).await.problem(401, "unauthenticated");
    }
}
