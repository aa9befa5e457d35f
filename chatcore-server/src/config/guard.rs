//! What the guard at the door goes by.

use std::net::SocketAddr;

use clap::Args;
use serde::Deserialize;
use url::Url;

use super::ConfigError;
use crate::http::{AllowedHosts, ForwardedBy, GuardSettings};

/// The settings of the guard as somebody may give them; the table `[http]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct HttpSettings {
    /// Proxies that say whom a request comes from: addresses and networks (CIDR), with commas between them [default: none]
    #[arg(long, env = "CHATCORE_TRUSTED_PROXIES", value_name = "NETWORKS")]
    pub trusted_proxies: Option<String>,

    /// The header in which they say it: `x-forwarded-for` or `forwarded` [default: x-forwarded-for]
    #[arg(long, env = "CHATCORE_FORWARDED_HEADER", value_name = "NAME")]
    pub forwarded_header: Option<String>,

    /// Names that the server answers to beside its addresses and `localhost`, with commas between them: `chat.example.org`,
    /// `.example.org` with all below it, `*` for any [default: the one of the public URL; any, if there is none and the
    /// server listens beyond this machine]
    #[arg(long, env = "CHATCORE_ALLOWED_HOSTS", value_name = "NAMES")]
    pub allowed_hosts: Option<String>,

    /// Origins whose pages may talk to the server, with commas between them: `https://app.example.org`; `*` for any, without
    /// cookies [default: none]
    #[arg(long, env = "CHATCORE_CORS_ORIGINS", value_name = "ORIGINS")]
    pub cors_origins: Option<String>,

    /// How often something may be asked, in place of the usual limits: `off`, or `sign-in=20/60,read=off` (units and
    /// seconds)
    #[arg(long, env = "CHATCORE_RATE_LIMITS", value_name = "LIMITS")]
    pub rate_limits: Option<String>,
}

impl HttpSettings {
    /// The same without texts in which there is nothing.
    pub(super) fn without_blanks(mut self) -> Self {
        let texts = [
            &mut self.trusted_proxies,
            &mut self.forwarded_header,
            &mut self.allowed_hosts,
            &mut self.cors_origins,
            &mut self.rate_limits,
        ];
        for text in texts {
            text.take_if(|text| text.trim().is_empty());
        }
        self
    }

    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        Self {
            trusted_proxies: self.trusted_proxies.or(other.trusted_proxies),
            forwarded_header: self.forwarded_header.or(other.forwarded_header),
            allowed_hosts: self.allowed_hosts.or(other.allowed_hosts),
            cors_origins: self.cors_origins.or(other.cors_origins),
            rate_limits: self.rate_limits.or(other.rate_limits),
        }
    }

    pub(super) fn resolve(self, listen: &str, public_url: Option<&str>) -> Result<GuardSettings, ConfigError> {
        let text = |text: Option<String>| text.unwrap_or_default();
        let wrong = |name, error: &dyn std::fmt::Display| ConfigError::Text { name, reason: error.to_string() };
        let forwarded = match text(self.forwarded_header).trim().to_lowercase().as_str() {
            "" | "x-forwarded-for" => ForwardedBy::XForwardedFor,
            "forwarded" => ForwardedBy::Forwarded,
            _ => {
                let reason = "must be x-forwarded-for or forwarded";
                return Err(ConfigError::Value { name: "forwarded_header", reason });
            }
        };
        Ok(GuardSettings {
            proxies: text(self.trusted_proxies).parse().map_err(|error| wrong("trusted_proxies", &error))?,
            forwarded,
            hosts: hosts(self.allowed_hosts.as_deref(), listen, public_url),
            cors: text(self.cors_origins).parse().map_err(|error| wrong("cors_origins", &error))?,
            limits: text(self.rate_limits).parse().map_err(|error| wrong("rate_limits", &error))?,
        })
    }
}

/// The names that a server answers to. One that others reach and that was not told its name cannot know it.
fn hosts(allowed: Option<&str>, listen: &str, public_url: Option<&str>) -> AllowedHosts {
    let local = listen.parse::<SocketAddr>().map_or(listen.starts_with("localhost:"), |it| it.ip().is_loopback());
    let Ok(hosts) = match allowed {
        Some(names) => names.parse(),
        None if public_url.is_some() || local => Ok(AllowedHosts::loopback()),
        None => Ok(AllowedHosts::any()),
    };
    let public = public_url.and_then(|url| Url::parse(url).ok());
    match public.as_ref().and_then(Url::host_str) {
        Some(name) => hosts.and(name),
        None => hosts,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_are_known_where_they_can_be() {
        let own = |name| AllowedHosts::loopback().and(name);
        assert_eq!(hosts(None, "127.0.0.1:8000", None), AllowedHosts::loopback());
        assert_eq!(hosts(None, "[::1]:8000", None), AllowedHosts::loopback());
        assert_eq!(hosts(None, "0.0.0.0:8000", None), AllowedHosts::any());
        assert_eq!(hosts(None, "0.0.0.0:8000", Some("https://chat.test/")), own("chat.test"));
        assert_eq!(hosts(Some("a.test"), "0.0.0.0:8000", Some("https://chat.test")), own("a.test").and("chat.test"));
        assert_eq!(hosts(Some("*"), "127.0.0.1:8000", Some("https://chat.test")), AllowedHosts::any());
    }

    #[test]
    fn what_makes_no_sense_is_refused_by_name() {
        let some = |text: &str| Some(text.to_owned());
        let rows = [
            (HttpSettings { trusted_proxies: some("proxy"), ..HttpSettings::default() }, "trusted_proxies"),
            (HttpSettings { forwarded_header: some("via"), ..HttpSettings::default() }, "forwarded_header"),
            (HttpSettings { cors_origins: some("app.test"), ..HttpSettings::default() }, "cors_origins"),
            (HttpSettings { rate_limits: some("read"), ..HttpSettings::default() }, "rate_limits"),
        ];
        for (settings, name) in rows {
            let refused = settings.resolve("127.0.0.1:8000", None).unwrap_err().to_string();
            assert!(refused.starts_with(name), "{refused}");
        }
    }
}
