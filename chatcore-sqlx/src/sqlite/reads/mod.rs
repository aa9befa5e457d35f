//! The reads of every domain.

mod account;
mod attachment;
mod billing;
mod conversation;
mod job;
mod ledger;
mod limit;
mod place;
mod quota;
mod scan;
mod search;
mod social;
mod turn;

pub(super) use scan::scan;
