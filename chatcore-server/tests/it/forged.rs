//! Tokens that somebody made up: none of them is taken, however the server signs.

use base64::Engine;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use chatcore::Clock;
use chatcore_llm::SystemClock;
use chatcore_server::auth::MasterSecret;
use chatcore_server::config::{JwtSettings, Settings};
use jsonwebtoken::{Algorithm, EncodingKey};
use serde_json::{Value, json};

use crate::client::User;
use crate::keys::{Pair, ed25519, rsa};
use crate::server::{Kind, SECRET, TestServer, echo};

/// What a forger has: a token of theirs and of somebody else, and more than they should have, the key that signs.
struct Forger {
    own: Parts,
    others: Parts,
    key: EncodingKey,
    algorithm: Algorithm,
    public_pem: Option<String>,
    jwks: String,
    forged: Vec<(String, String)>,
}

/// A token, taken apart.
struct Parts {
    text: String,
    head: Value,
    claims: Value,
}

fn encode(bytes: impl AsRef<[u8]>) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}

impl Parts {
    fn of(user: &User) -> Self {
        let text = user.session.access_token.clone();
        let part = |at: usize| {
            let part = text.split('.').nth(at).unwrap();
            serde_json::from_slice(&URL_SAFE_NO_PAD.decode(part).unwrap()).unwrap()
        };
        let (head, claims) = (part(0), part(1));
        Self { text, head, claims }
    }
}

/// An object with one member replaced, or left out.
fn with(object: &Value, name: &str, value: Option<Value>) -> Value {
    let mut object = object.clone();
    match value {
        Some(value) => object[name] = value,
        None => drop(object.as_object_mut().unwrap().remove(name)),
    }
    object
}

impl Forger {
    fn add(&mut self, what: impl Into<String>, token: String) {
        self.forged.push((what.into(), token));
    }

    fn signed_by(key: &EncodingKey, algorithm: Algorithm, head: &str, claims: &str) -> String {
        let message = format!("{}.{}", encode(head), encode(claims));
        let signature = jsonwebtoken::crypto::sign(message.as_bytes(), key, algorithm).unwrap();
        format!("{message}.{signature}")
    }

    /// A token that only lacks what is replaced in it.
    fn signed(&self, head: &Value, claims: &Value) -> String {
        Self::signed_by(&self.key, self.algorithm, &head.to_string(), &claims.to_string())
    }

    fn heads(&mut self) {
        let own = (self.own.head.clone(), self.own.claims.clone());
        let texts = ["JWT", "AT+JWT", "application/at+jwt", "at+jwt ", ""];
        let mut heads: Vec<(&str, Option<Value>)> = texts.into_iter().map(|typ| ("typ", Some(json!(typ)))).collect();
        heads.extend([("typ", None), ("typ", Some(Value::Null)), ("typ", Some(json!(["at+jwt"])))]);
        let kids = ["", "1", "../../../../dev/null", "' OR '1'='1", "x\u{0}"];
        heads.extend(kids.into_iter().map(|kid| ("kid", Some(json!(kid)))));
        heads.extend([("kid", None), ("kid", Some(Value::Null)), ("kid", Some(json!([own.0["kid"]])))]);
        let attacker = json!({"kty": "oct", "k": encode([0; 32]), "alg": "HS256"});
        heads.extend([
            ("jwk", Some(attacker)),
            ("jku", Some(json!("https://evil.test/jwks.json"))),
            ("x5u", Some(json!("https://evil.test/x5u.pem"))),
            ("x5c", Some(json!(["MIIB"]))),
            ("x5t", Some(json!("AAAA"))),
            ("crit", Some(json!(["exp"]))),
            ("crit", Some(json!([]))),
            ("b64", Some(json!(false))),
            ("cty", Some(json!("JWT"))),
            ("zip", Some(json!("DEF"))),
            ("enc", Some(json!("A256GCM"))),
            ("url", Some(json!("https://chat.test"))),
            ("nonce", Some(json!("x"))),
        ]);
        for (name, value) in heads {
            let what = format!("header {name} {value:?}");
            let token = self.signed(&with(&own.0, name, value), &own.1);
            self.add(what, token);
        }
        let text = own.0.to_string();
        let twice = text.replacen('{', r#"{"alg":"none","#, 1);
        let token = Self::signed_by(&self.key, self.algorithm, &twice, &own.1.to_string());
        self.add("alg twice", token);
        for wrong in ["[]", "null", "{", "\u{0}"] {
            let token = Self::signed_by(&self.key, self.algorithm, wrong, &own.1.to_string());
            self.add(format!("header {wrong}"), token);
        }
    }

    fn algorithms(&mut self) {
        let (head, claims) = (self.own.head.clone(), self.own.claims.clone());
        let signature = self.own.text.rsplit('.').next().unwrap().to_owned();
        for name in ["none", "None", "NONE", "nOnE", "", "HS1", "hs256"] {
            let body =
                format!("{}.{}", encode(with(&head, "alg", Some(json!(name))).to_string()), encode(claims.to_string()));
            self.add(format!("alg {name:?} unsigned"), format!("{body}."));
            self.add(format!("alg {name:?} with a signature"), format!("{body}.{signature}"));
        }
        for name in ["HS256", "HS384", "HS512", "RS256", "RS384", "RS512", "PS256", "ES256", "EdDSA"] {
            if head["alg"] != name {
                let token = self.signed(&with(&head, "alg", Some(json!(name))), &claims);
                self.add(format!("says {name}"), token);
            }
        }
        let others: &[Algorithm] = match self.algorithm {
            Algorithm::HS256 => &[Algorithm::HS384, Algorithm::HS512],
            Algorithm::RS256 => &[Algorithm::RS384, Algorithm::RS512, Algorithm::PS256],
            _ => &[],
        };
        for other in others {
            let head = with(&head, "alg", Some(json!(format!("{other:?}")))).to_string();
            let token = Self::signed_by(&self.key, *other, &head, &claims.to_string());
            self.add(format!("is {other:?}"), token);
        }
    }

    /// The public key as the secret of HS256, and secrets that people choose.
    fn keys(&mut self) {
        let mut secrets: Vec<(String, Vec<u8>)> =
            ["", "secret", "changeme", "chatcore", SECRET].map(|text| (text.to_owned(), text.into())).into();
        let kid = self.own.head["kid"].as_str().unwrap().to_owned();
        secrets.push(("the name of the key".into(), kid.into_bytes()));
        secrets.push(("the set of keys".into(), self.jwks.clone().into_bytes()));
        if let Some(pem) = self.public_pem.clone() {
            let body: String = pem.lines().filter(|line| !line.starts_with('-')).collect();
            secrets.push(("the public key, trimmed".into(), pem.trim().as_bytes().to_vec()));
            secrets.push(("the public key as DER".into(), STANDARD.decode(body).unwrap()));
            secrets.push(("the public key".into(), pem.into_bytes()));
        }
        for (what, secret) in secrets {
            let head = with(&self.own.head, "alg", Some(json!("HS256"))).to_string();
            let key = EncodingKey::from_secret(&secret);
            let token = Self::signed_by(&key, Algorithm::HS256, &head, &self.own.claims.to_string());
            self.add(format!("HS256 with {what:?}"), token);
        }
        for (name, pair) in [("RS256", rsa()), ("EdDSA", ed25519())] {
            let algorithm = name.parse().unwrap();
            let head = with(&self.own.head, "alg", Some(json!(name))).to_string();
            let token = Self::signed_by(&pair.signing(), algorithm, &head, &self.own.claims.to_string());
            self.add(format!("another key of {name}"), token);
        }
    }

    fn claims(&mut self) {
        let now = SystemClock.now().as_seconds();
        let rows = [
            (
                "exp",
                vec![json!(now), json!(1), json!(0), json!(-1), json!("9999999999"), json!(9.9e9), json!([now + 60])],
            ),
            ("iat", vec![json!(now + 3600), json!("now"), json!(i64::MAX)]),
            ("nbf", vec![json!(now + 3600), json!("later")]),
            ("iss", vec![json!("elsewhere"), json!(["chatcore"]), json!(""), json!("Chatcore"), json!("chatcore ")]),
            ("aud", vec![json!("elsewhere"), json!(["chatcore"]), json!([]), json!("chatcore/other"), json!("*")]),
            ("sub", vec![self.others.claims["sub"].clone(), json!(""), json!(7), json!(format!("usr_{:032x}", 7))]),
            (
                "sid",
                vec![self.others.claims["sid"].clone(), json!(""), json!("ses_"), json!(format!("ses_{:032x}", 7))],
            ),
            ("epoch", vec![json!(1_000_000), json!(-1), json!("1"), json!(0.5)]),
        ];
        for (name, values) in rows {
            let optional = name == "nbf";
            let absent = [None, Some(Value::Null)].into_iter().filter(|_| !optional);
            for value in absent.chain(values.into_iter().map(Some)) {
                let what = format!("claim {name} {value:?}");
                let token = self.signed(&self.own.head, &with(&self.own.claims, name, value));
                self.add(what, token);
            }
        }
        let (head, claims) = (self.own.head.to_string(), self.own.claims.to_string());
        let sid = self.others.claims["sid"].clone();
        for (what, claims) in [
            ("a session twice", claims.replacen('{', &format!("{{\"sid\":{sid},"), 1)),
            ("a list of claims", format!("[{claims}]")),
            ("no claims", "{}".to_owned()),
            ("not JSON", "exp=9999999999".to_owned()),
        ] {
            let token = Self::signed_by(&self.key, self.algorithm, &head, &claims);
            self.add(what, token);
        }
    }

    fn texts(&mut self) {
        let token = self.own.text.clone();
        let parts: Vec<&str> = token.split('.').collect();
        let theirs: Vec<&str> = self.others.text.split('.').collect();
        let (head, body, signature) = (parts[0], parts[1], parts[2]);
        let mut flipped = signature.to_owned().into_bytes();
        flipped[3] = if flipped[3] == b'A' { b'B' } else { b'A' };
        let flipped = String::from_utf8(flipped).unwrap();
        let rows = [
            ("nothing", String::new()),
            ("dots", "..".into()),
            ("a word", "token".into()),
            ("no signature", format!("{head}.{body}.")),
            ("two parts", format!("{head}.{body}")),
            ("four parts", format!("{token}.{signature}")),
            ("five parts", format!("{head}..{body}.{signature}.x")),
            ("a dot in front", format!(".{token}")),
            ("another's claims", format!("{head}.{}.{signature}", theirs[1])),
            ("another's signature", format!("{head}.{body}.{}", theirs[2])),
            ("a bit of the signature", format!("{head}.{body}.{flipped}")),
            ("half of the signature", format!("{head}.{body}.{}", &signature[..signature.len() / 2])),
            ("a longer signature", format!("{token}AAAA")),
            ("padding", format!("{token}==")),
            ("the parts swapped", format!("{body}.{head}.{signature}")),
            ("lower case", token.to_lowercase()),
            ("two tokens", format!("{token} {token}")),
            ("two tokens with a comma", format!("{token},{token}")),
            ("in quotes", format!("\"{token}\"")),
            ("percent signs", token.replace('.', "%2E")),
            ("as JSON", json!({"protected": head, "payload": body, "signature": signature}).to_string()),
            ("very long", format!("{head}.{}.{signature}", "A".repeat(20_000))),
        ];
        rows.into_iter().for_each(|(what, text)| self.add(what, text));
    }
}

/// Tries everything against a server that signs that way; how many tokens were tried.
async fn besiege(jwt: JwtSettings, pair: Option<Pair>) -> usize {
    let settings = Settings { jwt, ..Settings::default() };
    let server = TestServer::set_up(Kind::Memory, settings, Some(echo(std::time::Duration::ZERO))).await;
    let (ada, grace) = (server.user("ada").await, server.user("grace").await);
    let secret = MasterSecret::configured(SECRET.to_owned().into()).unwrap().key("access tokens");
    let own = Parts::of(&ada);
    let mut forger = Forger {
        algorithm: own.head["alg"].as_str().unwrap().parse().unwrap(),
        own,
        others: Parts::of(&grace),
        key: pair.as_ref().map_or_else(|| EncodingKey::from_secret(&secret), Pair::signing),
        public_pem: pair.map(|pair| pair.public),
        jwks: server.anonymous().get("//.well-known/jwks.json").await.body,
        forged: Vec::new(),
    };
    // the forger can sign: a token that only looks different is taken
    let same = forger.signed(&forger.own.head, &forger.own.claims);
    server.anonymous().bearer(&same).get("/me").await.is(200);
    forger.heads();
    forger.algorithms();
    forger.keys();
    forger.claims();
    forger.texts();
    forger.add("a refresh token", ada.session.refresh_token.clone());
    let (client, mut taken) = (server.anonymous(), Vec::new());
    for (what, token) in &forger.forged {
        let answer = client.bearer(token).get("/me").await;
        if answer.status != 401 {
            taken.push((what, answer.status));
        }
        assert!(token.len() < 20 || !answer.body.contains(token.as_str()), "{what} is repeated");
    }
    assert!(taken.is_empty(), "{taken:?}");
    ada.get("/me").await.is(200);
    forger.forged.len()
}

#[tokio::test]
async fn no_forged_token_is_taken_for_one_of_hs256() {
    assert!(besiege(JwtSettings::default(), None).await >= 60);
}

#[tokio::test]
async fn no_forged_token_is_taken_for_one_of_rs256() {
    let pair = rsa();
    let jwt = JwtSettings { private_key: Some(pair.private.clone().into()), ..JwtSettings::default() };
    assert!(besiege(jwt, Some(pair)).await >= 60);
}

#[tokio::test]
async fn no_forged_token_is_taken_for_one_of_eddsa() {
    let pair = ed25519();
    let jwt = JwtSettings { private_key: Some(pair.private.clone().into()), ..JwtSettings::default() };
    assert!(besiege(jwt, Some(pair)).await >= 60);
}
