//! The ledger: what somebody's credit was given for and what it went for, in double entry.
//!
//! * A [`LedgerEntry`] is one event, under a name that only this event has, so it is booked once. Its [lines](Line) sum to
//!   zero. Entries are only ever added; a wrong one is put right by another that names it ([`CorrectEntry`]).
//! * A [`Wallet`] is the sum of its owner's entries, kept beside them: what a decision needs is one small record. `check`
//!   compares the two, and a repair makes the wallet what the entries say.
//! * [`Credit`] is an integer of micro-units. [`Terms`] say which credit is used first, and when it is gone. What has
//!   lapsed goes by an entry before any decision; what is set aside for a run lapses when the run has ended.
//! * A bill that was paid is an entry, too ([`BookPayment`]): money came in and was earned, and nobody's credit changes. The
//!   credit that comes with a plan is an entry of its own.
//! * A [`PriceTable`] has a version, and a [`Quote`] of it goes with a run from its beginning to its entry.
//! * A run sets aside the most that it may cost, in the batch that begins it, and is charged in the batch that ends it,
//!   never more than was set aside unless [`CreditRules::overdraft`] says so. What it used beyond that stands in the entry:
//!   as a debt, or as [waived](Account::Waived).
//!
//! ```
//! # #[cfg(feature = "testing")] {
//! use std::sync::Arc;
//! use chatcore::account::{AccountRole, Caller};
//! use chatcore::billing::ledger::{Credit, CreditRules, Ledger};
//! use chatcore::testing::{ManualClock, user};
//! use chatcore::{MemoryStore, Subject};
//!
//! # futures::executor::block_on(async {
//! let ledger = Ledger::new(Arc::new(MemoryStore::in_memory()), Arc::new(ManualClock::new()), CreditRules::default());
//! let (ann, ten) = (user(1), Credit::from_units(10.0)?);
//! ledger.pay(ann.subject(), "invoice-7", ten, None).await?;
//! ledger.pay(ann.subject(), "invoice-7", ten, None).await?; // heard twice, booked once
//! assert_eq!(ledger.balance(ann.subject()).await?.available, ten);
//! # Ok::<(), Box<dyn std::error::Error>>(())
//! # }).unwrap();
//! # }
//! ```

mod account;
mod change;
mod charging;
mod credit;
mod entry;
mod fold;
mod hold;
mod month;
mod office;
mod payment;
mod posting;
mod quote;
mod rules;
mod service;
mod store;
mod wallet;

pub use account::{Account, AccountError, Terms};
pub use change::{AdjustCredit, BringCredit, CorrectEntry, ExpireCredit, GrantCredit, GrantKind, MoveWallet};
pub use charging::{Charging, NoPrice, PriceError, PriceTable, Unpriced};
pub use credit::{Credit, CreditError};
pub use entry::{Charge, EntryKind, LedgerEntry, Line, event};
pub use fold::Fold;
pub use hold::{hold_money, release_money, settle_money};
pub use month::{Month, Spent};
pub use payment::{BookPayment, Money};
pub use quote::{Quote, Rate};
pub use rules::{Allowance, CreditRules, Refill};
pub use service::{Balance, Ledger, Verification};
pub use store::LedgerStore;
pub use wallet::{MAX_SLICES, Slice, Wallet};
