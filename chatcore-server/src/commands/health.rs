//! `chatcore-server health`: whether a server on this machine is ready, for whoever starts it and has no other client.

use std::time::Duration;

use clap::Args;

use super::Outcome;
use super::output::{note, say};
use crate::config::Config;

/// How long an answer may take.
const PATIENCE: Duration = Duration::from_secs(4);

/// Which server to ask.
#[derive(Debug, Args)]
pub struct Health {
    /// Where it is [default: where the settings say that it listens]
    #[arg(long, value_name = "URL")]
    url: Option<String>,
}

impl Health {
    /// Asks it.
    pub async fn run(&self, config: &Config) -> Outcome {
        let address = self.url.clone().unwrap_or_else(|| own_address(config));
        match ask(&address).await {
            Ok(status) if status.is_success() => {
                say("ready");
                Outcome::Fine
            }
            Ok(status) => {
                note(format!("{address} answers {status}"));
                Outcome::Defects
            }
            Err(error) => {
                note(format!("{address} does not answer: {}", error.without_url()));
                Outcome::Defects
            }
        }
    }
}

pub(super) async fn ask(address: &str) -> Result<reqwest::StatusCode, reqwest::Error> {
    // the certificate is for the name that others use, and this asks the address next door
    let client =
        reqwest::Client::builder().timeout(PATIENCE).no_proxy().tls_danger_accept_invalid_certs(true).build()?;
    Ok(client.get(format!("{}/readyz", address.trim_end_matches('/'))).send().await?.status())
}

/// Where a server on this machine is reached that listens as the settings say.
pub(super) fn own_address(config: &Config) -> String {
    let listen = config.listen.replacen("0.0.0.0:", "127.0.0.1:", 1).replacen("[::]:", "[::1]:", 1);
    Config { listen, public_url: None, ..config.clone() }.home()
}
