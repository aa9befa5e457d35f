//! Files as a whole: who has one, and how one takes the place of another.

use std::fs::{self, File, OpenOptions, TryLockError};
use std::io::{self, BufWriter, Write};
use std::path::Path;

/// Keeps everybody else out as long as it lives. It is a file of its own, because the store's file may be replaced.
pub(super) struct Lock(File);

pub(super) fn lock(path: &Path) -> io::Result<Lock> {
    let lock = options().create(true).open(path.with_added_extension("lock"))?;
    let busy = |error: TryLockError| format!("it cannot be locked, another store may have it open: {error}");
    lock.try_lock().map_err(|error| io::Error::new(io::ErrorKind::ResourceBusy, busy(error))).map(|()| Lock(lock))
}

impl Drop for Lock {
    fn drop(&mut self) {
        // closing it is not enough: a child that the process has just forked still has it open, and the lock with it
        let _ = self.0.unlock();
    }
}

/// Readable and writable, for nobody but its owner: people's conversations are in there.
pub(super) fn options() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// Makes a file or replaces it: whenever the power fails, there is the old one or the new one, and never a part.
pub(super) fn replace(path: &Path, content: impl FnOnce(&mut dyn Write) -> io::Result<()>) -> io::Result<()> {
    let new = path.with_added_extension("new");
    let mut out = BufWriter::new(options().create(true).truncate(true).open(&new)?);
    content(&mut out)?;
    out.into_inner()?.sync_all()?;
    fs::rename(&new, path)?;
    // the name of a file is part of its folder, and is on disk when the folder is
    #[cfg(unix)]
    if let Some(folder) = std::path::absolute(path)?.parent() {
        File::open(folder)?.sync_all()?;
    }
    Ok(())
}
