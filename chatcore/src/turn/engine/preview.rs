//! What a turn would cost, and what a conversation has used.

use std::collections::BTreeMap;

use super::ground::Said;
use super::{Chat, Say};
use crate::account::{Caller, Scope};
use crate::attachment::completed;
use crate::conversation::{Role, limits};
use crate::error::Error;
use crate::id::{ConversationId, MessageId};
use crate::page::{MAX_PAGE, PageRequest};
use crate::quota::Verdict;
use crate::turn::{ContextPlan, ModelInfo, Usage};

/// A turn that was only looked at.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Preview {
    /// What the model would be shown. The message that would be said has no id yet.
    pub plan: ContextPlan,
    /// The model that would answer.
    pub model: ModelInfo,
    /// The longest answer in tokens.
    pub answer_tokens: u64,
    /// What it would cost, where the prices are known.
    pub price: Option<PriceRange>,
    /// What the limits of the caller's plan say, if there are terms.
    pub verdict: Option<Verdict>,
    /// Whether the caller's credit covers the most that it may cost, if there are terms.
    pub covered: Option<bool>,
}

/// Micro-units of the currency.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct PriceRange {
    /// The prompt alone.
    pub prompt: u64,
    /// With the longest answer.
    pub most: u64,
}

/// What was used, by model.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Spent {
    /// Of each model.
    pub models: BTreeMap<String, ModelSpent>,
}

/// What one model used.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ModelSpent {
    /// Tokens.
    pub usage: Usage,
    /// Micro-units of the currency, by the prices of today, where they are known.
    pub cost: Option<u64>,
}

impl Spent {
    /// What all of it costs, where the prices of all models are known.
    #[must_use]
    pub fn cost(&self) -> Option<u64> {
        self.models.values().try_fold(0_u64, |sum, spent| Some(sum.saturating_add(spent.cost?)))
    }

    /// All tokens.
    #[must_use]
    pub fn usage(&self) -> Usage {
        let mut all = self.models.values().map(|spent| spent.usage);
        let first = all.next().unwrap_or_default();
        all.fold(first, Usage::plus)
    }
}

impl Chat {
    /// What sending this would show the model and cost. Nothing is stored and no model is asked.
    ///
    /// # Errors
    /// As [`Self::send`].
    pub async fn preview(&self, caller: &Caller, id: ConversationId, say: impl Into<Say>) -> Result<Preview, Error> {
        caller.require(Scope::Read)?;
        let Say { mut parts, parent, ask, .. } = say.into();
        limits::parts(&parts)?;
        completed(&**self.store(), caller.subject(), &mut parts).await?;
        let said = Said { role: Role::User, parts, client_ref: None };
        let ground = self.ground_of_send(caller, id, parent, Some(&said)).await?;
        let mut setup = self.set_up(ground, &ask).await?;
        let found = self.models.find(Some(&setup.run.model));
        let model = found.ok_or_else(|| Error::UnknownModel(setup.run.model.clone()))?.0.clone();
        let answer_tokens = model.answer_tokens(&ask.options);
        let said = setup.said;
        let mut plan = setup.prompt_now().1;
        let told = match self.bid(caller, &setup, Some(plan.tokens))? {
            Some((bid, _)) => Some(bid.preview(&**self.store()).await?),
            None => None,
        };
        let (verdict, covered) = told.unzip();
        plan.items.iter_mut().filter(|item| item.message == said).for_each(|item| item.message = None);
        let price = model.prices.map(|prices| {
            let prompt = Usage { input: plan.tokens, ..Usage::default() };
            PriceRange { prompt: prices.cost(&prompt), most: prices.cost(&Usage { output: answer_tokens, ..prompt }) }
        });
        Ok(Preview { plan, model, answer_tokens, price, verdict, covered })
    }

    /// What a conversation has used so far: all of it, deleted answers included.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn spent(&self, caller: &Caller, id: ConversationId) -> Result<Spent, Error> {
        let conversation = self.conversations.get(caller, id).await?;
        Ok(self.priced(conversation.usage))
    }

    /// What the answers on one branch used, the active one if no leaf is named. It takes time in proportion to the branch.
    ///
    /// # Errors
    /// [`Error::NotFound`], [`Error::Store`].
    pub async fn spent_on_branch(
        &self,
        caller: &Caller,
        id: ConversationId,
        leaf: Option<MessageId>,
    ) -> Result<Spent, Error> {
        let mut usage: BTreeMap<String, Usage> = BTreeMap::new();
        let mut page = PageRequest::first().limit(MAX_PAGE);
        loop {
            let found = self.conversations.branch(caller, id, leaf, &page).await?;
            for message in found.items.into_iter().map(|view| view.message) {
                if let (Some(model), Some(used)) = (message.model, message.usage) {
                    let empty = Usage { source: used.source, ..Usage::default() };
                    let spent = usage.entry(model).or_insert(empty);
                    *spent = spent.plus(used);
                }
            }
            match found.next {
                Some(next) => page = page.after(Some(next)),
                None => return Ok(self.priced(usage)),
            }
        }
    }

    fn priced(&self, usage: BTreeMap<String, Usage>) -> Spent {
        let price = |(model, usage): (String, Usage)| {
            let prices = self.models.find(Some(&model)).and_then(|(info, _)| info.prices);
            (model, ModelSpent { usage, cost: prices.map(|prices| prices.cost(&usage)) })
        };
        Spent { models: usage.into_iter().map(price).collect() }
    }
}
