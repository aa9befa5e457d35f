//! `chatcore-server doctor`: looks at all that a server needs, and says how to mend what is missing. It changes nothing.

use std::path::Path;
use std::time::{Duration, SystemTime};

use chatcore::quota::Scope;
use chatcore::turn::ModelInfo;
use chatcore::{Clock, Subject, VisitorId};
use chatcore_llm::SystemClock;
use clap::Args;
use serde::Serialize;

use super::Outcome;
use super::error::CommandError;
use super::health;
use super::output::{say, say_json};
use crate::auth::MasterSecret;
use crate::config::{Config, ProviderConfig, StoreUrl};
use crate::stores::{self, OpenError};

/// Below this a disk is as good as full: SQLite may have to write its log beside the data.
const LITTLE_ROOM: u64 = 512 << 20;

/// How far a clock may be from others': webhooks and tokens are good for minutes.
const SKEW: Duration = Duration::from_secs(30);

/// How long somebody may take to answer.
const PATIENCE: Duration = Duration::from_secs(10);

/// How to say it.
#[derive(Debug, Args)]
pub struct Doctor {
    /// Print an array of findings, for programs
    #[arg(long)]
    json: bool,
}

/// How bad it is.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Serialize)]
#[serde(rename_all = "lowercase")]
enum Grade {
    /// As it should be.
    Fine,
    /// It may be meant so.
    Note,
    /// A server would not work, or not for long.
    Wrong,
}

/// What was found out about one thing.
#[derive(Debug, PartialEq, Eq, Serialize)]
struct Finding {
    about: &'static str,
    grade: Grade,
    says: String,
    fix: Option<String>,
}

impl Finding {
    fn fine(about: &'static str, says: impl Into<String>) -> Self {
        Self { about, grade: Grade::Fine, says: says.into(), fix: None }
    }

    fn note(about: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { about, grade: Grade::Note, says: says.into(), fix: Some(fix.into()) }
    }

    fn wrong(about: &'static str, says: impl Into<String>, fix: impl Into<String>) -> Self {
        Self { about, grade: Grade::Wrong, says: says.into(), fix: Some(fix.into()) }
    }

    fn line(&self) -> String {
        let grade = match self.grade {
            Grade::Fine => "ok   ",
            Grade::Note => "note ",
            Grade::Wrong => "WRONG",
        };
        let fix = self.fix.as_ref().map(|fix| format!("\n      {fix}")).unwrap_or_default();
        format!("{grade} {}: {}{fix}", self.about, self.says)
    }
}

impl Doctor {
    /// Looks.
    ///
    /// # Errors
    /// [`CommandError`] when the findings cannot be written.
    pub async fn run(&self, config: &Config, ignored: &[String]) -> Result<Outcome, CommandError> {
        let mut findings = vec![store(config).await, secret(config), models(config).await, mail(config)];
        findings.extend(room(&config.store));
        findings.extend(visitors(config));
        findings.extend(public(config).await);
        findings.extend(webhook(config));
        findings.extend(ignored.iter().map(|said| Finding::note("settings", said, "unset it, or leave it")));
        if self.json {
            say_json(&findings)?;
        } else {
            findings.iter().for_each(|finding| say(finding.line()));
        }
        let is_wrong = findings.iter().any(|finding| finding.grade == Grade::Wrong);
        Ok(if is_wrong { Outcome::Defects } else { Outcome::Fine })
    }
}

async fn store(config: &Config) -> Finding {
    const ABOUT: &str = "store";
    let url = &config.store;
    if *url == StoreUrl::Memory {
        let fix = "name another store with --store to keep what is said";
        return Finding::note(ABOUT, "memory: forgets everything when the server ends", fix);
    }
    match stores::open_snapshot(url).await {
        Ok(open) => {
            open.close().await;
            Finding::fine(ABOUT, format!("{url} is there, and its schema is one that this program knows"))
        }
        Err(OpenError::Missing(_)) => Finding::fine(ABOUT, format!("{url} will be made by the first start")),
        Err(OpenError::Exclusive { .. }) if health::ask(&health::own_address(config)).await.is_ok() => {
            Finding::fine(ABOUT, format!("{url} is in use by the server that runs"))
        }
        Err(error) => {
            let why = std::error::Error::source(&error).map(|why| format!(": {why}")).unwrap_or_default();
            Finding::wrong(
                ABOUT,
                format!("{error}{why}"),
                "check that it can be reached, then `chatcore-server migrate`",
            )
        }
    }
}

fn secret(config: &Config) -> Finding {
    const ABOUT: &str = "secret";
    const FIX: &str = "give CHATCORE_SECRET 32 random characters or more, the same for all servers of the store";
    match (&config.secret, stores::secret_path(&config.store)) {
        (Some(secret), _) => match MasterSecret::configured(secret.clone()) {
            Ok(_) => Finding::fine(ABOUT, "tokens are signed with the one of the settings"),
            Err(error) => Finding::wrong(ABOUT, error.to_string(), FIX),
        },
        (None, Some(path)) if path.exists() => Finding::fine(ABOUT, format!("it is kept in {}", path.display())),
        (None, Some(path)) => Finding::fine(ABOUT, format!("the first start will keep one in {}", path.display())),
        (None, None) if config.store == StoreUrl::Memory => Finding::fine(ABOUT, "each start makes a new one"),
        (None, None) => Finding::wrong(ABOUT, "servers of one database must have one secret, and there is none", FIX),
    }
}

/// Asks each provider what it has, whether or not a model is named: only that shows whether the key is good.
async fn models(config: &Config) -> Finding {
    const ABOUT: &str = "models";
    let any = |provider: &Option<ProviderConfig>| {
        provider.clone().map(|provider| ProviderConfig { default_model: None, ..provider })
    };
    let asked = Config { openai: any(&config.openai), anthropic: any(&config.anthropic), ..config.clone() };
    match tokio::time::timeout(PATIENCE * 2, crate::models::models(&asked)).await {
        Ok(Ok(models)) => {
            let real = |model: &&ModelInfo| model.provider != "offline";
            match models.list().filter(real).count() {
                0 => Finding::note(
                    ABOUT,
                    "only the offline ones answer",
                    "set OPENAI_API_KEY or ANTHROPIC_API_KEY, or add rows of [[models]]",
                ),
                count => Finding::fine(ABOUT, format!("{count} beside the offline ones")),
            }
        }
        Ok(Err(error)) => Finding::wrong(ABOUT, error.to_string(), "check the key and the address of the provider"),
        Err(_) => Finding::wrong(ABOUT, "a provider does not answer", "check its address, and what lies between"),
    }
}

fn mail(config: &Config) -> Finding {
    match &config.mail {
        Some(_) => Finding::fine("mail", "there is a server for it"),
        None => Finding::note(
            "mail",
            "none is sent: addresses stay unproven, forgotten passwords forgotten",
            "set CHATCORE_SMTP_URL and CHATCORE_MAIL_FROM",
        ),
    }
}

/// People without an account: one who throws a cookie away, or makes up the name of another device, is somebody new.
fn visitors(config: &Config) -> Option<Finding> {
    const ABOUT: &str = "visitors";
    if !config.sign_in.visitors {
        return None;
    }
    let plans = &config.billing.plans;
    let anybody = Subject::Visitor(VisitorId::from_uuid(uuid::Uuid::nil()));
    let limits = plans.default_of(anybody).and_then(|id| plans.get(id)).map_or(&[][..], |plan| &plan.limits);
    Some(if limits.iter().any(|rule| rule.scope == Scope::Network) {
        Finding::fine(ABOUT, "those of one network share a limit")
    } else {
        let fix = "set CHATCORE_VISITOR_LIMITS with a limit of a `network:`, such as network:messages=50/day";
        Finding::note(ABOUT, "each has limits of their own at most, and can come back as somebody new", fix)
    })
}

/// The disk under a store that lies on one of this machine.
fn room(url: &StoreUrl) -> Option<Finding> {
    const ABOUT: &str = "disk";
    let (StoreUrl::Sqlite(path) | StoreUrl::Sled(path)) = url else { return None };
    let folder = path.ancestors().skip(1).find(|folder| folder.is_dir()).unwrap_or(Path::new("."));
    let free = fs4::available_space(folder).ok()?;
    let says = format!("{} MiB are free under {}", free >> 20, folder.display());
    Some(match free {
        0..LITTLE_ROOM => Finding::wrong(ABOUT, says, "make room: a full disk refuses all that is said"),
        _ => Finding::fine(ABOUT, says),
    })
}

/// Whether others find the server where it says that it is, and whether its clock is theirs.
async fn public(config: &Config) -> Vec<Finding> {
    const ABOUT: &str = "public URL";
    let Some(url) = &config.public_url else {
        let fix = "set CHATCORE_PUBLIC_URL once others are to reach the server";
        return vec![Finding::note(ABOUT, "the server knows no name of its own", fix)];
    };
    let client = match reqwest::Client::builder().timeout(PATIENCE).build() {
        Ok(client) => client,
        Err(error) => return vec![Finding::wrong(ABOUT, error.to_string(), "check the certificates of this machine")],
    };
    let asked = client.get(format!("{}/healthz", url.trim_end_matches('/'))).send().await;
    let mut findings = match &asked {
        Ok(answer) if answer.status().is_success() => vec![Finding::fine(ABOUT, format!("{url} answers"))],
        Ok(answer) => {
            let fix = "check where the proxy in front sends its requests";
            vec![Finding::wrong(ABOUT, format!("{url} answers {}", answer.status()), fix)]
        }
        Err(_) => {
            let fix = "start the server, then check the name, the certificate and the proxy in front";
            vec![Finding::wrong(ABOUT, format!("{url} does not answer"), fix)]
        }
    };
    if !config.is_https() {
        let fix = "put TLS in front, or use --tls-cert: over plain HTTP anybody on the way reads passwords";
        findings.push(Finding::note(ABOUT, "it is not https", fix));
    }
    let date = asked.ok().and_then(|answer| answer.headers().get("date")?.to_str().ok().map(str::to_owned));
    findings.extend(date.and_then(|date| httpdate::parse_http_date(&date).ok()).map(|there| clock(there, now())));
    findings
}

/// What the clock of this machine says.
fn now() -> SystemTime {
    let micros = u64::try_from(SystemClock.now().as_micros()).unwrap_or_default();
    SystemTime::UNIX_EPOCH + Duration::from_micros(micros)
}

fn clock(there: SystemTime, here: SystemTime) -> Finding {
    let apart = there.duration_since(here).or_else(|_| here.duration_since(there)).unwrap_or_default();
    let says = format!("it is {} s from that of the public URL", apart.as_secs());
    if apart > SKEW {
        return Finding::wrong("clock", says, "let NTP set it: tokens and webhooks are good for minutes");
    }
    Finding::fine("clock", says)
}

fn webhook(config: &Config) -> Option<Finding> {
    const ABOUT: &str = "webhook";
    config.stripe.as_ref()?;
    Some(match &config.public_url {
        Some(url) if config.is_https() => {
            let at = format!("{}/api/v1/webhooks/stripe", url.trim_end_matches('/'));
            Finding::fine(ABOUT, format!("Stripe must know {at}"))
        }
        _ => Finding::wrong(
            ABOUT,
            "Stripe cannot say who has paid: it sends webhooks to https addresses",
            "set CHATCORE_PUBLIC_URL to one, and register /api/v1/webhooks/stripe of it at Stripe",
        ),
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::config::Settings;

    fn config(settings: Settings) -> Config {
        settings.resolve().unwrap()
    }

    fn with_store(url: &str) -> Config {
        config(Settings { store: Some(url.to_owned().into()), ollama: Some("off".into()), ..Settings::default() })
    }

    #[tokio::test]
    async fn a_fresh_machine_has_nothing_wrong() {
        let folder = tempfile::tempdir().unwrap();
        let config = with_store(&format!("sqlite:{}/new/chat.db", folder.path().display()));
        assert_eq!(store(&config).await.grade, Grade::Fine);
        assert_eq!(secret(&config).grade, Grade::Fine);
        assert_eq!(models(&config).await.grade, Grade::Note);
        assert_eq!(room(&config.store).unwrap().about, "disk");
        assert_eq!(public(&config).await[0].grade, Grade::Note);
        assert_eq!(webhook(&config), None);
        assert!(!folder.path().join("new").exists(), "looking makes nothing");
    }

    #[tokio::test]
    async fn what_is_wrong_comes_with_a_fix() {
        let folder = tempfile::tempdir().unwrap();
        let path = folder.path().join("chat.db");
        std::fs::write(&path, "this is no database, and never was one").unwrap();
        let database = with_store(&format!("sqlite:{}", path.display()));
        let nodes = with_store("postgres://127.0.0.1:1/chat");
        let silent = Settings {
            openai_base_url: Some("http://127.0.0.1:1/v1".into()),
            ollama: Some("off".into()),
            ..Settings::default()
        };
        let paid = |url: Option<&str>| {
            let mut settings = Settings { public_url: url.map(str::to_owned), ..Settings::default() };
            settings.payments.stripe_secret_key = Some("sk".to_owned().into());
            settings.payments.stripe_webhook_secret = Some("whsec".to_owned().into());
            config(settings)
        };
        let past = now() - Duration::from_secs(60);
        let findings = [
            store(&database).await,
            secret(&nodes),
            models(&config(silent)).await,
            webhook(&paid(Some("http://chat.test"))).unwrap(),
            webhook(&paid(None)).unwrap(),
            clock(past, now()),
            public(&config(Settings { public_url: Some("https://127.0.0.1:1".into()), ..Settings::default() }))
                .await
                .remove(0),
        ];
        for finding in findings {
            assert!(finding.grade == Grade::Wrong && finding.fix.is_some(), "{finding:?}");
        }
        assert_eq!(webhook(&paid(Some("https://chat.test"))).unwrap().grade, Grade::Fine);
    }
}
