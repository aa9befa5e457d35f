//! The reference store. It is never on disk, and nothing is beside it.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::ConversationId;
use chatcore::account::Caller;
use chatcore::memory::MemoryMap;
use chatcore::store::{DoorStore, Store};

use super::counted::Counted;
use super::{Backend, Raw};
use crate::data::Failure;

pub(super) struct Memory(Arc<DoorStore<Counted<MemoryMap>>>);

impl Memory {
    pub(super) fn open() -> Self {
        Self(Arc::new(DoorStore::new(Counted::new(MemoryMap::default()))))
    }
}

#[async_trait]
impl Backend for Memory {
    fn store(&self) -> Arc<dyn Store> {
        self.0.clone()
    }

    fn groups(&self) -> u64 {
        self.0.inner().groups()
    }

    async fn raw(&self, _of: &Caller, _to: ConversationId) -> Result<Option<Box<dyn Raw>>, Failure> {
        Ok(None)
    }

    async fn close(self: Box<Self>) -> Result<Option<u64>, Failure> {
        Ok(None)
    }
}
