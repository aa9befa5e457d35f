//! Readers that go away, and readers that are slow: neither stops a run, and neither misses anything.

use std::net::SocketAddr;
use std::time::Duration;

use chatcore_llm::offline::{Scripted, Step};
use chatcore_llm::sse::{Decoder, Event as Sse};
use serde_json::json;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpSocket, TcpStream};

use crate::client::{Event, PATIENCE, eventually, well_formed};
use crate::server::{TestServer, echo};

/// Asks for events over a socket that holds next to nothing of what is not read.
async fn narrow(address: SocketAddr, path: &str, token: &str) -> TcpStream {
    let socket = TcpSocket::new_v4().unwrap();
    socket.set_recv_buffer_size(4096).unwrap();
    let mut stream = socket.connect(address).await.unwrap();
    // an answer to 1.0 comes without chunks
    let head = format!("GET /api/v1{path} HTTP/1.0\r\nhost: localhost\r\nauthorization: Bearer {token}\r\n\r\n");
    stream.write_all(head.as_bytes()).await.unwrap();
    stream
}

/// All events of the answer on a socket.
async fn read_all(stream: &mut TcpStream) -> Vec<Event> {
    let mut bytes = Vec::new();
    tokio::time::timeout(PATIENCE, stream.read_to_end(&mut bytes)).await.expect("the end in time").unwrap();
    let body = bytes.windows(4).position(|four| four == b"\r\n\r\n").expect("a head") + 4;
    let mut decoder = Decoder::with_limit(64 << 20);
    decoder.push(&bytes[body..]).unwrap();
    let all: Vec<Sse> = std::iter::from_fn(|| decoder.pop()).collect();
    all.iter().map(Event::read).collect()
}

each_store! {
    async fn a_closed_connection_stops_nothing(kind) {
        let server = TestServer::with(kind, echo(Duration::from_millis(10))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let text: String = (0..200).map(|word| format!("word{word} ")).collect();
        let path = format!("/conversations/{id}/messages");
        let mut events = ada.stream(&path, json!({"text": text, "stream": true})).await;
        let first = events.delta().await;
        drop(events);
        let run = ada.ended(&first.run).await;
        assert_eq!(run.state, "completed");
        assert_eq!(ada.message(&run.message_id).await.text, text);
        assert_eq!(well_formed(&ada.events(&run.id).await.rest().await).message().text, text);
    }

    async fn a_client_that_waits_for_the_end_may_go_too(kind) {
        let model = Scripted::new([Step::text("one "), Step::delay_ms(300), Step::text("two"), Step::stop()]);
        let server = TestServer::with(kind, model.clone()).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let waiting = tokio::spawn({
            let (ada, id) = (ada.clone(), id.clone());
            async move { ada.say(&id, "hello").await }
        });
        eventually("the model is asked", async || (!model.requests().is_empty()).then_some(())).await;
        waiting.abort();
        let ended = async || ada.branch(&id, None).await.pop().filter(|message| message.state == "complete");
        assert_eq!(eventually("the answer completes", ended).await.text, "one two");
    }

    async fn a_reader_that_pauses_gets_everything_when_it_reads_on(kind) {
        // more than the sockets between server and client hold, in more pieces than are kept for readers
        let pieces = (0..3000).flat_map(|at| {
            let pause = (at % 50 == 0).then(|| Step::delay_ms(1));
            pause.into_iter().chain([Step::text(format!("{at:04} {}", "x".repeat(2000)))])
        });
        let server = TestServer::with(kind, Scripted::new(pieces.chain([Step::stop()]))).await;
        let ada = server.user("ada").await;
        let id = ada.conversation().await.id;
        let run = ada.begin(&id, "tell me").await.run().id.clone();
        let mut slow = narrow(server.address, &format!("/runs/{run}/events"), &ada.session.access_token).await;
        assert_eq!(ada.ended(&run).await.state, "completed", "nobody reads, and the run ends");
        let events = read_all(&mut slow).await;
        let last = well_formed(&events);
        assert_eq!((last.name.as_str(), last.message().text.len()), ("completed", 3000 * 2005));
        assert_eq!(events, ada.events(&run).await.rest().await);
    }
}
