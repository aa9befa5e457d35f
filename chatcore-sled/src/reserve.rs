//! Room that is kept for a rainy day.
//!
//! sled gives up when its disk is full: it takes no more writes, and even reads fail where they would tidy a page. It has
//! to be opened again, and that writes too: the rest of a segment, and a list of all pages. A file as large as what that
//! takes lies beside the database, and goes when the disk is full.

use std::fs::{self, File};
use std::io::{self, ErrorKind, Write};
use std::path::PathBuf;

use crate::folder::{Folder, private};

const BYTES: usize = 2 * 1024 * 1024;

/// The file.
pub(crate) struct Reserve {
    folder: PathBuf,
    file: PathBuf,
}

impl Reserve {
    pub(crate) fn of(folder: &Folder) -> Self {
        Self { folder: folder.path.clone(), file: folder.path.join("reserve") }
    }

    /// Takes the room, if it is not taken yet.
    pub(crate) fn take(&self) -> io::Result<()> {
        let bytes = self.bytes()?;
        if fs::metadata(&self.file).is_ok_and(|file| file.len() >= bytes as u64) {
            return Ok(());
        }
        let taken = private().create(true).truncate(true).open(&self.file).and_then(|file| fill(file, bytes));
        if taken.is_err() {
            self.release()?;
        }
        taken
    }

    /// Gives the room back.
    pub(crate) fn release(&self) -> io::Result<()> {
        match fs::remove_file(&self.file) {
            Err(error) if error.kind() != ErrorKind::NotFound => Err(error),
            _ => Ok(()),
        }
    }

    /// Twice the list of pages on top, for when it has grown.
    fn bytes(&self) -> io::Result<usize> {
        let mut bytes = BYTES;
        for entry in fs::read_dir(&self.folder)? {
            let entry = entry?;
            if entry.file_name().as_encoded_bytes().starts_with(b"snap.") {
                bytes += 2 * usize::try_from(entry.metadata()?.len()).unwrap_or(0);
            }
        }
        Ok(bytes)
    }
}

/// Not a hole, and nothing that a file system would squeeze to nothing as it does with zeros.
fn fill(mut file: File, bytes: usize) -> io::Result<()> {
    let mut state: u64 = 1;
    let noise: Vec<u8> = std::iter::repeat_with(|| {
        state = state.wrapping_mul(6_364_136_223_846_793_005).wrapping_add(1_442_695_040_888_963_407);
        state.to_be_bytes()[0]
    })
    .take(bytes)
    .collect();
    file.write_all(&noise)
}
