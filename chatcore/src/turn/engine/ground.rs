//! What a turn begins on, and the batch that begins it.

use super::continuation::seed_of;
use super::driver::Prompt;
use super::prompt::{Asked, prompt, prompt_budget, size, unstored};
use super::{Ask, Chat, Driver, Policy, Turn};
use crate::account::Caller;
use crate::conversation::{
    Conversation, Conversations, ExpectHead, ExpectVersion, InsertMessage, Message, MessageState, Part, Place, Role,
};
use crate::error::Error;
use crate::id::{MessageId, RunId};
use crate::once::{Claims, Made};
use crate::store::{Batch, StoreError};
use crate::turn::change::{BeginRun, RequestStop, SeedLog};
use crate::turn::hub::Signal;
use crate::turn::{ContextPlan, ModelInfo, ModelRequest, Run, RunState};

/// What a user says, apart from where.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) parts: Vec<Part>,
    pub(super) client_ref: Option<String>,
}

/// What a turn begins on, as it was found.
pub(super) struct Ground {
    pub(super) conversation: Conversation,
    /// What the new messages hang below.
    pub(super) parent: Option<MessageId>,
    /// Where that is.
    pub(super) place: Option<Place>,
    /// What is said; nothing when the parent itself is answered.
    pub(super) said: Option<Said>,
    /// The head that the caller takes for granted by naming a parent.
    pub(super) named: Option<Option<MessageId>>,
    /// Where what is replaced begins.
    pub(super) replaced: Option<Place>,
    /// The answer that is gone on with.
    pub(super) before: Option<Box<Message>>,
}

impl Ground {
    pub(super) fn new(
        conversation: Conversation,
        parent: Option<MessageId>,
        place: Option<Place>,
        said: Option<Said>,
    ) -> Self {
        Self { conversation, parent, place, said, named: None, replaced: None, before: None }
    }

    /// A message that is there is answered.
    pub(super) fn answering(conversation: Conversation, asked: &Message) -> Self {
        let place = Some(asked.place);
        Self { replaced: place, ..Self::new(conversation, Some(asked.id), place, None) }
    }

    /// Where the new messages hang, if it is not at the root.
    fn below(&self) -> Option<(MessageId, Place)> {
        self.parent.zip(self.place)
    }

    /// The head that is expected, if any is.
    fn expected_head(&self, ask: &Ask) -> Option<Option<MessageId>> {
        ask.expected_head.or(self.named.filter(|_| ask.policy == Policy::RejectStale))
    }
}

/// The ids that a turn makes.
struct Ids {
    said: Option<MessageId>,
    answer: MessageId,
    run: RunId,
}

impl Chat {
    /// Stores a turn.
    pub(super) async fn begin(
        &self,
        caller: &Caller,
        ground: Ground,
        ask: &Ask,
        claims: &Claims,
    ) -> Result<Turn, Error> {
        // a caller who is behind hears of it before anything else; the batch looks again
        let head = ground.conversation.head_message();
        if ground.expected_head(ask).is_some_and(|expected| expected != head) {
            return Err(Error::StaleHead { head });
        }
        if let Some(before) = &ground.before {
            self.expect_unfinished(before).await?;
        }
        let named = ask.model.as_deref().or(ground.conversation.model.as_deref());
        let found = self.models.find(named);
        let (info, model) = found.ok_or_else(|| Error::UnknownModel(named.unwrap_or("default").to_owned()))?;
        let budget = prompt_budget(info, &ask.options);
        let path = match ground.below() {
            Some((_, place)) => self.conversations.path(ground.conversation.id, place, budget, size).await?,
            None => Vec::new(),
        };
        let way = self.way(&ground, ask.policy, &path).await?;
        let at = self.conversations.now();
        let ids = Ids {
            said: ground.said.as_ref().map(|_| MessageId::mint(at, &*self.conversations.ids)),
            answer: MessageId::mint(at, &*self.conversations.ids),
            run: RunId::mint(at, &*self.conversations.ids),
        };
        let mut run = new_run(&ids, &ground.conversation, info, at);
        run.state = if way.is_empty() { RunState::Running } else { RunState::Queued };
        let seed = ground.before.as_deref().map(seed_of).unwrap_or_default();
        let mut batch = self.preconditions(caller, &ground, ask).await?;
        let made = Made {
            conversation: ground.conversation.id,
            message: ids.said,
            answer: Some(ids.answer),
            run: Some(ids.run),
        };
        if let Some(names) = claims.take(caller.subject(), made, at) {
            batch.push(names);
        }
        if let Some(turn) = self.conversations.turn_to(caller, &ground.conversation, ground.below()).await? {
            batch.push(turn);
        }
        insert(&mut batch, caller, &ground, &ids, &info.id, at);
        batch.push(BeginRun { run: run.clone() });
        if !seed.is_empty() {
            batch.push(SeedLog { run: run.id, events: seed.clone() });
        }
        if ask.policy == Policy::Interrupt {
            way.iter().for_each(|run| batch.push(RequestStop { run: *run, seen_len: None, at }));
        }
        let done = self.store().commit(batch).await?;
        // what the batch made of it
        let run = done.get::<Run>(&run.id).cloned().unwrap_or(run);
        if ask.policy == Policy::Interrupt {
            way.iter().filter_map(|run| self.hub.feed(*run)).for_each(|feed| feed.signal(Signal::Stop));
        }
        let user_message = match ids.said {
            Some(said) => Some(self.conversations.stored(&done, said).await?),
            None => None,
        };
        let assistant_message = self.conversations.stored(&done, ids.answer).await?;
        let asked = Asked {
            conversation: ground.conversation.id,
            message: ids.said.or(ground.parent).unwrap_or(ids.answer),
            place: user_message.as_ref().map(|view| view.message.place).or(ground.place).unwrap_or(Place::ROOT),
            before: ground.before.clone(),
            budget,
            model: info.id.clone(),
            options: ask.options.clone(),
        };
        let (prompt, plan) = if way.is_empty() {
            let (request, plan) = ready(&ground, asked, path, at);
            (Prompt::Ready(request, plan.tokens), Some(plan))
        } else {
            (self.later(way, asked), None)
        };
        let driver = Driver::new(self, &run, model.clone(), prompt, &seed);
        Ok(Turn { user_message, assistant_message, run, plan, replayed: false, driver })
    }

    /// The runs that the turn has to wait for; refuses where it may not.
    async fn way(&self, ground: &Ground, policy: Policy, path: &[Message]) -> Result<Vec<RunId>, Error> {
        let open_above = path.iter().any(|message| message.state == MessageState::Open);
        let way = match policy {
            Policy::Sibling => Vec::new(),
            _ => self.in_the_way(ground).await?,
        };
        match policy {
            Policy::Sibling if open_above => Err(Error::Busy),
            Policy::RejectStale if open_above || !way.is_empty() => Err(Error::Busy),
            _ => Ok(way),
        }
    }

    async fn in_the_way(&self, ground: &Ground) -> Result<Vec<RunId>, StoreError> {
        let id = ground.conversation.id;
        let mut way = Vec::new();
        for run in self.store().active_runs(id).await? {
            let Some(writes) = self.store().message(run.message).await? else { continue };
            let above = match ground.below() {
                Some((_, place)) => self.lies_below(id, place, writes.place).await?,
                None => false,
            };
            let replaced = match ground.replaced {
                Some(place) => self.lies_below(id, writes.place, place).await?,
                None => false,
            };
            if above || replaced {
                way.push(run.id);
            }
        }
        Ok(way)
    }

    /// The first changes of the batch: those that only look.
    async fn preconditions(&self, caller: &Caller, ground: &Ground, ask: &Ask) -> Result<Batch, Error> {
        debug_assert_eq!(caller.subject(), ground.conversation.owner);
        let (id, version) = (ground.conversation.id, ground.conversation.version);
        let mut batch = Batch::of(self.conversations.look_ahead(&ground.conversation, ground.place).await?);
        if let Some(head) = ground.expected_head(ask) {
            batch.push(ExpectHead { conversation: id, head });
        }
        if ask.policy != Policy::Sibling {
            // no run began since the runs were looked at: each that begins changes the conversation
            batch.push(ExpectVersion { conversation: id, version });
        }
        Ok(batch)
    }
}

/// Inserts what is said, if anything is, and the open answer.
fn insert(batch: &mut Batch, caller: &Caller, ground: &Ground, ids: &Ids, model: &str, at: crate::Timestamp) {
    let answer = InsertMessage {
        id: ids.answer,
        conversation: ground.conversation.id,
        owner: caller.subject(),
        parent: ids.said.or(ground.parent),
        hint: if ids.said.is_none() { ground.place } else { None },
        role: Role::Assistant,
        parts: Vec::new(),
        state: MessageState::Open,
        model: Some(model.to_owned()),
        run: Some(ids.run),
        client_ref: None,
        follow: true,
        at,
    };
    if let (Some(id), Some(said)) = (ids.said, &ground.said) {
        batch.push(InsertMessage {
            id,
            parent: ground.parent,
            hint: Conversations::hint(&ground.conversation, ground.parent, ground.place),
            role: Role::User,
            parts: said.parts.clone(),
            state: MessageState::Complete,
            model: None,
            run: None,
            client_ref: said.client_ref.clone(),
            ..answer.clone()
        });
    }
    batch.push(answer);
}

/// The prompt of a turn that need not wait: of the path as it was read, and what is said now.
fn ready(ground: &Ground, asked: Asked, mut path: Vec<Message>, at: crate::Timestamp) -> (ModelRequest, ContextPlan) {
    if let Some(said) = &ground.said {
        path.push(unstored(asked.message, &ground.conversation, said.parts.clone(), at));
    }
    debug_assert_eq!(path.last().map(|last| last.id), Some(asked.message));
    prompt(asked, ground.conversation.system_prompt.as_deref(), path)
}

fn new_run(ids: &Ids, of: &Conversation, info: &ModelInfo, at: crate::Timestamp) -> Run {
    Run {
        id: ids.run,
        conversation: of.id,
        message: ids.answer,
        owner: of.owner,
        model: info.id.clone(),
        state: RunState::Running,
        started_at: at,
        first_token_at: None,
        ended_at: None,
        heartbeat_at: at,
        stop_requested_at: None,
        seen_len: None,
        seeded: 0,
        last_seq: 0,
        usage: None,
        finish: None,
        error: None,
    }
}
