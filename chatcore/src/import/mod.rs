//! People and conversations of another system, as they were: with their passwords, branches and times.
//!
//! Of times that are still to come nothing is believed, or what has them would stand above all else for ever: such a thing was
//! made when it came.
//!
//! Everything has a name of its own in that system, and what came under it once does not come again: an import that broke
//! off goes on where it was, and one that is repeated changes nothing. What its owner has deleted since stays away, because
//! its name is [remembered for good](crate::once::Once::for_good): people keep the id that follows from theirs, conversations
//! and messages leave a [name of a request](crate::once::IdempotencyKey) that goes with its owner alone.

mod dialogue;

use std::sync::Arc;

use crate::account::{
    AccountState, AdmitUser, ClaimEmail, IdentityKey, ProfileChange, RegisterUser, SetProfile, User, check_email,
    check_username,
};
use crate::clock::{Clock, Timestamp};
use crate::conversation::{Part, Role};
use crate::error::Error;
use crate::id::{IdSource, UserId};
use crate::once::Fingerprint;
use crate::store::{Batch, Store};

/// What is stored for somebody who has no password: the hash of none.
const NO_PASSWORD: &str = "!";

/// Somebody of another system.
#[derive(Clone, Default)]
pub struct Person {
    /// What they are called there.
    pub key: String,
    /// The name to sign in with.
    pub username: Option<String>,
    /// The address to sign in with. Here it is not shown to be theirs.
    pub email: Option<String>,
    /// The hash of the password, as it was.
    pub secret: Option<String>,
    /// The wallet to sign in with, in place of name and password.
    pub wallet: Option<String>,
    /// What others call them.
    pub display_name: Option<String>,
    /// When they came.
    pub created_at: Timestamp,
}

impl std::fmt::Debug for Person {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Person").field("key", &self.key).finish_non_exhaustive()
    }
}

/// A conversation of another system.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Dialogue {
    /// What it is called there; its owner's own id for it here, if it can be one.
    pub key: String,
    /// Its title.
    pub title: Option<String>,
    /// When it was made.
    pub created_at: Timestamp,
    /// What was said, parents before their children.
    pub said: Vec<Said>,
    /// The leaf that its owner looks at; the last message if it is not said.
    pub head: Option<String>,
}

/// A message of another system.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// What it is called there.
    pub key: String,
    /// Below which message it stands; one that is not there is none.
    pub parent: Option<String>,
    /// Who speaks.
    pub role: Role,
    /// What is said.
    pub text: String,
    /// When.
    pub at: Timestamp,
}

impl Said {
    fn parts(&self) -> Vec<Part> {
        vec![Part::text(self.text.clone())]
    }
}

/// What became of somebody.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Met {
    /// They have an account now.
    Made(UserId),
    /// They had come before.
    There(UserId),
    /// They cannot come, and why.
    Refused(String),
}

/// What became of a conversation.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub struct Brought {
    /// Whether it was not there before.
    pub is_new: bool,
    /// Messages that are there now.
    pub messages: usize,
    /// Messages that were left out, because there is nothing in them or too much, or because their owner deleted them here.
    pub left_out: usize,
}

/// Brings what another system had into a store.
#[derive(Clone)]
pub struct Importer {
    store: Arc<dyn Store>,
    clock: Arc<dyn Clock>,
    ids: Arc<dyn IdSource>,
    system: String,
}

/// Bytes that follow from a name, so that somebody is the same however often they come.
struct Named([u8; 16]);

impl IdSource for Named {
    fn random(&self) -> [u8; 16] {
        self.0
    }
}

fn refused(reason: impl Into<String>) -> Result<Met, Error> {
    Ok(Met::Refused(reason.into()))
}

impl Importer {
    /// From a system of that name.
    pub fn new(
        store: Arc<dyn Store>,
        clock: Arc<dyn Clock>,
        ids: Arc<dyn IdSource>,
        system: impl Into<String>,
    ) -> Self {
        Self { store, clock, ids, system: system.into() }
    }

    /// A time that has come.
    fn past(&self, at: Timestamp) -> Timestamp {
        at.min(self.clock.now())
    }

    /// Who somebody is here. It follows from what the dump says alone, so a time that is still to come counts for none at all:
    /// whoever came under it is looked for there, too.
    async fn id(&self, person: &Person) -> Result<(UserId, Option<User>), Error> {
        let Fingerprint(hash) = Fingerprint::of(["import", "person", &self.system, &person.key]);
        let mut bytes = [0; 16];
        bytes.iter_mut().zip(hash).for_each(|(byte, of)| *byte = of);
        let minted = |at| UserId::mint(at, &Named(bytes));
        let (own, timeless) = (minted(person.created_at), minted(Timestamp::default()));
        for id in [own, timeless] {
            if let Some(user) = self.store.user(id).await? {
                return Ok((id, Some(user)));
            }
        }
        Ok((if person.created_at == self.past(person.created_at) { own } else { timeless }, None))
    }

    /// What would become of somebody. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn look(&self, person: &Person) -> Result<Met, Error> {
        let (id, found) = self.id(person).await?;
        match found {
            // what was erased does not come back
            Some(user) if user.state == AccountState::Deleted => return refused("their account was deleted here"),
            Some(_) => return Ok(Met::There(id)),
            None => {}
        }
        let name = person.username.as_deref();
        if let Some(Err(Error::Invalid { reason, .. })) = name.map(check_username) {
            return refused(format!("the name {reason}"));
        }
        if let Some(Err(Error::Invalid { reason, .. })) = person.email.as_deref().map(check_email) {
            return refused(format!("the address {reason}"));
        }
        let wallet = match person.wallet.as_deref().map(IdentityKey::wallet) {
            Some(None) => return refused("the wallet has no address of one"),
            wallet => wallet.flatten(),
        };
        let name = name.map(|name| IdentityKey::Username(IdentityKey::canonical(name)));
        let keys: Vec<IdentityKey> =
            name.into_iter().chain(person.email.as_deref().map(IdentityKey::email)).chain(wallet).collect();
        if keys.is_empty() {
            return refused("they have neither name nor address nor wallet");
        }
        for key in &keys {
            if self.store.identity(key).await?.is_some() {
                return refused("somebody here has the name, the address or the wallet");
            }
        }
        Ok(Met::Made(id))
    }

    /// Makes an account for somebody, unless they have come before.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Taken`] when somebody takes their name at the same moment.
    pub async fn person(&self, person: &Person) -> Result<Met, Error> {
        let met = self.look(person).await?;
        let Met::Made(id) = met else { return Ok(met) };
        let (username, email, at) = (person.username.clone(), person.email.clone(), self.past(person.created_at));
        let mut batch = Batch::default();
        match person.wallet.as_deref().and_then(IdentityKey::wallet) {
            Some(key) => {
                batch.push(AdmitUser { id, key, email: None, at });
                if let Some(email) = email {
                    batch.push(ClaimEmail { user: id, email, at });
                }
            }
            None => {
                let secret = person.secret.clone().unwrap_or_else(|| NO_PASSWORD.to_owned());
                let role = crate::account::AccountRole::User;
                batch.push(RegisterUser { id, username, email, secret, role, at });
            }
        }
        if let Some(name) = person.display_name.clone().filter(|name| !name.trim().is_empty()) {
            let change = ProfileChange { display_name: Some(Some(name)), ..ProfileChange::default() };
            if let Ok(change) = change.checked() {
                batch.push(SetProfile { user: id, change });
            }
        }
        self.store.commit(batch).await?;
        Ok(met)
    }
}
