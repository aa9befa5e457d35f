//! Two thousand messages of a gateway, in no order, some twice, some forged, while lines break and processes die.

use std::collections::{BTreeMap, BTreeSet};
use std::time::Duration;

use futures::future::{Either, select};
use futures::stream::{self, StreamExt};

use super::bench::{Bench, pause};
use super::raw;
use crate::Timestamp;
use crate::billing::ledger::{Account, EntryKind, event};
use crate::billing::{
    Billing, EventState, GatewayError, Grace, LinkCustomer, News, Notice, ObjectKind, Plan, PlanTable, Signed,
    Snapshot, SnapshotStatus, Subscription,
};
use crate::error::Error;
use crate::store::{AnyRecord, Batch, Kind, StoreErrorKind};
use crate::subject::Subject;
use crate::testing::{ScriptedGateway, user};

/// Random numbers that are always the same.
struct Dice(u64);

impl Dice {
    fn roll(&mut self, sides: u64) -> u64 {
        self.0 ^= self.0 << 13;
        self.0 ^= self.0 >> 7;
        self.0 ^= self.0 << 17;
        self.0 % sides
    }

    fn shuffle<T>(&mut self, all: &mut [T]) {
        for at in (1..all.len()).rev() {
            let other = usize::try_from(self.roll(at as u64 + 1)).unwrap();
            all.swap(at, other);
        }
    }
}

fn plans() -> PlanTable {
    let plan = |name: &str, price: &str| -> Plan {
        let price = serde_json::json!({"reference": price, "amount": 1, "currency": "usd", "interval": "month"});
        let grants = serde_json::json!([{"amount": 5}]);
        serde_json::from_value(serde_json::json!({"id": name, "name": name, "price": price, "grants": grants})).unwrap()
    };
    PlanTable::new(vec![plan("pro", "price_pro"), plan("max", "price_max")], None, None).unwrap()
}

const DAY: Duration = Duration::from_secs(86_400);

/// The lives of subscriptions, as the gateway tells them, and whose they are.
struct Story {
    gateway: ScriptedGateway,
    owners: BTreeMap<String, Subject>,
    dice: Dice,
    now: Timestamp,
}

impl Story {
    /// A subscription lives: every few seconds, often within one, something happens to it.
    fn live(&mut self, subject: Subject, customer: &str, id: &str) {
        use SnapshotStatus::{Active, Canceled, Incomplete, PastDue, Trialing, Unpaid};
        self.owners.insert(id.to_owned(), subject);
        let mut at = self.now.minus(DAY);
        let mut it = Snapshot {
            id: id.to_owned(),
            customer: customer.to_owned(),
            price: "price_pro".into(),
            status: Incomplete,
            period_start: self.now.minus(DAY * 300),
            period_end: self.now.minus(DAY * 270),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        };
        self.gateway.change(it.clone(), at);
        let steps = 4 + self.dice.roll(12);
        for _ in 0..steps {
            at = at.plus(Duration::from_secs(self.dice.roll(3)));
            match self.dice.roll(8) {
                0 => it.status = Trialing,
                1 => it.status = PastDue,
                2 => it.status = Unpaid,
                3 => it.price = ["price_pro", "price_max"][usize::from(self.dice.roll(2) == 0)].into(),
                4 => it.cancel_at_period_end = !it.cancel_at_period_end,
                _ => {
                    it.status = Active;
                    (it.period_start, it.period_end) = (it.period_end, it.period_end.plus(DAY * 30));
                }
            }
            if it.status == Incomplete {
                it.status = Active;
            }
            self.gateway.change(it.clone(), at);
        }
        if self.dice.roll(3) == 0 {
            (it.status, it.ended_at) = (Canceled, Some(at));
            self.gateway.change(it, at);
        }
    }

    fn bills(&mut self, customer: &str) {
        for n in 0..3 {
            let invoice = format!("in_{customer}_{n}");
            let (customer, subscription) = (customer.to_owned(), None);
            let at = self.now.minus(DAY);
            let failed =
                News::PaymentFailed { invoice: invoice.clone(), customer: customer.clone(), subscription: None };
            self.gateway.tell("failed", at, failed);
            let paid = News::Paid { invoice, customer, subscription, amount: 1_900, currency: "usd".into() };
            self.gateway.tell("paid", at.plus(Duration::from_secs(self.dice.roll(2))), paid);
        }
    }
}

/// 48 customers, every other of whom the gateway alone knows to be somebody, with a subscription or two.
async fn story(bench: &Bench<'_>) -> Story {
    let gateway = ScriptedGateway::new("secret");
    let (dice, now) = (Dice(0x9e37_79b9_7f4a_7c15), bench.now());
    let mut story = Story { gateway, owners: BTreeMap::new(), dice, now };
    for n in 0..48 {
        let (subject, customer) = (user(1_000 + n).subject(), format!("cus_{n}"));
        for part in 0..=n % 2 {
            let id = format!("sub_{n}_{part}");
            story.live(subject, &customer, &id);
            let (subject, customer, subscription) = (Some(subject), customer.clone(), Some(id));
            let bought = News::Purchased { subject, customer, subscription };
            story.gateway.tell("purchased", now.minus(DAY), bought);
        }
        story.bills(&customer);
        story.gateway.tell("product.created", now, News::Other);
        if n % 2 == 0 {
            let link = LinkCustomer { subject, reference: customer, at: now };
            bench.commit(Batch::of(link)).await.unwrap();
        }
    }
    story
}

/// One message on its way, and after how many turns its receiver dies.
struct Delivery {
    body: Vec<u8>,
    header: String,
    patience: Option<u64>,
}

/// Hands a message over. `None`: nobody answered.
async fn deliver(billing: &Billing, it: &Delivery) -> Option<Result<bool, Error>> {
    let message = Signed { body: &it.body, signature: &it.header };
    let receive = Box::pin(async { billing.receive(message).await.map(|received| received.first) });
    let Some(patience) = it.patience else { return Some(receive.await) };
    let dies = Box::pin(async {
        for _ in 0..patience {
            pause().await;
        }
    });
    match select(receive, dies).await {
        Either::Left((answer, _)) => Some(answer),
        Either::Right(_) => None,
    }
}

/// Whether the same may go well another time, so that the gateway sends it again.
fn is_passing(error: &Error) -> bool {
    match error {
        Error::Gateway(GatewayError::Unavailable(_)) | Error::Overloaded => true,
        Error::Store(error) => matches!(error.kind(), StoreErrorKind::NotApplied | StoreErrorKind::Unavailable),
        _ => false,
    }
}

/// Every event once to three times, in no order, and between them some that are forged.
fn deliveries(story: &mut Story) -> (Vec<Delivery>, usize) {
    let (mut all, mut forged) = (Vec::new(), 0);
    for notice in story.gateway.events() {
        for _ in 0..=story.dice.roll(3) {
            let (body, header) = story.gateway.sign(&notice, story.now);
            let patience = (story.dice.roll(10) == 0).then(|| story.dice.roll(40));
            all.push(Delivery { body, header, patience });
        }
        if story.dice.roll(10) == 0 {
            let stranger = ScriptedGateway::new("another secret");
            let notice = Notice { id: format!("forged_{forged}"), ..notice };
            let (body, header) = stranger.sign(&notice, story.now);
            all.push(Delivery { body, header, patience: None });
            forged += 1;
        }
    }
    story.dice.shuffle(&mut all);
    (all, forged)
}

pub(super) async fn deliveries_have_one_effect_each(bench: Bench<'_>) {
    let mut story = story(&bench).await;
    let billing =
        Billing::new(bench.store.clone(), std::sync::Arc::new(bench.clock.clone()), bench.ids.clone(), plans());
    let billing = billing.with_gateway(std::sync::Arc::new(story.gateway.clone()));
    let (all, forged) = deliveries(&mut story);
    assert!(all.len() >= 2_000 && forged * 25 >= all.len(), "{} deliveries, {forged} forged", all.len());
    let (mut waiting, mut refused, mut first) = (all, 0, BTreeMap::<Vec<u8>, usize>::new());
    for round in 0.. {
        assert!(round < 100, "{} messages are never taken", waiting.len());
        // the line to the gateway is bad at first
        story.gateway.set_flaky(if round < 3 { 5 } else { 0 });
        let billing = &billing;
        let answers = stream::iter(waiting).map(|it| async move { (deliver(billing, &it).await, it) });
        let answers: Vec<_> = answers.buffer_unordered(16).collect().await;
        waiting = Vec::new();
        for (answer, it) in answers {
            match answer {
                Some(Ok(is_first)) => *first.entry(it.body).or_default() += usize::from(is_first),
                Some(Err(Error::Gateway(GatewayError::NotProven))) => refused += 1,
                Some(Err(error)) if !is_passing(&error) => panic!("a message was refused: {error}"),
                Some(Err(_)) | None => waiting.push(Delivery { patience: None, ..it }),
            }
        }
        if waiting.is_empty() {
            break;
        }
    }
    assert_eq!(refused, forged, "what is forged is refused, and nothing else");
    assert!(first.values().all(|times| *times <= 1), "two deliveries of one event had an effect");
    story.gateway.set_flaky(0);
    // those that came before it was known who the customer is
    while let Some(parked) = billing.parked(None, None).await.unwrap().first() {
        let again = billing.replay(None, &parked.id).await.unwrap();
        assert_ne!(again.state, EventState::Parked, "{again:?}");
    }
    expect_told(&bench, &story).await;
    bench.expect_sound().await;
}

/// What is stored is what the gateway told, had it come in order and once.
async fn expect_told(bench: &Bench<'_>, story: &Story) {
    let events = story.gateway.events();
    assert_eq!(bench.count(Kind::PaymentEvent).await, events.len(), "each event is kept once, and nothing forged");
    let mut last: BTreeMap<&str, &Snapshot> = BTreeMap::new();
    let mut periods: BTreeMap<&str, BTreeSet<Timestamp>> = BTreeMap::new();
    for event in &events {
        match &event.news {
            News::Subscription(told) => {
                last.insert(&told.id, told);
                let begun = matches!(told.status, SnapshotStatus::Active | SnapshotStatus::Trialing);
                periods.entry(&told.id).or_default().extend(begun.then_some(told.period_start));
            }
            News::Paid { invoice, .. } => {
                let found = bench.store.payment_object(ObjectKind::Invoice, invoice).await.unwrap().unwrap();
                assert!(found.paid, "{invoice} was paid");
                expect_booked(bench, invoice).await;
            }
            _ => {}
        }
    }
    let mut owned: BTreeMap<Subject, Vec<Subscription>> = BTreeMap::new();
    let book = plans();
    for (id, told) in last {
        let (subject, plan) = (story.owners[id], book.sold_at(&told.price).unwrap().id.clone());
        let oracle = Subscription::begin(told, subject, plan, Grace::default(), story.now).unwrap();
        let found = bench.store.subscription(id).await.unwrap().unwrap();
        assert_eq!((found.state, found.until, &found.price), (oracle.state, oracle.until, &oracle.price), "{id}");
        assert_eq!(found.credited, periods[id].iter().copied().collect::<Vec<_>>(), "credit for the periods of {id}");
        assert!(oracle.has_ended() || found.plan == oracle.plan, "the plan of {id}");
        let kept: Vec<_> = found.credited.iter().copied().filter(|start| start.plus(DAY * 30) > story.now).collect();
        expect_credit(bench, subject, id, &kept).await;
        owned.entry(subject).or_default().push(oracle);
    }
    let kept = periods.values().flatten().filter(|start| start.plus(DAY * 30) > story.now).count();
    assert_eq!(count_plan_entries(bench).await, kept, "an entry for each period that is not over, and no other");
    for (subject, all) in owned {
        let ends = all.iter().flat_map(|one| &periods[one.id.as_str()]).map(|start| start.plus(DAY * 30));
        let credit = 5 * ends.filter(|end| *end > story.now).count();
        let wallet = bench.store.wallet(subject).await.unwrap();
        let balance = wallet.map_or(0, |wallet| wallet.balance().as_micros());
        assert_eq!(usize::try_from(balance).unwrap(), credit, "the credit of {subject}");
        let entitlement = bench.store.entitlement(subject).await.unwrap();
        let found = entitlement.and_then(|found| Some((found.plan?, found.until)));
        let best = Subscription::best(&all).map(|best| (best.plan.clone(), best.until));
        assert_eq!(found, best, "what {subject} is entitled to");
    }
}

/// What was paid is in the books, once, and nobody's credit.
async fn expect_booked(bench: &Bench<'_>, invoice: &str) {
    let entry = bench.store.ledger_entry(&event::bill(invoice)).await.unwrap().expect("a bill that was paid is booked");
    let lines: Vec<_> = entry.lines.iter().map(|line| (line.account, line.amount.as_micros())).collect();
    assert_eq!(lines, [(Account::Revenue, 19_000_000), (Account::Payments, -19_000_000)], "{invoice}");
    assert_eq!((entry.kind, entry.reason.as_deref()), (EntryKind::Payment, Some("19.00 usd")));
}

async fn count_plan_entries(bench: &Bench<'_>) -> usize {
    let all = raw::scan_all(&*bench.store, Kind::LedgerEntry, 100).await;
    let of_plans = |record: &&AnyRecord| matches!(record, AnyRecord::LedgerEntry(one) if one.kind == EntryKind::Plan);
    all.iter().filter(of_plans).count()
}

/// The credit of these periods is booked.
async fn expect_credit(bench: &Bench<'_>, subject: Subject, id: &str, periods: &[Timestamp]) {
    for start in periods {
        let event = format!("{}:0", event::grant(id, *start));
        let entry = bench.store.ledger_entry(&event).await.unwrap();
        let told = entry.map(|entry| (entry.owner, entry.kind, entry.owners().as_micros()));
        assert_eq!(told, Some((subject, EntryKind::Plan, 5)), "{event}");
    }
}
