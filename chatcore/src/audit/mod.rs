//! The audit log: what those who run the service did, to what, and why.
//!
//! * An [`AuditEntry`] is written in the batch of the act that it is about ([`Audited`]), so there is neither without the
//!   other. An act that changes nothing, a request that comes again say, leaves no entry.
//! * Entries are only ever added. Each holds the hash of the one before it and a hash of itself, so one that was changed or
//!   taken out shows: [`Audit::verify`] and [`crate::check`] walk the chain. Whoever can write to the store at will could
//!   make the whole chain anew; they cannot if the [head](AuditHead) was noted elsewhere.
//! * There is one chain a store: what people do by hand is rare, and an order of all acts is worth more than acts at once.
//! * Whom an act is about can read of it ([`Audit::own`]): that somebody opened their chats, and why.
//!
//! A store may leave the audit out ([`Domain::Audit`](crate::store::Domain::Audit)); then acts leave no entry, and nobody
//! opens the chats of others.

mod by;
mod chain;
mod entry;
mod service;
mod store;

pub use by::{By, MAX_REASON};
pub use chain::{AuditHead, Audited, Draft, Note};
pub use entry::{Act, AuditEntry, Object, ObjectKind};
pub use service::{Audit, Chain};
pub use store::AuditStore;

pub(crate) use by::checked_reason;
