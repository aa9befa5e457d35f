//! Opening sled, as this store needs it.

use std::time::Duration;

use chatcore::StoreError;
use sled::{Config, Db};

use crate::error::caught;
use crate::folder::Folder;
use crate::layout::{self, LAYOUT_KEY};

/// A thread of sled that still writes holds its lock a moment longer than the database that was dropped.
const PATIENCE: Duration = Duration::from_millis(50);
const TRIES: u32 = 40;

/// sled cleans up old segments in this thread alone, so it must not be turned off, even though whatever it writes is
/// synced by us before.
const CLEAN_EVERY_MS: u64 = 500;

/// Opens the database of a folder.
pub(crate) fn open(folder: &Folder, cache_bytes: u64) -> Result<Db, StoreError> {
    let config = || {
        Config::new()
            .path(&folder.path)
            .cache_capacity(cache_bytes)
            .flush_every_ms(Some(CLEAN_EVERY_MS))
            .use_compression(false)
    };
    let mut opened = caught(|| config().open());
    for _ in 1..TRIES {
        if !opened.as_ref().is_err_and(is_locked) {
            break;
        }
        std::thread::sleep(PATIENCE);
        opened = caught(|| config().open());
    }
    let db = opened.map_err(|error| folder.refused("sled cannot open it").caused_by(error))?;
    check(folder, &db)?;
    Ok(db)
}

fn is_locked(error: &sled::Error) -> bool {
    matches!(error, sled::Error::Io(error) if error.to_string().contains("could not acquire lock"))
}

/// Whether the data is ours and of a layout that we know; if there is none yet, notes the layout, to be flushed.
fn check(folder: &Folder, db: &Db) -> Result<(), StoreError> {
    let unread = |error| folder.refused("its layout cannot be read").caused_by(error);
    match caught(|| db.get(LAYOUT_KEY)).map_err(unread)? {
        Some(found) => layout::check_layout(&found).map_err(|why| folder.refused(&why)),
        None if folder.labelled => Err(folder.refused("its data is damaged, or gone")),
        None if !db.is_empty() || db.tree_names().len() > 1 => {
            Err(folder.refused("it holds the data of another program"))
        }
        None => match caught(|| db.insert(LAYOUT_KEY, layout::layout().as_bytes())) {
            Ok(_) => Ok(()),
            Err(error) => Err(folder.refused("it cannot be written to").caused_by(error)),
        },
    }
}
