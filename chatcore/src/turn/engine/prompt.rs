//! What the model is asked: now, or once the answers before it have ended.

use std::sync::Arc;

use futures::FutureExt;

use super::Chat;
use super::driver::Prompt;
use super::ground::Said;
use crate::conversation::{Conversation, Message, MessageState, Place};
use crate::error::Error;
use crate::id::{ConversationId, MessageId, RunId};
use crate::turn::plan::{Context, ContextPlan, Estimate, Fixed, estimate, plan, room};
use crate::turn::{LanguageModel, ModelOptions, ModelRequest, TokenCounter, ToolSpec};

/// What is to be answered, and how.
#[derive(Clone)]
pub(super) struct Asked {
    pub(super) conversation: ConversationId,
    /// The message that is answered.
    pub(super) message: MessageId,
    /// Where it stands.
    pub(super) place: Place,
    /// The answer that is gone on with.
    pub(super) before: Option<Box<Message>>,
    /// Tokens that the prompt may have.
    pub(super) budget: u64,
    pub(super) model: String,
    pub(super) options: ModelOptions,
    /// All tools that the model may call.
    pub(super) tools: Vec<ToolSpec>,
    /// Counts as the model does, as well as anybody knows.
    pub(super) counter: Arc<dyn TokenCounter>,
}

/// What a look at the path gave.
enum Look {
    Found(Box<ModelRequest>, u64),
    /// Something above is still being written.
    Wait(RunId),
    /// It was deleted.
    Gone,
}

impl Chat {
    /// A prompt that is made when the runs in the way have ended.
    pub(super) fn later(&self, way: Vec<RunId>, asked: Asked) -> Prompt {
        let chat = self.clone();
        let work = async move {
            for run in way {
                chat.ended(run).await;
            }
            loop {
                match chat.look(&asked).await {
                    Ok(Look::Found(request, tokens)) => return Some((*request, tokens)),
                    Ok(Look::Wait(run)) => chat.ended(run).await,
                    Ok(Look::Gone) => return None,
                    Err(error) => {
                        tracing::warn!(%error, "failed to read what is to be answered, will try again");
                        chat.pause().await;
                    }
                }
            }
        };
        Prompt::Later(work.boxed())
    }

    async fn look(&self, asked: &Asked) -> Result<Look, Error> {
        let found = self.store().conversation(asked.conversation).await?;
        let mut path = self.conversations.path(asked.conversation, asked.place, asked.budget, size).await?;
        let whole = path.last().is_some_and(|last| last.id == asked.message);
        let Some(conversation) = found.filter(|_| whole) else { return Ok(Look::Gone) };
        let open = path.iter().find(|message| message.state == MessageState::Open);
        if let Some(run) = open.and_then(|message| message.run) {
            return Ok(Look::Wait(run));
        }
        self.read_files(&mut path, asked.budget).await?;
        let (request, plan) = prompt(asked.clone(), conversation.system_prompt.as_deref(), path);
        Ok(Look::Found(Box::new(request), plan.tokens))
    }

    /// Ready when a run has ended, whoever drives it.
    pub(super) async fn ended(&self, run: RunId) {
        use futures::StreamExt;
        loop {
            match self.follow(run, u64::MAX).next().await {
                Some(Ok(_)) | None => return,
                Some(Err(error)) => {
                    tracing::warn!(%run, %error, "failed to see whether a run has ended, will look again");
                    self.pause().await;
                }
            }
        }
    }
}

/// The prompt for a path that ends with the message that is answered.
pub(super) fn prompt(asked: Asked, system: Option<&str>, mut path: Vec<Message>) -> (ModelRequest, ContextPlan) {
    let Asked { before, budget, model, options, tools, counter, .. } = asked;
    let continues = before.map(|before| Message { parts: super::continuation::said_by(&before), ..*before });
    path.extend(continues.filter(|before| !before.parts.is_empty()));
    let fixed = Fixed::of(&tools, &options, &*counter).total();
    let Context { plan, messages } = plan(system, &path, budget.saturating_sub(fixed), &*counter).beside(fixed);
    (ModelRequest { model, messages, tools, options }, plan)
}

/// Who counts the tokens of a model.
pub(super) fn counter(model: &dyn LanguageModel, name: &str) -> Arc<dyn TokenCounter> {
    model.counter(name).unwrap_or_else(|| Arc::new(Estimate))
}

/// What a message takes of a prompt.
pub(super) fn size(message: &Message) -> u64 {
    estimate(&message.parts)
}

/// Refuses schemas that leave no room for what is said.
pub(super) fn expect_room(
    budget: u64,
    tools: &[ToolSpec],
    options: &ModelOptions,
    counter: &dyn TokenCounter,
) -> Result<(), Error> {
    let fixed = Fixed::of(tools, options, counter);
    if room(budget, fixed).is_some() {
        return Ok(());
    }
    let field = if fixed.tools >= fixed.format { "tools" } else { "response_format" };
    let tokens = fixed.total();
    Err(Error::invalid(field, format!("have schemas of {tokens} tokens, and a prompt of this model may have {budget}")))
}

/// The message that the plan sees before it is stored.
pub(super) fn unstored(id: MessageId, of: &Conversation, said: &Said, at: crate::Timestamp) -> Message {
    Message {
        id,
        conversation: of.id,
        owner: of.owner,
        parent: None,
        place: Place::ROOT,
        seq: 0,
        number: 0,
        role: said.role,
        parts: said.parts.clone(),
        state: MessageState::Complete,
        model: None,
        usage: None,
        run: None,
        client_ref: None,
        created_at: at,
        edited_at: None,
    }
}
