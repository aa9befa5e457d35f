//! The database file: where it is, who may read it, and that one process has it.

use std::fs::{DirBuilder, File, OpenOptions, TryLockError};
use std::io;
use std::path::{Path, PathBuf};
use std::time::Duration;

use chatcore::StoreError;

use super::options::SqliteOptions;
use crate::error::unopened;

/// A store that was dropped a moment ago still writes what was handed to it, and then lets go.
const PATIENCE: Duration = Duration::from_millis(50);
const TRIES: u32 = 20;

/// The file, and the lock that is held as long as the database is used.
pub(super) struct Held {
    pub(super) path: PathBuf,
    pub(super) lock: File,
}

/// Makes sure that the file is there and that it is ours alone.
pub(super) async fn hold(path: &Path, options: &SqliteOptions) -> Result<Held, StoreError> {
    let failed = |error: io::Error| unopened(path.display().to_string()).caused_by(error);
    if options.create_folder {
        create_folder(path).map_err(failed)?;
    }
    create(path).map_err(failed)?;
    // one name for one file, whichever link led here
    let path = path.canonicalize().map_err(failed)?;
    let lock = lock(&path).await?;
    Ok(Held { path, lock })
}

fn create_folder(path: &Path) -> io::Result<()> {
    let Some(folder) = path.parent().filter(|folder| !folder.as_os_str().is_empty()) else { return Ok(()) };
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(folder)
}

/// A new file is readable for its owner alone; SQLite gives its log the same permissions.
fn create(path: &Path) -> io::Result<()> {
    match private().create_new(true).open(path) {
        Ok(file) => {
            file.sync_all()?;
            sync_folder(path)
        }
        Err(error) if error.kind() == io::ErrorKind::AlreadyExists => Ok(()),
        Err(error) => Err(error),
    }
}

fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file whose name is lost in a power cut is lost.
fn sync_folder(path: &Path) -> io::Result<()> {
    #[cfg(unix)]
    if let Some(folder) = path.canonicalize()?.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}

async fn lock(path: &Path) -> Result<File, StoreError> {
    let name = {
        let mut name = path.as_os_str().to_owned();
        name.push(".lock");
        PathBuf::from(name)
    };
    let failed = |error: io::Error| unopened(name.display().to_string()).caused_by(error);
    let file = private().create(true).truncate(false).open(&name).map_err(failed)?;
    for _ in 0..TRIES {
        match file.try_lock() {
            Ok(()) => return Ok(file),
            Err(TryLockError::WouldBlock) => tokio::time::sleep(PATIENCE).await,
            Err(TryLockError::Error(error)) => return Err(failed(error)),
        }
    }
    Err(unopened(format!("{} is in use by another process, or by another store of this one", path.display())))
}
