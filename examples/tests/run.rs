//! Runs every example as a program of its own and looks for what it is there to show.
//!
//! `cargo test` builds the examples first, and they lie beside the tests; `cargo test --test run` alone does not.

#![expect(clippy::unwrap_used, clippy::panic, reason = "helpers of tests may fail the test")]

use std::collections::BTreeSet;
use std::fs;
use std::path::PathBuf;
use std::process::Command;
use std::sync::mpsc;
use std::time::Duration;

const FOLDER: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/examples");

/// Every example, words that it prints in this order, and files that it leaves behind.
const EXAMPLES: &[(&str, &[&str], &[&str])] = &[
    ("01_embed", &["learning Rust"], &["chat.db"]),
    (
        "02_branching",
        &[
            "--- a question and its answer",
            "me  1/1  What is a tree?",
            "bot 2/2",
            "me  2/2  What is a forest?",
            "me  1/2  What is a tree?",
            "forked into a conversation of its own",
            "--- the first question deleted",
        ],
        &[],
    ),
    (
        "03_custom_store",
        &[
            "--- closed",
            "--- opened again",
            "I am writing a store.",
            "Since when",
            "It keeps all in one file.",
            "Assistant:",
        ],
        &[],
    ),
    (
        "04_custom_model",
        &["abacus can read 100000 tokens", "eliza can read", "You said 5 words.", "You said 12 words."],
        &[],
    ),
    (
        "05_in_axum",
        &[
            "--- as it is written",
            "event: started",
            "event: delta",
            "event: completed",
            "--- resumed behind event 3: id: 4",
            "\"user\": \"I am learning Rust.\"",
            "\"assistant\": ",
            "somebody else hears 404",
        ],
        &[],
    ),
    (
        "06_mount_in_poem",
        &["a stranger at /hello: 401", "eliza: ", "Hello ann, you have 1 chats.", "the page at /: 200"],
        &[],
    ),
    (
        "07_quota_and_billing",
        &[
            "three messages a day are over; the next one may go at 2026-01-02",
            "credit is used up",
            "ann pays at https://pay.example/page_1",
            "the plan is now Pro, with 10 units",
            "four answers later there are 6",
            "the plan is Free, the credit 0",
            "all sound",
        ],
        &[],
    ),
    (
        "08_tools",
        &[
            "tokens]",
            "calls stock with {\"article\":\"chair\"}",
            "it answers 7",
            "There are seven chairs.",
            "refused: we do not talk about passwords",
        ],
        &[],
    ),
];

/// A small example is a file, one with parts is a folder.
fn source(name: &str) -> String {
    let file = format!("{FOLDER}/{name}.rs");
    fs::read_to_string(file).or_else(|_| fs::read_to_string(format!("{FOLDER}/{name}/main.rs"))).unwrap()
}

fn binary(name: &str) -> PathBuf {
    // target/debug/deps/run-0123456789abcdef
    let own = std::env::current_exe().unwrap();
    let folder = own.ancestors().nth(2).unwrap().join("examples");
    folder.join(format!("{name}{}", std::env::consts::EXE_SUFFIX))
}

/// Runs an example in an empty folder and gives what it printed.
fn run(name: &str, leaves: &[&str]) -> String {
    let path = binary(name);
    assert!(path.is_file(), "{} is not built; `cargo test -p chatcore-examples` builds it", path.display());
    let folder = tempfile::tempdir().unwrap();
    let mut command = Command::new(path);
    // no settings from outside, and whoever wants to call a server gets no further than the discard port
    command.current_dir(&folder).env_clear().env("ALL_PROXY", "http://127.0.0.1:9").env("NO_COLOR", "1");
    let (sender, ended) = mpsc::channel();
    std::thread::spawn(move || sender.send(command.output()));
    let output = ended.recv_timeout(Duration::from_secs(60)).unwrap_or_else(|_| panic!("{name} does not end"));
    let output = output.unwrap();
    let (said, errors) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{name} failed with {}: {errors}\n{said}", output.status);
    for file in leaves {
        assert!(folder.path().join(file).is_file(), "{name} left no {file}");
    }
    said
}

#[test]
fn every_example_runs_offline_and_shows_what_it_is_for() {
    for (name, words, leaves) in EXAMPLES {
        let said = run(name, leaves);
        let mut rest = said.as_str();
        for word in *words {
            let at = rest.find(word).unwrap_or_else(|| panic!("{name} does not print {word:?} there:\n{said}"));
            rest = &rest[at + word.len()..];
        }
    }
}

#[test]
fn every_example_is_in_the_list() {
    let files: BTreeSet<String> = fs::read_dir(FOLDER)
        .unwrap()
        .map(|entry| entry.unwrap().file_name().into_string().unwrap().trim_end_matches(".rs").to_owned())
        .collect();
    let listed: BTreeSet<String> = EXAMPLES.iter().map(|(name, ..)| (*name).to_owned()).collect();
    assert_eq!(files, listed);
}

#[test]
fn an_example_says_how_to_run_it() {
    for (name, ..) in EXAMPLES {
        let text = source(name);
        let command = format!("//! `cargo run -p chatcore-examples --example {name}`");
        assert!(text.starts_with("//! ") && text.contains(&command), "{name} does not begin with {command}");
    }
}

#[test]
fn embedding_takes_fifteen_lines() {
    let text = source("01_embed");
    let main = text.lines().skip_while(|line| !line.starts_with("async fn main")).take_while(|line| *line != "}");
    let lines = main.count() + 1;
    assert!((3..=15).contains(&lines), "main has {lines} lines");
}

/// What the guide to writing a store promises of its example.
#[test]
fn a_store_takes_four_hundred_lines_and_its_suite_fifteen() {
    let parts = fs::read_dir(format!("{FOLDER}/03_custom_store/json_lines")).unwrap();
    let lines = |path: PathBuf| fs::read_to_string(path).unwrap().lines().count();
    let store: usize = parts.map(|part| lines(part.unwrap().path())).sum();
    assert!((200..=400).contains(&store), "the store has {store} lines");
    let suite = lines(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/custom_store_conformance.rs").into());
    assert!((3..=15).contains(&suite), "its suite has {suite} lines");
}

/// What the guide to writing a model promises of its example.
#[test]
fn a_model_takes_a_hundred_lines_and_its_suite_forty() {
    let lines = |path: &str| fs::read_to_string(path).unwrap().lines().count();
    let model = lines(&format!("{FOLDER}/04_custom_model/abacus.rs"));
    assert!((40..=100).contains(&model), "the model has {model} lines");
    let suite = lines(concat!(env!("CARGO_MANIFEST_DIR"), "/tests/custom_model_conformance.rs"));
    assert!((3..=40).contains(&suite), "its suite has {suite} lines");
}
