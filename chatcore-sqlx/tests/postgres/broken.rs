//! What cannot be written fails alone.

use chatcore::store::{Commit, Kind, StoreErrorKind};

use super::place::{Place, run};
use crate::support::compare::everything;
use crate::support::records::{conversation, message};
use crate::support::{batch, broken, fresh};

pub(super) async fn a_clash_fails_alone(place: Place) {
    broken::a_clash_fails_alone(&*place.store().await).await;
}

pub(super) async fn a_row_that_cannot_be_read_fails_alone(place: Place) {
    let store = place.store().await;
    broken::two_messages(&*store).await;
    let first = "SELECT id FROM messages ORDER BY id LIMIT 1";
    run(&mut place.aside().await, &format!("UPDATE messages SET state = 'odd' WHERE id = ({first})")).await;
    broken::a_row_that_cannot_be_read_fails_alone(&*store).await;
}

/// A text with a zero character is none for the server.
pub(super) async fn a_value_that_cannot_be_kept_fails_alone(place: Place) {
    let store = place.store().await;
    let mut odd = conversation(1, 1);
    odd.title = Some("a\0b".into());
    let (before, refused, behind) = tokio::join!(
        store.commit(batch([fresh(message(1, 0, 0))])),
        store.commit(batch([fresh(odd)])),
        store.commit(batch([fresh(message(2, 0, 4))])),
    );
    let refused = refused.unwrap_err();
    assert_eq!(*refused.kind(), StoreErrorKind::NotApplied);
    assert!(refused.to_string().contains("conversations"), "{refused}");
    assert!(before.is_ok() && behind.is_ok());
    assert!(everything(&*store, Kind::Conversation, 10).await.is_empty());
}
