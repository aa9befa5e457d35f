//! The domains of a store, and which of them a store may leave out.

use super::kinds::Kind;

/// What belongs together in a store: the records of one trait of reads.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[non_exhaustive]
pub enum Domain {
    /// Conversations with their messages, and all counters ([`ConversationStore`](crate::conversation::ConversationStore));
    /// what people think of answers ([`FeedbackStore`](crate::feedback::FeedbackStore)), and links to conversations
    /// ([`ShareStore`](crate::share::ShareStore)); finding messages ([`SearchStore`](crate::search::SearchStore)).
    Conversations,
    /// Runs with their logs, and the names of requests: [`TurnStore`](crate::turn::TurnStore).
    Turns,
    /// Counts of what was done: [`LimitStore`](crate::limits::LimitStore).
    Limits,
    /// Users, how they sign in, and visitors: [`AccountStore`](crate::account::AccountStore).
    Accounts,
    /// Credit ([`LedgerStore`](crate::billing::LedgerStore)), plans, entitlements, subscriptions, and what came of payments
    /// ([`BillingStore`](crate::billing::BillingStore)).
    Billing,
    /// Work that survives a restart: [`JobStore`](crate::job::JobStore).
    Jobs,
    /// What was used, and what is held for runs that go on: [`QuotaStore`](crate::quota::QuotaStore).
    Quota,
    /// Files that are attached to messages: [`AttachmentStore`](crate::attachment::AttachmentStore).
    Attachments,
}

impl Domain {
    /// All domains.
    pub const ALL: &'static [Self] = &[
        Self::Conversations,
        Self::Turns,
        Self::Limits,
        Self::Accounts,
        Self::Billing,
        Self::Jobs,
        Self::Quota,
        Self::Attachments,
    ];

    /// Its name, in the words of the user.
    #[must_use]
    pub const fn name(self) -> &'static str {
        match self {
            Self::Conversations => "conversations",
            Self::Turns => "turns",
            Self::Limits => "limits",
            Self::Accounts => "accounts",
            Self::Billing => "billing",
            Self::Jobs => "jobs",
            Self::Quota => "quotas",
            Self::Attachments => "attachments",
        }
    }

    /// Whether a store may do without. Deleting a conversation walks through its runs and is a job, so the three are one
    /// base; accounts and money may be kept elsewhere, who counts nothing needs no quotas, and not every chat has files.
    #[must_use]
    pub const fn is_optional(self) -> bool {
        matches!(self, Self::Accounts | Self::Quota | Self::Billing | Self::Attachments)
    }
}

impl Kind {
    /// The domain that records of this kind belong to.
    #[must_use]
    pub const fn domain(self) -> Domain {
        match self {
            Self::Conversation
            | Self::Message
            | Self::Lane
            | Self::Fork
            | Self::Sequence
            | Self::Feedback
            | Self::Share
            | Self::Node
            | Self::Slot
            | Self::ExternalId => Domain::Conversations,
            Self::Run | Self::RunLog | Self::IdempotencyKey => Domain::Turns,
            Self::RateCounter => Domain::Limits,
            Self::User
            | Self::Identity
            | Self::Session
            | Self::Challenge
            | Self::ApiKey
            | Self::Visitor
            | Self::RoleCount => Domain::Accounts,
            Self::Entitlement
            | Self::StoredPlan
            | Self::Subscription
            | Self::PaymentEvent
            | Self::Customer
            | Self::PaymentObject
            | Self::Wallet
            | Self::LedgerEntry => Domain::Billing,
            Self::Job => Domain::Jobs,
            Self::Counter | Self::Hold => Domain::Quota,
            Self::Attachment | Self::Blob => Domain::Attachments,
        }
    }
}
