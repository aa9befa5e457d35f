//! Signatures that prove, and those that do not.

use chatcore::billing::gateway::{GatewayError, Signed};
use chatcore::testing::ManualClock;
use chatcore::{Clock, Timestamp};
use chatcore_server::config::StripeConfig;
use chatcore_server::payments::stripe::{NoSecret, SetUpError, Stripe, Verifier};
use hmac::{Hmac, KeyInit, Mac};
use secrecy::SecretString;
use sha2::Sha256;

use crate::scene::{SECRET, config};

const BODY: &[u8] = br#"{"id": "evt_1", "object": "event", "type": "invoice.paid"}"#;
const OLD_SECRET: &str = "whsec_of_last_year";

fn hex(secret: &str, signed: &[u8]) -> String {
    let mut mac = Hmac::<Sha256>::new_from_slice(secret.as_bytes()).unwrap();
    mac.update(signed);
    mac.finalize().into_bytes().iter().map(|byte| format!("{byte:02x}")).collect()
}

/// The signature of a body, at a time as it is written.
fn v1(secret: &str, time: &str, body: &[u8]) -> String {
    hex(secret, &[time.as_bytes(), b".", body].concat())
}

fn header(secret: &str, time: i64) -> String {
    format!("t={time},v1={}", v1(secret, &time.to_string(), BODY))
}

fn now() -> (Timestamp, i64) {
    let now = ManualClock::new().now();
    (now, now.as_seconds())
}

fn is_taken(signature: &str, body: &[u8]) -> bool {
    let secrets = [SECRET, OLD_SECRET].map(|secret| SecretString::from(secret.to_owned()));
    let verifier = Verifier::new(secrets.to_vec()).unwrap();
    match verifier.prove(&Signed { body, signature }, now().0) {
        Ok(()) => true,
        Err(GatewayError::NotProven) => false,
        Err(other) => unreachable!("{other:?}"),
    }
}

pub(crate) async fn whoever_has_no_secret_takes_nothing() {
    for secrets in [&[][..], &[""], &["  "], &["\t\n"], &[SECRET, ""], &["", SECRET]] {
        let secrets: Vec<SecretString> = secrets.iter().map(|secret| (*secret).to_owned().into()).collect();
        assert_eq!(Verifier::new(secrets.clone()).err(), Some(NoSecret));
        let config = StripeConfig { webhook_secrets: secrets, ..config("http://127.0.0.1:1") };
        assert!(matches!(Stripe::new(&config), Err(SetUpError::NoSecret(NoSecret))));
    }
}

pub(crate) async fn what_stripe_signs_is_taken() {
    let (_, now) = now();
    let good = v1(SECRET, &now.to_string(), BODY);
    let other = v1("whsec_other", &now.to_string(), BODY);
    for (name, signature) in [
        ("now", header(SECRET, now)),
        ("five minutes ago", header(SECRET, now - 300)),
        ("by a clock that is ahead", header(SECRET, now + 300)),
        ("with the secret before", header(OLD_SECRET, now)),
        ("one of several", format!("t={now},v1={other},v1={good}")),
        ("the other one of several", format!("t={now},v1={good},v1={other}")),
        ("beside other schemes", format!("t={now},v0={other},v1={good},v2=x,x=")),
        ("in another order", format!("v1={good},t={now}")),
        ("beside one that is not hex", format!("t={now},v1=zz,v1={good}")),
        ("as the stand-in does", stripe_stand_in::sign(&[SECRET.to_owned()], now, BODY)),
    ] {
        assert!(is_taken(&signature, BODY), "{name}");
    }
    let bytes = b"\xff\x00 not text";
    assert!(is_taken(&format!("t={now},v1={}", v1(SECRET, &now.to_string(), bytes)), bytes), "any bytes can be signed");
}

pub(crate) async fn what_is_forged_is_refused() {
    let (_, now) = now();
    let time = now.to_string();
    let good = v1(SECRET, &time, BODY);
    let at = |time: &str| format!("t={time},v1={}", v1(SECRET, time, BODY));
    let rows = [
        ("nothing", String::new()),
        ("another secret", header("whsec_other", now)),
        ("the empty secret", header("", now)),
        ("too old", header(SECRET, now - 301)),
        ("much too old", header(SECRET, 0)),
        ("too far ahead", header(SECRET, now + 301)),
        ("the last of all times", header(SECRET, i64::MAX)),
        ("milliseconds", at(&format!("{now}000"))),
        ("no time", format!("v1={good}")),
        ("an empty time", at("")),
        ("a time with a sign", at(&format!("+{now}"))),
        ("a time before 1970", at("-1")),
        ("a time with a fraction", at(&format!("{now}.0"))),
        ("a time in hex", at(&format!("{now:x}"))),
        ("a time in words", at("now")),
        ("a time that is too large", at("99999999999999999999")),
        ("a time with a blank", at(&format!(" {now}"))),
        ("two times", format!("t={now},t={now},v1={good}")),
        ("two times, one of which was signed", format!("t={now},v1={good},t={}", now - 1)),
        ("a time that was moved", format!("t={},v1={good}", now + 1)),
        ("no signature", format!("t={now}")),
        ("an empty signature", format!("t={now},v1=")),
        ("only v0", format!("t={now},v0={good}")),
        ("only v2", format!("t={now},v2={good}")),
        ("another writing of v1", format!("t={now},V1={good}")),
        ("a blank before v1", format!("t={now}, v1={good}")),
        ("half of a signature", format!("t={now},v1={}", &good[..32])),
        ("a signature without its end", format!("t={now},v1={}", &good[..63])),
        ("a signature with more", format!("t={now},v1={good}0")),
        ("a signature with blanks", format!("t={now},v1= {good}")),
        ("no hex", format!("t={now},v1={}", "z".repeat(64))),
        ("no ASCII", format!("t={now},v1={}", "\u{e9}".repeat(32))),
        ("zeros", format!("t={now},v1={}", "0".repeat(64))),
        ("a part without a name", format!("{now},v1={good}")),
        ("a part without a value", format!("t={now},v1={good},x")),
        ("another mark between", format!("t={now};v1={good}")),
        ("only the body was signed", format!("t={now},v1={}", hex(SECRET, BODY))),
        ("signed without the dot", format!("t={now},v1={}", hex(SECRET, &[time.as_bytes(), BODY].concat()))),
        ("the body comes first", format!("t={now},v1={}", hex(SECRET, &[BODY, b".", time.as_bytes()].concat()))),
        ("a very long header", format!("t={now},v1={good},x={}", "a".repeat(5_000))),
        ("very many signatures", format!("t={now}{}", format!(",v1={good}").repeat(17))),
    ];
    assert!(rows.len() >= 25);
    for (name, signature) in rows {
        assert!(!is_taken(&signature, BODY), "{name}");
    }
    let signature = header(SECRET, now);
    assert!(is_taken(&signature, BODY));
    for (name, body) in [
        ("nothing", Vec::new()),
        ("without its end", BODY[..BODY.len() - 1].to_vec()),
        ("with a line end", [BODY, b"\n"].concat()),
        ("with a mark at its beginning", [b"\xef\xbb\xbf", BODY].concat()),
        ("another event", BODY.iter().map(|byte| if *byte == b'1' { b'2' } else { *byte }).collect()),
        ("the same without blanks", BODY.iter().copied().filter(|byte| *byte != b' ').collect()),
    ] {
        assert!(!is_taken(&signature, &body), "{name}");
    }
}

pub(crate) async fn every_bit_counts() {
    let (_, now) = now();
    let signature = header(SECRET, now);
    for at in 0..BODY.len() * 8 {
        let mut body = BODY.to_vec();
        body[at / 8] ^= 1 << (at % 8);
        assert!(!is_taken(&signature, &body), "bit {at} of the body");
    }
    let begin = signature.len() - 64;
    for at in begin..signature.len() {
        let digit = if &signature[at..=at] == "0" { "1" } else { "0" };
        let changed = format!("{}{digit}{}", &signature[..at], &signature[at + 1..]);
        assert!(!is_taken(&changed, BODY), "digit {at} of the signature");
    }
}
