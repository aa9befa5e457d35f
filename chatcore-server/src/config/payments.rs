//! Who takes the money.

use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;
use url::{Host, Url};

use super::ConfigError;

/// The settings of payments as somebody may give them; the table `[payments]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct PaymentSettings {
    /// Key of the Stripe API: a secret or a restricted one [default: none, and nobody can pay]
    #[arg(long, env = "STRIPE_SECRET_KEY", value_name = "KEY", hide_env_values = true)]
    pub stripe_secret_key: Option<SecretString>,

    /// What Stripe signs its webhooks with; several, with commas between them, while one takes the place of another
    #[arg(long, env = "STRIPE_WEBHOOK_SECRET", value_name = "SECRETS", hide_env_values = true)]
    pub stripe_webhook_secret: Option<SecretString>,

    /// Address of the Stripe API, or of a server that speaks it [default: https://api.stripe.com]
    #[arg(long, env = "STRIPE_API_BASE", value_name = "URL")]
    pub stripe_api_base: Option<String>,
}

/// An account at Stripe.
#[derive(Debug, Clone)]
pub struct StripeConfig {
    /// The key of the API.
    pub secret_key: SecretString,
    /// The secrets with which webhooks are signed: one at least, and none that is empty.
    pub webhook_secrets: Vec<SecretString>,
    /// Where the API is, if it is not Stripe's own.
    pub api_base: Option<String>,
}

impl PaymentSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        for secret in [&mut self.stripe_secret_key, &mut self.stripe_webhook_secret] {
            secret.take_if(|secret| secret.expose_secret().trim().is_empty());
        }
        self.stripe_api_base.take_if(|url| url.trim().is_empty());
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            stripe_secret_key: self.stripe_secret_key.or(other.stripe_secret_key),
            stripe_webhook_secret: self.stripe_webhook_secret.or(other.stripe_webhook_secret),
            stripe_api_base: self.stripe_api_base.or(other.stripe_api_base),
        }
    }

    pub(super) fn resolve(self) -> Result<Option<StripeConfig>, ConfigError> {
        let wrong = |name, reason| Err(ConfigError::Value { name, reason });
        let (key, secrets) = match (self.stripe_secret_key, self.stripe_webhook_secret) {
            (None, None) => return Ok(None),
            (Some(key), Some(secrets)) => (key, secrets),
            // without the one nobody can pay, without the other nobody learns that somebody has
            (None, Some(_)) => return wrong("stripe_secret_key", "is needed beside stripe_webhook_secret"),
            (Some(_), None) => return wrong("stripe_webhook_secret", "is needed beside stripe_secret_key"),
        };
        let key = key.expose_secret().trim();
        if !key.bytes().all(|byte| byte.is_ascii_graphic()) {
            return wrong("stripe_secret_key", "must be one word");
        }
        let webhook_secrets: Vec<SecretString> =
            secrets.expose_secret().split(',').map(|secret| secret.trim().to_owned().into()).collect();
        if webhook_secrets.iter().any(|secret| secret.expose_secret().is_empty()) {
            return wrong("stripe_webhook_secret", "must not have an empty secret among others");
        }
        if self.stripe_api_base.as_deref().is_some_and(|base| !is_safe(base.trim())) {
            return wrong("stripe_api_base", "must be an https address, or one on this machine");
        }
        let api_base = self.stripe_api_base.map(|base| base.trim().to_owned());
        Ok(Some(StripeConfig { secret_key: key.to_owned().into(), webhook_secrets, api_base }))
    }
}

/// Whether a key may be sent there.
fn is_safe(address: &str) -> bool {
    let Ok(url) = Url::parse(address) else { return false };
    let is_local = match url.host() {
        Some(Host::Domain(name)) => name == "localhost",
        Some(Host::Ipv4(ip)) => ip.is_loopback(),
        Some(Host::Ipv6(ip)) => ip.is_loopback(),
        None => false,
    };
    let is_plain = url.query().is_none() && url.fragment().is_none() && url.username().is_empty();
    is_plain && (url.scheme() == "https" || (url.scheme() == "http" && is_local))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn settings(key: &str, secrets: &str, base: &str) -> PaymentSettings {
        let settings = PaymentSettings {
            stripe_secret_key: Some(key.to_owned().into()),
            stripe_webhook_secret: Some(secrets.to_owned().into()),
            stripe_api_base: Some(base.to_owned()),
        };
        settings.without_blanks()
    }

    #[test]
    fn stripe_needs_a_key_and_secrets() {
        assert!(settings(" ", "", "").resolve().unwrap().is_none());
        let config = settings(" sk_test_hunter2 ", "whsec_1, whsec_2", "").resolve().unwrap().unwrap();
        assert_eq!(config.secret_key.expose_secret(), "sk_test_hunter2");
        let secrets: Vec<&str> = config.webhook_secrets.iter().map(ExposeSecret::expose_secret).collect();
        assert_eq!((secrets, config.api_base.as_deref()), (vec!["whsec_1", "whsec_2"], None));
        let known = format!("{config:?}");
        assert!(!known.contains("hunter2") && !known.contains("whsec"), "{known}");
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_being_repeated() {
        let rows = [
            ("sk_hunter2", "", "", "stripe_webhook_secret"),
            ("", "whsec_hunter2", "", "stripe_secret_key"),
            ("sk hunter2", "whsec", "", "stripe_secret_key"),
            ("sk", "whsec_hunter2,", "", "stripe_webhook_secret"),
            ("sk", ", ,", "", "stripe_webhook_secret"),
            ("sk", "whsec", "http://stripe.example.org", "stripe_api_base"),
            ("sk", "whsec", "ftp://127.0.0.1", "stripe_api_base"),
            ("sk", "whsec", "https://user:hunter2@stripe.example.org", "stripe_api_base"),
            ("sk", "whsec", "stripe", "stripe_api_base"),
        ];
        for (key, secrets, base, name) in rows {
            let refused = settings(key, secrets, base).resolve().unwrap_err().to_string();
            assert!(refused.starts_with(name) && !refused.contains("hunter2"), "{refused}");
        }
        for base in ["https://stripe.example.org/", "http://127.0.0.1:12111", "http://[::1]:1/", "http://localhost:1"] {
            assert!(settings("sk", "whsec", base).resolve().unwrap().is_some(), "{base}");
        }
    }
}
