//! A store that leaves out what it may, accounts, quotas, money and files, passes the suite, and says so whenever it is asked for some.
#![expect(clippy::panic, reason = "helpers of tests may fail the test")]

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::account::{
    AccountStore, Accounts, NewAccount, PasswordHasher, PasswordPolicy, SessionKind, TokenHash, TokenSecrets,
};
use chatcore::attachment::AttachmentStore;
use chatcore::audit::AuditStore;
use chatcore::billing::{BillingStore, LedgerStore};
use chatcore::conformance::{CHECKS, Harness, Need, skipped};
use chatcore::conversation::{
    Conversation, ConversationStore, Lane, LaneRange, Message, Name, Place, Shelf, Stretch, Tally, Tip,
};
use chatcore::feedback::{Feedback, FeedbackStore, Rating};
use chatcore::job::{Job, JobStore};
use chatcore::limits::{LimitStore, RateCounter};
use chatcore::once::{IdempotencyKey, RequestName};
use chatcore::quota::QuotaStore;
use chatcore::search::{Found, Query, SearchStore};
use chatcore::share::{Share, ShareStore};
use chatcore::store::{AnyRecord, Batch, Commit, Committed, Domain, Kind, Scan, StoreErrorKind};
use chatcore::testing::{CountingIds, ManualClock, user};
use chatcore::turn::{Run, RunLog, TurnStore};
use chatcore::{
    ConversationId, Error, JobId, MemoryStore, MessageId, RunId, SessionId, ShareId, Store, StoreError, Subject,
    Timestamp,
};
use futures::executor::block_on;

type Result<T> = std::result::Result<T, StoreError>;

/// What its author has to write for the domains that it leaves out: an empty block each, and a few lines in `supports`
/// and `commit`. The rest goes to another store.
struct NoAccounts(MemoryStore);

impl AccountStore for NoAccounts {}

impl QuotaStore for NoAccounts {}

impl LedgerStore for NoAccounts {}

impl AttachmentStore for NoAccounts {}

/// Without accounts nobody is billed, either.
impl BillingStore for NoAccounts {}

/// Nor does anybody run it whose acts would have to be written down.
impl AuditStore for NoAccounts {}

impl Store for NoAccounts {
    fn is_exclusive(&self) -> bool {
        self.0.is_exclusive()
    }

    fn supports(&self, domain: Domain) -> bool {
        !domain.is_optional()
    }
}

#[async_trait]
impl Commit for NoAccounts {
    async fn commit(&self, batch: Batch) -> Result<Committed> {
        let left_out = Domain::ALL.iter().filter(|domain| domain.is_optional());
        self.0.commit(left_out.fold(batch, |batch, domain| batch.without(*domain))).await
    }
}

#[async_trait]
impl Scan for NoAccounts {
    async fn scan(&self, kind: Kind, after: Option<&[u8]>, limit: usize) -> Result<Vec<AnyRecord>> {
        self.0.scan(kind, after, limit).await
    }
}

#[async_trait]
impl ConversationStore for NoAccounts {
    async fn conversation(&self, id: ConversationId) -> Result<Option<Conversation>> {
        self.0.conversation(id).await
    }

    async fn find_conversation(&self, owner: Subject, name: Name<'_>) -> Result<Option<Conversation>> {
        self.0.find_conversation(owner, name).await
    }

    async fn conversations(
        &self,
        owner: Subject,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        self.0.conversations(owner, after, limit).await
    }

    async fn conversations_of_all(&self, before: Option<ConversationId>, limit: usize) -> Result<Vec<Conversation>> {
        self.0.conversations_of_all(before, limit).await
    }

    async fn shelved(
        &self,
        owner: Subject,
        shelf: Shelf,
        after: Option<(Timestamp, ConversationId)>,
        limit: usize,
    ) -> Result<Vec<Conversation>> {
        self.0.shelved(owner, shelf, after, limit).await
    }

    async fn message(&self, id: MessageId) -> Result<Option<Message>> {
        self.0.message(id).await
    }

    async fn message_by_number(&self, owner: Subject, number: u64) -> Result<Option<Message>> {
        self.0.message_by_number(owner, number).await
    }

    async fn lanes_up(&self, conversation: ConversationId, lane: u32, floor: u32) -> Result<Vec<Lane>> {
        self.0.lanes_up(conversation, lane, floor).await
    }

    async fn messages_in(&self, conversation: ConversationId, ranges: &[LaneRange]) -> Result<Vec<Message>> {
        self.0.messages_in(conversation, ranges).await
    }

    async fn tally(&self, conversation: ConversationId, stretches: &[Stretch]) -> Result<Vec<Tally>> {
        self.0.tally(conversation, stretches).await
    }

    async fn lanes_from(
        &self,
        conversation: ConversationId,
        range: LaneRange,
        after: Option<(u32, u64)>,
        limit: usize,
    ) -> Result<Vec<Lane>> {
        self.0.lanes_from(conversation, range, after, limit).await
    }

    async fn tip(&self, conversation: ConversationId, range: LaneRange) -> Result<Tip> {
        self.0.tip(conversation, range).await
    }

    async fn tree(&self, conversation: ConversationId, after: Option<Place>, limit: usize) -> Result<Vec<Message>> {
        self.0.tree(conversation, after, limit).await
    }
}

#[async_trait]
impl TurnStore for NoAccounts {
    async fn run(&self, id: RunId) -> Result<Option<Run>> {
        self.0.run(id).await
    }

    async fn active_runs(&self, conversation: ConversationId) -> Result<Vec<Run>> {
        self.0.active_runs(conversation).await
    }

    async fn lapsed_runs(&self, before: Timestamp, limit: usize) -> Result<Vec<Run>> {
        self.0.lapsed_runs(before, limit).await
    }

    async fn runs_of(&self, owner: Subject, after: Option<RunId>, limit: usize) -> Result<Vec<Run>> {
        self.0.runs_of(owner, after, limit).await
    }

    async fn logged_runs(&self, after: Option<RunId>, limit: usize) -> Result<Vec<RunId>> {
        self.0.logged_runs(after, limit).await
    }

    async fn run_log(&self, run: RunId, after: u64, limit: usize) -> Result<Vec<RunLog>> {
        self.0.run_log(run, after, limit).await
    }

    async fn idempotency_key(&self, owner: Subject, name: &RequestName) -> Result<Option<IdempotencyKey>> {
        self.0.idempotency_key(owner, name).await
    }

    async fn expired_keys(&self, now: Timestamp, limit: usize) -> Result<Vec<IdempotencyKey>> {
        self.0.expired_keys(now, limit).await
    }
}

#[async_trait]
impl LimitStore for NoAccounts {
    async fn rate_counter(&self, bucket: &str) -> Result<Option<RateCounter>> {
        self.0.rate_counter(bucket).await
    }

    async fn expired_counters(&self, now: Timestamp, limit: usize) -> Result<Vec<RateCounter>> {
        self.0.expired_counters(now, limit).await
    }
}

#[async_trait]
impl FeedbackStore for NoAccounts {
    async fn feedback_on(&self, by: Subject, messages: &[MessageId]) -> Result<Vec<Feedback>> {
        self.0.feedback_on(by, messages).await
    }

    async fn feedback(
        &self,
        rating: Option<Rating>,
        since: Timestamp,
        after: Option<(Timestamp, MessageId, Subject)>,
        limit: usize,
    ) -> Result<Vec<Feedback>> {
        self.0.feedback(rating, since, after, limit).await
    }
}

#[async_trait]
impl ShareStore for NoAccounts {
    async fn share(&self, hash: TokenHash) -> Result<Option<Share>> {
        self.0.share(hash).await
    }

    async fn shares(&self, of: ConversationId, after: Option<ShareId>, limit: usize) -> Result<Vec<Share>> {
        self.0.shares(of, after, limit).await
    }

    async fn expired_shares(&self, now: Timestamp, limit: usize) -> Result<Vec<Share>> {
        self.0.expired_shares(now, limit).await
    }
}

#[async_trait]
impl SearchStore for NoAccounts {
    async fn search(&self, owner: Subject, query: &Query, before: Option<u64>, limit: usize) -> Result<Found> {
        self.0.search(owner, query, before, limit).await
    }
}

#[async_trait]
impl JobStore for NoAccounts {
    async fn jobs(&self, after: Option<JobId>, limit: usize) -> Result<Vec<Job>> {
        self.0.jobs(after, limit).await
    }
}

struct InMemory;

#[async_trait]
impl Harness for InMemory {
    async fn open(&self) -> Arc<dyn Store> {
        Arc::new(NoAccounts(MemoryStore::in_memory()))
    }
}

chatcore::conformance!(InMemory);

#[test]
fn checks_of_accounts_are_skipped_and_say_why() {
    let skipped = skipped(&InMemory);
    let of_accounts: Vec<&str> =
        CHECKS.iter().filter(|check| check.needs.contains(&Need::Accounts)).map(|check| check.name).collect();
    assert!(of_accounts.contains(&"sessions_in_order") && of_accounts.contains(&"one_rotation_wins"));
    let found: Vec<&str> =
        skipped.iter().filter(|(_, why)| *why == Need::Accounts.reason()).map(|(name, _)| *name).collect();
    assert_eq!(found, of_accounts);
}

struct Plain;

#[async_trait]
impl PasswordHasher for Plain {
    async fn hash(&self, password: &str) -> std::result::Result<String, Error> {
        Ok(password.to_owned())
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> std::result::Result<bool, Error> {
        Ok(hash == Some(password))
    }
}

impl TokenSecrets for Plain {
    fn derive(&self, _: &str, _: &[u8]) -> [u8; 32] {
        [0; 32]
    }

    fn token(&self, session: SessionId, generation: u64) -> String {
        format!("{session}/{generation}")
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let (session, generation) = token.split_once('/')?;
        Some((session.parse().ok()?, generation.parse().ok()?))
    }

    fn hash(&self, _: &str) -> TokenHash {
        TokenHash([7; 32])
    }
}

#[track_caller]
fn expect_unsupported<T>(answer: std::result::Result<T, Error>) {
    match answer.map(|_| ()) {
        Err(Error::Store(error)) => {
            assert_eq!(*error.kind(), StoreErrorKind::Unsupported(Domain::Accounts));
            assert!(error.to_string().ends_with("the store keeps no accounts"), "{error}");
        }
        other => panic!("a service of accounts over a store without: {other:?}"),
    }
}

#[test]
fn the_service_of_accounts_says_that_the_store_keeps_none() {
    let store = Arc::new(NoAccounts(MemoryStore::in_memory()));
    let (clock, ids) = (Arc::new(ManualClock::new()), Arc::new(CountingIds::default()));
    let accounts = Accounts::new(store, clock, ids, Arc::new(Plain), Arc::new(Plain));
    let (caller, kind) = (user(1), SessionKind::api());
    let new = NewAccount {
        username: Some("ann".into()),
        email: None,
        password: "correct horse battery".into(),
        policy: PasswordPolicy::default(),
    };
    block_on(async {
        expect_unsupported(accounts.register(new).await);
        expect_unsupported(accounts.login("ann", "correct horse battery", kind.clone(), None).await);
        expect_unsupported(accounts.open(caller.user_id().unwrap(), kind, None).await);
        let token = Plain.token(SessionId::from_uuid(uuid::Uuid::from_u128(1)), 1);
        expect_unsupported(accounts.refresh(&token).await);
        expect_unsupported(accounts.by_token(&token).await);
        expect_unsupported(accounts.logout(&token).await);
        expect_unsupported(accounts.logout_all(&caller).await);
        expect_unsupported(accounts.me(&caller).await);
    });
}
