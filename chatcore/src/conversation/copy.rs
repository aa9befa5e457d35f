//! Forking: a path is copied into a conversation that nobody sees until it is whole.

use super::branch;
use super::change::{InsertMessage, MoveHead};
use super::delete::STEP;
use super::fork::{PublishFork, StartFork, copied};
use super::message::Message;
use super::part::Part;
use super::place::LaneRange;
use super::record::{Conversation, ForkedFrom};
use super::service::{Conversations, NewConversation};
use crate::account::{Caller, Scope};
use crate::attachment::surviving;
use crate::error::Error;
use crate::id::{ConversationId, JobId, MessageId};
use crate::job::{Job, Work};
use crate::once::{Claims, Fingerprint, Made, Once};
use crate::store::{Batch, Conflict, Kind};
use crate::subject::Subject;
use crate::turn::materialise;

/// What is copied: a path, and what of its messages.
pub(crate) struct Source<'a> {
    /// The conversation that it is in.
    pub(crate) conversation: ConversationId,
    /// The last message of the path.
    pub(crate) last: &'a Message,
    /// What the copy says of where it comes from.
    pub(crate) forked_from: Option<ForkedFrom>,
    /// The parts of a message that are copied; `None` leaves it out.
    pub(crate) take: fn(&Message) -> Option<Vec<Part>>,
}

impl Conversations {
    /// Copies the path that ends at a message into a new conversation. Runs, usage and external ids are not copied.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`].
    pub async fn fork(
        &self,
        caller: &Caller,
        id: ConversationId,
        message: MessageId,
        title: Option<String>,
    ) -> Result<Conversation, Error> {
        self.fork_once(caller, id, message, title, None).await
    }

    /// The same under the name of the request: whoever makes it again under that name gets the copy that was made the
    /// first time. The name is taken when the copy is shown, so of several that are built at once one is seen.
    ///
    /// # Errors
    /// As [`Self::fork`]; [`Error::Reused`].
    pub async fn fork_once(
        &self,
        caller: &Caller,
        id: ConversationId,
        message: MessageId,
        title: Option<String>,
        once: Option<Once>,
    ) -> Result<Conversation, Error> {
        caller.require(Scope::Write)?;
        super::limits::title(title.as_deref())?;
        let asked = || Fingerprint::of([format!("fork {id} {message}"), format!("{title:?}")]);
        let claims = Claims::of(once.as_ref(), asked);
        if let Some(made) = claims.made(&*self.store, caller.subject(), self.now()).await? {
            return self.get(caller, made.conversation).await.map_err(Error::or_gone);
        }
        let (origin, last) = self.live(caller, message).await?;
        if origin.id != id {
            return Err(Error::NotFound("message"));
        }
        let new = NewConversation {
            external_id: None,
            title: title.or(origin.title.clone()),
            system_prompt: origin.system_prompt.clone(),
            model: origin.model.clone(),
            once: None,
        };
        let forked_from = Some(ForkedFrom { conversation: origin.id, message });
        let source =
            Source { conversation: origin.id, last: &last, forked_from, take: |message| Some(message.parts.clone()) };
        self.fork_of(caller, &source, new, &claims).await
    }

    /// Copies a path, or what of it may be taken, into a new conversation of the caller's.
    pub(crate) async fn fork_of(
        &self,
        caller: &Caller,
        source: &Source<'_>,
        new: NewConversation,
        claims: &Claims,
    ) -> Result<Conversation, Error> {
        let owner = caller.subject();
        let made = match claims.made(&*self.store, owner, self.now()).await? {
            Some(made) => made.conversation,
            None => match self.copy(caller, source, new, claims).await {
                Ok(copy) => copy,
                Err(error) => claims.made_instead(&*self.store, owner, self.now(), error).await?.conversation,
            },
        };
        self.get(caller, made).await.map_err(Error::or_gone)
    }

    async fn copy(
        &self,
        caller: &Caller,
        source: &Source<'_>,
        new: NewConversation,
        claims: &Claims,
    ) -> Result<ConversationId, Error> {
        let message = source.last.id;
        let (copy, mut creation) = self.creation(caller.subject(), new);
        creation.forked_from = source.forked_from;
        let job = JobId::mint(creation.at, &*self.ids);
        let creation_at = creation.at;
        let start = StartFork { job, conversation: copy, message, at: creation.at };
        self.store.commit(Batch::of(creation).and(start)).await?;
        let remove = Job { id: job, work: Work::Fork { conversation: copy, message }, created_at: creation_at };
        if !self.copy_path(caller, source, copy).await? {
            // a part of it was deleted meanwhile
            self.work(remove).await?;
            return Err(Error::NotFound("message"));
        }
        let at = self.now();
        let mut batch = Batch::of(PublishFork { job, conversation: copy, at });
        claims.take(caller.subject(), Made::conversation(copy), at).into_iter().for_each(|names| batch.push(names));
        match self.store.commit(batch).await {
            Ok(_) => Ok(copy),
            Err(error) => {
                if matches!(error.conflict(), Some(Conflict::Exists(Kind::IdempotencyKey))) {
                    // the same request was faster: nobody needs this copy
                    self.work(remove).await?;
                }
                Err(error.into())
            }
        }
    }

    /// Copies a path; `false` when not all of it was there.
    async fn copy_path(&self, caller: &Caller, source: &Source<'_>, copy: ConversationId) -> Result<bool, Error> {
        let (origin, end) = (source.conversation, source.last.place);
        let lanes = self.store.lanes_up(origin, end.lane, 0).await?;
        let mut parent = None;
        for range in branch::ranges(&lanes, end, 1) {
            let mut first = range.first;
            while first <= range.last {
                let last = range.last.min(first + u32::try_from(STEP).unwrap_or(1) - 1);
                let found = self.store.messages_in(origin, &[LaneRange { first, last, ..range }]).await?;
                if u32::try_from(found.len()) != Ok(last - first + 1) {
                    return Ok(false);
                }
                let mut batch = Batch::default();
                for mut message in found {
                    message.parts = materialise(&*self.store, &message).await?;
                    let Some(parts) = (source.take)(&message) else { continue };
                    let new = MessageId::mint(self.now(), &*self.ids);
                    let parts = surviving(&*self.store, caller.subject(), parts).await?;
                    batch.push(InsertMessage {
                        id: new,
                        conversation: copy,
                        owner: caller.subject(),
                        parent,
                        hint: None,
                        role: message.role,
                        parts,
                        state: copied(message.state),
                        model: message.model,
                        run: None,
                        client_ref: None,
                        follow: true,
                        at: message.created_at,
                    });
                    parent = Some(new);
                }
                self.store.commit(batch).await?;
                first = last + 1;
            }
        }
        Ok(true)
    }

    /// What makes a message the head of a conversation that is being built; `None` if it is that already.
    pub(crate) async fn head_to(
        &self,
        owner: Subject,
        id: ConversationId,
        to: MessageId,
    ) -> Result<Option<MoveHead>, Error> {
        let (built, message) = (self.store.conversation(id).await?, self.store.message(to).await?);
        let Some((built, message)) = built.zip(message).filter(|(built, _)| built.head_message() != Some(to)) else {
            return Ok(None);
        };
        let choices = branch::choices(&*self.store, &built, message.place).await?;
        Ok(Some(MoveHead { conversation: id, owner, to, choices, at: self.now() }))
    }
}
