//! What people and programs read.

use std::io::{self, Write};

use chatcore::transfer::Digest;
use serde::Serialize;
use serde_json::{Value, json};

/// A result. A reader who has gone away misses it, and no more.
pub(super) fn say(text: impl AsRef<str>) {
    let _ = writeln!(io::stdout(), "{}", text.as_ref());
}

/// What happens meanwhile.
pub(super) fn note(text: impl AsRef<str>) {
    let _ = writeln!(io::stderr(), "{}", text.as_ref());
}

pub(super) fn say_json(value: &impl Serialize) -> Result<(), serde_json::Error> {
    say(serde_json::to_string_pretty(value)?);
    Ok(())
}

/// One line a kind, and one for all.
pub(super) fn digest_lines(digest: &Digest) -> String {
    let line = |name: &str, records: u64, hash: &dyn std::fmt::Display| format!("{name:<12} {records:>12}  {hash}\n");
    let kinds = digest.kinds().iter().map(|kind| line(kind.kind.name(), kind.records, &kind.hash));
    kinds.collect::<String>() + line("total", digest.records(), &digest.total()).trim_end()
}

pub(super) fn digest_json(digest: &Digest) -> Value {
    let kind = |it: &chatcore::transfer::KindDigest| {
        (it.kind.name().to_owned(), json!({"records": it.records, "sha256": it.hash.to_string()}))
    };
    json!({
        "records": digest.records(),
        "sha256": digest.total().to_string(),
        "kinds": digest.kinds().iter().map(kind).collect::<serde_json::Map<_, _>>(),
    })
}
