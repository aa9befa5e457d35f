//! *Begin*: what happens in one batch before the model is asked.

use super::{Chat, Driver};
use crate::account::{Caller, Scope};
use crate::conversation::{
    Conversation, Conversations, ExpectHead, InsertMessage, Message, MessageState, MessageView, Parent, Part, Place,
    Role, limits,
};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, RunId};
use crate::store::Batch;
use crate::turn::change::BeginRun;
use crate::turn::hook::Outgoing;
use crate::turn::plan::{Context, ContextPlan, Estimate, estimate, plan};
use crate::turn::{ModelInfo, ModelOptions, ModelRequest, Run, RunState, ToolSpec};

/// What a user says.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Say {
    /// The message.
    pub parts: Vec<Part>,
    /// Below which message; the head when it is not said. Editing ignores it.
    pub parent: Parent,
    /// The client's own name for the message.
    pub client_ref: Option<String>,
    /// How it is to be answered.
    pub ask: Ask,
}

impl Say {
    /// A text.
    pub fn text(text: impl Into<String>) -> Self {
        Self { parts: vec![Part::text(text)], ..Self::default() }
    }
}

impl From<&str> for Say {
    fn from(text: &str) -> Self {
        Self::text(text)
    }
}

/// How a model is asked.
#[derive(Debug, Clone, PartialEq, Default)]
pub struct Ask {
    /// Which model; the conversation's, or the default, when it is not said.
    pub model: Option<String>,
    /// Refuse unless the head is there; `Some(None)` means that there is none yet.
    pub expected_head: Option<Option<MessageId>>,
    /// Sampling and length.
    pub options: ModelOptions,
    /// Tools that the caller answers for, beside those of the program.
    pub tools: Vec<ToolSpec>,
}

/// A turn that has begun: it is stored, and the model is asked once the driver runs.
pub struct Turn {
    /// The message that was said, unless it was there before.
    pub user_message: Option<MessageView>,
    /// The answer, open.
    pub assistant_message: MessageView,
    /// The run that writes it.
    pub run: Run,
    /// What the model is shown.
    pub plan: ContextPlan,
    /// Writes the answer. Spawn it, or await it.
    pub driver: Driver,
}

/// What the answer hangs below.
enum Below {
    /// A message that is stored with it.
    New { parent: Option<MessageId>, place: Option<Place>, parts: Vec<Part>, client_ref: Option<String> },
    /// A message that is there.
    Stored(Box<Message>),
}

impl Chat {
    /// Says something and begins the answer.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Invalid`], [`Error::StaleHead`], [`Error::UnknownModel`]; [`Error::Busy`] when the
    /// parent is still being written.
    pub async fn send(&self, caller: &Caller, id: ConversationId, say: impl Into<Say>) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let say = say.into();
        limits::parts(&say.parts)?;
        limits::name("client_ref", say.client_ref.as_deref())?;
        let conversation = self.conversations.get(caller, id).await?;
        let (parent, place) = self.conversations.parent(caller, &conversation, say.parent).await?;
        let below = Below::New { parent, place, parts: say.parts, client_ref: say.client_ref };
        self.begin(caller, conversation, below, say.ask).await
    }

    /// Says something in place of an earlier user message, as its sibling, and begins the answer.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not a user's.
    pub async fn edit(&self, caller: &Caller, message: MessageId, say: impl Into<Say>) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let say = say.into();
        limits::parts(&say.parts)?;
        limits::name("client_ref", say.client_ref.as_deref())?;
        let (conversation, message) = self.conversations.live(caller, message).await?;
        if message.role != Role::User {
            return Err(Error::invalid("message_id", "is not a user message"));
        }
        let parent = message.parent.map_or(Parent::Root, Parent::Message);
        let (parent, place) = self.conversations.parent(caller, &conversation, parent).await?;
        let below = Below::New { parent, place, parts: say.parts, client_ref: say.client_ref };
        self.begin(caller, conversation, below, say.ask).await
    }

    /// Answers again, as a sibling of an answer.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not an answer.
    pub async fn regenerate(&self, caller: &Caller, message: MessageId, ask: Ask) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let (conversation, message) = self.conversations.live(caller, message).await?;
        let parent = message.parent.filter(|_| message.role == Role::Assistant);
        let parent = parent.ok_or_else(|| Error::invalid("message_id", "is not an answer to a message"))?;
        let (_, parent) = self.conversations.live(caller, parent).await?;
        self.begin(caller, conversation, Below::Stored(Box::new(parent)), ask).await
    }

    /// Answers a message that was stored without a run.
    ///
    /// # Errors
    /// As [`Self::send`]; [`Error::Invalid`] when the message is not a user's or a tool's.
    pub async fn answer(&self, caller: &Caller, message: MessageId, ask: Ask) -> Result<Turn, Error> {
        caller.require(Scope::Write)?;
        let (conversation, message) = self.conversations.live(caller, message).await?;
        if !matches!(message.role, Role::User | Role::Tool) {
            return Err(Error::invalid("message_id", "is not a message that can be answered"));
        }
        self.begin(caller, conversation, Below::Stored(Box::new(message)), ask).await
    }

    async fn begin(&self, caller: &Caller, conversation: Conversation, below: Below, ask: Ask) -> Result<Turn, Error> {
        // a caller who is behind hears of it before anything else; the batch looks again
        let head = conversation.head_message();
        if ask.expected_head.is_some_and(|expected| expected != head) {
            return Err(Error::StaleHead { head });
        }
        let named = ask.model.as_deref().or(conversation.model.as_deref());
        let found = self.models.find(named);
        let (info, model) = found.ok_or_else(|| Error::UnknownModel(named.unwrap_or("default").to_owned()))?;
        let tools = self.tools.offered(&ask.tools)?;
        let (id, at) = (conversation.id, self.conversations.now());
        let ids = &*self.conversations.ids;
        let (run, answer) = (RunId::mint(at, ids), MessageId::mint(at, ids));
        let place = match &below {
            Below::New { place, .. } => *place,
            Below::Stored(message) => Some(message.place),
        };
        let mut batch = Batch::of(self.conversations.look_ahead(&conversation, place).await?);
        if let Some(head) = ask.expected_head {
            batch.push(ExpectHead { conversation: id, head });
        }
        let insert = InsertMessage {
            id: answer,
            conversation: id,
            owner: caller.subject(),
            parent: None,
            hint: None,
            role: Role::Assistant,
            parts: Vec::new(),
            state: MessageState::Open,
            model: Some(info.id.clone()),
            run: Some(run),
            client_ref: None,
            follow: true,
            at,
        };
        let budget = prompt_budget(info, &ask.options);
        let (asked, path, said) = match below {
            Below::Stored(message) => {
                busy(&message)?;
                let path = self.conversations.path(id, message.place, budget, size).await?;
                let below = Some((message.id, message.place));
                if let Some(turn) = self.conversations.turn_to(caller, &conversation, below).await? {
                    batch.push(turn);
                }
                batch.push(InsertMessage { parent: Some(message.id), hint: Some(message.place), ..insert });
                (message.id, path, None)
            }
            Below::New { parent, place, parts, client_ref } => {
                let mut path = match place.filter(|_| parent.is_some()) {
                    Some(place) => self.conversations.path(id, place, budget, size).await?,
                    None => Vec::new(),
                };
                path.last().map_or(Ok(()), busy)?;
                if let Some(turn) = self.conversations.turn_to(caller, &conversation, parent.zip(place)).await? {
                    batch.push(turn);
                }
                let said = MessageId::mint(at, ids);
                path.push(unstored(said, &conversation, parts.clone(), at));
                batch.push(InsertMessage {
                    id: said,
                    parent,
                    hint: Conversations::hint(&conversation, parent, place),
                    role: Role::User,
                    parts,
                    state: MessageState::Complete,
                    model: None,
                    run: None,
                    client_ref,
                    ..insert.clone()
                });
                batch.push(InsertMessage { parent: Some(said), ..insert });
                (said, path, Some(said))
            }
        };
        debug_assert_eq!(path.last().map(|last| last.id), Some(asked));
        let Context { plan, messages } = plan(conversation.system_prompt.as_deref(), &path, budget, &Estimate);
        let record = new_run(run, &conversation, answer, info, at);
        batch.push(BeginRun { run: record.clone() });
        let mut request = ModelRequest { model: info.id.clone(), messages, tools, options: ask.options };
        let said_parts = path.last().filter(|_| said.is_some()).map_or(&[][..], |last| &last.parts);
        let outgoing = Outgoing { owner: caller.subject(), conversation: id, said: said_parts };
        for hook in self.hooks.iter() {
            hook.before_send(&outgoing, &mut request).await.map_err(Error::Moderated)?;
        }
        let done = self.store().commit(batch).await?;
        let driver = Driver::new(self, record.clone(), model.clone(), request, plan.tokens);
        let user_message = match said {
            Some(said) => Some(self.conversations.stored(&done, said).await?),
            None => None,
        };
        let assistant_message = self.conversations.stored(&done, answer).await?;
        Ok(Turn { user_message, assistant_message, run: record, plan, driver })
    }
}

/// What a message takes of a prompt.
fn size(message: &Message) -> u64 {
    estimate(&message.parts)
}

fn busy(parent: &Message) -> Result<(), Error> {
    if parent.state == MessageState::Open { Err(Error::Busy) } else { Ok(()) }
}

/// What a prompt may have of a model's context: all that the answer does not need.
fn prompt_budget(info: &ModelInfo, options: &ModelOptions) -> u64 {
    let answer = options.max_output_tokens.or(info.max_output_tokens).unwrap_or(info.context_tokens / 4);
    info.context_tokens.saturating_sub(answer.min(info.context_tokens / 2))
}

/// The message that the plan sees before it is stored.
fn unstored(id: MessageId, of: &Conversation, parts: Vec<Part>, at: crate::Timestamp) -> Message {
    Message {
        id,
        conversation: of.id,
        owner: of.owner,
        parent: None,
        place: Place::ROOT,
        seq: 0,
        number: 0,
        role: Role::User,
        parts,
        state: MessageState::Complete,
        model: None,
        usage: None,
        run: None,
        client_ref: None,
        created_at: at,
        edited_at: None,
    }
}

fn new_run(id: RunId, of: &Conversation, message: MessageId, info: &ModelInfo, at: crate::Timestamp) -> Run {
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
        last_seq: 0,
        usage: None,
        finish: None,
        error: None,
    }
}
