//! The ways in beside passwords and providers: visitors and wallets.

use std::net::SocketAddr;

use chatcore::account::wallet::Site;
use clap::Args;
use serde::Deserialize;
use url::Url;

use super::ConfigError;
use crate::http::Cors;

/// The ways in as somebody may give them; the table `[sign_in]` in the file.
#[derive(Debug, Clone, Default, Args, Deserialize)]
#[serde(default, deny_unknown_fields)]
pub struct SignInSettings {
    /// Whether people may chat without an account: `on` or `off` [default: off]
    #[arg(long, env = "CHATCORE_VISITORS", value_name = "SWITCH")]
    pub visitors: Option<String>,

    /// Whether people may sign in with an Ethereum wallet: `on` or `off` [default: on, if the server knows the address of its
    /// pages]
    #[arg(long, env = "CHATCORE_WALLETS", value_name = "SWITCH")]
    pub wallets: Option<String>,
}

/// The ways in as they are.
#[derive(Debug, Clone, Default)]
pub struct SignInConfig {
    /// Whether people may chat without an account.
    pub visitors: bool,
    /// Where people sign in with wallets: the message that a wallet signs is for one of these. None, and nobody does.
    pub sites: Vec<Site>,
}

impl SignInSettings {
    /// These settings, and those of `other` where these say nothing.
    pub(super) fn or(self, other: Self) -> Self {
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        Self { visitors: text(self.visitors).or(other.visitors), wallets: text(self.wallets).or(other.wallets) }
    }

    pub(super) fn resolve(
        self,
        listen: &str,
        public_url: Option<&str>,
        cors: &Cors,
    ) -> Result<SignInConfig, ConfigError> {
        let wallets = switch("wallets", self.wallets.as_deref())?;
        let sites = if wallets == Some(false) { Vec::new() } else { sites(listen, public_url, cors) };
        if wallets == Some(true) && sites.is_empty() {
            let reason = "needs the setting public_url: a wallet signs for the address of a page";
            return Err(ConfigError::Value { name: "wallets", reason });
        }
        Ok(SignInConfig { visitors: switch("visitors", self.visitors.as_deref())?.unwrap_or(false), sites })
    }
}

fn switch(name: &'static str, text: Option<&str>) -> Result<Option<bool>, ConfigError> {
    match text.map(|text| text.trim().to_lowercase()).as_deref() {
        None | Some("") => Ok(None),
        Some("on" | "true" | "1") => Ok(Some(true)),
        Some("off" | "false" | "0") => Ok(Some(false)),
        Some(_) => Err(ConfigError::Value { name, reason: "must be `on` or `off`" }),
    }
}

/// The origins of the pages where people sign in: the server's own and those that may talk to it. Never a name that a
/// request brings, which may be that of somebody who stands in between (EIP-4361, "Wallet implementer steps").
fn sites(listen: &str, public_url: Option<&str>, cors: &Cors) -> Vec<Site> {
    let own = public_url.and_then(|url| Url::parse(url).ok()).map(|url| url.origin().ascii_serialization());
    let origins = match own {
        Some(own) => vec![own],
        None => local(listen),
    };
    let origins = origins.into_iter().chain(cors.origins().map(str::to_owned));
    origins.filter_map(|origin| origin.parse().ok()).collect()
}

/// The names of a server that this machine alone reaches.
fn local(listen: &str) -> Vec<String> {
    let Some((host, port)) = listen.rsplit_once(':') else { return Vec::new() };
    let is_local = listen.parse::<SocketAddr>().map_or(host == "localhost", |it| it.ip().is_loopback());
    let names = [host, "localhost"];
    let names = if host == "localhost" { &names[1..] } else { &names[..] };
    if is_local { names.iter().map(|name| format!("http://{name}:{port}")).collect() } else { Vec::new() }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn origins(listen: &str, public_url: Option<&str>, cors: &str) -> Vec<String> {
        let sites = sites(listen, public_url, &cors.parse().unwrap());
        sites.into_iter().map(|site| site.uri().unwrap().to_string()).collect()
    }

    #[test]
    fn people_sign_in_where_the_pages_are() {
        assert_eq!(origins("127.0.0.1:8000", None, ""), ["http://127.0.0.1:8000", "http://localhost:8000"]);
        assert_eq!(origins("[::1]:8000", None, ""), ["http://[::1]:8000", "http://localhost:8000"]);
        assert_eq!(origins("localhost:8000", None, ""), ["http://localhost:8000"]);
        assert!(origins("0.0.0.0:8000", None, "*").is_empty(), "it does not know its name");
        let page = ["https://chat.test:8443", "https://app.test"];
        assert_eq!(origins("0.0.0.0:8000", Some("https://chat.test:8443/x/"), "https://app.test"), page);
        assert_eq!(origins("127.0.0.1:8000", Some("https://chat.test:443"), ""), ["https://chat.test"]);
    }

    #[test]
    fn switches_are_on_or_off() {
        let resolve = |visitors: &str, wallets: &str, listen: &str| {
            let settings = SignInSettings { visitors: Some(visitors.to_owned()), wallets: Some(wallets.to_owned()) };
            settings.resolve(listen, None, &Cors::default()).map_err(|error| error.to_string())
        };
        let here = "127.0.0.1:8000";
        assert!(!resolve("", "", here).unwrap().visitors, "off if nobody says");
        let on = resolve("ON", "off", here).unwrap();
        assert!(on.visitors && on.sites.is_empty());
        assert!(resolve("maybe", "", here).unwrap_err().starts_with("visitors must be"));
        assert!(resolve("", "on", "0.0.0.0:8000").unwrap_err().starts_with("wallets needs"));
        assert!(resolve("", "", "0.0.0.0:8000").unwrap().sites.is_empty());
    }
}
