//! Any list of operations on the store in memory looks as on a plain tree; what fails is made as short as it can be.

use std::sync::Arc;

use chatcore::MemoryStore;
use chatcore::conformance::model::{Operation, run};
use proptest::prelude::*;

fn operations() -> impl Strategy<Value = Vec<Operation>> {
    prop::collection::vec((any::<u8>(), any::<u16>()).prop_map(|(which, at)| Operation::of(which, at)), 1..80)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 96, max_shrink_iters: 2_000, ..ProptestConfig::default() })]

    #[test]
    fn memory_equals_the_plain_tree(operations in operations()) {
        futures::executor::block_on(run(Arc::new(MemoryStore::in_memory()), &operations));
    }
}
