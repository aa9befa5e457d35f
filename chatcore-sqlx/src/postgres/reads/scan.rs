//! The walk over every record. The columns of a key sort as its bytes do, so a page is a range of the key's index.
//!
//! Projections have no table, but the same walk over the records that they repeat gives them too.

use async_trait::async_trait;
use chatcore::account::{ApiKey, Challenge, Identity, RoleCount, Session, User, Visitor};
use chatcore::attachment::{Attachment, Blob};
use chatcore::billing::entitlement::Hold;
use chatcore::billing::ledger::{LedgerEntry, Wallet};
use chatcore::billing::{Customer, Entitlement, PaymentEvent, PaymentObject, StoredPlan, Subscription};
use chatcore::conversation::{Conversation, ExternalId, Fork, Lane, Message, Node, Sequence, Slot};
use chatcore::feedback::Feedback;
use chatcore::job::Job;
use chatcore::limits::RateCounter;
use chatcore::once::IdempotencyKey;
use chatcore::quota::Counter;
use chatcore::share::Share;
use chatcore::store::{AnyRecord, Kind, OrderedKey, Scan, StoreError, StoreErrorKind};
use chatcore::turn::{Run, RunLog};

use crate::error::unknown_kind;
use crate::postgres::PostgresStore;
use crate::postgres::readers::Readers;
use crate::postgres::row::Binder;
use crate::postgres::statement::{key, list};
use crate::records::all_kinds;
use crate::table::Mapped;
use crate::value::{Bind, limit as page};

#[async_trait]
impl Scan for PostgresStore {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>, StoreError> {
        scan(&self.readers, kind, after, limit).await
    }
}

/// A page of the records of one kind.
pub(in crate::postgres) async fn scan(
    readers: &Readers,
    kind: Kind,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<AnyRecord>, StoreError> {
    macro_rules! by_kind {
        ($($field:ident: $record:ident),*; $($projection:ident: $repeated:ident),*) => {
            match kind {
                $(Kind::$record => walk::<$record>(readers, after, limit).await,)*
                $(Kind::$repeated => walk::<$repeated>(readers, after, limit).await,)*
                _ => Err(unknown_kind()),
            }
        };
    }
    all_kinds!(by_kind)
}

async fn walk<R: Mapped + Into<AnyRecord>>(
    readers: &Readers,
    after: Option<&[u8]>,
    limit: usize,
) -> Result<Vec<AnyRecord>, StoreError> {
    let columns = list(key::<R>(), "t.");
    let mut values = Binder::default();
    values.integer(page(limit));
    let mut filters: Vec<String> = R::FILTER.map(|filter| format!("t.{filter}")).into_iter().collect();
    if let Some(mut bytes) = after {
        let wrong = || StoreError::new(StoreErrorKind::Corrupt, "scan").context(format!("no key of {}", R::TABLE));
        let key = R::Key::read(&mut bytes).filter(|_| bytes.is_empty()).ok_or_else(wrong)?;
        R::bind_key(&key, &mut values);
        let places: Vec<String> = (0..R::KEY).map(|n| format!("${}", n + 2)).collect();
        filters.push(format!("({columns}) > ({})", places.join(", ")));
    }
    let filter = if filters.is_empty() { String::new() } else { format!("WHERE {}", filters.join(" AND ")) };
    let found = readers.records::<R>(&format!("{filter} ORDER BY {columns} LIMIT $1"), values).await?;
    Ok(found.into_iter().map(Into::into).collect())
}
