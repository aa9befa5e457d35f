//! What people pay for.

use super::Office;
use super::people::read_key;
use super::sift::{Sift, sift};
use crate::account::Permission;
use crate::audit::By;
use crate::billing::{PlanId, Subscription, SubscriptionState};
use crate::error::Error;
use crate::page::{Cursor, List, Page, PageRequest};
use crate::store::OrderedKey;

/// Which subscriptions are wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct SubscriptionQuery {
    /// Where they are in their lives.
    pub state: Option<SubscriptionState>,
    /// To which plan.
    pub plan: Option<PlanId>,
}

impl SubscriptionQuery {
    fn wants(&self, one: &Subscription) -> bool {
        self.state.is_none_or(|state| state == one.state) && self.plan.as_ref().is_none_or(|plan| *plan == one.plan)
    }
}

impl Office {
    /// Subscriptions of anybody that are wanted, by their ids at the gateway.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn subscriptions<'a>(
        &self,
        by: impl Into<By<'a>>,
        query: &SubscriptionQuery,
        page: &PageRequest,
    ) -> Result<Page<Subscription>, Error> {
        by.into().expect(Permission::SeeUsage)?;
        let after = page.position(List::Subscriptions)?.map(read_key::<String>).transpose()?;
        let want = |one: &Subscription| if query.wants(one) { Sift::Take } else { Sift::Pass };
        let found = sift(&*self.store, after.map(|id| id.to_bytes()), page.size(), want).await?;
        Ok(Page { items: found.items, next: found.next.map(|key| Cursor::new(List::Subscriptions, key)) })
    }
}
