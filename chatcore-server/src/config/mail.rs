//! Who carries mail.

use std::path::{Path, PathBuf};

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::ConfigError;
use crate::mail::{Authorities, Sender, SmtpServer};

/// The settings of mail as somebody may give them; the table `[mail]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct MailSettings {
    /// The server that takes mail: `smtps://<user>:<password>@<host>` (TLS), or `smtp://<user>:<password>@<host>`
    /// (STARTTLS; none on this machine, or with `?tls=off`) [default: none, and no mail is sent]
    #[arg(long, env = "CHATCORE_SMTP_URL", value_name = "URL", hide_env_values = true)]
    pub smtp_url: Option<SecretString>,

    /// Certificates (PEM) of the authorities that the server's may come from, beside those whom the system trusts
    #[arg(long, env = "CHATCORE_SMTP_CA_FILE", value_name = "FILE")]
    pub smtp_ca_file: Option<PathBuf>,

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
        self.smtp_ca_file.take_if(|file| file.as_os_str().is_empty());
        self.from.take_if(|from| from.trim().is_empty());
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            smtp_url: self.smtp_url.or(other.smtp_url),
            smtp_ca_file: self.smtp_ca_file.or(other.smtp_ca_file),
            from: self.from.or(other.from),
        }
    }

    pub(super) fn resolve(self) -> Result<Option<MailConfig>, ConfigError> {
        let Some(url) = self.smtp_url else { return Ok(None) };
        // the URL is not repeated: it may hold a password
        let server: Result<SmtpServer, _> = url.expose_secret().trim().parse();
        let server = server.map_err(|error: crate::mail::SmtpUrlError| ConfigError::Text {
            name: "smtp_url",
            reason: error.to_string(),
        })?;
        let server = match self.smtp_ca_file {
            Some(file) => trusting(server, &file)?,
            None => server,
        };
        let missing = ConfigError::Value { name: "mail_from", reason: "is needed beside smtp_url" };
        let from = self.from.ok_or(missing)?.parse();
        let from = from.map_err(|_| ConfigError::Value { name: "mail_from", reason: "is not an address" })?;
        Ok(Some(MailConfig { server, from }))
    }
}

/// The server, with the authorities of a file.
fn trusting(server: SmtpServer, file: &Path) -> Result<SmtpServer, ConfigError> {
    if !server.is_encrypted() {
        return Err(ConfigError::Value { name: "smtp_ca_file", reason: "is of no use: smtp_url says no TLS" });
    }
    let path = || file.display().to_string();
    let pem = std::fs::read(file).map_err(|source| ConfigError::Read { path: path(), source })?;
    let authorities = Authorities::from_pem(&pem)
        .map_err(|error| ConfigError::Text { name: "smtp_ca_file", reason: format!("{} {error}", path()) })?;
    Ok(server.trusting(authorities))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(url: &str, from: &str) -> MailSettings {
        MailSettings { smtp_url: Some(url.to_owned().into()), from: Some(from.to_owned()), ..MailSettings::default() }
            .without_blanks()
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
        let file = tempfile::NamedTempFile::new().unwrap();
        let with = |url: &str, file: &Path| {
            let settings = MailSettings { smtp_ca_file: Some(file.to_owned()), ..settings(url, "chat@example.org") };
            settings.resolve().unwrap_err().to_string()
        };
        let (none, encrypted) = (Path::new("no/such.pem"), "smtps://a:hunter2@mail.test");
        assert_eq!(with(encrypted, none), "failed to read no/such.pem");
        assert!(with(encrypted, file.path()).ends_with("holds no certificates as PEM"));
        assert!(with("smtp://localhost", file.path()).contains("no use"));
        let known = format!("{:?}", settings("smtps://a:hunter2@mail.test", "chat@example.org").resolve());
        assert!(!known.contains("hunter2"), "{known}");
    }
}
