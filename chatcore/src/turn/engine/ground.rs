//! What a turn begins on, and the batch that begins it.

use std::sync::Arc;

use super::attached::expect_readable;
use super::continuation::seed_of;
use super::driver::{Prompt, Stored};
use super::outcome::Standing;
use super::prompt::{Asked, counter, expect_room, prompt, size, unstored};
use super::{Ask, Chat, Driver, MAX_WAITING, Policy, Turn};
use crate::account::Caller;
use crate::clock::Timestamp;
use crate::conversation::{
    Conversation, Conversations, ExpectHead, ExpectVersion, InsertMessage, Message, MessageState, Part, Place, Role,
};
use crate::error::Error;
use crate::id::{MessageId, RunId};
use crate::once::{Claims, Made};
use crate::store::{Batch, Committed, StoreError};
use crate::turn::change::{BeginRun, RequestStop, SeedLog};
use crate::turn::event::RunEvent;
use crate::turn::hook::Outgoing;
use crate::turn::hub::Signal;
use crate::turn::{ContextPlan, LanguageModel, ModelInfo, ModelRequest, Run, RunState, TokenCounter, ToolSpec};

/// What a user says, apart from where.
#[derive(Debug, Clone)]
pub(super) struct Said {
    pub(super) role: Role,
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

/// A turn that may begin.
pub(super) struct Setup<'a> {
    pub(super) ground: Ground,
    pub(super) ask: &'a Ask,
    /// All tools that the model may call.
    tools: Vec<ToolSpec>,
    model: Arc<dyn LanguageModel>,
    counter: Arc<dyn TokenCounter>,
    /// Tokens that the prompt may have.
    pub(super) budget: u64,
    /// The end of the branch, what is said included.
    path: Vec<Message>,
    /// The runs that it has to wait for.
    way: Vec<RunId>,
    /// The message that will be said.
    pub(super) said: Option<MessageId>,
    pub(super) run: Run,
    /// The beginning of the run's log.
    seed: Vec<RunEvent>,
    pub(super) at: Timestamp,
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
        let mut setup = self.set_up(ground, ask).await?;
        let prompt = setup.prompt();
        let mut batch = self.beginning(caller, &setup, claims).await?;
        if let Some(hold) = self.hold(caller, &setup, prompt.as_ref().map(|(_, plan)| plan.tokens))? {
            // last, so that whoever asks again is answered before limits count
            batch.push(hold);
        }
        let done = self.store().commit(batch).await?;
        if ask.policy == Policy::Interrupt {
            setup.way.iter().filter_map(|run| self.hub.feed(*run)).for_each(|feed| feed.signal(Signal::Stop));
        }
        self.begun(setup, prompt, &done).await
    }

    /// Refuses what cannot begin, and looks at all that the rest rests on.
    pub(super) async fn set_up<'a>(&self, ground: Ground, ask: &'a Ask) -> Result<Setup<'a>, Error> {
        // a caller who is behind hears of it before anything else; the batch looks again
        let head = ground.conversation.head_message();
        if ground.expected_head(ask).is_some_and(|expected| expected != head) {
            return Err(Error::StaleHead { head });
        }
        if let Some(before) = &ground.before {
            self.expect_unfinished(before).await?;
        }
        let tools = self.tools.offered(&ask.tools)?;
        let (info, model) = self.model_of(&ground, ask)?;
        let (budget, counter) = (info.prompt_tokens(&ask.options), counter(&**model, &info.id));
        expect_room(budget, &tools, &ask.options, &*counter)?;
        let mut path = match ground.below() {
            Some((_, place)) => self.conversations.path(ground.conversation.id, place, budget, size).await?,
            None => Vec::new(),
        };
        let way = self.way(&ground, ask.policy, &path).await?;
        let (at, ids) = (self.conversations.now(), &*self.conversations.ids);
        let said = ground.said.as_ref().map(|_| MessageId::mint(at, ids));
        if let Some((id, said)) = said.zip(ground.said.as_ref()) {
            expect_readable(info, &said.parts)?;
            path.push(unstored(id, &ground.conversation, said, at));
        }
        if way.is_empty() {
            self.read_files(&mut path, budget).await?;
        }
        let state = if way.is_empty() { RunState::Running } else { RunState::Queued };
        let (answer, id) = (MessageId::mint(at, ids), RunId::mint(at, ids));
        let run = Run { state, ..new_run(id, answer, &ground.conversation, info, at) };
        let seed = ground.before.as_deref().map(seed_of).unwrap_or_default();
        Ok(Setup { ground, ask, tools, model: model.clone(), counter, budget, path, way, said, run, seed, at })
    }

    /// Who answers.
    fn model_of(&self, ground: &Ground, ask: &Ask) -> Result<(&ModelInfo, &Arc<dyn LanguageModel>), Error> {
        let before = ground.before.as_deref().and_then(|before| before.model.as_deref());
        // who goes on with an answer is who began it, if they are still there
        let before = before.filter(|name| self.models.find(Some(name)).is_some());
        let named = ask.model.as_deref().or(before).or(ground.conversation.model.as_deref());
        let found = self.models.find(named);
        found.ok_or_else(|| Error::UnknownModel(named.unwrap_or("default").to_owned()))
    }

    /// The batch that begins a turn.
    async fn beginning(&self, caller: &Caller, setup: &Setup<'_>, claims: &Claims) -> Result<Batch, Error> {
        let Setup { ground, ask, run, at, .. } = setup;
        let conversation = &ground.conversation;
        let mut batch = Batch::of(self.conversations.look_ahead(conversation, ground.place).await?);
        if let Some(head) = ground.expected_head(ask) {
            batch.push(ExpectHead { conversation: conversation.id, head });
        }
        if ask.policy != Policy::Sibling {
            // no run began since the runs were looked at: each that begins changes the conversation
            batch.push(ExpectVersion { conversation: conversation.id, version: conversation.version });
        }
        let made = Made {
            message: setup.said,
            answer: Some(run.message),
            run: Some(run.id),
            ..Made::conversation(conversation.id)
        };
        if let Some(names) = claims.take(caller.subject(), made, *at) {
            batch.push(names);
        }
        if let Some(turn) = self.conversations.turn_to(caller, conversation, ground.below()).await? {
            batch.push(turn);
        }
        insert(&mut batch, setup);
        batch.push(BeginRun { run: run.clone() });
        if !setup.seed.is_empty() {
            batch.push(SeedLog { run: run.id, events: setup.seed.clone() });
        }
        if ask.policy == Policy::Interrupt {
            setup.way.iter().for_each(|run| batch.push(RequestStop { run: *run, seen_len: None, at: *at }));
        }
        Ok(batch)
    }

    /// A turn that is stored.
    async fn begun(
        &self,
        setup: Setup<'_>,
        prompt: Option<(ModelRequest, ContextPlan)>,
        done: &Committed,
    ) -> Result<Turn, Error> {
        // what the batch made of it
        let run = done.get::<Run>(&setup.run.id).unwrap_or(&setup.run).clone();
        let user_message = match setup.said {
            Some(said) => Some(self.conversations.stored(done, said).await?),
            None => None,
        };
        let assistant_message = self.conversations.stored(done, run.message).await?;
        let standing = Standing::of(done, &run, &assistant_message);
        let asked = setup.asked(user_message.as_ref().map(|view| view.message.place));
        let Setup { ground, ask, model, counter, way, seed, .. } = setup;
        let (prompt, plan) = match prompt {
            Some((request, plan)) => (Prompt::Ready(Box::new(request), plan.tokens), Some(plan)),
            None => (self.later(way, asked), None),
        };
        let stored = Stored { run: &run, standing, seed: &seed, untitled: ground.conversation.title.is_none() };
        let driver = Driver::new(self, stored, (model, counter), prompt, &ask.tools);
        Ok(Turn { user_message, assistant_message, run, plan, replayed: false, driver })
    }

    /// Asks the hooks, once for each turn.
    pub(super) async fn moderate(&self, ground: &Ground, ask: &Ask) -> Result<(), Error> {
        let model = self.model_of(ground, ask)?.0.id.as_str();
        let said = ground.said.as_ref().map_or(&[][..], |said| &said.parts);
        let Conversation { owner, id: conversation, .. } = ground.conversation;
        for hook in self.hooks.iter() {
            hook.before_send(&Outgoing { owner, conversation, model, said }).await.map_err(Error::Moderated)?;
        }
        Ok(())
    }

    /// The runs that the turn has to wait for; refuses where it may not.
    async fn way(&self, ground: &Ground, policy: Policy, path: &[Message]) -> Result<Vec<RunId>, Error> {
        let open_above = path.iter().any(|message| message.state == MessageState::Open);
        if policy == Policy::Sibling {
            return if open_above { Err(Error::Busy) } else { Ok(Vec::new()) };
        }
        let active = self.store().active_runs(ground.conversation.id).await?;
        let way = self.in_the_way(ground, &active).await?;
        if policy == Policy::RejectStale && (open_above || !way.is_empty()) {
            return Err(Error::Busy);
        }
        let waiting = active.iter().filter(|run| run.state == RunState::Queued).count();
        if !way.is_empty() && waiting >= MAX_WAITING { Err(Error::QueueFull(waiting)) } else { Ok(way) }
    }

    async fn in_the_way(&self, ground: &Ground, active: &[Run]) -> Result<Vec<RunId>, StoreError> {
        let (id, service) = (ground.conversation.id, &self.conversations);
        let mut way = Vec::new();
        for run in active {
            let Some(writes) = self.store().message(run.message).await? else { continue };
            let above = match ground.below() {
                Some((_, place)) => service.lies_below(id, place, writes.place).await?,
                None => false,
            };
            let replaced = match ground.replaced {
                Some(place) => service.lies_below(id, writes.place, place).await?,
                None => false,
            };
            if above || replaced {
                way.push(run.id);
            }
        }
        Ok(way)
    }
}

impl Setup<'_> {
    /// What is to be answered. `place` is where the message stands that is said, once it is stored.
    fn asked(&self, place: Option<Place>) -> Asked {
        let Self { ground, ask, run, .. } = self;
        Asked {
            conversation: run.conversation,
            message: self.said.or(ground.parent).unwrap_or(run.message),
            place: place.or(ground.place).unwrap_or(Place::ROOT),
            before: ground.before.clone(),
            budget: self.budget,
            model: run.model.clone(),
            options: ask.options.clone(),
            tools: self.tools.clone(),
            counter: self.counter.clone(),
        }
    }

    /// What the model is asked, unless that is not known yet because the turn has to wait.
    fn prompt(&mut self) -> Option<(ModelRequest, ContextPlan)> {
        self.way.is_empty().then(|| self.prompt_now())
    }

    /// What the model would be asked now.
    pub(super) fn prompt_now(&mut self) -> (ModelRequest, ContextPlan) {
        let asked = self.asked(None);
        ready(&self.ground, asked, std::mem::take(&mut self.path))
    }
}

/// Inserts what is said, if anything is, and the open answer.
fn insert(batch: &mut Batch, setup: &Setup<'_>) {
    let Setup { ground, said: id, run, .. } = setup;
    let answer = InsertMessage {
        id: run.message,
        conversation: run.conversation,
        owner: run.owner,
        parent: id.or(ground.parent),
        hint: ground.place.filter(|_| id.is_none()),
        role: Role::Assistant,
        parts: Vec::new(),
        state: MessageState::Open,
        model: Some(run.model.clone()),
        run: Some(run.id),
        client_ref: None,
        follow: true,
        at: setup.at,
    };
    if let (Some(id), Some(said)) = (*id, &ground.said) {
        batch.push(InsertMessage {
            id,
            parent: ground.parent,
            hint: Conversations::hint(&ground.conversation, ground.parent, ground.place),
            role: said.role,
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

/// The prompt of a turn that need not wait.
fn ready(ground: &Ground, asked: Asked, path: Vec<Message>) -> (ModelRequest, ContextPlan) {
    debug_assert_eq!(path.last().map(|last| last.id), Some(asked.message));
    prompt(asked, ground.conversation.system_prompt.as_deref(), path)
}

fn new_run(id: RunId, message: MessageId, of: &Conversation, info: &ModelInfo, at: Timestamp) -> Run {
    Run {
        id,
        conversation: of.id,
        message,
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
