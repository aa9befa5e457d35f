//! A store that several processes may use passes the suite: none of its checks takes the store for its own.

mod support;

use chatcore::conformance::skipped;

use crate::support::Kept;

fn shared() -> Kept {
    Kept { shared: true, ..Kept::default() }
}

chatcore::conformance!(crate::shared());

#[test]
fn nothing_is_skipped() {
    assert_eq!(skipped(&shared()), []);
}
