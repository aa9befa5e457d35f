//! What users pay for.

use chatcore::Subject;
use chatcore::account::Permission;
use poem_openapi::param::Path;
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::user;
use crate::api::Tag;
use crate::api::billing::SubscriptionDto;
use crate::api::support::{Answer, Auth};

pub(crate) struct SubscriptionApi;

/// What somebody has bought, ever.
#[derive(Object)]
struct Subscriptions {
    /// By their ids at the payment provider.
    items: Vec<SubscriptionDto>,
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
}
