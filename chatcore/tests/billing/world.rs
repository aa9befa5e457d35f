//! A service, a gateway, and time in days.

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::billing::{
    Billing, Checkout, Grace, News, Notice, Plan, PlanId, PlanTable, Received, Signed, Snapshot, SnapshotStatus, Urls,
};
use chatcore::testing::{CountingIds, ManualClock, ScriptedGateway, user};
use chatcore::{Clock, Error, MemoryStore, Timestamp};
use futures::executor::block_on;
use serde_json::json;

pub(crate) struct World {
    pub(crate) store: Arc<MemoryStore>,
    pub(crate) clock: ManualClock,
    pub(crate) gateway: ScriptedGateway,
    pub(crate) billing: Billing,
    pub(crate) ann: Caller,
}

pub(crate) const DAY: Duration = Duration::from_secs(86_400);

pub(crate) fn id(plan: &str) -> PlanId {
    PlanId(plan.into())
}

pub(crate) fn plan(name: &str, price: Option<&str>) -> Plan {
    let price = price.map(|it| json!({"reference": it, "amount": 1_900, "currency": "usd", "interval": "month"}));
    let trial = if price.is_some() { 14 } else { 0 };
    serde_json::from_value(json!({"id": name, "name": name, "price": price, "trial_days": trial})).unwrap()
}

impl World {
    pub(crate) fn new() -> Self {
        let (store, clock) = (Arc::new(MemoryStore::in_memory()), ManualClock::new());
        let gateway = ScriptedGateway::new("secret");
        let plans = vec![plan("free", None), plan("pro", Some("price_pro")), plan("max", Some("price_max"))];
        let table = PlanTable::new(plans, Some(id("free")), None).unwrap();
        let ids = Arc::new(CountingIds::default());
        let billing = Billing::new(store.clone(), Arc::new(clock.clone()), ids, table);
        let billing = billing.with_gateway(Arc::new(gateway.clone())).with_grace(Grace::days(7));
        Self { store, clock, gateway, billing, ann: user(1) }
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.clock.now()
    }

    /// Days from now; negative ones are past.
    pub(crate) fn day(&self, days: i32) -> Timestamp {
        let far = DAY * days.unsigned_abs();
        if days < 0 { self.now().minus(far) } else { self.now().plus(far) }
    }

    /// Ann's subscription, which began today.
    pub(crate) fn snapshot(&self, status: SnapshotStatus) -> Snapshot {
        Snapshot {
            id: "sub_1".into(),
            customer: "cus_1".into(),
            price: "price_pro".into(),
            status,
            period_start: self.now(),
            period_end: self.day(30),
            trial_end: None,
            cancel_at_period_end: false,
            ended_at: None,
        }
    }

    pub(crate) fn order(plan: &str) -> Checkout {
        let urls = Urls { success: "https://chat.example/thanks".into(), cancel: "https://chat.example/plans".into() };
        Checkout { plan: id(plan), urls, once: None }
    }

    /// The gateway delivers an event.
    pub(crate) fn try_deliver(&self, notice: &Notice) -> Result<Received, Error> {
        let (body, signature) = self.gateway.sign(notice, self.now());
        block_on(self.billing.receive(Signed { body: &body, signature: &signature }))
    }

    pub(crate) fn deliver(&self, notice: &Notice) -> Received {
        self.try_deliver(notice).unwrap()
    }

    /// Something happens to the subscription, and is told at once.
    pub(crate) fn happens(&self, snapshot: Snapshot) -> Received {
        let notice = self.gateway.change(snapshot, self.now());
        self.deliver(&notice)
    }

    /// Ann buys a plan: checkout, payment, and what the gateway tells of it.
    pub(crate) fn ann_buys_pro(&self) -> Snapshot {
        block_on(self.billing.checkout(&self.ann, &Self::order("pro"))).unwrap();
        let snapshot = self.snapshot(SnapshotStatus::Active);
        let told = self.gateway.change(snapshot.clone(), self.now());
        let (subject, customer) = (Some(self.ann.subject()), "cus_1".into());
        let bought = News::Purchased { subject, customer, subscription: Some("sub_1".into()) };
        let bought = self.gateway.tell("purchased", self.now(), bought);
        self.deliver(&told);
        self.deliver(&bought);
        snapshot
    }

    /// The plan that counts for Ann now.
    pub(crate) fn plan(&self) -> String {
        block_on(self.billing.plan_of(self.ann.subject())).unwrap().unwrap().id.0
    }
}
