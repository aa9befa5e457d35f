//! Servers that are killed.

use std::time::{Duration, Instant};

use serde_json::json;

use super::cuts::{some, words};
use crate::client::{Client, Event, text_of};
use crate::server::{Server, said, upstream};

/// From so many cuts on a run is a long one, which is asked for by itself.
const LONG: usize = 200;

/// What is stored is never further behind what was heard.
const LAG: Duration = Duration::from_millis(250);

pub(crate) async fn at_any_moment() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = upstream(Duration::from_millis(5)).await;
    let mut server = Server::start(folder.path(), &upstream, 0).await;
    let mut ada = Client::register(&server).await;
    let conversation = ada.conversation().await;
    let (text, mut lags) = (words(5000), Vec::new());
    for round in 0..crate::cuts().div_ceil(3) {
        let run = ada.begin(&conversation, &text).await;
        let mut events: Vec<Event> = Vec::new();
        ada.read(&run, &mut events, 2 + some(round, 100)).await;
        let safe = ada.stored(&run, &text_of(&events)).await;
        ada.read(&run, &mut events, some(round + 1, 100)).await;
        let killed = Instant::now();
        server.kill().await;
        server = Server::start(folder.path(), &upstream, 0).await;
        ada = ada.at(&server);
        assert_eq!(ada.get(&format!("/runs/{run}")).await["state"], "interrupted", "a run outlives its server");
        let mut back = events.clone();
        ada.read(&run, &mut back, usize::MAX).await;
        let last = back.last().unwrap();
        assert_eq!(last.name, "interrupted");
        let stored = last.data["message"]["text"].as_str().unwrap().to_owned();
        assert!(said(&text).starts_with(&stored), "what is stored is no beginning of what was said");
        assert!(stored.starts_with(&safe), "what was stored before the kill is gone");
        lags.push(behind(&events, &stored, killed));
        // the log from its beginning says the same as the message
        let mut all = Vec::new();
        ada.read(&run, &mut all, usize::MAX).await;
        assert_eq!(text_of(&all), stored);
        let head = ada.get(&format!("/conversations/{conversation}")).await["head"].clone();
        assert_eq!(head, last.data["message"]["id"]);
        let below = json!({"text": "go on", "run": false});
        ada.post(&format!("/conversations/{conversation}/messages"), &below).await;
    }
    server.end().await;
    lags.sort_unstable();
    let (half, worst) = (lags[lags.len() / 2], lags[lags.len() - 1]);
    eprintln!("{} kills: what is stored is behind by {half:?} in half of them, {worst:?} at most", lags.len());
    // on a machine that does little else; a short run says it alone
    assert!(crate::cuts() < LONG || worst <= LAG, "{worst:?} is more than {LAG:?}");
    // no request to a provider is left when its run has ended
    assert_eq!(upstream.left_early(), upstream.requests().len(), "each was let go");
}

/// How long before the kill the first piece was heard that is not stored.
fn behind(heard: &[Event], stored: &str, killed: Instant) -> Duration {
    let mut said = 0;
    let lost = heard.iter().filter(|event| event.name == "delta").find(|event| {
        said += event.data["text"].as_str().map_or(0, str::len);
        said > stored.len()
    });
    lost.map_or(Duration::ZERO, |event| killed.saturating_duration_since(event.at))
}
