//! Tokens, as credit.

use std::collections::BTreeMap;

use chatcore::billing::ledger::{Charging, Credit, PriceError, PriceTable};
use chatcore::{Error, Subject};

use super::NAME;
use crate::app::App;
use crate::config::CompatConfig;

/// What whoever is new has.
const WELCOME: i64 = 4000;

/// What a chat costs.
const CHAT: i64 = 100;

/// So many tokens, in credit.
pub(super) fn credit(config: &CompatConfig, tokens: i64) -> Credit {
    let each = config.token.map_or(1, Credit::as_micros);
    Credit::from_micros(tokens.saturating_mul(each))
}

/// What the mount charges for.
pub(super) fn prices(app: &App) -> Result<PriceTable, PriceError> {
    let amount = credit(&app.compat, CHAT);
    PriceTable::new(format!("{NAME}/{}", amount.as_micros()), Charging::PerRequest { amount }, BTreeMap::new())
}

/// Gives somebody the tokens of whoever is new, once.
pub(super) async fn welcome(app: &App, owner: Subject) -> Result<(), Error> {
    app.ledger.welcome(owner, NAME, credit(&app.compat, WELCOME)).await
}

/// How many tokens somebody can use.
pub(super) async fn tokens(app: &App, owner: Subject) -> Result<i64, Error> {
    let each = credit(&app.compat, 1).as_micros().max(1);
    Ok(app.ledger.balance(owner).await?.available.as_micros() / each)
}
