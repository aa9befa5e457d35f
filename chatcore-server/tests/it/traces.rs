//! What goes to a collector of OpenTelemetry: requests and answers by name, and nothing that anybody said.

use std::sync::{Arc, Mutex};

use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::web::Data;
use poem::{EndpointExt, Route, Server, handler, post};

use crate::binary::Binary;
use crate::client::eventually;

type Heard = Arc<Mutex<Vec<Vec<u8>>>>;

#[handler]
async fn traces(body: Vec<u8>, heard: Data<&Heard>) -> StatusCode {
    heard.lock().unwrap().push(body);
    StatusCode::OK
}

/// A collector that keeps what it is sent; its address.
async fn collector() -> (String, Heard) {
    let heard = Heard::default();
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
    let routes = Route::new().at("/v1/traces", post(traces)).data(heard.clone());
    tokio::spawn(Server::new_with_acceptor(acceptor).run(routes));
    (format!("http://{address}"), heard)
}

fn holds(heard: &Heard, text: &str) -> bool {
    let heard = heard.lock().unwrap();
    heard.iter().any(|body| body.windows(text.len()).any(|window| window == text.as_bytes()))
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_hears_of_requests_and_answers() {
    let (folder, (endpoint, heard)) = (tempfile::tempdir().unwrap(), collector().await);
    let server = Binary::start(folder.path(), &[("CHATCORE_OTLP_ENDPOINT", &endpoint)]).await;
    let ada = server.anonymous().register("ada").await;
    let chat = ada.conversation().await.id;
    let turn = ada.say(&chat, "a zebra in pyjamas").await;
    // what is not sent yet goes out when the server ends
    server.end().await;
    let parts = ["chatcore-server", "gen_ai.usage.output_tokens", "gen_ai.request.model", "first_token", "request"];
    for part in parts.into_iter().chain([&*chat, &*turn.run().id, &format!("/conversations/{chat}/messages")]) {
        eventually("the collector hears of it", async || holds(&heard, part).then_some(())).await;
    }
    for said in ["zebra", "pyjamas", &ada.session.access_token, &ada.session.refresh_token, "horse that eats"] {
        assert!(!holds(&heard, said), "{said} was sent");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_collector_that_is_away_is_in_nobodys_way() {
    let folder = tempfile::tempdir().unwrap();
    let server = Binary::start(folder.path(), &[("CHATCORE_OTLP_ENDPOINT", "http://127.0.0.1:9")]).await;
    let ada = server.anonymous().register("ada").await;
    let chat = ada.conversation().await.id;
    assert!(!ada.say(&chat, "hello").await.answer().text.is_empty());
    server.end().await;
}
