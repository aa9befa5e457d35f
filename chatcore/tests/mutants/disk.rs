//! A store over a disk that is a map: what is on it outlives the store.

use std::collections::BTreeMap;
use std::sync::{Arc, Mutex, PoisonError};

use chatcore::Store;
use chatcore::conformance::Harness;
use chatcore::conversation::ConversationState;
use chatcore::store::{AnyRecord, DoorStore, KeyValue, Kind, KvWrite, Range, StoreError};

use crate::fault::Fault;
use crate::store::Mutant;

type Map = BTreeMap<Vec<u8>, Vec<u8>>;

/// Keys and values, with a fault.
#[derive(Clone)]
pub(crate) struct Disk {
    pub(crate) fault: Fault,
    /// What readers see.
    live: Arc<Mutex<Map>>,
    /// What is left when the store is closed.
    kept: Arc<Mutex<Map>>,
}

fn with<T>(map: &Mutex<Map>, work: impl FnOnce(&mut Map) -> T) -> T {
    work(&mut map.lock().unwrap_or_else(PoisonError::into_inner))
}

impl Disk {
    fn new(fault: Fault) -> Self {
        Self { fault, live: Arc::default(), kept: Arc::default() }
    }

    fn opened_again(&self) -> Self {
        let mut kept = with(&self.kept, |map| map.clone());
        kept.retain(|key, value| !self.forgets(key, value));
        let left = if self.fault == Fault::ForgetsIdle { Map::new() } else { kept.clone() };
        Self { fault: self.fault, live: Arc::new(Mutex::new(kept)), kept: Arc::new(Mutex::new(left)) }
    }

    /// Whether a record is lost when the store is closed.
    fn forgets(&self, key: &[u8], value: &[u8]) -> bool {
        let is = |kind: Kind| key.starts_with(&[0, kind as u8]);
        let built = || match AnyRecord::decode(Kind::Conversation, value) {
            Ok(AnyRecord::Conversation(one)) => one.state == ConversationState::Building,
            _ => false,
        };
        match self.fault {
            Fault::ForgetsOnReopen => true,
            Fault::ForgetsForks => is(Kind::Fork),
            Fault::ForgetsLogs => is(Kind::RunLog),
            Fault::ForgetsRuns => is(Kind::Run),
            Fault::ForgetsJobs => is(Kind::Job),
            Fault::ForgetsErasures => is(Kind::Job) && value.windows(7).any(|text| text == b"\"erase\""),
            Fault::ForgetsBuilding => is(Kind::Conversation) && built(),
            _ => false,
        }
    }

    /// What closing the store leaves of a write.
    fn keep(&self, writes: &[KvWrite]) {
        let now = with(&self.live, |map| map.clone());
        with(&self.kept, |kept| {
            let before = std::mem::replace(kept, now);
            if self.fault == Fault::CutsGroups {
                for write in writes.iter().skip(999) {
                    let (KvWrite::Put { key, .. } | KvWrite::Delete { key }) = write;
                    match before.get(key) {
                        Some(value) => kept.insert(key.clone(), value.clone()),
                        None => kept.remove(key),
                    };
                }
            }
            if self.fault == Fault::CutsOnDisk {
                kept.values_mut().for_each(|value| value.truncate(1_000_000));
            }
        });
    }
}

#[async_trait::async_trait]
impl KeyValue for Disk {
    async fn get_many(&self, keys: Vec<Vec<u8>>) -> Result<Vec<Option<Vec<u8>>>, StoreError> {
        Ok(with(&self.live, |map| keys.iter().map(|key| map.get(key).cloned()).collect()))
    }

    async fn scan(&self, mut range: Range, limit: usize) -> Result<Vec<(Vec<u8>, Vec<u8>)>, StoreError> {
        if self.fault == Fault::IgnoresReverse {
            range.reverse = false;
        }
        let mut found = with(&self.live, |map| range.of(map, limit));
        if self.fault == Fault::DropsLastOfPage && found.len() == limit {
            found.pop();
        }
        Ok(found)
    }

    async fn apply(&self, mut writes: Vec<KvWrite>) -> Result<(), StoreError> {
        if self.fault == Fault::LosesLastWrite && writes.len() > 1 {
            writes.pop();
        }
        if self.fault == Fault::AnswersEarly {
            // what was written before is on its way to the disk by now
            let before = with(&self.live, |map| map.clone());
            with(&self.kept, |kept| *kept = before);
        }
        with(&self.live, |map| {
            for write in writes.clone() {
                match write {
                    KvWrite::Delete { key } if self.fault == Fault::KeepsOldEntries && key[0] == 1 => drop(key),
                    KvWrite::Delete { key } if self.fault == Fault::KeepsDeleted && key[0] == 0 => drop(key),
                    KvWrite::Delete { key } => drop(map.remove(&key)),
                    KvWrite::Put { key, mut value } => {
                        if self.fault == Fault::CutsLongTexts {
                            value.truncate(100_000);
                        }
                        map.insert(key, value);
                    }
                }
            }
        });
        if self.fault != Fault::AnswersEarly {
            self.keep(&writes);
        }
        Ok(())
    }
}

/// The harness of a store with a fault.
pub(crate) struct DiskHarness(Mutex<Disk>);

impl DiskHarness {
    pub(crate) fn new(fault: Fault) -> Self {
        Self(Mutex::new(Disk::new(fault)))
    }

    fn store(&self) -> Arc<dyn Store> {
        let disk = self.0.lock().unwrap_or_else(PoisonError::into_inner).clone();
        Arc::new(Mutant::new(DoorStore::new(disk)))
    }
}

#[async_trait::async_trait]
impl Harness for DiskHarness {
    async fn open(&self) -> Arc<dyn Store> {
        self.store()
    }

    async fn reopen(&self, store: Arc<dyn Store>) -> Option<Arc<dyn Store>> {
        drop(store);
        let mut disk = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        *disk = disk.opened_again();
        drop(disk);
        Some(self.store())
    }
}
