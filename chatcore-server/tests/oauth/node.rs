//! A provider that is not ours: `oauth2-mock-server` of npm, with each kind of key.

use std::io::{BufRead, BufReader};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::Arc;

use chatcore::account::oauth::NewLogin;
use chatcore_llm::SystemClock;
use chatcore_server::auth::oauth::OAuth;
use chatcore_server::config::Settings;
use libtest_mimic::Trial;
use reqwest::redirect::Policy;
use serde_json::{Value, json};

use crate::scene::{BROWSER, CALLBACK, LIMITS};
use crate::served::serve;

const NAME: &str = "a_provider_of_npm_signs_somebody_in";
const MISSING: &str = "it needs the package `oauth2-mock-server` (CHATCORE_NODE names its folder)";

pub(crate) fn trial() -> Trial {
    let required = std::env::var("CHATCORE_REQUIRE_SERVICES").is_ok_and(|value| value == "1");
    let folder = std::env::var_os("CHATCORE_NODE").map(PathBuf::from);
    let folder = folder.filter(|folder| folder.join("node_modules/oauth2-mock-server/package.json").is_file());
    if folder.is_none() {
        eprintln!("{NAME} is skipped: {MISSING}");
    }
    let ignored = folder.is_none() && !required;
    let trial = Trial::test(NAME, move || {
        let folder = folder.ok_or(MISSING)?;
        let runtime = tokio::runtime::Builder::new_multi_thread().worker_threads(2).enable_all().build()?;
        for algorithm in ["RS256", "ES256", "EdDSA"] {
            let provider = Provider::start(&folder, algorithm);
            runtime.block_on(signs_in(&provider));
            runtime.block_on(signs_in_through_the_routes(&provider));
        }
        Ok(())
    });
    trial.with_ignored_flag(ignored)
}

/// A server on Node.
struct Provider {
    process: Child,
    script: PathBuf,
    issuer: String,
}

impl Provider {
    fn start(folder: &Path, algorithm: &str) -> Self {
        // beside the package, where Node looks for it
        let script = folder.join(format!("provider-{}.mjs", std::process::id()));
        std::fs::write(&script, include_str!("server.mjs")).unwrap();
        let mut node = Command::new("node");
        node.arg(&script).arg(algorithm).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut process = node.spawn().unwrap();
        let mut line = String::new();
        BufReader::new(process.stdout.take().unwrap()).read_line(&mut line).unwrap();
        let said: Value = serde_json::from_str(&line).unwrap();
        Self { process, script, issuer: said["issuer"].as_str().unwrap().to_owned() }
    }
}

impl Drop for Provider {
    fn drop(&mut self) {
        let _ = self.process.kill();
        let _ = self.process.wait();
        let _ = std::fs::remove_file(&self.script);
    }
}

fn settings(provider: &Provider) -> Settings {
    let text = format!(
        "public_url = 'https://chat.example.org'\n[[oauth]]\nname = 'corp'\nkind = 'google'\nclient_id = 'chat'\n\
         client_secret = 'secret'\nissuer = '{}'",
        provider.issuer
    );
    toml::from_str(&text).unwrap()
}

async fn signs_in(provider: &Provider) {
    let config = settings(provider).resolve().unwrap();
    let oauth = OAuth::new(&config.oauth, LIMITS, Arc::new(SystemClock)).unwrap();
    let login = NewLogin { provider: "corp", browser: BROWSER, return_to: None, redirect_uri: None };
    let (url, pending) = oauth.begin(&login).await.unwrap();
    let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let answer = browser.get(&url).send().await.unwrap();
    let address = answer.headers()["location"].to_str().unwrap();
    let query = address.strip_prefix(&format!("{CALLBACK}?")).unwrap();
    let john = oauth.finish(&pending, BROWSER, query).await.unwrap();
    assert_eq!((john.subject.as_str(), john.issuer.as_str()), ("johndoe", provider.issuer.as_str()));
    assert_eq!((john.email.as_deref(), john.email_verified), (Some("john@example.org"), true));
}

const RETURN: &str = "https://app.example.org/signed-in";

async fn signs_in_through_the_routes(provider: &Provider) {
    let mut settings = settings(provider);
    settings.oauth_keys.oauth_return_urls = Some(RETURN.to_owned());
    let base = serve(settings).await;
    let browser = reqwest::Client::builder().no_proxy().redirect(Policy::none()).build().unwrap();
    let location = |answer: &reqwest::Response| answer.headers()["location"].to_str().unwrap().to_owned();
    let start = browser.get(format!("{base}/auth/oauth/corp/start")).send().await.unwrap();
    let cookie = start.headers()["set-cookie"].to_str().unwrap().split(';').next().unwrap().to_owned();
    assert!(cookie.starts_with("__Host-"), "{cookie}");
    let agreed = browser.get(location(&start)).send().await.unwrap();
    let query = location(&agreed).strip_prefix(&format!("{CALLBACK}?")).unwrap().to_owned();
    let callback = browser.get(format!("{base}/auth/oauth/corp/callback?{query}")).header("cookie", &cookie);
    let back = location(&callback.send().await.unwrap());
    assert!(back.starts_with(&format!("{RETURN}?code=")), "{back}");
    let code = back.split('=').next_back().unwrap();
    let exchange = browser.post(format!("{base}/auth/oauth/exchange")).json(&json!({"code": code}));
    let session: Value = exchange.send().await.unwrap().json().await.unwrap();
    assert_eq!(session["user"]["email"], "john@example.org", "{session}");
}
