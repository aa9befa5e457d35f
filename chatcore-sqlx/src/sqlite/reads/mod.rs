//! The reads of every domain.

mod account;
mod billing;
mod conversation;
mod job;
mod limit;
mod place;
mod scan;
mod turn;

pub(super) use scan::scan;
