//! A server of one test's own, which may be stopped.

use std::os::unix::fs::chown;
use std::path::{Path, PathBuf};

use sqlx::postgres::PgConnectOptions;

use super::binaries::{self, Account};
use super::server::{Missing, options};

/// A server in a folder of its own. It is stopped when this is dropped; the folder stays.
#[derive(Debug)]
pub struct PrivatePostgres {
    folder: PathBuf,
    binaries: PathBuf,
    account: Account,
}

impl PrivatePostgres {
    /// Sets a server up in an empty folder, which becomes that of the account that it runs as, and starts it.
    ///
    /// # Errors
    /// [`Missing`].
    pub fn start_in(folder: &Path) -> Result<Self, Missing> {
        let binaries = binaries::folder().ok_or(Missing::Binaries)?;
        let account = Account::of_server()?.ok_or(Missing::User)?;
        chown(folder, Some(account.user), Some(account.group))?;
        let server = Self { folder: folder.to_owned(), binaries, account };
        if !account.initdb(&server.binaries, folder).status()?.success() {
            return Err(Missing::Start(folder.join("log")));
        }
        server.start()?;
        Ok(server)
    }

    /// Starts it again.
    ///
    /// # Errors
    /// [`Missing::Start`].
    pub fn start(&self) -> Result<(), Missing> {
        let settings = format!("-k {} -c listen_addresses= -c fsync=off", self.folder.display());
        self.control(&["-w", "-o", &settings, "start"])
    }

    /// Stops it, and returns when it is gone. Whoever is connected is cut off.
    ///
    /// # Errors
    /// [`Missing::Start`].
    pub fn stop(&self) -> Result<(), Missing> {
        self.control(&["-w", "-m", "fast", "stop"])
    }

    fn control(&self, arguments: &[&str]) -> Result<(), Missing> {
        let log = self.folder.join("log");
        let mut control = self.account.command(&self.binaries.join("pg_ctl"), &self.folder);
        control.arg("-D").arg(self.folder.join("data")).arg("-l").arg(&log).args(arguments);
        if control.status()?.success() { Ok(()) } else { Err(Missing::Start(log)) }
    }

    /// How a client connects.
    #[must_use]
    pub fn options(&self) -> PgConnectOptions {
        options(&self.folder)
    }
}

impl Drop for PrivatePostgres {
    fn drop(&mut self) {
        // it may have been stopped before
        let _ = self.control(&["-m", "immediate", "stop"]);
    }
}
