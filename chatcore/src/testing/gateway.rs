//! A gateway that does what a test says.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use async_trait::async_trait;

use crate::billing::{
    CancelWhen, GatewayError, HostedPage, NewCustomer, News, Notice, Order, PaymentGateway, Signed, Snapshot,
    SnapshotStatus,
};
use crate::clock::Timestamp;
use crate::once::Fingerprint;

/// How old a message may be.
const TOLERANCE: Duration = Duration::from_secs(300);

/// A gateway in memory. It makes customers and pages, and everything else happens when a test says so; then it has events,
/// which the test delivers ([`Self::sign`]) as it likes. Clones are one gateway.
#[derive(Debug, Clone)]
pub struct ScriptedGateway {
    secret: String,
    state: Arc<Mutex<State>>,
}

#[derive(Debug, Default)]
struct State {
    customers: Vec<NewCustomer>,
    pages: Vec<Order>,
    subscriptions: BTreeMap<String, Snapshot>,
    events: Vec<Notice>,
    answers: BTreeMap<String, HostedPage>,
    looks: usize,
    down: bool,
    flaky: usize,
    calls: usize,
}

fn refused(what: &str) -> GatewayError {
    GatewayError::Refused(format!("there is no {what}"))
}

impl ScriptedGateway {
    /// A gateway that signs with a secret. With an empty one it proves nothing.
    pub fn new(secret: impl Into<String>) -> Self {
        Self { secret: secret.into(), state: Arc::default() }
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn reached(&self) -> Result<MutexGuard<'_, State>, GatewayError> {
        let mut state = self.state();
        state.calls += 1;
        let fails = state.flaky > 0 && state.calls.is_multiple_of(state.flaky);
        if state.down || fails { Err(GatewayError::Unavailable("the test has cut the line".into())) } else { Ok(state) }
    }

    /// Cuts the line to it, or mends it.
    pub fn set_down(&self, down: bool) {
        self.state().down = down;
    }

    /// Makes every so manieth call fail; 0 makes none.
    pub fn set_flaky(&self, every: usize) {
        self.state().flaky = every;
    }

    /// Who was made a customer, in order: `cus_1` and so on.
    #[must_use]
    pub fn customers(&self) -> Vec<NewCustomer> {
        self.state().customers.clone()
    }

    /// What was to be bought, in order: `page_1` and so on.
    #[must_use]
    pub fn orders(&self) -> Vec<Order> {
        self.state().pages.clone()
    }

    /// How often somebody looked at a subscription.
    #[must_use]
    pub fn looks(&self) -> usize {
        self.state().looks
    }

    /// All events, in the order in which they happened.
    #[must_use]
    pub fn events(&self) -> Vec<Notice> {
        self.state().events.clone()
    }

    /// Something happens: an event with the next id.
    pub fn tell(&self, kind: &str, created: Timestamp, news: News) -> Notice {
        let mut state = self.state();
        let id = format!("evt_{}", state.events.len() + 1);
        let notice = Notice { id, kind: kind.to_owned(), created, news };
        state.events.push(notice.clone());
        notice
    }

    /// A subscription changes, and an event says so.
    pub fn change(&self, snapshot: Snapshot, created: Timestamp) -> Notice {
        self.state().subscriptions.insert(snapshot.id.clone(), snapshot.clone());
        self.tell("subscription.updated", created, News::Subscription(snapshot))
    }

    /// A message with an event, as it travels: the bytes and the header that proves them, made at that moment.
    #[must_use]
    pub fn sign(&self, notice: &Notice, at: Timestamp) -> (Vec<u8>, String) {
        // writing to memory does not fail
        let body = serde_json::to_vec(notice).unwrap_or_default();
        let header = self.header(&body, at.as_seconds());
        (body, header)
    }

    /// The header that proves some bytes.
    #[must_use]
    pub fn header(&self, body: &[u8], seconds: i64) -> String {
        let time = seconds.to_string();
        let proof = Fingerprint::of([self.secret.as_bytes(), time.as_bytes(), body]);
        format!("{time},{proof:?}")
    }
}

#[async_trait]
impl PaymentGateway for ScriptedGateway {
    fn name(&self) -> &'static str {
        "scripted"
    }

    async fn create_customer(&self, new: &NewCustomer, _once: &str) -> Result<String, GatewayError> {
        let mut state = self.reached()?;
        let known = state.customers.iter().position(|known| known.subject == new.subject);
        let number = known.unwrap_or_else(|| {
            state.customers.push(new.clone());
            state.customers.len() - 1
        });
        Ok(format!("cus_{}", number + 1))
    }

    async fn checkout(&self, order: &Order, once: &str) -> Result<HostedPage, GatewayError> {
        let mut state = self.reached()?;
        if let Some(page) = state.answers.get(once) {
            return Ok(page.clone());
        }
        state.pages.push(order.clone());
        let id = format!("page_{}", state.pages.len());
        let page = HostedPage { url: format!("https://pay.example/{id}"), id };
        state.answers.insert(once.to_owned(), page.clone());
        Ok(page)
    }

    async fn portal(&self, customer: &str, _return_url: &str) -> Result<HostedPage, GatewayError> {
        drop(self.reached()?);
        Ok(HostedPage { id: customer.to_owned(), url: format!("https://pay.example/portal/{customer}") })
    }

    async fn cancel(&self, subscription: &str, when: CancelWhen, _once: &str) -> Result<Snapshot, GatewayError> {
        let mut state = self.reached()?;
        let found = state.subscriptions.get_mut(subscription).ok_or_else(|| refused("such subscription"))?;
        match when {
            CancelWhen::PeriodEnd => found.cancel_at_period_end = true,
            CancelWhen::Now => {
                found.status = SnapshotStatus::Canceled;
                found.ended_at = Some(found.period_start);
            }
        }
        Ok(found.clone())
    }

    async fn subscription(&self, id: &str) -> Result<Option<Snapshot>, GatewayError> {
        let mut state = self.reached()?;
        state.looks += 1;
        Ok(state.subscriptions.get(id).cloned())
    }

    async fn event(&self, id: &str) -> Result<Option<Notice>, GatewayError> {
        Ok(self.reached()?.events.iter().find(|event| event.id == id).cloned())
    }

    fn read(&self, message: &Signed<'_>, now: Timestamp) -> Result<Notice, GatewayError> {
        let seconds = message.signature.split_once(',').and_then(|(time, _)| time.parse::<i64>().ok());
        let seconds = seconds.filter(|_| !self.secret.is_empty()).ok_or(GatewayError::NotProven)?;
        let fresh = now.as_seconds().abs_diff(seconds) <= TOLERANCE.as_secs();
        if !fresh || self.header(message.body, seconds) != message.signature {
            return Err(GatewayError::NotProven);
        }
        serde_json::from_slice(message.body).map_err(|error| {
            let event: Option<serde_json::Value> = serde_json::from_slice(message.body).ok();
            let event = event.as_ref().and_then(|event| event["id"].as_str()).map(str::to_owned);
            GatewayError::Unreadable { event, reason: error.to_string() }
        })
    }
}
