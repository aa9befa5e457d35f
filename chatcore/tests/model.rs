//! Any list of operations, with the store closed and opened in between, looks as on a plain tree; what fails is made as
//! short as it can be.

mod support;

use chatcore::conformance::model::{Operation, replay};
use proptest::prelude::*;

use crate::support::Kept;

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec((any::<u8>(), any::<u16>()).prop_map(|(which, at)| Operation::of(which, at)), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn a_store_that_is_opened_again_equals_the_plain_tree(operations in operations()) {
        let outcome = replay(&Kept::default(), &operations);
        prop_assert_eq!(outcome.operations, operations.len());
        let reopened = operations.iter().filter(|operation| **operation == Operation::Reopen).count();
        prop_assert_eq!((outcome.reopened, outcome.reopenings_skipped), (reopened, 0));
    }
}
