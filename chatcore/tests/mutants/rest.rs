//! The same store's runs and jobs.

use async_trait::async_trait;
use chatcore::job::{Job, JobStore, Work};
use chatcore::once::{IdempotencyKey, RequestName};
use chatcore::store::{AnyRecord, Kind, OrderedKey, Scan};
use chatcore::turn::{Run, RunLog, TurnStore};
use chatcore::{ConversationId, JobId, RunId, Subject, Timestamp};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl TurnStore for Mutant {
    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        let found = self.inner.run(id).await?;
        Ok(found.filter(|run| run.is_active() || !self.is(Fault::RunningById)))
    }

    async fn active_runs(&self, conversation: ConversationId) -> Result<Vec<Run>> {
        if self.is(Fault::ActiveForever) {
            let all = self.inner.scan(Kind::Run, None, usize::MAX).await?;
            let of = |record| match record {
                AnyRecord::Run(run) if run.conversation == conversation => Some(run),
                _ => None,
            };
            return Ok(all.into_iter().filter_map(of).collect());
        }
        self.inner.active_runs(conversation).await
    }

    async fn lapsed_runs(&self, before: Timestamp, limit: usize) -> Result<Vec<Run>> {
        if self.is(Fault::LapsedAtOnce) {
            return self.inner.lapsed_runs(Timestamp::MAX, limit).await;
        }
        let mut runs = self.inner.lapsed_runs(before, limit).await?;
        if self.is(Fault::LapsedForGood) {
            runs = self.inner.lapsed_runs(Timestamp::MAX, usize::MAX).await?;
            runs.retain(|run| run.started_at < before);
            runs.truncate(limit);
        }
        if self.is(Fault::LapsedById) {
            runs.sort_by_key(|run| run.id);
        }
        Ok(runs)
    }

    async fn runs_of(&self, owner: Subject, after: Option<RunId>, limit: usize) -> Result<Vec<Run>> {
        if self.is(Fault::RunsOfAnybody) {
            let after = after.map(|id| id.to_bytes());
            let all = self.inner.scan(Kind::Run, after.as_deref(), limit).await?;
            let run = |record| if let AnyRecord::Run(run) = record { Some(run) } else { None };
            return Ok(all.into_iter().filter_map(run).collect());
        }
        let mut runs = self.inner.runs_of(owner, after, limit).await?;
        if self.is(Fault::NewestRunsOnly) {
            runs.drain(..runs.len().saturating_sub(10));
        }
        Ok(runs)
    }

    async fn logged_runs(&self, after: Option<RunId>, limit: usize) -> Result<Vec<RunId>> {
        if self.is(Fault::HidesLogs) {
            return Ok(Vec::new());
        }
        if self.is(Fault::LogsByStretch) {
            let all = self.inner.scan(Kind::RunLog, None, usize::MAX).await?;
            let of = |record| if let AnyRecord::RunLog(log) = record { Some(log.run) } else { None };
            let behind = all.into_iter().filter_map(of).filter(|run| after.is_none_or(|after| *run > after));
            return Ok(behind.take(limit).collect());
        }
        self.inner.logged_runs(after, limit).await
    }

    async fn run_log(&self, run: RunId, after: u64, limit: usize) -> Result<Vec<RunLog>> {
        if self.is(Fault::LogByOffset) {
            let all = self.inner.run_log(run, 0, usize::MAX).await?;
            return Ok(self.offsets.page(all, (after > 0).then_some(after), limit, |log| log.last));
        }
        let mut logs = self.inner.run_log(run, after, limit).await?;
        if self.is(Fault::LogByRow) {
            logs.retain(|log| log.first > after);
        }
        Ok(logs)
    }

    async fn idempotency_key(&self, owner: Subject, name: &RequestName) -> Result<Option<IdempotencyKey>> {
        let found = self.inner.idempotency_key(owner, name).await?;
        if self.is(Fault::ForgetsMarks) && matches!(name, RequestName::Key(_)) {
            return Ok(found.filter(|found| found.expires_at.is_some()));
        }
        Ok(found.filter(|found| found.expires_at.is_none() || !self.is(Fault::ForgetsKeys)))
    }

    async fn expired_keys(&self, now: Timestamp, limit: usize) -> Result<Vec<IdempotencyKey>> {
        let mut names = self.inner.expired_keys(now, limit).await?;
        if self.is(Fault::ExpiredByName) {
            names.sort_by(|one, other| (one.owner, &one.name).cmp(&(other.owner, &other.name)));
        }
        Ok(names)
    }
}

#[async_trait]
impl JobStore for Mutant {
    async fn jobs(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Job>> {
        if self.is(Fault::NoJobs) {
            return Ok(Vec::new());
        }
        if self.is(Fault::JobsByOffset) {
            let all = self.inner.jobs(None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |job| job.id));
        }
        let mut jobs = self.inner.jobs(after, limit).await?;
        if self.is(Fault::JobsNewestFirst) {
            jobs.reverse();
        }
        jobs.retain(|job| {
            !matches!(job.work, Work::Erase { looked_at: Some(_), .. }) || !self.is(Fault::HidesSecondLooks)
        });
        Ok(jobs)
    }
}
