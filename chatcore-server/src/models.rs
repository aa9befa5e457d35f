//! The models that a server offers, from its configuration.

use std::sync::Arc;

use chatcore::turn::{LanguageModel, Models};
use chatcore_llm::offline::{Echo, Eliza, Renamed};
use chatcore_llm::{Client, ClientBuilder, Fallback, find_ollama, find_ollama_at};
use secrecy::SecretString;

use crate::config::{Config, ModelEntry, ModelKind, OllamaConfig, ProviderConfig};

/// How long an Ollama at a given address may take to say what it has.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(10);

/// Why there are no models.
#[derive(Debug, thiserror::Error)]
#[error("failed to set up the models: {0}")]
pub struct ModelsError(String);

/// The models of the table, then those of OpenAI, of Anthropic and of an Ollama, then the offline ones. The first is the
/// default.
///
/// # Errors
/// [`ModelsError`] when one is not set up well, or a server does not say what it has.
pub async fn models(config: &Config) -> Result<Models, ModelsError> {
    let mut models = Models::new();
    for entry in &config.models {
        models.add(listed(entry, config)?);
    }
    if let Some(openai) = &config.openai {
        models.add(provider(openai, Client::openai, "OPENAI_DEFAULT_MODEL").await?);
    }
    if let Some(anthropic) = &config.anthropic {
        models.add(provider(anthropic, Client::anthropic, "ANTHROPIC_DEFAULT_MODEL").await?);
    }
    if let Some(ollama) = ollama(&config.ollama).await? {
        models.add(Arc::new(ollama));
    }
    models.add(Arc::new(Eliza::new().delay(config.offline_delay)));
    models.add(Arc::new(Echo::new().delay(config.offline_delay)));
    with_substitutes(models, &config.models)
}

/// A row of the table.
fn listed(entry: &ModelEntry, config: &Config) -> Result<Arc<dyn LanguageModel>, ModelsError> {
    let base = entry.address();
    let builder = match entry.kind {
        ModelKind::OpenAi => Client::openai(base),
        ModelKind::OpenAiResponses => Client::openai_responses(base),
        ModelKind::Anthropic => Client::anthropic(base),
        ModelKind::Ollama => Client::ollama(base),
        ModelKind::Eliza => {
            return Ok(Arc::new(Renamed::new(Eliza::new().delay(config.offline_delay), entry.info())));
        }
        ModelKind::Echo => return Ok(Arc::new(Renamed::new(Echo::new().delay(config.offline_delay), entry.info()))),
    };
    let failed = |reason: &dyn std::fmt::Display| ModelsError(format!("model `{}`: {reason}", entry.id));
    let key = match &entry.api_key_env {
        Some(name) => {
            Some(key_of(std::env::var(name).ok()).map_err(|reason| failed(&format!("the variable {name} {reason}")))?)
        }
        None => None,
    };
    let builder = with_key(builder, key.as_ref());
    let upstream = entry.upstream.as_ref().unwrap_or(&entry.id);
    let info = entry.info();
    let client = builder.provider(&info.provider).model_as(info, upstream).build().map_err(|error| failed(&error))?;
    Ok(Arc::new(client))
}

/// The key in a variable that holds this, or what is wrong with the variable.
fn key_of(value: Option<String>) -> Result<SecretString, &'static str> {
    let key = value.ok_or("is not set")?;
    if key.trim().is_empty() { Err("is empty") } else { Ok(key.into()) }
}

/// All models of a provider, or the one that is named.
async fn provider(
    provider: &ProviderConfig,
    builder: impl Fn(String) -> ClientBuilder,
    variable: &str,
) -> Result<Arc<dyn LanguageModel>, ModelsError> {
    let base = || with_key(builder(provider.base_url.clone()), provider.api_key.as_ref());
    let failed = |error: chatcore_llm::BuildError| ModelsError(error.to_string());
    let client =
        match &provider.default_model {
            Some(name) => base().model_id(name),
            None => {
                let found = base().build().map_err(failed)?.discover_models().await;
                base().models(found.map_err(|error| {
                    ModelsError(format!("{error}; name a model in {variable} to start without asking"))
                })?)
            }
        };
    Ok(Arc::new(client.build().map_err(failed)?))
}

async fn ollama(ollama: &OllamaConfig) -> Result<Option<Client>, ModelsError> {
    let found = match ollama {
        OllamaConfig::Off => None,
        OllamaConfig::Find => find_ollama().await,
        OllamaConfig::At(url) => find_ollama_at(url, PATIENCE).await.map_err(|error| ModelsError(error.to_string()))?,
    };
    if let Some(client) = &found {
        tracing::info!(models = client.models().len(), "found an Ollama");
    }
    Ok(found)
}

fn with_key(builder: ClientBuilder, key: Option<&SecretString>) -> ClientBuilder {
    match key {
        Some(key) => builder.api_key(key.clone()),
        None => builder,
    }
}

/// Lets models stand in for each other as the table says.
fn with_substitutes(models: Models, entries: &[ModelEntry]) -> Result<Models, ModelsError> {
    let rows: Vec<&ModelEntry> = entries.iter().filter(|entry| !entry.fallback.is_empty()).collect();
    if rows.is_empty() {
        return Ok(models);
    }
    for entry in &rows {
        if let Some(name) = entry.fallback.iter().find(|name| models.find(Some(name)).is_none()) {
            return Err(ModelsError(format!("model `{}`: there is no model `{name}` to stand in for it", entry.id)));
        }
    }
    let all = rows.into_iter().fold(Fallback::new(models), |all, entry| all.substitutes(&entry.id, &entry.fallback));
    Ok(Models::from(all))
}

#[cfg(test)]
mod tests {
    use secrecy::ExposeSecret;

    use super::*;

    #[test]
    fn an_empty_variable_holds_no_key() {
        let read = |value: Option<&str>| key_of(value.map(str::to_owned)).map(|key| key.expose_secret().to_owned());
        assert_eq!(read(None), Err("is not set"));
        assert_eq!(read(Some(" \n")), Err("is empty"));
        assert_eq!(read(Some("sk-1")), Ok("sk-1".into()));
    }
}
