//! Turns whose answer is waited for, and what was said before.

use chatcore::account::Caller;
use chatcore::conversation::{Conversation, MessageView};
use chatcore::page::{MAX_PAGE, PageRequest};
use chatcore::turn::{RunError, RunState, Say};
use chatcore::{ConversationId, Error};

use crate::app::App;

/// Lists that have no pages end here.
const MOST: usize = 2000;

/// A turn that has ended.
pub(super) struct Talk {
    /// What was said.
    pub(super) question: Option<MessageView>,
    /// What was answered.
    pub(super) answer: MessageView,
    /// How the run ended.
    pub(super) state: RunState,
    /// Why it failed, if it did.
    pub(super) error: Option<RunError>,
}

impl Talk {
    /// The text of the answer, or why there is none.
    pub(super) fn text(&self) -> Result<String, String> {
        match (self.state, &self.error) {
            (RunState::Failed, Some(error)) => Err(error.message.clone()),
            (RunState::Failed | RunState::Interrupted, None) => Err("The answer broke off.".to_owned()),
            _ => Ok(self.answer.message.text()),
        }
    }
}

/// Says something, and waits for the whole answer. Whoever goes away meanwhile finds it later.
pub(super) async fn talk(app: &App, caller: &Caller, conversation: ConversationId, say: Say) -> Result<Talk, Error> {
    let me = caller.clone();
    let begun = app.begin(move |chat| async move { chat.send(&me, conversation, say).await }).await?;
    begun.ended.await;
    let answer = app.chat.conversations().message(caller, begun.assistant_message.message.id).await?;
    let run = app.chat.run(caller, begun.run.id).await?;
    Ok(Talk { question: begun.user_message, answer, state: run.state, error: run.error })
}

/// All conversations of somebody, the one that was written to last first.
pub(super) async fn conversations(app: &App, caller: &Caller) -> Result<Vec<Conversation>, Error> {
    let (mut all, mut page) = (Vec::new(), PageRequest::first().limit(MAX_PAGE));
    loop {
        let found = app.chat.conversations().list(caller, &page).await?;
        all.extend(found.items);
        match found.next {
            Some(next) if all.len() < MOST => page = PageRequest::first().limit(MAX_PAGE).after(Some(next)),
            _ => return Ok(all),
        }
    }
}

/// The branch of a conversation that its owner looks at, root first.
pub(super) async fn branch(app: &App, caller: &Caller, id: ConversationId) -> Result<Vec<MessageView>, Error> {
    let (mut all, mut page) = (Vec::new(), PageRequest::first().limit(MAX_PAGE));
    loop {
        let found = app.chat.conversations().branch(caller, id, None, &page).await?;
        all.push(found.items);
        match found.next {
            Some(next) if all.len() * MAX_PAGE < MOST => {
                page = PageRequest::first().limit(MAX_PAGE).after(Some(next));
            }
            _ => return Ok(all.into_iter().rev().flatten().collect()),
        }
    }
}
