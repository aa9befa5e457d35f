//! The one writer: a group at a time, on disk before anybody hears of it.

use std::sync::Arc;

use chatcore::StoreError;
use chatcore::store::{KvWrite, StoreErrorKind};
use sled::Db;

use crate::database;
use crate::disk::Disk;
use crate::error::{caught, not_applied, uncertain, unopened};
use crate::folder::Folder;
use crate::layout::{LAYOUT_KEY, layout};
use crate::options::SledOptions;
use crate::plan::{self, Before, Plan};
use crate::reserve::Reserve;
use crate::view::{Open, State, View};

/// Whether writing goes on.
enum Health {
    Good,
    /// The disk was full a moment ago. Nothing is written before there is room again, the reserve included.
    Full,
    /// The disk did not take what the system holds. From then on what is read may not be what is on disk, and no later
    /// `fsync` says so again.
    Broken,
}

pub(crate) struct Writer {
    view: Arc<View>,
    disk: Disk,
    health: Health,
    /// What was before a group that failed, until it is so again.
    undone: Option<Before>,
    reserve: Reserve,
    cache_bytes: u64,
    /// Goes last: it holds the lock.
    folder: Folder,
}

impl Writer {
    pub(crate) fn open(options: &SledOptions) -> Result<Self, StoreError> {
        let mut folder = Folder::hold(options)?;
        let reserve = Reserve::of(&folder);
        let open = || database::open(&folder, options.cache_bytes);
        // the disk may be full already
        let db = open().or_else(|error| reserve.release().map_or(Err(error), |()| open()))?;
        let failed = |error| folder.refused("it cannot be synced").caused_by(error);
        let mut disk = Disk::open(&folder).map_err(failed)?;
        // what a program that was killed left unsynced is read from now on, so it has to last
        caught(|| db.flush()).map_err(|error| folder.refused("it cannot be written to").caused_by(error))?;
        disk.sync().map_err(failed)?;
        if !folder.labelled {
            let path = folder.path.display().to_string();
            folder.write_label().map_err(|error| unopened(path).caused_by(error))?;
        }
        let health = if reserve.take().is_ok() { Health::Good } else { Health::Full };
        let view = Arc::new(View::new(db));
        Ok(Self { view, disk, health, undone: None, reserve, cache_bytes: options.cache_bytes, folder })
    }

    pub(crate) fn view(&self) -> Arc<View> {
        self.view.clone()
    }

    /// Writes all of a group or nothing, and returns when it is on disk.
    pub(crate) fn apply(&mut self, writes: &[KvWrite]) -> Result<(), StoreError> {
        self.get_ready()?;
        let Plan { batch, before } = self.plan(writes)?;
        let view = self.view();
        // nobody reads while the pages change; while they are flushed, everybody may
        let mut state = view.write();
        if let Err(error) = with(&state, |db| db.apply_batch(batch)) {
            let failure = self.fail(&mut state, before, error);
            if matches!(self.health, Health::Broken) {
                // half of the group may be in memory, and will stay there
                *state = State::Lost;
            }
            return Err(failure);
        }
        drop(state);
        let flushed = with(&view.read(), flush);
        if let Err(error) = flushed {
            return Err(self.fail(&mut view.write(), before, error));
        }
        self.disk.sync().map_err(|error| {
            self.health = Health::Broken;
            tracing::error!(%error, "the disk failed; no more is written");
            uncertain("the disk failed", error)
        })
    }

    fn plan(&mut self, writes: &[KvWrite]) -> Result<Plan, StoreError> {
        let view = self.view();
        let plan = || view.read().open().and_then(|open| Plan::of(open, writes));
        let planned = match plan() {
            Err(error) if *error.kind() == StoreErrorKind::Unavailable => {
                self.recover()?;
                self.get_ready()?;
                plan()
            }
            planned => planned,
        };
        planned.map_err(|error| match error.kind() {
            StoreErrorKind::NotApplied => error,
            _ => not_applied("what is to change cannot be read").caused_by(error),
        })
    }

    /// sled takes no more writes after a failure, until it is opened again. That is safe if whatever the system holds of
    /// its file is on disk: then it finds what a new start would find.
    fn fail(&mut self, state: &mut State, before: Before, error: sled::Error) -> StoreError {
        tracing::error!(%error, "sled failed");
        if let Err(error) = self.disk.sync() {
            self.health = Health::Broken;
            tracing::error!(%error, "the disk failed; no more is written");
        } else {
            self.health = Health::Full;
            self.undone = Some(before);
            if let Err(error) = self.reopen(state) {
                tracing::error!(%error, "the database cannot be opened again for now");
            }
        }
        uncertain("sled failed", error)
    }

    fn get_ready(&mut self) -> Result<(), StoreError> {
        self.reopen_if_failed()?;
        if matches!(self.health, Health::Full) {
            self.reserve.take().map_err(|error| not_applied("the disk is full").caused_by(error))?;
            self.health = Health::Good;
            tracing::info!("there is room again; writing goes on");
        }
        Ok(())
    }

    /// Looks whether sled has given up, and if so gets it back: its thread that cleans up may have met the full disk
    /// first, and then not even every read succeeds.
    pub(crate) fn recover(&mut self) -> Result<(), StoreError> {
        if matches!(self.health, Health::Good) && self.undone.is_none() {
            let view = self.view();
            let mut state = view.write();
            let probe = |db: &Db| db.insert(LAYOUT_KEY, layout().as_bytes()).and_then(|_| flush(db));
            if let Err(error) = with(&state, probe) {
                self.fail(&mut state, Before::new(), error);
            }
        }
        self.reopen_if_failed()
    }

    fn reopen_if_failed(&mut self) -> Result<(), StoreError> {
        if matches!(self.health, Health::Broken) {
            return Err(not_applied("the disk failed under an earlier write; see to it, then open the store again"));
        }
        let view = self.view();
        self.reopen(&mut view.write()).map_err(|error| not_applied("the database is lost for now").caused_by(error))
    }

    /// The database as it was before the group whose writers were told that it may have failed. Rules were evaluated
    /// over this, so no write of theirs may rest on anything else.
    fn reopen(&mut self, state: &mut State) -> Result<(), StoreError> {
        let Some(before) = &self.undone else { return Ok(()) };
        // the old one goes first: it holds a lock of its own
        *state = State::Lost;
        self.reserve.release().map_err(|error| self.folder.refused("the reserve").caused_by(error))?;
        let db = database::open(&self.folder, self.cache_bytes)?;
        let undone = caught(|| {
            db.apply_batch(plan::undo(&db, before)?)?;
            db.flush()
        });
        undone.map_err(|error| self.folder.refused("it cannot be written to").caused_by(error))?;
        self.disk.sync().map_err(|error| self.folder.refused("it cannot be synced").caused_by(error))?;
        *state = State::Open(Open(db));
        self.undone = None;
        Ok(())
    }

    /// Lets go of everything, the lock last.
    pub(crate) fn close(self) {
        *self.view.write() = State::Closed;
    }
}

fn flush(db: &Db) -> sled::Result<()> {
    db.flush().map(drop)
}

fn with(state: &State, work: impl FnOnce(&Db) -> sled::Result<()>) -> sled::Result<()> {
    match state {
        State::Open(Open(db)) => caught(|| work(db)),
        State::Lost | State::Closed => Err(sled::Error::Unsupported("there is no database".into())),
    }
}

#[cfg(all(test, target_os = "linux"))]
mod tests {
    use super::*;

    fn put(key: &[u8]) -> [KvWrite; 1] {
        [KvWrite::Put { key: key.to_vec(), value: vec![1] }]
    }

    fn holds(view: &View, key: &[u8]) -> bool {
        view.read().open().and_then(|open| open.value(key)).is_ok_and(|value| value.is_some())
    }

    #[test]
    fn nothing_is_written_after_a_sync_that_failed() {
        let folder = tempfile::tempdir().unwrap();
        let options = SledOptions::folder(folder.path().join("chat"));
        let mut writer = Writer::open(&options).unwrap();
        let view = writer.view();
        writer.apply(&put(b"before")).unwrap();
        writer.disk.fail().unwrap();
        assert_eq!(*writer.apply(&put(b"unknown")).unwrap_err().kind(), StoreErrorKind::Unavailable);
        for _ in 0..2 {
            assert_eq!(*writer.apply(&put(b"after")).unwrap_err().kind(), StoreErrorKind::NotApplied);
            assert!(writer.recover().is_err());
        }
        assert!(holds(&view, b"before") && !holds(&view, b"after"), "reads go on");
        writer.close();
        let mut writer = Writer::open(&options).unwrap();
        writer.apply(&put(b"after")).unwrap();
        assert!(holds(&writer.view(), b"before") && holds(&writer.view(), b"after"));
    }
}
