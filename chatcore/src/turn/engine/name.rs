//! Naming a conversation after its first answer.

use super::driver::Work;
use crate::conversation::GiveTitle;
use crate::store::Batch;
use crate::turn::model::LanguageModel;
use crate::turn::run::RunState;
use crate::turn::title::{Titles, task, words, written};

impl Work {
    /// The title that needs no model; the batch that ends the run gives it.
    pub(super) fn title_of_words(&self, state: RunState) -> Option<GiveTitle> {
        let is_due = self.chat.titles == Titles::Words && state == RunState::Completed;
        let title = self.opening.as_deref().filter(|_| is_due).and_then(words)?;
        Some(GiveTitle { conversation: self.record.conversation, title: Some(title), usage: None })
    }

    /// Lets a model write a title, if the conversation has none yet. Readers do not wait for it.
    pub(super) async fn title_by_model(&mut self, model: &dyn LanguageModel, state: RunState) {
        let (Titles::Model(name), RunState::Completed) = (&self.chat.titles, state) else { return };
        let Some(opening) = &self.opening else { return };
        let id = self.record.conversation;
        let found = self.store.conversation(id).await;
        if !matches!(&found, Ok(Some(conversation)) if conversation.title.is_none()) {
            return;
        }
        let other = name.as_deref().and_then(|name| self.chat.models.find(Some(name)));
        let (model, name) = match other {
            Some((info, model)) => (&**model, info.id.as_str()),
            None => (model, self.record.model.as_str()),
        };
        let mut request = task(name, opening, self.answer.parts());
        let mut refused = false;
        for hook in self.chat.hooks.iter() {
            refused = refused || hook.before_model(&self.record, &mut request).await.is_err();
        }
        let (title, usage) = if refused { (None, None) } else { written(model, request, &*self.clock).await };
        let change = GiveTitle { conversation: id, title: title.or_else(|| words(opening)), usage };
        if let Err(error) = self.store.commit(Batch::of(change)).await {
            tracing::info!(conversation = %id, %error, "failed to give a title");
        }
    }
}
