//! What counts the work of a store keeps all that the store promises: what is not passed on would be missing here.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::Store;
use chatcore::conformance::{self, CHECKS, Harness};
use chatcore_server::config::StoreUrl;
use chatcore_server::stores;

struct Opened;

#[async_trait]
impl Harness for Opened {
    async fn open(&self) -> Arc<dyn Store> {
        stores::open(&StoreUrl::Memory).await.unwrap().store().clone()
    }
}

#[test]
fn a_store_that_is_counted_keeps_every_promise() {
    CHECKS.iter().for_each(|check| conformance::run(check.name, &Opened));
}
