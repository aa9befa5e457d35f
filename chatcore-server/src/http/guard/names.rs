//! Whose account somebody tries: the name in a request to sign in, whatever its field is called.

use bytes::Bytes;
use poem::http::{HeaderMap, header};
use serde_json::Value;
use sha2::{Digest, Sha256};

/// Fields that name an account, in the order in which they are looked at.
const FIELDS: [&str; 6] = ["login", "email", "username", "address", "wallet_address", "name"];
/// A longer name is nobody's.
const LONGEST: usize = 320;

/// A hash of the account that a body names; `None` if it names none. `Ann` and ` ann` are one account.
///
/// Only a hash, because counters may be kept in a store.
pub(super) fn account(headers: &HeaderMap, body: &Bytes) -> Option<String> {
    let kind = headers.get(header::CONTENT_TYPE).and_then(|kind| kind.to_str().ok()).unwrap_or_default();
    let name = if kind.starts_with("application/x-www-form-urlencoded") { of_form(body) } else { of_json(body) }?;
    let name = name.trim().to_lowercase();
    if name.is_empty() || name.len() > LONGEST {
        return None;
    }
    let hash = Sha256::digest(name.as_bytes());
    Some(hash.iter().take(16).map(|byte| format!("{byte:02x}")).collect())
}

fn of_json(body: &Bytes) -> Option<String> {
    let body: Value = serde_json::from_slice(body).ok()?;
    FIELDS.iter().find_map(|field| body[*field].as_str().map(str::to_owned))
}

fn of_form(body: &Bytes) -> Option<String> {
    let pairs: Vec<(String, String)> = url::form_urlencoded::parse(body).into_owned().collect();
    FIELDS.iter().find_map(|field| pairs.iter().find(|(name, _)| name == field).map(|(_, value)| value.clone()))
}

#[cfg(test)]
mod tests {
    use poem::http::HeaderValue;

    use super::*;

    fn of(kind: &'static str, body: &'static str) -> Option<String> {
        let mut headers = HeaderMap::new();
        headers.insert(header::CONTENT_TYPE, HeaderValue::from_static(kind));
        account(&headers, &Bytes::from_static(body.as_bytes()))
    }

    #[test]
    fn one_account_is_one_however_it_is_written() {
        let ann = of("application/json", r#"{"login":"ann@example.org","password":"x"}"#);
        assert_eq!(ann.as_ref().map(String::len), Some(32));
        assert_eq!(of("application/json", r#"{"email":" ANN@example.org "}"#), ann);
        assert_eq!(of("application/x-www-form-urlencoded", "username=ann%40example.org&password=x"), ann);
        assert_ne!(of("application/json", r#"{"login":"bob@example.org"}"#), ann);
        for nobody in ["{}", "[]", "", r#"{"login":""}"#, r#"{"login":7}"#, r#"{"password":"x"}"#] {
            assert_eq!(of("application/json", nobody), None, "{nobody}");
        }
    }
}
