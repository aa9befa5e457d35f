//! The folder: where it is, who may read it, that one process has it, and that it is ours.

use std::ffi::OsString;
use std::fs::{self, DirBuilder, File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::{Path, PathBuf};

use chatcore::StoreError;

use crate::error::unopened;
use crate::layout;
use crate::lock::FolderLock;
use crate::options::SledOptions;

/// Says what the folder is. It is written when the new database is on disk; before that there is nothing to lose.
const LABEL: &str = "layout";

/// All that is left behind, snapshots aside, by a program that is killed while it makes a new database.
const BEGUN: [&str; 5] = ["blobs", "conf", "db", "layout.new", "reserve"];

/// A folder, and the lock that is held as long as the database is used.
pub(crate) struct Folder {
    pub(crate) path: PathBuf,
    /// Whether the label was there: the database has been complete before.
    pub(crate) labelled: bool,
    _lock: FolderLock,
}

impl Folder {
    /// Makes sure that the folder is there, that nobody else has it, and that sled can open what is in it.
    pub(crate) fn hold(options: &SledOptions) -> Result<Self, StoreError> {
        let failed = |error: io::Error| unopened(options.path.display().to_string()).caused_by(error);
        if options.create {
            private_folder(&options.path).map_err(failed)?;
        }
        // one name for one folder, whichever link led here
        let path = options.path.canonicalize().map_err(failed)?;
        let lock = match &options.lock {
            Some(lock) if lock.is_of(&path) => lock.clone(),
            Some(_) => return Err(unopened(format!("{}: the lock is that of another folder", path.display()))),
            None => FolderLock::of(&path)?,
        };
        let mut folder = Self { _lock: lock, path, labelled: false };
        folder.labelled = folder.read_label()?;
        if folder.labelled {
            fs::metadata(folder.db_file()).map_err(|error| failed_at(&folder.db_file(), error))?;
        } else {
            folder.begin(options.create)?;
        }
        folder.sweep_snapshots().map_err(failed)?;
        Ok(folder)
    }

    /// The one file that holds everything.
    pub(crate) fn db_file(&self) -> PathBuf {
        self.path.join("db")
    }

    fn read_label(&self) -> Result<bool, StoreError> {
        match fs::read(self.path.join(LABEL)) {
            Ok(bytes) => layout::check_layout(&bytes).map(|()| true).map_err(|why| self.refused(&why)),
            Err(error) if error.kind() == ErrorKind::NotFound => Ok(false),
            Err(error) => Err(failed_at(&self.path.join(LABEL), error)),
        }
    }

    /// Marks the new database as complete, once everything in it is on disk.
    pub(crate) fn write_label(&mut self) -> io::Result<()> {
        File::open(self.path.join("conf"))?.sync_all()?;
        let new = self.path.join("layout.new");
        let mut file = private().create(true).truncate(true).open(&new)?;
        file.write_all(layout::layout().as_bytes())?;
        file.write_all(b"\n")?;
        file.sync_all()?;
        fs::rename(new, self.path.join(LABEL))?;
        sync_folder(&self.path)?;
        self.path.parent().map_or(Ok(()), sync_folder)?;
        self.labelled = true;
        Ok(())
    }

    /// A folder without a label is empty, or a database was begun there and never finished. sled cannot go on with a
    /// half-written `conf`.
    fn begin(&self, create: bool) -> Result<(), StoreError> {
        let failed = |error| failed_at(&self.path, error);
        for entry in fs::read_dir(&self.path).map_err(failed)? {
            let entry = entry.map_err(failed)?;
            let name = entry.file_name();
            if !is_beginning(&name) {
                return Err(self.refused(&format!("it holds something else: {}", name.display())));
            }
        }
        if !create {
            return Err(self.refused("there is no database"));
        }
        if fs::metadata(self.db_file()).is_ok_and(|file| file.len() > 0) {
            return Ok(());
        }
        match fs::remove_file(self.path.join("conf")) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(failed(error)),
            _ => private().create(true).truncate(false).open(self.db_file()).map(drop).map_err(failed),
        }
    }

    /// sled takes a snapshot that it was killed in the middle of for the newest one, and then never opens again.
    fn sweep_snapshots(&self) -> io::Result<()> {
        for entry in fs::read_dir(&self.path)? {
            let entry = entry?;
            if is_partial_snapshot(&entry.file_name()) {
                tracing::warn!(file = %entry.path().display(), "removing a snapshot that was never finished");
                fs::remove_file(entry.path())?;
            }
        }
        Ok(())
    }

    pub(crate) fn refused(&self, why: &str) -> StoreError {
        unopened(format!("{}: {why}", self.path.display()))
    }
}

fn is_beginning(name: &OsString) -> bool {
    BEGUN.iter().any(|begun| name == begun) || is_snapshot(name)
}

fn is_snapshot(name: &OsString) -> bool {
    name.as_encoded_bytes().starts_with(b"snap.")
}

fn is_partial_snapshot(name: &OsString) -> bool {
    is_snapshot(name) && name.as_encoded_bytes().ends_with(b".generating")
}

pub(crate) fn failed_at(path: &Path, error: io::Error) -> StoreError {
    unopened(path.display().to_string()).caused_by(error)
}

/// A new folder is for its owner alone, and so is everything in it.
fn private_folder(path: &Path) -> io::Result<()> {
    let mut builder = DirBuilder::new();
    builder.recursive(true);
    #[cfg(unix)]
    std::os::unix::fs::DirBuilderExt::mode(&mut builder, 0o700);
    builder.create(path)
}

pub(crate) fn private() -> OpenOptions {
    let mut options = OpenOptions::new();
    options.read(true).write(true);
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options
}

/// A file whose name is lost in a power cut is lost.
pub(crate) fn sync_folder(path: &Path) -> io::Result<()> {
    if cfg!(unix) { File::open(path)?.sync_all() } else { Ok(()) }
}
