//! A stand-in for Stripe, for tests and for people who try a server by hand.
//!
//! It speaks the part of the API that a shop of subscriptions uses: customers, products, prices, Checkout, the billing
//! portal, subscriptions, invoices, events; with keys, versions, idempotency and errors as Stripe has them, pages that a
//! browser can click through, and signed webhooks. Its time passes when it is told to ([`StandIn::advance`]), and it fails
//! where it is told to ([`StandIn::fail`]). A [`Relay`] between it and a server loses, doubles, delays and forges.
//!
//! It keeps everything in memory, knows nobody who pays, and is for this machine alone.

mod api;
mod door;
mod failure;
mod fault;
mod idempotency;
mod life;
mod objects;
mod pages;
mod params;
mod period;
mod relay;
mod version;
mod webhook;
mod world;

use std::io;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};
use std::time::Duration;

use chatcore::Clock;
use poem::listener::{Acceptor, Listener, TcpListener};
use serde_json::Value;

pub use door::Asked;
pub use failure::Failure;
pub use fault::Fault;
pub use relay::{Mischief, Outcome, Relay};
pub use version::CURRENT as CURRENT_VERSION;
pub use webhook::{Delivery, SIGNATURE, sign};
pub use world::AfterRetries;

use fault::Faults;
use idempotency::Answers;
use webhook::Courier;
use world::World;

/// How a stand-in is set up.
pub struct Options {
    /// Where it listens.
    pub listen: String,
    /// The key that requests need.
    pub key: String,
    /// The secrets with which webhooks are signed.
    pub webhook_secrets: Vec<String>,
    /// How long it waits after each attempt to deliver an event; after the last it gives up.
    pub patience: Vec<Duration>,
    /// The API version of its events.
    pub event_version: String,
    /// What becomes of a subscription when all attempts at a payment have failed.
    pub after_retries: AfterRetries,
    /// What the ids of this stand-in have in them, so that those of another are others.
    pub tag: String,
    /// The time.
    pub clock: Arc<dyn Clock>,
}

impl Options {
    /// What tests want: a port that the system chooses, a known key and a known secret.
    #[must_use]
    pub fn new(clock: Arc<dyn Clock>) -> Self {
        Self {
            listen: "127.0.0.1:0".to_owned(),
            key: "sk_test_stand_in".to_owned(),
            webhook_secrets: vec!["whsec_stand_in".to_owned()],
            patience: vec![Duration::from_millis(20); 50],
            event_version: version::CURRENT.to_owned(),
            after_retries: AfterRetries::default(),
            tag: String::new(),
            clock,
        }
    }
}

/// What all requests share.
pub(crate) struct Shared {
    key: String,
    url: OnceLock<String>,
    inside: Mutex<(World, Answers)>,
    faults: Faults,
    asked: Mutex<Vec<Asked>>,
    courier: Arc<Courier>,
}

impl Shared {
    fn home(&self) -> String {
        self.url.get().cloned().unwrap_or_default()
    }

    fn note(&self, asked: Asked) {
        self.asked.lock().unwrap_or_else(PoisonError::into_inner).push(asked);
    }

    /// Looks at what there is.
    fn look<T>(&self, look: impl FnOnce(&World) -> T) -> T {
        look(&self.inside.lock().unwrap_or_else(PoisonError::into_inner).0)
    }

    /// Changes something, and sends what happened.
    fn change<T>(&self, change: impl FnOnce(&mut World, &mut Answers) -> T) -> T {
        let (changed, events) = {
            let mut inside = self.inside.lock().unwrap_or_else(PoisonError::into_inner);
            let (world, answers) = &mut *inside;
            let changed = change(world, answers);
            (changed, std::mem::take(&mut world.outbox))
        };
        events.into_iter().for_each(|(id, body)| self.courier.send(id, body));
        changed
    }

    fn send_again(&self, event: &str) -> Result<(), Failure> {
        let body = self.look(|world| world.get("event", event))?.to_string();
        self.courier.send(event.to_owned(), body);
        Ok(())
    }
}

/// A stand-in that runs until its runtime ends.
#[derive(Clone)]
pub struct StandIn {
    shared: Arc<Shared>,
}

impl StandIn {
    /// Starts one.
    ///
    /// # Errors
    /// When the address cannot be used.
    pub async fn start(options: Options) -> io::Result<Self> {
        let acceptor = TcpListener::bind(options.listen).into_acceptor().await?;
        let address = acceptor.local_addr().first().and_then(|it| it.as_socket_addr().copied());
        let address = address.ok_or_else(|| io::Error::other("the listener has no address"))?;
        let courier = Courier::new(options.clock.clone(), options.webhook_secrets, options.patience);
        let world = World::new(options.clock, options.tag, options.event_version, options.after_retries);
        let shared = Arc::new(Shared {
            key: options.key,
            url: OnceLock::from(format!("http://{address}")),
            inside: Mutex::new((world, Answers::default())),
            faults: Faults::default(),
            asked: Mutex::default(),
            courier: Arc::new(courier.map_err(io::Error::other)?),
        });
        let answering = shared.clone();
        let endpoint = poem::endpoint::make(move |request| {
            let shared = answering.clone();
            async move { door::answer(shared, request).await }
        });
        tokio::spawn(poem::Server::new_with_acceptor(acceptor).run(endpoint));
        Ok(Self { shared })
    }

    /// Where it is: what a client takes for Stripe's address.
    #[must_use]
    pub fn url(&self) -> String {
        self.shared.home()
    }

    /// Where its events go from now on.
    pub fn deliver_to(&self, url: &str) {
        self.shared.courier.aim(url);
    }

    /// Makes a price of this name; the interval is `day`, `week`, `month` or `year`.
    pub fn price(&self, id: &str, amount: u64, currency: &str, interval: &str) {
        self.shared.change(|world, _| objects::catalog::named_price(world, id, amount, currency, interval));
    }

    /// Lets time pass: payments, failures, ends.
    ///
    /// # Errors
    /// When an object is gone that another names.
    pub fn advance(&self, by: Duration) -> Result<(), Failure> {
        let seconds = i64::try_from(by.as_secs()).unwrap_or(i64::MAX / 4);
        self.shared.change(|world, _| life::advance(world, seconds))
    }

    /// Somebody pays on the page of a session of Checkout. Where they go then.
    ///
    /// # Errors
    /// When the session is over, or there is none.
    pub fn pay(&self, session: &str) -> Result<String, Failure> {
        self.shared.change(|world, _| objects::checkout::pay(world, session))
    }

    /// Payments of this customer fail from now on.
    pub fn break_card(&self, customer: &str) {
        self.shared.change(|world, _| world.broken_cards.insert(customer.to_owned()));
    }

    /// They work again, and what is open is paid.
    ///
    /// # Errors
    /// When an object is gone that another names.
    pub fn mend_card(&self, customer: &str) -> Result<(), Failure> {
        self.shared.change(|world, _| life::mend_card(world, customer))
    }

    /// Lets the next request to a path fail.
    pub fn fail(&self, path: &str, fault: Fault) {
        self.shared.faults.add(path, fault);
    }

    /// The requests that came, in order.
    #[must_use]
    pub fn asked(&self) -> Vec<Asked> {
        self.shared.asked.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// An object as it is.
    #[must_use]
    pub fn object(&self, id: &str) -> Option<Value> {
        self.shared.look(|world| world.find(id).cloned())
    }

    /// Everything that has happened, in order.
    #[must_use]
    pub fn events(&self) -> Vec<Value> {
        self.shared.look(|world| world.all("event"))
    }

    /// An event as it would be sent now: its body, and the header that proves it.
    ///
    /// # Errors
    /// When there is none.
    pub fn signed(&self, event: &str) -> Result<(String, String), Failure> {
        let body = self.shared.look(|world| world.get("event", event))?.to_string();
        let header = self.shared.courier.signature(&body);
        Ok((body, header))
    }

    /// Sends an event once more.
    ///
    /// # Errors
    /// When there is none.
    pub fn send_again(&self, event: &str) -> Result<(), Failure> {
        self.shared.send_again(event)
    }

    /// Every attempt to hand over an event so far.
    #[must_use]
    pub fn deliveries(&self) -> Vec<Delivery> {
        self.shared.courier.deliveries()
    }

    /// Ready when all events have been taken, or given up.
    pub async fn quiet(&self) {
        self.shared.courier.quiet().await;
    }
}
