//! What runs cost is set aside when they begin and charged when they end.

use std::time::Duration;

use futures::future::{join, join_all};

use super::bench::Bench;
use super::holds::{abandoned, expect_nothing_held, question, with_terms};
use crate::billing::PlanTable;
use crate::billing::entitlement::Terms;
use crate::billing::ledger::{Allowance, Charging, Credit, CreditRules, PriceTable, Unpriced, event};
use crate::conversation::{NewConversation, Part};
use crate::error::Error;
use crate::testing::{Script, visitor};
use crate::turn::{ModelEvent, Prices, Turn, Usage, UsageSource, estimate};

/// Terms under which users and visitors begin with so much credit.
fn charging(start: i64, prices: PriceTable) -> Terms {
    let allowance = Allowance { start: Credit::from_micros(start), refill: None };
    let rules = CreditRules { users: allowance, visitors: allowance, overdraft: None };
    Terms::new(PlanTable::default()).charging(prices, rules)
}

pub(super) async fn as_many_begin_as_the_balance_covers(bench: Bench<'_>) {
    let amount = Credit::from_micros(100);
    let prices = PriceTable::new("1", Charging::PerRequest { amount }, [].into()).unwrap();
    let chat = with_terms(&bench, charging(1_050, prices));
    for caller in [bench.caller.clone(), visitor(5)] {
        let id = bench.conversations().create(&caller, NewConversation::default()).await.unwrap().id;
        let all = join_all((0..256).map(|_| chat.send(&caller, id, question()))).await;
        let (begun, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
        assert_eq!(begun.len(), 10, "of 256 turns at once so many began");
        let needed = Credit::from_micros(100);
        let poor = |turn: &Result<Turn, Error>| {
            matches!(turn, Err(Error::InsufficientCredit { needed: asked, available })
                if *asked == needed && *available == Credit::from_micros(50))
        };
        assert!(refused.iter().all(poor), "refused for another reason");
        assert_eq!(chat.preview(&caller, id, question()).await.unwrap().covered, Some(false));
        let mut begun: Vec<Turn> = begun.into_iter().map(Result::unwrap).collect();
        // one of them is asked to stop before it says anything: it costs nothing
        let none = begun.pop().unwrap();
        join(chat.stop(&caller, none.run.id), async {}).await.0.unwrap();
        none.driver.await;
        join_all(begun.into_iter().map(|turn| turn.driver)).await;
        let wallet = bench.store.wallet(caller.subject()).await.unwrap().unwrap();
        assert_eq!(wallet.balance(), Credit::from_micros(150));
        chat.send(&caller, id, question()).await.unwrap().driver.await;
    }
    expect_nothing_held(&bench).await;
}

pub(super) async fn tokens_are_charged_by_the_prices_of_the_hold(bench: Bench<'_>) {
    let price = |micros: u64| {
        let prices = Prices { input: micros * 1_000_000, output: micros * 2_000_000, ..Prices::default() };
        let charging = Charging::PerToken { unpriced: Unpriced::Refuse };
        PriceTable::new(micros.to_string(), charging, [("scripted".to_owned(), prices)].into()).unwrap()
    };
    let chat = with_terms(&bench, charging(1_000_000, price(1)));
    let id = bench.conversation().await;
    let usage = Usage { input: 30, output: 12, source: UsageSource::Provider, ..Usage::default() };
    bench.model.will(Script::default().text("fine").event(ModelEvent::Usage(usage)).finish());
    let turn = chat.send(&bench.caller, id, question()).await.unwrap();
    let hold = bench.store.hold(turn.run.id).await.unwrap().unwrap();
    let prompt = i64::try_from(turn.plan.as_ref().unwrap().tokens).unwrap();
    assert_eq!(hold.money, Credit::from_micros(prompt + 50_000), "the prompt and the longest answer");
    turn.driver.await;
    let entry = bench.store.ledger_entry(&event::run(turn.run.id)).await.unwrap().expect("it is booked");
    let charge = entry.charge.unwrap();
    assert_eq!((charge.price_version.as_str(), charge.used.get("scripted")), ("1", Some(&usage)));
    let wallet = bench.store.wallet(bench.caller.subject()).await.unwrap().unwrap();
    assert_eq!(wallet.balance(), Credit::from_micros(1_000_000 - 54));
    // prices that change meanwhile change nothing for a run that has begun
    let text = "half of an answer";
    let turn = abandoned(&bench, &chat, id, text).await;
    let prompt = turn.plan.as_ref().unwrap().tokens;
    let run = turn.run.id;
    drop(turn);
    bench.clock.advance(Duration::from_secs(60));
    let dearer = with_terms(&bench, charging(1_000_000, price(9)));
    assert_eq!(dearer.sweep().await.unwrap(), 1);
    let entry = bench.store.ledger_entry(&event::run(run)).await.unwrap().expect("the reaper books");
    let charge = entry.charge.unwrap();
    assert_eq!((charge.price_version.as_str(), charge.used["scripted"].source), ("1", UsageSource::Estimated));
    let cost = i64::try_from(prompt + 2 * estimate(&[Part::text(text)])).unwrap();
    let wallet = bench.store.wallet(bench.caller.subject()).await.unwrap().unwrap();
    assert_eq!(wallet.balance(), Credit::from_micros(1_000_000 - 54 - cost));
    expect_nothing_held(&bench).await;
}
