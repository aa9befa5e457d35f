//! The list of checks of models, and how one is run.

use std::sync::Mutex;

use futures::future::BoxFuture;

use super::bench::{Bench, Outcome, Skip};
use super::harness::ModelHarness;
use crate::conformance::harness::skip;

/// One behaviour, and what proves it.
pub struct ModelCheck {
    /// Its name: that of the bullet in the docs.
    pub name: &'static str,
    /// What it proves, in a line.
    pub summary: &'static str,
    body: Body,
}

type Body = for<'a> fn(&'a Bench<'a>) -> BoxFuture<'a, Outcome>;

macro_rules! table {
    ([] $(in $module:ident { $($name:ident: $summary:literal;)* })*) => {
        /// Every check of models.
        pub const MODEL_CHECKS: &[ModelCheck] = &[$($(ModelCheck {
            name: stringify!($name),
            summary: $summary,
            body: |bench| Box::pin(super::$module::$name(bench)),
        },)*)*];
    };
}

crate::model_checks!(table,);

/// Runs one check, or says that it is skipped.
///
/// # Panics
/// When the model does not pass it, with the reason; and when there is no check of that name.
pub fn run(name: &str, harness: &dyn ModelHarness) {
    if let Some(why) = outcome(name, harness) {
        skip(name, why);
    }
}

/// The checks that this harness has them skip, with the reason. They are run to find out.
///
/// # Panics
/// When the model does not pass one of the others.
#[must_use]
pub fn skipped<H: ModelHarness>(harness: impl Fn() -> H) -> Vec<(&'static str, &'static str)> {
    let check = |check: &ModelCheck| Some((check.name, outcome(check.name, &harness())?));
    MODEL_CHECKS.iter().filter_map(check).collect()
}

/// Why a check was skipped, if it was.
fn outcome(name: &str, harness: &dyn ModelHarness) -> Option<&'static str> {
    let check = MODEL_CHECKS.iter().find(|check| check.name == name);
    let check = check.unwrap_or_else(|| panic!("there is no check named `{name}`"));
    // as if it had not come back, which a runner that drops the check would leave
    let skipped = Mutex::new(Some("the harness did not run it to its end"));
    harness.run(Box::pin(async {
        let bench = Bench { harness, model: harness.open().await };
        let outcome = (check.body)(&bench).await;
        *skipped.lock().unwrap() = outcome.err().map(|Skip(why)| why);
    }));
    skipped.into_inner().unwrap()
}

/// The behaviours that the docs of the trait promise: the bullets that start with a name.
#[must_use]
pub fn promises() -> Vec<&'static str> {
    let docs = include_str!("../../turn/model/mod.rs").lines();
    docs.filter_map(|line| Some(line.strip_prefix("/// * `")?.split_once("`: ")?.0)).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::*;

    #[test]
    fn every_promise_has_its_check_and_every_check_its_promise() {
        let promised: BTreeSet<&str> = promises().into_iter().collect();
        let checked: BTreeSet<&str> = MODEL_CHECKS.iter().map(|check| check.name).collect();
        assert_eq!(promised, checked);
        assert_eq!(promised.len(), MODEL_CHECKS.len(), "a name is there twice");
        assert!(MODEL_CHECKS.iter().all(|check| check.summary.len() > 10));
    }
}
