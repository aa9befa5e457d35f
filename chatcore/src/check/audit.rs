//! The chain of what those who run the service did. Nothing of it is ever mended: what it said nobody knows.

use super::finding::{Finding, Group};
use super::pages::{Pages, readable};
use super::walk::Walk;
use crate::audit::{AuditEntry, AuditHead};
use crate::store::{Domain, StoreError};

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    if !walk.store.supports(Domain::Audit) {
        return Ok(());
    }
    // the head first: entries that come meanwhile lie behind it
    let Some(head) = readable(walk.store.audit_head().await)? else { return Ok(()) };
    let (mut entries, mut last) = (Pages::<AuditEntry>::new(), None);
    while let Some(entry) = entries.next(walk).await? {
        link(walk, last.as_ref(), &entry).await?;
        last = Some(entry);
        if head.is_some_and(|head| last.as_ref().is_some_and(|last| last.number == head.number)) {
            break;
        }
    }
    if entries.is_broken() {
        return Ok(());
    }
    let found = last.map(|last| AuditHead { number: last.number, hash: last.hash });
    if found != head {
        let number = |head: Option<AuditHead>| head.map_or(0, |head| head.number);
        let detail = format!("it says {}, the last entry is {}", number(head), number(found));
        walk.found(Group::open(Finding::on::<AuditHead>("audit_head_differs", &(), detail))).await?;
    }
    Ok(())
}

async fn link(walk: &mut Walk<'_>, before: Option<&AuditEntry>, entry: &AuditEntry) -> Result<(), StoreError> {
    let number = entry.number;
    if !entry.is_intact() {
        let finding = Finding::on::<AuditEntry>("audit_entry_altered", &number, "its hash is not that of what it says");
        walk.found(Group::open(finding)).await?;
    }
    if !entry.follows(before) {
        let detail = format!("the one before it is {}", before.map_or(0, |before| before.number));
        walk.found(Group::open(Finding::on::<AuditEntry>("audit_chain_broken", &number, detail))).await?;
    }
    Ok(())
}
