//! Naming a conversation after its first answer.

use super::driver::Work;
use crate::billing::entitlement::SettleBeside;
use crate::conversation::GiveTitle;
use crate::id::ApiKeyId;
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

    /// The key of a program for which a title counts that a model is to write. The hold of the run knows it, and ends with
    /// the run.
    pub(super) fn key_of_title(&self, state: RunState) -> impl Future<Output = Option<ApiKeyId>> + Send + 'static {
        let is_due = matches!(self.chat.titles, Titles::Model(_)) && state == RunState::Completed;
        let is_held = is_due && self.opening.is_some() && self.chat.terms.is_some();
        let (store, run) = (self.store.clone(), self.run);
        async move {
            let hold = if is_held { store.hold(run).await.ok()? } else { None };
            hold.and_then(|hold| hold.api_key())
        }
    }

    /// Lets a model write a title, if the conversation has none yet, and the limits leave room for it. Readers do not wait
    /// for it, and nobody is charged.
    pub(super) async fn title_by_model(&mut self, model: &dyn LanguageModel, state: RunState, key: Option<ApiKeyId>) {
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
        let refused = refused || !self.hold_beside(&request, key).await;
        let (title, usage) = if refused { (None, None) } else { written(model, request, &*self.clock).await };
        let title = title.or_else(|| words(opening));
        let mut batch = Batch::of(GiveTitle { conversation: id, title, usage: usage.clone() });
        if let Some(terms) = self.chat.terms.clone().filter(|_| !refused) {
            batch.push(SettleBeside { run: self.run, used: usage, terms, at: self.clock.now() });
        }
        if let Err(error) = self.store.commit(batch).await {
            tracing::info!(conversation = %id, %error, "failed to give a title");
        }
    }
}
