//! `chatcore-server admin promote`, `suspend`, `reinstate` and `delete-user`

use clap::Args;

use super::deed::Deed;
use super::{Role, Target};
use crate::commands::error::CommandError;
use crate::config::StoreUrl;

/// Who gets which role.
#[derive(Debug, Args)]
pub struct Promote {
    #[command(flatten)]
    target: Target,
    /// What they may do from now on
    #[arg(long, value_enum, default_value_t = Role::Admin)]
    role: Role,
}

/// Whom to shut out.
#[derive(Debug, Args)]
pub struct Suspend {
    #[command(flatten)]
    target: Target,
}

/// Whom to let in again.
#[derive(Debug, Args)]
pub struct Reinstate {
    #[command(flatten)]
    target: Target,
}

/// Whose account goes, with all that is in it.
#[derive(Debug, Args)]
pub struct DeleteUser {
    #[command(flatten)]
    target: Target,
    /// Why: it stands in the audit log
    #[arg(long, value_name = "TEXT")]
    reason: Option<String>,
    /// Do it: it cannot be taken back
    #[arg(long, required = true)]
    yes: bool,
}

impl Promote {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        self.target.order(Deed::SetRole { role: self.role.into() }, usual).await
    }
}

impl Suspend {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        self.target.order(Deed::Suspend, usual).await
    }
}

impl Reinstate {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        self.target.order(Deed::Reinstate, usual).await
    }
}

impl DeleteUser {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        self.target.order(Deed::DeleteUser { reason: self.reason }, usual).await
    }
}
