//! Wallets, the entries that they are the sums of, and the holds for which credit is set aside. An entry is never mended: what is lost or wrong in one nobody knows.

use std::collections::BTreeSet;

use super::changes::{Absent, Insert, Swap};
use super::finding::{Finding, Group};
use super::pages::{PAGE, Pages, readable};
use super::walk::Walk;
use crate::billing::ledger::{Credit, Fold, LedgerEntry, Wallet};
use crate::store::{Batch, Store, StoreError};
use crate::subject::Subject;

pub(super) async fn check(walk: &mut Walk<'_>) -> Result<(), StoreError> {
    let held = walk.set_aside.take();
    let mut wallets = Pages::<Wallet>::new();
    while let Some(wallet) = wallets.next(walk).await? {
        let held = held.as_ref().map(|held| held.get(&wallet.owner).copied().unwrap_or_default());
        self::wallet(walk, wallet, held).await?;
    }
    let (mut entries, mut lost) = (Pages::<LedgerEntry>::new(), BTreeSet::new());
    while let Some(entry) = entries.next(walk).await? {
        if !entry.is_balanced() {
            let finding = Finding::on::<LedgerEntry>("entry_unbalanced", &entry.event, "its lines do not");
            walk.found(Group::open(finding)).await?;
        }
        if let Some(None) = readable(walk.store.wallet(entry.owner).await)?
            && lost.insert(entry.owner)
        {
            without_wallet(walk, entry.owner).await?;
        }
    }
    Ok(())
}

/// `held` is what the holds say, if all of them could be read.
async fn wallet(walk: &mut Walk<'_>, wallet: Wallet, held: Option<Credit>) -> Result<(), StoreError> {
    let owner = wallet.owner;
    if let Some(held) = held.filter(|held| *held != wallet.held) {
        let detail = format!("it says {}, the holds say {held}", wallet.held);
        let finding = Finding::on::<Wallet>("wallet_held_differs", &owner, detail);
        let after = Wallet { held, ..wallet.clone() };
        return walk.found(Group::of(finding, Batch::of(Swap { before: wallet, after }))).await.map(drop);
    }
    let Some(fold) = fold(walk.store, owner).await? else { return Ok(()) };
    if !fold.is_dense() {
        let detail = format!("there are {}, with other numbers", fold.entries());
        let finding = Finding::on::<Wallet>("entries_with_gaps", &owner, detail);
        return walk.found(Group::open(finding)).await.map(drop);
    }
    let group = match fold.wallet(&wallet) {
        Some(folded) if folded == wallet => return Ok(()),
        Some(folded) => {
            let detail = format!("its balance is {}, that of the entries {}", wallet.balance(), folded.balance());
            let finding = Finding::on::<Wallet>("wallet_differs", &owner, detail);
            Group::of(finding, Batch::of(Swap { before: wallet, after: folded }))
        }
        None => Group::open(Finding::on::<Wallet>("wallet_differs", &owner, "no wallet holds what its entries sum to")),
    };
    walk.found(group).await.map(drop)
}

async fn without_wallet(walk: &mut Walk<'_>, owner: Subject) -> Result<(), StoreError> {
    let Some(fold) = fold(walk.store, owner).await? else { return Ok(()) };
    let detail = format!("there are {} entries", fold.entries());
    let finding = Finding::on::<Wallet>("wallet_missing", &owner, detail);
    let group = match fold.lost_wallet() {
        Some(wallet) => Group::of(finding, Batch::of(Absent::<Wallet>(owner)).and(Insert(wallet))),
        None => Group::open(finding),
    };
    walk.found(group).await.map(drop)
}

/// The sum of somebody's entries; `None` when one cannot be read.
async fn fold(store: &dyn Store, owner: Subject) -> Result<Option<Fold>, StoreError> {
    let (mut fold, mut before) = (Fold::new(owner), None);
    loop {
        let Some(found) = readable(store.ledger_entries(owner, before, PAGE).await)? else { return Ok(None) };
        let Some(last) = found.last() else { return Ok(Some(fold)) };
        before = Some(last.number);
        found.iter().for_each(|entry| fold.add(entry));
    }
}
