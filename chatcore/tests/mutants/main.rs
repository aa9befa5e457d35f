//! Stores that are broken on purpose: each must fail the check that names its fault, or the check proves nothing.

#![expect(clippy::unwrap_used, reason = "a test that fails panics")]

mod attachments;
mod audit;
mod billing;
mod commits;
mod disk;
mod fault;
mod money;
mod offset;
mod people;
mod rest;
mod social;
mod store;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use chatcore::conformance::{CHECKS, promises, run};

use crate::disk::DiskHarness;
use crate::fault::{Fault, MUTANTS};

/// What the check says of a store with a fault; `None` when it finds nothing.
fn complaint(fault: Fault, check: &str) -> Option<String> {
    let panic = catch_unwind(AssertUnwindSafe(|| run(check, &DiskHarness::new(fault)))).err()?;
    let text = panic.downcast_ref::<String>().cloned();
    Some(text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default())
}

// the store that the mutants are made from, with the checks that need one that can be closed and opened
chatcore::conformance!(DiskHarness::new(Fault::Healthy));

#[test]
fn every_mutant_fails_its_check() {
    for (_, what, check) in MUTANTS {
        assert!(CHECKS.iter().any(|known| known.name == *check), "there is no check `{check}` for: {what}");
    }
    let mut escaped = Vec::new();
    for (fault, what, check) in MUTANTS {
        // whether a race is lost is for the scheduler to say, so a store that loses some has a few chances to
        let chances = if fault.races().is_some() { 10 } else { 1 };
        match (0..chances).find_map(|_| complaint(*fault, check)) {
            Some(complaint) => {
                let line: String = complaint.lines().next().unwrap_or_default().chars().take(160).collect();
                println!("a store that {what}\n    {check}: {line}");
            }
            None => escaped.push(what),
        }
        assert_eq!(complaint(Fault::Healthy, check), None, "a healthy store fails {check}");
    }
    assert!(escaped.is_empty(), "not caught by the check that should: {escaped:#?}");
}

#[test]
fn the_list_of_checks_and_the_mutants_they_catch() {
    let mut caught: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (_, what, check) in MUTANTS {
        caught.entry(check).or_default().push(what);
    }
    let mut domain = "";
    for check in CHECKS {
        if check.domain != domain {
            domain = check.domain;
            println!("\n{domain}");
        }
        println!("  {}: {}", check.name, check.summary);
        for what in caught.get(check.name).into_iter().flatten() {
            println!("      catches a store that {what}");
        }
    }
    println!("\n{} checks, {} mutants", CHECKS.len(), MUTANTS.len());
    let promises = promises();
    let idle: Vec<&str> = CHECKS
        .iter()
        .filter(|check| promises.contains_key(check.domain) && !caught.contains_key(check.name))
        .map(|check| check.name)
        .collect();
    assert!(idle.is_empty(), "promises of a store that no mutant breaks: {idle:?}");
}
