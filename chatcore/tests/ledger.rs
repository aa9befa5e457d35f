//! Movements of credit, many of them, on a store that is closed and opened again now and then; and the service.

mod support;

use std::sync::Arc;

use chatcore::account::{AccountRole, Caller};
use chatcore::billing::ledger::{Account, Credit, CreditRules, EntryKind, Ledger, LedgerStore, event};
use chatcore::conformance::plain;
use chatcore::page::PageRequest;
use chatcore::testing::{ManualClock, user};
use chatcore::{Error, MemoryStore, SessionId, Subject, UserId};
use futures::executor::block_on;
use uuid::Uuid;

use crate::support::Kept;

/// Half of them where nobody may owe, half where people may.
#[test]
fn twenty_thousand_movements_of_credit() {
    for seed in [10_000, 10_001] {
        let outcome = plain::run(&Kept::default(), seed, 10_000);
        assert_eq!(outcome.movements, 10_000);
        assert!(outcome.reopened > 50 && outcome.refused > 500 && outcome.entries > 3_000, "{outcome:?}");
    }
}

#[test]
#[ignore = "takes minutes: cargo test --release -p chatcore --all-features --test ledger -- --ignored"]
fn a_million_movements_of_credit() {
    for seed in [1_000_000, 1_000_001] {
        println!("{:?}", plain::run(&Kept::default(), seed, 500_000));
    }
}

fn someone(number: u128, role: AccountRole) -> Caller {
    let uuid = Uuid::from_u128(number);
    Caller::session(UserId::from_uuid(uuid), SessionId::from_uuid(uuid), role)
}

fn service() -> (Ledger, Arc<MemoryStore>) {
    let (store, mut rules) = (Arc::new(MemoryStore::in_memory()), CreditRules::default());
    rules.users.start = micros(100);
    (Ledger::new(store.clone(), Arc::new(ManualClock::new()), rules), store)
}

fn micros(micros: i64) -> Credit {
    Credit::from_micros(micros)
}

#[test]
fn only_who_may_moves_credit_and_says_why() {
    let (ledger, store) = service();
    let owner = user(1).subject();
    block_on(async {
        for role in [AccountRole::User, AccountRole::Staff] {
            let by = someone(7, role);
            assert!(matches!(ledger.adjust(Some(&by), owner, "1", micros(5), "gift").await, Err(Error::Denied)));
            assert!(matches!(ledger.grant(Some(&by), owner, "1", micros(5), None, "gift").await, Err(Error::Denied)));
            assert!(matches!(ledger.correct(Some(&by), "start", "wrong").await, Err(Error::Denied)));
            let seen = ledger.entries_of(Some(&by), owner, &PageRequest::first()).await;
            assert_eq!(seen.is_ok(), role == AccountRole::Staff, "staff sees what people use, and changes nothing");
        }
        let admin = someone(7, AccountRole::Admin);
        for (amount, reason) in [(0, "nothing"), (i64::MAX, "all"), (i64::MIN, "less"), (5, "  ")] {
            let refused = ledger.adjust(Some(&admin), owner, "1", micros(amount), reason).await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{amount} {reason}");
        }
        for event in ["", "a\nb", &"x".repeat(201)] {
            let refused = ledger.grant(Some(&admin), owner, event, micros(5), None, "gift").await;
            assert!(matches!(refused, Err(Error::Invalid { .. })), "{event}");
        }
        assert!(store.wallet(owner).await.unwrap().is_none(), "what was refused left no trace");
        for _ in 0..2 {
            ledger.adjust(Some(&admin), owner, "ticket 7", micros(-30), " charged twice ").await.unwrap();
        }
        assert_eq!(ledger.balance(owner).await.unwrap().balance, micros(70));
        let other = ledger.adjust(Some(&admin), owner, "ticket 7", micros(-31), "charged twice").await;
        assert!(matches!(other, Err(Error::Taken(_))), "{other:?}");
        let entry = store.ledger_entry("adjustment:ticket 7").await.unwrap().unwrap();
        assert_eq!((entry.by, entry.reason.as_deref()), (admin.user_id(), Some("charged twice")));
        let short = ledger.adjust(Some(&admin), owner, "ticket 8", micros(-71), "more").await;
        let Err(Error::InsufficientCredit { needed, available }) = short else { panic!("{short:?}") };
        assert_eq!((needed, available), (micros(71), micros(70)));
    });
}

#[test]
fn entries_come_in_pages_and_belong_to_their_owner() {
    let (ledger, _) = service();
    let (ann, bob) = (user(1), user(2));
    block_on(async {
        for number in 0..7 {
            ledger.pay(ann.subject(), &format!("invoice {number}"), micros(10), None).await.unwrap();
        }
        ledger.pay(bob.subject(), "invoice 9", micros(10), None).await.unwrap();
        let (mut request, mut numbers) = (PageRequest::first().limit(3), Vec::new());
        loop {
            let page = ledger.entries(&ann, &request).await.unwrap();
            assert!(page.items.iter().all(|entry| entry.owner == ann.subject() && entry.kind == EntryKind::Purchase));
            numbers.extend(page.items.iter().map(|entry| entry.number));
            match page.next {
                Some(next) => request = request.after(Some(next.to_string().parse().unwrap())),
                None => break,
            }
        }
        assert_eq!(numbers, [7, 6, 5, 4, 3, 2, 1]);
        let found = ledger.verify(ann.subject()).await.unwrap();
        assert_eq!((found.entries, found.is_sound, found.matches), (7, true, true));
    });
}

#[test]
fn a_payment_is_taken_back_by_an_entry_that_names_it() {
    let (ledger, store) = service();
    let owner: Subject = user(1).subject();
    block_on(async {
        ledger.pay(owner, "invoice 1", micros(10), None).await.unwrap();
        let missing = ledger.correct(None, "payment:invoice 2", "refunded").await;
        assert!(matches!(missing, Err(Error::NotFound("ledger entry"))), "{missing:?}");
        let paid = event::payment("invoice 1");
        ledger.correct(None, &paid, "refunded").await.unwrap();
        let back = store.ledger_entry(&event::correction(&paid)).await.unwrap().unwrap();
        assert_eq!(back.corrects, Some(paid));
        assert!(back.lines.iter().any(|line| (line.account, line.amount) == (Account::Payments, micros(10))));
        assert_eq!(back.owners(), micros(-10));
        let again = ledger.correct(None, &back.event, "after all").await;
        assert!(matches!(again, Err(Error::Refused(_))), "what was taken back is booked anew: {again:?}");
    });
}
