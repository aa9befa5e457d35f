//! The one list of checks: from it come the tests, [`CHECKS`], and the proof that the docs of the traits and the checks
//! name the same behaviours.

use std::collections::BTreeMap;

use futures::future::BoxFuture;

use super::bench::Bench;
use super::harness::{Harness, skip};
use super::need::Need;

/// One behaviour, and what proves it.
pub struct Check {
    /// Its name: that of the bullet in the docs, where a trait promises it.
    pub name: &'static str,
    /// The trait that promises it, or the service that rests on it.
    pub domain: &'static str,
    /// What it proves, in a line.
    pub summary: &'static str,
    /// What a store must have for it; without, the check is skipped.
    pub needs: &'static [Need],
    body: Body,
}

type Body = for<'a> fn(Bench<'a>) -> BoxFuture<'a, ()>;

/// Runs one check, or says that it is skipped.
///
/// # Panics
/// When the store does not pass it, with the reason; and when there is no check of that name.
pub fn run(name: &str, harness: &dyn Harness) {
    let check = CHECKS.iter().find(|check| check.name == name);
    let check = check.unwrap_or_else(|| panic!("there is no check named `{name}`"));
    harness.run(Box::pin(async {
        let bench = Bench::open(check.name, harness).await;
        match check.needs.iter().find(|need| need.is_lacked_by(&*bench.store)) {
            Some(need) => skip(check.name, need.reason()),
            None => (check.body)(bench).await,
        }
    }));
}

macro_rules! needs {
    ([$($need:ident)*]) => { &[$(Need::$need),*] };
}

macro_rules! table {
    ([] $($domain:literal in $module:ident $needs:tt { $($name:ident: $summary:literal;)* })*) => {
        /// Every check.
        pub const CHECKS: &[Check] = &[$($(Check {
            name: stringify!($name),
            domain: $domain,
            summary: $summary,
            needs: needs!($needs),
            body: |bench| Box::pin(super::$module::$name(bench)),
        },)*)*];
    };
}

crate::conformance_checks!(table,);

/// The behaviours that the docs of the store traits promise, by trait: the bullets that start with a name.
#[must_use]
pub fn promises() -> BTreeMap<&'static str, Vec<&'static str>> {
    let sources = [
        include_str!("../store/mod.rs"),
        include_str!("../conversation/store.rs"),
        include_str!("../feedback/store.rs"),
        include_str!("../share/store.rs"),
        include_str!("../search/store.rs"),
        include_str!("../turn/run.rs"),
        include_str!("../job.rs"),
        include_str!("../account/store.rs"),
        include_str!("../limits/store.rs"),
        include_str!("../quota/store.rs"),
        include_str!("../billing/ledger/store.rs"),
        include_str!("../billing/store.rs"),
        include_str!("../attachment/store.rs"),
    ];
    let mut promises: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for source in sources {
        let mut waiting = Vec::new();
        let mut of = None;
        for line in source.lines() {
            let text = line.trim_start();
            if let Some(rest) = line.strip_prefix("pub trait ") {
                let name = rest.split([':', ' ', '{', '<']).next().unwrap_or_default();
                promises.entry(name).or_default().append(&mut waiting);
                of = Some(name);
            } else if line == "}" {
                of = None;
            } else if let Some((name, _)) = text.strip_prefix("/// * `").and_then(|rest| rest.split_once("`: ")) {
                // bullets above a trait belong to it, those inside to the trait they are in
                match of {
                    Some(name_of) => promises.entry(name_of).or_default().push(name),
                    None => waiting.push(name),
                }
            } else if !text.starts_with("///") && !text.starts_with("#[") {
                waiting.clear();
            }
        }
    }
    promises
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_promise_has_its_check_and_every_check_of_a_trait_its_promise() {
        let promises = promises();
        let promised: BTreeSet<(&str, &str)> =
            promises.iter().flat_map(|(of, names)| names.iter().map(move |name| (*of, *name))).collect();
        let traits: BTreeSet<&str> = promises.keys().copied().collect();
        let checked: BTreeSet<(&str, &str)> = CHECKS
            .iter()
            .filter(|check| traits.contains(check.domain))
            .map(|check| (check.domain, check.name))
            .collect();
        let missing: Vec<_> = promised.difference(&checked).collect();
        let surplus: Vec<_> = checked.difference(&promised).collect();
        assert!(missing.is_empty(), "promised but not checked: {missing:?}");
        assert!(surplus.is_empty(), "checked but not promised: {surplus:?}");
        let traits = ["Store", "Commit", "Scan", "ConversationStore", "TurnStore", "AccountStore"];
        for of in traits.into_iter().chain([
            "LimitStore",
            "QuotaStore",
            "JobStore",
            "LedgerStore",
            "BillingStore",
            "AttachmentStore",
            "FeedbackStore",
            "ShareStore",
            "SearchStore",
        ]) {
            assert!(promises.get(of).is_some_and(|names| !names.is_empty()), "no promises of {of} were found");
        }
    }

    #[test]
    fn names_are_unique_and_say_something() {
        let names: BTreeSet<&str> = CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(names.len(), CHECKS.len());
        assert!(CHECKS.iter().all(|check| check.summary.len() > 10));
    }

    #[test]
    #[should_panic(expected = "no check named")]
    fn a_wrong_name_is_not_a_pass() {
        run("no_such_check", &crate::conformance::MemoryHarness);
    }
}
