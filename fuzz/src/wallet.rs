//! The judge of wallet messages, shared with the property tests of `chatcore`.

use chatcore::account::wallet::Message;

/// Lines that may be written in several ways: zeros before a number, any offset of a time.
const LOOSE: [&str; 4] = ["Chain ID: ", "Issued At: ", "Expiration Time: ", "Not Before: "];

/// Nothing of a text that is a message is skipped, trimmed or made up, and a message comes back from its own text.
pub fn wallet_message(bytes: &[u8]) {
    let Ok(text) = std::str::from_utf8(bytes) else { return };
    let Ok(message) = text.parse::<Message>() else { return };
    let written = message.to_string();
    assert_eq!(written.parse::<Message>(), Ok(message), "another message came back");
    assert_eq!(written.split('\n').count(), text.split('\n').count(), "{text:?} became {written:?}");
    for (theirs, ours) in text.split('\n').zip(written.split('\n')) {
        let loose = LOOSE.iter().any(|name| theirs.starts_with(name) && ours.starts_with(name));
        assert!(theirs == ours || loose, "{theirs:?} became {ours:?}");
    }
}
