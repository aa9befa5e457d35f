//! Plans with limits, credit that answers cost, and a payment: from the first free message to the end of a month.
//!
//! `cargo run -p chatcore-examples --example 07_quota_and_billing`
//!
//! Time is a clock that the example moves, and the gateway is one in memory that does what it is told, so a month passes in
//! a moment. What is claimed in a comment is asserted below it.

#![expect(clippy::print_stdout, reason = "an example shows what it does")]

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::billing::entitlement::Terms;
use chatcore::billing::ledger::{Allowance, Charging, Credit, CreditRules, PriceTable};
use chatcore::billing::{
    Billing, Checkout, Ledger, News, Notice, Plan, PlanId, PlanTable, Signed, Snapshot, SnapshotStatus, Urls,
};
use chatcore::conversation::NewConversation;
use chatcore::page::PageRequest;
use chatcore::testing::{ManualClock, ScriptedGateway};
use chatcore::{Chat, Clock, ConversationId, Error, MemoryStore, RandomIds, Timestamp, UserId};
use chatcore_llm::offline::Echo;
use serde_json::json;

type Result<T> = std::result::Result<T, Box<dyn std::error::Error>>;

const DAY: Duration = Duration::from_secs(86_400);
/// A unit of credit; amounts are counted in millionths.
const UNIT: i64 = 1_000_000;

/// What is offered: a plan for nothing with three messages a day, and one that is paid for, with credit for ten answers.
fn plans() -> Result<PlanTable> {
    let free: Plan = serde_json::from_value(json!({
        "id": "free", "name": "Free",
        "limits": [{"meter": "messages", "window": "calendar_day", "limit": 3}],
    }))?;
    let pro: Plan = serde_json::from_value(json!({
        "id": "pro", "name": "Pro",
        "price": {"reference": "price_pro", "amount": 1_900, "currency": "usd", "interval": "month"},
        "limits": [{"meter": "messages", "window": "calendar_day", "limit": 100}],
        "grants": [{"amount": 10 * UNIT}],
    }))?;
    Ok(PlanTable::new(vec![free, pro], Some(PlanId("free".into())), None)?)
}

/// A service and somebody who uses it.
struct World {
    clock: ManualClock,
    chat: Chat,
    ledger: Ledger,
    billing: Billing,
    gateway: ScriptedGateway,
    ann: Caller,
}

impl World {
    fn new() -> Result<Self> {
        let (store, clock, ids) = (Arc::new(MemoryStore::in_memory()), ManualClock::new(), Arc::new(RandomIds));
        let time: Arc<dyn Clock> = Arc::new(clock.clone());
        // an answer costs one unit, whatever it takes; whoever is new has five
        let prices = PriceTable::new("2026-01", Charging::PerRequest { amount: Credit::from_micros(UNIT) }, [].into())?;
        let users = Allowance { start: Credit::from_micros(5 * UNIT), refill: None };
        let credit = CreditRules { users, ..CreditRules::default() };
        let terms = Terms::new(plans()?).charging(prices, credit);
        let gateway = ScriptedGateway::new("a secret that the gateway signs with");
        Ok(Self {
            chat: Chat::over(store.clone(), Echo::new(), time.clone(), ids.clone()).entitlements(terms)?,
            ledger: Ledger::new(store.clone(), time.clone(), credit),
            billing: Billing::new(store, time, ids, plans()?).with_gateway(Arc::new(gateway.clone())),
            gateway,
            ann: Caller::user(UserId::mint(clock.now(), &RandomIds)),
            clock,
        })
    }

    async fn say(&self, chat: ConversationId, text: &str) -> std::result::Result<(), Error> {
        self.chat.send(&self.ann, chat, text).await?.driver.await;
        Ok(())
    }

    async fn credit(&self) -> Result<i64> {
        Ok(self.ledger.balance(self.ann.subject()).await?.balance.as_micros() / UNIT)
    }

    /// The gateway sends a message, as a webhook brings it: bytes, and a header that proves them.
    async fn deliver(&self, notice: &Notice) -> Result<bool> {
        let (body, signature) = self.gateway.sign(notice, self.clock.now());
        Ok(self.billing.receive(Signed { body: &body, signature: &signature }).await?.first)
    }

    fn month_from(&self, start: Timestamp, status: SnapshotStatus) -> Snapshot {
        Snapshot {
            id: "sub_1".into(),
            customer: "cus_1".into(),
            price: "price_pro".into(),
            status,
            period_start: start,
            period_end: start.plus(DAY * 30),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        }
    }
}

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<()> {
    let world = World::new()?;
    let chat = world.chat.conversations().create(&world.ann, NewConversation::default()).await?.id;
    limits(&world, chat).await?;
    credit_runs_out(&world, chat).await?;
    let paid = buys(&world).await?;
    spends_what_came_with_it(&world, chat).await?;
    ends(&world, paid).await?;
    the_books_are_right(&world).await
}

/// The limit of the free plan: what would go beyond it is refused before anything is stored.
async fn limits(world: &World, chat: ConversationId) -> Result<()> {
    for text in ["one", "two", "three"] {
        world.say(chat, text).await?;
    }
    let Err(Error::OverLimit(verdict)) = world.say(chat, "four").await else { return Err("it went through".into()) };
    let again = verdict.retry_at().ok_or("no time")?;
    println!("three messages a day are over; the next one may go at {again}");
    assert_eq!(again, world.clock.now().plus(DAY), "midnight: the clock shows the beginning of a day");
    assert_eq!(world.credit().await?, 2, "what was refused cost nothing");
    world.clock.advance(DAY);
    Ok(())
}

/// Credit: a run sets aside what it may cost, and is charged what it used.
async fn credit_runs_out(world: &World, chat: ConversationId) -> Result<()> {
    world.say(chat, "four").await?;
    world.say(chat, "five").await?;
    let Err(Error::InsufficientCredit { needed, available }) = world.say(chat, "six").await else {
        return Err("it went through".into());
    };
    println!("credit is used up: an answer costs {needed}, there are {available}");
    assert_eq!((needed.as_micros(), available.as_micros()), (UNIT, 0));
    Ok(())
}

/// A purchase: a page of the gateway, and then what the gateway tells, in whatever order and however often.
async fn buys(world: &World) -> Result<Snapshot> {
    let urls = Urls { success: "https://chat.example/thanks".into(), cancel: "https://chat.example/plans".into() };
    let page = world.billing.checkout(&world.ann, &Checkout { plan: PlanId("pro".into()), urls, once: None }).await?;
    println!("ann pays at {}", page.url);
    let now = world.clock.now();
    let active = world.month_from(now, SnapshotStatus::Active);
    let told = world.gateway.change(active.clone(), now);
    let paid = News::Paid {
        invoice: "in_1".into(),
        customer: "cus_1".into(),
        subscription: Some("sub_1".into()),
        amount: 1_900,
        currency: "usd".into(),
    };
    let paid = world.gateway.tell("invoice.paid", now, paid);
    assert!(world.deliver(&told).await? && world.deliver(&paid).await?);
    assert!(!world.deliver(&told).await?, "the same message again has no effect");
    let plan = world.billing.plan_of(world.ann.subject()).await?.ok_or("no plan")?;
    println!("the plan is now {}, with {} units of credit", plan.name, world.credit().await?);
    assert_eq!((plan.id.0.as_str(), world.credit().await?), ("pro", 10));
    Ok(active)
}

async fn spends_what_came_with_it(world: &World, chat: ConversationId) -> Result<()> {
    for text in ["six", "seven", "eight", "nine"] {
        world.say(chat, text).await?;
    }
    println!("four answers later there are {}", world.credit().await?);
    assert_eq!(world.credit().await?, 6);
    Ok(())
}

/// The end: nobody pays for the next month. The plan ends with what was paid for, and the credit that came with it.
async fn ends(world: &World, paid: Snapshot) -> Result<()> {
    world.clock.advance(DAY * 30);
    let ended = Snapshot { status: SnapshotStatus::Canceled, ended_at: Some(paid.period_end), ..paid };
    let told = world.gateway.change(ended, world.clock.now());
    world.deliver(&told).await?;
    let plan = world.billing.plan_of(world.ann.subject()).await?.ok_or("no plan")?;
    println!("after the month the plan is {}, the credit {}", plan.name, world.credit().await?);
    assert_eq!((plan.id.0.as_str(), world.credit().await?), ("free", 0));
    Ok(())
}

/// The books: every entry sums to zero, and the wallet is the sum of them.
async fn the_books_are_right(world: &World) -> Result<()> {
    world.ledger.tidy().await?;
    let entries = world.ledger.entries(&world.ann, &PageRequest::first()).await?.items;
    for entry in entries.iter().rev() {
        println!("{:>3} {:?} {}", entry.number, entry.kind, entry.owners());
    }
    let verified = world.ledger.verify(world.ann.subject()).await?;
    assert!(verified.is_sound && verified.matches, "{verified:?}");
    println!("{} entries, all sound", verified.entries);
    Ok(())
}
