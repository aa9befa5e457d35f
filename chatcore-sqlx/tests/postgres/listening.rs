//! Hearing of what other programs at the same database do.

use std::sync::Arc;
use std::time::Duration;

use chatcore::store::{Store, WakeUp};
use chatcore::testing::{CountingIds, ManualClock};
use chatcore::{Clock, RunId};
use futures::stream::{BoxStream, StreamExt};
use tokio::time::timeout;

use super::nodes::{begin, chat};
use super::place::Place;

/// What this test's listener does, as the server sees it.
const LISTENS: &str = "query LIKE 'LISTEN %'";

/// The next thing that is told. A listener connects again in about a second; what is lost for good is not waited for.
async fn next(wake_ups: &mut BoxStream<'static, WakeUp>) -> WakeUp {
    timeout(Duration::from_secs(30), wake_ups.next()).await.expect("nothing is told").expect("a listener never ends")
}

/// Waits until that run is told of.
async fn hear(wake_ups: &mut BoxStream<'static, WakeUp>, run: RunId) {
    loop {
        match next(wake_ups).await {
            WakeUp::Run(notice) if notice.run == run => return,
            WakeUp::Run(_) => {}
            other => panic!("the listener is cut off: {other:?}"),
        }
    }
}

pub(super) async fn a_listener_that_is_cut_off_hears_again(place: Place) {
    let stores = place.stores(2).await;
    let ids = Arc::new(CountingIds::default());
    let (other, at) = (chat(stores[1].clone(), &ids), ManualClock::new().now());
    let mut wake_ups = stores[0].wake_ups();
    assert!(matches!(next(&mut wake_ups).await, WakeUp::Listening));
    let run = begin(&*stores[1], &other, &*ids, at).await;
    hear(&mut wake_ups, run).await;
    for _ in 0..3 {
        let cut = format!(
            "SELECT count(pg_terminate_backend(pid)) FROM pg_stat_activity WHERE application_name = '{}' AND {LISTENS}",
            place.schema
        );
        assert_eq!(place.ask(&cut).await, 1, "there is one listener");
        // nobody is told of what happens now, so it is said that nothing is heard
        begin(&*stores[1], &other, &*ids, at).await;
        assert!(matches!(next(&mut wake_ups).await, WakeUp::Deaf));
        assert!(matches!(next(&mut wake_ups).await, WakeUp::Listening));
        let run = begin(&*stores[1], &other, &*ids, at).await;
        hear(&mut wake_ups, run).await;
        assert_eq!(place.backends(LISTENS).await, 1, "the old connection is gone");
    }
    drop(wake_ups);
    place.until(LISTENS, |backends| backends == 0).await;
}
