//! How an entitlement is changed by hand.

use super::{Deed, Entitlement, Note};
use crate::billing::PlanId;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::UserId;
use crate::quota::LimitRule;
use crate::store::{Change, Conflict, Stop, Tx};
use crate::subject::Subject;

/// What is to be changed.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Edit {
    /// They get a plan, until a moment or for good.
    Give(PlanId, Option<Timestamp>),
    /// A plan that was given is taken back.
    TakeBack,
    /// They get rules of their own.
    Overrides(Vec<LimitRule>),
    /// They do not want to spend more than this in a month.
    Cap(Option<u64>),
    /// Where they live. Owners say so once in [`Entitlement::ZONE_STANDS`].
    TimeZone(Option<String>),
}

impl Edit {
    /// All that is in the hands of those who run the service: a plan that is given, until a moment or for good, and limits of
    /// somebody's own. What is left out is taken back.
    ///
    /// # Errors
    /// [`Error::Invalid`] for an end of nothing.
    pub fn whole(
        plan: Option<PlanId>,
        until: Option<Timestamp>,
        overrides: Vec<LimitRule>,
    ) -> Result<Vec<Self>, Error> {
        let plan = match (plan, until) {
            (Some(plan), until) => Self::Give(plan, until),
            (None, None) => Self::TakeBack,
            (None, Some(_)) => return Err(Error::invalid("until", "is of no use without a plan")),
        };
        Ok(vec![plan, Self::Overrides(overrides)])
    }

    /// What it says, in a few words.
    pub(crate) fn summary(&self) -> String {
        match self {
            Self::Give(plan, None) => format!("plan {plan}"),
            Self::Give(plan, Some(until)) => format!("plan {plan} until {until}"),
            Self::TakeBack => "no plan of staff".to_owned(),
            Self::Overrides(rules) => format!("{} limits of their own", rules.len()),
            Self::Cap(_) => "cap".to_owned(),
            Self::TimeZone(_) => "time zone".to_owned(),
        }
    }
}

/// Changes what somebody is entitled to, all of it or nothing.
#[derive(Debug, Clone)]
pub struct ChangeEntitlement {
    /// Whose.
    pub subject: Subject,
    /// What.
    pub edits: Vec<Edit>,
    /// Who does it; `None` is the program itself. What owners do themselves is not noted.
    pub by: Option<UserId>,
    /// Why, in their words.
    pub reason: Option<String>,
    /// When.
    pub at: Timestamp,
}

impl Change for ChangeEntitlement {
    fn apply(&self, tx: &mut Tx<'_>) -> Result<(), Stop> {
        let by_owner = self.by.map(Subject::User).is_none_or(|by| by == self.subject);
        try_edit(tx, self.subject, self.at, |entitlement| {
            let before = entitlement.clone();
            for edit in &self.edits {
                match edit.clone() {
                    Edit::Give(plan, until) => entitlement.give(plan, until, self.at),
                    Edit::TakeBack => entitlement.take_back(self.at),
                    Edit::Overrides(rules) => entitlement.overrides = rules,
                    Edit::Cap(cap) => entitlement.cap = cap,
                    Edit::TimeZone(zone) if by_owner => entitlement.move_to(zone, self.at)?,
                    Edit::TimeZone(zone) => entitlement.time_zone = zone,
                }
            }
            if *entitlement != before && self.by.map(Subject::User) != Some(self.subject) {
                let deeds = self.edits.iter().map(Deed::from).collect();
                entitlement.note([Note { at: self.at, by: self.by, reason: self.reason.clone(), deeds }]);
            }
            Ok(())
        })
    }
}

/// Changes an entitlement, which need not be there; nothing is written if nothing changes.
pub(in crate::billing) fn edit(
    tx: &mut Tx<'_>,
    subject: Subject,
    at: Timestamp,
    change: impl FnOnce(&mut Entitlement),
) -> Result<(), Stop> {
    try_edit(tx, subject, at, |entitlement| {
        change(entitlement);
        Ok(())
    })
}

/// The same with a change that may be refused.
fn try_edit(
    tx: &mut Tx<'_>,
    subject: Subject,
    at: Timestamp,
    change: impl FnOnce(&mut Entitlement) -> Result<(), Conflict>,
) -> Result<(), Stop> {
    let found = tx.get::<Entitlement>(&subject)?;
    let before = found.clone().unwrap_or_else(|| Entitlement::new(subject, at));
    let mut after = before.clone();
    change(&mut after)?;
    if after == before {
        return Ok(());
    }
    after.version += 1;
    if found.is_some() { tx.update(after) } else { tx.insert(after) }
}
