//! Why a command did not do what it was to do.

use std::io;
use std::path::Path;

use chatcore::StoreError;
use chatcore::transfer::archive::ArchiveError;
use chatcore::transfer::{Digest, TransferError};

use crate::auth::SecretError;
use crate::blobs::OpenBlobsError;
use crate::config::{ConfigError, StoreUrl};
use crate::import::DumpError;
use crate::payments::PaymentsError;
use crate::stores::OpenError;

/// Why a command did not do what it was to do.
#[derive(Debug, thiserror::Error)]
pub enum CommandError {
    /// A store has no good address.
    #[error(transparent)]
    Config(#[from] ConfigError),
    /// A store cannot be opened.
    #[error(transparent)]
    Open(#[from] OpenError),
    /// A copy, a backup or a restore failed.
    #[error(transparent)]
    Transfer(#[from] TransferError),
    /// Attachments cannot be where they are said to be.
    #[error(transparent)]
    Blobs(#[from] OpenBlobsError),
    /// A file is not a good backup.
    #[error("failed to read the backup {path}")]
    Archive {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: ArchiveError,
    },
    /// Payments cannot be taken as configured.
    #[error(transparent)]
    Payments(#[from] PaymentsError),
    /// What came of payments cannot be changed or read.
    #[error("failed to see to payments")]
    Billing(#[source] chatcore::Error),
    /// A store cannot be checked.
    #[error("failed to check the store")]
    Check(#[source] StoreError),
    /// A file cannot be used.
    #[error("failed to use {path}")]
    File {
        /// Which.
        path: String,
        /// Why.
        #[source]
        source: io::Error,
    },
    /// There is something where a backup is to go.
    #[error("{0} is there already; --force replaces it")]
    Exists(String),
    /// A backup is read twice.
    #[error("{0} is not a file")]
    NotAFile(String),
    /// The files of a store are somebody else's business.
    #[error("{0} is compacted by the database: VACUUM (FULL) writes its tables anew")]
    NotOurs(StoreUrl),
    /// The files of a store cannot be written anew.
    #[error("failed to compact the store")]
    Compact(#[source] StoreError),
    /// Source and target are one.
    #[error("a store cannot be copied into itself")]
    Itself,
    /// A store does not hold what was put into it.
    #[error("the target does not hold what was written to it: {found} instead of {expected}")]
    Lost {
        /// What was written.
        expected: Digest,
        /// What is there.
        found: Digest,
    },
    /// The answer cannot be made into JSON.
    #[error("failed to write the answer as JSON")]
    Json(#[from] serde_json::Error),
    /// A dump cannot be read.
    #[error(transparent)]
    Dump(#[from] DumpError),
    /// An account cannot be made or changed so.
    #[error(transparent)]
    Account(#[from] chatcore::Error),
    /// The server did not do it.
    #[error("{0}")]
    Refused(String),
    /// The operating system gives no random bytes.
    #[error(transparent)]
    Secret(#[from] SecretError),
    /// No password came.
    #[error("failed to read the password")]
    Password(#[source] io::Error),
    /// Somebody wanted the process to end.
    #[error("interrupted; {0}")]
    Interrupted(&'static str),
}

/// An error with all that lies beneath it.
#[must_use]
pub fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(cause) = source {
        text.push_str(": ");
        text.push_str(&cause.to_string());
        source = cause.source();
    }
    text
}

impl CommandError {
    pub(super) fn file(path: &Path) -> impl Fn(io::Error) -> Self + use<> {
        let path = path.display().to_string();
        move |source| Self::File { path: path.clone(), source }
    }
}
