//! Wallets that are keys.

use std::collections::BTreeMap;
use std::time::Duration;

use chatcore::account::wallet::{Address, Expected, Message, WalletKind, personal_hash, prove};
use chatcore_server::auth::{Wallets, recover};
use k256::ecdsa::SigningKey;
use proptest::collection::vec;
use proptest::prelude::*;
use proptest::test_runner::{Config, TestRunner};

use super::{Case, cases, outcome};

pub(super) fn files() {
    let wallets = Wallets::default();
    let wrong: Vec<String> = cases()
        .iter()
        .filter_map(|case| {
            let verdict = case.judged_by(&wallets);
            (outcome(&verdict) != case.outcome).then(|| format!("{}: {verdict:?}, not {}", case.name, case.outcome))
        })
        .collect();
    assert!(wrong.is_empty(), "{wrong:#?}");
    let count = |outcome: &str| cases().iter().filter(|case| case.outcome == outcome).count();
    assert!(count("key") >= 50 && count("malformed") >= 25 && count("mismatch") >= 8, "somebody lost cases");
}

/// Signatures do not depend on chance (RFC 6979), so two libraries that do the same thing sign alike.
pub(super) fn alike() {
    let mut signed: BTreeMap<(Address, String), String> = BTreeMap::new();
    let mut met = 0;
    for Case { text, address, signature, .. } in cases().into_iter().filter(|case| case.outcome == "key") {
        let signature = signature.to_lowercase();
        // the same with the other form of v was made from it
        if ["00", "01"].iter().any(|v| signature.ends_with(v)) {
            continue;
        }
        if let Some(other) = signed.insert((address, text), signature.clone()) {
            assert_eq!(other, signature);
            met += 1;
        }
    }
    assert!(met >= 4, "the files have {met} signatures in common");
}

pub(super) fn message() {
    let case = cases().into_iter().find(|case| case.name == "a message to sign in, signed by ann").unwrap();
    let message: Message = case.text.parse().unwrap();
    let sites = ["https://chat.example.org".parse().unwrap()];
    let uris = [message.uri.clone()];
    let expected = Expected {
        sites: &sites,
        uris: &uris,
        chain_ids: &[1],
        nonce: &message.nonce,
        address: Some(case.address),
        request_id: None,
        now: message.issued_at.timestamp().plus(Duration::from_secs(5)),
        max_age: Duration::from_secs(300),
        leeway: Duration::ZERO,
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build().unwrap();
    let wallets = Wallets::default();
    let proof = runtime.block_on(prove(&case.text, &case.signature, &expected, &wallets)).unwrap();
    assert_eq!((proof.address(), proof.kind()), (case.address, WalletKind::Key));
    let other = case.text.replace("Sign in to the chat.", "Sign in to the chat");
    assert!(runtime.block_on(prove(&other, &case.signature, &expected, &wallets)).is_err(), "every letter counts");
}

/// A key, and its signature under a text.
fn sign(secret: [u8; 32], text: &str) -> Option<(Address, Vec<u8>)> {
    let key = SigningKey::from_slice(&secret).ok()?;
    let (signature, id) = key.sign_prehash_recoverable(&personal_hash(text));
    let point = key.verifying_key().to_sec1_point(false);
    let address = Address::of_public_key(point.as_bytes()[1..].try_into().ok()?);
    Some((address, [&signature.to_bytes()[..], &[27 + id.to_byte()]].concat()))
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold("0x".to_owned(), |text, byte| text + &format!("{byte:02x}"))
}

/// Checks that hold for any input, forty inputs each: a curve in a debug build takes its time.
fn for_all<S: Strategy>(inputs: S, check: impl Fn(S::Value) -> Result<(), TestCaseError>) {
    let config = Config { cases: 40, failure_persistence: None, ..Config::default() };
    TestRunner::new(config).run(&inputs, check).unwrap();
}

pub(super) fn recovered() {
    for_all((any::<[u8; 32]>(), any::<String>()), |(secret, text)| {
        let Some((address, signature)) = sign(secret, &text) else { return Ok(()) };
        prop_assert_eq!(recover(&text, &hex(&signature)).unwrap(), address);
        Ok(())
    });
}

pub(super) fn changed() {
    for_all((any::<[u8; 32]>(), 0..65 * 8_usize), |(secret, bit)| {
        let Some((address, mut signature)) = sign(secret, "hello") else { return Ok(()) };
        signature[bit / 8] ^= 1 << (bit % 8);
        prop_assert_ne!(recover("hello", &hex(&signature)).ok(), Some(address));
        Ok(())
    });
}

pub(super) fn noise() {
    for_all(vec(any::<u8>(), 0..140), |bytes| {
        let right_length = bytes.len() == 65;
        prop_assert!(right_length || recover("hello", &hex(&bytes)).is_err());
        let text = String::from_utf8_lossy(&bytes);
        let odd = format!("0x{text}é");
        prop_assert!(recover("hello", &text).is_err() && recover("hello", &odd).is_err());
        Ok(())
    });
    assert!(recover("hello", &format!("0x{}", "ab".repeat(1 << 20))).unwrap_err().to_string().contains("too long"));
}
