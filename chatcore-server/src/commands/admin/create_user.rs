//! `chatcore-server admin create-user`

use chatcore::account::{Accounts, NewAccount, PasswordPolicy};
use clap::Args;
use secrecy::ExposeSecret;

use super::password::NewPassword;
use super::{Role, Target, within};
use crate::commands::chosen;
use crate::commands::error::CommandError;
use crate::commands::output::say;
use crate::config::StoreUrl;
use crate::stores::{self, OpenError};

/// Which account to make.
#[derive(Debug, Args)]
pub struct CreateUser {
    #[command(flatten)]
    target: Target,
    /// What they may do
    #[arg(long, value_enum, default_value_t = Role::User)]
    role: Role,
    #[command(flatten)]
    password: NewPassword,
}

impl CreateUser {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<(), CommandError> {
        let Self { target: Target { login, store }, role, password } = self;
        let secret = password.get()?;
        let (email, username) = if login.contains('@') { (Some(login), None) } else { (None, Some(login)) };
        let policy = PasswordPolicy::default();
        let new = NewAccount { username, email, password: secret.expose_secret().to_owned(), policy };
        // the one who sets a server up may do so before it ran
        let open = stores::open_kept(&chosen(store.as_ref(), usual)?).await.map_err(OpenError::or_in_use)?;
        let user = within(open, async |accounts: &Accounts| accounts.create(new, role.into()).await).await?;
        say(format!("made {}", user.id));
        password.show(&secret);
        Ok(())
    }
}
