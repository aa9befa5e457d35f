//! What is held for runs: how much that is, and what becomes of it. Without terms nothing is.

use std::sync::Arc;

use futures::StreamExt;
use futures::future::{Either, select};

use super::Chat;
use super::driver::{End, Work};
use super::ground::Setup;
use super::prompt::counter;
use super::rounds::unreported;
use crate::account::{Caller, Via};
use crate::billing::entitlement::{AbortPolicy, Bid, GrowHold, Hold, PlaceHold, RevisitHold, Spent, Terms};
use crate::billing::ledger::{Credit, PriceTable, Quote};
use crate::conversation::{Role, text_of};
use crate::error::Error;
use crate::id::ApiKeyId;
use crate::quota::{Amounts, Demand, LimitRule, LimitState, Meter, Scope, Verdict, Window};
use crate::store::{Batch, Conflict};
use crate::turn::answer::Answer;
use crate::turn::event::RunEvent;
use crate::turn::hook::Refusal;
use crate::turn::model::{ModelEvent, ModelInfo, ModelRequest, ModelStream};
use crate::turn::run::Run;
use crate::turn::{Estimate, TokenCounter, Usage, counted_usage};

/// Holds that are looked at together.
const SWEEP: usize = 100;

impl Chat {
    /// How the limits of somebody's plan stand, those of single models included. Empty without terms.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Store`].
    pub async fn usage(&self, caller: &Caller) -> Result<Verdict, Error> {
        caller.require(crate::account::Scope::Read)?;
        let Some(terms) = self.terms.clone() else { return Ok(Verdict { allowed: true, ..Verdict::default() }) };
        let bid = self.bid_of(caller, terms, None, Demand::default());
        Ok(bid.preview(&**self.store()).await?.0)
    }

    /// How much of these meters somebody has used since they came, whatever their plan limits. Empty without terms.
    ///
    /// # Errors
    /// [`Error::Denied`]; [`Error::Store`].
    pub async fn used(&self, caller: &Caller, meters: &[Meter]) -> Result<Vec<LimitState>, Error> {
        caller.require(crate::account::Scope::Read)?;
        let Some(terms) = self.terms.clone() else { return Ok(Vec::new()) };
        let rule = |meter: &Meter| LimitRule {
            meter: *meter,
            window: Window::Lifetime,
            scope: Scope::Subject,
            model: None,
            limit: u64::MAX,
        };
        let also = meters.iter().map(rule).collect();
        let bid = Bid { also, ..self.bid_of(caller, terms, None, Demand::default()) };
        let mut states = bid.preview(&**self.store()).await?.0.states;
        states.retain(|state| state.limit == u64::MAX && state.window == Window::Lifetime && state.model.is_none());
        Ok(states)
    }

    /// What is held for a turn, if there are terms. `prompt` is how long its prompt is, if that is known.
    pub(super) fn hold(
        &self,
        caller: &Caller,
        setup: &Setup<'_>,
        prompt: Option<u64>,
    ) -> Result<Option<PlaceHold>, Error> {
        let Some((bid, quote)) = self.bid(caller, setup, prompt)? else { return Ok(None) };
        Ok(Some(PlaceHold { run: setup.run.id, prompt: prompt.unwrap_or_default(), quote, bid }))
    }

    /// What a turn wants: its message, and one answer as long as may be. A turn that waits may get as long a prompt as the
    /// model takes.
    pub(super) fn bid(
        &self,
        caller: &Caller,
        setup: &Setup<'_>,
        prompt: Option<u64>,
    ) -> Result<Option<(Bid, Quote)>, Error> {
        let Some(terms) = self.terms.clone() else { return Ok(None) };
        let model = setup.run.model.clone();
        let prices = setup.ask.prices.as_deref().unwrap_or(&terms.prices);
        let quote = prices.quote(&model, []).map_err(|error| Error::invalid("model", error.to_string()))?;
        let answer = self.models.find(Some(&model)).map_or(0, |(info, _)| info.answer_tokens(&setup.ask.options));
        let says = setup.ground.said.as_ref().is_some_and(|said| said.role == Role::User);
        let prompt = prompt.unwrap_or(setup.budget);
        let once = self.ask_once(&model, prompt, answer);
        let amounts = Amounts { messages: u64::from(says), requests: 1, ..once };
        let demand = Demand { amounts, runs: 1, bytes: 0 };
        let money = quote.most(prompt, answer);
        let bid = Bid { at: setup.at, money, ..self.bid_of(caller, terms, Some(model), demand) };
        Ok(Some((bid, quote)))
    }

    fn bid_of(&self, caller: &Caller, terms: Arc<Terms>, model: Option<String>, demand: Demand) -> Bid {
        let api_key = if let Via::ApiKey(id) = caller.via() { Some(id) } else { None };
        let (subject, at) = (caller.subject(), self.conversations.now());
        Bid { terms, subject, api_key, model, demand, also: Vec::new(), money: Credit::ZERO, at }
    }

    /// What it takes at most to ask a model once.
    fn ask_once(&self, model: &str, prompt: u64, answer: u64) -> Amounts {
        let usage = Usage { input: prompt, output: answer, ..Usage::default() };
        let prices = self.models.find(Some(model)).and_then(|(info, _)| info.prices);
        let cost = prices.map_or(0, |prices| prices.cost(&usage));
        Amounts { tokens: usage.total(), cost, api_calls: 1, ..Amounts::default() }
    }

    /// What a run used whose driver is gone: what the log holds.
    pub(super) async fn spent_by_dead(&self, run: &Run, answer: &Answer, seed: &Answer) -> Result<Spent, Error> {
        let hold = match self.terms {
            Some(_) => self.store().hold(run.id).await?,
            None => None,
        };
        let (prompt, api_calls) = hold.map_or((0, 0), |Hold { prompt, amounts, .. }| (prompt, amounts.api_calls));
        let speaker = answer.model().unwrap_or(&run.model).to_owned();
        let model = self.models.find(Some(&speaker));
        let counter: Arc<dyn TokenCounter> =
            model.map_or_else(|| Arc::new(Estimate) as _, |(info, model)| counter(&**model, &info.id));
        let cut = match answer.usage() {
            Some(_) => {
                Some(answer.untold()).filter(|said| !said.is_empty()).map(|said| unreported(&said, 0, &*counter))
            }
            None => Some(counted_usage(prompt, answer.parts(), seed.parts(), &*counter)),
        };
        let (said, before) = (answer.parts().to_vec(), seed.parts().to_vec());
        Ok(Spent { certain: answer.usage_by_model(&run.model), cut, speaker, said, before, api_calls, counter })
    }

    /// Looks after holds that have stood for a while: those of runs that are gone end.
    pub(super) async fn revisit_holds(&self) -> Result<(), Error> {
        let Some(terms) = &self.terms else { return Ok(()) };
        loop {
            let at = self.conversations.now();
            let expired = self.store().expired_holds(at, SWEEP).await?;
            for hold in &expired {
                let revisit = RevisitHold { run: hold.run, terms: terms.clone(), at };
                if let Err(error) = self.store().commit(Batch::of(revisit)).await {
                    tracing::error!(run = %hold.run, %error, "failed to look after what is held for a run");
                    return Err(error.into());
                }
            }
            if expired.len() < SWEEP {
                return Ok(());
            }
        }
    }
}

impl Work {
    /// All that the run used.
    pub(super) fn all_spent(&self) -> Spent {
        let (round, is_certain) = self.round_usage();
        let mut certain = self.spent.clone();
        if is_certain {
            certain.add(self.speaker(), round);
        }
        Spent {
            certain,
            cut: (!is_certain).then_some(round),
            speaker: self.speaker().to_owned(),
            said: self.answer.parts().to_vec(),
            before: self.seed.clone(),
            api_calls: self.api_calls,
            counter: self.counter.clone(),
        }
    }

    /// Before tools are run and the model is asked again: refused if that is more than the limits leave.
    pub(super) async fn grow(&mut self, request: &ModelRequest, calls: usize, rounds: usize) -> Result<(), End> {
        let more = u64::try_from(calls.saturating_add(rounds)).unwrap_or(u64::MAX);
        let Some(terms) = self.chat.terms.clone() else { return Ok(()) };
        let model = self.record.model.clone();
        let answer = |info: &ModelInfo| info.answer_tokens(&request.options);
        let answer = self.chat.models.find(Some(&model)).map_or(0, |(info, _)| answer(info));
        let prompt = self.prompt_tokens.saturating_add(self.usage().output);
        let again = if rounds > 0 { self.chat.ask_once(&model, prompt, answer) } else { Amounts::default() };
        let demand = Demand { amounts: Amounts { api_calls: more, ..again }, runs: 0, bytes: 0 };
        let (run, subject, at) = (self.run, self.record.owner, self.clock.now());
        let bid = Bid {
            terms,
            subject,
            api_key: None,
            model: Some(model),
            demand,
            also: Vec::new(),
            money: Credit::ZERO,
            at,
        };
        loop {
            let (store, grow) = (self.store.clone(), GrowHold { run, bid: bid.clone() });
            match self.wait(async move { store.commit(Batch::of(grow)).await }).await? {
                Ok(_) => {
                    self.api_calls = self.api_calls.saturating_add(more);
                    return Ok(());
                }
                Err(error) => match error.conflict() {
                    Some(Conflict::OverLimit(verdict)) => return Err(End::Refused(over_limit(verdict))),
                    Some(Conflict::InsufficientCredit { .. } | Conflict::CapReached { .. }) => {
                        let (code, message) = ("insufficient_credit".to_owned(), "the credit is used up".to_owned());
                        return Err(End::Refused(Refusal { code, message }));
                    }
                    _ => self.after(error).await?,
                },
            }
            let (clock, until) = (self.clock.clone(), self.clock.now().plus(self.timing.flush));
            self.wait(async move { clock.sleep_until(until).await }).await?;
        }
    }

    /// Before a model is asked beside the answer: whether the limits leave room for it. Then it is held. Credit is not: whoever
    /// runs the service wants it asked.
    pub(super) fn hold_beside(
        &self,
        request: &ModelRequest,
        api_key: Option<ApiKeyId>,
    ) -> impl Future<Output = bool> + Send + 'static {
        let (run, model) = (self.run, request.model.clone());
        let prompt = request.messages.iter().map(|message| Estimate.count(&text_of(&message.parts)));
        let answer = self.chat.models.find(Some(&model)).map_or(0, |(info, _)| info.answer_tokens(&request.options));
        let amounts = self.chat.ask_once(&model, prompt.fold(0, u64::saturating_add), answer);
        let demand = Demand { amounts, runs: 0, bytes: 0 };
        let free = PriceTable::free().quote(&model, []).ok();
        let (subject, also, at) = (self.record.owner, Vec::new(), self.clock.now());
        let place = self.chat.terms.clone().zip(free).map(|(terms, quote)| {
            let bid = Bid { terms, subject, api_key, model: Some(model), demand, also, money: Credit::ZERO, at };
            PlaceHold { run, prompt: 0, quote, bid }
        });
        let store = self.store.clone();
        async move {
            let Some(place) = place else { return true };
            let Err(error) = store.commit(Batch::of(place)).await else { return true };
            if !matches!(error.conflict(), Some(Conflict::OverLimit(_))) {
                tracing::info!(%run, %error, "failed to hold what a title takes");
            }
            false
        }
    }

    /// After a stop: hears the provider out, if the terms say so, for its report of what was used.
    pub(super) async fn drain(&mut self, mut stream: ModelStream) {
        let policy = self.chat.terms.as_ref().map(|terms| terms.abort);
        let Some(AbortPolicy::Drain { max_ms, max_tokens }) = policy else { return };
        let longest = std::time::Duration::from_millis(max_ms).min(AbortPolicy::LONGEST_DRAIN);
        let clock = self.clock.clone();
        let mut enough = clock.sleep_until(clock.now().plus(longest));
        while self.unseen < max_tokens {
            let event = match select(stream.next(), enough).await {
                Either::Left((Some(Ok(event)), rest)) => {
                    enough = rest;
                    event
                }
                _ => return,
            };
            match event {
                ModelEvent::Text(text) | ModelEvent::Refusal(text) | ModelEvent::Reasoning { text, .. } => {
                    self.unseen = self.unseen.saturating_add(self.counter.count(&text));
                }
                ModelEvent::ToolCall { name, arguments, .. } => {
                    let tokens = self.counter.count(&name).saturating_add(self.counter.count(&arguments));
                    self.unseen = self.unseen.saturating_add(tokens);
                }
                ModelEvent::Usage(usage) => {
                    self.round = Some(usage);
                    self.unseen = 0;
                    self.answer.reported();
                    self.emit(RunEvent::Usage { usage: self.usage() });
                }
                ModelEvent::Finish(_) => {
                    self.heard_out = true;
                    return;
                }
                ModelEvent::Provider { .. } | ModelEvent::Model { .. } => {}
            }
        }
    }
}

/// What the reader of an answer is told whose run may not go on.
fn over_limit(verdict: &Verdict) -> Refusal {
    let what = verdict.binding().map_or("", |state| state.meter.name());
    Refusal { code: "over_limit".to_owned(), message: format!("the limit of {what} is used up") }
}
