//! The check of deliveries over a store that fails now and then: before it has written, and after it has.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use async_trait::async_trait;
use chatcore::conformance::{Harness, run};
use chatcore::memory::MemoryMap;
use chatcore::store::{DoorStore, KeyValue, KvWrite, Range, StoreErrorKind};
use chatcore::{Store, StoreError};

#[derive(Default)]
struct Flaky {
    map: MemoryMap,
    writes: AtomicUsize,
    failures: Arc<AtomicUsize>,
}

/// It is well while the check makes its world, and again when it looks at what came of it.
const ILL: std::ops::Range<usize> = 40..240;

#[async_trait]
impl KeyValue for Flaky {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        self.map.get_many(keys).await
    }

    async fn scan(&self, range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        self.map.scan(range, limit).await
    }

    async fn apply(&self, writes: Vec<KvWrite>) -> Result<(), StoreError> {
        let number = self.writes.fetch_add(1, Ordering::SeqCst);
        let fault = if ILL.contains(&number) { number % 7 } else { 0 };
        if fault == 3 || fault == 5 {
            self.failures.fetch_add(1, Ordering::SeqCst);
        }
        if fault == 3 {
            return Err(StoreError::new(StoreErrorKind::NotApplied, "write"));
        }
        self.map.apply(writes).await?;
        if fault == 5 { Err(StoreError::new(StoreErrorKind::Unavailable, "write")) } else { Ok(()) }
    }
}

struct FlakyHarness(Arc<AtomicUsize>);

#[async_trait]
impl Harness for FlakyHarness {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(DoorStore::new(Flaky { failures: self.0.clone(), ..Flaky::default() }))
    }
}

#[test]
fn deliveries_have_one_effect_each_though_the_store_fails() {
    let failures = Arc::new(AtomicUsize::new(0));
    run("deliveries_have_one_effect_each", &FlakyHarness(failures.clone()));
    let failures = failures.load(Ordering::SeqCst);
    assert!(failures > 20, "the store failed {failures} times");
}
