//! The file and its index.

use std::collections::BTreeMap;
use std::fmt::Display;
use std::fs::File;
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom, Write};
use std::path::Path;

use chatcore::store::{KvWrite, Range, StoreError, StoreErrorKind};

use super::file;
use super::line::{self, HEADER, Place};

/// A smaller file is not worth writing anew.
const SMALL: u64 = 4096;
/// So many keys to a line when a file is written anew: the values of one line are in memory together.
const KEYS_TO_A_LINE: usize = 64;

/// A file of lines that is only ever written at its end.
pub(super) struct Log {
    file: File,
    /// Where the next line begins. What lies behind was never answered for.
    end: u64,
    /// Every key that is there.
    index: BTreeMap<Vec<u8>, Place>,
    /// What is in the file is not known any more.
    broken: bool,
    lock: file::Lock,
}

impl Log {
    pub(super) fn open(path: &Path) -> io::Result<Self> {
        let lock = file::lock(path)?;
        if !path.try_exists()? {
            file::replace(path, |out| out.write_all(HEADER.as_bytes()))?;
        }
        let mut log = Self::load(path, lock)?;
        let live: u64 = log.index.iter().map(|(key, place)| line::size(key, *place)).sum();
        if log.end > SMALL && live < log.end / 2 {
            file::replace(path, |out| log.copy(out))?;
            log = Self::load(path, log.lock)?;
        }
        Ok(log)
    }

    /// Reads the file from its beginning.
    fn load(path: &Path, lock: file::Lock) -> io::Result<Self> {
        let file = file::options().open(path)?;
        let length = file.metadata()?.len();
        let mut log = Self { file, end: 0, index: BTreeMap::new(), broken: false, lock };
        let mut reader = BufReader::new(log.file.try_clone()?);
        let mut line = Vec::new();
        reader.read_until(b'\n', &mut line)?;
        if line != HEADER.as_bytes() {
            return Err(damaged(1, "it is not the first line of a store"));
        }
        log.end = line.len() as u64;
        for number in 2_u64.. {
            line.clear();
            let size = reader.read_until(b'\n', &mut line)? as u64;
            if line::is_whole(&line) {
                log.update(line::parse(&line, log.end).map_err(|error| damaged(number, error))?);
            } else if log.end + size < length || !line::may_be_torn(&line) {
                return Err(damaged(number, "its checksum is wrong"));
            } else {
                // the end, or a line that a crash cut short before anybody was told that it was there
                log.file.set_len(log.end)?;
                break;
            }
            log.end += size;
        }
        // a process that died between write and sync left lines that a power cut could still take away
        log.file.sync_data()?;
        Ok(log)
    }

    pub(super) fn get_many(&mut self, keys: &[Vec<u8>]) -> io::Result<Vec<Option<Vec<u8>>>> {
        keys.iter().map(|key| self.index.get(key).map(|place| self.read(*place)).transpose()).collect()
    }

    pub(super) fn scan(&mut self, range: &Range, limit: usize) -> io::Result<Vec<(Vec<u8>, Vec<u8>)>> {
        range.of(&self.index, limit).into_iter().map(|(key, place)| Ok((key, self.read(place)?))).collect()
    }

    /// Writes a group as one line, and answers when it is on disk.
    pub(super) fn apply(&mut self, writes: &[KvWrite]) -> Result<(), StoreError> {
        let line = line::encode(writes);
        // what cannot be read again is not written; from here on only the disk can fail
        let places = self.check().and_then(|()| line::parse(line.as_bytes(), self.end));
        let places = places.map_err(|error| StoreError::new(StoreErrorKind::NotApplied, "write").caused_by(error))?;
        self.append(line.as_bytes())?;
        self.update(places);
        Ok(())
    }

    fn append(&mut self, line: &[u8]) -> Result<(), StoreError> {
        if let Err(error) = self.file.seek(SeekFrom::Start(self.end)).and_then(|_| self.file.write_all(line)) {
            // the disk may be full: without the beginning of the line, all is as it was
            self.broken = self.file.set_len(self.end).and_then(|()| self.file.sync_data()).is_err();
            let kind = if self.broken { StoreErrorKind::Unavailable } else { StoreErrorKind::NotApplied };
            return Err(StoreError::new(kind, "write").caused_by(error));
        }
        let synced = self.file.sync_data();
        // the line may be on disk or not, and a second try may succeed without writing what the first one lost
        self.broken = synced.is_err();
        synced.map_err(|error| StoreError::new(StoreErrorKind::Unavailable, "write").caused_by(error))?;
        self.end += line.len() as u64;
        Ok(())
    }

    fn update(&mut self, places: Vec<(Vec<u8>, Option<Place>)>) {
        for (key, place) in places {
            match place {
                Some(place) => self.index.insert(key, place),
                None => self.index.remove(&key),
            };
        }
    }

    fn read(&self, place: Place) -> io::Result<Vec<u8>> {
        self.check()?;
        let mut text = vec![0; place.length];
        let mut file = &self.file;
        file.seek(SeekFrom::Start(place.offset))?;
        file.read_exact(&mut text)?;
        line::decode(&text)
    }

    /// Writes what is there to another file.
    fn copy(&self, out: &mut dyn Write) -> io::Result<()> {
        out.write_all(HEADER.as_bytes())?;
        for keys in self.index.keys().collect::<Vec<_>>().chunks(KEYS_TO_A_LINE) {
            let put = |key: &&Vec<u8>| Ok(KvWrite::Put { key: (*key).clone(), value: self.read(self.index[*key])? });
            let writes: Vec<KvWrite> = keys.iter().map(put).collect::<io::Result<_>>()?;
            out.write_all(line::encode(&writes).as_bytes())?;
        }
        Ok(())
    }

    fn check(&self) -> io::Result<()> {
        if self.broken { Err(io::Error::other("an earlier write failed; open the store again")) } else { Ok(()) }
    }
}

fn damaged(line: u64, why: impl Display) -> io::Error {
    io::Error::new(io::ErrorKind::InvalidData, format!("line {line} is damaged: {why}"))
}
