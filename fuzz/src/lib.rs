//! What the fuzz targets check, as functions of any bytes that panic when a rule is broken.
//!
//! A target is one line that calls one of these. `cargo test` calls the same functions with every file under
//! `corpus/`, in `chatcore-server/tests/fuzz_corpora.rs`. Checks that need the inside of a crate live in that crate.
//!
//! `RUSTC_BOOTSTRAP=1 cargo fuzz run cursor`, in this folder or in the one above it, looks for new inputs. An input
//! that broke something goes into `corpus/<target>/` under a name that says what it is.

use chatcore::page::{Cursor, List, PageRequest};
use chatcore::store::{AnyRecord, Kind};

mod wallet;

pub use wallet::wallet_message;

/// Panics when the bytes show that a rule is broken.
pub type Check = fn(&[u8]);

/// Every target: its name, which is also that of its corpus, and its check.
pub const TARGETS: [(&str, Check); 5] = [
    ("sse_decoder", sse_decoder),
    ("cursor", cursor),
    ("record_codec", record_codec),
    ("markdown", markdown),
    ("wallet_message", wallet_message),
];

/// An event stream gives the same events wherever it is cut.
pub fn sse_decoder(bytes: &[u8]) {
    chatcore_llm::sse::check::split_anywhere(bytes);
}

/// A text that is a cursor is the only spelling of it, and belongs to one list.
pub fn cursor(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(cursor) = text.parse::<Cursor>() else { return };
    assert_eq!(cursor.to_string(), text, "it prints to another text");
    let request = PageRequest::first().after(Some(cursor.clone()));
    let lists = [List::Conversations, List::Branch, List::Tree, List::Siblings, List::Sessions, List::Scan];
    let mut owners = lists.into_iter().filter_map(|list| Some((list, request.position(list).ok()??)));
    let Some((list, position)) = owners.next() else { panic!("{text} belongs to no list") };
    assert_eq!(Cursor::new(list, position), cursor, "it does not come back from its position");
    assert_eq!(owners.next(), None, "{text} belongs to another list too");
}

/// Bytes that are a record of some kind come back from their own stored form; all others are refused.
pub fn record_codec(bytes: &[u8]) {
    for kind in Kind::ALL {
        let Ok(record) = AnyRecord::decode(*kind, bytes) else { continue };
        assert_eq!(record.kind(), *kind);
        let stored = record.encode();
        match AnyRecord::decode(*kind, &stored) {
            Ok(again) => assert_eq!(again, record, "another record came back"),
            Err(error) => panic!("{record:?} is stored as what cannot be read: {error:?}"),
        }
    }
}

/// Rendered Markdown does nothing but show text.
pub fn markdown(bytes: &[u8]) {
    chatcore_server::web::markdown::check::check(bytes);
}
