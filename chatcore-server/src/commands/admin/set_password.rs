//! `chatcore-server admin set-password`

use chatcore::account::PasswordPolicy;
use clap::Args;
use secrecy::ExposeSecret;

use super::Target;
use super::password::NewPassword;
use crate::commands::error::CommandError;
use crate::commands::output::say;
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
        let policy = PasswordPolicy::default();
        let set = self.target.find(usual, async |accounts, user| {
            accounts.set_password(None, user.id, secret.expose_secret(), policy).await?;
            Ok(user)
        });
        let user = set.await?;
        say(format!("{} has another password, and is signed out everywhere", user.id));
        self.password.show(&secret);
        Ok(())
    }
}
