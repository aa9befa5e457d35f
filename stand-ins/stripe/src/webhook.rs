//! Webhooks: events that are signed, and sent until somebody takes them.

use std::fmt::Write as _;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use chatcore::Clock;
use hmac::{Hmac, KeyInit, Mac};
use sha2::Sha256;
use tokio::sync::watch;

/// The header that proves an event.
pub const SIGNATURE: &str = "Stripe-Signature";

/// HMAC-SHA256 over the time, a dot and the body, in hex.
fn hmac(secret: &str, signed_at: i64, body: &[u8]) -> String {
    // HMAC takes keys of any length
    let Ok(mut mac) = Hmac::<Sha256>::new_from_slice(secret.as_bytes()) else { return String::new() };
    mac.update(format!("{signed_at}.").as_bytes());
    mac.update(body);
    mac.finalize().into_bytes().iter().fold(String::new(), |mut text, byte| {
        let _ = write!(text, "{byte:02x}");
        text
    })
}

/// The value of the header for a body: one `v1` for each secret that is in use, so that secrets can be rolled, and the `v0`
/// that Stripe adds in its test mode, which proves nothing.
#[must_use]
pub fn sign(secrets: &[String], signed_at: i64, body: &[u8]) -> String {
    let mut header = format!("t={signed_at}");
    for secret in secrets {
        let _ = write!(header, ",v1={}", hmac(secret, signed_at, body));
    }
    let _ = write!(header, ",v0={}", hmac("nothing", signed_at, body));
    header
}

/// An attempt to hand over an event.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Delivery {
    /// The event.
    pub event: String,
    /// The status of the answer; none if there was none.
    pub status: Option<u16>,
}

/// Sends events.
pub(crate) struct Courier {
    client: reqwest::Client,
    clock: Arc<dyn Clock>,
    secrets: Vec<String>,
    /// How long it waits after each attempt; after the last it gives up.
    patience: Vec<Duration>,
    target: Mutex<Option<String>>,
    deliveries: Mutex<Vec<Delivery>>,
    under_way: watch::Sender<usize>,
}

impl Courier {
    pub(crate) fn new(clock: Arc<dyn Clock>, secrets: Vec<String>, patience: Vec<Duration>) -> reqwest::Result<Self> {
        Ok(Self {
            client: client()?,
            clock,
            secrets,
            patience,
            target: Mutex::default(),
            deliveries: Mutex::default(),
            under_way: watch::Sender::new(0),
        })
    }

    pub(crate) fn aim(&self, target: &str) {
        *self.target.lock().unwrap_or_else(PoisonError::into_inner) = Some(target.to_owned());
    }

    pub(crate) fn signature(&self, body: &str) -> String {
        sign(&self.secrets, self.clock.now().as_seconds(), body.as_bytes())
    }

    pub(crate) fn deliveries(&self) -> Vec<Delivery> {
        self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Ready when nothing is under way.
    pub(crate) async fn quiet(&self) {
        // it fails when the sender is gone, and that is here
        let _ = self.under_way.subscribe().wait_for(|count| *count == 0).await;
    }

    /// Sends an event, apart from everything else: events overtake each other, as Stripe's do.
    pub(crate) fn send(self: &Arc<Self>, event: String, body: String) {
        let Some(target) = self.target.lock().unwrap_or_else(PoisonError::into_inner).clone() else { return };
        let courier = self.clone();
        courier.under_way.send_modify(|count| *count += 1);
        tokio::spawn(async move {
            courier.insist(&target, &event, &body).await;
            courier.under_way.send_modify(|count| *count -= 1);
        });
    }

    async fn insist(&self, target: &str, event: &str, body: &str) {
        let last = std::iter::once(None);
        for pause in self.patience.iter().map(Some).chain(last) {
            // each attempt has a signature of its own time
            let request = self.client.post(target).header("content-type", "application/json; charset=utf-8");
            let request = request.header(SIGNATURE, self.signature(body)).body(body.to_owned());
            let status = request.send().await.ok().map(|answer| answer.status().as_u16());
            let delivery = Delivery { event: event.to_owned(), status };
            self.deliveries.lock().unwrap_or_else(PoisonError::into_inner).push(delivery);
            if status.is_some_and(|status| (200..300).contains(&status)) {
                return;
            }
            if let Some(pause) = pause {
                tokio::time::sleep(*pause).await;
            }
        }
    }
}

/// A client that speaks to this machine, and waits no longer than Stripe does.
pub(crate) fn client() -> reqwest::Result<reqwest::Client> {
    reqwest::Client::builder()
        .no_proxy()
        .redirect(reqwest::redirect::Policy::none())
        .timeout(Duration::from_secs(20))
        .build()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_signature_is_what_openssl_says() {
        // printf '1700000000.{"id":"evt_1"}' | openssl dgst -sha256 -hmac whsec_test
        let known = "c89214b5b5da833daed6f0b8c5bb6bd58cea9022bd80ccc78230f3942d632925";
        let header = sign(&["whsec_test".to_owned()], 1_700_000_000, br#"{"id":"evt_1"}"#);
        assert!(header.starts_with(&format!("t=1700000000,v1={known},v0=")), "{header}");
    }
}
