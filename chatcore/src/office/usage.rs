//! How much is used, by whom, with which model, and how well it went.

use std::collections::BTreeMap;
use std::time::Duration;

use super::Office;
use super::people::read_key;
use super::sift::{Sift, read, sift};
use crate::account::Permission;
use crate::audit::By;
use crate::billing::ledger::{Credit, LedgerEntry, event};
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::RunId;
use crate::page::{Cursor, List, Page, PageRequest};
use crate::quota::{Amounts, Counter, ScopeKey, Who};
use crate::store::{Domain, OrderedKey, StoreError};
use crate::subject::Subject;
use crate::turn::{Run, RunState};

/// Runs, and entries of the ledger, that one fold looks at, at most.
pub const FOLD: usize = 50_000;

/// Records that are read together.
const STEP: usize = 1_000;

const DAY: i64 = 24 * 60 * 60 * 1_000_000;

/// From when to when: the first moment belongs to it, the last one does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Period {
    /// The first moment.
    pub since: Timestamp,
    /// The moment behind the last one.
    pub until: Timestamp,
}

impl Period {
    /// The last so many days before a moment, of 24 hours each.
    #[must_use]
    pub fn last_days(days: u32, now: Timestamp) -> Self {
        Self { since: now.minus(Duration::from_secs(u64::from(days) * 24 * 3600)), until: now }
    }

    const fn has(&self, at: Timestamp) -> bool {
        self.since.as_micros() <= at.as_micros() && at.as_micros() < self.until.as_micros()
    }
}

/// What came of runs.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Totals {
    /// Runs that began.
    pub runs: u64,
    /// Runs that an error ended, or whose driver went away.
    pub failed: u64,
    /// Tokens of prompts.
    pub input: u64,
    /// Tokens of answers.
    pub output: u64,
    /// Runs of which a first token is known.
    pub heard: u64,
    /// From the start to the first token, in milliseconds, of all of those together.
    pub waited_ms: u64,
    /// What was charged for them.
    pub charged: Credit,
}

impl Totals {
    fn add(&mut self, run: &Run) {
        self.runs += 1;
        self.failed += u64::from(matches!(run.state, RunState::Failed | RunState::Interrupted));
        if let Some(usage) = run.usage {
            let input = usage.input.saturating_add(usage.cache_read).saturating_add(usage.cache_write);
            self.input = self.input.saturating_add(input);
            self.output = self.output.saturating_add(usage.output).saturating_add(usage.reasoning);
        }
        if let Some(waited) = run.time_to_first_token() {
            self.heard += 1;
            self.waited_ms = self.waited_ms.saturating_add(u64::try_from(waited.as_millis()).unwrap_or(u64::MAX));
        }
    }

    /// Both together.
    #[must_use]
    pub fn plus(self, other: Self) -> Self {
        Self {
            runs: self.runs + other.runs,
            failed: self.failed + other.failed,
            input: self.input.saturating_add(other.input),
            output: self.output.saturating_add(other.output),
            heard: self.heard + other.heard,
            waited_ms: self.waited_ms.saturating_add(other.waited_ms),
            charged: Credit::total([self.charged, other.charged]),
        }
    }

    /// From the start to the first token, on average.
    #[must_use]
    pub fn time_to_first_token(&self) -> Option<Duration> {
        self.waited_ms.checked_div(self.heard).map(Duration::from_millis)
    }
}

/// What came of the runs of one model in one day of UTC. A run counts for the day and the model with which it began.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct ModelDay {
    /// The beginning of the day.
    pub day: Timestamp,
    /// The model that was asked.
    pub model: String,
    /// What came of them.
    pub totals: Totals,
}

/// What a fold says.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Report {
    /// By day, then by model.
    pub days: Vec<ModelDay>,
    /// Whether all of it was looked at; otherwise the end of the period is missing.
    pub is_whole: bool,
}

impl Report {
    /// All of it together.
    #[must_use]
    pub fn totals(&self) -> Totals {
        self.days.iter().fold(Totals::default(), |sum, day| sum.plus(day.totals))
    }

    /// What came of the runs that began in each day.
    #[must_use]
    pub fn by_day(&self) -> BTreeMap<Timestamp, Totals> {
        self.by(|day| day.day)
    }

    /// What came of the runs of each model.
    #[must_use]
    pub fn by_model(&self) -> BTreeMap<String, Totals> {
        self.by(|day| day.model.clone())
    }

    fn by<K: Ord>(&self, key: impl Fn(&ModelDay) -> K) -> BTreeMap<K, Totals> {
        let mut sums: BTreeMap<K, Totals> = BTreeMap::new();
        for day in &self.days {
            let sum = sums.entry(key(day)).or_default();
            *sum = sum.plus(day.totals);
        }
        sums
    }
}

/// What somebody used in one day of UTC.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PersonDay {
    /// The beginning of the day.
    pub day: Timestamp,
    /// Who.
    pub subject: Subject,
    /// How much.
    pub used: Amounts,
}

impl Office {
    /// How models answered in a period, by day and model; somebody's runs alone, if they are named. What lies so far back
    /// that more than [`FOLD`] runs began since is looked at first, and the rest is missing.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn models<'a>(
        &self,
        by: impl Into<By<'a>>,
        of: Option<Subject>,
        period: Period,
    ) -> Result<Report, Error> {
        by.into().expect(Permission::SeeUsage)?;
        let mut fold = Fold::new(period);
        self.fold_runs(of, &mut fold).await?;
        if self.store.supports(Domain::Billing) {
            self.fold_charges(of, &mut fold).await?;
        }
        Ok(fold.report())
    }

    async fn fold_runs(&self, of: Option<Subject>, fold: &mut Fold) -> Result<(), StoreError> {
        let mut after = RunId::first_at(fold.period.since);
        for _ in 0..FOLD / STEP {
            let found: Vec<Run> = match of {
                Some(owner) => self.store.runs_of(owner, Some(after), STEP).await?,
                None => read(&*self.store, Some(&after.to_bytes()), STEP).await?,
            };
            let Some(last) = found.last() else { return Ok(()) };
            after = last.id;
            let is_last = found.len() < STEP || last.started_at >= fold.period.until;
            found.iter().for_each(|run| fold.add(run));
            if is_last {
                return Ok(());
            }
        }
        fold.is_whole = false;
        Ok(())
    }

    /// The entry of a run is named after it, so those of a period are a range of keys, too.
    async fn fold_charges(&self, of: Option<Subject>, fold: &mut Fold) -> Result<(), StoreError> {
        let mut after = event::run(RunId::first_at(fold.period.since)).to_bytes();
        for _ in 0..FOLD / STEP {
            let found: Vec<LedgerEntry> = read(&*self.store, Some(&after), STEP).await?;
            let Some(last) = found.last() else { return Ok(()) };
            after = last.event.to_bytes();
            let mut is_last = found.len() < STEP;
            for entry in &found {
                let Some(charge) = entry.charge.as_ref().filter(|charge| event::run(charge.run) == entry.event) else {
                    is_last |= !entry.event.starts_with("run:");
                    continue;
                };
                is_last |= charge.run.minted_at() >= fold.period.until;
                if of.is_none_or(|of| of == entry.owner) {
                    fold.charge(charge.run, -entry.owners());
                }
            }
            if is_last {
                return Ok(());
            }
        }
        fold.is_whole = false;
        Ok(())
    }

    /// What people used, by person and day; a day of a time zone other than UTC counts for the day of UTC in which it
    /// begins. At most [`super::LOOK`] people are looked at for a page.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn used<'a>(
        &self,
        by: impl Into<By<'a>>,
        period: Period,
        page: &PageRequest,
    ) -> Result<Page<PersonDay>, Error> {
        by.into().expect(Permission::SeeUsage)?;
        let after = page.position(List::Used)?.map(read_key::<ScopeKey>).transpose()?;
        let want = |counter: &Counter| match (&counter.scope.who, &counter.scope.model) {
            (Who::Subject(_), None) if days(counter, period).next().is_some() => Sift::Take,
            (Who::Subject(_), _) => Sift::Pass,
            _ => Sift::End,
        };
        let found = sift(&*self.store, after.map(|key| key.to_bytes()), page.size(), want).await?;
        let items = found.items.iter().flat_map(|counter| days(counter, period)).collect();
        Ok(Page { items, next: found.next.map(|key| Cursor::new(List::Used, key)) })
    }

    /// What somebody used, by day.
    ///
    /// # Errors
    /// [`Error::Denied`].
    pub async fn used_by<'a>(
        &self,
        by: impl Into<By<'a>>,
        subject: Subject,
        period: Period,
    ) -> Result<Vec<PersonDay>, Error> {
        by.into().expect(Permission::SeeUsage)?;
        let found = self.store.counters(&[ScopeKey::subject(subject)]).await?;
        Ok(found.iter().flat_map(|counter| days(counter, period)).collect())
    }
}

/// What a counter of somebody says of the days of a period.
fn days(counter: &Counter, period: Period) -> impl Iterator<Item = PersonDay> {
    let subject = if let Who::Subject(subject) = counter.scope.who { Some(subject) } else { None };
    let days = counter.used.days().into_iter().filter(move |(day, _)| period.has(*day));
    days.filter_map(move |(day, used)| Some(PersonDay { day, subject: subject?, used }))
}

/// The beginning of the day of UTC that a moment lies in.
const fn day_of(at: Timestamp) -> Timestamp {
    Timestamp::from_micros(at.as_micros().div_euclid(DAY) * DAY)
}

/// Sums while they are made.
struct Fold {
    period: Period,
    sums: BTreeMap<(Timestamp, String), Totals>,
    models: BTreeMap<RunId, String>,
    is_whole: bool,
}

impl Fold {
    const fn new(period: Period) -> Self {
        Self { period, sums: BTreeMap::new(), models: BTreeMap::new(), is_whole: true }
    }

    fn add(&mut self, run: &Run) {
        if self.period.has(run.started_at) {
            self.sums.entry((day_of(run.started_at), run.model.clone())).or_default().add(run);
            self.models.insert(run.id, run.model.clone());
        }
    }

    /// What was charged for a run that was counted. Of one that was deleted the model is not known, so it stands alone.
    fn charge(&mut self, run: RunId, amount: Credit) {
        let at = run.minted_at();
        if self.period.has(at) {
            let model = self.models.get(&run).cloned().unwrap_or_default();
            let sum = self.sums.entry((day_of(at), model)).or_default();
            sum.charged = Credit::total([sum.charged, amount]);
        }
    }

    fn report(self) -> Report {
        let days = self.sums.into_iter().map(|((day, model), totals)| ModelDay { day, model, totals });
        Report { days: days.collect(), is_whole: self.is_whole }
    }
}
