//! How much is used, by whom, with which model, and how well it goes.

use chatcore::account::Permission;
use chatcore::office::{ModelDay, Period, PersonDay, Report, Totals};
use chatcore::page::PageRequest;
use chatcore::{Error, Timestamp};
use poem_openapi::param::Query;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::csv::Csv;
use super::moment;
use crate::api::Tag;
use crate::api::support::{Answer, Auth, PageOf, body_id, page_request};

pub(crate) struct NumberApi;

/// What came of the answers that were asked for.
#[derive(Object)]
#[oai(rename = "Totals")]
struct TotalsDto {
    /// Answers that were asked for.
    requests: u64,
    /// Those that an error ended, or whose server went away.
    failed: u64,
    /// Tokens of prompts.
    input_tokens: u64,
    /// Tokens of answers.
    output_tokens: u64,
    /// What was charged, in micro-units of credit.
    charged: i64,
    /// From the start to the first token, in milliseconds, on average.
    time_to_first_token_ms: Option<u64>,
}

impl From<Totals> for TotalsDto {
    fn from(it: Totals) -> Self {
        let wait = it.time_to_first_token().map(|wait| u64::try_from(wait.as_millis()).unwrap_or(u64::MAX));
        Self {
            requests: it.runs,
            failed: it.failed,
            input_tokens: it.input,
            output_tokens: it.output,
            charged: it.charged.as_micros(),
            time_to_first_token_ms: wait,
        }
    }
}

/// What came of the answers of one model in one day of UTC.
#[derive(Object)]
#[oai(rename = "ModelDay")]
struct ModelDayDto {
    /// When the day began.
    day: String,
    /// The model that was asked; empty for what was charged for conversations that are deleted.
    model: String,
    /// What came of it.
    totals: TotalsDto,
}

impl From<&ModelDay> for ModelDayDto {
    fn from(it: &ModelDay) -> Self {
        Self { day: it.day.to_string(), model: it.model.clone(), totals: it.totals.into() }
    }
}

/// How models answered.
#[derive(Object)]
#[oai(rename = "ModelUsage")]
struct ReportDto {
    /// All of it together.
    totals: TotalsDto,
    /// By day, then by model.
    days: Vec<ModelDayDto>,
    /// Whether all of the time was looked at; otherwise the end of it is missing.
    whole: bool,
}

impl From<Report> for ReportDto {
    fn from(report: Report) -> Self {
        let days = report.days.iter().map(ModelDayDto::from).collect();
        Self { totals: report.totals().into(), days, whole: report.is_whole }
    }
}

/// How the service does.
#[derive(Object)]
struct Overview {
    /// In the last 24 hours.
    day: TotalsDto,
    /// In the last 30 days.
    month: ReportDto,
}

/// What somebody used in one day of UTC.
#[derive(Object)]
#[oai(rename = "PersonDay")]
struct PersonDayDto {
    /// When the day began.
    day: String,
    /// The user or visitor.
    subject: String,
    /// Messages that they sent.
    messages: u64,
    /// Answers that they asked for.
    requests: u64,
    /// Tokens.
    tokens: u64,
    /// What the tokens cost by the prices of their models, in micro-units of the currency.
    cost: u64,
}

impl From<PersonDay> for PersonDayDto {
    fn from(it: PersonDay) -> Self {
        Self {
            day: it.day.to_string(),
            subject: it.subject.to_string(),
            messages: it.used.messages,
            requests: it.used.requests,
            tokens: it.used.tokens,
            cost: it.used.cost,
        }
    }
}

/// From when to when; the last 30 days if nothing is said.
fn period(since: Option<&str>, until: Option<&str>, now: Timestamp) -> Result<Period, Error> {
    let usual = Period::last_days(30, now);
    Ok(Period {
        since: since.map_or(Ok(usual.since), |text| moment("since", text))?,
        until: until.map_or(Ok(usual.until), |text| moment("until", text))?,
    })
}

#[OpenApi(tag = "Tag::Admin")]
impl NumberApi {
    /// How the service does
    #[oai(path = "/admin/overview", method = "get")]
    async fn overview(&self, auth: Auth) -> Answer<Json<Overview>> {
        let (office, now) = (&auth.app.office, auth.app.now());
        let day = office.models(auth.caller(), None, Period::last_days(1, now)).await?;
        let month = office.models(auth.caller(), None, Period::last_days(30, now)).await?;
        Ok(Json(Overview { day: day.totals().into(), month: month.into() }))
    }

    /// How models answered
    ///
    /// By day and model. What belongs to conversations that are deleted is missing, but for what was charged.
    #[oai(path = "/admin/usage/models", method = "get")]
    async fn models(
        &self,
        auth: Auth,
        /// The user or visitor who asked; everybody if it is not said.
        subject: Query<Option<String>>,
        /// A day, or a date and time as in RFC 3339; 30 days ago if it is not said.
        since: Query<Option<String>>,
        /// The moment behind the last one; now if it is not said.
        until: Query<Option<String>>,
    ) -> Answer<Json<ReportDto>> {
        auth.caller().require_permission(Permission::SeeUsage)?;
        let period = period(since.0.as_deref(), until.0.as_deref(), auth.app.now())?;
        let of = body_id(subject.0.as_deref(), "user")?;
        Ok(Json(auth.app.office.models(auth.caller(), of, period).await?.into()))
    }

    /// The same as a table
    #[oai(path = "/admin/usage/models.csv", method = "get")]
    async fn models_table(
        &self,
        auth: Auth,
        /// A day, or a date and time as in RFC 3339; 30 days ago if it is not said.
        since: Query<Option<String>>,
        /// The moment behind the last one; now if it is not said.
        until: Query<Option<String>>,
    ) -> Answer<Csv> {
        auth.caller().require_permission(Permission::SeeUsage)?;
        let period = period(since.0.as_deref(), until.0.as_deref(), auth.app.now())?;
        let report = auth.app.office.models(auth.caller(), None, period).await?;
        let names = ["day", "model", "requests", "failed", "input_tokens", "output_tokens", "charged", "wait_ms"];
        let rows = report.days.iter().map(|it| {
            let day = TotalsDto::from(it.totals);
            let counts = [day.requests, day.failed, day.input_tokens, day.output_tokens].map(|it| it.to_string());
            let wait = day.time_to_first_token_ms.map(|wait| wait.to_string()).unwrap_or_default();
            let begin = [date(it.day), it.model.clone()].into_iter().chain(counts);
            begin.chain([day.charged.to_string(), wait]).collect()
        });
        Ok(Csv::new("models", [names.map(str::to_owned).to_vec()].into_iter().chain(rows)))
    }

    /// What people used
    ///
    /// By person and day, of the last 62 days at most. A page holds all days of so many people.
    #[oai(path = "/admin/usage/people", method = "get")]
    async fn people(
        &self,
        auth: Auth,
        /// A day, or a date and time as in RFC 3339; 30 days ago if it is not said.
        since: Query<Option<String>>,
        /// The moment behind the last one; now if it is not said.
        until: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<PersonDayDto>>> {
        auth.caller().require_permission(Permission::SeeUsage)?;
        let period = period(since.0.as_deref(), until.0.as_deref(), auth.app.now())?;
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.used(auth.caller(), period, &page).await?;
        Ok(Json(found.map(PersonDayDto::from).into()))
    }

    /// The same as a table
    ///
    /// Of 20,000 people at most.
    #[oai(path = "/admin/usage/people.csv", method = "get")]
    async fn people_table(
        &self,
        auth: Auth,
        /// A day, or a date and time as in RFC 3339; 30 days ago if it is not said.
        since: Query<Option<String>>,
        /// The moment behind the last one; now if it is not said.
        until: Query<Option<String>>,
    ) -> Answer<Csv> {
        auth.caller().require_permission(Permission::SeeUsage)?;
        let period = period(since.0.as_deref(), until.0.as_deref(), auth.app.now())?;
        let names = ["day", "subject", "messages", "requests", "tokens", "cost"];
        let (mut rows, mut cursor) = (vec![names.map(str::to_owned).to_vec()], None);
        for _ in 0..100 {
            let page = PageRequest::first().limit(200).after(cursor);
            let found = auth.app.office.used(auth.caller(), period, &page).await?;
            rows.extend(found.items.into_iter().map(|it| {
                let counts = [it.used.messages, it.used.requests, it.used.tokens, it.used.cost];
                let begin = [date(it.day), it.subject.to_string()].into_iter();
                begin.chain(counts.map(|count| count.to_string())).collect()
            }));
            cursor = found.next;
            if cursor.is_none() {
                break;
            }
        }
        Ok(Csv::new("people", rows))
    }
}

/// The day that a moment begins.
fn date(day: Timestamp) -> String {
    day.to_string().chars().take_while(|letter| *letter != 'T').collect()
}
