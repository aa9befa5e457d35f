//! The store in memory passes the suite.

use chatcore::conformance::{CHECKS, MemoryHarness, Need, skipped};

chatcore::conformance!(chatcore::conformance::MemoryHarness);

#[test]
fn what_needs_a_store_that_keeps_or_shares_is_skipped() {
    let expected: Vec<(&str, &str)> = CHECKS
        .iter()
        .filter_map(|check| match check.needs {
            [.., need @ (Need::Reopen | Need::Sharing)] => Some((check.name, need.reason())),
            _ => None,
        })
        .collect();
    assert!(expected.len() > 2);
    assert_eq!(skipped(&MemoryHarness), expected);
}
