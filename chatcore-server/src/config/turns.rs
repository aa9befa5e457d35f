//! What a server does around an answer: who names conversations, which tools models may call.

use super::ConfigError;

/// Who names conversations.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum TitlesConfig {
    /// A model where there is one, the first words otherwise.
    Usual,
    /// Nobody.
    Off,
    /// The first words.
    Words,
    /// The model that answered.
    Model,
    /// This model.
    Named(String),
}

impl TitlesConfig {
    pub(super) fn of(text: Option<String>) -> Self {
        match text.as_deref() {
            None => Self::Usual,
            Some("off") => Self::Off,
            Some("words") => Self::Words,
            Some("model") => Self::Model,
            Some(name) => Self::Named(name.to_owned()),
        }
    }
}

/// A tool that comes with the server.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ToolName {
    /// Tells the time.
    CurrentTime,
}

impl ToolName {
    pub(super) fn list(text: Option<String>) -> Result<Vec<Self>, ConfigError> {
        let text = text.unwrap_or_default();
        let names = text.split(',').map(str::trim).filter(|name| !name.is_empty());
        names
            .map(|name| match name {
                "current_time" => Ok(Self::CurrentTime),
                _ => Err(ConfigError::Value { name: "tools", reason: "may only name `current_time`" }),
            })
            .collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn tools_are_known_by_name() {
        assert_eq!(ToolName::list(Some(" current_time ,".into())).unwrap(), [ToolName::CurrentTime]);
        assert_eq!(ToolName::list(None).unwrap(), []);
        assert!(ToolName::list(Some("shell".into())).is_err());
    }

    #[test]
    fn a_word_that_is_no_other_is_a_model() {
        assert_eq!(TitlesConfig::of(Some("words".into())), TitlesConfig::Words);
        assert_eq!(TitlesConfig::of(Some("small".into())), TitlesConfig::Named("small".into()));
    }
}
