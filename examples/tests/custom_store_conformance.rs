//! The store of `03_custom_store` passes the suite.

#[path = "../examples/03_custom_store/json_lines/mod.rs"]
mod json_lines;

use chatcore::conformance::OnDisk;
use json_lines::JsonLines;

chatcore::conformance!(OnDisk::new(tempfile::tempdir().unwrap(), |folder| JsonLines::open(folder.join("chat.jsonl"))));
