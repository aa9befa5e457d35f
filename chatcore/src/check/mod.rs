//! A consistency check of what a store holds, with a repair that gives equal stores equal results.
//!
//! ```
//! use chatcore::check::{Options, check};
//! use chatcore::MemoryStore;
//!
//! # futures::executor::block_on(async {
//! let store = MemoryStore::in_memory();
//! let report = check(&store, &Options::default(), &mut |_| {}).await?;
//! assert!(report.is_clean());
//! # Ok::<(), chatcore::StoreError>(())
//! # }).unwrap();
//! ```
//!
//! [`check`] only reads. [`repair`] does the same and mends what it finds, through [`Commit`](crate::store::Commit) like
//! everybody else: a mend is a batch that first asks whether everything that the finding rests on is still as it was
//! seen, so one that races with live use is refused and nothing happens. Passes over the whole store are repeated until
//! one mends nothing, because one defect may hide another. No text is thrown away that somebody wrote and did not
//! delete: a message whose parent is lost becomes a root, a lost conversation is made anew around its messages.
//!
//! On a store in use a check may see a change half-way and report it; a second check tells. Repair with nothing else at
//! work: readers that hold positions (of branches, of run logs) may find them moved.
//!
//! # Order
//! Jobs; messages with their nodes; conversations with lanes, forks and slots; runs with their logs; external ids;
//! accounts; attachments with their bytes; feedback and links; holds and what counts them; billing; counters; wallets with
//! their entries. Each kind is scanned once a pass, in
//! key order, so the report is in the same order each time.
//!
//! # Memory
//! At a time: a page of records of each kind that is being walked; of one conversation the places of its messages (about
//! 150 bytes each), its lanes and its forks; of one run its log; of the whole store the unfinished jobs, the ids of lost
//! conversations and of those with unlisted messages, two numbers per owner, the attachments that messages name and the bytes that attachments have (about
//! 100 bytes each), and the listed defects. Texts are held a page at a time.
//!
//! # Adding rules
//! One file a domain. A rule has a name in [`RULES`], is found in the domain's walk, and says what mends it as changes
//! over the generic ones in `changes.rs`: what must be as it was seen first, what is written then.

mod access;
mod accounts;
mod attachments;
mod billing;
mod changes;
mod conversations;
mod counters;
mod external;
mod finding;
mod jobs;
mod ledger;
mod messages;
mod pages;
mod places;
mod quotas;
mod report;
mod rules;
mod runs;
mod social;
mod tree;
mod walk;

pub use report::{Defect, Options, Progress, RecordKey, Report, Total};
pub use rules::{RULES, Rule};

use crate::store::{Store, StoreError};

/// Sees what happens while a check goes on.
pub type OnProgress<'a> = &'a mut (dyn FnMut(&Progress) + Send);

/// Looks for defects in everything that a store holds. Writes nothing.
///
/// # Errors
/// When the store cannot be read. Records that cannot be understood are defects, not errors.
pub async fn check(store: &dyn Store, options: &Options, progress: OnProgress<'_>) -> Result<Report, StoreError> {
    let mut report = Report::new(options);
    Box::pin(walk::pass(store, &mut report, false, progress)).await?;
    Ok(report.finish())
}

/// Looks for defects and mends them, pass after pass, until a pass mends nothing (or [`Options::passes`] is reached).
/// What the last pass still found is in the report with `repaired: false`.
///
/// # Errors
/// When the store cannot be read or written. What was mended before stays so; a later repair goes on from there.
pub async fn repair(store: &dyn Store, options: &Options, progress: OnProgress<'_>) -> Result<Report, StoreError> {
    let mut report = Report::new(options);
    while report.passes() < options.max_passes() {
        let before = report.repaired();
        Box::pin(walk::pass(store, &mut report, true, progress)).await?;
        if report.repaired() == before {
            break;
        }
    }
    Ok(report.finish())
}
