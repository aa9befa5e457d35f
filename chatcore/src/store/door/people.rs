//! The reads of accounts and limits, as look-ups and ranges of keys.

use async_trait::async_trait;

use super::reads::{behind, under};
use super::{DoorStore, KeyValue};
use crate::account::{AccountStore, ApiKey, Challenge, Identity, IdentityKey, Session, TokenHash, User, Visitor};
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, SessionId, UserId, VisitorId};
use crate::limits::{LimitStore, RateCounter};
use crate::store::record::Index;
use crate::store::{OrderedKey, StoreError, prefix_range};

#[async_trait]
impl<K: KeyValue> AccountStore for DoorStore<K> {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.get(id).await
    }

    async fn user_by_number(&self, number: u64) -> Result<Option<User>, StoreError> {
        let found: Vec<(u64, UserId)> = self.list(Index::UsersByNumber, under(&number), 1).await?;
        match found.first() {
            Some((_, id)) => self.get(*id).await,
            None => Ok(None),
        }
    }

    async fn identity(&self, key: &IdentityKey) -> Result<Option<Identity>, StoreError> {
        self.get(key.clone()).await
    }

    async fn identities(&self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        let found: Vec<(UserId, IdentityKey)> = self.list(Index::IdentitiesByUser, under(&user), usize::MAX).await?;
        self.present(found.into_iter().map(|(_, key)| key).collect()).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.get(id).await
    }

    async fn challenge(&self, hash: TokenHash) -> Result<Option<Challenge>, StoreError> {
        self.get(hash).await
    }

    async fn expired_challenges(&self, now: Timestamp, limit: usize) -> Result<Vec<Challenge>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, TokenHash)> = self.list(Index::ChallengesByExpiry, (Vec::new(), end), limit).await?;
        self.present(found.into_iter().map(|(_, hash)| hash).collect()).await
    }

    async fn api_key(&self, hash: TokenHash) -> Result<Option<ApiKey>, StoreError> {
        self.get(hash).await
    }

    async fn api_keys(&self, owner: UserId, after: Option<ApiKeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        // an id has one hash, so whatever begins with the id lies behind no other
        let (start, end) = under(&owner);
        let start = after.and_then(|id| prefix_range(&(owner, id).to_bytes()).1).unwrap_or(start);
        let found: Vec<(UserId, ApiKeyId, TokenHash)> = self.list(Index::ApiKeysByOwner, (start, end), limit).await?;
        self.present(found.into_iter().map(|(_, _, hash)| hash).collect()).await
    }

    async fn visitor(&self, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
        self.get(id).await
    }

    async fn sessions(&self, user: UserId, after: Option<SessionId>, limit: usize) -> Result<Vec<Session>, StoreError> {
        let range = behind(&user, after.map(|id| (user, id).to_bytes()));
        let found: Vec<(UserId, SessionId)> = self.list(Index::SessionsByUser, range, limit).await?;
        self.present(found.into_iter().map(|(_, id)| id).collect()).await
    }
}

#[async_trait]
impl<K: KeyValue> LimitStore for DoorStore<K> {
    async fn rate_counter(&self, bucket: &str) -> Result<Option<RateCounter>, StoreError> {
        self.get(bucket.to_owned()).await
    }

    async fn expired_counters(&self, now: Timestamp, limit: usize) -> Result<Vec<RateCounter>, StoreError> {
        let end = prefix_range(&now.to_bytes()).1;
        let found: Vec<(Timestamp, String)> = self.list(Index::RateCountersByExpiry, (Vec::new(), end), limit).await?;
        let counters: Vec<RateCounter> = self.present(found.into_iter().map(|(_, bucket)| bucket).collect()).await?;
        // one may have been counted on between the two reads
        Ok(counters.into_iter().filter(|counter| counter.expires_at <= now).collect())
    }
}
