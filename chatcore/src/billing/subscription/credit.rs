//! The credit that comes with a period: once, however often and in whatever order the period is heard of.

use super::{Subscription, has_begun};
use crate::billing::gateway::Snapshot;
use crate::billing::ledger::{Credit, ExpireCredit, GrantCredit, GrantKind, LedgerEntry, Terms, event};
use crate::billing::plan::{Plan, PlanGrant};
use crate::clock::Timestamp;
use crate::store::{Change, Stop, Tx};
use crate::subject::Subject;

/// Credit for one period of a plan.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct PeriodGrant {
    /// The name of the business event: nothing else has it.
    pub event: String,
    /// Whose credit.
    pub subject: Subject,
    /// How much.
    pub amount: Credit,
    /// When it is used, and when what is left is gone.
    pub terms: Terms,
    /// Why, as the entry says it.
    pub reason: String,
}

impl PeriodGrant {
    /// What a plan grants for the period that a snapshot shows.
    #[must_use]
    pub fn of(plan: &Plan, subject: Subject, snapshot: &Snapshot) -> Vec<Self> {
        let period = event::grant(&snapshot.id, snapshot.period_start);
        let named = |(n, grant): (usize, &PlanGrant)| Self {
            event: format!("{period}:{n}"),
            subject,
            // a plan with more was not taken
            amount: Credit::amount(grant.amount).unwrap_or(Credit::MAX),
            terms: Terms {
                priority: grant.priority,
                expires_at: (!grant.keeps).then_some(snapshot.period_end),
                trial: false,
            },
            reason: format!("the plan `{}`", plan.id),
        };
        plan.grants.iter().enumerate().map(named).collect()
    }

    /// Gives the credit, unless nothing would be left of it. What was booked for the period stays, whatever the plan grants
    /// by now.
    fn book(self, tx: &mut Tx<'_>, at: Timestamp) -> Result<(), Stop> {
        if self.terms.has_lapsed(at) || tx.get::<LedgerEntry>(&self.event)?.is_some() {
            return Ok(());
        }
        let Self { event, subject: owner, amount, terms, reason } = self;
        // periods that are heard of late may have lapsed: they are not to stand beside each other in the wallet
        ExpireCredit { owner, at }.apply(tx)?;
        let (kind, terms, reason) = (GrantKind::Plan, Some(terms), Some(reason));
        GrantCredit { event, owner, amount, kind, terms, reason, by: None, at }.apply(tx)
    }
}

impl Subscription {
    /// Gives the credit of the period that a snapshot shows, if it has begun and was given none yet.
    pub(super) fn credit(
        &mut self,
        tx: &mut Tx<'_>,
        snapshot: &Snapshot,
        plan: &Plan,
        at: Timestamp,
    ) -> Result<(), Stop> {
        if !has_begun(snapshot) || !self.note(snapshot.period_start) {
            return Ok(());
        }
        PeriodGrant::of(plan, self.subject, snapshot).into_iter().try_for_each(|grant| grant.book(tx, at))
    }

    /// Notes that a period was given its credit; `false` if it was before, or is older than what is remembered.
    fn note(&mut self, start: Timestamp) -> bool {
        let Err(place) = self.credited.binary_search(&start) else { return false };
        if self.credited.len() >= Self::MAX_CREDITED {
            if place == 0 {
                return false;
            }
            self.credited.remove(0);
            self.credited.insert(place - 1, start);
        } else {
            self.credited.insert(place, start);
        }
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::plan::PlanId;
    use crate::billing::{Grace, SnapshotStatus};
    use crate::testing::user;

    fn snapshot(start: i64) -> Snapshot {
        Snapshot {
            id: "sub_1".into(),
            customer: "cus_1".into(),
            price: "price_1".into(),
            status: SnapshotStatus::Active,
            period_start: Timestamp::from_micros(start),
            period_end: Timestamp::from_micros(start + 10),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        }
    }

    #[test]
    fn a_period_is_noted_once_and_long_gone_ones_never() {
        let (subject, plan) = (user(1).subject(), PlanId("pro".into()));
        let first = Subscription::begin(&snapshot(0), subject, plan, Grace::default(), Timestamp::default());
        let mut it = first.unwrap_or_else(|error| panic!("{error}"));
        let note = |it: &mut Subscription, n: i64| it.note(Timestamp::from_micros(n));
        for n in (0..100).rev() {
            assert_eq!(note(&mut it, n), n >= 40, "the sixty that came first fill it, older ones are too old");
        }
        assert!(!note(&mut it, 70) && note(&mut it, 200) && !note(&mut it, 40), "40 made room for 200");
        assert!(it.credited.is_sorted() && it.credited.len() == Subscription::MAX_CREDITED);
    }

    #[test]
    fn what_is_not_kept_goes_with_its_period() {
        let plan: Plan = serde_json::from_str(
            r#"{"id": "pro", "name": "Pro", "grants": [{"amount": 5}, {"amount": 7, "keeps": true, "priority": 9}]}"#,
        )
        .unwrap_or_else(|error| panic!("{error}"));
        let grants = PeriodGrant::of(&plan, user(1).subject(), &snapshot(3));
        let told: Vec<_> =
            grants.iter().map(|one| (one.event.as_str(), one.amount.as_micros(), one.terms.expires_at)).collect();
        let end = Some(Timestamp::from_micros(13));
        assert_eq!(told, [("grant:sub_1:3:0", 5, end), ("grant:sub_1:3:1", 7, None)]);
        assert_eq!(grants.iter().map(|one| one.reason.as_str()).collect::<Vec<_>>(), ["the plan `pro`"; 2]);
    }
}
