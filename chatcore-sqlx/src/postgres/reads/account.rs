//! Reads of accounts.

use async_trait::async_trait;
use chatcore::account::{AccountStore, ApiKey, Challenge, Identity, IdentityKey, Session, TokenHash, User, Visitor};
use chatcore::{ApiKeyId, SessionId, StoreError, Timestamp, UserId, VisitorId};

use crate::postgres::PostgresStore;
use crate::postgres::row::Binder;
use crate::value::{Bind, limit as page};

#[async_trait]
impl AccountStore for PostgresStore {
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn user_by_number(&self, number: u64) -> Result<Option<User>, StoreError> {
        let mut values = Binder::default();
        values.number(number);
        self.readers.record("WHERE t.number = $1 ORDER BY t.id LIMIT 1", values).await
    }

    async fn identity(&self, key: &IdentityKey) -> Result<Option<Identity>, StoreError> {
        self.readers.by_key(key).await
    }

    async fn identities(&self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        let mut values = Binder::default();
        values.key(&user);
        self.readers.records("WHERE t.\"user\" = $1 ORDER BY t.key", values).await
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn challenge(&self, hash: TokenHash) -> Result<Option<Challenge>, StoreError> {
        self.readers.by_key(&hash).await
    }

    async fn expired_challenges(&self, now: Timestamp, limit: usize) -> Result<Vec<Challenge>, StoreError> {
        let mut values = Binder::default();
        values.time(now);
        values.integer(page(limit));
        self.readers.records("WHERE t.expires_at <= $1 ORDER BY t.expires_at, t.hash LIMIT $2", values).await
    }

    async fn api_key(&self, hash: TokenHash) -> Result<Option<ApiKey>, StoreError> {
        self.readers.by_key(&hash).await
    }

    async fn api_keys(&self, owner: UserId, after: Option<ApiKeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        let mut values = Binder::default();
        values.key(&owner);
        match after {
            Some(id) => values.key(&id),
            None => values.bytes(&[]),
        }
        values.integer(page(limit));
        self.readers.records("WHERE t.owner = $1 AND t.id > $2 ORDER BY t.id LIMIT $3", values).await
    }

    async fn visitor(&self, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
        self.readers.by_key(&id).await
    }

    async fn sessions(&self, user: UserId, after: Option<SessionId>, limit: usize) -> Result<Vec<Session>, StoreError> {
        let mut values = Binder::default();
        values.key(&user);
        match after {
            Some(id) => values.key(&id),
            None => values.bytes(&[]),
        }
        values.integer(page(limit));
        self.readers.records("WHERE t.\"user\" = $1 AND t.id > $2 ORDER BY t.id LIMIT $3", values).await
    }
}
