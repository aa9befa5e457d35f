//! Who carries mail.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::ConfigError;
use crate::mail::{Sender, SmtpServer};

/// The settings of mail as somebody may give them; the table `[mail]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The server that takes mail: `smtps://<user>:<password>@<host>` (TLS), or `smtp://<user>:<password>@<host>`
    /// (STARTTLS; none on this machine, or with `?tls=off`) [default: none, and no mail is sent]
    #[arg(long, env = "CHATCORE_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// Whom mail comes from: `Chat <chat@example.org>`
    #[arg(id = "mail_from", long = "mail-from", env = "CHATCORE_MAIL_FROM", value_name = "ADDRESS")]
    pub from: Option<String>,
}

/// Who carries mail, and whom it comes from.
#[derive(Debug, Clone)]
pub struct MailConfig {
    /// The server that takes it.
    pub server: SmtpServer,
    /// Whom it comes from.
    pub from: Sender,
}

impl MailSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        self.smtp_url.take_if(|url| url.expose_secret().trim().is_empty());
        self.from.take_if(|from| from.trim().is_empty());
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self { smtp_url: self.smtp_url.or(other.smtp_url), from: self.from.or(other.from) }
    }

    pub(super) fn resolve(self) -> Result<Option<MailConfig>, ConfigError> {
        let Some(url) = self.smtp_url else { return Ok(None) };
        // the URL is not repeated: it may hold a password
        let server = url.expose_secret().trim().parse();
        let server = server.map_err(|error: crate::mail::SmtpUrlError| ConfigError::Text {
            name: "smtp_url",
            reason: error.to_string(),
        })?;
        let missing = ConfigError::Value { name: "mail_from", reason: "is needed beside smtp_url" };
        let from = self.from.ok_or(missing)?.parse();
        let from = from.map_err(|_| ConfigError::Value { name: "mail_from", reason: "is not an address" })?;
        Ok(Some(MailConfig { server, from }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, from: &str) -> MailSettings {
        MailSettings { smtp_url: Some(url.to_owned().into()), from: Some(from.to_owned()) }.without_blanks()
    }

    #[test]
    fn mail_needs_both_and_a_password_is_not_repeated() {
        assert!(settings("", "chat@example.org").resolve().unwrap().is_none());
        assert!(settings("smtps://a:b@mail.test", "Chat <chat@example.org>").resolve().unwrap().is_some());
        let rows = [
            ("smtps://a:hunter2@mail.test", "", "mail_from"),
            ("smtps://a:hunter2@mail.test", "nobody", "mail_from"),
            ("http://a:hunter2@mail.test", "chat@example.org", "smtp_url"),
        ];
        for (url, from, name) in rows {
            let refused = settings(url, from).resolve().unwrap_err().to_string();
            assert!(refused.starts_with(name) && !refused.contains("hunter2"), "{refused}");
        }
        let known = format!("{:?}", settings("smtps://a:hunter2@mail.test", "chat@example.org").resolve());
        assert!(!known.contains("hunter2"), "{known}");
    }
}
