//! Holds end: what was used is booked, the rest is free again.

use std::fmt;
use std::sync::Arc;

use super::bid::{entitled, follow, zone};
use super::hold::Hold;
use super::place::{counted, release};
use super::terms::{AbortPolicy, LOOK_AFTER, Terms};
use crate::billing::ledger::{Charge, release_money, settle_money};
use crate::clock::Timestamp;
use crate::conversation::Part;
use crate::id::RunId;
use crate::quota::Amounts;
use crate::store::{Change, Stop, Tx};
use crate::turn::{Run, RunState, TokenCounter, Usage, UsageByModel, counted_usage};

/// What a run used, as far as it is known when it ends.
#[derive(Clone)]
pub(crate) struct Spent {
    /// What is certain, by model: what providers reported, and rounds that came to their end.
    pub(crate) certain: UsageByModel,
    /// What was counted of a round that did not, and is not in any report.
    pub(crate) cut: Option<Usage>,
    /// The model of that round.
    pub(crate) speaker: String,
    /// What was said, but for what an earlier answer had said.
    pub(crate) said: Vec<Part>,
    /// What an earlier answer had said, which it goes on with.
    pub(crate) before: Vec<Part>,
    /// Calls to models and tools.
    pub(crate) api_calls: u64,
    /// Counts as the model does, as well as anybody knows.
    pub(crate) counter: Arc<dyn TokenCounter>,
}

impl fmt::Debug for Spent {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Spent").field("certain", &self.certain).field("cut", &self.cut).finish_non_exhaustive()
    }
}

impl Spent {
    /// All that came, by model.
    pub(crate) fn usage(&self) -> UsageByModel {
        self.with_cut(self.cut)
    }

    fn with_cut(&self, cut: Option<Usage>) -> UsageByModel {
        let cut = cut.map(|cut| UsageByModel::of(&*self.speaker, cut)).unwrap_or_default();
        self.certain.clone().plus(&cut)
    }

    /// Whether something came of it.
    fn is_something(&self, run: &Run) -> bool {
        let reported = self.cut.is_none() && self.certain.total().is_some_and(|usage| usage.total() > 0);
        run.state == RunState::Completed || reported || self.said != self.before
    }

    /// What counts of a run that has ended.
    pub(crate) fn charged(&self, run: &Run, policy: AbortPolicy) -> UsageByModel {
        let Some(cut) = self.cut.filter(|_| run.state != RunState::Completed) else { return self.usage() };
        match policy {
            AbortPolicy::Generated | AbortPolicy::Drain { .. } => self.usage(),
            AbortPolicy::Delivered => self.with_cut(Some(self.delivered(cut, run))),
            AbortPolicy::Surcharge { bps } => self.with_cut(Some(with_surcharge(cut, bps))),
        }
    }

    /// No more of the answer than what was kept of it.
    fn delivered(&self, cut: Usage, run: &Run) -> Usage {
        let count = |parts: &[Part]| counted_usage(0, parts, &self.before, &*self.counter);
        let (said, kept) = (count(&self.said), count(&run.kept(&self.said)));
        let lost = |said: u64, kept: u64| said.saturating_sub(kept);
        Usage {
            output: cut.output.saturating_sub(lost(said.output, kept.output)),
            reasoning: cut.reasoning.saturating_sub(lost(said.reasoning, kept.reasoning)),
            ..cut
        }
    }
}

/// So many hundredths of a percent more, rounded up.
fn with_surcharge(usage: Usage, bps: u32) -> Usage {
    let more = |tokens: u64| {
        let all = (u128::from(tokens) * (10_000 + u128::from(bps))).div_ceil(10_000);
        u64::try_from(all).unwrap_or(u64::MAX)
    };
    Usage {
        input: more(usage.input),
        output: more(usage.output),
        cache_read: more(usage.cache_read),
        cache_write: more(usage.cache_write),
        reasoning: more(usage.reasoning),
        source: usage.source,
    }
}

/// A run has ended, in the same batch and before this: its hold ends with it. A run without a hold is not counted.
#[derive(Debug, Clone)]
pub(crate) struct SettleHold {
    pub(crate) run: RunId,
    pub(crate) spent: Spent,
    pub(crate) terms: Arc<Terms>,
    pub(crate) at: Timestamp,
}

impl Change for SettleHold {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let hold = tx.get::<Hold>(&self.run);
        let run = tx.require::<Run>(&self.run);
        let (Some(hold), run) = (hold?, run?) else { return Ok(()) };
        let Self { spent, terms, at, .. } = self;
        let used = spent.is_something(&run).then(|| {
            let usage = spent.charged(&run, terms.abort);
            (usage, spent.api_calls)
        });
        settle(tx, terms, hold, used, *at)
    }
}

/// What was asked beside an answer was answered, or not: its hold ends.
#[derive(Debug, Clone)]
pub(crate) struct SettleBeside {
    pub(crate) run: RunId,
    /// By which model, if anything is known.
    pub(crate) used: Option<(String, Usage)>,
    pub(crate) terms: Arc<Terms>,
    pub(crate) at: Timestamp,
}

impl Change for SettleBeside {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let Some(hold) = tx.get::<Hold>(&self.run)?.filter(Hold::is_beside) else { return Ok(()) };
        let usage = self.used.clone().map(|(model, usage)| UsageByModel::of(model, usage)).unwrap_or_default();
        let calls = hold.amounts.api_calls;
        settle(tx, &self.terms, hold, Some((usage, calls)), self.at)
    }
}

/// Ends a hold. `used` is nothing if nothing came of the run.
fn settle(
    tx: &mut Tx<'_>,
    terms: &Terms,
    hold: Hold,
    used: Option<(UsageByModel, u64)>,
    at: Timestamp,
) -> Result<(), Stop> {
    settle_credit(tx, terms, &hold, used.as_ref().map(|(usage, _)| usage), at)?;
    let booked = used.map(|(usage, api_calls)| Amounts {
        tokens: usage.total().unwrap_or_default().total(),
        cost: terms.cost(&usage),
        api_calls,
        ..hold.amounts
    });
    let (owner, _) = follow(tx, terms, hold.subject)?;
    let zone = zone(entitled(tx, terms, owner)?.as_ref());
    for mut counter in counted(tx, terms, &hold)? {
        release(&mut counter, &hold);
        if let Some(booked) = booked {
            counter.used.book(booked, at, &zone);
        }
        tx.update(counter)?;
    }
    tx.delete::<Hold>(&hold.run)
}

/// Charges what was used by the prices of the hold, and gives the rest back.
fn settle_credit(
    tx: &mut Tx<'_>,
    terms: &Terms,
    hold: &Hold,
    used: Option<&UsageByModel>,
    at: Timestamp,
) -> Result<(), Stop> {
    let Some(quote) = &hold.quote else { return Ok(()) };
    let (owner, _) = follow(tx, terms, hold.subject)?;
    let Some(usage) = used else { return release_money(tx, owner, hold.money, at) };
    let used = usage.iter().map(|(model, usage)| (model.to_owned(), usage)).collect();
    let cost = quote.cost(&used);
    let charge = Charge { run: hold.run, price_version: quote.version.clone(), used };
    settle_money(tx, owner, hold.money, (cost, charge), &terms.credit, at)
}

/// Looks whether the run of a hold still goes on. If it does the hold stands for longer; if it ended without its hold (whoever
/// ended it knew of none) what it used counts; if it is gone, what is certain counts: that it was asked for.
#[derive(Debug, Clone)]
pub(crate) struct RevisitHold {
    pub(crate) run: RunId,
    pub(crate) terms: Arc<Terms>,
    pub(crate) at: Timestamp,
}

impl Change for RevisitHold {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (hold, run) = (tx.get::<Hold>(&self.run), tx.get::<Run>(&self.run));
        let (Some(hold), run) = (hold?, run?) else { return Ok(()) };
        let calls = hold.amounts.api_calls;
        let usage = match run {
            // what it was told is known to nobody; that it was asked is certain
            _ if hold.is_beside() => UsageByModel::default(),
            Some(run) if run.is_active() => {
                return tx.update(Hold { expires_at: self.at.plus(LOOK_AFTER), ..hold });
            }
            Some(run) => run.usage.map_or_else(UsageByModel::default, |usage| UsageByModel::of(run.model, usage)),
            None => UsageByModel::default(),
        };
        settle(tx, &self.terms, hold, Some((usage, calls)), self.at)
    }
}
