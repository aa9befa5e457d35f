//! People and conversations of another system, as they were: with their passwords, branches and times.
//!
//! Of times that are still to come nothing is believed, or what has them would stand above all else for ever: such a thing was
//! made when it came.
//!
//! Everything has a name of its own in that system, and what came under it once does not come again: an import that broke
//! off goes on where it was, and one that is repeated changes nothing.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use crate::account::{
    AccountState, AdmitUser, Caller, ClaimEmail, IdentityKey, ProfileChange, RegisterUser, SetProfile, User,
    check_email, check_username,
};
use crate::clock::{Clock, Timestamp};
use crate::conversation::{
    Conversation, Conversations, MAX_NAME_CHARS, MAX_TITLE_CHARS, Name, NewConversation, NewMessage, Parent, Part,
    Role, limits,
};
use crate::error::Error;
use crate::id::{ConversationId, IdSource, MessageId, UserId};
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
    /// What it is called there; its owner's own id for it here.
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
    /// Messages that were left out, because there is nothing in them or too much.
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

/// A moment that does not pass: things are made when they were made.
struct At(Timestamp);

#[async_trait]
impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep_until(&self, _until: Timestamp) {}
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

    /// What would become of a conversation. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn look_at(&self, owner: UserId, of: &Dialogue) -> Result<Brought, Error> {
        let found = self.at(of.created_at).find(&Caller::user(owner), Name::External(&of.key)).await;
        let is_new = match found {
            Err(Error::NotFound(_)) => true,
            found => found.map(|_| false)?,
        };
        let messages = of.said.iter().filter(|said| limits::parts(&said.parts()).is_ok()).count();
        Ok(Brought { is_new, messages, left_out: of.said.len() - messages })
    }

    fn at(&self, at: Timestamp) -> Conversations {
        Conversations::new(self.store.clone(), Arc::new(At(self.past(at))), self.ids.clone())
    }

    /// Brings a conversation, or what is missing of it.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Reused`] when something else is there under the name of a message.
    pub async fn dialogue(&self, owner: UserId, of: &Dialogue) -> Result<Brought, Error> {
        let me = Caller::user(owner);
        let (conversation, is_new) = self.conversation(&me, of).await?;
        let had = conversation.message_count;
        let mut known: HashMap<&str, MessageId> = HashMap::new();
        let mut brought = Brought { is_new, ..Brought::default() };
        for said in &of.said {
            let above = said.parent.as_deref().and_then(|parent| known.get(parent).copied());
            match self.message(&me, conversation.id, said, above).await {
                Ok(id) => {
                    known.insert(&said.key, id);
                    brought.messages += 1;
                }
                // what stood below it stands below what it stood below; what its owner deleted is not brought back
                Err(Error::Invalid { .. } | Error::Gone(_)) => {
                    known.extend(above.map(|above| (said.key.as_str(), above)));
                    brought.left_out += 1;
                }
                Err(other) => return Err(other),
            }
        }
        let last = of.said.last().map(|said| said.key.as_str());
        let head = of.head.as_deref().or(last).and_then(|head| known.get(head).copied());
        let last_at = of.said.iter().map(|said| said.at).max().unwrap_or(of.created_at);
        // who was here meanwhile looks at what they chose, unless more has come
        if let Some(head) = head.filter(|_| brought.messages as u64 > had) {
            self.at(last_at).move_head(&me, conversation.id, head, None).await?;
        }
        Ok(brought)
    }

    async fn conversation(&self, me: &Caller, of: &Dialogue) -> Result<(Conversation, bool), Error> {
        let service = self.at(of.created_at);
        match service.find(me, Name::External(&of.key)).await {
            Err(Error::NotFound(_)) => {}
            found => return Ok((found?, false)),
        }
        let title = of.title.as_deref().map(|title| title.replace('\0', ""));
        let title = title.map(|title| title.chars().take(MAX_TITLE_CHARS).collect::<String>());
        let title = title.filter(|title| !title.trim().is_empty());
        let new = NewConversation { external_id: Some(of.key.clone()), title, ..NewConversation::default() };
        Ok((service.create(me, new).await?, true))
    }

    async fn message(
        &self,
        me: &Caller,
        to: ConversationId,
        said: &Said,
        above: Option<MessageId>,
    ) -> Result<MessageId, Error> {
        let parent = above.map_or(Parent::Root, Parent::Message);
        let client_ref = Some(said.key.clone()).filter(|key| key.chars().count() <= MAX_NAME_CHARS);
        let new =
            NewMessage { role: said.role, parts: said.parts(), parent, expected_head: None, client_ref, once: None };
        Ok(self.at(said.at).append(me, to, new).await?.message.id)
    }
}
