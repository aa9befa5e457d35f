//! `chatcore-server admin`: accounts, for whoever has the store.

mod account;
mod create_user;
mod password;
mod sessions;
mod set_password;

use std::sync::Arc;

use chatcore::account::{AccountRole, Accounts, User};
use chatcore::{Error, RandomIds};
use chatcore_llm::SystemClock;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use self::account::{Promote, Reinstate, Suspend};
use self::create_user::CreateUser;
use self::sessions::Sessions;
use self::set_password::SetPassword;
use super::error::CommandError;
use super::{Outcome, chosen};
use crate::auth::{Argon2Hasher, MasterSecret, RefreshTokens};
use crate::config::StoreUrl;
use crate::stores::{self, OpenError, OpenStore};

/// A command about accounts.
#[derive(Debug, Subcommand)]
pub enum AdminCommand {
    /// Make an account
    CreateUser(CreateUser),
    /// Set somebody's password; they are signed out everywhere
    SetPassword(SetPassword),
    /// Give somebody a role
    Promote(Promote),
    /// Shut somebody out, at once
    Suspend(Suspend),
    /// Let somebody in again
    Reinstate(Reinstate),
    /// Show where somebody is signed in, or sign them out
    Sessions(Sessions),
}

/// Whose account, and in which store.
#[derive(Debug, Args)]
struct Target {
    /// The name or the address that they sign in with
    login: String,
    /// Which store [default: that of the server]
    #[arg(long, value_name = "URL")]
    store: Option<SecretString>,
}

/// What an account may do.
#[derive(Debug, Clone, Copy, ValueEnum)]
enum Role {
    /// Use the service
    User,
    /// Help others use it
    Staff,
    /// Run it
    Admin,
}

impl From<Role> for AccountRole {
    fn from(role: Role) -> Self {
        match role {
            Role::User => Self::User,
            Role::Staff => Self::Staff,
            Role::Admin => Self::Admin,
        }
    }
}

impl AdminCommand {
    pub(super) async fn run(self, usual: StoreUrl) -> Result<Outcome, CommandError> {
        match self {
            Self::CreateUser(create) => create.run(usual).await,
            Self::SetPassword(set) => set.run(usual).await,
            Self::Promote(promote) => promote.run(usual).await,
            Self::Suspend(suspend) => suspend.run(usual).await,
            Self::Reinstate(reinstate) => reinstate.run(usual).await,
            Self::Sessions(sessions) => sessions.run(usual).await,
        }?;
        Ok(Outcome::Fine)
    }
}

impl Target {
    /// Does something with the account that is there.
    async fn find<T>(
        &self,
        usual: StoreUrl,
        work: impl AsyncFnOnce(&Accounts, User) -> Result<T, Error>,
    ) -> Result<T, CommandError> {
        let url = chosen(self.store.as_ref(), usual)?;
        let open = stores::open_existing(&url).await.map_err(OpenError::or_in_use)?;
        within(open, async |accounts: &Accounts| work(accounts, accounts.account_of(None, &self.login).await?).await)
            .await
    }
}

/// Does something with the accounts of a store, and closes it.
async fn within<T>(open: OpenStore, work: impl AsyncFnOnce(&Accounts) -> Result<T, Error>) -> Result<T, CommandError> {
    let done = match accounts(&open) {
        Ok(accounts) => work(&accounts).await.map_err(CommandError::from),
        Err(error) => Err(error),
    };
    open.close().await;
    done
}

fn accounts(open: &OpenStore) -> Result<Accounts, CommandError> {
    // nothing here signs a token, so the secret of the server is not needed
    let tokens = RefreshTokens::new(&MasterSecret::ephemeral()?);
    let (clock, ids, hasher) = (Arc::new(SystemClock), Arc::new(RandomIds), Arc::new(Argon2Hasher::new(1)?));
    Ok(Accounts::new(open.store().clone(), clock, ids, hasher, Arc::new(tokens)))
}
