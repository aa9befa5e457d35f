//! What somebody may use, what they used of it, what it cost them, and how much more of it they want.

use chatcore::billing::ledger::{Charge, Charging, LedgerEntry, Line};
use chatcore::quota::{LimitState, Verdict};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::account::not_confirmed;
use super::dto::{UsageDto, word};
use super::support::{Answer, Auth, Done, PageOf, page_request};
use super::text::Text;

pub(crate) struct UsageApi;

/// A limit, and how it stands.
#[derive(Debug, Object)]
#[oai(rename = "Limit")]
pub(super) struct LimitStateDto {
    /// What is counted: `messages`, `requests`, `tokens`, `cost` (millionths), `api_calls`, `concurrent_runs` or `stored_bytes`.
    meter: String,
    /// Over what time: `minute`, `hour`, `day`, `week` or `month` of UTC; the same with `calendar_` before it, of my time zone;
    /// `rolling_5h`; `lifetime`.
    window: String,
    /// Over whom: `subject` (me alone), `network`, `api_key`, `plan` or `everything`.
    scope: String,
    /// With which model; with all of them together if none is named.
    model: Option<String>,
    /// How much there may be.
    limit: u64,
    /// How much was used.
    used: u64,
    /// How much answers may use yet that are being written.
    held: u64,
    /// How much is left.
    remaining: u64,
    /// When there is more again; `null` when time alone does not help, and when nothing was used.
    resets_at: Option<String>,
}

impl From<&LimitState> for LimitStateDto {
    fn from(state: &LimitState) -> Self {
        let LimitState { meter, window, scope, model, limit, used, held, remaining, resets_at, .. } = state;
        Self {
            meter: meter.name().to_owned(),
            window: window.to_string(),
            scope: word(scope),
            model: model.clone(),
            limit: *limit,
            used: *used,
            held: *held,
            remaining: *remaining,
            resets_at: resets_at.map(|at| at.to_string()),
        }
    }
}

/// What limits say of a turn.
#[derive(Object)]
#[oai(rename = "Verdict")]
pub(super) struct VerdictDto {
    /// Whether they let it through.
    allowed: bool,
    /// The one that binds: that refuses longest, or of which least is left.
    limit: Option<LimitStateDto>,
    /// All that count for it.
    limits: Vec<LimitStateDto>,
    /// From when on it may be let through, if it is not and time helps.
    resets_at: Option<String>,
    /// The plan by which it is judged.
    plan: Option<String>,
    /// The next plan by which it would be let through, if it is not.
    next_plan: Option<String>,
}

impl From<Verdict> for VerdictDto {
    fn from(verdict: Verdict) -> Self {
        Self {
            allowed: verdict.allowed,
            limit: verdict.binding().map(LimitStateDto::from),
            limits: verdict.states.iter().map(LimitStateDto::from).collect(),
            resets_at: verdict.retry_at().map(|at| at.to_string()),
            plan: verdict.plan,
            next_plan: verdict.next_plan,
        }
    }
}

/// What I may use, and what is left of it. Amounts of credit are micro-units: a unit is a million of them.
#[derive(Object)]
#[oai(rename = "Allowance")]
struct AllowanceDto {
    /// My plan.
    plan: Option<String>,
    /// My credit; below zero it is a debt. `null` where nothing is charged for.
    balance: Option<i64>,
    /// How much of it is not set aside for answers that are being written.
    available: Option<i64>,
    /// What I spent in this month of UTC.
    spent: Option<i64>,
    /// The most that I want to spend in a month.
    cap: Option<u64>,
    /// Where my days begin; UTC if I have not said.
    time_zone: Option<String>,
    /// All limits of my plan.
    limits: Vec<LimitStateDto>,
}

/// What happened to my credit, once.
#[derive(Debug, Object)]
#[oai(rename = "LedgerEntry")]
struct EntryDto {
    /// A name that nothing else has.
    event: String,
    /// Counted from 1, without gaps.
    number: u64,
    /// When.
    at: String,
    /// `start`, `refill`, `plan`, `promotion`, `purchase`, `payment` (a bill, which gives no credit), `charge`,
    /// `adjustment`, `correction`, `expiry` or `transfer`.
    kind: String,
    /// What my credit got; below zero it lost as much.
    amount: i64,
    /// What moved between which accounts. They sum to zero.
    lines: Vec<LineDto>,
    /// What was charged for.
    charge: Option<ChargeDto>,
    /// The event that this one puts right.
    corrects: Option<String>,
    /// Why, in the words of whoever did it.
    reason: Option<String>,
}

/// What one account gets.
#[derive(Debug, Object)]
#[oai(rename = "LedgerLine")]
struct LineDto {
    /// Which: `credit` and what begins with `grant/` are mine.
    account: String,
    /// How much; below zero it loses as much.
    amount: i64,
}

/// What was charged for.
#[derive(Debug, Object)]
#[oai(rename = "Charge")]
struct ChargeDto {
    /// The run that used it.
    run_id: String,
    /// The prices that were in force when it began.
    price_version: String,
    /// What each model used, and who counted.
    models: Vec<ModelChargeDto>,
}

/// What one model used.
#[derive(Debug, Object)]
#[oai(rename = "ModelCharge")]
struct ModelChargeDto {
    /// The model.
    model: String,
    /// Tokens.
    usage: UsageDto,
}

impl From<LedgerEntry> for EntryDto {
    fn from(entry: LedgerEntry) -> Self {
        let amount = entry.owners().as_micros();
        let line = |Line { account, amount }| LineDto { account: account.to_string(), amount: amount.as_micros() };
        let LedgerEntry { event, number, at, kind, lines, charge, corrects, reason, .. } = entry;
        Self {
            event,
            number,
            at: at.to_string(),
            kind: word(&kind),
            amount,
            lines: lines.into_iter().map(line).collect(),
            charge: charge.map(ChargeDto::from),
            corrects,
            reason,
        }
    }
}

impl From<Charge> for ChargeDto {
    fn from(Charge { run, price_version, used }: Charge) -> Self {
        let of = |(model, usage): (_, chatcore::turn::Usage)| ModelChargeDto { model, usage: usage.into() };
        Self { run_id: run.to_string(), price_version, models: used.into_iter().map(of).collect() }
    }
}

/// How much somebody wants to spend.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct SetCap {
    /// In a month of UTC, in micro-units of credit; as much as there is if it is `null` or left out.
    cap: Option<u64>,
    /// The password. Who has none has signed in within the last ten minutes.
    current_password: Option<Text>,
}

/// Where somebody lives.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct SetTimeZone {
    /// Its name in the IANA database, such as `Europe/Berlin`; UTC if it is `null` or left out.
    time_zone: Option<Text>,
}

#[OpenApi(tag = "Tag::Billing")]
impl UsageApi {
    /// What I may use, and what is left of it
    ///
    /// For people without an account, too.
    #[oai(path = "/me/usage", method = "get")]
    async fn usage(&self, auth: Auth) -> Answer<Json<AllowanceDto>> {
        let (app, caller) = (&auth.app, auth.caller());
        let verdict = app.chat.usage(caller).await?;
        let entitlement = app.billing.entitlement(caller).await?;
        let balance = match app.charging {
            Charging::Free => None,
            _ => Some(app.ledger.balance(caller.subject()).await?),
        };
        Ok(Json(AllowanceDto {
            limits: verdict.states.iter().map(LimitStateDto::from).collect(),
            plan: verdict.plan,
            balance: balance.as_ref().map(|balance| balance.balance.as_micros()),
            available: balance.as_ref().map(|balance| balance.available.as_micros()),
            spent: balance.as_ref().map(|balance| balance.spent.as_micros()),
            cap: entitlement.cap,
            time_zone: entitlement.time_zone,
        }))
    }

    /// What happened to my credit, the newest first
    #[oai(path = "/me/ledger", method = "get")]
    async fn ledger(
        &self,
        auth: Auth,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<EntryDto>>> {
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.ledger.entries(auth.caller(), &page).await?;
        Ok(Json(found.map(EntryDto::from).into()))
    }

    /// Spend no more than this in a month
    ///
    /// What would be more is refused with 402 (`cap-reached`).
    #[oai(path = "/me/cap", method = "put")]
    async fn cap(&self, auth: Auth, body: Json<SetCap>) -> Answer<Done> {
        let Json(SetCap { cap, current_password }) = body;
        let (accounts, password) = (auth.app.credentials.accounts(), current_password.as_deref().unwrap_or_default());
        accounts.confirm(auth.caller(), password).await.map_err(not_confirmed)?;
        auth.app.billing.set_cap(auth.caller(), cap).await?;
        Ok(Done::Done)
    }

    /// Say where my days begin
    ///
    /// Windows of limits that begin with `calendar_` go by it.
    #[oai(path = "/me/time-zone", method = "put")]
    async fn time_zone(&self, auth: Auth, body: Json<SetTimeZone>) -> Answer<Done> {
        auth.app.billing.set_time_zone(auth.caller(), body.0.time_zone.map(String::from)).await?;
        Ok(Done::Done)
    }
}
