//! Opening a store by its address.

use std::path::PathBuf;
use std::sync::Arc;
use std::time::Duration;

use chatcore::account::{Accounts, PasswordHasher, TokenHash, TokenSecrets};
use chatcore::billing::PlanTable;
use chatcore::billing::entitlement::Terms;
use chatcore::billing::ledger::{Allowance, Charging, Credit, CreditRules, PriceTable};
use chatcore::turn::Timing;
use chatcore::{Chat, Clock, Error, RandomIds, SessionId, Store, StoreError, Timestamp};
use chatcore_llm::SystemClock;
use chatcore_llm::offline::Echo;
use chatcore_sled::SledStore;
use chatcore_sqlx::{PostgresOptions, PostgresStore, SqliteStore};
use sha2::{Digest, Sha256};

/// The stores of this workspace.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Kind {
    Sqlite,
    Sled,
    Postgres,
}

impl Kind {
    pub(crate) const ALL: [Self; 3] = [Self::Sqlite, Self::Sled, Self::Postgres];
    /// Those that keep their data in files of their own.
    pub(crate) const EMBEDDED: [Self; 2] = [Self::Sqlite, Self::Sled];

    pub(crate) const fn name(self) -> &'static str {
        match self {
            Self::Sqlite => "sqlite",
            Self::Sled => "sled",
            Self::Postgres => "postgres",
        }
    }

    /// Where an embedded store is, below a folder.
    pub(crate) fn path(self, folder: &std::path::Path) -> PathBuf {
        folder.join(if self == Self::Sqlite { "chat.db" } else { "chat.sled" })
    }

    /// The end of the name of the file that a commit is written to.
    pub(crate) const fn log_file(self) -> &'static str {
        match self {
            Self::Sqlite => "/chat.db-wal",
            Self::Sled => "/chat.sled/db",
            Self::Postgres => "",
        }
    }
}

enum Backend {
    Sqlite(Arc<SqliteStore>),
    Sled(Arc<SledStore>),
    Postgres(Arc<PostgresStore>),
}

/// An open store with services over it.
pub(crate) struct Opened {
    pub(crate) store: Arc<dyn Store>,
    pub(crate) chat: Chat,
    pub(crate) accounts: Accounts,
    backend: Backend,
}

/// Opens what `sqlite:<path>`, `sled:<path>` or a URL of PostgreSQL names.
pub(crate) async fn open(url: &str) -> Result<Opened, StoreError> {
    if let Some(path) = url.strip_prefix("sqlite:") {
        let store = Arc::new(SqliteStore::open(path).await?);
        return Ok(Opened::over(store.clone(), Backend::Sqlite(store)));
    }
    if let Some(path) = url.strip_prefix("sled:") {
        let store = Arc::new(SledStore::open(path).await?);
        return Ok(Opened::over(store.clone(), Backend::Sled(store)));
    }
    let store = Arc::new(PostgresStore::open(PostgresOptions::url(url)?.readers(4)).await?);
    Ok(Opened::over(store.clone(), Backend::Postgres(store)))
}

/// What users have when they are new: more than they can use here.
pub(crate) const START: Credit = Credit::from_micros(1_000_000_000);
/// What an answer costs.
pub(crate) const PRICE: Credit = Credit::from_micros(3);

/// Turns are limited and charged, so each begins with a hold and ends with an entry.
fn terms() -> Terms {
    let start = Allowance { start: START, refill: None };
    let rules = CreditRules { users: start, visitors: start, overdraft: None };
    let charging = Charging::PerRequest { amount: PRICE };
    let prices = PriceTable::new("1", charging, [].into()).expect("prices that make sense");
    Terms::new(PlanTable::default()).charging(prices, rules)
}

impl Opened {
    fn over(store: Arc<dyn Store>, backend: Backend) -> Self {
        let (clock, ids): (Arc<dyn Clock>, _) = (Arc::new(SystemClock), Arc::new(RandomIds));
        // words of an answer come a millisecond apart, so several flushes fall into each
        let timing = Timing { flush: Duration::from_millis(4), ..Timing::default() };
        let echo = Echo::new().delay(Duration::from_millis(1));
        let chat = Chat::over(store.clone(), echo, clock.clone(), ids.clone()).timing(timing);
        let chat = chat.entitlements(terms()).expect("terms that make sense");
        let accounts = Accounts::new(store.clone(), clock, ids, Arc::new(PlainHasher), Arc::new(PlainTokens));
        Self { store, chat, accounts, backend }
    }

    /// Ends what earlier processes left: nobody else is at work, whatever the store thinks.
    pub(crate) async fn recover(&self) -> Result<(), Error> {
        self.chat.recover().await?;
        self.chat.reap(Timestamp::MAX).await?;
        self.chat.conversations().resume_jobs(Timestamp::MAX).await?;
        Ok(())
    }

    pub(crate) async fn close(self) {
        match self.backend {
            Backend::Sqlite(store) => store.close().await,
            Backend::Sled(store) => store.close().await,
            Backend::Postgres(store) => store.close().await,
        }
    }
}

/// Hashes nothing: here it is about what is stored, not about secrets.
struct PlainHasher;

#[async_trait::async_trait]
impl PasswordHasher for PlainHasher {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        Ok(format!("plain:{password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(hash.and_then(|hash| hash.strip_prefix("plain:")) == Some(password))
    }
}

/// Tokens that anybody could make.
struct PlainTokens;

impl TokenSecrets for PlainTokens {
    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        chatcore::once::Fingerprint::of([purpose.as_bytes(), input]).0
    }

    fn token(&self, session: SessionId, generation: u64) -> String {
        format!("{session}.{generation}")
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let (session, generation) = token.split_once('.')?;
        Some((session.parse().ok()?, generation.parse().ok()?))
    }

    fn hash(&self, token: &str) -> TokenHash {
        TokenHash(Sha256::digest(token).into())
    }
}
