//! Wallets and entries that cannot be.

use std::sync::Arc;

use chatcore::billing::ledger::{
    Account, Credit, CreditRules, EntryKind, Ledger, LedgerEntry, LedgerStore, Line, Wallet,
};
use chatcore::check::{Options, Report, check, repair};
use chatcore::store::Commit;
use chatcore::testing::{ManualClock, user};
use chatcore::{MemoryStore, Subject, Timestamp};
use futures::executor::block_on;

use crate::raw::{Put, gone, patch, put};

/// An entry that gives so much.
pub(crate) fn entry(owner: Subject, number: u64, amount: i64) -> LedgerEntry {
    let line = |account, micros| Line { account, amount: Credit::from_micros(micros) };
    LedgerEntry {
        event: format!("payment:{number}"),
        owner,
        number,
        at: Timestamp::from_micros(5),
        kind: EntryKind::Purchase,
        lines: vec![line(Account::Credit, amount), line(Account::Payments, -amount)],
        spent: Credit::ZERO,
        charge: None,
        corrects: None,
        reason: None,
        by: None,
    }
}

/// Somebody with three entries and a wallet of 6.
fn store() -> MemoryStore {
    let (store, owner) = (MemoryStore::in_memory(), user(1).subject());
    for number in 1..=3 {
        block_on(store.commit(put(entry(owner, number, i64::try_from(number).unwrap())))).unwrap();
    }
    let wallet = Wallet { plain: Credit::from_micros(6), entries: 3, ..Wallet::empty(owner) };
    block_on(store.commit(put(wallet))).unwrap();
    store
}

fn rules(report: &Report) -> Vec<&str> {
    report.defects.iter().map(|defect| defect.rule).collect()
}

#[test]
fn what_is_wrong_in_entries_is_found_and_left_alone() {
    let unbalanced = |entry: &mut LedgerEntry| entry.lines[1].amount = Credit::from_micros(-4);
    for (damage, rule) in [
        (patch::<LedgerEntry>("payment:3".into(), unbalanced), "entry_unbalanced"),
        (gone::<LedgerEntry>("payment:2".into()), "entries_with_gaps"),
        (patch::<LedgerEntry>("payment:2".into(), |entry| entry.number = 3), "entries_with_gaps"),
    ] {
        let store = store();
        assert!(block_on(check(&store, &Options::default(), &mut |_| {})).unwrap().is_clean());
        block_on(store.commit(damage)).unwrap();
        let before = block_on(store.wallet(user(1).subject())).unwrap();
        let report = block_on(repair(&store, &Options::default(), &mut |_| {})).unwrap();
        assert_eq!(rules(&report), [rule]);
        assert!(!report.defects[0].repaired);
        assert_eq!(block_on(store.wallet(user(1).subject())).unwrap(), before, "nobody knows what they have");
    }
}

/// A wallet that was lost comes back, and what everybody gets once does not come again.
#[test]
fn a_wallet_that_was_lost_comes_back() {
    let (store, owner) = (Arc::new(MemoryStore::in_memory()), user(1).subject());
    let mut rules = CreditRules::default();
    rules.users.start = Credit::from_micros(7);
    let ledger = Ledger::new(store.clone(), Arc::new(ManualClock::new()), rules);
    block_on(async {
        let ten = Credit::from_micros(10);
        ledger.adjust(None, owner, "1", ten, "sorry").await.unwrap();
        let before = ledger.balance(owner).await.unwrap();
        assert_eq!(before.balance, Credit::from_micros(17));
        store.commit(gone::<Wallet>(owner)).await.unwrap();
        assert!(!ledger.verify(owner).await.unwrap().matches);
        let report = repair(&*store, &Options::default(), &mut |_| {}).await.unwrap();
        assert!(report.is_clean());
        assert_eq!(ledger.balance(owner).await.unwrap(), before);
        ledger.adjust(None, owner, "2", ten, "sorry again").await.unwrap();
        let found = ledger.verify(owner).await.unwrap();
        assert!(found.matches && found.is_sound && found.entries == 3, "{found:?}");
        let stale = Put(entry(owner, 4, 1));
        store.commit(chatcore::store::Batch::of(stale)).await.unwrap();
        assert!(!ledger.verify(owner).await.unwrap().matches);
    });
}
