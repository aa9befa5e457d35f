//! `chatcore-server admin set-password`

use clap::Args;

use super::Target;
use super::deed::{Deed, Password};
use super::password::NewPassword;
use crate::commands::error::CommandError;
use crate::config::StoreUrl;

/// Whose password to set.
#[derive(Debug, Args)]
pub struct SetPassword {
    #[command(flatten)]
    target: Target,
    #[command(flatten)]
    password: NewPassword,
}

impl SetPassword {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let secret = self.password.get()?;
        self.target.order(Deed::SetPassword { password: Password::of(&secret) }, usual).await?;
        self.password.show(&secret);
        Ok(())
    }
}
