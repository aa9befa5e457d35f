//! What people pay for.

use chatcore::Subject;
use chatcore::account::Permission;
use chatcore::billing::{PlanId, Subscription};
use chatcore::office::SubscriptionQuery;
use poem_openapi::param::{Path, Query};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::{known, user};
use crate::api::Tag;
use crate::api::billing::SubscriptionDto;
use crate::api::support::{Answer, Auth, PageOf, page_request};

pub(crate) struct SubscriptionApi;

/// What somebody has bought, ever.
#[derive(Object)]
struct Subscriptions {
    /// By their ids at the payment provider.
    items: Vec<SubscriptionDto>,
}

/// A subscription, and whose it is.
#[derive(Object)]
#[oai(rename = "FoundSubscription")]
struct FoundDto {
    /// Its id at the payment provider.
    id: String,
    /// The id of the user whose it is.
    owner: String,
    /// Their id at the payment provider.
    customer: String,
    /// What was bought.
    subscription: SubscriptionDto,
    /// When it was heard of first.
    created_at: String,
    /// When it was last heard of, or changed by time.
    updated_at: String,
}

impl From<Subscription> for FoundDto {
    fn from(one: Subscription) -> Self {
        Self {
            id: one.id.clone(),
            owner: one.subject.to_string(),
            customer: one.customer.clone(),
            created_at: one.created_at.to_string(),
            updated_at: one.updated_at.to_string(),
            subscription: one.into(),
        }
    }
}

#[OpenApi(tag = "Tag::Admin")]
impl SubscriptionApi {
    /// What a user pays for, and paid for
    #[oai(path = "/admin/users/:id/subscriptions", method = "get")]
    async fn list(&self, auth: Auth, id: Path<String>) -> Answer<Json<Subscriptions>> {
        let user = user(&auth, &id, Permission::SeeUsage)?;
        let found = auth.app.billing.see_subscriptions(Some(auth.caller()), Subject::User(user)).await?;
        Ok(Json(Subscriptions { items: found.into_iter().map(SubscriptionDto::from).collect() }))
    }

    /// What anybody pays for, or paid for
    ///
    /// By their ids at the payment provider. A page may be shorter than asked for: it looks at 2,000 subscriptions at most.
    #[oai(path = "/admin/subscriptions", method = "get")]
    async fn all(
        &self,
        auth: Auth,
        /// `pending`, `trial`, `active`, `past_due`, `cancelled`, `suspended` or `ended`; all if it is not said.
        state: Query<Option<String>>,
        /// To which plan; to any if it is not said.
        plan: Query<Option<String>>,
        limit: Query<Option<u32>>,
        cursor: Query<Option<String>>,
    ) -> Answer<Json<PageOf<FoundDto>>> {
        auth.caller().require_permission(Permission::SeeUsage)?;
        let state = state.0.as_deref().map(|word| known("state", word)).transpose()?;
        let query = SubscriptionQuery { state, plan: plan.0.map(PlanId) };
        let page = page_request(limit.0, cursor.0.as_deref())?;
        let found = auth.app.office.subscriptions(auth.caller(), &query, &page).await?;
        Ok(Json(found.map(FoundDto::from).into()))
    }
}
