//! Wallet messages: texts that are some and texts that are none, what a server expects of one, and what holds for all.
//!
//! `messages.json` are texts of our own, one for each rule of the grammar of EIP-4361 and each way to break it; a text
//! that is no message says which line is the first that does not fit.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

mod expected;
#[path = "../../../fuzz/src/wallet.rs"]
#[expect(unreachable_pub, reason = "it belongs to a crate beside this workspace")]
mod judge;
mod properties;

use chatcore::account::wallet::{MAX_MESSAGE_BYTES, Message, ParseError, Part};
use serde::Deserialize;

#[derive(Deserialize)]
struct Case {
    name: String,
    text: String,
    line: Option<usize>,
    part: Option<String>,
}

fn cases() -> Vec<Case> {
    serde_json::from_str(include_str!("messages.json")).unwrap()
}

#[test]
fn texts_are_messages_by_the_grammar_alone() {
    let mut wrong = Vec::new();
    for Case { name, text, line, part } in cases() {
        let found = match text.parse::<Message>() {
            Ok(_) => (None, None),
            Err(ParseError::Line { line, part }) => (Some(line), Some(part.to_string())),
            Err(ParseError::TooLong) => (None, Some("too long".to_owned())),
        };
        if found != (line, part) {
            wrong.push(format!("{name}: {found:?}"));
        }
        judge::wallet_message(text.as_bytes());
    }
    assert!(wrong.is_empty(), "{wrong:#?}");
    assert!(cases().len() >= 90, "somebody lost cases");
}

#[test]
fn fields_are_what_stands_there() {
    let everything = cases().into_iter().find(|case| case.name == "with everything").unwrap();
    let message: Message = everything.text.parse().unwrap();
    assert_eq!(message.to_string(), everything.text);
    assert_eq!(message.scheme.unwrap().as_str(), "https");
    assert_eq!(message.domain.as_str(), "chat.example.org:8443");
    assert_eq!(message.address.canonical(), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    assert_eq!(message.statement.unwrap().as_str(), "Sign in to the chat.");
    assert_eq!(message.uri.as_str(), "https://chat.example.org");
    assert_eq!((message.chain_id, message.nonce.as_str()), (1, "32891756abcd"));
    assert_eq!(message.issued_at.timestamp().as_seconds(), 1_714_564_800);
    assert_eq!(message.expiration_time.unwrap().to_string(), "2024-05-01T12:05:00Z");
    assert_eq!(message.not_before.unwrap().to_string(), "2024-05-01T11:59:00Z");
    assert_eq!(message.request_id.unwrap().as_str(), "r-1:@!%41");
    assert_eq!(message.resources.unwrap().len(), 1);
}

#[test]
fn a_text_without_bounds_is_no_message() {
    let plain = cases().swap_remove(0).text;
    let long = |bytes: usize| plain.replace("Sign in to the chat.", &"x".repeat(bytes));
    let room = MAX_MESSAGE_BYTES - long(0).len();
    assert!(long(room).parse::<Message>().is_ok());
    assert_eq!(long(room + 1).parse::<Message>(), Err(ParseError::TooLong));
    let error = ParseError::Line { line: 2, part: Part::Address };
    assert_eq!(error.to_string(), "line 2 of the message is not a valid address");
}
