//! The same store's accounts, limits and quotas.

use async_trait::async_trait;
use chatcore::account::{
    AccountState, AccountStore, ApiKey, Challenge, Identity, IdentityKey, Session, TokenHash, User, Visitor,
};
use chatcore::billing::entitlement::Hold;
use chatcore::limits::{LimitStore, RateCounter};
use chatcore::quota::{Counter, QuotaStore, ScopeKey};
use chatcore::{ApiKeyId, RunId, SessionId, Timestamp, UserId, VisitorId};

use crate::fault::Fault;
use crate::store::{Mutant, Result};

#[async_trait]
impl AccountStore for Mutant {
    async fn user(&self, id: UserId) -> Result<Option<User>> {
        let found = self.inner.user(id).await?;
        Ok(found.filter(|user| user.state == AccountState::Active || !self.is(Fault::ActiveUsers)))
    }

    async fn user_by_number(&self, number: u64) -> Result<Option<User>> {
        let number = if self.is(Fault::NumbersInAByte) { number % 256 } else { number };
        self.inner.user_by_number(number).await
    }

    async fn identity(&self, key: &IdentityKey) -> Result<Option<Identity>> {
        let found = self.inner.identity(key).await?;
        match key {
            IdentityKey::Username(name) if found.is_none() && self.is(Fault::FoldsIdentities) => {
                self.inner.identity(&IdentityKey::Username(name.to_lowercase())).await
            }
            _ => Ok(found),
        }
    }

    async fn identities(&self, user: UserId) -> Result<Vec<Identity>> {
        let mut found = self.inner.identities(user).await?;
        if self.is(Fault::IdentitiesBackwards) {
            found.reverse();
        }
        Ok(found)
    }

    async fn session(&self, id: SessionId) -> Result<Option<Session>> {
        let found = self.inner.session(id).await?;
        if self.is(Fault::SessionsFromCache) {
            let mut cache = self.sessions.lock().unwrap();
            return Ok(found.map(|found| cache.entry(id).or_insert(found).clone()));
        }
        Ok(found.filter(|session| session.ended_at.is_none() || !self.is(Fault::LiveSessions)))
    }

    async fn challenge(&self, hash: TokenHash) -> Result<Option<Challenge>> {
        let found = self.inner.challenge(hash).await?;
        Ok(found.filter(|code| code.expires_at > Timestamp::default() || !self.is(Fault::HidesOldCodes)))
    }

    async fn expired_challenges(&self, now: Timestamp, limit: usize) -> Result<Vec<Challenge>> {
        let mut found = self.inner.expired_challenges(now, limit).await?;
        if self.is(Fault::ExpiredByHash) {
            found.sort_by_key(|code| code.hash);
        }
        Ok(found)
    }

    async fn api_key(&self, hash: TokenHash) -> Result<Option<ApiKey>> {
        let found = self.inner.api_key(hash).await?;
        Ok(found.filter(|key| key.revoked_at.is_none() || !self.is(Fault::LiveKeys)))
    }

    async fn api_keys(&self, owner: UserId, after: Option<ApiKeyId>, limit: usize) -> Result<Vec<ApiKey>> {
        if self.is(Fault::KeysByOffset) {
            let all = self.inner.api_keys(owner, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |key| key.id));
        }
        let mut found = self.inner.api_keys(owner, after, limit).await?;
        if self.is(Fault::KeysByHash) {
            found.sort_by_key(|key| key.hash);
        }
        Ok(found)
    }

    async fn visitor(&self, id: VisitorId) -> Result<Option<Visitor>> {
        let found = self.inner.visitor(id).await?;
        Ok(found.filter(|visitor| visitor.merged_into.is_none() || !self.is(Fault::HidesMerged)))
    }

    async fn sessions(&self, user: UserId, after: Option<SessionId>, limit: usize) -> Result<Vec<Session>> {
        if self.is(Fault::SessionsByOffset) {
            let all = self.inner.sessions(user, None, usize::MAX).await?;
            return Ok(self.offsets.page(all, after, limit, |session| session.id));
        }
        let limit = if self.is(Fault::SessionsUnbounded) { usize::MAX } else { limit };
        let mut found = self.inner.sessions(user, after, limit).await?;
        found.retain(|session| session.ended_at.is_none() || !self.is(Fault::KeepsEndedSessions));
        Ok(found)
    }
}

#[async_trait]
impl LimitStore for Mutant {
    async fn rate_counter(&self, bucket: &str) -> Result<Option<RateCounter>> {
        match self.inner.rate_counter(bucket).await? {
            None if self.is(Fault::FoldsBuckets) => self.inner.rate_counter(&bucket.to_lowercase()).await,
            found => Ok(found),
        }
    }

    async fn expired_counters(&self, now: Timestamp, limit: usize) -> Result<Vec<RateCounter>> {
        let mut found = self.inner.expired_counters(now, limit).await?;
        if self.is(Fault::CountersByName) {
            found.sort_by(|one, other| one.bucket.cmp(&other.bucket));
        }
        Ok(found)
    }
}

#[async_trait]
impl QuotaStore for Mutant {
    async fn counters(&self, scopes: &[ScopeKey]) -> Result<Vec<Counter>> {
        let folded =
            |scope: &ScopeKey| ScopeKey { model: scope.model.as_ref().map(|it| it.to_lowercase()), ..scope.clone() };
        let scopes = scopes.iter().map(|scope| if self.is(Fault::FoldsScopes) { folded(scope) } else { scope.clone() });
        self.inner.counters(&scopes.collect::<Vec<_>>()).await
    }

    async fn hold(&self, run: RunId) -> Result<Option<Hold>> {
        let found = self.inner.hold(run).await?;
        Ok(found.filter(|hold| hold.expires_at > Timestamp::from_micros(0) || !self.is(Fault::HidesOldHolds)))
    }

    async fn expired_holds(&self, now: Timestamp, limit: usize) -> Result<Vec<Hold>> {
        let mut found = self.inner.expired_holds(now, limit).await?;
        if self.is(Fault::HoldsByRun) {
            found.sort_by_key(|hold| hold.run);
        }
        Ok(found)
    }
}
