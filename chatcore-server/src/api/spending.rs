//! Plans and usage as JSON.

use chatcore::turn::{ContextPlan, ModelSpent, PlanItem, Preview, PriceRange, Spent};
use poem_openapi::Object;

use super::dto::{UsageDto, word};
use super::usage::VerdictDto;

/// What a turn would show the model and cost.
#[derive(Object)]
#[oai(rename = "Plan")]
pub(super) struct PlanDto {
    /// The model that would answer.
    model: String,
    /// Tokens that the prompt may have.
    budget: u64,
    /// Tokens that it would have.
    tokens: u64,
    /// How many of them go with every request: the schemas of tools, and of the form of the answer.
    fixed: u64,
    /// Who counted: the name of a tokenizer, or `estimate`.
    counted_by: String,
    /// The longest answer in tokens.
    answer_tokens: u64,
    /// What it would cost, where the prices are known.
    price: Option<PriceDto>,
    /// What the limits of my plan say of it.
    verdict: Option<VerdictDto>,
    /// Whether my credit covers the most that it may cost.
    covered: Option<bool>,
    /// What is done with each message, root first.
    items: Vec<PlanItemDto>,
}

/// Millionths of the currency.
#[derive(Object)]
#[oai(rename = "PriceRange")]
struct PriceDto {
    /// The prompt alone.
    prompt: u64,
    /// With the longest answer.
    most: u64,
}

/// What is done with a message.
#[derive(Object)]
#[oai(rename = "PlanItem")]
struct PlanItemDto {
    /// The message; `null` for the system prompt and for what is not said yet.
    message_id: Option<String>,
    /// `keep`, `truncate` or `drop`.
    decision: String,
    /// `system_prompt`, `newest`, `continued`, `turn`, `fits`, `no_room`, `empty` or `unpaired`.
    reason: String,
    /// Its size in tokens, as it is shown; for one that is not shown, as it is.
    tokens: u64,
}

impl From<Preview> for PlanDto {
    fn from(Preview { plan, model, answer_tokens, price, verdict, covered }: Preview) -> Self {
        let ContextPlan { items, budget, tokens, fixed, counted_by } = plan;
        let items = items.into_iter().map(PlanItemDto::from).collect();
        let price = price.map(|PriceRange { prompt, most }| PriceDto { prompt, most });
        let verdict = verdict.map(VerdictDto::from);
        Self { model: model.id, budget, tokens, fixed, counted_by, answer_tokens, price, verdict, covered, items }
    }
}

impl From<PlanItem> for PlanItemDto {
    fn from(PlanItem { message, decision, reason, tokens }: PlanItem) -> Self {
        let message_id = message.map(|id| id.to_string());
        Self { message_id, decision: word(&decision), reason: word(&reason), tokens }
    }
}

/// What was used.
#[derive(Object)]
#[oai(rename = "Spending")]
pub(super) struct SpendingDto {
    /// By the answers of one branch.
    pub(super) branch: SpentDto,
    /// By all answers of the conversation, those that were deleted included.
    pub(super) conversation: SpentDto,
}

/// What was used, by model.
#[derive(Object)]
#[oai(rename = "Spent")]
pub(super) struct SpentDto {
    /// Tokens.
    usage: UsageDto,
    /// Millionths of the currency by the prices of today, where those of all models are known.
    cost: Option<u64>,
    /// The same of each model.
    models: Vec<ModelSpentDto>,
}

/// What one model used.
#[derive(Object)]
#[oai(rename = "ModelSpent")]
struct ModelSpentDto {
    /// The model.
    model: String,
    /// Tokens.
    usage: UsageDto,
    /// Millionths of the currency by the prices of today, where they are known.
    cost: Option<u64>,
}

impl From<Spent> for SpentDto {
    fn from(spent: Spent) -> Self {
        let (usage, cost) = (spent.usage().into(), spent.cost());
        let of = |(model, ModelSpent { usage, cost })| ModelSpentDto { model, usage: usage.into(), cost };
        Self { usage, cost, models: spent.models.into_iter().map(of).collect() }
    }
}
