//! The models of a server: those that a key or an address brings, and those of the table in the file.

use std::fmt;

use chatcore::turn::{Capabilities, ModelInfo, Prices};
use secrecy::SecretString;
use serde::Deserialize;

use super::ConfigError;

/// What a model is assumed to read when the table does not say, in tokens.
const CONTEXT_TOKENS: u64 = 128_000;
/// The same for a model of an Ollama: it can mostly read more, at the price of memory that the machine may not have.
const OLLAMA_CONTEXT_TOKENS: u64 = 8192;

/// A server of models that is set up by its key or its address alone.
#[derive(Debug, Clone)]
pub struct ProviderConfig {
    /// Its key.
    pub api_key: Option<SecretString>,
    /// Its address.
    pub base_url: String,
    /// The model that answers; all that the server has, if none is named.
    pub default_model: Option<String>,
}

/// Where an Ollama is.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum OllamaConfig {
    /// On this machine, if one answers.
    Find,
    /// At an address.
    At(String),
    /// Nowhere.
    Off,
}

impl OllamaConfig {
    pub(super) fn of(text: Option<String>) -> Result<Self, ConfigError> {
        match text {
            None => Ok(Self::Find),
            Some(text) if text == "off" => Ok(Self::Off),
            Some(url) if url.starts_with("http://") || url.starts_with("https://") => Ok(Self::At(url)),
            Some(_) => Err(ConfigError::Value { name: "ollama", reason: "must be an http or https address, or `off`" }),
        }
    }
}

/// How a model is asked.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum ModelKind {
    /// OpenAI's Chat Completions, which most servers speak.
    #[serde(rename = "openai")]
    OpenAi,
    /// OpenAI's Responses.
    #[serde(rename = "openai-responses")]
    OpenAiResponses,
    /// Anthropic's Messages.
    Anthropic,
    /// Ollama's own language.
    Ollama,
    /// The conversation that is part of the program.
    Eliza,
    /// What was said, again.
    Echo,
}

/// One row of the table `[[models]]`.
///
/// ```toml
/// [[models]]
/// id = "claude"                                # the name that turns use
/// kind = "anthropic"                           # openai, openai-responses, anthropic, ollama, eliza or echo
/// upstream = "claude-sonnet-4-5"               # what the provider calls it, if that is another name
/// api_key_env = "ANTHROPIC_API_KEY"            # the variable that holds the key; never the key itself
/// context_tokens = 200_000
/// max_output_tokens = 64_000
/// capabilities = { images = true, files = true, tools = true, reasoning = true }
/// prices = { input = 3_000_000, output = 15_000_000 }   # millionths of the currency for a million tokens
/// fallback = ["local"]                         # who answers when it cannot
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct ModelEntry {
    /// The name that turns use.
    pub id: String,
    /// How it is asked.
    pub kind: ModelKind,
    /// Where; the provider's own address if not given.
    pub base_url: Option<String>,
    /// The environment variable that holds the key.
    pub api_key_env: Option<String>,
    /// What the provider calls it.
    pub upstream: Option<String>,
    /// Whose it is, as people are told.
    pub provider: Option<String>,
    /// Tokens of prompt and answer together.
    pub context_tokens: Option<u64>,
    /// The longest answer in tokens.
    pub max_output_tokens: Option<u64>,
    /// What it can do beyond text.
    #[serde(default)]
    pub capabilities: Capabilities,
    /// What its tokens cost.
    pub prices: Option<Prices>,
    /// The tokenizer that counts its tokens.
    pub tokenizer: Option<String>,
    /// Other models of this server that answer when it cannot, the first one first.
    #[serde(default)]
    pub fallback: Vec<String>,
}

impl ModelEntry {
    /// Where it is asked.
    #[must_use]
    pub fn address(&self) -> &str {
        self.base_url.as_deref().unwrap_or(match self.kind {
            ModelKind::OpenAi | ModelKind::OpenAiResponses => OPENAI,
            ModelKind::Anthropic => ANTHROPIC,
            ModelKind::Ollama => "http://127.0.0.1:11434",
            ModelKind::Eliza | ModelKind::Echo => "",
        })
    }

    /// What is known about it.
    #[must_use]
    pub fn info(&self) -> ModelInfo {
        let provider = self.provider.clone().unwrap_or_else(|| self.kind.to_string());
        let usual = if self.kind == ModelKind::Ollama { OLLAMA_CONTEXT_TOKENS } else { CONTEXT_TOKENS };
        let context_tokens = self.context_tokens.unwrap_or(usual);
        ModelInfo {
            max_output_tokens: self.max_output_tokens,
            capabilities: self.capabilities,
            prices: self.prices,
            tokenizer: self.tokenizer.clone(),
            ..ModelInfo::new(&self.id, provider, context_tokens)
        }
    }
}

/// The provider, as people are told.
impl fmt::Display for ModelKind {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(match self {
            Self::OpenAi | Self::OpenAiResponses => "openai",
            Self::Anthropic => "anthropic",
            Self::Ollama => "ollama",
            Self::Eliza | Self::Echo => "offline",
        })
    }
}

/// Where OpenAI is.
pub(super) const OPENAI: &str = "https://api.openai.com/v1";
/// Where Anthropic is.
pub(super) const ANTHROPIC: &str = "https://api.anthropic.com";

/// Looks for what cannot be right in a table, whatever the servers say.
pub(super) fn check(entries: &[ModelEntry]) -> Result<(), ConfigError> {
    let wrong = |entry: &ModelEntry, reason: String| Err(ConfigError::Model { id: entry.id.clone(), reason });
    for (at, entry) in entries.iter().enumerate() {
        if entry.id.trim().is_empty() {
            return wrong(entry, "needs an `id`".to_owned());
        }
        if entries[..at].iter().any(|other| other.id == entry.id) {
            return wrong(entry, "is there twice".to_owned());
        }
        if entry.context_tokens == Some(0) || entry.max_output_tokens == Some(0) {
            return wrong(entry, "must have room for at least one token".to_owned());
        }
        if entry.api_key_env.as_deref().is_some_and(|name| !is_variable(name)) {
            // it is not repeated, because it may be the key itself
            return wrong(
                entry,
                "must have the name of a variable in `api_key_env`: letters, digits and `_`".to_owned(),
            );
        }
        if entry.fallback.contains(&entry.id) {
            return wrong(entry, "cannot stand in for itself".to_owned());
        }
    }
    Ok(())
}

fn is_variable(name: &str) -> bool {
    !name.is_empty() && name.chars().all(|letter| letter.is_ascii_alphanumeric() || letter == '_')
}

#[cfg(test)]
mod tests {
    use super::super::Settings;
    use super::*;

    fn read(text: &str) -> Result<Vec<ModelEntry>, String> {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chatcore.toml");
        std::fs::write(&path, text).unwrap();
        let settings = Settings::from_file(&path).map_err(|error| error.to_string())?;
        settings.resolve().map(|config| config.models).map_err(|error| error.to_string())
    }

    #[test]
    fn a_table_of_models_is_read() {
        let models = read(concat!(
            "[[models]]\nid = \"claude\"\nkind = \"anthropic\"\nupstream = \"claude-sonnet-4-5\"\n",
            "api_key_env = \"SOME_KEY\"\ncontext_tokens = 200_000\ncapabilities = { images = true }\n",
            "prices = { input = 3_000_000, output = 15_000_000 }\nfallback = [\"local\"]\n",
            "[[models]]\nid = \"local\"\nkind = \"openai\"\nbase_url = \"http://127.0.0.1:8080/v1\"\n",
        ))
        .unwrap();
        let info = models[0].info();
        assert_eq!(
            (info.provider.as_str(), info.context_tokens, models[0].address()),
            ("anthropic", 200_000, ANTHROPIC)
        );
        assert!(info.capabilities.images && !info.capabilities.tools);
        assert_eq!(info.prices.map(|prices| prices.output), Some(15_000_000));
        assert_eq!(
            (models[1].address(), models[1].info().context_tokens),
            ("http://127.0.0.1:8080/v1", CONTEXT_TOKENS)
        );
    }

    #[test]
    fn what_cannot_be_right_is_refused_by_name() {
        let entry = |more: &str| read(&format!("[[models]]\nid = \"m\"\nkind = \"echo\"\n{more}")).unwrap_err();
        for (more, word) in [
            ("api_key = \"sk-hush\"", "api_key"),
            ("api_key_env = \"sk-hush\"", "api_key_env"),
            ("api_key_env = \"\"", "api_key_env"),
            ("prices = { input = 1, output = 2, cache = 3 }", "cache"),
            ("capabilities = { vision = true }", "vision"),
            ("context_tokens = 0", "room"),
            ("fallback = [\"m\"]", "itself"),
            ("[[models]]\nid = \"m\"\nkind = \"eliza\"", "twice"),
            ("[[models]]\nid = \"n\"\nkind = \"oracle\"", "oracle"),
            ("[[models]]\nkind = \"echo\"", "id"),
        ] {
            let error = entry(more);
            assert!(error.contains(word) && !error.contains("sk-hush"), "{more}: {error}");
        }
    }

    #[test]
    fn an_ollama_is_not_assumed_to_have_much_memory() {
        let models = read("[[models]]\nid = \"m\"\nkind = \"ollama\"").unwrap();
        assert_eq!(models[0].info().context_tokens, 8192);
    }

    #[test]
    fn an_ollama_is_looked_for_unless_told_otherwise() {
        let of = |text: &str| OllamaConfig::of(Some(text.to_owned()));
        assert_eq!(OllamaConfig::of(None).unwrap(), OllamaConfig::Find);
        assert_eq!(of("off").unwrap(), OllamaConfig::Off);
        assert_eq!(of("http://h:1").unwrap(), OllamaConfig::At("http://h:1".into()));
        assert!(of("yes").is_err());
    }
}
