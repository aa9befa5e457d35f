//! What people are entitled to.

use super::{Billing, STEP, expect, own};
use crate::account::{Caller, ExpectPower, Permission};
use crate::audit::{Act, By, Draft};
use crate::billing::entitlement::{ChangeEntitlement, Edit, Entitlement};
use crate::billing::plan::{Plan, check_rules};
use crate::billing::subscription::Subscription;
use crate::error::Error;
use crate::quota::Zone;
use crate::store::{Batch, Conflict, Domain};
use crate::subject::Subject;

/// The largest amount that every store keeps.
const MAX_AMOUNT: u64 = i64::MAX.unsigned_abs();

/// The longest name of a time zone, in bytes.
const MAX_ZONE: usize = 64;

impl Billing {
    /// What the caller is entitled to.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn entitlement(&self, caller: &Caller) -> Result<Entitlement, Error> {
        self.entitlement_of(caller.subject()).await
    }

    /// What somebody is entitled to, for those who may see what others use.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] without such a user.
    pub async fn see_entitlement(&self, by: Option<&Caller>, subject: Subject) -> Result<Entitlement, Error> {
        expect(by, Permission::SeeUsage)?;
        if let (Subject::User(user), true) = (subject, self.store.supports(Domain::Accounts)) {
            self.store.user(user).await?.ok_or(Error::NotFound("user"))?;
        }
        self.entitlement_of(subject).await
    }

    /// The subscriptions of somebody, ended ones included, for those who may see what others use: so many at most that one
    /// page holds them.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::NotFound`] without such a user.
    pub async fn see_subscriptions(&self, by: Option<&Caller>, subject: Subject) -> Result<Vec<Subscription>, Error> {
        self.see_entitlement(by, subject).await?;
        Ok(self.store.subscriptions(subject, None, STEP).await?)
    }

    async fn entitlement_of(&self, subject: Subject) -> Result<Entitlement, Error> {
        let found = self.store.entitlement(subject).await?;
        Ok(found.unwrap_or_else(|| Entitlement::new(subject, self.clock.now())))
    }

    /// The plan that counts for somebody now; `None` if there is none at all. A plan that there is no more counts as the
    /// default one.
    ///
    /// # Errors
    /// [`Error::Store`].
    pub async fn plan_of(&self, subject: Subject) -> Result<Option<Plan>, Error> {
        let (entitlement, book) = (self.entitlement_of(subject).await?, self.book().await?);
        let own = entitlement.plan_at(self.clock.now()).and_then(|id| book.get(id));
        Ok(own.or_else(|| book.default_of(subject).and_then(|id| book.get(id))).cloned())
    }

    /// Changes what somebody is entitled to: all of it or nothing. Who did it is kept, and why if they say so.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`]; [`Error::NotFound`].
    pub async fn change_entitlement<'a>(
        &self,
        by: impl Into<By<'a>>,
        subject: Subject,
        edits: Vec<Edit>,
    ) -> Result<Entitlement, Error> {
        let by = by.into();
        let actor = by.expect(Permission::Configure)?;
        self.validate(&edits).await?;
        let mut batch = Batch::default();
        if let (Subject::User(user), true) = (subject, self.store.supports(Domain::Accounts)) {
            batch.push(ExpectPower { by: actor, user, permission: Permission::Configure });
        }
        let at = self.clock.now();
        let detail = edits.iter().map(Edit::summary).collect::<Vec<_>>().join(", ");
        let draft = by.draft(Act::SetEntitlement, subject, at)?.about(subject).detail(detail);
        let change = ChangeEntitlement { subject, edits, by: actor, reason: draft.reason.clone(), at };
        self.edit(batch, change, Some(draft)).await
    }

    /// Sets the most that the caller wants to spend of their balance in a calendar month, in micro-units of credit. Whoever
    /// offers this over a network has them [show](crate::account::Accounts::confirm) first that it is them.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`].
    pub async fn set_cap(&self, caller: &Caller, cap: Option<u64>) -> Result<Entitlement, Error> {
        self.edit_own(caller, Edit::Cap(cap)).await
    }

    /// Sets the time zone in which the caller's days begin, and with them what their limits count by the day.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`], also less than [`Entitlement::ZONE_STANDS`] after they chose another.
    pub async fn set_time_zone(&self, caller: &Caller, zone: Option<String>) -> Result<Entitlement, Error> {
        self.edit_own(caller, Edit::TimeZone(zone)).await.map_err(|error| match error {
            Error::Store(error) => match error.conflict() {
                Some(Conflict::Rule(reason)) => Error::invalid("time_zone", *reason),
                _ => Error::Store(error),
            },
            other => other,
        })
    }

    async fn edit_own(&self, caller: &Caller, edit: Edit) -> Result<Entitlement, Error> {
        let subject = own(caller)?;
        let edits = vec![edit];
        self.validate(&edits).await?;
        let (by, at) = (caller.user_id(), self.clock.now());
        self.edit(Batch::default(), ChangeEntitlement { subject, edits, by, reason: None, at }, None).await
    }

    async fn edit(&self, batch: Batch, change: ChangeEntitlement, draft: Option<Draft>) -> Result<Entitlement, Error> {
        let subject = change.subject;
        let done = self.store.commit(batch.and(self.audited(change, draft))).await?;
        match done.get::<Entitlement>(&subject) {
            Some(changed) => Ok(changed.clone()),
            None => self.entitlement_of(subject).await,
        }
    }

    async fn validate(&self, edits: &[Edit]) -> Result<(), Error> {
        for edit in edits {
            match edit {
                Edit::Give(id, _) if self.book().await?.get(id).is_none() => {
                    return Err(Error::invalid("plan", format!("there is no plan `{id}`")));
                }
                Edit::Overrides(rules) => check_rules(rules).map_err(|reason| Error::invalid("overrides", reason))?,
                Edit::Cap(Some(cap)) if *cap > MAX_AMOUNT => return Err(Error::invalid("cap", "is too large")),
                Edit::TimeZone(Some(zone)) if !is_zone(zone) => {
                    return Err(Error::invalid("time_zone", "must be the name of a time zone such as Europe/Berlin"));
                }
                _ => {}
            }
        }
        Ok(())
    }
}

/// Whether a text is the name of a time zone: limits are counted by it.
fn is_zone(text: &str) -> bool {
    text.len() <= MAX_ZONE && Zone::named(text).is_ok()
}
