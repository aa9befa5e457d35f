//! What models cost. Prices come from the configuration; what is charged by them stands with every entry of the ledger.

use chatcore::account::Permission;
use chatcore::billing::ledger::Charging;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use crate::api::Tag;
use crate::api::models::PricesDto;
use crate::api::support::{Answer, Auth};

pub(crate) struct PriceApi;

/// What is charged for, and by which prices.
#[derive(Object)]
struct PriceList {
    /// `free`, `per_request` or `per_token`.
    charge: String,
    /// What an answer costs with `per_request`, in micro-units of credit.
    amount: Option<i64>,
    /// What becomes of models without a price with `per_token`: `refuse` or `free`.
    unpriced: Option<String>,
    /// The name of these prices in the ledger.
    version: String,
    /// All models, the default first.
    items: Vec<PricedModel>,
}

/// What a model costs.
#[derive(Object)]
struct PricedModel {
    /// The name that turns use.
    model: String,
    /// Whose it is.
    provider: String,
    /// What its tokens cost, if somebody said so.
    prices: Option<PricesDto>,
}

#[OpenApi(tag = "Tag::Admin")]
impl PriceApi {
    /// What models cost, and what is charged for
    #[oai(path = "/admin/prices", method = "get")]
    async fn prices(&self, auth: Auth) -> Answer<Json<PriceList>> {
        auth.caller().require_permission(Permission::Configure)?;
        let table = &auth.app.prices;
        let (charge, amount, unpriced) = match table.charging() {
            Charging::PerRequest { amount } => ("per_request", Some(amount.as_micros()), None),
            Charging::PerToken { unpriced } => ("per_token", None, Some(crate::api::dto::word(&unpriced))),
            _ => ("free", None, None),
        };
        let items = auth.app.chat.models().map(|model| PricedModel {
            model: model.id.clone(),
            provider: model.provider.clone(),
            prices: model.prices.map(PricesDto::from),
        });
        let (charge, version) = (charge.to_owned(), table.version().to_owned());
        Ok(Json(PriceList { charge, amount, unpriced, version, items: items.collect() }))
    }
}
