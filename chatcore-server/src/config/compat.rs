//! The mounts for clients of other chat back ends: which of them are served, and where.

use std::net::SocketAddr;

use chatcore::account::PasswordPolicy;
use chatcore::billing::ledger::Credit;
use clap::Args;
use serde::Deserialize;

use super::{ConfigError, Settings};

/// The mounts as somebody may set them; the table `[compat]` in the file.
///
/// Each of them is `on`, `off`, or an address: `on`, and besides at the root of a listener of its own there, for clients
/// that can be told a host and a port, but no path.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct CompatSettings {
    /// The mount /compat/sentx: `on`, `off`, or the address of a listener of its own beside it [default: on]
    #[arg(long = "compat-sentx", env = "CHATCORE_COMPAT_SENTX", value_name = "WHERE")]
    pub sentx: Option<String>,

    /// The mount /compat/ai-chat-system
    #[arg(long = "compat-ai-chat-system", env = "CHATCORE_COMPAT_AI_CHAT_SYSTEM", value_name = "WHERE")]
    pub ai_chat_system: Option<String>,

    /// The mount /compat/chat-platform
    #[arg(long = "compat-chat-platform", env = "CHATCORE_COMPAT_CHAT_PLATFORM", value_name = "WHERE")]
    pub chat_platform: Option<String>,

    /// The mount /compat/django-chat
    #[arg(long = "compat-django-chat", env = "CHATCORE_COMPAT_DJANGO_CHAT", value_name = "WHERE")]
    pub django_chat: Option<String>,

    /// The mount /compat/chatbot
    #[arg(long = "compat-chatbot", env = "CHATCORE_COMPAT_CHATBOT", value_name = "WHERE")]
    pub chatbot: Option<String>,

    /// Micro-units of credit that a token of /compat/ai-chat-system is worth [default: 1 where the server charges for nothing
    /// itself; where it does, the mount is off until somebody says]
    #[arg(long = "compat-token-micros", env = "CHATCORE_COMPAT_TOKEN_MICROS", value_name = "MICROS")]
    pub token_micros: Option<u64>,

    /// Characters of a password at least, of whoever registers by one of the mounts [default: 8]
    #[arg(long = "compat-min-password-chars", env = "CHATCORE_COMPAT_MIN_PASSWORD_CHARS", value_name = "COUNT")]
    pub min_password_chars: Option<usize>,
}

/// The mounts as they are.
#[derive(Debug, Clone, Default)]
pub struct CompatConfig {
    /// Where each of them is, by its name.
    places: Vec<(&'static str, Place)>,
    /// What a token is worth, if somebody says.
    pub token: Option<Credit>,
    /// What passwords must be.
    pub passwords: PasswordPolicy,
}

/// Where a mount is.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Place {
    /// Whether it is served below `/compat`.
    pub mounted: bool,
    /// The address at whose root it is served, too.
    pub listen: Option<String>,
}

/// The fewest characters of a password anywhere.
const FEWEST: usize = 8;

impl CompatSettings {
    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        let text = |text: Option<String>, other| text.filter(|text| !text.trim().is_empty()).or(other);
        Self {
            sentx: text(self.sentx, other.sentx),
            ai_chat_system: text(self.ai_chat_system, other.ai_chat_system),
            chat_platform: text(self.chat_platform, other.chat_platform),
            django_chat: text(self.django_chat, other.django_chat),
            chatbot: text(self.chatbot, other.chatbot),
            token_micros: self.token_micros.or(other.token_micros),
            min_password_chars: self.min_password_chars.or(other.min_password_chars),
        }
    }

    pub(super) fn resolve(self) -> Result<CompatConfig, ConfigError> {
        let places = [
            ("sentx", self.sentx),
            ("ai-chat-system", self.ai_chat_system),
            ("chat-platform", self.chat_platform),
            ("django-chat", self.django_chat),
            ("chatbot", self.chatbot),
        ];
        let places = places.into_iter().map(|(name, text)| Ok((name, place(name, text.as_deref())?)));
        let wrong = |name, reason: String| ConfigError::Text { name, reason };
        let min_chars = self.min_password_chars.unwrap_or(FEWEST);
        if min_chars < FEWEST {
            return Err(wrong("compat.min_password_chars", format!("must be at least {FEWEST}")));
        }
        Ok(CompatConfig {
            places: places.collect::<Result<_, ConfigError>>()?,
            token: self.token_micros.map(token).transpose()?,
            passwords: PasswordPolicy { min_chars },
        })
    }
}

/// What a token is worth. A million of them can be somebody's.
fn token(micros: u64) -> Result<Credit, ConfigError> {
    let wrong = |reason| ConfigError::Text { name: "compat.token_micros", reason };
    if micros == 0 {
        return Err(wrong("must be at least 1".into()));
    }
    Credit::amount(micros.saturating_mul(1_000_000)).map_err(|error| wrong(error.to_string()))?;
    Credit::amount(micros).map_err(|error| wrong(error.to_string()))
}

/// What tokens of /compat/ai-chat-system are worth to commands, before anybody has looked whether it makes sense.
#[derive(Debug, Clone, Copy)]
pub struct TokenWorth {
    micros: Option<u64>,
    is_free: bool,
}

impl TokenWorth {
    pub(super) fn of(settings: &Settings) -> Self {
        let charge = settings.charging.charge.as_deref().map(str::trim).unwrap_or_default();
        Self { micros: settings.compat.token_micros, is_free: matches!(charge, "" | "free") }
    }

    /// One token in credit; `None` where credit is charged for and nobody has said what a token is worth.
    ///
    /// # Errors
    /// [`ConfigError`] for a value that makes no sense.
    pub fn credit(self) -> Result<Option<Credit>, ConfigError> {
        self.micros.or(self.is_free.then_some(1)).map(token).transpose()
    }
}

fn place(name: &'static str, text: Option<&str>) -> Result<Place, ConfigError> {
    match text.map(str::trim) {
        None | Some("" | "on") => Ok(Place { mounted: true, listen: None }),
        Some("off") => Ok(Place::default()),
        Some(address) if address.parse::<SocketAddr>().is_ok() || address.starts_with("localhost:") => {
            Ok(Place { mounted: true, listen: Some(address.to_owned()) })
        }
        Some(_) => {
            Err(ConfigError::Text { name, reason: "must be on, off, or an address such as 127.0.0.1:8001".into() })
        }
    }
}

impl CompatConfig {
    /// Where the mount of that name is.
    #[must_use]
    pub fn place(&self, name: &str) -> Place {
        self.places.iter().find(|(known, _)| *known == name).map(|(_, place)| place.clone()).unwrap_or_default()
    }

    /// The same without the mount of that name.
    pub(crate) fn switch_off(&mut self, name: &str) {
        self.places.retain(|(known, _)| *known != name);
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(text: &str) -> Result<CompatConfig, String> {
        toml::from_str::<CompatSettings>(text).unwrap().resolve().map_err(|error| error.to_string())
    }

    #[test]
    fn mounts_are_on_unless_somebody_says_otherwise() {
        let config = of("chatbot = 'off'\nsentx = '127.0.0.1:8001'").unwrap();
        assert_eq!(config.place("chat-platform"), Place { mounted: true, listen: None });
        assert_eq!(config.place("chatbot"), Place::default());
        assert_eq!(config.place("sentx"), Place { mounted: true, listen: Some("127.0.0.1:8001".into()) });
        assert_eq!(config.place("nothing"), Place::default());
        assert_eq!(config.passwords.min_chars, 8);
    }

    #[test]
    fn tokens_are_worth_something_unless_credit_is_sold() {
        let worth = |text: &str| TokenWorth::of(&toml::from_str(text).unwrap()).credit();
        let micros = |text: &str| worth(text).unwrap().map(Credit::as_micros);
        assert_eq!((micros(""), micros("[compat]\ntoken_micros = 7")), (Some(1), Some(7)));
        assert_eq!(micros("[charging]\ncharge = 'per_token'"), None);
        assert_eq!(micros("[charging]\ncharge = 'per_token'\n[compat]\ntoken_micros = 7"), Some(7));
        assert!(worth("[compat]\ntoken_micros = 0").is_err());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        for (text, name) in [
            ("chatbot = 'maybe'", "chatbot: "),
            ("min_password_chars = 7", "compat.min_password_chars: "),
            ("token_micros = 0", "compat.token_micros: "),
            ("token_micros = 18000000000000", "compat.token_micros: "),
        ] {
            let refused = of(text).unwrap_err();
            assert!(refused.starts_with(name), "{refused}");
        }
    }
}
