//! What holds for every message.

use chatcore::Timestamp;
use chatcore::account::wallet::{Address, Message, Moment};
use proptest::collection::vec;
use proptest::option;
use proptest::prelude::*;

use super::judge::wallet_message;

fn moment() -> impl Strategy<Value = Moment> {
    any::<i64>().prop_map(|micros| Timestamp::from_micros(micros).into())
}

/// A part from a pattern that only makes what the grammar allows.
fn part<T: std::str::FromStr + std::fmt::Debug>(pattern: &'static str) -> impl Strategy<Value = T> {
    pattern.prop_map(|text| text.parse().ok().unwrap_or_else(|| unreachable!("{text} fits")))
}

const DOMAIN: &str = "([a-z0-9:]{1,4}@)?([a-z0-9-]{1,9}(\\.[a-z]{2,4})?|\\[::1\\]|127\\.0\\.0\\.1)(:[0-9]{0,5})?";
const URI: &str = "[a-z][a-z0-9+.-]{0,5}:(//[a-z0-9.-]{0,9}(:[0-9]{0,4})?(/[a-zA-Z0-9:@!$&'()*+,;=._~-]{0,9}){0,3})?\
    (\\?[a-z=/?]{0,9})?(#[a-z/?]{0,9})?";
const STATEMENT: &str = "[a-zA-Z0-9:/?#@!$&'()*+,;= ._~\\[\\]-]{0,60}";

prop_compose! {
    fn message()(
        scheme in option::of(part("[a-zA-Z][a-z0-9+.-]{0,6}")),
        domain in part(DOMAIN),
        address in any::<[u8; 20]>(),
        statement in option::of(part(STATEMENT)),
        uri in part(URI),
        chain_id in any::<u64>(),
        nonce in part("[a-zA-Z0-9]{8,40}"),
        issued_at in moment(),
        (expiration_time, not_before) in (option::of(moment()), option::of(moment())),
        request_id in option::of(part("([a-zA-Z0-9:@!$&'()*+,;=._~-]|%[0-9a-fA-F]{2}){0,12}")),
        resources in option::of(vec(part(URI), 0..4)),
    ) -> Message {
        let address = Address::from_bytes(address);
        Message {
            scheme, domain, address, statement, uri, chain_id, nonce, issued_at, expiration_time, not_before,
            request_id, resources,
        }
    }
}

proptest! {
    #[test]
    fn a_message_comes_back_from_its_text(message in message()) {
        prop_assert_eq!(message.to_string().parse::<Message>(), Ok(message));
    }

    #[test]
    fn a_text_in_which_something_changed_is_itself_or_nothing(
        message in message(), at in any::<prop::sample::Index>(), byte in any::<u8>(), how in 0..3_u8,
    ) {
        let mut bytes = message.to_string().into_bytes();
        let at = at.index(bytes.len());
        match how {
            0 => bytes[at] = byte,
            1 => bytes.insert(at, byte),
            _ => drop(bytes.remove(at)),
        }
        wallet_message(&bytes);
    }

    #[test]
    fn any_bytes_are_judged(bytes in vec(any::<u8>(), 0..300)) {
        wallet_message(&bytes);
    }
}
