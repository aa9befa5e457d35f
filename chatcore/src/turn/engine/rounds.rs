//! Rounds: the model is asked, its tools are run, and it is asked again with their results.

use futures::StreamExt;

use super::driver::{End, Work};
use super::prompt::counter;
use crate::conversation::{Part, Role};
use crate::turn::event::RunEvent;
use crate::turn::model::{LanguageModel, ModelRequest, ToolChoice};
use crate::turn::plan::{PER_MESSAGE, fit, speeches};
use crate::turn::{FinishReason, TokenCounter, Usage, UsageByModel, counted_usage};

impl Work {
    /// Asks the model, runs the tools that it calls, and asks it again with their results.
    pub(super) async fn rounds(&mut self, model: &dyn LanguageModel, mut request: ModelRequest) -> End {
        for round in 0.. {
            let asked = match self.prepared(model, &request, round).await {
                Ok(asked) => asked,
                Err(end) => return end,
            };
            let asked = match self.load(asked).await {
                Ok(asked) => asked,
                Err(end) => return end,
            };
            (self.opened, self.heard_out) = (false, false);
            let end = match self.start(model, asked).await {
                Ok(stream) => {
                    self.opened = true;
                    self.read(stream).await
                }
                Err(end) => end,
            };
            let said = self.answer.parts().get(self.said..).unwrap_or_default();
            let wanted = self.bench.wanted(said);
            match end {
                End::Finished(FinishReason::ToolCalls) if !wanted.here.is_empty() => {}
                end => return end,
            }
            if round == self.bench.tools.max_rounds {
                self.answer.cancelled().into_iter().for_each(|result| self.emit(result));
                return End::Finished(FinishReason::Other("tool_rounds".into()));
            }
            let more = usize::from(!wanted.elsewhere);
            if let Err(end) = self.grow(&request, wanted.here.len(), more).await {
                return end;
            }
            let mut results = self.bench.run(&self.record, wanted.here);
            loop {
                match self.wait(results.next()).await {
                    Ok(Some(result)) => self.emit(result),
                    Ok(None) => break,
                    Err(end) => return end,
                }
            }
            if wanted.elsewhere {
                return End::Finished(FinishReason::ToolCalls);
            }
            self.next_round(&mut request);
        }
        End::Lost
    }

    /// What is asked in this round: what there is so far, as the hooks want it, within the context of the model.
    async fn prepared(
        &mut self,
        model: &dyn LanguageModel,
        all: &ModelRequest,
        round: usize,
    ) -> Result<ModelRequest, End> {
        // hooks see each request anew: what they change is for this round alone
        let mut asked = all.clone();
        self.look_over(&mut asked).await?;
        if round == 0 && self.chat.hooks.is_empty() {
            // it is as it was planned
            return Ok(asked);
        }
        let found = self.chat.models.find(Some(&asked.model));
        let budget = found.map_or(u64::MAX, |(info, _)| info.prompt_tokens(&asked.options));
        let counter = counter(model, &asked.model);
        let (asked, tokens) = fit(asked, budget, &*counter).map_err(End::Failed)?;
        self.prompt_tokens = tokens;
        Ok(asked)
    }

    /// Asks the hooks.
    async fn look_over(&mut self, request: &mut ModelRequest) -> Result<(), End> {
        let (hooks, run) = (self.chat.hooks.clone(), self.record.clone());
        for hook in hooks.iter() {
            self.wait(hook.before_model(&run, request)).await?.map_err(End::Refused)?;
        }
        Ok(())
    }

    /// What the model said and what its tools answered becomes part of the prompt.
    fn next_round(&mut self, request: &mut ModelRequest) {
        let said = self.answer.parts().get(self.said..).unwrap_or_default();
        if !self.before.is_empty() && request.messages.last().is_some_and(|last| last.role == Role::Assistant) {
            // what the answer goes on with is a part of what it has said by now
            request.messages.pop();
        }
        request.messages.extend(speeches(Role::Assistant, said));
        if matches!(request.options.tool_choice, Some(ToolChoice::Required | ToolChoice::Tool { .. })) {
            // it was called
            request.options.tool_choice = Some(ToolChoice::Auto);
        }
        if let Some(model) = self.answer.model() {
            // whoever stepped in stays for the rest of the run
            model.clone_into(&mut request.model);
        }
        if self.round.is_none() {
            // whoever finds the run without its driver has the log alone
            self.emit(RunEvent::Usage { usage: self.usage() });
        }
        self.spent = self.usage_by_model();
        self.round = None;
        self.said = self.answer.parts().len();
        self.before.clear();
    }

    /// What the models said they used, or what we think they did. A round is its model's own: who was asked in it, or who
    /// stepped in.
    pub(super) fn usage_by_model(&self) -> UsageByModel {
        let mut spent = self.spent.clone();
        spent.add(self.speaker(), self.round_usage().0);
        spent
    }

    /// The model of this round.
    pub(super) fn speaker(&self) -> &str {
        self.answer.model().unwrap_or(&self.record.model)
    }

    /// What this round used, and whether that is all that is to be known: what was said since the model reported is counted.
    pub(super) fn round_usage(&self) -> (Usage, bool) {
        let counter = &*self.counter;
        match self.round {
            Some(told) if self.heard_out => (told, true),
            Some(told) => match self.answer.untold() {
                untold if untold.is_empty() && self.unseen == 0 => (told, true),
                untold => (told.plus(unreported(&untold, self.unseen, counter)), false),
            },
            // a model that was not reached used nothing
            None if !self.opened => (Usage::default(), true),
            None => {
                let said = self.answer.parts().get(self.said..).unwrap_or_default();
                let counted = counted_usage(self.prompt_tokens, said, &self.before, counter);
                (Usage { output: counted.output.saturating_add(self.unseen), ..counted }, self.heard_out)
            }
        }
    }

    /// The same of all of them together.
    pub(super) fn usage(&self) -> Usage {
        self.usage_by_model().total().unwrap_or_default()
    }
}

/// What came since a model reported last. The message around it was reported.
pub(super) fn unreported(said: &[Part], unseen: u64, counter: &dyn TokenCounter) -> Usage {
    let counted = counted_usage(0, said, &[], counter);
    let output = counted.output.saturating_sub(PER_MESSAGE).saturating_add(unseen);
    Usage { output, ..counted }
}
