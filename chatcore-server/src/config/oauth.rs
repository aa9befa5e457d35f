//! The providers at which people may sign in: those of the table in the file, and those that a key brings.

use chatcore::account::oauth::is_secure;
use clap::Args;
use secrecy::{ExposeSecret, SecretString};
use serde::Deserialize;

use super::ConfigError;

/// What a provider speaks.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OAuthKind {
    /// OpenID Connect, with Google's addresses.
    Google,
    /// OAuth 2.0 with a profile, as X has it.
    Twitter,
    /// OpenID Connect.
    Oidc,
}

/// One row of the table `[[oauth]]`.
///
/// ```toml
/// [[oauth]]
/// name = "corp"                                # the name in addresses and accounts; it must not change
/// kind = "oidc"                                # google, twitter or oidc
/// issuer = "https://id.example.org"            # what the provider calls itself; its addresses are found there
/// client_id = "chat"
/// client_secret = "..."                        # none for a public client
/// scopes = ["openid", "email", "profile"]
/// redirect_uris = ["https://chat.example.org/api/v1/auth/oauth/corp/callback"]
/// ```
#[derive(Debug, Clone, Deserialize)]
#[serde(deny_unknown_fields)]
pub struct OAuthEntry {
    /// The name in addresses and accounts.
    pub name: String,
    /// What it speaks.
    pub kind: OAuthKind,
    /// Who this server is there.
    pub client_id: String,
    /// How this server proves it.
    pub client_secret: Option<SecretString>,
    /// What it calls itself.
    pub issuer: Option<String>,
    /// Where browsers are sent; found if not given.
    pub authorization_endpoint: Option<String>,
    /// Where codes are redeemed; found if not given.
    pub token_endpoint: Option<String>,
    /// Where its keys are; found if not given.
    pub jwks_uri: Option<String>,
    /// Where X says who somebody is.
    pub userinfo_endpoint: Option<String>,
    /// What is asked for.
    pub scopes: Option<Vec<String>>,
    /// Where it may send browsers; the server's own callback if not given.
    #[serde(default)]
    pub redirect_uris: Vec<String>,
}

impl OAuthEntry {
    fn of_key(name: &str, kind: OAuthKind, client_id: String, client_secret: Option<SecretString>) -> Self {
        Self {
            name: name.to_owned(),
            kind,
            client_id,
            client_secret,
            issuer: None,
            authorization_endpoint: None,
            token_endpoint: None,
            jwks_uri: None,
            userinfo_endpoint: None,
            scopes: None,
            redirect_uris: Vec::new(),
        }
    }

    /// What it calls itself.
    #[must_use]
    pub fn issuer(&self) -> &str {
        self.issuer.as_deref().unwrap_or(match self.kind {
            OAuthKind::Google => "https://accounts.google.com",
            OAuthKind::Twitter => "https://x.com",
            OAuthKind::Oidc => "",
        })
    }

    /// What is asked for.
    #[must_use]
    pub fn scopes(&self) -> Vec<&str> {
        match &self.scopes {
            Some(scopes) => scopes.iter().map(String::as_str).collect(),
            None if self.kind == OAuthKind::Twitter => vec!["users.read", "tweet.read"],
            None => vec!["openid", "email", "profile"],
        }
    }

    fn check(&self) -> Result<(), ConfigError> {
        let broken = |reason: &str| Err(ConfigError::OAuth { name: self.name.clone(), reason: reason.to_owned() });
        let letter = |byte: u8| byte.is_ascii_lowercase() || byte.is_ascii_digit() || byte == b'-';
        if self.name.is_empty() || !self.name.bytes().all(letter) {
            return broken("must have a name of small letters, digits and dashes");
        }
        if self.client_id.trim().is_empty() {
            return broken("needs a client_id");
        }
        if self.issuer().is_empty() {
            return broken("needs an issuer");
        }
        if self.redirect_uris.is_empty() {
            return broken("needs redirect_uris, or the setting public_url with an https address");
        }
        let endpoints = [&self.issuer, &self.authorization_endpoint, &self.token_endpoint, &self.jwks_uri];
        let mut urls = endpoints.into_iter().chain([&self.userinfo_endpoint]).flatten().chain(&self.redirect_uris);
        if urls.all(|url| is_secure(url)) { Ok(()) } else { broken("has an address that is not https") }
    }
}

/// The providers of a server.
#[derive(Debug, Clone, Default)]
pub struct OAuthConfig {
    /// Each once.
    pub providers: Vec<OAuthEntry>,
    /// Where browsers may go in the end.
    pub return_urls: Vec<String>,
}

/// Keys of providers that need no table, in the environment.
#[derive(Debug, Clone, Default, Args)]
pub struct OAuthKeys {
    /// Client id at Google, to sign in there
    #[arg(long, env = "GOOGLE_CLIENT_ID", value_name = "ID")]
    pub google_client_id: Option<String>,

    /// Client secret at Google
    #[arg(long, env = "GOOGLE_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub google_client_secret: Option<SecretString>,

    /// Client id at X (Twitter), to sign in there
    #[arg(long, env = "TWITTER_CLIENT_ID", value_name = "ID")]
    pub twitter_client_id: Option<String>,

    /// Client secret at X
    #[arg(long, env = "TWITTER_CLIENT_SECRET", value_name = "SECRET", hide_env_values = true)]
    pub twitter_client_secret: Option<SecretString>,

    /// The same, as other programs call them
    #[arg(long, env = "GOOGLE_OAUTH2_KEY", value_name = "ID", hide = true)]
    pub google_oauth2_key: Option<String>,
    #[arg(long, env = "GOOGLE_OAUTH2_SECRET", value_name = "SECRET", hide = true, hide_env_values = true)]
    #[expect(missing_docs, reason = "the second of four that say the same")]
    pub google_oauth2_secret: Option<SecretString>,
    #[arg(long, env = "TWITTER_OAUTH2_KEY", value_name = "ID", hide = true)]
    #[expect(missing_docs, reason = "the third of four that say the same")]
    pub twitter_oauth2_key: Option<String>,
    #[arg(long, env = "TWITTER_OAUTH2_SECRET", value_name = "SECRET", hide = true, hide_env_values = true)]
    #[expect(missing_docs, reason = "the fourth of four that say the same")]
    pub twitter_oauth2_secret: Option<SecretString>,

    /// Addresses, with commas between them, to which browsers may go after a sign-in at another provider
    #[arg(long, env = "CHATCORE_OAUTH_RETURN_URLS", value_name = "URLS")]
    pub oauth_return_urls: Option<String>,

    /// A page of a front end that providers may send browsers to, as other programs call it
    #[arg(long, env = "SOCIAL_AUTH_LOGIN_REDIRECT_URL", value_name = "URL", hide = true)]
    pub social_auth_login_redirect_url: Option<String>,

    /// The page of a front end for sign-ins that failed, as other programs call it
    #[arg(long, env = "SOCIAL_AUTH_LOGIN_ERROR_URL", value_name = "URL", hide = true)]
    pub social_auth_login_error_url: Option<String>,
}

impl OAuthKeys {
    /// The providers of the table, and those of keys whose name the table does not have. `server` is how browsers reach
    /// this server.
    pub(super) fn with(self, table: Vec<OAuthEntry>, server: &str) -> Result<OAuthConfig, ConfigError> {
        let text = |text: Option<String>| text.filter(|text| !text.trim().is_empty());
        let secret = |secret: Option<SecretString>| secret.filter(|it| !it.expose_secret().trim().is_empty());
        let google = text(self.google_client_id).or(text(self.google_oauth2_key));
        let google_secret = secret(self.google_client_secret).or(secret(self.google_oauth2_secret));
        let twitter = text(self.twitter_client_id).or(text(self.twitter_oauth2_key));
        let twitter_secret = secret(self.twitter_client_secret).or(secret(self.twitter_oauth2_secret));
        let of_keys = [
            google.map(|id| OAuthEntry::of_key("google", OAuthKind::Google, id, google_secret)),
            twitter.map(|id| OAuthEntry::of_key("twitter", OAuthKind::Twitter, id, twitter_secret)),
        ];
        let page = text(self.social_auth_login_redirect_url);
        let mut providers = table;
        for entry in of_keys.into_iter().flatten() {
            if providers.iter().all(|known| known.name != entry.name) {
                providers.push(entry);
            }
        }
        for entry in &mut providers {
            let own = format!("{}/api/v1/auth/oauth/{}/callback", server.trim_end_matches('/'), entry.name);
            if entry.redirect_uris.is_empty() {
                // a front end of another system knows its own way back
                let mounts: &[&str] = match entry.name.as_str() {
                    "google" => &["django-chat/auth/google/callback/", "sentx/api/auth/users/social/google-oauth2/"],
                    "twitter" => &["sentx/api/auth/users/social/twitter-oauth2/"],
                    _ => &[],
                };
                let mounts = mounts.iter().map(|way| format!("{}/compat/{way}", server.trim_end_matches('/')));
                let urls = [Some(own), page.clone()].into_iter().flatten().chain(mounts);
                entry.redirect_uris = urls.filter(|url| is_secure(url)).collect();
            }
            entry.check()?;
        }
        check_names(&providers)?;
        let listed = self.oauth_return_urls.unwrap_or_default();
        let listed = listed.split(',').map(|url| url.trim().to_owned()).filter(|url| !url.is_empty());
        let listed = listed.chain(page).chain(text(self.social_auth_login_error_url));
        // the chat page needs no setting, where there is somebody to come back from
        let page = format!("{}/", server.trim_end_matches('/'));
        let own = Some(page).filter(|url| !providers.is_empty() && is_secure(url));
        let return_urls: Vec<String> = listed.chain(own).collect();
        if !return_urls.iter().all(|url| is_secure(url)) {
            return Err(ConfigError::Value { name: "oauth_return_urls", reason: "must be https addresses" });
        }
        Ok(OAuthConfig { providers, return_urls })
    }
}

fn check_names(providers: &[OAuthEntry]) -> Result<(), ConfigError> {
    let twice = |(at, entry): &(usize, &OAuthEntry)| providers.iter().take(*at).any(|other| other.name == entry.name);
    match providers.iter().enumerate().find(twice) {
        Some((_, entry)) => Err(ConfigError::OAuth { name: entry.name.clone(), reason: "is there twice".to_owned() }),
        None => Ok(()),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn config(text: &str, keys: OAuthKeys) -> Result<OAuthConfig, String> {
        let settings = Settings { oauth_keys: keys, ..toml::from_str(text).unwrap() };
        settings.resolve().map(|config| config.oauth).map_err(|error| error.to_string())
    }

    const ROW: &str = "[[oauth]]\nname = 'corp'\nkind = 'oidc'\nclient_id = 'c'\nissuer = 'https://id.example.org'\n";

    #[test]
    fn a_key_in_the_environment_brings_its_provider() {
        let some = |text: &str| Some(text.to_owned());
        let keys = OAuthKeys {
            google_client_id: some(" "),
            google_oauth2_key: some("g"),
            google_oauth2_secret: Some("s".to_owned().into()),
            twitter_client_id: some("t"),
            social_auth_login_redirect_url: some("http://localhost:5173/auth/google/callback"),
            oauth_return_urls: some("https://a.example/, https://b.example/"),
            ..OAuthKeys::default()
        };
        let config = config("public_url = 'https://chat.example.org/'", keys).unwrap();
        let [google, twitter] = &config.providers[..] else { unreachable!("two keys") };
        assert_eq!(
            (&*google.name, &*google.client_id, google.issuer()),
            ("google", "g", "https://accounts.google.com")
        );
        assert_eq!(google.client_secret.as_ref().unwrap().expose_secret(), "s");
        let own = "https://chat.example.org/api/v1/auth/oauth/google/callback";
        let mount = "https://chat.example.org/compat/django-chat/auth/google/callback/";
        let other = "https://chat.example.org/compat/sentx/api/auth/users/social/google-oauth2/";
        assert_eq!(google.redirect_uris, [own, "http://localhost:5173/auth/google/callback", mount, other]);
        assert_eq!((&*twitter.name, twitter.scopes()), ("twitter", vec!["users.read", "tweet.read"]));
        assert_eq!(config.return_urls.len(), 4);
        assert_eq!(config.return_urls[3], "https://chat.example.org/", "the own page");
        assert!(!format!("{google:?}").contains("\"s\""), "secrets do not print");
    }

    #[test]
    fn the_table_comes_before_the_keys() {
        let keys = OAuthKeys { google_client_id: Some("key".to_owned()), ..OAuthKeys::default() };
        let row = "[[oauth]]\nname = 'google'\nkind = 'google'\nclient_id = 'table'";
        let config = config(row, keys).unwrap();
        assert_eq!(config.providers.len(), 1);
        assert_eq!(config.providers[0].client_id, "table");
        let own = [
            "http://127.0.0.1:8000/api/v1/auth/oauth/google/callback",
            "http://127.0.0.1:8000/compat/django-chat/auth/google/callback/",
            "http://127.0.0.1:8000/compat/sentx/api/auth/users/social/google-oauth2/",
        ];
        assert_eq!(config.providers[0].redirect_uris, own);
    }

    #[test]
    fn providers_that_make_no_sense_are_refused_by_name() {
        let keys = OAuthKeys::default;
        for (text, reason) in [
            (ROW.replace("'corp'", "'Corp!'"), "must have a name of small letters, digits and dashes"),
            (ROW.replace("'c'", "' '"), "needs a client_id"),
            (ROW.replace("issuer", "# issuer"), "needs an issuer"),
            (format!("{ROW}redirect_uris = ['http://chat.example.org/']"), "has an address that is not https"),
            (format!("{ROW}jwks_uri = 'http://id.example.org/jwks'"), "has an address that is not https"),
            (format!("listen = '0.0.0.0:8000'\n{ROW}"), "needs redirect_uris"),
            (format!("{ROW}{ROW}"), "is there twice"),
        ] {
            let error = config(&text, keys()).unwrap_err();
            assert!(error.starts_with("oauth provider `") && error.contains(reason), "{error}");
        }
        let urls = OAuthKeys { oauth_return_urls: Some("http://a.example".to_owned()), ..keys() };
        assert!(config("", urls).unwrap_err().starts_with("oauth_return_urls"));
        let none = config("", keys()).unwrap();
        assert!(none.providers.is_empty() && none.return_urls.is_empty());
    }
}
