//! Records as JSON.

use chatcore::Chat;
use chatcore::account::{Caller, User};
use chatcore::conversation::{Conversation, MessageState, MessageView, Role};
use chatcore::turn::{Run, RunError, RunState};
use poem_openapi::{Enum, Object};

use super::feedback::FeedbackDto;
use super::part::PartDto;
use crate::web::markdown;

/// Somebody with an account.
#[derive(Debug, Clone, Object)]
#[oai(rename = "User")]
pub(crate) struct UserDto {
    /// Their id.
    id: String,
    /// Their number, from 1.
    number: u64,
    /// The name they sign in with.
    username: Option<String>,
    /// The address they sign in with.
    email: Option<String>,
    /// What they want to be called.
    display_name: Option<String>,
    /// The language that they read, a tag of BCP 47 such as `de-AT`.
    locale: Option<String>,
    /// What they may do.
    role: String,
    /// When they came.
    created_at: String,
}

impl From<&User> for UserDto {
    fn from(user: &User) -> Self {
        Self {
            id: user.id.to_string(),
            number: user.number,
            username: user.username.clone(),
            email: user.email.clone(),
            display_name: user.display_name.clone(),
            locale: user.locale.clone(),
            role: word(&user.role),
            created_at: user.created_at.to_string(),
        }
    }
}

/// The name that an enum has in JSON.
pub(super) fn word(value: &impl serde::Serialize) -> String {
    serde_json::to_value(value).ok().and_then(|value| value.as_str().map(str::to_owned)).unwrap_or_default()
}

/// A conversation.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Conversation")]
pub(super) struct ConversationDto {
    /// Its id.
    id: String,
    /// Its number among the owner's, from 1.
    number: u64,
    /// The owner's own id for it.
    external_id: Option<String>,
    /// What lists call it.
    title: Option<String>,
    /// Said to the model before everything else.
    system_prompt: Option<String>,
    /// The model that answers when a turn names none.
    model: Option<String>,
    /// The message that the owner looks at.
    head: Option<String>,
    /// Grows with every change.
    version: u64,
    /// Whether lists have it in front of the others.
    pinned: bool,
    /// Whether it is put away.
    archived: bool,
    /// How many messages it has, in all branches.
    message_count: u64,
    /// Where it was forked from.
    forked_from: Option<ForkedFromDto>,
    /// When it was made.
    created_at: String,
    /// When it was last written to.
    updated_at: String,
}

/// The origin of a fork.
#[derive(Debug, Clone, Object)]
#[oai(rename = "ForkedFrom")]
struct ForkedFromDto {
    /// The conversation.
    conversation_id: String,
    /// The last message that was copied.
    message_id: String,
}

impl From<Conversation> for ConversationDto {
    fn from(conversation: Conversation) -> Self {
        Self {
            id: conversation.id.to_string(),
            number: conversation.number,
            head: conversation.head_message().map(|head| head.to_string()),
            external_id: conversation.external_id,
            title: conversation.title,
            system_prompt: conversation.system_prompt,
            model: conversation.model,
            version: conversation.version,
            pinned: conversation.pinned,
            archived: conversation.archived,
            message_count: conversation.message_count,
            forked_from: conversation.forked_from.map(|from| ForkedFromDto {
                conversation_id: from.conversation.to_string(),
                message_id: from.message.to_string(),
            }),
            created_at: conversation.created_at.to_string(),
            updated_at: conversation.updated_at.to_string(),
        }
    }
}

/// Who speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Role", rename_all = "snake_case")]
pub(super) enum RoleDto {
    /// Instructions.
    System,
    /// The person.
    User,
    /// The model.
    Assistant,
    /// A tool's answer.
    Tool,
}

impl From<Role> for RoleDto {
    fn from(role: Role) -> Self {
        match role {
            Role::System => Self::System,
            Role::User => Self::User,
            Role::Assistant => Self::Assistant,
            Role::Tool => Self::Tool,
        }
    }
}

impl From<RoleDto> for Role {
    fn from(role: RoleDto) -> Self {
        match role {
            RoleDto::System => Self::System,
            RoleDto::User => Self::User,
            RoleDto::Assistant => Self::Assistant,
            RoleDto::Tool => Self::Tool,
        }
    }
}

/// What became of a message.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "MessageState", rename_all = "snake_case")]
pub(super) enum MessageStateDto {
    /// Said.
    Complete,
    /// Being written by its run.
    Open,
    /// Ended early on request.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Ended because the server went away.
    Interrupted,
}

impl From<MessageState> for MessageStateDto {
    fn from(state: MessageState) -> Self {
        match state {
            MessageState::Complete => Self::Complete,
            MessageState::Open => Self::Open,
            MessageState::Stopped => Self::Stopped,
            MessageState::Failed => Self::Failed,
            MessageState::Interrupted => Self::Interrupted,
        }
    }
}

/// Tokens, split the way providers bill them; the parts do not overlap.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Usage")]
pub(super) struct UsageDto {
    /// Prompt tokens at full price.
    input: u64,
    /// Answer tokens.
    output: u64,
    /// Prompt tokens from the provider's cache.
    cache_read: u64,
    /// Prompt tokens into the provider's cache.
    cache_write: u64,
    /// Tokens spent thinking.
    reasoning: u64,
    /// All of them.
    total: u64,
    /// Who counted: `provider`, `counted` or `estimated`.
    source: String,
}

impl From<chatcore::turn::Usage> for UsageDto {
    fn from(usage: chatcore::turn::Usage) -> Self {
        let chatcore::turn::Usage { input, output, cache_read, cache_write, reasoning, source } = usage;
        let source = word(&source);
        Self { input, output, cache_read, cache_write, reasoning, total: usage.total(), source }
    }
}

/// A message.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Message")]
pub(super) struct MessageDto {
    /// Its id.
    pub(super) id: String,
    /// Its number among the owner's messages, from 1.
    number: u64,
    /// Its conversation.
    conversation_id: String,
    /// The message that it follows; `null` for a first one.
    parent_id: Option<String>,
    /// Who speaks.
    role: RoleDto,
    /// What is said.
    parts: Vec<PartDto>,
    /// The text of it.
    text: String,
    /// The text as safe HTML, when `render=html` was asked for.
    #[oai(skip_serializing_if_is_none)]
    html: Option<String>,
    /// Which of its siblings it is (same parent and role), from 1.
    version: u64,
    /// How many siblings there are, itself included.
    versions: u64,
    /// What became of it.
    state: MessageStateDto,
    /// The model that wrote it.
    model: Option<String>,
    /// What it used.
    usage: Option<UsageDto>,
    /// The run that wrote it.
    run_id: Option<String>,
    /// What went wrong, if it failed.
    error: Option<RunErrorDto>,
    /// The client's own name for it.
    client_ref: Option<String>,
    /// What you think of it, where it is read; events do not say.
    feedback: Option<FeedbackDto>,
    /// When it came.
    created_at: String,
    /// When it was last revised in place.
    edited_at: Option<String>,
}

/// How texts are shown.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "Render", rename_all = "snake_case")]
pub(super) enum Render {
    /// Also as safe HTML.
    Html,
}

impl MessageDto {
    /// The JSON of a message. That of one that failed says why: its run knows.
    pub(super) async fn explained(chat: &Chat, caller: &Caller, view: MessageView, render: Option<Render>) -> Self {
        let failed = view.message.run.filter(|_| view.message.state == MessageState::Failed);
        let error = match failed {
            Some(run) => chat.run(caller, run).await.ok().and_then(|run| run.error),
            None => None,
        };
        Self { error: error.map(Into::into), ..Self::of(view, render) }
    }

    /// The JSON of a message whose run has just ended.
    pub(super) fn ended(view: MessageView, run: &Run, render: Option<Render>) -> Self {
        let error = run.error.clone().filter(|_| view.message.state == MessageState::Failed);
        Self { error: error.map(Into::into), ..Self::of(view, render) }
    }

    /// The JSON of a message that has not failed.
    pub(super) fn of(view: MessageView, render: Option<Render>) -> Self {
        let MessageView { message, version, versions, feedback } = view;
        let text = message.text();
        Self {
            id: message.id.to_string(),
            number: message.number,
            conversation_id: message.conversation.to_string(),
            parent_id: message.parent.map(|id| id.to_string()),
            role: message.role.into(),
            html: render.map(|Render::Html| markdown::render(&text)),
            text,
            parts: message.parts.into_iter().filter_map(PartDto::of).collect(),
            version,
            versions,
            state: message.state.into(),
            model: message.model,
            usage: message.usage.map(Into::into),
            run_id: message.run.map(|id| id.to_string()),
            error: None,
            client_ref: message.client_ref,
            feedback: feedback.map(Into::into),
            created_at: message.created_at.to_string(),
            edited_at: message.edited_at.map(|at| at.to_string()),
        }
    }
}

/// Where a run is in its life.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Enum)]
#[oai(rename = "RunState", rename_all = "snake_case")]
pub(super) enum RunStateDto {
    /// It waits for other answers to be finished.
    Queued,
    /// The answer is being written.
    Running,
    /// The answer is complete.
    Completed,
    /// Ended on request.
    Stopped,
    /// Ended by an error.
    Failed,
    /// Ended because the server went away.
    Interrupted,
}

impl From<RunState> for RunStateDto {
    fn from(state: RunState) -> Self {
        match state {
            RunState::Queued => Self::Queued,
            RunState::Running => Self::Running,
            RunState::Completed => Self::Completed,
            RunState::Stopped => Self::Stopped,
            RunState::Failed => Self::Failed,
            RunState::Interrupted => Self::Interrupted,
        }
    }
}

/// What ended a run that failed.
#[derive(Debug, Clone, Object)]
#[oai(rename = "RunError")]
pub(super) struct RunErrorDto {
    /// What kind of error, for programs.
    pub(super) code: String,
    /// What happened, for people.
    pub(super) message: String,
}

impl From<RunError> for RunErrorDto {
    fn from(error: RunError) -> Self {
        Self { code: error.code, message: error.message }
    }
}

/// One generation of an answer.
#[derive(Debug, Clone, Object)]
#[oai(rename = "Run")]
pub(super) struct RunDto {
    /// Its id.
    pub(super) id: String,
    /// The conversation.
    conversation_id: String,
    /// The message that it writes.
    message_id: String,
    /// The model that was asked.
    model: String,
    /// Where it is in its life.
    state: RunStateDto,
    /// When it began.
    started_at: String,
    /// From the start to the first word, in milliseconds.
    first_token_ms: Option<u64>,
    /// When it ended.
    ended_at: Option<String>,
    /// The number of the last stored event.
    last_seq: u64,
    /// What it used.
    usage: Option<UsageDto>,
    /// Why the model ended: `stop`, `length`, `tool_calls`, `content_filter`, or the provider's own word.
    finish_reason: Option<String>,
    /// What went wrong.
    error: Option<RunErrorDto>,
}

impl From<Run> for RunDto {
    fn from(run: Run) -> Self {
        let first = run.time_to_first_token();
        Self {
            id: run.id.to_string(),
            conversation_id: run.conversation.to_string(),
            message_id: run.message.to_string(),
            model: run.model,
            state: run.state.into(),
            started_at: run.started_at.to_string(),
            first_token_ms: first.map(|time| u64::try_from(time.as_millis()).unwrap_or(u64::MAX)),
            ended_at: run.ended_at.map(|at| at.to_string()),
            last_seq: run.last_seq,
            usage: run.usage.map(Into::into),
            finish_reason: run.finish.as_ref().map(word),
            error: run.error.map(Into::into),
        }
    }
}
