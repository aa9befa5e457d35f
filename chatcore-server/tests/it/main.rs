//! The server as its clients see it: everything here goes over HTTP.
//!
//! [`server`] starts servers, in this process over each store or as the binary; [`client`] talks to them, and
//! [`records`] is what they answer. The rest is one file for each group of routes or each promise.

#[cfg(test)]
#[macro_use]
mod server;

#[cfg(test)]
mod api_keys;
#[cfg(test)]
mod attachments;
#[cfg(test)]
mod auth;
#[cfg(test)]
mod bad_input;
#[cfg(test)]
mod binary;
#[cfg(test)]
mod boot;
#[cfg(test)]
mod charged;
#[cfg(test)]
mod client;
#[cfg(test)]
mod commands;
#[cfg(test)]
mod concurrency;
#[cfg(test)]
mod conversation;
#[cfg(test)]
mod crowds;
#[cfg(test)]
mod desk;
#[cfg(test)]
mod docs;
#[cfg(test)]
mod feedback;
#[cfg(test)]
mod fetches;
#[cfg(test)]
mod foreign;
#[cfg(test)]
mod forged;
#[cfg(test)]
mod guards;
#[cfg(test)]
mod hashes;
#[cfg(test)]
mod hostile;
#[cfg(test)]
mod image;
#[cfg(test)]
mod keys;
#[cfg(test)]
mod kill;
#[cfg(test)]
mod limits;
#[cfg(test)]
mod mail;
#[cfg(test)]
mod mail_tls;
#[cfg(test)]
mod measured;
#[cfg(test)]
mod messages;
#[cfg(test)]
#[path = "../oauth/mock.rs"]
#[expect(dead_code, reason = "shared with the tests of the flow by itself")]
mod mock;
#[cfg(test)]
mod models;
#[cfg(test)]
mod nodes;
#[cfg(test)]
mod oauth;
#[cfg(test)]
mod office;
#[cfg(test)]
mod office_pages;
#[cfg(test)]
mod once;
#[cfg(test)]
mod openapi;
#[cfg(test)]
mod ops;
#[cfg(test)]
mod origins;
#[cfg(test)]
mod own_account;
#[cfg(test)]
mod pictures;
#[cfg(test)]
mod policies;
mod portable;
#[cfg(test)]
mod quota;
#[cfg(test)]
mod readers;
#[cfg(test)]
mod records;
#[cfg(test)]
mod recovery;
#[cfg(test)]
mod runs;
#[cfg(test)]
mod samples;
#[cfg(test)]
mod schemathesis;
#[cfg(test)]
mod search;
#[cfg(test)]
mod secrets;
#[cfg(test)]
mod sessions;
#[cfg(test)]
mod shares;
#[cfg(test)]
mod shelves;
#[cfg(test)]
#[path = "../oauth/signing.rs"]
#[expect(dead_code, reason = "shared with the tests of the flow by itself")]
mod signing;
#[cfg(test)]
#[path = "../common/smtp.rs"]
#[expect(dead_code, reason = "shared with the browser checks")]
mod smtp;
#[cfg(test)]
mod story;
#[cfg(test)]
mod tickets;
#[cfg(test)]
mod tokens;
#[cfg(test)]
mod tools;
#[cfg(test)]
mod traces;
#[cfg(test)]
mod units;
#[cfg(test)]
mod uploads;
#[cfg(test)]
mod upstream;
#[cfg(test)]
mod visitors;
#[cfg(test)]
#[path = "../common/wallet.rs"]
mod wallet;
#[cfg(test)]
mod wallets;
#[cfg(test)]
mod web_session;
#[cfg(test)]
mod web_visitor;
