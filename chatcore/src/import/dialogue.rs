//! Conversations, and what was said in them.

use std::collections::HashMap;
use std::sync::Arc;

use async_trait::async_trait;

use super::{Brought, Dialogue, Importer, Said};
use crate::account::Caller;
use crate::clock::{Clock, Timestamp};
use crate::conversation::{Conversations, MAX_TITLE_CHARS, Name, NewConversation, NewMessage, Parent, limits};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, UserId};
use crate::once::{ClaimNames, Fingerprint, IdempotencyKey, Made, Once, RequestName};
use crate::store::{Batch, Conflict, Kind};
use crate::subject::Subject;

/// A moment that does not pass: things are made when they were made.
struct At(Timestamp);

#[async_trait]
impl Clock for At {
    fn now(&self) -> Timestamp {
        self.0
    }

    async fn sleep_until(&self, _until: Timestamp) {}
}

/// Where a conversation is that comes from elsewhere.
enum Place {
    /// Not here yet.
    Nowhere,
    /// Here; it has its mark if it came by an import.
    Here { conversation: ConversationId, is_marked: bool },
    /// Deleted since it came.
    Deleted,
}

/// What is known of a message while those below it are looked at.
#[derive(Clone, Copy)]
enum Known {
    /// What stands below it stands here, below this message or at the root.
    Here(Option<MessageId>),
    /// Deleted since it came, and with it whatever follows it.
    Deleted,
}

/// What became of a message.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Outcome {
    New,
    There,
    LeftOut,
}

/// What is kept of something that came, under a name that says nothing of it: it does not come again.
fn mark(system: &str, keys: &[&str]) -> String {
    format!("import-{:?}", Fingerprint::of(["import", system].iter().chain(keys)))
}

/// The owner's own id for it: what it was called, if that can be one.
fn external_id(key: &str) -> String {
    match limits::name("external_id", Some(key)) {
        Ok(()) => key.to_owned(),
        Err(_) => format!("{:?}", Fingerprint::of([key])),
    }
}

impl Importer {
    fn mark_of(&self, of: &Dialogue) -> String {
        mark(&self.system, &["conversation", &of.key])
    }

    fn mark_said(&self, of: &Dialogue, said: &Said) -> String {
        mark(&self.system, &["message", &of.key, &said.key])
    }

    fn at(&self, at: Timestamp) -> Conversations {
        Conversations::new(self.store.clone(), Arc::new(At(self.past(at))), self.ids.clone())
    }

    /// What came under a mark.
    async fn came(&self, owner: Subject, mark: String) -> Result<Option<Made>, Error> {
        Ok(self.store.idempotency_key(owner, &RequestName::Key(mark)).await?.map(|found| found.made))
    }

    async fn place(&self, me: &Caller, of: &Dialogue) -> Result<Place, Error> {
        let service = self.at(of.created_at);
        if let Some(made) = self.came(me.subject(), self.mark_of(of)).await? {
            return match service.get(me, made.conversation).await {
                Err(Error::NotFound(_)) => Ok(Place::Deleted),
                found => Ok(Place::Here { conversation: found?.id, is_marked: true }),
            };
        }
        match service.find(me, Name::External(&external_id(&of.key))).await {
            Err(Error::NotFound(_)) => Ok(Place::Nowhere),
            found => Ok(Place::Here { conversation: found?.id, is_marked: false }),
        }
    }

    /// What would become of a conversation. Changes nothing.
    ///
    /// # Errors
    /// [`Error::Store`] alone.
    pub async fn look_at(&self, owner: UserId, of: &Dialogue) -> Result<Brought, Error> {
        let me = Caller::user(owner);
        let place = self.place(&me, of).await?;
        let mut brought = Brought { is_new: matches!(place, Place::Nowhere), ..Brought::default() };
        let mut known: HashMap<&str, Known> = HashMap::new();
        for said in &of.said {
            let found = match (&place, above(&known, said)) {
                (Place::Deleted, _) | (_, Known::Deleted) => Some(Known::Deleted),
                (Place::Nowhere, _) => None,
                (Place::Here { .. }, _) => self.found(&me, of, said).await?,
            };
            match found {
                Some(Known::Here(_)) => brought.messages += 1,
                None if limits::parts(&said.parts()).is_ok() => brought.messages += 1,
                Some(Known::Deleted) | None => brought.left_out += 1,
            }
            known.insert(&said.key, found.unwrap_or(Known::Here(None)));
        }
        Ok(brought)
    }

    /// Brings a conversation, or what is missing of it. What its owner has deleted since stays away.
    ///
    /// # Errors
    /// [`Error::Store`]; [`Error::Reused`] when another import brings something else under the name of a message at the same
    /// moment.
    pub async fn dialogue(&self, owner: UserId, of: &Dialogue) -> Result<Brought, Error> {
        let me = Caller::user(owner);
        let (conversation, is_new) = match self.place(&me, of).await? {
            Place::Deleted => return Ok(Brought { left_out: of.said.len(), ..Brought::default() }),
            Place::Nowhere => (self.conversation(&me, of).await?, true),
            Place::Here { conversation, is_marked } => {
                if !is_marked {
                    self.keep_mark(&me, of, conversation).await?;
                }
                (conversation, false)
            }
        };
        let mut brought = Brought { is_new, ..Brought::default() };
        let (mut known, mut has_more) = (HashMap::<&str, Known>::new(), false);
        for said in &of.said {
            let (outcome, place) = match above(&known, said) {
                Known::Deleted => (Outcome::LeftOut, Known::Deleted),
                Known::Here(above) => self.message(&me, conversation, (of, said), above).await?,
            };
            match outcome {
                Outcome::New | Outcome::There => brought.messages += 1,
                Outcome::LeftOut => brought.left_out += 1,
            }
            has_more |= outcome == Outcome::New;
            known.insert(&said.key, place);
        }
        // who was here meanwhile looks at what they chose, unless more has come
        if has_more {
            self.look_where_they_looked(&me, conversation, of, &known).await?;
        }
        Ok(brought)
    }

    async fn look_where_they_looked(
        &self,
        me: &Caller,
        conversation: ConversationId,
        of: &Dialogue,
        known: &HashMap<&str, Known>,
    ) -> Result<(), Error> {
        let last = of.said.last().map(|said| said.key.as_str());
        let head = of.head.as_deref().or(last).and_then(|head| known.get(head).copied());
        let at = of.said.iter().map(|said| said.at).max().unwrap_or(of.created_at);
        if let Some(Known::Here(Some(head))) = head {
            self.at(at).move_head(me, conversation, head, None).await?;
        }
        Ok(())
    }

    async fn conversation(&self, me: &Caller, of: &Dialogue) -> Result<ConversationId, Error> {
        let title = of.title.as_deref().map(|title| title.replace('\0', ""));
        let title = title.map(|title| title.chars().take(MAX_TITLE_CHARS).collect::<String>());
        let title = title.filter(|title| !title.trim().is_empty());
        let new = NewConversation {
            external_id: Some(external_id(&of.key)),
            title,
            once: Some(Once::new(self.mark_of(of))?.for_good()),
            ..NewConversation::default()
        };
        Ok(self.at(of.created_at).create(me, new).await?.id)
    }

    /// Marks what was here before the import came.
    async fn keep_mark(&self, me: &Caller, of: &Dialogue, id: ConversationId) -> Result<(), Error> {
        let mark = self.mark_of(of);
        let fingerprint = Fingerprint::of([&mark]);
        let name = RequestName::Key(mark);
        let (owner, made) = (me.subject(), Made::conversation(id));
        let names = vec![IdempotencyKey { owner, name, fingerprint, made, expires_at: None }];
        match self.store.commit(Batch::of(ClaimNames { names, at: of.created_at })).await {
            Err(error) if matches!(error.conflict(), Some(Conflict::Exists(Kind::IdempotencyKey))) => Ok(()),
            done => Ok(done.map(drop)?),
        }
    }

    /// What became of a message that came before; `None` if it never did.
    async fn found(&self, me: &Caller, of: &Dialogue, said: &Said) -> Result<Option<Known>, Error> {
        let came = self.came(me.subject(), self.mark_said(of, said)).await?;
        let Some(id) = came.and_then(|made| made.message) else { return Ok(None) };
        match self.at(said.at).live(me, id).await {
            Err(Error::NotFound(_)) => Ok(Some(Known::Deleted)),
            found => found.map(|_| Some(Known::Here(Some(id)))),
        }
    }

    /// Brings a message, unless it came before.
    async fn message(
        &self,
        me: &Caller,
        to: ConversationId,
        (of, said): (&Dialogue, &Said),
        above: Option<MessageId>,
    ) -> Result<(Outcome, Known), Error> {
        match self.found(me, of, said).await? {
            Some(Known::Deleted) => return Ok((Outcome::LeftOut, Known::Deleted)),
            Some(place) => return Ok((Outcome::There, place)),
            None => {}
        }
        let new = NewMessage {
            role: said.role,
            parts: said.parts(),
            parent: above.map_or(Parent::Root, Parent::Message),
            expected_head: None,
            client_ref: None,
            once: Some(Once::new(self.mark_said(of, said))?.for_good()),
        };
        match self.at(said.at).append(me, to, new).await {
            Ok(view) => Ok((Outcome::New, Known::Here(Some(view.message.id)))),
            // what stood below it stands below what it stood below
            Err(Error::Invalid { .. }) => Ok((Outcome::LeftOut, Known::Here(above))),
            Err(other) => Err(other),
        }
    }
}

/// Below what a message stands; one whose parent is not there is a root.
fn above(known: &HashMap<&str, Known>, said: &Said) -> Known {
    said.parent.as_deref().and_then(|parent| known.get(parent).copied()).unwrap_or(Known::Here(None))
}
