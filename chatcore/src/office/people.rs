//! Finding people.

use super::Office;
use super::sift::{Sift, sift};
use crate::account::{AccountRole, AccountState, Identity, IdentityKey, Permission, User};
use crate::audit::By;
use crate::error::Error;
use crate::id::UserId;
use crate::page::{Cursor, CursorError, List, Page, PageRequest};
use crate::store::{OrderedKey, StoreError};

/// Who is wanted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct PersonQuery {
    /// The beginning of a name or of an address; a number; an id. Everybody, if it is not said.
    pub text: Option<String>,
    /// With which role.
    pub role: Option<AccountRole>,
    /// In which state.
    pub state: Option<AccountState>,
}

impl PersonQuery {
    fn wants(&self, user: &User) -> bool {
        self.role.is_none_or(|role| role == user.role) && self.state.is_none_or(|state| state == user.state)
    }
}

/// The two ways in by which people are searched, in the order in which they are.
#[derive(Clone, Copy, PartialEq)]
enum Way {
    Name,
    Address,
}

impl Way {
    fn key(self, text: &str) -> IdentityKey {
        let text = IdentityKey::canonical(text);
        match self {
            Self::Name => IdentityKey::Username(text),
            Self::Address => IdentityKey::Email(text),
        }
    }

    fn begins_with(self, key: &IdentityKey, text: &str) -> bool {
        match (self, key) {
            (Self::Name, IdentityKey::Username(name)) | (Self::Address, IdentityKey::Email(name)) => {
                name.starts_with(text)
            }
            _ => false,
        }
    }
}

impl Office {
    /// People that are wanted. Without a text the order is that in which they came. A number or an id that somebody has finds
    /// them alone; any other text those whose name begins so, then those whose address does.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Invalid`] for a cursor of another list.
    pub async fn people<'a>(
        &self,
        by: impl Into<By<'a>>,
        query: &PersonQuery,
        page: &PageRequest,
    ) -> Result<Page<User>, Error> {
        by.into().expect(Permission::SeeAccounts)?;
        let after = page.position(List::People)?;
        match query.text.as_deref().map(str::trim).filter(|text| !text.is_empty()) {
            None => self.everybody(query, after, page.size()).await,
            Some(text) => self.matching(query, &IdentityKey::canonical(text), after, page.size()).await,
        }
    }

    async fn everybody(&self, query: &PersonQuery, after: Option<&[u8]>, size: usize) -> Result<Page<User>, Error> {
        let after = after.map(read_key::<UserId>).transpose()?.map(|id| id.to_bytes());
        let want = |user: &User| if query.wants(user) { Sift::Take } else { Sift::Pass };
        let found = sift(&*self.store, after, size, want).await?;
        Ok(Page { items: found.items, next: found.next.map(|key| Cursor::new(List::People, key)) })
    }

    async fn matching(
        &self,
        query: &PersonQuery,
        text: &str,
        after: Option<&[u8]>,
        size: usize,
    ) -> Result<Page<User>, Error> {
        let mut after = after.map(read_key::<IdentityKey>).transpose()?;
        if let Some(user) = self.named(text).await? {
            return Ok(Page { items: Some(user).filter(|user| query.wants(user)).into_iter().collect(), next: None });
        }
        let (mut items, mut last) = (Vec::new(), Vec::new());
        for way in [Way::Name, Way::Address] {
            if way == Way::Name && matches!(after, Some(IdentityKey::Email(_))) {
                continue;
            }
            if items.len() >= size {
                return Ok(Page { items, next: Some(Cursor::new(List::People, last)) });
            }
            let from = after.take_if(|key| way.begins_with(key, text));
            let is_first = from.is_none();
            let key = from.unwrap_or_else(|| way.key(text));
            // the scan begins behind the key, so whoever has exactly this name is looked up
            let exact = if is_first { self.store.identity(&key).await? } else { None };
            let room = size.saturating_sub(items.len() + usize::from(exact.is_some()));
            let want = |found: &Identity| if way.begins_with(&found.key, text) { Sift::Take } else { Sift::End };
            let found = sift(&*self.store, Some(key.to_bytes()), room, want).await?;
            last = found.items.last().map_or(key, |last| last.key.clone()).to_bytes();
            for identity in exact.into_iter().chain(found.items) {
                let user = self.store.user(identity.user).await?.filter(|user| query.wants(user));
                // who is found by name is not found by address again
                items.extend(user.filter(|user| way == Way::Name || !is_named(user, text)));
            }
            if let Some(next) = found.next {
                return Ok(Page { items, next: Some(Cursor::new(List::People, next)) });
            }
        }
        Ok(Page { items, next: None })
    }

    /// Whom a text names by number or id.
    async fn named(&self, text: &str) -> Result<Option<User>, StoreError> {
        if let Ok(id) = text.parse::<UserId>() {
            return self.store.user(id).await;
        }
        match text.trim_start_matches('#').parse::<u64>() {
            Ok(number) => self.store.user_by_number(number).await,
            Err(_) => Ok(None),
        }
    }
}

fn is_named(user: &User, text: &str) -> bool {
    user.username.as_deref().is_some_and(|name| IdentityKey::canonical(name).starts_with(text))
}

/// The key that a cursor holds.
pub(super) fn read_key<K: OrderedKey>(mut bytes: &[u8]) -> Result<K, CursorError> {
    K::read(&mut bytes).filter(|_| bytes.is_empty()).ok_or(CursorError)
}
