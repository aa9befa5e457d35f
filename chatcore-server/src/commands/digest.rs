//! `chatcore-server store digest`

use chatcore::transfer::digest;
use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::{digest_json, digest_lines, say, say_json};
use super::{Outcome, chosen, unless_interrupted};
use crate::config::StoreUrl;
use crate::stores;

/// Which store to show.
#[derive(Debug, Args)]
pub struct ShowDigest {
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
    /// As JSON
    #[arg(long)]
    json: bool,
}

impl ShowDigest {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        let snapshot = stores::open_snapshot(&chosen(self.store.as_ref(), usual)?).await?;
        let found = unless_interrupted(digest(snapshot.records()), "nothing was changed").await;
        snapshot.close().await;
        match self.json {
            true => say_json(&digest_json(&found?))?,
            false => say(digest_lines(&found?)),
        }
        Ok(Outcome::Fine)
    }
}
