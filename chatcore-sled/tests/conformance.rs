//! The suite that every store passes, once on the executor of `futures` and once on tokio.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use chatcore::conformance::{Harness, OnDisk};
use chatcore_sled::SledStore;
use tokio::runtime::Builder;

fn without_runtime() -> impl Harness {
    OnDisk::new(tempfile::tempdir().unwrap(), |folder| SledStore::open(folder.join("chat")))
}

fn on_tokio() -> impl Harness {
    let runtime = Builder::new_multi_thread().worker_threads(2).enable_all().build().unwrap();
    let on_disk = OnDisk::new(tempfile::tempdir().unwrap(), |folder| SledStore::open(folder.join("chat")));
    on_disk.run_with(move |check| runtime.block_on(check))
}

mod without_runtime {
    chatcore::conformance!(super::without_runtime());
}

mod on_tokio {
    chatcore::conformance!(super::on_tokio());
}
