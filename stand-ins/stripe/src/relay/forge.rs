//! What somebody can send who has seen a delivery and does not know the secret.

use crate::webhook::sign;

/// A delivery that must not be taken, made of one that may be; the number chooses how.
pub(super) fn forge(number: usize, body: &str, signature: &str) -> (String, String) {
    let with_signature = |signature: String| (body.to_owned(), signature);
    let without = |scheme: &str| {
        let parts = signature.split(',').filter(|part| !part.starts_with(scheme));
        parts.collect::<Vec<_>>().join(",")
    };
    let time = signature.split(',').find_map(|part| part.strip_prefix("t=")?.parse::<i64>().ok()).unwrap_or(0);
    match number % 8 {
        0 => (body.replacen("\"id\"", "\"ID\"", 1), signature.to_owned()),
        1 => (format!("{body} "), signature.to_owned()),
        2 => (body.replace("canceled", "active").replace("past_due", "active") + "\n", signature.to_owned()),
        3 => with_signature(sign(&["whsec_guessed".to_owned()], time, body.as_bytes())),
        4 => with_signature(sign(&[String::new()], time, body.as_bytes())),
        5 => with_signature(without("v1=")),
        6 => with_signature(signature.replacen(&format!("t={time}"), &format!("t={}", time + 1), 1)),
        _ => with_signature(String::new()),
    }
}
