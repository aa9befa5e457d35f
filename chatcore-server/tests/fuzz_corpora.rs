//! Replays the corpus of every fuzz target, so that what was found once stays found without a fuzzer.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::panic::catch_unwind;
use std::path::PathBuf;

#[path = "../../fuzz/src/lib.rs"]
#[expect(unreachable_pub, reason = "it is a crate of its own beside this workspace")]
mod fuzz;

fn folder(name: &str) -> PathBuf {
    PathBuf::from(concat!(env!("CARGO_MANIFEST_DIR"), "/../fuzz")).join(name)
}

/// What is in a folder of `fuzz/`, by name.
fn names(of: &str) -> BTreeSet<String> {
    let entries = fs::read_dir(folder(of)).unwrap_or_else(|error| panic!("no folder fuzz/{of}: {error}"));
    entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect()
}

#[test]
fn every_input_of_every_corpus_passes() {
    let mut broken = Vec::new();
    for (target, check) in fuzz::TARGETS {
        let inputs = names(&format!("corpus/{target}"));
        assert!(inputs.len() >= 8, "the corpus of {target} has only {} inputs", inputs.len());
        for input in inputs {
            let path = folder(&format!("corpus/{target}/{input}"));
            let bytes = fs::read(&path).unwrap();
            if catch_unwind(|| check(&bytes)).is_err() {
                broken.push(format!("{target}/{input}"));
            }
        }
    }
    assert!(broken.is_empty(), "see the messages above; these inputs broke a rule: {broken:?}");
}

#[test]
fn targets_corpora_and_checks_are_the_same_set() {
    let checks: BTreeSet<String> = fuzz::TARGETS.into_iter().map(|(name, _)| name.to_owned()).collect();
    let files: BTreeSet<String> =
        names("fuzz_targets").iter().map(|file| file.trim_end_matches(".rs").to_owned()).collect();
    assert_eq!(files, checks, "files in fuzz/fuzz_targets");
    assert_eq!(names("corpus"), checks, "folders in fuzz/corpus");
    let manifest = fs::read_to_string(folder("Cargo.toml")).unwrap();
    for check in checks {
        assert!(manifest.contains(&format!("name = \"{check}\"")), "fuzz/Cargo.toml has no [[bin]] for {check}");
    }
}
