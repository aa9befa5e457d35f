//! Every kind of record as a table, the same columns in every database. What type a column has is the business of the
//! database's migrations and of its [`Bind`](crate::value::Bind) and [`Take`](crate::value::Take).

mod access;
mod account;
mod attachment;
mod billing;
mod conversation;
mod flat;
mod job;
mod ledger;
mod limit;
mod message;
mod once;
mod place;
mod quota;
mod social;
mod turn;

/// Hands the list of all kinds to a macro: `field: Kind` of those that have a table, then of the projections. A kind that
/// is new to the core has to be added here, or nothing compiles.
macro_rules! all_kinds {
    ($then:ident) => {
        $then! {
            conversations: Conversation,
            messages: Message,
            lanes: Lane,
            forks: Fork,
            sequences: Sequence,
            runs: Run,
            run_logs: RunLog,
            users: User,
            identities: Identity,
            sessions: Session,
            jobs: Job,
            idempotency_keys: IdempotencyKey,
            challenges: Challenge,
            api_keys: ApiKey,
            visitors: Visitor,
            rate_counters: RateCounter,
            role_counts: RoleCount,
            counters: Counter,
            holds: Hold,
            wallets: Wallet,
            ledger_entries: LedgerEntry,
            entitlements: Entitlement,
            plans: StoredPlan,
            subscriptions: Subscription,
            payment_events: PaymentEvent,
            customers: Customer,
            payment_objects: PaymentObject,
            attachments: Attachment,
            blobs: Blob,
            feedback: Feedback,
            shares: Share;
            nodes: Node,
            slots: Slot,
            external_ids: ExternalId
        }
    };
}
pub(crate) use all_kinds;
