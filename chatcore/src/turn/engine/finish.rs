//! The end of a run: the commit that stores it, and what is done when nobody waits any more.

use super::driver::{End, Work};
use crate::billing::entitlement::{SettleHold, Spent};
use crate::conversation::{Conversation, ConversationState};
use crate::id::ApiKeyId;
use crate::store::{Batch, Committed, Conflict};
use crate::turn::Usage;
use crate::turn::change::FinishRun;
use crate::turn::event::RunEvent;
use crate::turn::hook::{Ended, Refusal};
use crate::turn::hub::Signal;
use crate::turn::model::{FinishReason, LanguageModel, ModelError, ModelErrorKind};
use crate::turn::run::{Run, RunError, RunState};

/// How often the last commit is tried before the run is left to the reaper.
const FINISH_TRIES: u32 = 5;

/// How a run ends.
struct Ending {
    state: RunState,
    last: RunEvent,
    finish: Option<FinishReason>,
    error: Option<RunError>,
}

impl Ending {
    /// `None` when somebody else ended the run.
    fn of(end: End) -> Option<Self> {
        Some(match end {
            End::Finished(reason) => {
                let (state, last) = (RunState::Completed, RunEvent::Completed);
                Self { state, last, finish: Some(reason), error: None }
            }
            End::Signal(Signal::Stop) => Self::asked(RunState::Stopped, RunEvent::Stopped),
            End::Signal(Signal::Interrupt) => Self::asked(RunState::Interrupted, RunEvent::Interrupted),
            End::Failed(error) => Self::failed(code(error.kind), for_people(&error)),
            End::Refused(Refusal { code, message }) => Self::failed(code, message),
            End::Lost => return None,
        })
    }

    fn asked(state: RunState, last: RunEvent) -> Self {
        Self { state, last, finish: None, error: None }
    }

    fn failed(code: String, message: String) -> Self {
        let error = RunError { code: code.clone(), message: message.clone() };
        let last = RunEvent::Failed { code, message };
        Self { state: RunState::Failed, last, finish: None, error: Some(error) }
    }
}

impl Work {
    pub(super) async fn finish(mut self, end: End, model: &dyn LanguageModel) {
        if let End::Failed(error) = &end {
            tracing::warn!(run = %self.run, %error, "the model failed");
        }
        let Some(mut ending) = Ending::of(end) else { return };
        let spent = self.all_spent();
        let key = self.key_of_title(ending.state).await;
        self.close(&ending);
        for attempt in 1..=FINISH_TRIES {
            match self.store.commit(self.last_batch(&ending, &spent)).await {
                Ok(done) => {
                    let usage = spent.usage().total().unwrap_or_default();
                    return self.ended(done, ending, usage, (model, key)).await;
                }
                Err(error) if error.conflict() == Some(&Conflict::StopRequested) => {
                    // somebody asked another process, before this one was done
                    self.pending.pop();
                    ending = Ending::asked(RunState::Stopped, RunEvent::Stopped);
                    self.close(&ending);
                }
                Err(error) => {
                    if self.after(error).await.is_err() {
                        // ended already, perhaps by our own write: readers find the end in the log
                        return;
                    }
                    let pause = self.timing.flush.saturating_mul(attempt);
                    self.clock.sleep_until(self.clock.now().plus(pause)).await;
                }
            }
        }
        tracing::error!(run = %self.run, "failed to store the end of a run; the reaper will find it");
    }

    /// Says the last words. Readers hear the very last one when it is stored.
    fn close(&mut self, ending: &Ending) {
        if ending.state != RunState::Completed {
            self.answer.cancelled().into_iter().for_each(|result| self.emit(result));
        }
        self.pending.push(ending.last.clone());
    }

    fn last_batch(&self, ending: &Ending, spent: &Spent) -> Batch {
        let mut batch = Batch::of(FinishRun {
            run: self.run,
            state: ending.state,
            first: self.stored + 1,
            events: self.pending.clone(),
            parts: self.answer.parts().to_vec(),
            model: self.answer.model().map(str::to_owned),
            usage: spent.usage(),
            finish: ending.finish.clone(),
            error: ending.error.clone(),
            first_token_at: self.first_token_at,
            at: self.clock.now(),
        });
        if let Some(terms) = &self.chat.terms {
            let (spent, terms) = (spent.clone(), terms.clone());
            batch.push(SettleHold { run: self.run, spent, terms, at: self.clock.now() });
        }
        if let Some(title) = self.title_of_words(ending.state) {
            batch.push(title);
        }
        batch
    }

    /// What is done when the end is stored.
    async fn ended(
        mut self,
        done: Committed,
        ending: Ending,
        usage: Usage,
        (model, key): (&dyn LanguageModel, Option<ApiKeyId>),
    ) {
        let outcome = self.standing.and_then(|standing| standing.outcome(&done, &self.record));
        self.feed.finish(ending.last, outcome);
        self.noted();
        // nobody waits for what comes now
        self.chat.hub.close(self.run);
        self.chat.resume_cuts(&done, &self.record).await;
        self.tell(ending.state, usage).await;
        self.title_by_model(model, ending.state, key).await;
    }

    /// Tells the hooks.
    async fn tell(&mut self, state: RunState, usage: Usage) {
        let Run { owner, conversation, message, id: run, started_at, .. } = self.record;
        let ended = Ended {
            owner,
            conversation,
            message,
            run,
            model: &self.record.model,
            state,
            parts: self.answer.parts(),
            usage,
            started_at,
            first_token_at: self.first_token_at,
            ended_at: self.clock.now(),
        };
        for hook in self.chat.hooks.iter() {
            hook.after_answer(&ended).await;
        }
    }
}

impl super::Chat {
    /// Deletions in the conversation of a run that ended, if there are any: they may have waited for it.
    pub(super) async fn resume_cuts(&self, done: &Committed, run: &Run) {
        let waits = |found: &Conversation| found.cuts > 0 && found.state == ConversationState::Live;
        if !done.get::<Conversation>(&run.conversation).is_some_and(waits) {
            return;
        }
        if let Err(error) = self.conversations.resume_cuts(run.conversation).await {
            tracing::warn!(run = %run.id, %error, "failed to go on with a deletion; it will be found again");
        }
    }
}

/// What the reader of an answer is told. What a provider says of the server's key and account is for the log alone.
fn for_people(error: &ModelError) -> String {
    match error.kind {
        ModelErrorKind::Unauthorized => "the provider refused the key of this server".to_owned(),
        ModelErrorKind::RateLimited => "the provider takes no more requests for now".to_owned(),
        _ => error.to_string(),
    }
}

fn code(kind: ModelErrorKind) -> String {
    serde_json::to_value(kind).ok().and_then(|code| code.as_str().map(str::to_owned)).unwrap_or_default()
}
