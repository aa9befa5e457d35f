//! `chatcore-server migrate`

use clap::Args;
use secrecy::SecretString;

use super::error::CommandError;
use super::output::say;
use super::{Outcome, chosen};
use crate::config::StoreUrl;
use crate::stores;

/// Which store to bring up to date.
#[derive(Debug, Args)]
pub struct Migrate {
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
}

impl Migrate {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        let url = chosen(self.store.as_ref(), usual)?;
        stores::open_kept(&url).await?.close().await;
        say(format!("{url} is up to date with version {} of this program", env!("CARGO_PKG_VERSION")));
        Ok(Outcome::Fine)
    }
}
