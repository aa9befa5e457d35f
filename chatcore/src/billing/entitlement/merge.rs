//! A visitor has become a user: what the visitor used, and what they were given, is the user's.

use super::bid::zone;
use super::change::edit;
use super::place::moved;
use super::{Basis, Deed, Entitlement, Note, Source, is_over};
use crate::billing::customer::move_customer;
use crate::clock::Timestamp;
use crate::id::{UserId, VisitorId};
use crate::quota::{Counter, LimitRule, ScopeKey};
use crate::store::{Change, Stop, Tx};
use crate::subject::Subject;

/// What a visitor used, and what is held for their runs, counts for the user whom they have become: in the batch of
/// [`MergeVisitor`](crate::account::MergeVisitor). Again it moves nothing, because nothing is left.
#[derive(Debug, Clone)]
pub struct MergeUsage {
    /// The visitor.
    pub visitor: VisitorId,
    /// The user.
    pub user: UserId,
    /// Whether the store keeps what people are entitled to, and with it where they live.
    pub zones: bool,
    /// When.
    pub at: Timestamp,
}

impl Change for MergeUsage {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (from, to) = (Subject::Visitor(self.visitor), Subject::User(self.user));
        let own = ScopeKey::subject(from);
        let (found, theirs) = (tx.get::<Counter>(&own), tx.get::<Counter>(&ScopeKey::subject(to)));
        let lives = if self.zones { tx.get::<Entitlement>(&to) } else { Ok(None) };
        theirs?;
        let zone = zone(lives?.as_ref());
        let Some(counter) = found? else { return Ok(()) };
        let with_models = counter.models.iter().map(|model| own.with_model(model));
        let keys: Vec<ScopeKey> = with_models.chain([own.clone()]).collect();
        tx.prefetch::<Counter>(keys.iter().flat_map(|key| [key.clone(), moved(key, from, to)]))?;
        for key in keys {
            let Some(counter) = tx.get::<Counter>(&key)? else { continue };
            tx.delete::<Counter>(&key)?;
            let scope = moved(&key, from, to);
            match tx.get::<Counter>(&scope)? {
                Some(theirs) => tx.update(theirs.with(counter, self.at, &zone))?,
                None => tx.insert(Counter { scope, ..counter })?,
            }
        }
        Ok(())
    }
}

/// What a visitor was given or pays for is the user's whom they have become, in the batch of
/// [`MergeVisitor`](crate::account::MergeVisitor). Again it moves nothing, because nothing is left.
///
/// Of two plans of one sort the one counts that lasts longer. The user's own rules, cap and time zone stand before the
/// visitor's. A customer goes along with their subscriptions. If the user is a customer, too, the visitor stays one, because
/// nobody is two; the user then gets what the visitor has paid for as a plan that is given, until it ends.
#[derive(Debug, Clone)]
pub struct MergeEntitlement {
    /// The visitor.
    pub visitor: VisitorId,
    /// The user.
    pub user: UserId,
    /// When.
    pub at: Timestamp,
}

impl Change for MergeEntitlement {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let (from, to) = (Subject::Visitor(self.visitor), Subject::User(self.user));
        let (stays, theirs, own) =
            (move_customer(tx, from, to), tx.get::<Entitlement>(&from), tx.get::<Entitlement>(&to));
        own?;
        let (stays, Some(mut theirs)) = (stays?, theirs?) else { return Ok(()) };
        if stays {
            theirs.beneath = theirs.beneath.take().map(given);
            theirs.source = if theirs.plan.is_some() { Source::Staff } else { Source::Default };
        } else {
            tx.delete::<Entitlement>(&from)?;
        }
        edit(tx, to, self.at, |own| {
            let before = own.clone();
            own.take_over(theirs, self.at);
            if *own != before {
                let deeds = vec![Deed::Merged(self.visitor)];
                own.note([Note { at: self.at, by: None, reason: None, deeds }]);
            }
        })
    }
}

impl Entitlement {
    /// Takes over what a visitor had who has become its owner.
    fn take_over(&mut self, theirs: Self, at: Timestamp) {
        let bases = [theirs.beneath.clone(), theirs.basis()].into_iter().flatten();
        for basis in bases.filter(|basis| !is_over(basis.until, at)) {
            match basis.source {
                Source::Subscription(_) if outlasts(&basis, self.bought().as_ref(), at) => {
                    self.subscribe(Some(basis), at);
                }
                Source::Staff if outlasts(&basis, self.given().as_ref(), at) => self.give(basis.plan, basis.until, at),
                _ => {}
            }
        }
        self.overrides = LimitRule::overridden(&theirs.overrides, &self.overrides);
        self.cap = self.cap.or(theirs.cap);
        if self.time_zone.is_none() && self.zone_since.is_none() {
            (self.time_zone, self.zone_since) = (theirs.time_zone, theirs.zone_since);
        }
        self.note(theirs.notes);
    }

    fn given(&self) -> Option<Basis> {
        self.basis().filter(|basis| basis.source == Source::Staff)
    }
}

/// The same as if somebody had given it.
fn given(basis: Basis) -> Basis {
    Basis { source: Source::Staff, ..basis }
}

/// Whether a plan lasts longer than another that may be over.
fn outlasts(new: &Basis, old: Option<&Basis>, at: Timestamp) -> bool {
    let end = |basis: &Basis| basis.until.unwrap_or(Timestamp::MAX);
    old.filter(|old| !is_over(old.until, at)).is_none_or(|old| end(new) > end(old))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::billing::plan::PlanId;
    use crate::testing::{user, visitor};

    fn at(micros: i64) -> Timestamp {
        Timestamp::from_micros(micros)
    }

    fn id(plan: &str) -> PlanId {
        PlanId(plan.into())
    }

    /// What is given to a visitor until a moment, and to the user whom they become.
    fn merged(theirs: Option<i64>, own: Option<Option<i64>>) -> Entitlement {
        let (mut visitor, mut user) =
            (Entitlement::new(visitor(1).subject(), at(0)), Entitlement::new(user(1).subject(), at(0)));
        visitor.give(id("theirs"), theirs.map(at), at(1));
        if let Some(until) = own {
            user.give(id("own"), until.map(at), at(1));
        }
        user.take_over(visitor, at(5));
        user
    }

    #[test]
    fn of_two_plans_the_one_that_lasts_longer_counts() {
        let plan = |theirs, own| merged(theirs, own).plan_at(at(5)).map(|plan| plan.0.clone());
        let told = |plan: &str| Some(plan.to_owned());
        assert_eq!(plan(Some(9), None), told("theirs"));
        assert_eq!(plan(Some(9), Some(Some(8))), told("theirs"));
        assert_eq!(plan(Some(9), Some(Some(9))), told("own"));
        assert_eq!(plan(Some(9), Some(None)), told("own"));
        assert_eq!(plan(None, Some(Some(9))), told("theirs"));
        assert_eq!(plan(Some(9), Some(Some(4))), told("theirs"), "one that is over is none");
        assert_eq!(plan(Some(5), None), None, "nothing is given anew");
    }

    #[test]
    fn what_is_paid_for_stays_beneath_what_is_given() {
        let mut theirs = Entitlement::new(visitor(1).subject(), at(0));
        let paid =
            Basis { plan: id("pro"), source: Source::Subscription("sub".into()), since: at(1), until: Some(at(50)) };
        theirs.subscribe(Some(paid), at(1));
        theirs.give(id("vip"), Some(at(9)), at(2));
        let mut own = Entitlement::new(user(1).subject(), at(0));
        own.take_over(theirs, at(5));
        assert_eq!((own.plan_at(at(5)), own.plan_at(at(9))), (Some(&id("vip")), Some(&id("pro"))));
    }
}
