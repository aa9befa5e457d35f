//! Models that are broken on purpose: each must fail the check that names its fault and no other, or the checks prove
//! nothing.

mod fault;
mod puppet;

use std::collections::BTreeSet;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chatcore::conformance::models::{MODEL_CHECKS, run, skipped};

use crate::fault::{Fault, MUTANTS};
use crate::puppet::Puppet;

// the model that the broken ones are made from
chatcore::model_conformance!(Puppet::new(Fault::Healthy));

#[test]
fn no_check_is_skipped() {
    assert_eq!(skipped(|| Puppet::new(Fault::Healthy)), []);
}

/// The checks that a model with a fault fails.
fn failed(fault: Fault) -> BTreeSet<&'static str> {
    let fails = |name: &str| catch_unwind(AssertUnwindSafe(|| run(name, &Puppet::new(fault)))).is_err();
    MODEL_CHECKS.iter().map(|check| check.name).filter(|name| fails(name)).collect()
}

#[test]
fn every_broken_model_fails_its_check_and_no_other() {
    let mut wrong = Vec::new();
    for (fault, what, check) in MUTANTS {
        let failed = failed(*fault);
        if failed != BTreeSet::from([*check]) {
            wrong.push(format!("a model that {what} should fail {check}, and fails {failed:?}"));
        }
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
}

#[test]
fn every_check_catches_something() {
    let caught: BTreeSet<&str> = MUTANTS.iter().map(|(_, _, check)| *check).collect();
    let idle: Vec<&str> = MODEL_CHECKS.iter().map(|check| check.name).filter(|name| !caught.contains(name)).collect();
    assert!(idle.is_empty(), "no broken model fails {idle:?}");
}
