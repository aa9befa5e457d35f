//! The parts of the harness.

mod audit;
mod batches;
mod disk_full;
mod erasure;
mod failing_sync;
mod journal;
mod kills;
mod ledger;
mod lies;
pub(crate) mod machine;
pub(crate) mod order;
mod process;
pub(crate) mod report;
mod server_kills;
mod services;
pub(crate) mod stores;
mod syncs;
mod tree;
mod words;
pub(crate) mod writer;

use libtest_mimic::Failed;

use machine::{Need, Plan};
use stores::Kind;

/// A test: its name, what it needs, what it does.
pub(crate) struct Check {
    pub(crate) name: String,
    pub(crate) needs: Need,
    pub(crate) run: Box<dyn FnOnce() -> Result<(), Failed> + Send>,
}

/// All tests.
pub(crate) fn all(plan: Plan) -> Vec<Check> {
    let mut all = Vec::new();
    let mut add = |store: &str, name: &str, needs, run: Box<dyn FnOnce() -> Result<(), Failed> + Send>| {
        all.push(Check { name: format!("{store}::{name}"), needs, run });
    };
    add("lies", "acknowledging_early", Need::Nothing, Box::new(move || lies::acknowledging_early_is_noticed(plan)));
    add("lies", "torn_batches", Need::Nothing, Box::new(move || lies::torn_batches_are_noticed(plan)));
    add("lies", "tampering", Need::Nothing, Box::new(move || lies::tampering_is_noticed(plan)));
    add("lies", "no_sync", Need::Strace, Box::new(move || failing_sync::its_absence_is_noticed(plan)));
    for kind in Kind::ALL {
        let needs = if kind == Kind::Postgres { Need::Postgres } else { Need::Nothing };
        add(kind.name(), "kills_at_work", needs, Box::new(move || kills::at_work(kind, plan)));
        add(kind.name(), "kills_while_opening", needs, Box::new(move || kills::while_opening(kind, plan)));
    }
    for kind in Kind::EMBEDDED {
        let name = kind.name();
        add(name, "kills_while_erasing", Need::Nothing, Box::new(move || erasure::goes_on(kind, plan)));
        add(name, "full_disk", Need::Mount, Box::new(move || disk_full::refuses_and_goes_on(kind, plan)));
        let audit = move || failing_sync::precedes_every_acknowledgement(kind, plan);
        add(name, "sync_before_acknowledgement", Need::Strace, Box::new(audit));
        add(name, "failing_sync", Need::Strace, Box::new(move || failing_sync::is_not_acknowledged(kind, plan)));
    }
    let needs = if plan.long { Need::Postgres } else { Need::Time };
    add("postgres", "server_kills", needs, Box::new(move || server_kills::server_kills(plan)));
    all
}
