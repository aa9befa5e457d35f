//! The service of billing over the gateway, beside the stand-in: whatever happens on the way, both know the same in the end.

use std::sync::Arc;
use std::time::Duration;

use chatcore::account::Caller;
use chatcore::billing::gateway::{CancelWhen, GatewayError, Signed, Snapshot, SnapshotStatus};
use chatcore::billing::{Billing, Checkout, Interval, Plan, PlanId, PlanPrice, PlanTable, Subscription, Urls};
use chatcore::billing::{PaymentGateway, SubscriptionState};
use chatcore::testing::{ManualClock, user};
use chatcore::{Error, MemoryStore, RandomIds};
use chatcore_server::payments::stripe::Stripe;
use poem::http::StatusCode;
use poem::listener::{Acceptor, Listener, TcpListener};
use poem::{Request, Response};
use stripe_stand_in::{Mischief, Relay, SIGNATURE, StandIn};

use crate::scene::{DAY, PRICE, config, options};

fn plans() -> PlanTable {
    let price =
        PlanPrice { reference: PRICE.to_owned(), amount: 900, currency: "usd".to_owned(), interval: Interval::Month };
    let plus = Plan {
        id: PlanId("plus".to_owned()),
        name: "Plus".to_owned(),
        description: None,
        price: Some(price),
        trial_days: 7,
        limits: Vec::new(),
        grants: Vec::new(),
    };
    PlanTable::new(vec![plus], None, None).unwrap()
}

async fn answer(billing: Billing, mut request: Request) -> Response {
    let signature = request.header(SIGNATURE).unwrap_or_default().to_owned();
    let body = request.take_body().into_vec().await.unwrap();
    match billing.receive(Signed { body: &body, signature: &signature }).await {
        Ok(_) => StatusCode::OK,
        Err(Error::Gateway(GatewayError::NotProven)) => StatusCode::BAD_REQUEST,
        Err(_) => StatusCode::INTERNAL_SERVER_ERROR,
    }
    .into()
}

/// A shop with its address for webhooks.
async fn open(stand_in: &StandIn, clock: &ManualClock) -> (Billing, String) {
    let stripe = Stripe::new(&config(&stand_in.url())).unwrap();
    let store = Arc::new(MemoryStore::in_memory());
    let billing = Billing::new(store, Arc::new(clock.clone()), Arc::new(RandomIds), plans());
    let billing = billing.with_gateway(Arc::new(stripe));
    let acceptor = TcpListener::bind("127.0.0.1:0").into_acceptor().await.unwrap();
    let address = *acceptor.local_addr()[0].as_socket_addr().unwrap();
    let answering = billing.clone();
    let endpoint = poem::endpoint::make(move |request| answer(answering.clone(), request));
    tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
    (billing, format!("http://{address}/webhook"))
}

async fn buy(billing: &Billing, stand_in: &StandIn, caller: &Caller) {
    let urls = Urls { success: "https://chat.example.org/".to_owned(), cancel: "https://chat.example.org/".to_owned() };
    let checkout = Checkout { plan: PlanId("plus".to_owned()), urls, once: None };
    let page = billing.checkout(caller, &checkout).await.unwrap();
    stand_in.pay(&page.id).unwrap();
}

/// What the core makes of a snapshot.
fn state(snapshot: &Snapshot) -> SubscriptionState {
    match snapshot.status {
        SnapshotStatus::Canceled => SubscriptionState::Ended,
        SnapshotStatus::PastDue => SubscriptionState::PastDue,
        SnapshotStatus::Unpaid | SnapshotStatus::Paused => SubscriptionState::Suspended,
        SnapshotStatus::Incomplete => SubscriptionState::Pending,
        _ if snapshot.cancel_at_period_end => SubscriptionState::Cancelled,
        SnapshotStatus::Trialing => SubscriptionState::Trial,
        _ => SubscriptionState::Active,
    }
}

pub(crate) async fn a_shop_knows_what_stripe_knows() {
    let clock = ManualClock::new();
    let stand_in = StandIn::start(options(&clock)).await.unwrap();
    stand_in.price(PRICE, 900, "usd", "month");
    let (billing, address) = open(&stand_in, &clock).await;
    let mischief = Mischief { seed: 11, delay: Duration::from_millis(5), ..Mischief::default() };
    let relay = Relay::start(&address, mischief).await.unwrap();
    stand_in.deliver_to(relay.url());
    let settle = async || {
        stand_in.quiet().await;
        relay.flush().await;
    };

    let callers: Vec<Caller> = (0..8).map(user).collect();
    for caller in &callers {
        buy(&billing, &stand_in, caller).await;
    }
    settle().await;
    let mut subscriptions: Vec<Subscription> = Vec::new();
    for (number, caller) in callers.iter().enumerate() {
        let bought = billing.subscription(caller).await.unwrap().unwrap();
        assert_eq!((bought.subject, bought.state), (caller.subject(), SubscriptionState::Trial));
        match number % 4 {
            0 => stand_in.break_card(&bought.customer),
            1 => drop(billing.cancel(caller, CancelWhen::PeriodEnd).await.unwrap()),
            2 => drop(billing.cancel(caller, CancelWhen::Now).await.unwrap()),
            _ => {}
        }
        subscriptions.push(bought);
    }
    for days in [3, 8, 20, 40] {
        stand_in.advance(DAY * days).unwrap();
        settle().await;
        let stripe = Stripe::new(&config(&stand_in.url())).unwrap();
        for (caller, bought) in callers.iter().zip(&subscriptions) {
            let there = stripe.subscription(&bought.id).await.unwrap().unwrap();
            let here = billing.subscription(caller).await.unwrap().unwrap();
            assert_eq!((here.state, here.period_end), (state(&there), there.period_end), "{here:?} {there:?}");
        }
    }
    assert!(billing.parked(None, None).await.unwrap().is_empty());
    let outcome = relay.outcome();
    assert!(outcome.forged > 0 && outcome.lost > 0 && outcome.doubled > 0, "{outcome:?}");
    assert_eq!((outcome.forged_taken, outcome.given_up), (0, 0), "{outcome:?}");
}
