//! Who answers.

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
        let items = auth.app.chat.models().map(|model| ModelDto {
            id: model.id.clone(),
            provider: model.provider.clone(),
            context_tokens: model.context_tokens,
            max_output_tokens: model.max_output_tokens,
        });
        Ok(Json(ModelsDto { items: items.collect() }))
    }
}
