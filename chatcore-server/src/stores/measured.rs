//! What a store is asked and how long it takes, whichever it is. It costs nothing to speak of while nobody counts.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::{Duration, Instant};

use async_trait::async_trait;
use chatcore::StoreError;
use chatcore::store::{
    AnyRecord, Batch, Commit, Committed, Domain, InGroup, Kind, Scan, Store, StoreErrorKind, WakeUp,
};
use futures::stream::BoxStream;
use metrics::{Unit, counter, describe_counter, describe_gauge, describe_histogram, gauge, histogram};

/// How long a commit takes, its wait included.
pub(crate) const COMMIT_SECONDS: &str = "chatcore_store_commit_duration_seconds";
/// How long it waits for its turn.
pub(crate) const WAIT_SECONDS: &str = "chatcore_store_commit_wait_seconds";
/// How many batches are written together.
pub(crate) const GROUP: &str = "chatcore_store_group_batches";
/// How long a read waits for a connection, of stores that have some.
pub(crate) const CONNECTION_SECONDS: &str = "chatcore_store_connection_wait_seconds";
/// How long a read takes, the wait for a connection included.
pub(crate) const READ_SECONDS: &str = "chatcore_store_read_duration_seconds";
const IN_FLIGHT: &str = "chatcore_store_in_flight";
const ERRORS: &str = "chatcore_store_errors_total";

/// Says what is counted.
pub(crate) fn describe() {
    describe_histogram!(COMMIT_SECONDS, Unit::Seconds, "Commits, from handing in to the answer, by how they ended");
    describe_histogram!(WAIT_SECONDS, Unit::Seconds, "Commits, until the store took them up");
    describe_histogram!(GROUP, "Batches that were taken up together");
    describe_histogram!(READ_SECONDS, Unit::Seconds, "Reads by domain, the wait for a connection included");
    describe_histogram!(CONNECTION_SECONDS, Unit::Seconds, "Reads, until they had a connection");
    describe_gauge!(IN_FLIGHT, "Commits and reads that wait or are under way");
    describe_counter!(ERRORS, "What a store could not do, by kind; refusals by a rule are none");
}

/// A read has waited for a connection.
pub(super) fn waited(time: Duration) {
    histogram!(CONNECTION_SECONDS).record(time);
}

/// A store that is looked at from outside.
pub(super) struct Measured {
    pub(super) store: Arc<dyn Store>,
}

/// Counts something for as long as it goes on, also if whoever waits for it goes away.
struct InFlight(&'static str);

impl InFlight {
    fn begin(operation: &'static str) -> Self {
        gauge!(IN_FLIGHT, "operation" => operation).increment(1);
        Self(operation)
    }
}

impl Drop for InFlight {
    fn drop(&mut self) {
        gauge!(IN_FLIGHT, "operation" => self.0).decrement(1);
    }
}

impl Measured {
    pub(super) fn new(store: Arc<dyn Store>) -> Self {
        Self { store }
    }

    /// Times a read.
    pub(super) async fn read<T>(
        &self,
        domain: &'static str,
        found: impl Future<Output = Result<T, StoreError>> + Send,
    ) -> Result<T, StoreError> {
        let (since, _flight) = (Instant::now(), InFlight::begin("read"));
        let found = found.await;
        histogram!(READ_SECONDS, "domain" => domain).record(since.elapsed());
        failed("read", found.as_ref().err());
        found
    }
}

/// Notes how long a batch waited, and once for each group how large it is. A store that starts over is not heard again.
fn watched(batch: Batch, since: Instant) -> Batch {
    let is_known = AtomicBool::new(false);
    batch.watched(move |InGroup { at, of }| {
        if is_known.swap(true, Ordering::Relaxed) {
            return;
        }
        histogram!(WAIT_SECONDS).record(since.elapsed());
        if at == 0 {
            histogram!(GROUP).record(u32::try_from(of).unwrap_or(u32::MAX));
        }
    })
}

/// The kind of an error, as one of a few words.
fn word(error: &StoreError) -> &'static str {
    match error.kind() {
        StoreErrorKind::Conflict(_) => "refused",
        StoreErrorKind::NotApplied => "not_applied",
        StoreErrorKind::Unavailable => "unavailable",
        StoreErrorKind::Corrupt => "corrupt",
        StoreErrorKind::Unsupported(_) => "unsupported",
        _ => "other",
    }
}

fn failed(operation: &'static str, error: Option<&StoreError>) {
    if let Some(error) = error.filter(|error| error.conflict().is_none()) {
        counter!(ERRORS, "operation" => operation, "kind" => word(error)).increment(1);
    }
}

#[async_trait]
impl Commit for Measured {
    async fn commit(&self, batch: Batch) -> Result<Committed, StoreError> {
        let (since, _flight) = (Instant::now(), InFlight::begin("commit"));
        let done = self.store.commit(watched(batch, since)).await;
        let outcome = done.as_ref().err().map_or("committed", word);
        histogram!(COMMIT_SECONDS, "outcome" => outcome).record(since.elapsed());
        failed("commit", done.as_ref().err());
        done
    }
}

#[async_trait]
impl Scan for Measured {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        self.read("scan", self.store.scan(kind, after, limit)).await
    }
}

impl Store for Measured {
    fn is_exclusive(&self) -> bool {
        self.store.is_exclusive()
    }

    fn supports(&self, domain: Domain) -> bool {
        self.store.supports(domain)
    }

    fn wake_ups(&self) -> BoxStream<'static, WakeUp> {
        self.store.wake_ups()
    }
}

#[cfg(test)]
mod tests {
    use metrics_exporter_prometheus::PrometheusBuilder;

    use super::*;
    use crate::config::StoreUrl;
    use crate::stores;

    #[test]
    fn a_store_is_counted_whatever_becomes_of_it() {
        let recorder = PrometheusBuilder::new().build_recorder();
        let page = recorder.handle();
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
        let folder = tempfile::tempdir().unwrap();
        let url = StoreUrl::Sqlite(folder.path().join("chat.db"));
        metrics::with_local_recorder(&recorder, || {
            runtime.block_on(async {
                let open = stores::open(&url).await.unwrap();
                let store = open.store();
                let commit = || store.commit(Batch::default());
                assert!(futures::try_join!(commit(), commit(), commit()).is_ok());
                assert!(store.jobs(None, 1).await.unwrap().is_empty());
                open.close().await;
                assert!(commit().await.is_err() && store.jobs(None, 1).await.is_err());
            });
        });
        let page = page.render();
        for line in [
            "chatcore_store_commit_duration_seconds_count{outcome=\"committed\"} 3",
            "chatcore_store_commit_duration_seconds_count{outcome=\"not_applied\"} 1",
            "chatcore_store_errors_total{operation=\"commit\",kind=\"not_applied\"} 1",
            "chatcore_store_errors_total{operation=\"read\",kind=",
            "chatcore_store_read_duration_seconds_count{domain=\"jobs\"} 2",
            "chatcore_store_connection_wait_seconds_count ",
            "chatcore_store_in_flight{operation=\"commit\"} 0",
        ] {
            assert!(page.contains(line), "{line} is missing in {page}");
        }
    }
}
