//! The walk over every record. The columns of a key sort as its bytes do, so a page is a range of the key's index.
//!
//! Projections have no table, but the same walk over the records that they repeat gives them too.

use async_trait::async_trait;
use chatcore::account::{Identity, Session, User};
use chatcore::conversation::{Conversation, ExternalId, Fork, Lane, Message, Node, Sequence, Slot};
use chatcore::job::Job;
use chatcore::store::{AnyRecord, Kind, OrderedKey, Scan, StoreError, StoreErrorKind};
use chatcore::turn::{Run, RunLog};

use crate::sqlite::SqliteStore;
use crate::sqlite::readers::Readers;
use crate::sqlite::row::{Binder, limit as page};
use crate::sqlite::statement::{key, list};
use crate::sqlite::table::Mapped;

#[async_trait]
impl Scan for SqliteStore {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        let readers = &self.readers;
        match kind {
            Kind::Conversation => walk::<Conversation>(readers, after, limit).await,
            Kind::Message => walk::<Message>(readers, after, limit).await,
            Kind::Lane => walk::<Lane>(readers, after, limit).await,
            Kind::Fork => walk::<Fork>(readers, after, limit).await,
            Kind::Sequence => walk::<Sequence>(readers, after, limit).await,
            Kind::Run => walk::<Run>(readers, after, limit).await,
            Kind::RunLog => walk::<RunLog>(readers, after, limit).await,
            Kind::User => walk::<User>(readers, after, limit).await,
            Kind::Identity => walk::<Identity>(readers, after, limit).await,
            Kind::Session => walk::<Session>(readers, after, limit).await,
            Kind::Job => walk::<Job>(readers, after, limit).await,
            Kind::Node => walk::<Node>(readers, after, limit).await,
            Kind::Slot => walk::<Slot>(readers, after, limit).await,
            Kind::ExternalId => walk::<ExternalId>(readers, after, limit).await,
            _ => Err(StoreError::new(StoreErrorKind::Corrupt, "scan").context("a kind that this store does not know")),
        }
    }
}

async fn walk<R: Mapped + Into<AnyRecord>>(
    readers: &Readers,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<AnyRecord>, StoreError> {
    let columns = list(key::<R>(), "t.");
    let mut values = Binder::default();
    values.put(page(limit));
    let mut filters: Vec<String> = R::FILTER.map(|filter| format!("t.{filter}")).into_iter().collect();
    if let Some(mut bytes) = after {
        let wrong = || StoreError::new(StoreErrorKind::Corrupt, "scan").context(format!("no key of {}", R::TABLE));
        let key = R::Key::read(&mut bytes).filter(|_| bytes.is_empty()).ok_or_else(wrong)?;
        R::bind_key(&key, &mut values);
        let places: Vec<String> = (0..R::KEY).map(|n| format!("?{}", n + 2)).collect();
        filters.push(format!("({columns}) > ({})", places.join(", ")));
    }
    let filter = if filters.is_empty() { String::new() } else { format!("WHERE {}", filters.join(" AND ")) };
    let found = readers.records::<R>(&format!("{filter} ORDER BY {columns} LIMIT ?1"), values).await?;
    Ok(found.into_iter().map(Into::into).collect())
}
