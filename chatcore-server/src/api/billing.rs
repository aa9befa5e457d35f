//! Plans, buying them, and what the gateway tells.

use chatcore::billing::{CancelWhen, Checkout, Plan, PlanId, PlanTable, Signed, Subscription, Urls};
use chatcore::quota::LimitRule;
use poem::{Request, RequestBody};
use poem_openapi::payload::Json;
use poem_openapi::{ApiExtractor, ApiExtractorType, ExtractParamOptions, Object, OpenApi};

use super::Tag;
use super::dto::word;
use super::once::Key;
use super::support::{Answer, Auth, Done, Public};
use super::text::Text;
use crate::http::Problem;

pub(crate) struct BillingApi;

/// A plan.
#[derive(Object)]
#[oai(rename = "Offer")]
struct PlanDto {
    /// Its id.
    id: String,
    /// Counted over all plans.
    number: Option<u64>,
    /// Its name.
    name: String,
    /// What it is.
    description: Option<String>,
    /// What it costs; nothing if it is not sold.
    price: Option<PriceDto>,
    /// Days for which it may be tried.
    trial_days: u32,
    /// Whether it is that of people without an account, and not that of everybody else.
    for_visitors: bool,
    /// How much may be used.
    limits: Vec<LimitDto>,
    /// The credit that comes with each period, in micro-units.
    credit: u64,
}

/// What a plan costs.
#[derive(Object)]
#[oai(rename = "PlanPrice")]
struct PriceDto {
    /// In the smallest units of the currency.
    amount: u64,
    /// ISO 4217, in lower case.
    currency: String,
    /// `day`, `week`, `month` or `year`.
    interval: String,
}

/// How much may be used.
#[derive(Object)]
#[oai(rename = "PlanLimit")]
struct LimitDto {
    /// What is counted.
    meter: String,
    /// Over what time.
    window: String,
    /// With which model; with all of them if none is named.
    model: Option<String>,
    /// How much there may be.
    limit: u64,
}

impl PlanDto {
    fn of(plan: &Plan, book: &PlanTable) -> Self {
        let price = plan.price.as_ref().map(|price| PriceDto {
            amount: price.amount,
            currency: price.currency.clone(),
            interval: word(&price.interval),
        });
        Self {
            id: plan.id.to_string(),
            number: book.number(&plan.id),
            name: plan.name.clone(),
            description: plan.description.clone(),
            price,
            trial_days: plan.trial_days,
            for_visitors: book.is_for_visitors(&plan.id),
            limits: plan.limits.iter().map(LimitDto::from).collect(),
            credit: plan.grants.iter().map(|grant| grant.amount).sum(),
        }
    }
}

impl From<&LimitRule> for LimitDto {
    fn from(rule: &LimitRule) -> Self {
        let (meter, window) = (rule.meter.name().to_owned(), rule.window.to_string());
        Self { meter, window, model: rule.model.clone(), limit: rule.limit }
    }
}

/// What may be bought.
#[derive(Object)]
struct Plans {
    /// All plans, in order.
    items: Vec<PlanDto>,
}

/// What is to be bought.
#[derive(Object)]
#[oai(deny_unknown_fields)]
struct Buy {
    /// The plan.
    plan: Text,
}

/// A page of whoever takes the money.
#[derive(Object)]
#[oai(rename = "HostedPage")]
struct PageDto {
    /// Where the browser is to go.
    url: String,
}

/// What somebody has bought.
#[derive(Object)]
#[oai(rename = "Subscription")]
struct SubscriptionDto {
    /// The plan that was bought.
    plan: String,
    /// `pending`, `trial`, `active`, `past_due`, `cancelled`, `suspended` or `ended`.
    state: String,
    /// When what is paid for began.
    period_start: String,
    /// When it ends.
    period_end: String,
    /// Until when the plan can be used if nothing more is paid; none if it cannot be used now.
    usable_until: Option<String>,
}

/// What counts for somebody.
#[derive(Object)]
struct Bought {
    /// The plan that counts now.
    plan: Option<String>,
    /// What they have bought, if they ever did.
    subscription: Option<SubscriptionDto>,
}

impl From<Subscription> for SubscriptionDto {
    fn from(one: Subscription) -> Self {
        Self {
            plan: one.plan.to_string(),
            state: word(&one.state),
            period_start: one.period_start.to_string(),
            period_end: one.period_end.to_string(),
            usable_until: one.until.map(|until| until.to_string()),
        }
    }
}

/// A message as it came: its bytes, and the header that is to prove them.
struct Message {
    body: Vec<u8>,
    signature: String,
}

impl<'a> ApiExtractor<'a> for Message {
    const TYPES: &'static [ApiExtractorType] = &[ApiExtractorType::PoemExtractor];

    type ParamType = ();
    type ParamRawType = ();

    async fn from_request(
        request: &'a Request,
        body: &mut RequestBody,
        _options: ExtractParamOptions<()>,
    ) -> poem::Result<Self> {
        let body = body.take()?.into_vec().await.map_err(|_| Problem::bad_request("The body did not arrive."))?;
        let signature = request.header("Stripe-Signature").unwrap_or_default().to_owned();
        Ok(Self { body, signature })
    }
}

#[OpenApi(tag = "Tag::Billing")]
impl BillingApi {
    /// The plans that there are
    #[oai(path = "/plans", method = "get")]
    async fn plans(&self, public: Public) -> Answer<Json<Plans>> {
        let book = public.0.billing.book().await?;
        let items = book.plans().iter().map(|plan| PlanDto::of(plan, &book)).collect();
        Ok(Json(Plans { items }))
    }

    /// Buy a plan: the address of a page on which it is paid for
    ///
    /// The plan is there when the payment provider has said so, a moment after the browser comes back.
    #[oai(path = "/billing/checkout", method = "post")]
    async fn checkout(
        &self,
        auth: Auth,
        body: Json<Buy>,
        /// The name of the request: made again under the same name it begins nothing anew.
        #[oai(name = "Idempotency-Key")]
        key: Key,
    ) -> Answer<Json<PageDto>> {
        let back = |how: &str| format!("{}/?checkout={how}", auth.app.home.trim_end_matches('/'));
        let urls = Urls { success: back("done"), cancel: back("cancelled") };
        let order = Checkout { plan: PlanId(body.0.plan.into()), urls, once: key.once()? };
        let page = auth.app.billing.checkout(auth.caller(), &order).await?;
        Ok(Json(PageDto { url: page.url }))
    }

    /// Change how I pay: the address of a page for that
    #[oai(path = "/billing/portal", method = "post")]
    async fn portal(&self, auth: Auth) -> Answer<Json<PageDto>> {
        let back = format!("{}/?portal=back", auth.app.home.trim_end_matches('/'));
        let page = auth.app.billing.portal(auth.caller(), &back).await?;
        Ok(Json(PageDto { url: page.url }))
    }

    /// What I have bought, and which plan counts
    #[oai(path = "/billing/subscription", method = "get")]
    async fn subscription(&self, auth: Auth) -> Answer<Json<Bought>> {
        let (billing, caller) = (&auth.app.billing, auth.caller());
        let plan = billing.plan_of(caller.subject()).await?.map(|plan| plan.id.to_string());
        let subscription = billing.subscription(caller).await?.map(SubscriptionDto::from);
        Ok(Json(Bought { plan, subscription }))
    }

    /// Cancel what I have bought: it ends when what is paid for ends
    #[oai(path = "/billing/subscription", method = "delete")]
    async fn cancel(&self, auth: Auth) -> Answer<Json<SubscriptionDto>> {
        let cancelled = auth.app.billing.cancel(auth.caller(), CancelWhen::PeriodEnd).await?;
        Ok(Json(cancelled.into()))
    }

    /// For Stripe alone: what happened there
    ///
    /// The bytes of the body are proven by the header `Stripe-Signature`. Without Stripe there is no such address.
    #[oai(path = "/webhooks/stripe", method = "post")]
    async fn webhook(&self, public: Public, message: Message) -> Answer<Done> {
        let billing = &public.0.billing;
        if !billing.sells() {
            return Err(Problem::not_found("address"));
        }
        let signed = Signed { body: &message.body, signature: &message.signature };
        let received = billing.receive(signed).await?;
        tracing::info!(event = received.event.id, state = ?received.event.state, first = received.first, "heard of a payment");
        Ok(Done::Done)
    }
}
