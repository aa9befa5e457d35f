//! Names that other chat servers, and the platforms that run servers, give to settings. Who comes from one of them keeps
//! their environment: each name has an effect here, or a line in the log says why it has none.

use std::ffi::OsStr;

use toml::{Table, Value};
use url::Url;

use super::{ConfigError, Settings};

/// What a variable with another system's name does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Effect {
    /// It says what this setting says, by the setting's key in the file.
    Says(&'static str),
    /// Together with its kind it says what this setting says.
    PartOf(&'static str),
    /// It is a name of ours, too.
    Own,
    /// Nothing, for this reason.
    Nothing(&'static str),
}

const REDIS: Effect = Effect::Nothing("nothing is kept in Redis: the store does all that it would");

/// All such names, with what they do.
pub const INHERITED: &[(&str, Effect)] = &[
    ("SECRET_KEY", Effect::Says("secret")),
    ("DEBUG", Effect::Nothing("errors never show what is inside; CHATCORE_LOG=debug says more in the log")),
    ("ENVIRONMENT", Effect::Nothing("there is one way to run; settings say what differs")),
    ("ALLOWED_HOSTS", Effect::Says("http.allowed_hosts")),
    ("CORS_ALLOWED_ORIGINS", Effect::Says("http.cors_origins")),
    ("CORS_ALLOW_CREDENTIALS", Effect::Nothing("origins that are named may send credentials, and no others")),
    ("FRONTEND_URL", Effect::PartOf("http.cors_origins")),
    ("DATABASE_URL", Effect::Own),
    ("POSTGRES_HOST", Effect::PartOf("store")),
    ("POSTGRES_PORT", Effect::PartOf("store")),
    ("POSTGRES_DB", Effect::PartOf("store")),
    ("POSTGRES_USER", Effect::PartOf("store")),
    ("POSTGRES_PASSWORD", Effect::PartOf("store")),
    ("REDIS_HOST", REDIS),
    ("REDIS_PORT", REDIS),
    ("REDIS_PASSWORD", REDIS),
    ("REDIS_URL", REDIS),
    ("OPENAI_API_KEY", Effect::Own),
    ("OPENAI_BASE_URL", Effect::Own),
    ("OPENAI_DEFAULT_MODEL", Effect::Own),
    ("ANTHROPIC_API_KEY", Effect::Own),
    ("SENTX_SECRET_KEY", Effect::Says("openai_api_key")),
    ("STRIPE_API_KEY", Effect::Says("payments.stripe_secret_key")),
    ("STRIPE_WEBHOOK_SECRET", Effect::Own),
    ("STRIPE_PUBLISHABLE_KEY", Effect::Nothing("people pay on Stripe's own page, which knows it")),
    ("GOOGLE_OAUTH2_KEY", Effect::Own),
    ("GOOGLE_OAUTH2_SECRET", Effect::Own),
    ("TWITTER_OAUTH2_KEY", Effect::Own),
    ("TWITTER_OAUTH2_SECRET", Effect::Own),
    ("SOCIAL_AUTH_LOGIN_REDIRECT_URL", Effect::Own),
    ("SOCIAL_AUTH_LOGIN_ERROR_URL", Effect::Own),
    ("JWT_ALGORITHM", Effect::Own),
    ("JWT_PRIVATE_KEY_PATH", Effect::Own),
    ("JWT_PUBLIC_KEY_PATH", Effect::Own),
    ("JWT_EXPIRE_ACCESS", Effect::Says("access_token_seconds")),
    ("EMAIL_HOST", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_SMTP_SERVER", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_PORT", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_HOST_USER", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_HOST_PASSWORD", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_ADDRESS", Effect::PartOf("mail.smtp_url")),
    ("EMAIL_PASSWORD", Effect::PartOf("mail.smtp_url")),
    ("DEFAULT_FROM_EMAIL", Effect::Says("mail.from")),
    ("ABFUSCATOR_ID_KEY", Effect::Nothing("ids are random here: there is no number in them to hide")),
    ("APP_HOST", Effect::PartOf("listen")),
    ("APP_PORT", Effect::PartOf("listen")),
    ("PORT", Effect::PartOf("listen")),
    ("APP_WORKERS", Effect::Nothing("one process uses all processors")),
];

/// Whose mail server it is that a system means which names a user and no server.
const UNNAMED_MAIL_SERVER: &str = "smtp.yandex.com";

/// What the environment says by other systems' names.
#[derive(Default)]
pub struct Inherited {
    said: Vec<Said>,
    ignored: Vec<(&'static str, &'static str)>,
}

/// One setting that was said so.
struct Said {
    key: &'static str,
    value: Value,
    by: &'static str,
}

/// Values may be secrets.
impl std::fmt::Debug for Inherited {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_list().entries(self.said.iter().map(|said| (said.key, said.by))).finish()
    }
}

impl Inherited {
    /// The variable that speaks for another while both are set: where `SENTX_SECRET_KEY` is, `OPENAI_BASE_URL` beside it
    /// is the address of whoever knows that key, and OpenAI's own is not for their eyes.
    #[must_use]
    pub fn speaks_for(name: &OsStr) -> Option<&'static str> {
        (name == "OPENAI_API_KEY").then_some("SENTX_SECRET_KEY")
    }

    /// Reads it from what a variable holds.
    ///
    /// # Errors
    /// [`ConfigError`] when a value makes no sense.
    pub fn read(variable: impl Fn(&str) -> Option<String>) -> Result<Self, ConfigError> {
        let text = |name: &str| variable(name).map(|text| text.trim().to_owned()).filter(|text| !text.is_empty());
        let mut read = Self::default();
        for &(name, effect) in INHERITED {
            let Some(value) = text(name) else { continue };
            match effect {
                Effect::Says("access_token_seconds") => {
                    let seconds = value.parse::<u32>();
                    let wrong = |_| ConfigError::Value { name, reason: "must be a number of seconds" };
                    read.say("access_token_seconds", i64::from(seconds.map_err(wrong)?), name);
                }
                Effect::Says(key) => read.say(key, value, name),
                Effect::Nothing(why) => read.ignored.push((name, why)),
                Effect::PartOf(_) | Effect::Own => {}
            }
        }
        read.listen(&text);
        read.postgres(&text)?;
        read.mail(&text)?;
        read.front_end(&text)?;
        Ok(read)
    }

    fn say(&mut self, key: &'static str, value: impl Into<Value>, by: &'static str) {
        if self.said.iter().all(|said| said.key != key) {
            self.said.push(Said { key, value: value.into(), by });
        }
    }

    fn listen(&mut self, text: &impl Fn(&str) -> Option<String>) {
        let host = text("APP_HOST");
        let (port, by) = match (text("PORT"), text("APP_PORT")) {
            (Some(port), _) => (port, "PORT"),
            (None, Some(port)) => (port, "APP_PORT"),
            (None, None) if host.is_some() => ("8000".to_owned(), "APP_HOST"),
            (None, None) => return,
        };
        // a platform that chooses the port reaches the server from outside
        let usual = if by == "PORT" { "0.0.0.0" } else { "127.0.0.1" };
        let host = host.unwrap_or_else(|| usual.to_owned());
        let host = if host.contains(':') { format!("[{}]", host.trim_matches(['[', ']'])) } else { host };
        self.say("listen", format!("{host}:{port}"), by);
    }

    fn postgres(&mut self, text: &impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let Some(database) = text("POSTGRES_DB") else { return Ok(()) };
        let address = || {
            let mut url = Url::parse("postgres://localhost").ok()?;
            url.set_host(Some(&text("POSTGRES_HOST").unwrap_or_else(|| "localhost".to_owned()))).ok()?;
            url.set_port(text("POSTGRES_PORT").map(|port| port.parse()).transpose().ok()?).ok()?;
            url.set_username(&text("POSTGRES_USER").unwrap_or_default()).ok()?;
            url.set_password(text("POSTGRES_PASSWORD").as_deref()).ok()?;
            url.set_path(&database);
            Some(url)
        };
        let wrong = ConfigError::Value { name: "POSTGRES_HOST", reason: "and its kind are no address of a database" };
        self.say("store", address().ok_or(wrong)?.to_string(), "POSTGRES_DB");
        Ok(())
    }

    fn mail(&mut self, text: &impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let either = |one: &str, other: &str| text(one).or_else(|| text(other));
        let Some(user) = either("EMAIL_HOST_USER", "EMAIL_ADDRESS") else { return Ok(()) };
        let host = either("EMAIL_HOST", "EMAIL_SMTP_SERVER").unwrap_or_else(|| UNNAMED_MAIL_SERVER.to_owned());
        let port = text("EMAIL_PORT").unwrap_or_else(|| "465".to_owned());
        let address = || {
            let scheme = if port == "465" { "smtps" } else { "smtp" };
            let mut url = Url::parse(&format!("{scheme}://{host}:{port}")).ok()?;
            url.set_username(&user).ok()?;
            url.set_password(either("EMAIL_HOST_PASSWORD", "EMAIL_PASSWORD").as_deref()).ok()?;
            Some(url)
        };
        let wrong = ConfigError::Value { name: "EMAIL_HOST", reason: "and its kind are no address of a mail server" };
        self.say("mail.smtp_url", address().ok_or(wrong)?.to_string(), "EMAIL_HOST_USER");
        self.say("mail.from", user, "EMAIL_HOST_USER");
        Ok(())
    }

    /// The page of a front end may talk to the server.
    fn front_end(&mut self, text: &impl Fn(&str) -> Option<String>) -> Result<(), ConfigError> {
        let Some(page) = text("FRONTEND_URL") else { return Ok(()) };
        let wrong = ConfigError::Value { name: "FRONTEND_URL", reason: "must be an address" };
        let origin = Url::parse(&page).ok().map(|url| url.origin()).filter(url::Origin::is_tuple).ok_or(wrong)?;
        let origin = origin.ascii_serialization();
        match self.said.iter_mut().find(|said| said.key == "http.cors_origins") {
            Some(Said { value: Value::String(origins), .. }) if origins.trim() != "*" => {
                *origins = format!("{origins},{origin}");
            }
            Some(_) => {}
            None => self.say("http.cors_origins", origin, "FRONTEND_URL"),
        }
        Ok(())
    }

    /// The same as settings.
    ///
    /// # Errors
    /// [`ConfigError`] when a value makes no sense.
    pub fn settings(&self) -> Result<Settings, ConfigError> {
        let mut table = Table::new();
        for Said { key, value, .. } in &self.said {
            let (parent, key) = key.split_once('.').map_or((None, *key), |(parent, key)| (Some(parent), key));
            let place = match parent {
                None => &mut table,
                Some(parent) => {
                    let part = table.entry(parent).or_insert_with(|| Value::Table(Table::new()));
                    let Value::Table(part) = part else { continue };
                    part
                }
            };
            place.insert(key.to_owned(), value.clone());
        }
        // the error would quote a value, which may be a secret
        table.try_into().map_err(|_| ConfigError::Value { name: "the environment", reason: "makes no sense" })
    }

    /// Each setting that was said so by its key in the file, with its value and the variable that said it.
    pub fn said(&self) -> impl Iterator<Item = (&str, &Value, &str)> {
        self.said.iter().map(|said| (said.key, &said.value, said.by))
    }

    /// Each variable that is set and has no effect, and why.
    pub fn ignored(&self) -> impl Iterator<Item = (&str, &str)> {
        self.ignored.iter().copied()
    }
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    /// Every name in the configuration sections of the five systems that clients come from.
    const NAMES: &str = "SECRET_KEY DEBUG ALLOWED_HOSTS DATABASE_URL SENTX_SECRET_KEY OPENAI_BASE_URL \
        OPENAI_DEFAULT_MODEL OPENAI_API_KEY STRIPE_PUBLISHABLE_KEY STRIPE_API_KEY STRIPE_WEBHOOK_SECRET \
        GOOGLE_OAUTH2_KEY GOOGLE_OAUTH2_SECRET TWITTER_OAUTH2_KEY TWITTER_OAUTH2_SECRET \
        SOCIAL_AUTH_LOGIN_REDIRECT_URL SOCIAL_AUTH_LOGIN_ERROR_URL EMAIL_HOST_USER EMAIL_HOST_PASSWORD \
        ABFUSCATOR_ID_KEY POSTGRES_HOST POSTGRES_PORT POSTGRES_DB POSTGRES_USER POSTGRES_PASSWORD REDIS_HOST REDIS_PORT \
        REDIS_PASSWORD JWT_PUBLIC_KEY_PATH JWT_PRIVATE_KEY_PATH JWT_ALGORITHM JWT_EXPIRE_ACCESS EMAIL_SMTP_SERVER \
        EMAIL_PORT EMAIL_ADDRESS EMAIL_PASSWORD APP_HOST APP_PORT APP_WORKERS ENVIRONMENT ANTHROPIC_API_KEY \
        FRONTEND_URL CORS_ALLOWED_ORIGINS CORS_ALLOW_CREDENTIALS";

    fn read(variables: &[(&str, &str)]) -> Inherited {
        Inherited::read(|name| variables.iter().find(|(known, _)| *known == name).map(|(_, text)| (*text).to_owned()))
            .unwrap()
    }

    fn said(variables: &[(&str, &str)]) -> Vec<(String, String)> {
        let read = read(variables);
        read.settings().unwrap();
        let text = |value: &Value| serde_json::to_string(value).unwrap().trim_matches('"').to_owned();
        read.said().map(|(key, value, _)| (key.to_owned(), text(value))).collect()
    }

    #[test]
    fn every_name_has_an_effect_or_a_reason() {
        let own: BTreeSet<String> = super::super::reference::variables().collect();
        let known: BTreeSet<&str> = INHERITED.iter().map(|(name, _)| *name).collect();
        assert_eq!(known.len(), INHERITED.len(), "each once");
        for name in NAMES.split_whitespace() {
            assert!(known.contains(name), "{name}");
        }
        let whole = [("POSTGRES_DB", "chat"), ("EMAIL_ADDRESS", "chat@example.org"), ("EMAIL_HOST", "mail.test")];
        for &(name, effect) in INHERITED {
            let sample = match name {
                "FRONTEND_URL" => "http://localhost:3000",
                _ if name.ends_with("PORT") || name == "JWT_EXPIRE_ACCESS" => "4321",
                _ => "x.example",
            };
            let changed = || {
                let mut more = whole.to_vec();
                more.retain(|(known, _)| *known != name);
                let without = said(&more);
                more.push((name, sample));
                said(&more) != without
                    || (name == "EMAIL_SMTP_SERVER"
                        && said(&[("EMAIL_ADDRESS", "a@b"), (name, sample)])[0].1.contains(sample))
            };
            match effect {
                Effect::Own => assert!(own.contains(name), "{name} is read by the command line"),
                Effect::Says(key) => assert_eq!(said(&[(name, sample)])[0].0, key),
                Effect::PartOf(_) => assert!(changed(), "{name}"),
                Effect::Nothing(why) => assert_eq!(read(&[(name, sample)]).ignored().next(), Some((name, why))),
            }
        }
    }

    #[test]
    fn addresses_are_made_of_their_parts() {
        type Row<'a> = (&'a [(&'a str, &'a str)], &'a str, &'a str);
        let rows: &[Row<'_>] = &[
            (&[("PORT", "5000")], "listen", "0.0.0.0:5000"),
            (&[("APP_HOST", "0.0.0.0"), ("APP_PORT", "8000")], "listen", "0.0.0.0:8000"),
            (&[("APP_PORT", "8001")], "listen", "127.0.0.1:8001"),
            (&[("APP_HOST", "::")], "listen", "[::]:8000"),
            (
                &[
                    ("POSTGRES_HOST", "db"),
                    ("POSTGRES_DB", "chat"),
                    ("POSTGRES_USER", "ada"),
                    ("POSTGRES_PASSWORD", "a/b@c"),
                ],
                "store",
                "postgres://ada:a%2Fb%40c@db/chat",
            ),
            (
                &[("EMAIL_SMTP_SERVER", "smtp.gmail.com"), ("EMAIL_PORT", "587"), ("EMAIL_ADDRESS", "me@gmail.com")],
                "mail.smtp_url",
                "smtp://me%40gmail.com@smtp.gmail.com:587",
            ),
            (
                &[("EMAIL_HOST_USER", "me@example.com"), ("EMAIL_HOST_PASSWORD", "p")],
                "mail.smtp_url",
                "smtps://me%40example.com:p@smtp.yandex.com:465",
            ),
            (
                &[("FRONTEND_URL", "http://localhost:3000/x"), ("CORS_ALLOWED_ORIGINS", "https://a.test")],
                "http.cors_origins",
                "https://a.test,http://localhost:3000",
            ),
        ];
        for (variables, key, value) in rows {
            let said = said(variables);
            assert_eq!(said.iter().find(|(known, _)| known == key).unwrap().1, *value, "{variables:?}");
        }
    }

    #[test]
    fn what_makes_no_sense_is_refused_without_being_repeated() {
        for (name, text) in [("JWT_EXPIRE_ACCESS", "hunter2"), ("FRONTEND_URL", "hunter2"), ("EMAIL_PORT", "hunter2")] {
            let all = [(name, text), ("EMAIL_ADDRESS", "a@b.test")];
            let read =
                Inherited::read(|name| all.iter().find(|(it, _)| *it == name).map(|(_, text)| (*text).to_owned()));
            let refused = read.err().unwrap().to_string();
            assert!(!refused.contains("hunter2"), "{refused}");
        }
    }
}
