//! `chatcore-server admin sessions`

use clap::Args;

use super::Target;
use super::deed::Deed;
use crate::commands::error::CommandError;
use crate::config::StoreUrl;

/// Whose sessions.
#[derive(Debug, Args)]
pub struct Sessions {
    #[command(flatten)]
    target: Target,
    /// Sign them out everywhere
    #[arg(long)]
    end: bool,
}

impl Sessions {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let deed = if self.end { Deed::EndSessions } else { Deed::ShowSessions };
        self.target.order(deed, usual).await
    }
}
