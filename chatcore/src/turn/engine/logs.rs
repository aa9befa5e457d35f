//! Removing what was kept for readers who come back: the logs of runs that ended a while ago.

use super::Chat;
use crate::error::Error;
use crate::id::RunId;
use crate::store::{Batch, Conflict};
use crate::turn::change::PurgeLog;

/// Runs that are looked at together.
const RUNS: usize = 100;

/// Stretches of a log that one batch removes. Each may hold some kilobytes.
const STRETCHES: usize = 200;

impl Chat {
    /// Removes the logs of runs that ended longer ago than [`Timing::keep_log`](super::Timing::keep_log). Whoever reads
    /// such a run from then on hears how it ended, and nothing else. Returns how many logs went.
    ///
    /// # Errors
    /// [`Error::Store`]; the rest goes another time.
    pub async fn purge_logs(&self) -> Result<usize, Error> {
        let before = self.conversations.now().minus(self.timing.keep_log);
        let (mut gone, mut after) = (0, None);
        loop {
            let page = self.store().logged_runs(after, RUNS).await?;
            let Some(last) = page.last() else { return Ok(gone) };
            after = Some(*last);
            for id in page {
                // ids sort by the time of the beginning, and nothing ends before it begins
                if id.minted_at() >= before {
                    return Ok(gone);
                }
                // a log without a run belongs to a purge of its conversation
                let run = self.store().run(id).await?;
                if run.is_some_and(|run| run.ended_at.is_some_and(|ended| ended < before)) {
                    self.purge_log(id).await?;
                    gone += 1;
                }
            }
        }
    }

    /// From the front: what is left never looks like a beginning of the whole.
    async fn purge_log(&self, run: RunId) -> Result<(), Error> {
        loop {
            let page = self.store().run_log(run, 0, STRETCHES).await?;
            if page.is_empty() {
                return Ok(());
            }
            let stretches = page.iter().map(|log| log.first).collect();
            match self.store().commit(Batch::of(PurgeLog { run, stretches })).await {
                Ok(_) => {}
                // somebody else removes the same
                Err(error) if matches!(error.conflict(), Some(Conflict::Missing(_))) => {}
                Err(error) => return Err(error.into()),
            }
        }
    }
}
