//! Every kind of record as a table.

mod account;
mod conversation;
mod job;
mod message;
mod place;
mod turn;
