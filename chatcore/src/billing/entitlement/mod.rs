//! What somebody is entitled to, from when to when. Payments, ledger and limits meet here.

mod bid;
mod bytes;
mod change;
mod hold;
mod merge;
mod note;
mod place;
mod settle;
mod terms;

use std::time::Duration;

use serde::{Deserialize, Serialize};

pub(super) use change::edit;
pub use change::{ChangeEntitlement, Edit};

pub(crate) use bid::Bid;
pub(crate) use bytes::{keep_bytes, release_bytes};
pub use hold::Hold;
pub use merge::{MergeEntitlement, MergeUsage};
pub use note::{Deed, Note};
pub(crate) use place::{GrowHold, PlaceHold, moved};
pub(crate) use settle::{RevisitHold, SettleBeside, SettleHold, Spent};
pub use terms::{AbortPolicy, Terms};

use super::plan::PlanId;
use crate::clock::Timestamp;
use crate::quota::LimitRule;
use crate::store::{Conflict, Kind, Record};
use crate::subject::Subject;

/// What somebody is entitled to. Whoever has none has the default plan of users or of visitors.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Entitlement {
    /// Who.
    pub subject: Subject,
    /// Their plan; none is the default one. Whether it is over is for [`Entitlement::plan_at`] to say.
    pub plan: Option<PlanId>,
    /// Where the plan comes from.
    pub source: Source,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ends by itself; from then on it is the plan beneath, or the default one.
    pub until: Option<Timestamp>,
    /// What they pay for, beneath a plan that somebody gave them.
    #[serde(default)]
    pub beneath: Option<Basis>,
    /// What they had before, the oldest first: the last [`Entitlement::MAX_PAST`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub past: Vec<Basis>,
    /// Rules of their own: each takes the place of those of the plan with the same meter, window, scope and model.
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub overrides: Vec<LimitRule>,
    /// The most of their balance that they want to spend in a calendar month, in micro-units of credit.
    #[serde(default)]
    pub cap: Option<u64>,
    /// Their time zone, by its name in the IANA database; UTC if none.
    #[serde(default)]
    pub time_zone: Option<String>,
    /// When the owner said so last: see [`Entitlement::ZONE_STANDS`].
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub zone_since: Option<Timestamp>,
    /// What was done to it by somebody else than the owner, the oldest first: the last [`Note::MAX`].
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    pub notes: Vec<Note>,
    /// How often it was changed.
    pub version: u64,
}

/// A plan from when to when, and why.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct Basis {
    /// The plan.
    pub plan: PlanId,
    /// Where it comes from.
    pub source: Source,
    /// Since when.
    pub since: Timestamp,
    /// Until when, if it ends by itself.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub until: Option<Timestamp>,
}

/// Where a plan comes from.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
#[non_exhaustive]
pub enum Source {
    /// Everybody has it.
    Default,
    /// A subscription, by its id at whoever takes the money.
    Subscription(String),
    /// Somebody who runs the service gave it.
    Staff,
}

impl Record for Entitlement {
    type Key = Subject;
    const KIND: Kind = Kind::Entitlement;

    fn key(&self) -> Subject {
        self.subject
    }
}

fn is_over(until: Option<Timestamp>, now: Timestamp) -> bool {
    until.is_some_and(|until| until <= now)
}

impl Entitlement {
    /// How long owners wait before they choose another time zone. Their days begin in it, and so do the limits of a day:
    /// whoever could choose a zone in which it is just past midnight would be under no limit. The first choice is free.
    pub const ZONE_STANDS: Duration = Duration::from_secs(31 * 86_400);

    /// How much of the past is kept.
    pub const MAX_PAST: usize = 24;

    /// That of somebody who has nothing but what everybody has.
    #[must_use]
    pub fn new(subject: Subject, at: Timestamp) -> Self {
        Self {
            subject,
            plan: None,
            source: Source::Default,
            since: at,
            until: None,
            beneath: None,
            past: Vec::new(),
            overrides: Vec::new(),
            cap: None,
            time_zone: None,
            zone_since: None,
            notes: Vec::new(),
            version: 0,
        }
    }

    /// The plan that counts at a moment; `None` is the default one.
    #[must_use]
    pub fn plan_at(&self, now: Timestamp) -> Option<&PlanId> {
        let beneath = self.beneath.as_ref().filter(|basis| !is_over(basis.until, now));
        let own = self.plan.as_ref().filter(|_| !is_over(self.until, now));
        own.or(beneath.map(|basis| &basis.plan))
    }

    /// What counts at a moment, dated; `None` is the default plan.
    #[must_use]
    pub fn basis_at(&self, now: Timestamp) -> Option<Basis> {
        let own = self.basis().filter(|basis| !is_over(basis.until, now));
        own.or_else(|| self.beneath.clone().filter(|basis| !is_over(basis.until, now)))
    }

    /// What they pay for, whether or not it counts.
    pub(crate) fn bought(&self) -> Option<Basis> {
        let own = self.basis().filter(|basis| matches!(basis.source, Source::Subscription(_)));
        own.or_else(|| self.beneath.clone())
    }

    fn basis(&self) -> Option<Basis> {
        let plan = self.plan.clone()?;
        Some(Basis { plan, source: self.source.clone(), since: self.since, until: self.until })
    }

    /// The owner lives elsewhere.
    pub(super) fn move_to(&mut self, zone: Option<String>, at: Timestamp) -> Result<(), Conflict> {
        if zone == self.time_zone {
            return Ok(());
        }
        if self.zone_since.is_some_and(|since| at < since.plus(Self::ZONE_STANDS)) {
            return Err(Conflict::Rule("another time zone can be chosen 31 days after the last"));
        }
        (self.time_zone, self.zone_since) = (zone, Some(at));
        Ok(())
    }

    /// Somebody who runs the service gives them a plan. What they pay for lies beneath, and counts again afterwards.
    pub(super) fn give(&mut self, plan: PlanId, until: Option<Timestamp>, at: Timestamp) {
        if matches!(self.source, Source::Subscription(_)) {
            self.beneath = self.basis();
        }
        self.stand_on(Some(Basis { plan, source: Source::Staff, since: at, until }), at);
    }

    /// What somebody gave them is taken back.
    pub(super) fn take_back(&mut self, at: Timestamp) {
        if self.source == Source::Staff {
            let beneath = self.beneath.take();
            self.stand_on(beneath, at);
        }
    }

    /// What they pay for is this from now on, or nothing.
    pub(crate) fn subscribe(&mut self, basis: Option<Basis>, at: Timestamp) {
        if self.source == Source::Staff && !is_over(self.until, at) {
            let since = self.beneath.as_ref().filter(|old| basis.as_ref().is_some_and(|new| same(old, new)));
            let since = since.map(|old| old.since);
            self.beneath = basis.map(|new| Basis { since: since.unwrap_or(new.since), ..new });
        } else {
            self.beneath = None;
            self.stand_on(basis, at);
        }
    }

    /// Moves on to another plan, and remembers the one before. The same plan for longer is no other plan.
    fn stand_on(&mut self, next: Option<Basis>, at: Timestamp) {
        let before = self.basis();
        if let (Some(before), Some(next)) = (&before, &next)
            && same(before, next)
        {
            self.until = next.until;
            return;
        }
        if let Some(before) = before {
            let ended = before.until.map_or(at, |until| until.min(at));
            self.past.push(Basis { until: Some(ended), ..before });
            let surplus = self.past.len().saturating_sub(Self::MAX_PAST);
            self.past.drain(..surplus);
        }
        match next {
            Some(Basis { plan, source, since, until }) => {
                (self.plan, self.source, self.since, self.until) = (Some(plan), source, since, until);
            }
            None if self.plan.is_none() => {}
            None => (self.plan, self.source, self.since, self.until) = (None, Source::Default, at, None),
        }
    }
}

fn same(one: &Basis, other: &Basis) -> bool {
    one.plan == other.plan && one.source == other.source
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::testing::user;

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn id(plan: &str) -> PlanId {
        PlanId(plan.into())
    }

    fn paid(plan: &str, since: i64, until: i64) -> Option<Basis> {
        let source = Source::Subscription("sub_1".into());
        Some(Basis { plan: id(plan), source, since: at(since), until: Some(at(until)) })
    }

    #[test]
    fn a_plan_ends_by_itself_and_the_past_is_dated() {
        let mut it = Entitlement::new(user(1).subject(), at(0));
        it.subscribe(paid("pro", 1, 10), at(1));
        assert_eq!((it.plan_at(at(9)), it.plan_at(at(10))), (Some(&id("pro")), None));
        it.subscribe(paid("pro", 9, 20), at(9));
        assert_eq!((it.since, it.until, it.past.len()), (at(1), Some(at(20)), 0), "the same, for longer");
        it.subscribe(paid("max", 12, 20), at(12));
        it.subscribe(None, at(15));
        assert_eq!(it.plan, None);
        let past: Vec<_> = it.past.iter().map(|one| (one.plan.0.as_str(), one.since, one.until)).collect();
        assert_eq!(past, [("pro", at(1), Some(at(12))), ("max", at(12), Some(at(15)))]);
    }

    #[test]
    fn what_is_given_lies_above_what_is_paid_for() {
        let mut it = Entitlement::new(user(1).subject(), at(0));
        it.subscribe(paid("pro", 1, 100), at(1));
        it.give(id("vip"), Some(at(50)), at(2));
        assert_eq!((it.plan_at(at(3)), it.plan_at(at(50))), (Some(&id("vip")), Some(&id("pro"))));
        it.subscribe(paid("max", 3, 200), at(3));
        assert_eq!((it.plan_at(at(3)), it.plan_at(at(50))), (Some(&id("vip")), Some(&id("max"))));
        let mut over = it.clone();
        over.subscribe(paid("max", 60, 300), at(60));
        assert_eq!((over.plan.as_ref(), &over.beneath), (Some(&id("max")), &None), "what was given is over");
        it.take_back(at(4));
        assert_eq!((it.plan.as_ref(), it.until, &it.beneath), (Some(&id("max")), Some(at(200)), &None));
        it.take_back(at(5));
        assert_eq!(it.plan, Some(id("max")), "there is nothing to take back");
    }

    #[test]
    fn the_past_is_bounded() {
        let mut it = Entitlement::new(user(1).subject(), at(0));
        for n in 0..100 {
            it.give(id(&n.to_string()), None, at(n));
        }
        assert_eq!((it.past.len(), it.past[0].plan.0.as_str()), (Entitlement::MAX_PAST, "75"));
    }
}
