//! Plans that are made while the server runs.

use chatcore::Error;
use chatcore::account::Permission;
use chatcore::billing::{Plan, PlanGrant, PlanId, PlanInForce, PlanPrice};
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::known;
use super::rule::RuleDto;
use crate::api::Tag;
use crate::api::dto::word;
use crate::api::support::{Answer, Auth, Done};
use crate::api::text::Text;

pub(crate) struct PlanApi;

/// What a plan is to be.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct PutPlan {
    /// Its name for people.
    name: Text,
    /// What it is, for people.
    description: Option<Text>,
    /// What it costs; without, it is not sold.
    price: Option<PriceDto>,
    /// For how many days it may be tried.
    #[oai(default)]
    trial_days: u32,
    /// How much may be used.
    #[oai(default)]
    limits: Vec<RuleDto>,
    /// The credit that comes with each period.
    #[oai(default)]
    grants: Vec<GrantDto>,
    /// Refuse unless the plan has this version; 0 for one that is to be new.
    expected_version: Option<u64>,
}

/// What a plan costs.
#[derive(Object)]
#[oai(rename = "SoldAt", deny_unknown_fields)]
struct PriceDto {
    /// The name of the price at whoever takes the money.
    reference: Text,
    /// In the smallest units of the currency.
    amount: u64,
    /// ISO 4217, in lower case.
    currency: Text,
    /// `day`, `week`, `month` or `year`.
    interval: Text,
}

/// Credit that comes with a plan, once for each period.
#[derive(Object)]
#[oai(rename = "PlanGrant", deny_unknown_fields)]
struct GrantDto {
    /// How much, in micro-units of credit.
    amount: u64,
    /// Credit of a lower number is used first.
    #[oai(default)]
    priority: u8,
    /// Whether what is left at the end of the period is kept.
    #[oai(default)]
    keeps: bool,
}

impl PutPlan {
    fn plan(self, id: PlanId) -> Result<Plan, Error> {
        let price = self.price.map(|it| {
            let interval = known("price", &it.interval)?;
            let (reference, currency) = (it.reference.into(), it.currency.into());
            Ok::<_, Error>(PlanPrice { reference, amount: it.amount, currency, interval })
        });
        let grant = |it: GrantDto| PlanGrant { amount: it.amount, priority: it.priority, keeps: it.keeps };
        Ok(Plan {
            id,
            name: self.name.into(),
            description: self.description.map(String::from),
            price: price.transpose()?,
            trial_days: self.trial_days,
            limits: RuleDto::rules(self.limits, "limits")?,
            grants: self.grants.into_iter().map(grant).collect(),
        })
    }
}

/// A plan as it is in force.
#[derive(Object)]
#[oai(rename = "PlanInForce")]
struct PlanDto {
    /// Its id.
    id: String,
    /// Counted over all plans.
    number: Option<u64>,
    /// Its name for people.
    name: String,
    /// What it is, for people.
    description: Option<String>,
    /// What it costs; nothing if it is not sold.
    price: Option<PriceDto>,
    /// For how many days it may be tried.
    trial_days: u32,
    /// How much may be used.
    limits: Vec<RuleDto>,
    /// The credit that comes with each period.
    grants: Vec<GrantDto>,
    /// Whether it was made here; otherwise the configuration says what it is.
    stored: bool,
    /// How often it was changed here.
    version: u64,
}

/// Plans as they are in force.
#[derive(Object)]
struct PlansInForce {
    /// In the order in which they are offered.
    items: Vec<PlanDto>,
}

impl From<PlanInForce> for PlanDto {
    fn from(PlanInForce { plan, number, version, is_stored }: PlanInForce) -> Self {
        let price = plan.price.map(|it| PriceDto {
            reference: it.reference.into(),
            amount: it.amount,
            currency: it.currency.into(),
            interval: word(&it.interval).into(),
        });
        let grant = |it: &PlanGrant| GrantDto { amount: it.amount, priority: it.priority, keeps: it.keeps };
        Self {
            id: plan.id.to_string(),
            number,
            name: plan.name,
            description: plan.description,
            price,
            trial_days: plan.trial_days,
            limits: plan.limits.iter().map(RuleDto::from).collect(),
            grants: plan.grants.iter().map(grant).collect(),
            stored: is_stored,
            version,
        }
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl PlanApi {
    /// All plans as they are in force
    ///
    /// In the order in which they are offered.
    #[oai(path = "/admin/plans", method = "get")]
    async fn plans(&self, auth: Auth) -> Answer<Json<PlansInForce>> {
        let found = auth.app.billing.see_plans(auth.caller()).await?;
        Ok(Json(PlansInForce { items: found.into_iter().map(PlanDto::from).collect() }))
    }

    /// A plan as it is in force
    #[oai(path = "/admin/plans/:id", method = "get")]
    async fn plan(&self, auth: Auth, id: Path<String>) -> Answer<Json<PlanDto>> {
        let found = auth.app.billing.see_plan(Some(auth.caller()), &PlanId(id.0)).await?;
        Ok(Json(found.into()))
    }

    /// Make a plan, or change one
    ///
    /// It takes the place of one that the configuration has under the same id. Whoever has it has it as it is now, from the
    /// next message on.
    #[oai(path = "/admin/plans/:id", method = "put")]
    async fn put(&self, auth: Auth, id: Path<String>, body: Json<PutPlan>) -> Answer<Json<PlanDto>> {
        auth.caller().require_permission(Permission::Configure)?;
        let (billing, by, expected) = (&auth.app.billing, Some(auth.caller()), body.0.expected_version);
        let plan = body.0.plan(PlanId(id.0))?;
        let id = billing.put_plan(by, plan, expected).await?.id;
        Ok(Json(billing.see_plan(by, &id).await?.into()))
    }

    /// Take a plan back that was made here
    ///
    /// What the configuration says under its id holds again; without, whoever has it has the plan that everybody has.
    #[oai(path = "/admin/plans/:id", method = "delete")]
    async fn withdraw(&self, auth: Auth, id: Path<String>) -> Answer<Done> {
        auth.app.billing.withdraw_plan(Some(auth.caller()), PlanId(id.0), None).await?;
        Ok(Done::Done)
    }
}
