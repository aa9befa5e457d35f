//! Clients that go and come back, and servers that end in an orderly way.

use std::time::Duration;

use crate::client::{Client, Event, assert_whole, text_of};
use crate::server::{Server, said, upstream};

/// So many words, no two the same.
pub(crate) fn words(count: usize) -> String {
    (0..count).map(|at| format!("w{at}ö ")).collect()
}

/// A number that looks random, the same in every run of the test.
pub(crate) fn some(seed: usize, below: usize) -> usize {
    let mixed = (seed as u64 + 1).wrapping_mul(0x9e37_79b9_7f4a_7c15);
    usize::try_from((mixed ^ (mixed >> 29)) % below as u64).unwrap_or(0)
}

/// One answer, read in many connections.
pub(crate) async fn anywhere() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(4)).await;
    let server = Server::start(folder.path(), &upstream, 0).await;
    let ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    let (mut cuts, mut turn) = (0, 0);
    while cuts < crate::cuts() {
        let text = words(150);
        let run = ada.begin(&conversation, &text).await;
        let mut events: Vec<Event> = Vec::new();
        while !events.last().is_some_and(Event::is_last) {
            ada.read(&run, &mut events, 1 + some(cuts, 40)).await;
            cuts += 1;
        }
        assert_whole(&events);
        assert_eq!(text_of(&events), said(&text), "turn {turn}");
        assert_eq!(events.last().unwrap().data["message"]["text"], said(&text));
        turn += 1;
    }
    server.end().await;
    assert_eq!(upstream.left_early(), 0, "no client that goes ends an answer");
}

/// The client of the request itself goes at each chunk in turn.
pub(crate) async fn at_every_chunk() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(2)).await;
    let server = Server::start(folder.path(), &upstream, 0).await;
    let ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    let text = words(12);
    let mut runs = Vec::new();
    for chunk in 0..18 {
        let run = ada.begin(&conversation, &text).await;
        let mut events = Vec::new();
        ada.read(&run, &mut events, chunk).await;
        assert_eq!(ada.ended(&run).await["state"], "completed", "gone at chunk {chunk}");
        ada.read(&run, &mut events, usize::MAX).await;
        assert_whole(&events);
        assert_eq!(text_of(&events), said(&text), "gone at chunk {chunk}");
        runs.push(run);
    }
    server.end().await;
    assert_eq!((upstream.requests().len(), upstream.left_early()), (runs.len(), 0));
}

/// The server ends while answers are written, and another goes on at the same data.
pub(crate) async fn restarts() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(10)).await;
    let mut server = Server::start(folder.path(), &upstream, 0).await;
    let mut ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    let text = words(5000);
    for round in 0..crate::cuts().div_ceil(10) {
        let run = ada.begin(&conversation, &text).await;
        let mut events = Vec::new();
        ada.read(&run, &mut events, 2 + some(round, 60)).await;
        server.end().await;
        server = Server::start(folder.path(), &upstream, 0).await;
        ada = ada.at(&server);
        ada.read(&run, &mut events, usize::MAX).await;
        assert_whole(&events);
        let last = events.last().unwrap();
        assert_eq!(last.name, "interrupted");
        assert_eq!(last.data["message"]["text"], text_of(&events), "what was heard is what is stored");
        assert!(said(&text).starts_with(&text_of(&events)));
    }
    server.end().await;
}
