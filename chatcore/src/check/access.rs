//! Keys and codes of users, the count of admins, and what stands for itself: visitors and rate counters.

use super::accounts::user;
use super::changes::{Absent, Insert, Remove, Same, Swap};
use super::finding::{Finding, Group};
use super::pages::Pages;
use super::walk::Walk;
use crate::account::{AccountRole, ApiKey, Challenge, RoleCount, User, Visitor};
use crate::limits::RateCounter;
use crate::store::{Batch, StoreError};

/// `admins` is how many active ones there are, if all users could be read.
pub(super) async fn check(walk: &mut Walk<'_>, admins: Option<u64>) -> Result<(), StoreError> {
    let mut keys = Pages::<ApiKey>::new();
    while let Some(key) = keys.next(walk).await? {
        if let Some(None) = user(walk.store, key.owner).await? {
            let finding = Finding::on::<ApiKey>("key_without_user", &key.hash, format!("{} is not there", key.owner));
            let mend = Batch::of(Absent::<User>(key.owner)).and(Remove(key));
            walk.found(Group::of(finding, mend)).await?;
        }
    }
    let mut codes = Pages::<Challenge>::new();
    while let Some(code) = codes.next(walk).await? {
        let Some(of) = code.user else { continue };
        if let Some(None) = user(walk.store, of).await? {
            let finding = Finding::on::<Challenge>("code_without_user", &code.hash, format!("{of} is not there"));
            let mend = Batch::of(Absent::<User>(of)).and(Remove(code));
            walk.found(Group::of(finding, mend)).await?;
        }
    }
    // nothing else rests on these: that they can be read is all
    let mut visitors = Pages::<Visitor>::new();
    while visitors.next(walk).await?.is_some() {}
    let mut counters = Pages::<RateCounter>::new();
    while counters.next(walk).await?.is_some() {}
    role_count(walk, admins).await
}

async fn role_count(walk: &mut Walk<'_>, admins: Option<u64>) -> Result<(), StoreError> {
    let role = AccountRole::Admin;
    let (mut counts, mut found) = (Pages::<RoleCount>::new(), None);
    while let Some(count) = counts.next(walk).await? {
        found = Some(count).filter(|count| count.role == role).or(found);
    }
    let Some(admins) = admins.filter(|_| !counts.is_broken()) else { return Ok(()) };
    let counted = found.map_or(0, |count| count.active);
    if counted == admins {
        return Ok(());
    }
    let finding =
        Finding::on::<RoleCount>("admins_miscounted", &role, format!("it says {counted}, there are {admins}"));
    let after = RoleCount { role, active: admins };
    let mend = match found {
        Some(before) => Batch::of(Same(before)).and(Swap { before, after }),
        None => Batch::of(Absent::<RoleCount>(role)).and(Insert(after)),
    };
    walk.found(Group::of(finding, mend)).await.map(drop)
}
