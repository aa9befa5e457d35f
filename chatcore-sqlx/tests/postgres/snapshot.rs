//! One moment of a store that others write to.

use chatcore::store::{Kind, Scan, StoreErrorKind};
use chatcore_sqlx::PostgresSnapshot;
use futures::FutureExt;

use super::place::{Place, run, whole_message};
use crate::support::steady::{Steady, seen};

pub(super) async fn a_snapshot_is_one_moment(place: Place) {
    let store = place.store().await;
    let steady = Steady::default();
    let look = async {
        for _ in 0..4 {
            steady.go_on(5).await;
            let before = steady.ended();
            let snapshot = PostgresSnapshot::open(place.options()).await.unwrap();
            let after = steady.begun();
            steady.go_on(5).await;
            let found = seen(&snapshot).await;
            assert!((before..=after).contains(&found), "{found} is not between {before} and {after}");
            steady.go_on(5).await;
            assert_eq!(seen(&snapshot).await, found, "it stays as it is");
        }
        steady.stop();
    };
    tokio::join!(steady.write(&*store), look);
}

pub(super) async fn a_reader_that_goes_away_ends_the_snapshot(place: Place) {
    place.store().await.close().await;
    let snapshot = PostgresSnapshot::open(place.options()).await.unwrap();
    assert!(snapshot.scan(Kind::User, None, 9).await.unwrap().is_empty());
    let mut aside = place.aside().await;
    run(&mut aside, "BEGIN; LOCK TABLE jobs IN ACCESS EXCLUSIVE MODE").await;
    assert!(snapshot.scan(Kind::Job, None, 9).now_or_never().is_none(), "it cannot be answered yet");
    run(&mut aside, "ROLLBACK").await;
    let refused = snapshot.scan(Kind::User, None, 9).await.unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::Unavailable);
    place.until("TRUE", |backends| backends == 0).await;
}

pub(super) async fn schemas_that_are_not_ours_are_refused(place: Place) {
    let refusal = async || {
        let Err(error) = PostgresSnapshot::open(place.options()).await else { panic!("it was opened") };
        whole_message(&error)
    };
    let unmigrated = refusal().await;
    assert!(unmigrated.contains("older than this program"), "{unmigrated}");
    place.store().await.close().await;
    let mut aside = place.aside().await;
    run(&mut aside, "INSERT INTO _chatcore_migrations VALUES (9999, 'later', now(), TRUE, '\\x00', 0)").await;
    let newer = refusal().await;
    assert!(newer.contains("newer than this program"), "{newer}");
}
