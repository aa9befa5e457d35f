//! Movements of credit, many of them, on a store that is closed and opened again now and then; and the service.

mod support;

use std::collections::BTreeMap;
use std::sync::Arc;

use chatcore::account::{AccountRole, Caller};
use chatcore::billing::PlanTable;
use chatcore::billing::entitlement::Terms;
use chatcore::billing::ledger::{
    Account, Charging, Credit, CreditRules, EntryKind, Ledger, LedgerStore, PriceTable, event,
};
use chatcore::conformance::plain;
use chatcore::conversation::NewConversation;
use chatcore::page::PageRequest;
use chatcore::quota::Meter;
use chatcore::testing::{CountingIds, ManualClock, ScriptedModel, user};
use chatcore::turn::{Ask, Say};
use chatcore::{Chat, Error, MemoryStore, SessionId, Subject, UserId};
use futures::executor::block_on;
use futures::future::join_all;
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

#[test]
fn whoever_is_new_to_a_place_is_welcomed_once() {
    let (ledger, _) = service();
    let (ann, bob) = (user(1).subject(), user(2).subject());
    block_on(async {
        let all = join_all((0..8).map(|_| ledger.welcome(ann, "shop", micros(40)))).await;
        assert!(all.iter().all(Result::is_ok));
        // another amount by now, and nothing at all
        ledger.welcome(ann, "shop", micros(70)).await.unwrap();
        ledger.welcome(bob, "shop", Credit::ZERO).await.unwrap();
        assert_eq!(ledger.balance(ann).await.unwrap().available, micros(140), "with what everybody gets");
        assert_eq!(ledger.balance(bob).await.unwrap().available, micros(100));
        ledger.welcome(ann, "elsewhere", micros(1)).await.unwrap();
        assert_eq!(ledger.balance(ann).await.unwrap().available, micros(141));
        assert!(ledger.verify(ann).await.unwrap().matches);
    });
}

/// A front end may have prices of its own, beside those of the service.
#[test]
fn a_turn_is_charged_by_the_prices_that_it_brings() {
    let (clock, store) = (ManualClock::new(), Arc::new(MemoryStore::in_memory()));
    let model = ScriptedModel::new(&clock);
    let ids = Arc::new(CountingIds::default());
    let chat = Chat::over(store.clone(), model, Arc::new(clock.clone()), ids);
    let chat = chat.entitlements(Terms::new(PlanTable::default())).unwrap();
    let ledger = Ledger::new(store, Arc::new(clock), CreditRules::default());
    let me = user(1);
    block_on(async {
        let id = chat.conversations().create(&me, NewConversation::default()).await.unwrap().id;
        ledger.welcome(me.subject(), "shop", micros(25)).await.unwrap();
        let amount = micros(10);
        let say = || {
            let prices = PriceTable::new("shop/10", Charging::PerRequest { amount }, BTreeMap::new()).unwrap();
            let ask = Ask { prices: Some(Arc::new(prices)), ..Ask::default() };
            chat.send(&me, id, Say { ask, ..Say::text("hello") })
        };
        for left in [15, 5] {
            say().await.unwrap().driver.await;
            assert_eq!(ledger.balance(me.subject()).await.unwrap().available, micros(left));
        }
        assert!(matches!(say().await, Err(Error::InsufficientCredit { .. })));
        chat.send(&me, id, "free, as the service has it").await.unwrap().driver.await;
        assert_eq!(ledger.balance(me.subject()).await.unwrap().available, micros(5));
        let used = chat.used(&me, &[Meter::Messages, Meter::ApiCalls]).await.unwrap();
        let used: Vec<_> = used.iter().map(|state| (state.meter, state.used)).collect();
        assert_eq!(used, [(Meter::Messages, 3), (Meter::ApiCalls, 3)]);
    });
}
