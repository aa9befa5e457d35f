//! One process at a time has a folder.

use std::fs::{File, TryLockError};
use std::io::{self, ErrorKind};
use std::path::{Path, PathBuf};
use std::sync::Arc;
use std::time::Duration;

use chatcore::StoreError;

use crate::error::unopened;
use crate::folder::{failed_at, private};

/// A store that was dropped a moment ago still writes what was handed to it, and then lets go.
const PATIENCE: Duration = Duration::from_millis(50);
const TRIES: u32 = 40;

/// Keeps a folder from others as long as this or a copy of it lives: the file `<folder>.lock`, locked. A store takes it by
/// itself; whoever does more with the folder than a store does, replaces it say, takes it before and opens stores
/// [under](crate::SledOptions::under) it.
#[derive(Debug, Clone)]
pub struct FolderLock {
    path: PathBuf,
    _file: Arc<File>,
}

impl FolderLock {
    /// Takes the lock of a folder, which need not be there yet; the folder that it lies in must be. Waits for two seconds,
    /// and blocks the thread meanwhile.
    ///
    /// # Errors
    /// When somebody else has it.
    pub fn take(folder: impl AsRef<Path>) -> Result<Self, StoreError> {
        let folder = folder.as_ref();
        Self::of(&one_name(folder).map_err(|error| failed_at(folder, error))?)
    }

    /// The same by the one name of a folder.
    pub(crate) fn of(path: &Path) -> Result<Self, StoreError> {
        let name = {
            let mut name = path.as_os_str().to_owned();
            name.push(".lock");
            PathBuf::from(name)
        };
        let file = private().create(true).truncate(false).open(&name).map_err(|error| failed_at(&name, error))?;
        for _ in 0..TRIES {
            match file.try_lock() {
                Ok(()) => return Ok(Self { path: path.to_owned(), _file: Arc::new(file) }),
                Err(TryLockError::WouldBlock) => std::thread::sleep(PATIENCE),
                Err(TryLockError::Error(error)) => return Err(failed_at(&name, error)),
            }
        }
        Err(unopened(format!("{} is in use by another process, or by another store of this one", path.display())))
    }

    /// Whether it is the lock of that folder.
    pub(crate) fn is_of(&self, path: &Path) -> bool {
        self.path == path
    }
}

/// One name for one folder, whichever link leads there.
fn one_name(folder: &Path) -> io::Result<PathBuf> {
    match folder.canonicalize() {
        Err(error) if error.kind() == ErrorKind::NotFound => {
            let (Some(above), Some(name)) = (folder.parent(), folder.file_name()) else { return Err(error) };
            let above = if above.as_os_str().is_empty() { Path::new(".") } else { above };
            Ok(above.canonicalize()?.join(name))
        }
        found => found,
    }
}
