//! The reads of a store that is looked at from outside: each is passed on as it is, and timed by its domain.

use async_trait::async_trait;
use chatcore::account::{AccountStore, ApiKey, Challenge, Identity, IdentityKey, Session, TokenHash, User, Visitor};
use chatcore::attachment::{Attachment, AttachmentStore, Blob, ContentHash};
use chatcore::audit::{AuditEntry, AuditHead, AuditStore};
use chatcore::billing::entitlement::Hold;
use chatcore::billing::ledger::{LedgerEntry, Wallet};
use chatcore::billing::{
    BillingStore, Customer, Entitlement, LedgerStore, ObjectKind, PaymentEvent, PaymentObject, PlanId, StoredPlan,
    Subscription,
};
use chatcore::conversation::{
    Conversation, ConversationStore, Lane, LaneRange, Message, Name, Place, Shelf, Stretch, Tally, Tip,
};
use chatcore::feedback::{Feedback, FeedbackStore, Rating};
use chatcore::job::{Job, JobStore};
use chatcore::limits::{LimitStore, RateCounter};
use chatcore::once::{IdempotencyKey, RequestName};
use chatcore::quota::{Counter, QuotaStore, ScopeKey};
use chatcore::search::{Found, Query, SearchStore};
use chatcore::share::{Share, ShareStore};
use chatcore::turn::{Run, RunLog, TurnStore};
use chatcore::{
    ApiKeyId, AttachmentId, ConversationId, JobId, MessageId, RunId, SessionId, ShareId, StoreError, Subject,
    Timestamp, UserId, VisitorId,
};

use super::measured::Measured;

/// Passes the reads of one trait on.
macro_rules! reads {
    ($trait:ident as $domain:literal { $(fn $name:ident($($arg:ident: $type:ty),*) -> $found:ty;)* }) => {
        #[async_trait]
        impl $trait for Measured {
            $(
                async fn $name(&self, $($arg: $type),*) -> Result<$found, StoreError> {
                    self.read($domain, self.store.$name($($arg),*)).await
                }
            )*
        }
    };
}

reads!(ConversationStore as "conversations" {
    fn conversation(id: ConversationId) -> Option<Conversation>;
    fn find_conversation(owner: Subject, name: Name<'_>) -> Option<Conversation>;
    fn conversations(owner: Subject, after: Option<(Timestamp, ConversationId)>, limit: usize) -> Vec<Conversation>;
    fn conversations_of_all(before: Option<ConversationId>, limit: usize) -> Vec<Conversation>;
    fn shelved(owner: Subject, shelf: Shelf, after: Option<(Timestamp, ConversationId)>, limit: usize) -> Vec<Conversation>;
    fn message(id: MessageId) -> Option<Message>;
    fn message_by_number(owner: Subject, number: u64) -> Option<Message>;
    fn lanes_up(conversation: ConversationId, lane: u32, floor: u32) -> Vec<Lane>;
    fn messages_in(conversation: ConversationId, ranges: &[LaneRange]) -> Vec<Message>;
    fn tally(conversation: ConversationId, stretches: &[Stretch]) -> Vec<Tally>;
    fn lanes_from(conversation: ConversationId, range: LaneRange, after: Option<(u32, u64)>, limit: usize) -> Vec<Lane>;
    fn tip(conversation: ConversationId, range: LaneRange) -> Tip;
    fn tree(conversation: ConversationId, after: Option<Place>, limit: usize) -> Vec<Message>;
});

reads!(FeedbackStore as "conversations" {
    fn feedback_on(by: Subject, messages: &[MessageId]) -> Vec<Feedback>;
    fn feedback(rating: Option<Rating>, since: Timestamp, after: Option<(Timestamp, MessageId, Subject)>, limit: usize) -> Vec<Feedback>;
});

reads!(ShareStore as "conversations" {
    fn share(hash: TokenHash) -> Option<Share>;
    fn shares(conversation: ConversationId, after: Option<ShareId>, limit: usize) -> Vec<Share>;
    fn expired_shares(now: Timestamp, limit: usize) -> Vec<Share>;
});

reads!(SearchStore as "search" {
    fn search(owner: Subject, query: &Query, before: Option<u64>, limit: usize) -> Found;
});

reads!(TurnStore as "turns" {
    fn run(id: RunId) -> Option<Run>;
    fn active_runs(conversation: ConversationId) -> Vec<Run>;
    fn lapsed_runs(before: Timestamp, limit: usize) -> Vec<Run>;
    fn runs_of(owner: Subject, after: Option<RunId>, limit: usize) -> Vec<Run>;
    fn logged_runs(after: Option<RunId>, limit: usize) -> Vec<RunId>;
    fn run_log(run: RunId, after: u64, limit: usize) -> Vec<RunLog>;
    fn idempotency_key(owner: Subject, name: &RequestName) -> Option<IdempotencyKey>;
    fn expired_keys(now: Timestamp, limit: usize) -> Vec<IdempotencyKey>;
});

reads!(AccountStore as "accounts" {
    fn user(id: UserId) -> Option<User>;
    fn user_by_number(number: u64) -> Option<User>;
    fn identity(key: &IdentityKey) -> Option<Identity>;
    fn identities(user: UserId) -> Vec<Identity>;
    fn session(id: SessionId) -> Option<Session>;
    fn challenge(hash: TokenHash) -> Option<Challenge>;
    fn expired_challenges(now: Timestamp, limit: usize) -> Vec<Challenge>;
    fn api_key(hash: TokenHash) -> Option<ApiKey>;
    fn api_keys(owner: UserId, after: Option<ApiKeyId>, limit: usize) -> Vec<ApiKey>;
    fn visitor(id: VisitorId) -> Option<Visitor>;
    fn sessions(user: UserId, after: Option<SessionId>, limit: usize) -> Vec<Session>;
});

reads!(LimitStore as "limits" {
    fn rate_counter(bucket: &str) -> Option<RateCounter>;
    fn expired_counters(now: Timestamp, limit: usize) -> Vec<RateCounter>;
});

reads!(QuotaStore as "quota" {
    fn counters(scopes: &[ScopeKey]) -> Vec<Counter>;
    fn hold(run: RunId) -> Option<Hold>;
    fn expired_holds(now: Timestamp, limit: usize) -> Vec<Hold>;
});

reads!(LedgerStore as "billing" {
    fn wallet(owner: Subject) -> Option<Wallet>;
    fn ledger_entry(event: &str) -> Option<LedgerEntry>;
    fn ledger_entries(owner: Subject, before: Option<u64>, limit: usize) -> Vec<LedgerEntry>;
    fn lapsed_wallets(now: Timestamp, limit: usize) -> Vec<Wallet>;
});

reads!(BillingStore as "billing" {
    fn plan(id: &PlanId) -> Option<StoredPlan>;
    fn plans(after: Option<&PlanId>, limit: usize) -> Vec<StoredPlan>;
    fn entitlement(subject: Subject) -> Option<Entitlement>;
    fn customer(subject: Subject) -> Option<Customer>;
    fn subscription(id: &str) -> Option<Subscription>;
    fn subscriptions(subject: Subject, after: Option<&str>, limit: usize) -> Vec<Subscription>;
    fn due_subscriptions(now: Timestamp, limit: usize) -> Vec<Subscription>;
    fn payment_event(id: &str) -> Option<PaymentEvent>;
    fn parked_events(after: Option<(Timestamp, &str)>, limit: usize) -> Vec<PaymentEvent>;
    fn payment_object(kind: ObjectKind, id: &str) -> Option<PaymentObject>;
});

reads!(AttachmentStore as "attachments" {
    fn attachment(id: AttachmentId) -> Option<Attachment>;
    fn attachments(owner: Subject, after: Option<(Timestamp, AttachmentId)>, limit: usize) -> Vec<Attachment>;
    fn idle_attachments(since: Timestamp, limit: usize) -> Vec<Attachment>;
    fn blob(hash: ContentHash) -> Option<Blob>;
    fn idle_blobs(since: Timestamp, limit: usize) -> Vec<Blob>;
});

reads!(JobStore as "jobs" {
    fn jobs(after: Option<JobId>, limit: usize) -> Vec<Job>;
});

reads!(AuditStore as "audit" {
    fn audit_entry(number: u64) -> Option<AuditEntry>;
    fn audit_head() -> Option<AuditHead>;
    fn audit_entries(before: Option<u64>, limit: usize) -> Vec<AuditEntry>;
    fn audit_about(about: Subject, before: Option<u64>, limit: usize) -> Vec<AuditEntry>;
});
