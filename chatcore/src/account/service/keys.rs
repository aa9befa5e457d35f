//! Keys of programs, and opaque tokens.

use super::{Accounts, hex};
use crate::account::caller::{Caller, Scope};
use crate::account::key::{ApiKey, ApiKeyKind, CreateApiKey, NoteApiKeyUse, RevokeApiKey};
use crate::account::user::User;
use crate::clock::Timestamp;
use crate::error::Error;
use crate::id::{ApiKeyId, UserId};
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::{Batch, OrderedKey};

/// How keys begin, so that one that leaked is recognised.
pub const KEY_PREFIX: &str = "ck_";

/// Characters of a key that its owner sees again.
const SHOWN: usize = 10;

/// The longest name of a key, in characters.
const MAX_NAME: usize = 100;

/// A key to be made.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct NewKey {
    /// What the owner calls it.
    pub name: String,
    /// What it may do: something, at least.
    pub scopes: Vec<Scope>,
    /// When it ends by itself.
    pub expires_at: Option<Timestamp>,
}

/// A key that was made. It is shown once, and does not print itself.
#[derive(Clone)]
pub struct NewSecret {
    /// The key as it is stored.
    pub key: ApiKey,
    /// What the program sends.
    pub secret: String,
}

impl Accounts {
    /// Makes a key for a program of the caller's.
    ///
    /// # Errors
    /// [`Error::Invalid`]; [`Error::Denied`] with a key: keys make no keys.
    pub async fn create_key(&self, caller: &Caller, new: NewKey) -> Result<NewSecret, Error> {
        let (owner, batch) = self.own(caller)?;
        let NewKey { name, mut scopes, expires_at } = new;
        let name = name.trim().to_owned();
        if !(1..=MAX_NAME).contains(&name.chars().count()) || name.contains('\0') {
            return Err(Error::invalid("name", format!("must have 1 to {MAX_NAME} characters")));
        }
        scopes.sort_unstable();
        scopes.dedup();
        if scopes.is_empty() {
            return Err(Error::invalid("scopes", "must have one at least"));
        }
        if expires_at.is_some_and(|end| end <= self.clock.now()) {
            return Err(Error::invalid("expires_at", "must lie ahead"));
        }
        let id = ApiKeyId::mint(self.clock.now(), &*self.ids);
        let secret = format!("{KEY_PREFIX}{}", hex(&self.tokens.derive("key", id.as_uuid().as_bytes())));
        let key = self.key_of(id, owner, ApiKeyKind::Key, name, &secret);
        self.make_key(batch, ApiKey { scopes, expires_at, ..key }, secret).await
    }

    fn key_of(&self, id: ApiKeyId, owner: UserId, kind: ApiKeyKind, name: String, secret: &str) -> ApiKey {
        ApiKey {
            hash: self.tokens.hash(secret),
            id,
            owner,
            kind,
            name,
            prefix: secret.chars().take(SHOWN).collect(),
            scopes: vec![Scope::Read, Scope::Write, Scope::Account],
            epoch: 0,
            created_at: self.clock.now(),
            last_used_at: None,
            expires_at: None,
            revoked_at: None,
        }
    }

    async fn make_key(&self, batch: Batch, key: ApiKey, secret: String) -> Result<NewSecret, Error> {
        let hash = key.hash;
        let done = self.store.commit(batch.and(CreateApiKey { key })).await?;
        let key = done.get::<ApiKey>(&hash).cloned().ok_or(Error::NotFound("key"))?;
        Ok(NewSecret { key, secret })
    }

    /// The caller's keys and tokens, the oldest first; revoked keys included.
    ///
    /// # Errors
    /// [`Error::Denied`] when the caller is not a user, or comes with a key; [`Error::Invalid`] for a cursor of another
    /// list.
    pub async fn keys(&self, caller: &Caller, page: &PageRequest) -> Result<Page<ApiKey>, Error> {
        let (owner, _) = self.own(caller)?;
        let after = match page.position(List::ApiKeys)? {
            Some(mut bytes) => Some(ApiKeyId::read(&mut bytes).ok_or(CursorError)?),
            None => None,
        };
        let found = self.store.api_keys(owner, after, page.size() + 1).await?;
        Ok(Page::cut(found, page.size(), |last| Cursor::new(List::ApiKeys, last.id.to_bytes())))
    }

    /// Ends one of the caller's keys. Ending it twice changes nothing.
    ///
    /// # Errors
    /// [`Error::NotFound`], also for somebody else's; [`Error::Denied`] with a key.
    pub async fn revoke_key(&self, caller: &Caller, id: ApiKeyId) -> Result<(), Error> {
        let (owner, batch) = self.own(caller)?;
        let key = self.find_key(owner, |key| key.id == id).await?.ok_or(Error::NotFound("key"))?;
        let revoke = RevokeApiKey { hash: key.hash, owner, at: self.clock.now() };
        self.store.commit(batch.and(revoke)).await?;
        Ok(())
    }

    pub(super) async fn find_key(
        &self,
        owner: UserId,
        wanted: impl Fn(&ApiKey) -> bool,
    ) -> Result<Option<ApiKey>, Error> {
        let mut after = None;
        loop {
            let page = self.store.api_keys(owner, after, crate::page::MAX_PAGE).await?;
            let Some(last) = page.last() else { return Ok(None) };
            after = Some(last.id);
            if let Some(found) = page.into_iter().find(&wanted) {
                return Ok(Some(found));
            }
        }
    }

    /// Who sends a key or an opaque token. That it is used is noted about once a minute.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`], whatever is wrong with it.
    pub async fn by_secret(&self, secret: &str) -> Result<(Caller, User, ApiKey), Error> {
        let now = self.clock.now();
        let key = self.store.api_key(self.tokens.hash(secret)).await?.ok_or(Error::Unauthenticated)?;
        let user = self.store.user(key.owner).await?.ok_or(Error::Unauthenticated)?;
        if !key.is_live(&user, now) {
            return Err(Error::Unauthenticated);
        }
        if key.is_use_news(now)
            && let Err(error) = self.store.commit(Batch::of(NoteApiKeyUse { hash: key.hash, at: now })).await
        {
            // the use itself is right all the same
            tracing::warn!(key = %key.id, %error, "the use of a key was not noted");
        }
        Ok((Caller::api_key(user.id, key.id, key.scopes.clone()), user, key))
    }

    /// The opaque token of a user who has proved who they are: forty digits without an end, the same as long as they do
    /// not sign out. `name` tells the tokens of several mounts apart.
    ///
    /// # Errors
    /// [`Error::Unauthenticated`] when the account is not active.
    pub async fn opaque_token(&self, user: UserId, name: &str) -> Result<NewSecret, Error> {
        let of = self.store.user(user).await?.ok_or(Error::Unauthenticated)?;
        of.expect_active().map_err(|_| Error::Unauthenticated)?;
        let now = self.clock.now();
        let live = |key: &ApiKey| key.kind == ApiKeyKind::Token && key.name == name && key.is_live(&of, now);
        let secret = |id: ApiKeyId| self.secret("token", id.as_uuid().as_bytes());
        if let Some(key) = self.find_key(user, live).await? {
            // unless the server has another secret by now
            let secret = secret(key.id);
            if self.tokens.hash(&secret) == key.hash {
                return Ok(NewSecret { key, secret });
            }
        }
        let id = ApiKeyId::mint(now, &*self.ids);
        let key = self.key_of(id, user, ApiKeyKind::Token, name.to_owned(), &secret(id));
        self.make_key(Batch::default(), key, secret(id)).await
    }

    /// Ends an opaque token, which leaves nothing behind. One that is no good any more is as good as ended.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn end_token(&self, secret: &str) -> Result<(), Error> {
        let found = self.store.api_key(self.tokens.hash(secret)).await?;
        let Some(key) = found.filter(|key| key.kind == ApiKeyKind::Token) else { return Ok(()) };
        let revoke = RevokeApiKey { hash: key.hash, owner: key.owner, at: self.clock.now() };
        match self.store.commit(Batch::of(revoke)).await.map_err(Error::from) {
            Err(Error::NotFound(_)) => Ok(()),
            done => done.map(drop),
        }
    }
}
