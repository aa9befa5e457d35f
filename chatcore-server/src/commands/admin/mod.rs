//! `chatcore-server admin`: accounts, for whoever has the store.

mod account;
mod create_user;
mod deed;
#[cfg(unix)]
mod door;
#[cfg(not(unix))]
#[path = "nodoor.rs"]
mod door;
mod password;
mod sessions;
mod set_password;

use chatcore::account::AccountRole;
use clap::{Args, Subcommand, ValueEnum};
use secrecy::SecretString;

use self::account::{DeleteUser, Promote, Reinstate, Suspend};
use self::create_user::CreateUser;
use self::deed::{Deed, Order};
pub(crate) use self::door::Door;
use self::sessions::Sessions;
use self::set_password::SetPassword;
use super::error::CommandError;
use super::output::say;
use super::{Outcome, chosen};
use crate::config::StoreUrl;
use crate::stores::{self, OpenError};

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
    /// Delete somebody's account, for good
    DeleteUser(DeleteUser),
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
            Self::DeleteUser(delete) => delete.run(usual).await,
            Self::Sessions(sessions) => sessions.run(usual).await,
        }?;
        Ok(Outcome::Fine)
    }
}

impl Target {
    /// Has something done, and says what was: by the server that has the store to itself, or here.
    async fn order(self, deed: Deed, usual: StoreUrl) -> Result<(), CommandError> {
        let url = chosen(self.store.as_ref(), usual)?;
        let lines = match door::ask(&url, Order { login: self.login, deed }).await {
            Ok(answered) => answered?,
            Err(order) => here(&url, order).await?,
        };
        lines.iter().for_each(say);
        Ok(())
    }
}

async fn here(url: &StoreUrl, order: Order) -> Result<Vec<String>, CommandError> {
    let open = if order.begins() { stores::open_kept(url).await } else { stores::open_existing(url).await };
    let open = open.map_err(OpenError::or_in_use)?;
    let done = order.carry_out(open.store()).await;
    open.close().await;
    done
}
