//! What a store of accounts can be asked.

use async_trait::async_trait;

use super::challenge::Challenge;
use super::key::ApiKey;
use super::session::{Session, TokenHash};
use super::user::{Identity, IdentityKey, User};
use super::visitor::Visitor;
use crate::clock::Timestamp;
use crate::id::{ApiKeyId, SessionId, UserId, VisitorId};
use crate::store::{Domain, StoreError};

/// Reads of accounts. A store that keeps none implements them with an empty block: each answers that it does not.
#[async_trait]
pub trait AccountStore: Send + Sync {
    /// The user of that id.
    ///
    /// # Behaviour
    /// * `user_by_id`: in whatever state.
    async fn user(&self, id: UserId) -> Result<Option<User>, StoreError> {
        left_out(id)
    }

    /// The user of that number.
    ///
    /// # Behaviour
    /// * `user_by_number`: in whatever state.
    async fn user_by_number(&self, number: u64) -> Result<Option<User>, StoreError> {
        left_out(number)
    }

    /// The identity of that key.
    ///
    /// # Behaviour
    /// * `identity_by_key`: texts are compared by their bytes.
    async fn identity(&self, key: &IdentityKey) -> Result<Option<Identity>, StoreError> {
        left_out(key)
    }

    /// All identities of a user.
    ///
    /// # Behaviour
    /// * `identities_in_order`: by the bytes of the key.
    async fn identities(&self, user: UserId) -> Result<Vec<Identity>, StoreError> {
        left_out(user)
    }

    /// The session of that id.
    ///
    /// # Behaviour
    /// * `session_by_id`: ended or not.
    async fn session(&self, id: SessionId) -> Result<Option<Session>, StoreError> {
        left_out(id)
    }

    /// The code of that hash.
    ///
    /// # Behaviour
    /// * `challenge_by_hash`: whether or not it has expired.
    async fn challenge(&self, hash: TokenHash) -> Result<Option<Challenge>, StoreError> {
        left_out(hash)
    }

    /// Codes that have expired by a moment, or expire then.
    ///
    /// # Behaviour
    /// * `expired_challenges_oldest_first`: by expiry, then hash; at most `limit`.
    async fn expired_challenges(&self, now: Timestamp, limit: usize) -> Result<Vec<Challenge>, StoreError> {
        left_out((now, limit))
    }

    /// The key of that hash.
    ///
    /// # Behaviour
    /// * `api_key_by_hash`: revoked or not.
    async fn api_key(&self, hash: TokenHash) -> Result<Option<ApiKey>, StoreError> {
        left_out(hash)
    }

    /// Keys of a user, revoked ones included.
    ///
    /// # Behaviour
    /// * `api_keys_in_order`: by id behind `after`; at most `limit`.
    /// * `api_key_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its
    ///   place by then, and so nothing twice.
    async fn api_keys(&self, owner: UserId, after: Option<ApiKeyId>, limit: usize) -> Result<Vec<ApiKey>, StoreError> {
        left_out((owner, after, limit))
    }

    /// The visitor of that id.
    ///
    /// # Behaviour
    /// * `visitor_by_id`: whether or not they have become a user.
    async fn visitor(&self, id: VisitorId) -> Result<Option<Visitor>, StoreError> {
        left_out(id)
    }

    /// Sessions of a user, ended ones included.
    ///
    /// # Behaviour
    /// * `sessions_in_order`: by id behind `after`; at most `limit`.
    /// * `session_pages_under_writes`: whatever comes or goes between two pages, the second shows what lies behind its
    ///   place by then, and so nothing twice.
    async fn sessions(&self, user: UserId, after: Option<SessionId>, limit: usize) -> Result<Vec<Session>, StoreError> {
        left_out((user, after, limit))
    }
}

/// What every read of a store without accounts answers, whatever it was asked.
fn left_out<T>(_asked: impl Send) -> Result<T, StoreError> {
    Err(StoreError::unsupported(Domain::Accounts, "read accounts"))
}
