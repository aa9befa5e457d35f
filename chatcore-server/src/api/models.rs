//! Who answers.

use chatcore::turn::{Capabilities, ModelInfo, Prices};
use poem_openapi::payload::Json;
use poem_openapi::{Object, OpenApi};

use super::Tag;
use super::support::Auth;
use crate::http::Problem;

pub(crate) struct ModelApi;

/// A model.
#[derive(Object)]
#[oai(rename = "Model")]
struct ModelDto {
    /// The name that turns use.
    id: String,
    /// Whose it is.
    provider: String,
    /// Tokens of prompt and answer together.
    context_tokens: u64,
    /// The longest answer in tokens, where there is a limit.
    max_output_tokens: Option<u64>,
    /// What it can do beyond text.
    capabilities: CapabilitiesDto,
    /// What its tokens cost, where that is known.
    prices: Option<PricesDto>,
}

/// What a model can do beyond reading and writing text.
#[derive(Object)]
#[oai(rename = "Capabilities")]
struct CapabilitiesDto {
    /// Reads images.
    images: bool,
    /// Reads files.
    files: bool,
    /// Calls tools.
    tools: bool,
    /// Thinks before it answers, and can be told how hard.
    reasoning: bool,
    /// Answers in JSON of a given schema.
    structured_output: bool,
}

/// Prices of a million tokens, in millionths of the currency.
#[derive(Object)]
#[oai(rename = "Prices")]
pub(super) struct PricesDto {
    /// Prompt tokens.
    input: u64,
    /// Answer tokens that the reader sees.
    output: u64,
    /// Prompt tokens that the provider's cache served; as `input` if not given.
    cache_read: Option<u64>,
    /// Prompt tokens that went into the provider's cache; as `input` if not given.
    cache_write: Option<u64>,
    /// Tokens spent thinking; as `output` if not given.
    reasoning: Option<u64>,
}

impl From<&ModelInfo> for ModelDto {
    fn from(model: &ModelInfo) -> Self {
        Self {
            id: model.id.clone(),
            provider: model.provider.clone(),
            context_tokens: model.context_tokens,
            max_output_tokens: model.max_output_tokens,
            capabilities: model.capabilities.into(),
            prices: model.prices.map(PricesDto::from),
        }
    }
}

impl From<Capabilities> for CapabilitiesDto {
    fn from(of: Capabilities) -> Self {
        let Capabilities { images, files, tools, reasoning, structured_output } = of;
        Self { images, files, tools, reasoning, structured_output }
    }
}

impl From<Prices> for PricesDto {
    fn from(of: Prices) -> Self {
        let Prices { input, output, cache_read, cache_write, reasoning } = of;
        Self { input, output, cache_read, cache_write, reasoning }
    }
}

/// The models.
#[derive(Object)]
#[oai(rename = "Models")]
struct ModelsDto {
    /// All of them, the default first.
    items: Vec<ModelDto>,
}

#[OpenApi(tag = "Tag::Models")]
impl ModelApi {
    /// The models that may be asked
    #[oai(path = "/models", method = "get")]
    async fn models(&self, auth: Auth) -> Result<Json<ModelsDto>, Problem> {
        let items = auth.app.chat.models().map(ModelDto::from);
        Ok(Json(ModelsDto { items: items.collect() }))
    }
}
