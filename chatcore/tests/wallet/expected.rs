//! What a server expects of a message, one field after the other.

use std::time::Duration;

use async_trait::async_trait;
use chatcore::Timestamp;
use chatcore::account::wallet::{
    Expected, Message, Moment, Refusal, SignatureError, Site, Uri, WalletClaim, WalletError, WalletKind,
    WalletVerifier, prove,
};
use futures::executor::block_on;

const ISSUED: i64 = 1_714_564_800;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((ISSUED + seconds) * 1_000_000)
}

fn message() -> Message {
    super::cases().swap_remove(0).text.parse().unwrap()
}

/// Checks a message that was changed, at that many seconds after it was issued.
fn check(seconds: i64, change: impl FnOnce(&mut Message)) -> Result<(), Refusal> {
    let plain = message();
    let mut message = plain.clone();
    change(&mut message);
    let sites: [Site; 2] = ["https://chat.example.org".parse().unwrap(), "http://localhost:3000".parse().unwrap()];
    let uris: [Uri; 2] = [plain.uri.clone(), "https://chat.example.org/login".parse().unwrap()];
    let expected = Expected {
        sites: &sites,
        uris: &uris,
        chain_ids: &[1, 137],
        nonce: &plain.nonce,
        address: Some(plain.address),
        request_id: None,
        now: at(seconds),
        max_age: Duration::from_secs(300),
        leeway: Duration::from_secs(30),
    };
    expected.check(&message)
}

#[test]
fn a_message_is_for_one_place() {
    assert_eq!(check(0, |_| {}), Ok(()));
    assert_eq!(check(0, |it| it.domain = "CHAT.example.org".parse().unwrap()), Ok(()));
    assert_eq!(check(0, |it| it.domain = "localhost:3000".parse().unwrap()), Ok(()));
    for other in ["evil.example", "chat.example.org.evil.example", "evil@chat.example.org", "chat.example.org:8443"] {
        assert_eq!(check(0, |it| it.domain = other.parse().unwrap()), Err(Refusal::Domain), "{other}");
    }
    assert_eq!(check(0, |it| it.scheme = Some("HTTPS".parse().unwrap())), Ok(()));
    assert_eq!(check(0, |it| it.scheme = Some("http".parse().unwrap())), Err(Refusal::Scheme));
    let local = |scheme: &str| {
        check(0, |it| {
            it.domain = "localhost:3000".parse().unwrap();
            it.scheme = Some(scheme.parse().unwrap());
        })
    };
    assert_eq!((local("http"), local("https")), (Ok(()), Err(Refusal::Scheme)));
    assert_eq!(check(0, |it| it.uri = "https://chat.example.org/login".parse().unwrap()), Ok(()));
    for other in ["https://chat.example.org/", "https://chat.example.org/login?x", "https://evil.example"] {
        assert_eq!(check(0, |it| it.uri = other.parse().unwrap()), Err(Refusal::Uri), "{other}");
    }
    assert_eq!(check(0, |it| it.chain_id = 137), Ok(()));
    assert_eq!(check(0, |it| it.chain_id = 10), Err(Refusal::ChainId));
}

#[test]
fn a_message_answers_one_challenge() {
    assert_eq!(check(0, |it| it.nonce = "32891756abcD".parse().unwrap()), Err(Refusal::Nonce));
    let other = "0x52908400098527886E0F7030069857D2E4169EE7".parse().unwrap();
    assert_eq!(check(0, |it| it.address = other), Err(Refusal::Address));
    let plain = message();
    let id = "r-1".parse().unwrap();
    let sites = ["https://chat.example.org".parse().unwrap()];
    let uris = [plain.uri.clone()];
    let expected = Expected {
        sites: &sites,
        uris: &uris,
        chain_ids: &[1],
        nonce: &plain.nonce,
        address: None,
        request_id: Some(&id),
        now: at(0),
        max_age: Duration::from_secs(300),
        leeway: Duration::ZERO,
    };
    assert_eq!(expected.check(&plain), Err(Refusal::RequestId));
    assert_eq!(expected.check(&Message { request_id: Some(id.clone()), ..plain.clone() }), Ok(()));
}

#[test]
fn a_message_counts_for_a_while() {
    assert_eq!((check(-30, |_| {}), check(-31, |_| {})), (Ok(()), Err(Refusal::IssuedAhead)));
    assert_eq!((check(300, |_| {}), check(301, |_| {})), (Ok(()), Err(Refusal::TooOld)));
    let ends = |now| check(now, |it| it.expiration_time = Some(Moment::from(at(60))));
    assert_eq!((ends(59), ends(60)), (Ok(()), Err(Refusal::Expired)), "no leeway for what has ended");
    let begins = |now| check(now, |it| it.not_before = Some(Moment::from(at(60))));
    assert_eq!((begins(30), begins(29)), (Ok(()), Err(Refusal::NotYet)));
}

/// Says yes to one signature.
struct Only(&'static str);

#[async_trait]
impl WalletVerifier for Only {
    async fn verify(&self, claim: &WalletClaim<'_>) -> Result<WalletKind, SignatureError> {
        if claim.signature == self.0 { Ok(WalletKind::Key) } else { Err(SignatureError::Mismatch) }
    }
}

#[test]
fn a_proof_needs_all_three() {
    let message = message();
    let text = message.to_string();
    let sites = ["https://chat.example.org".parse().unwrap()];
    let uris = [message.uri.clone()];
    let expected = |now| Expected {
        sites: &sites,
        uris: &uris,
        chain_ids: &[1],
        nonce: &message.nonce,
        address: None,
        request_id: None,
        now,
        max_age: Duration::from_secs(300),
        leeway: Duration::ZERO,
    };
    let prove = |text: &str, signature, now| block_on(prove(text, signature, &expected(now), &Only("0x51")));
    let proof = prove(&text, "0x51", at(0)).unwrap();
    assert_eq!((proof.address(), proof.chain_id(), proof.kind()), (message.address, 1, WalletKind::Key));
    assert_eq!(proof.subject(), "0x9d8a62f656a8d1615c1294fd71e9cfb3e4855a4f");
    assert!(matches!(prove("hello", "0x51", at(0)), Err(WalletError::Message(_))));
    assert!(matches!(prove(&text, "0x51", at(999)), Err(WalletError::Refused(Refusal::TooOld))));
    assert!(matches!(prove(&text, "0x52", at(0)), Err(WalletError::Signature(SignatureError::Mismatch))));
}
