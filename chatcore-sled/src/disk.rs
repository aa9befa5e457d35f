//! What sled leaves out: waiting until its files are on the disk.
//!
//! `flush` of sled 0.34 ends in `sync_file_range` on Linux, which neither writes the length of a file nor makes the
//! drive empty its cache. Its files of large pages (`blobs`) are not synced at all.

use std::collections::HashSet;
use std::ffi::OsString;
use std::fs::{self, File};
use std::io;
use std::path::PathBuf;

use crate::folder::{Folder, sync_folder};

/// The files of sled, opened by us. The system tells every open file of its own about a write that failed, so nothing
/// that sled's own threads were told and only logged is lost on us.
pub(crate) struct Disk {
    db: File,
    blobs: PathBuf,
    synced: HashSet<OsString>,
}

impl Disk {
    pub(crate) fn open(folder: &Folder) -> io::Result<Self> {
        let blobs = folder.path.join("blobs");
        Ok(Self { db: File::options().write(true).open(folder.db_file())?, blobs, synced: HashSet::new() })
    }

    /// Returns when everything that sled wrote is on the disk.
    pub(crate) fn sync(&mut self) -> io::Result<()> {
        self.sync_blobs()?;
        // the length of the file is part of what `sync_data` waits for; times are not
        self.db.sync_data()
    }

    /// There are none as long as keys are short: a page of the index holds up to 320 keys, and only keys of more than
    /// 400 bytes on average make it too large for sled's log. A blob is written once and never changes.
    fn sync_blobs(&mut self) -> io::Result<()> {
        let mut new = Vec::new();
        for entry in fs::read_dir(&self.blobs)? {
            let entry = entry?;
            if !self.synced.contains(&entry.file_name()) {
                new.push(entry);
            }
        }
        if new.is_empty() {
            return Ok(());
        }
        for entry in new {
            match File::open(entry.path()).and_then(|file| file.sync_all()) {
                // sled has tidied it away meanwhile
                Err(error) if error.kind() == io::ErrorKind::NotFound => {}
                Err(error) => return Err(error),
                Ok(()) => drop(self.synced.insert(entry.file_name())),
            }
        }
        sync_folder(&self.blobs)
    }
}

#[cfg(test)]
impl Disk {
    /// From now on nothing can be synced.
    pub(crate) fn fail(&mut self) -> io::Result<()> {
        self.db = File::options().write(true).open("/dev/null")?;
        Ok(())
    }
}
