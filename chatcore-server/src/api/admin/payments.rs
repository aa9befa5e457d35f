//! What the payment provider told and could not be applied.

use chatcore::billing::PaymentEvent;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::dto::word;
use crate::api::support::{Answer, Auth, PageOf, page_request};

pub(crate) struct PaymentApi;

/// An event of the payment provider, and what became of it.
#[derive(Object)]
#[oai(rename = "PaymentEvent")]
struct EventDto {
    /// Its id there.
    event: String,
    /// Its kind, in the provider's words.
    kind: String,
    /// What it is about, by its id there.
    object: Option<String>,
    /// When it happened there.
    created_at: String,
    /// When it came here first.
    received_at: String,
    /// `applied`, `ignored` or `parked`.
    state: String,
    /// Why it was not applied.
    reason: Option<String>,
    /// How often it was tried.
    tries: u64,
}

impl From<PaymentEvent> for EventDto {
    fn from(it: PaymentEvent) -> Self {
        Self {
            event: it.id,
            kind: it.kind,
            object: it.object,
            created_at: it.created.to_string(),
            received_at: it.received_at.to_string(),
            state: word(&it.state),
            reason: it.reason,
            tries: it.tries,
        }
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl PaymentApi {
    /// Events that somebody must see to
    ///
    /// The oldest first, each with the reason why it cannot be applied as things are.
    #[oai(path = "/admin/payments/parked", method = "get")]
    async fn parked(
        &self,
        auth: Auth,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<EventDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.billing.parked_page(auth.caller(), &page).await?;
        Ok(Json(found.map(EventDto::from).into()))
    }

    /// Try an event again that was not applied
    ///
    /// As the provider has it now. One that was applied stays as it is.
    #[oai(path = "/admin/payments/:event/replay", method = "post")]
    async fn replay(&self, auth: Auth, event: Path<String>) -> Answer<Json<EventDto>> {
        let event = auth.app.billing.replay(Some(auth.caller()), &event).await?;
        tracing::info!(event = event.id, state = ?event.state, by = %auth.caller().subject(), "tried a payment again");
        Ok(Json(event.into()))
    }
}
