//! The same store's feedback and links.

use async_trait::async_trait;
use chatcore::account::TokenHash;
use chatcore::feedback::{Feedback, FeedbackStore, Rating};
use chatcore::search::{Found, Query, SearchStore};
use chatcore::share::{Share, ShareStore};
use chatcore::store::{AnyRecord, Kind, Scan};
use chatcore::{ConversationId, MessageId, ShareId, Subject, Timestamp};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl FeedbackStore for Mutant {
    async fn feedback_on(&self, by: Subject, messages: &[MessageId]) -> Result<Vec<Feedback>> {
        if self.is(Fault::AnybodysFeedback) {
            let all = self.inner.scan(Kind::Feedback, None, usize::MAX).await?;
            let of = |record| if let AnyRecord::Feedback(one) = record { Some(one) } else { None };
            return Ok(all.into_iter().filter_map(of).filter(|one| messages.contains(&one.message)).collect());
        }
        self.inner.feedback_on(by, messages).await
    }

    async fn feedback(
        &self,
        rating: Option<Rating>,
        since: Timestamp,
        after: Option<(Timestamp, MessageId, Subject)>,
        limit: usize,
    ) -> Result<Vec<Feedback>> {
        if self.is(Fault::FeedbackByOffset) {
            let all = self.inner.feedback(rating, since, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |one| (one.updated_at, one.message, one.by)));
        }
        let mut found = self.inner.feedback(rating, since, after, limit).await?;
        if self.is(Fault::FeedbackByMessage) {
            found.sort_by_key(|one| one.message);
        }
        Ok(found)
    }
}

#[async_trait]
impl SearchStore for Mutant {
    async fn search(&self, owner: Subject, query: &Query, before: Option<u64>, limit: usize) -> Result<Found> {
        let mut found = self.inner.search(owner, query, before, limit).await?;
        match () {
            () if self.is(Fault::FindsParts) => {
                let all = self.inner.scan(Kind::Message, None, usize::MAX).await?;
                let of = |record| if let AnyRecord::Message(one) = record { Some(one) } else { None };
                let has = |text: String| text.to_lowercase().contains(query.beginning());
                found.messages =
                    all.into_iter().filter_map(of).filter(|one| one.owner == owner && has(one.text())).collect();
                found.messages.sort_by_key(|one| std::cmp::Reverse(one.number));
            }
            () if self.is(Fault::FindsOldestFirst) => found.messages.reverse(),
            () if self.is(Fault::StopsSearching) && found.messages.len() < limit => found.next = None,
            () => {}
        }
        Ok(found)
    }
}

#[async_trait]
impl ShareStore for Mutant {
    async fn share(&self, hash: TokenHash) -> Result<Option<Share>> {
        let found = self.inner.share(hash).await?;
        Ok(found.filter(|share| share.is_live(Timestamp::default()) || !self.is(Fault::HidesOldShares)))
    }

    async fn shares(&self, of: ConversationId, after: Option<ShareId>, limit: usize) -> Result<Vec<Share>> {
        if self.is(Fault::SharesByOffset) {
            let all = self.inner.shares(of, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |share| share.id));
        }
        let mut found = self.inner.shares(of, after, limit).await?;
        if self.is(Fault::SharesByHash) {
            found.sort_by_key(|share| share.hash);
        }
        Ok(found)
    }

    async fn expired_shares(&self, now: Timestamp, limit: usize) -> Result<Vec<Share>> {
        let mut found = self.inner.expired_shares(now, limit).await?;
        if self.is(Fault::ExpiredSharesByHash) {
            found.sort_by_key(|share| share.hash);
        }
        Ok(found)
    }
}
