//! What the binary weighs, and how long it takes to be ready when its store is full.

use std::net::SocketAddr;
use std::path::{Path, PathBuf};
use std::time::{Duration, Instant};

use chatcore_benches::{Data, Failure};

use crate::load::percentile;
use crate::machine::Cores;
use crate::program::Program;
use crate::scale::Scale;
use crate::table::{Bound, Row, Unit};

/// From the start of the process until `/readyz` says yes.
pub(crate) async fn cold(binary: &Path, cores: Cores, model: SocketAddr, scale: &Scale) -> Result<(), Failure> {
    let folder = store(scale.store).await?;
    // the first one makes the secret, and may bring the schema up to date
    ready(binary, cores, &folder, model).await?;
    let mut times = Vec::new();
    for _ in 0..scale.starts {
        times.push(ready(binary, cores, &folder, model).await?);
    }
    times.sort_unstable();
    let what = format!("start with {} messages until ready, p50", scale.store.0 * scale.store.1);
    let row = Row::new(what, Unit::Millis, percentile(&times, 50));
    row.floor(Bound::AtMost(0.150)).goal(Bound::AtMost(0.050)).print();
    Ok(())
}

async fn ready(binary: &Path, cores: Cores, folder: &Path, model: SocketAddr) -> Result<Duration, Failure> {
    let http = reqwest::Client::builder().no_proxy().build()?;
    let begin = Instant::now();
    let server = Program::chatcore(binary, cores, folder, model).await?;
    let ready = format!("http://{}/readyz", server.address);
    while !http.get(&ready).send().await.is_ok_and(|answer| answer.status().is_success()) {
        tokio::time::sleep(Duration::from_millis(1)).await;
    }
    let time = begin.elapsed();
    server.end().await?;
    Ok(time)
}

/// A folder with a store of so many conversations, each of so many messages. It is made once and kept for the next run.
async fn store((conversations, each): (u32, u32)) -> Result<PathBuf, Failure> {
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join(format!("load-{conversations}-{each}"));
    if !folder.is_dir() {
        let unfinished = folder.with_extension("unfinished");
        // left by a run that was cut short
        let _ = std::fs::remove_dir_all(&unfinished);
        std::fs::create_dir_all(&unfinished)?;
        let data = Data::sqlite_at(unfinished.join("chat.db")).await?;
        data.library(conversations, each).await?;
        data.close().await?;
        std::fs::rename(&unfinished, &folder)?;
    }
    Ok(folder)
}

/// What has to be copied to a machine.
pub(crate) fn size(binary: &Path) -> Result<(), Failure> {
    let kib = u32::try_from(std::fs::metadata(binary)?.len() / 1024)?;
    Row::new("size of the binary", Unit::Mib, f64::from(kib) * 1024.0).print();
    Ok(())
}
