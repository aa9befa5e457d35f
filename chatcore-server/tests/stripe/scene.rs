//! A stand-in for Stripe, and a gateway that takes it for Stripe.

use std::error::Error;
use std::sync::Arc;
use std::time::Duration;

use chatcore::billing::gateway::{GatewayError, NewCustomer, Notice, Order, PaymentGateway, Signed};
use chatcore::testing::ManualClock;
use chatcore::{Clock, Subject};
use chatcore_server::config::{Settings, StripeConfig};
use chatcore_server::payments::stripe::{Stripe, TIMEOUT};
use stripe_stand_in::{Options, StandIn};

pub(crate) const KEY: &str = "sk_test_canary";
pub(crate) const SECRET: &str = "whsec_canary";
pub(crate) const PRICE: &str = "price_plus";
pub(crate) const DAY: Duration = Duration::from_secs(24 * 60 * 60);

pub(crate) struct Scene {
    pub(crate) stand_in: StandIn,
    pub(crate) stripe: Stripe,
    pub(crate) clock: ManualClock,
}

pub(crate) fn config(base: &str) -> StripeConfig {
    let text = format!(
        "[payments]\nstripe_secret_key = '{KEY}'\nstripe_webhook_secret = '{SECRET}'\nstripe_api_base = '{base}'"
    );
    toml::from_str::<Settings>(&text).unwrap().resolve().unwrap().stripe.unwrap()
}

/// How a stand-in is set up that goes by a clock.
pub(crate) fn options(clock: &ManualClock) -> Options {
    let webhook_secrets = vec![SECRET.to_owned()];
    Options { key: KEY.to_owned(), webhook_secrets, ..Options::new(Arc::new(clock.clone())) }
}

impl Scene {
    pub(crate) async fn new() -> Self {
        Self::with(|options| options, TIMEOUT).await
    }

    pub(crate) async fn with(set_up: impl FnOnce(Options) -> Options, timeout: Duration) -> Self {
        let clock = ManualClock::new();
        let stand_in = StandIn::start(set_up(options(&clock))).await.unwrap();
        stand_in.price(PRICE, 900, "usd", "month");
        let stripe = Stripe::with_timeout(&config(&stand_in.url()), timeout).unwrap();
        Self { stand_in, stripe, clock }
    }

    pub(crate) async fn customer(&self) -> String {
        told(self.stripe.create_customer(&somebody(), "somebody").await).unwrap()
    }

    /// Somebody buys: their id, and that of what they subscribed to.
    pub(crate) async fn bought(&self, trial_days: u32) -> (String, String) {
        let customer = self.customer().await;
        let order = Order { trial_days, ..order(&customer) };
        let page = told(self.stripe.checkout(&order, "purchase").await).unwrap();
        self.stand_in.pay(&page.id).unwrap();
        let session = self.stand_in.object(&page.id).unwrap();
        (customer, session["subscription"].as_str().unwrap().to_owned())
    }

    /// What happened, as webhooks tell it.
    pub(crate) fn notices(&self) -> Vec<Notice> {
        let ids = self.stand_in.events().into_iter().map(|event| event["id"].as_str().unwrap().to_owned());
        ids.map(|id| {
            let (body, signature) = self.stand_in.signed(&id).unwrap();
            let message = Signed { body: body.as_bytes(), signature: &signature };
            told(self.stripe.read(&message, self.clock.now())).unwrap()
        })
        .collect()
    }

    /// How often a path was asked for.
    pub(crate) fn asked(&self, path: &str) -> usize {
        self.stand_in.asked().iter().filter(|asked| asked.path == path).count()
    }
}

pub(crate) fn subject() -> Subject {
    chatcore::testing::user(7).subject()
}

pub(crate) fn somebody() -> NewCustomer {
    NewCustomer { subject: subject(), email: Some("ann+bills@example.org".to_owned()) }
}

pub(crate) fn order(customer: &str) -> Order {
    Order {
        subject: subject(),
        customer: customer.to_owned(),
        price: PRICE.to_owned(),
        trial_days: 0,
        success_url: "https://chat.example.org/?paid={CHECKOUT_SESSION_ID}".to_owned(),
        cancel_url: "https://chat.example.org/?a=1&b=2".to_owned(),
    }
}

/// Looks for secrets in an error, whichever it is.
pub(crate) fn told<T>(result: Result<T, GatewayError>) -> Result<T, GatewayError> {
    if let Err(error) = &result {
        let mut text = format!("{error:?}");
        let mut cause: Option<&dyn Error> = Some(error);
        while let Some(it) = cause {
            text += &format!("; {it}");
            cause = it.source();
        }
        assert!(!text.contains("canary"), "a secret in {text}");
        assert!(text.len() < 2000, "{text}");
    }
    result
}
