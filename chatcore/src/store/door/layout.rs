//! How records and list entries become keys: `0, kind, key` holds a record, `1, index, entry` holds nothing and only
//! sorts.

use std::collections::{BTreeMap, BTreeSet};

use crate::store::codec::{self, CodecError};
use crate::store::kinds::{AnyRecord, Keys, KeysVisitor, Kind, Loaded, Rows, RowsVisitor};
use crate::store::record::{Entries, Index, Record, Stored};
use crate::store::table::Table;
use crate::store::{KvWrite, OrderedKey, StoreError, StoreErrorKind};

const RECORD: u8 = 0;
const LIST: u8 = 1;

/// The key of a record.
pub(super) fn record_key(kind: Kind, key: &[u8]) -> Vec<u8> {
    let mut bytes = vec![RECORD, kind as u8];
    bytes.extend_from_slice(key);
    bytes
}

/// The key of a list entry.
pub(super) fn entry_key(index: Index, entry: &[u8]) -> Vec<u8> {
    let mut bytes = vec![LIST, index as u8];
    bytes.extend_from_slice(entry);
    bytes
}

/// The part of a list entry behind `LIST, index`.
pub(super) fn entry_of(key: &[u8]) -> &[u8] {
    key.get(2..).unwrap_or_default()
}

pub(super) fn corrupt(kind: Kind, error: CodecError) -> StoreError {
    StoreError::new(StoreErrorKind::Corrupt, "read").context(kind.name()).caused_by(error)
}

/// Asked records as keys.
#[derive(Default)]
pub(super) struct Asked(Vec<(Kind, Vec<u8>)>);

impl Asked {
    pub(super) fn of(keys: &Keys) -> Self {
        let mut asked = Self::default();
        keys.visit(&mut asked);
        asked
    }

    pub(super) fn raw(&self) -> Vec<Vec<u8>> {
        self.0.iter().map(|(kind, key)| record_key(*kind, key)).collect()
    }

    pub(super) fn decode(self, values: Vec<Option<Vec<u8>>>) -> Result<Loaded, StoreError> {
        let mut loaded = Loaded::default();
        for ((kind, _), value) in self.0.into_iter().zip(values) {
            if let Some(bytes) = value {
                loaded.push(AnyRecord::decode(kind, &bytes).map_err(|error| corrupt(kind, error))?);
            }
        }
        Ok(loaded)
    }
}

impl KeysVisitor for Asked {
    fn keys<R: Stored>(&mut self, keys: &BTreeSet<R::Key>) {
        self.0.extend(keys.iter().map(|key| (R::KIND, key.to_bytes())));
    }
}

/// Written rows as writes: the records, and the list entries that came and went with them.
#[derive(Default)]
pub(super) struct Written(BTreeMap<Vec<u8>, Option<Vec<u8>>>);

impl Written {
    pub(super) fn of(rows: &Rows) -> Vec<KvWrite> {
        let mut written = Self::default();
        rows.visit(&mut written);
        let write = |(key, value)| match value {
            Some(value) => KvWrite::Put { key, value },
            None => KvWrite::Delete { key },
        };
        written.0.into_iter().map(write).collect()
    }

    fn entries<R: Record>(&mut self, before: Option<&R>, after: Option<&R>) {
        let (before, after) = (Entries::of(before), Entries::of(after));
        let key = |entry: &Vec<u8>| [&[LIST], entry.as_slice()].concat();
        for gone in before.iter().filter(|entry| !after.contains(entry)) {
            self.0.insert(key(gone), None);
        }
        for new in after.iter().filter(|entry| !before.contains(entry)) {
            self.0.insert(key(new), Some(Vec::new()));
        }
    }
}

impl RowsVisitor for Written {
    fn table<R: Stored>(&mut self, table: &Table<R>) {
        for write in table.writes() {
            let (before, after) = (write.before(), write.after());
            if let Some(record) = before.or(after) {
                self.0.insert(record_key(R::KIND, &record.key().to_bytes()), after.map(codec::encode));
            }
            self.entries(before, after);
        }
    }
}
