//! `chatcore-server admin promote`, `suspend` and `reinstate`

use clap::Args;

use super::{Role, Target};
use crate::commands::error::CommandError;
use crate::commands::output::say;
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

impl Promote {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let role = self.role.into();
        let set = self.target.find(usual, async |accounts, user| accounts.set_role(None, user.id, role).await);
        let user = set.await?;
        say(format!("the role of {} is {:?}", user.id, self.role).to_lowercase());
        Ok(())
    }
}

impl Suspend {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let set = self.target.find(usual, async |accounts, user| accounts.suspend(None, user.id).await);
        let user = set.await?;
        say(format!("{} is shut out", user.id));
        Ok(())
    }
}

impl Reinstate {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let set = self.target.find(usual, async |accounts, user| accounts.reinstate(None, user.id).await);
        let user = set.await?;
        say(format!("{} may sign in again", user.id));
        Ok(())
    }
}
