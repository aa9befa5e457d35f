//! Logins at other providers, as far as there is no network: what has to match what.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::time::Duration;

use chatcore::Timestamp;
use chatcore::account::oauth::{
    AllowedUrls, Callback, ClaimRefusal, ExpectedClaims, ExternalIdentity, LoginNonce, LoginRefusal, NewLogin,
    PendingLogin, TokenDigest, TwitterProfile,
};
use serde_json::{Value, json};

const ISSUER: &str = "https://id.example.org";
const NOW: i64 = 1_700_000_000;

fn at(seconds: i64) -> Timestamp {
    Timestamp::from_micros((NOW + seconds) * 1_000_000)
}

fn urls(urls: &[&str]) -> AllowedUrls {
    AllowedUrls::new(urls.iter().map(|url| (*url).to_owned())).unwrap()
}

fn begin(return_to: Option<&str>, redirect_uri: Option<&str>) -> Result<PendingLogin, LoginRefusal> {
    let callbacks = urls(&["https://chat.example.org/callback", "http://localhost:5173/callback"]);
    let login = NewLogin { provider: "corp", browser: "cookie", return_to, redirect_uri };
    PendingLogin::begin(&login, &callbacks, &urls(&["https://chat.example.org/"]), [[1; 32], [2; 32], [3; 32]], at(0))
}

#[test]
fn addresses_that_nobody_set_up_begin_nothing() {
    let pending = begin(None, None).unwrap();
    assert_eq!(pending.redirect_uri, "https://chat.example.org/callback");
    let secrets = [pending.state.expose(), pending.nonce.expose(), pending.verifier.expose()];
    assert!(secrets[0] != secrets[1] && secrets[1] != secrets[2]);
    let printed = format!("{pending:?}");
    assert!(secrets.iter().all(|secret| !printed.contains(secret)), "{printed}");
    assert!(begin(Some("https://chat.example.org/"), Some("http://localhost:5173/callback")).is_ok());
    assert_eq!(begin(Some("https://chat.example.org"), None), Err(LoginRefusal::ReturnTo));
    assert_eq!(begin(None, Some("https://chat.example.org/callback/")), Err(LoginRefusal::RedirectUri));
    let stored = serde_json::to_string(&pending).unwrap();
    assert_eq!(serde_json::from_str::<PendingLogin>(&stored).unwrap(), pending);
}

/// What becomes of a callback; `STATE` stands for the state of the login.
fn accept(pairs: &[(&str, &str)], browser: &str, says_issuer: bool, seconds: i64) -> Result<String, LoginRefusal> {
    let pending = begin(None, None).unwrap();
    let state = pending.state.expose();
    let pairs = pairs.iter().map(|(name, value)| (*name, if *value == "STATE" { state } else { value }));
    let callback = Callback::read(pairs)?;
    assert!(!format!("{callback:?}").contains(state));
    pending.accept(&callback, browser, (ISSUER, says_issuer), at(seconds)).map(str::to_owned)
}

#[test]
fn a_callback_belongs_to_the_login_of_this_browser() {
    let good = [("state", "STATE"), ("code", "c0de"), ("scope", "x"), ("scope", "y")];
    assert_eq!(accept(&good, "cookie", false, 0), Ok("c0de".to_owned()));
    assert_eq!(accept(&good, "cookie", false, 599), Ok("c0de".to_owned()));
    assert_eq!(accept(&good, "cookie", false, 600), Err(LoginRefusal::Expired));
    assert_eq!(accept(&good, "another", false, 0), Err(LoginRefusal::Browser));
    assert_eq!(accept(&good, "", false, 0), Err(LoginRefusal::Browser));
    for state in ["", "state", "STATE "] {
        assert_eq!(accept(&[("state", state), ("code", "c")], "cookie", false, 0), Err(LoginRefusal::State));
    }
    assert_eq!(accept(&[("code", "c")], "cookie", false, 0), Err(LoginRefusal::State));
    assert_eq!(accept(&[("state", "STATE")], "cookie", false, 0), Err(LoginRefusal::NoCode));
    assert_eq!(accept(&[("state", "STATE"), ("code", "")], "cookie", false, 0), Err(LoginRefusal::NoCode));
    for name in ["state", "code", "iss", "error"] {
        let twice = [("state", "STATE"), ("code", "c"), ("iss", ISSUER), ("error", "x"), (name, "again")];
        assert_eq!(accept(&twice, "cookie", false, 0), Err(LoginRefusal::Repeated), "{name}");
    }
}

#[test]
fn a_callback_is_of_the_provider_that_was_asked() {
    let with = |iss, says| accept(&[("state", "STATE"), ("code", "c"), ("iss", iss)], "cookie", says, 0);
    assert_eq!((with(ISSUER, false), with(ISSUER, true)), (Ok("c".to_owned()), Ok("c".to_owned())));
    for other in ["", "https://id.example.org/", "https://evil.example"] {
        assert_eq!(with(other, false), Err(LoginRefusal::Issuer), "{other}");
    }
    let without = [("state", "STATE"), ("code", "c")];
    assert_eq!(accept(&without, "cookie", true, 0), Err(LoginRefusal::Issuer), "it promised to say");
}

#[test]
fn a_refusal_is_told_without_what_anybody_wrote() {
    let refused = |error| match accept(&[("state", "STATE"), ("error", error)], "cookie", false, 0) {
        Err(LoginRefusal::Provider(error)) => error.to_string(),
        other => format!("{other:?}"),
    };
    assert_eq!(refused("access_denied"), "access_denied");
    for odd in ["<script>", "", "line\nfeed", "a very long story", &"a".repeat(41)] {
        assert_eq!(refused(odd), "unknown");
    }
    assert_eq!(accept(&[("error", "access_denied")], "cookie", false, 0), Err(LoginRefusal::State), "a stranger's");
}

/// What becomes of claims in which something was changed; `null` takes a claim away.
fn claims(change: Value) -> Result<ExternalIdentity, ClaimRefusal> {
    let nonce = LoginNonce::from_random([2; 32]);
    let mut claims = json!({
        "iss": ISSUER, "sub": "1234", "aud": "chat", "exp": NOW + 300, "iat": NOW, "nonce": nonce.expose(),
        "email": "ann@example.org", "email_verified": true, "name": "Ann",
    });
    for (name, value) in change.as_object().unwrap() {
        claims[name] = value.clone();
    }
    let expected = ExpectedClaims {
        issuers: &[ISSUER.to_owned()],
        client_id: "chat",
        nonce: Some(&nonce),
        access_token: Some(("jHkWEdUXMU1BwAsC4vtUsZwnNvTIxEl0z9K3vx5KF0Y", TokenDigest::Sha256)),
        now: at(0),
        leeway: Duration::from_secs(60),
    };
    ExternalIdentity::of_claims("corp", serde_json::from_value(claims).unwrap(), &expected)
}

#[test]
fn claims_are_for_this_login() {
    let ann = claims(json!({})).unwrap();
    assert_eq!((&*ann.provider, &*ann.issuer, &*ann.subject), ("corp", ISSUER, "1234"));
    assert_eq!(
        (ann.email.as_deref(), ann.email_verified, ann.name.as_deref()),
        (Some("ann@example.org"), true, Some("Ann"))
    );
    // the example of OpenID Connect Core, A.3
    assert!(claims(json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RQ"})).is_ok());
    assert!(claims(json!({"aud": ["chat"]})).is_ok());
    assert!(claims(json!({"aud": ["other", "chat"], "azp": "chat"})).is_ok());
    assert!(claims(json!({"exp": NOW - 59, "iat": NOW + 60})).is_ok(), "clocks differ");
    let refused = [
        (json!({"iss": "https://evil.example"}), ClaimRefusal::Issuer),
        (json!({"iss": "https://id.example.org/"}), ClaimRefusal::Issuer),
        (json!({"aud": "other"}), ClaimRefusal::Audience),
        (json!({"aud": []}), ClaimRefusal::Audience),
        (json!({"aud": ["other", "chat"]}), ClaimRefusal::AuthorizedParty),
        (json!({"azp": "other"}), ClaimRefusal::AuthorizedParty),
        (json!({"exp": NOW - 60}), ClaimRefusal::Expired),
        (json!({"iat": NOW + 61}), ClaimRefusal::NotYet),
        (json!({"nbf": NOW + 61}), ClaimRefusal::NotYet),
        (json!({"nonce": "other"}), ClaimRefusal::Nonce),
        (json!({"nonce": null}), ClaimRefusal::Nonce),
        (json!({"at_hash": "77QmUPtjPfzWtF2AnpK9RR"}), ClaimRefusal::AccessToken),
        (json!({"sub": ""}), ClaimRefusal::Subject),
        (json!({"sub": "a\nb"}), ClaimRefusal::Subject),
        (json!({"sub": "x".repeat(256)}), ClaimRefusal::Subject),
    ];
    for (change, refusal) in refused {
        assert_eq!(claims(change.clone()), Err(refusal), "{change}");
    }
}

#[test]
fn an_address_counts_as_verified_only_if_the_provider_says_so() {
    let verified = |change| claims(change).unwrap().email_verified;
    assert!(verified(json!({"email_verified": "true"})), "as some write it");
    for not in [json!(false), json!("false"), json!(null), json!(1), json!("yes"), json!([true])] {
        assert!(!verified(json!({"email_verified": not})), "{not}");
    }
    for address in [json!(null), json!("nonsense"), json!("a@b@c")] {
        let ann = claims(json!({"email": address})).unwrap();
        assert_eq!((ann.email, ann.email_verified), (None, false));
    }
}

#[test]
fn x_says_who_and_no_address() {
    let of = |id: &str, name: Option<&str>| {
        let profile = TwitterProfile { id: id.into(), name: name.map(Into::into), username: Some("ann_x".into()) };
        ExternalIdentity::of_twitter("x", "https://x.com", profile)
    };
    let ann = of("2244994945", Some(" Ann\u{0}\n ")).unwrap();
    assert_eq!((&*ann.subject, ann.name.as_deref()), ("2244994945", Some("Ann")));
    assert_eq!((ann.email, ann.email_verified), (None, false));
    assert_eq!(of("1", Some("\u{7}")).unwrap().name.as_deref(), Some("ann_x"));
    for nobody in ["", "abc", "-1", "123456789012345678901"] {
        assert_eq!(of(nobody, None), Err(ClaimRefusal::Subject), "{nobody}");
    }
}
