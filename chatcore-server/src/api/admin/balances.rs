//! What users have, what became of it, and putting it right.

use chatcore::Error;
use chatcore::account::Permission;
use chatcore::billing::ledger::{Balance, Credit, LedgerEntry};
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::user;
use crate::api::Tag;
use crate::api::dto::word;
use crate::api::once::Key;
use crate::api::support::{Answer, Auth, PageOf, page_request};
use crate::api::text::Text;
use crate::http::Problem;

pub(crate) struct BalanceApi;

/// What a user has, in micro-units of credit.
#[derive(Object)]
#[oai(rename = "UserBalance")]
struct BalanceDto {
    /// All of it; below zero it is a debt.
    balance: i64,
    /// How much of it is set aside for runs that go on.
    held: i64,
    /// What can be used.
    available: i64,
    /// What was spent in this month of UTC.
    spent: i64,
    /// Credit that was granted under terms, in the order in which it is used.
    grants: Vec<SliceDto>,
}

/// Credit under the same terms.
#[derive(Object)]
#[oai(rename = "GrantedCredit")]
struct SliceDto {
    /// How much is left.
    left: i64,
    /// Credit of a lower number is used first.
    priority: u8,
    /// When what is left is gone; never if it does not say.
    expires_at: Option<String>,
}

impl From<Balance> for BalanceDto {
    fn from(it: Balance) -> Self {
        let slice = |slice: &chatcore::billing::ledger::Slice| SliceDto {
            left: slice.left.as_micros(),
            priority: slice.terms.priority,
            expires_at: slice.terms.expires_at.map(|at| at.to_string()),
        };
        Self {
            balance: it.balance.as_micros(),
            held: it.held.as_micros(),
            available: it.available.as_micros(),
            spent: it.spent.as_micros(),
            grants: it.grants.iter().map(slice).collect(),
        }
    }
}

/// What happened to somebody's credit, with both sides of it and who did it.
#[derive(Object)]
#[oai(rename = "BookedEntry")]
struct EntryDto {
    /// What happened, by a name that nothing else has.
    event: String,
    /// Its number among the user's entries.
    number: u64,
    /// When.
    at: String,
    /// `start`, `refill`, `plan`, `promotion`, `purchase`, `charge`, `adjustment`, `correction`, `expiry` or `transfer`.
    kind: String,
    /// What the user got, in micro-units; below zero it was taken.
    amount: i64,
    /// What moved. The amounts sum to zero.
    lines: Vec<LineDto>,
    /// The run that used it.
    run_id: Option<String>,
    /// The version of the prices by which it was charged.
    price_version: Option<String>,
    /// The event of the entry that this one puts right.
    corrects: Option<String>,
    /// Why.
    reason: Option<String>,
    /// The user who did it, if somebody who runs the service did.
    by: Option<String>,
}

/// What one account got, or lost if it is below zero.
#[derive(Object)]
#[oai(rename = "EntryLine")]
struct LineDto {
    /// Which: `credit`, `grant/10/never`, `revenue`, `promotions` and so on.
    account: String,
    /// How much.
    amount: i64,
}

impl From<LedgerEntry> for EntryDto {
    fn from(entry: LedgerEntry) -> Self {
        let lines = entry.lines.iter();
        let lines = lines.map(|it| LineDto { account: it.account.to_string(), amount: it.amount.as_micros() });
        Self {
            lines: lines.collect(),
            amount: entry.owners().as_micros(),
            number: entry.number,
            at: entry.at.to_string(),
            kind: word(&entry.kind),
            run_id: entry.charge.as_ref().map(|charge| charge.run.to_string()),
            price_version: entry.charge.map(|charge| charge.price_version),
            corrects: entry.corrects,
            reason: entry.reason,
            by: entry.by.map(|by| by.to_string()),
            event: entry.event,
        }
    }
}

/// How a balance is put right.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Adjust {
    /// How much the user gets, in micro-units of credit; below zero it is taken.
    amount: i64,
    /// Why: 1 to 500 characters. It stands in the ledger, with who did it.
    reason: Text,
}

/// A balance that was put right.
#[derive(Object)]
struct Adjusted {
    /// What was booked.
    entry: EntryDto,
    /// What the user has now.
    balance: BalanceDto,
}

/// Whoever adjusts owes nothing: it is the user who has not so much.
fn not_so_much(error: Error) -> Problem {
    match error {
        Error::InsufficientCredit { needed, available } => {
            Problem::conflict("insufficient-credit", "The user has not so much that is not set aside.")
                .with("needed", needed.as_micros())
                .with("available", available.as_micros())
        }
        other => other.into(),
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl BalanceApi {
    /// What a user has
    #[oai(path = "/admin/users/:id/balance", method = "get")]
    async fn balance(&self, auth: Auth, id: Path<String>) -> Answer<Json<BalanceDto>> {
        let user = user(&auth, &id, Permission::SeeUsage)?;
        Ok(Json(auth.app.ledger.balance_of(auth.caller(), user).await?.into()))
    }

    /// Give a user credit, or take some
    ///
    /// A balance does not fall below zero by it.
    #[oai(path = "/admin/users/:id/balance", method = "post")]
    async fn adjust(
        &self,
        auth: Auth,
        id: Path<String>,
        body: Json<Adjust>,
        /// The name of the request: made again under the same name it books nothing anew. Names are your own, and do not
        /// expire.
        #[oai(name = "Idempotency-Key")]
        key: Key,
    ) -> Answer<Json<Adjusted>> {
        let (user, once) = (user(&auth, &id, Permission::AdjustBalances)?, key.once()?);
        let (ledger, by, amount) = (&auth.app.ledger, auth.caller(), Credit::from_micros(body.0.amount));
        let entry = ledger.adjust_user(by, user, once.as_ref(), amount, &body.0.reason).await.map_err(not_so_much)?;
        let balance = ledger.balance_of(by, user).await?;
        Ok(Json(Adjusted { entry: entry.into(), balance: balance.into() }))
    }

    /// What became of a user's credit, the newest first
    #[oai(path = "/admin/users/:id/ledger", method = "get")]
    async fn ledger(
        &self,
        auth: Auth,
        id: Path<String>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<EntryDto>>> {
        let user = user(&auth, &id, Permission::SeeUsage)?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.ledger.entries_of_user(auth.caller(), user, &page).await?;
        Ok(Json(found.map(EntryDto::from).into()))
    }
}
