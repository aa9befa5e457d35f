//! What the binary does beside serving: stores brought up to date, checked, compared, copied, backed up and restored;
//! accounts made and changed.
//!
//! One file a command, with its arguments. Results go to standard output, everything else to standard error.

mod admin;
mod backup;
mod billing;
mod check;
mod compact;
mod config;
mod copy;
mod digest;
mod doctor;
mod error;
mod files;
mod health;
mod import;
mod migrate;
mod output;
mod progress;
mod restore;

use clap::Subcommand;
use secrecy::{ExposeSecret, SecretString};

pub use admin::AdminCommand;
pub(crate) use admin::Door;
pub use backup::Backup;
pub use billing::BillingCommand;
pub use check::Check;
pub use compact::Compact;
pub use config::{ConfigCommand, Given, Sources};
pub use copy::Copy;
pub use digest::ShowDigest;
pub use doctor::Doctor;
pub use error::{CommandError, chain};
pub use health::Health;
pub use import::Import;
pub use migrate::Migrate;
pub use restore::Restore;

use crate::config::{ConfigError, StoreUrl, Usual};

/// A command about a store.
#[derive(Debug, Subcommand)]
pub enum StoreCommand {
    /// Look for defects, and repair them if asked to
    ///
    /// Stop the server first: what it is in the middle of looks like a defect. Ends with 0 if there is no defect (left),
    /// with 1 if there is one, and with 2 if the store could not be checked.
    Check(Check),
    /// Copy everything into another store, of whatever kind
    ///
    /// Stop the server of the source first: what it writes meanwhile is not copied. A copy that was interrupted goes on
    /// where it was when it is called again.
    Copy(Copy),
    /// Write the files of a store anew, without what was deleted
    ///
    /// Stop the server first. SQLite and sled; takes as much room again while it works. PostgreSQL has VACUUM for it.
    Compact(Compact),
    /// Show what a store holds
    ///
    /// Two stores of any kind hold the same records exactly if they have the same digest.
    Digest(ShowDigest),
}

/// A command that is ready to run.
#[derive(Debug)]
pub enum Job {
    /// Bring a store up to date.
    Migrate(Migrate),
    /// About a store.
    Store(StoreCommand),
    /// About accounts.
    Admin(AdminCommand),
    /// Write a store to a file.
    Backup(Backup),
    /// Make a store of such a file.
    Restore(Restore),
    /// Bring what another system had.
    Import(Import),
}

/// How a command ended that did what it was to do.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Outcome {
    /// All is well.
    Fine,
    /// There is something wrong with what was looked at.
    Defects,
}

impl Job {
    /// Does it.
    ///
    /// # Errors
    /// [`CommandError`].
    pub async fn run(self, usual: Usual) -> Result<Outcome, CommandError> {
        match self {
            Self::Migrate(migrate) => migrate.run(usual.store).await,
            Self::Store(StoreCommand::Check(check)) => check.run(usual.store).await,
            Self::Store(StoreCommand::Copy(copy)) => copy.run().await,
            Self::Store(StoreCommand::Compact(compact)) => compact.run(usual.store).await,
            Self::Store(StoreCommand::Digest(digest)) => digest.run(usual.store).await,
            Self::Admin(command) => command.run(usual.store).await,
            Self::Backup(backup) => backup.run(usual).await,
            Self::Restore(restore) => restore.run(usual).await,
            Self::Import(import) => import.run(usual).await,
        }
    }
}

/// The store of an argument. The text itself is never shown: it may hold a password.
fn parse(text: &SecretString) -> Result<StoreUrl, ConfigError> {
    text.expose_secret().parse()
}

fn chosen(named: Option<&SecretString>, usual: StoreUrl) -> Result<StoreUrl, ConfigError> {
    named.map_or(Ok(usual), parse)
}

/// Works until it is done, or until somebody wants the process to end. What was begun is then left as it is.
async fn unless_interrupted<T, E>(
    work: impl Future<Output = Result<T, E>>,
    what_now: &'static str,
) -> Result<T, CommandError>
where
    CommandError: From<E>,
{
    tokio::select! {
        done = work => Ok(done?),
        () = crate::asked_to_end() => Err(CommandError::Interrupted(what_now)),
    }
}
