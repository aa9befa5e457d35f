//! Every kind of record, in one list: from it come the keys that are asked for, the rows that are held, and the scan.

use std::collections::BTreeSet;

use super::record::{Record, Stored};
use super::table::Table;
use crate::account::{ApiKey, Challenge, Identity, RoleCount, Session, User, Visitor};
use crate::attachment::{Attachment, Blob};
use crate::audit::{AuditEntry, AuditHead};
use crate::billing::entitlement::Hold;
use crate::billing::ledger::{LedgerEntry, Wallet};
use crate::billing::{Customer, Entitlement, PaymentEvent, PaymentObject, StoredPlan, Subscription};
use crate::conversation::{Conversation, ExternalId, Fork, Lane, Message, Node, Sequence, Slot};
use crate::feedback::Feedback;
use crate::job::Job;
use crate::limits::RateCounter;
use crate::once::IdempotencyKey;
use crate::quota::Counter;
use crate::share::Share;
use crate::turn::{Run, RunLog};

macro_rules! kinds {
    ($($(#[$doc:meta])* $field:ident: $type:ident = $tag:literal, $name:literal, $projection:literal;)*) => {
        /// A kind of record. The number is part of stored keys, so it never changes.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
        #[repr(u8)]
        #[non_exhaustive]
        pub enum Kind {
            $($(#[$doc])* $type = $tag,)*
        }

        impl Kind {
            /// All kinds.
            pub const ALL: &'static [Self] = &[$(Self::$type),*];

            /// Its name, in the words of the user.
            #[must_use]
            pub const fn name(self) -> &'static str {
                match self { $(Self::$type => $name,)* }
            }

            /// Whether it only repeats a part of another record, so that a store with indexes need not keep it.
            #[must_use]
            pub const fn is_projection(self) -> bool {
                match self { $(Self::$type => $projection,)* }
            }
        }

        /// Keys to be loaded.
        #[derive(Debug, Clone, Default, PartialEq, Eq)]
        pub struct Keys {
            $($(#[$doc])* pub $field: BTreeSet<<$type as Record>::Key>,)*
        }

        impl Keys {
            /// How many.
            #[must_use]
            pub fn len(&self) -> usize {
                0 $(+ self.$field.len())*
            }

            /// Whether there are none.
            #[must_use]
            pub fn is_empty(&self) -> bool {
                self.len() == 0
            }

            /// Adds the keys of another batch.
            pub fn extend(&mut self, other: Self) {
                $(self.$field.extend(other.$field);)*
            }

            /// Shows every kind's keys to a visitor.
            pub fn visit(&self, visitor: &mut impl KeysVisitor) {
                $(if !self.$field.is_empty() { visitor.keys::<$type>(&self.$field); })*
            }
        }

        /// Rows of every kind.
        #[derive(Debug, Clone, Default)]
        pub struct Rows {
            $($(#[$doc])* pub $field: Table<$type>,)*
        }

        impl Rows {
            /// Takes over what a batch wrote.
            pub(super) fn merge(&mut self, batch: &Self) {
                $(self.$field.merge(&batch.$field);)*
            }

            /// Marks every asked key that the store did not hand in as absent.
            pub(super) fn settle(&mut self, asked: &Keys) {
                $(for key in &asked.$field { self.$field.load(key.clone(), None); })*
            }

            /// Takes what is known of some keys, and returns the others.
            pub(super) fn recall(&mut self, known: &Self, mut keys: Keys) -> Keys {
                $(keys.$field.retain(|key| !self.$field.recall(&known.$field, key));)*
                keys
            }

            /// Takes rows as batches left them, but for large ones; `false` if there were any.
            pub(super) fn keep(&mut self, rows: &Self) -> bool {
                let mut all = true;
                $(all &= self.$field.keep(&rows.$field);)*
                all
            }

            /// Forgets rows.
            pub(super) fn drop_all(&mut self, rows: &Self) {
                $(self.$field.drop_all(&rows.$field);)*
            }

            /// How many rows.
            pub(super) fn len(&self) -> usize {
                0 $(+ self.$field.len())*
            }

            /// Takes rows that a store found.
            pub(super) fn load(&mut self, loaded: Loaded) {
                $(for row in loaded.$field { self.$field.load(row.key(), Some(row)); })*
            }

            /// Shows every kind's table to a visitor.
            pub fn visit(&self, visitor: &mut impl RowsVisitor) {
                $(visitor.table::<$type>(&self.$field);)*
            }
        }

        /// Rows that a store found for [`Keys`].
        #[derive(Debug, Default)]
        pub struct Loaded {
            $($(#[$doc])* pub $field: Vec<$type>,)*
        }

        impl Loaded {
            /// Adds a row.
            pub fn push(&mut self, record: AnyRecord) {
                match record { $(AnyRecord::$type(record) => self.$field.push(record),)* }
            }
        }

        /// A record of any kind.
        #[derive(Debug, Clone, PartialEq)]
        #[non_exhaustive]
        pub enum AnyRecord {
            $($(#[$doc])* $type($type),)*
        }

        impl AnyRecord {
            /// Which kind.
            #[must_use]
            pub const fn kind(&self) -> Kind {
                match self { $(Self::$type(_) => Kind::$type,)* }
            }

            /// Its ordered key.
            #[must_use]
            pub fn key_bytes(&self) -> Vec<u8> {
                use super::key::OrderedKey;
                match self { $(Self::$type(record) => record.key().to_bytes(),)* }
            }

            /// Its stored form; see [`super::codec`].
            #[must_use]
            pub fn encode(&self) -> Vec<u8> {
                match self { $(Self::$type(record) => super::codec::encode(record),)* }
            }

            /// Reads the stored form of a record of that kind.
            ///
            /// # Errors
            /// When the bytes are not one.
            pub fn decode(kind: Kind, bytes: &[u8]) -> Result<Self, super::codec::CodecError> {
                match kind { $(Kind::$type => super::codec::decode(bytes).map(Self::$type),)* }
            }
        }

        $(
            impl Stored for $type {
                fn table(rows: &Rows) -> &Table<Self> {
                    &rows.$field
                }

                fn table_mut(rows: &mut Rows) -> &mut Table<Self> {
                    &mut rows.$field
                }

                fn keys_mut(keys: &mut Keys) -> &mut BTreeSet<Self::Key> {
                    &mut keys.$field
                }

                fn loaded_mut(loaded: &mut Loaded) -> &mut Vec<Self> {
                    &mut loaded.$field
                }
            }

            impl From<$type> for AnyRecord {
                fn from(record: $type) -> Self {
                    Self::$type(record)
                }
            }
        )*
    };
}

kinds! {
    /// Conversations.
    conversations: Conversation = 1, "conversation", false;
    /// Messages.
    messages: Message = 2, "message", false;
    /// Lanes of messages.
    lanes: Lane = 3, "lane", false;
    /// Places where a lane forks, with the child that was last active.
    forks: Fork = 4, "fork", false;
    /// Counters that number things.
    sequences: Sequence = 5, "sequence", false;
    /// Runs.
    runs: Run = 6, "run", false;
    /// Stretches of a run's events.
    run_logs: RunLog = 7, "run log", false;
    /// Users.
    users: User = 8, "user", false;
    /// Ways to prove who one is.
    identities: Identity = 9, "identity", false;
    /// Signed-in sessions.
    sessions: Session = 10, "session", false;
    /// Background work.
    jobs: Job = 11, "job", false;
    /// Names of requests, so that one is not done twice.
    idempotency_keys: IdempotencyKey = 12, "idempotency key", false;
    /// Codes that were handed out and work once.
    challenges: Challenge = 13, "code", false;
    /// Keys of programs.
    api_keys: ApiKey = 14, "key", false;
    /// People without an account.
    visitors: Visitor = 15, "visitor", false;
    /// How often something was done.
    rate_counters: RateCounter = 16, "rate counter", false;
    /// How many active accounts have a role.
    role_counts: RoleCount = 17, "count of a role", false;
    /// What was used, and by whom.
    counters: Counter = 18, "counter", false;
    /// What is held for runs that go on.
    holds: Hold = 19, "hold", false;
    /// What people are entitled to.
    entitlements: Entitlement = 20, "entitlement", false;
    /// What somebody has.
    wallets: Wallet = 21, "wallet", false;
    /// What became of somebody's credit.
    ledger_entries: LedgerEntry = 22, "ledger entry", false;
    /// Plans.
    plans: StoredPlan = 23, "plan", false;
    /// Subscriptions.
    subscriptions: Subscription = 24, "subscription", false;
    /// Events of whoever takes the money.
    payment_events: PaymentEvent = 25, "payment event", false;
    /// Who people are at whoever takes the money.
    customers: Customer = 26, "customer", false;
    /// What events of payments are about.
    payment_objects: PaymentObject = 27, "payment object", false;
    /// Files that people attached to messages.
    attachments: Attachment = 28, "attachment", false;
    /// Bytes that attachments have.
    blobs: Blob = 29, "blob", false;
    /// What people think of answers.
    feedback: Feedback = 30, "feedback", false;
    /// Links to conversations.
    shares: Share = 31, "share", false;
    /// What those who run the service did.
    audit_entries: AuditEntry = 32, "audit entry", false;
    /// Where the chain of what they did ends.
    audit_heads: AuditHead = 33, "audit head", false;
    /// Where a message stands in its tree.
    nodes: Node = 64, "message", true;
    /// Occupied places of a tree.
    slots: Slot = 65, "place", true;
    /// Conversations by the id that their owner gave them.
    external_ids: ExternalId = 66, "external id", true;
}

/// Sees the keys of every kind that has any.
pub trait KeysVisitor {
    /// The keys of one kind.
    fn keys<R: Stored>(&mut self, keys: &BTreeSet<R::Key>);
}

/// Sees the rows of every kind.
pub trait RowsVisitor {
    /// The rows of one kind.
    fn table<R: Stored>(&mut self, table: &Table<R>);
}
