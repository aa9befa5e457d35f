//! Counters: a total covers what is known by time, what is held is what the holds say, and what is kept is what the
//! attachments have. What holds set aside of credit is noted for the wallets.

use std::collections::BTreeMap;

use super::changes::{Absent, Insert, Swap};
use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::billing::entitlement::{Hold, moved};
use crate::billing::ledger::Credit;
use crate::quota::{Amounts, Counter, ScopeKey};
use crate::store::{Batch, Domain, Store, StoreError};
use crate::subject::Subject;

/// What the holds say of each scope: how much, and of how many runs.
type Held = BTreeMap<ScopeKey, (Amounts, u64)>;

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let (mut holds, mut held, mut set_aside) = (Pages::<Hold>::new(), Held::new(), BTreeMap::<Subject, Credit>::new());
    while let Some(hold) = holds.next(walk).await? {
        let now = now(walk.store, hold.subject).await?;
        let sum = set_aside.entry(now).or_default();
        *sum = Credit::total([*sum, hold.money]);
        for scope in &hold.scopes {
            let (amounts, runs) = held.entry(moved(scope, hold.subject, now)).or_default();
            (*amounts, *runs) = (amounts.plus(hold.amounts), runs.saturating_add(hold.runs()));
        }
    }
    // a store without holds keeps no proof of what is set aside
    walk.set_aside = (!holds.is_broken() && walk.store.supports(Domain::Quota)).then_some(set_aside);
    let mut counters = Pages::<Counter>::new();
    while let Some(counter) = counters.next(walk).await? {
        let known = held.remove(&counter.scope).unwrap_or_default();
        counted(walk, counter, (!holds.is_broken()).then_some(known)).await?;
    }
    if holds.is_broken() || counters.is_broken() {
        return Ok(());
    }
    for (scope, (held, runs)) in held {
        let detail = format!("there is no counter, and {runs} holds count for it");
        let finding = Finding::on::<Counter>("held_differs", &scope, detail);
        let bytes = walk.bytes.remove(&scope).unwrap_or_default();
        let anew = Counter { held, runs, bytes, ..Counter::new(scope.clone()) };
        walk.found(Group::of(finding, Batch::of(Absent::<Counter>(scope)).and(Insert(anew)))).await?;
    }
    for (scope, bytes) in std::mem::take(&mut walk.bytes) {
        let detail = format!("there is no counter, and the attachments have {bytes} bytes");
        let finding = Finding::on::<Counter>("stored_bytes_differ", &scope, detail);
        let anew = Counter { bytes, ..Counter::new(scope.clone()) };
        walk.found(Group::of(finding, Batch::of(Absent::<Counter>(scope)).and(Insert(anew)))).await?;
    }
    Ok(())
}

/// Who somebody has become.
pub(super) async fn now(store: &dyn Store, subject: Subject) -> Result<Subject, StoreError> {
    let Subject::Visitor(id) = subject else { return Ok(subject) };
    if !store.supports(Domain::Accounts) {
        return Ok(subject);
    }
    let visitor = readable(store.visitor(id).await)?.flatten();
    Ok(visitor.and_then(|visitor| visitor.merged_into).map_or(subject, Subject::User))
}

/// `held` is what the holds say, if all of them could be read.
async fn counted(walk: &mut Walk<'_>, counter: Counter, held: Option<(Amounts, u64)>) -> Result<(), StoreError> {
    if !counter.used.is_whole() {
        let detail = "the total is less than what is known by time";
        let finding = Finding::on::<Counter>("total_differs", &counter.scope, detail);
        let after = Counter { used: counter.used.clone().made_whole(), ..counter.clone() };
        return walk.found(Group::of(finding, Batch::of(Swap { before: counter, after }))).await.map(drop);
    }
    let bytes = walk.bytes.remove(&counter.scope).unwrap_or_default();
    if bytes != counter.bytes && !walk.bytes_unknown {
        let detail = format!("it says {} bytes, the attachments have {bytes}", counter.bytes);
        let finding = Finding::on::<Counter>("stored_bytes_differ", &counter.scope, detail);
        let after = Counter { bytes, ..counter.clone() };
        return walk.found(Group::of(finding, Batch::of(Swap { before: counter, after }))).await.map(drop);
    }
    let Some((held, runs)) = held.filter(|held| *held != (counter.held, counter.runs)) else { return Ok(()) };
    let detail = format!("it says {:?} for {} runs, the holds say {held:?} for {runs}", counter.held, counter.runs);
    let finding = Finding::on::<Counter>("held_differs", &counter.scope, detail);
    let after = Counter { held, runs, ..counter.clone() };
    walk.found(Group::of(finding, Batch::of(Swap { before: counter, after }))).await.map(drop)
}
