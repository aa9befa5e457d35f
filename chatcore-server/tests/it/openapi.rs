//! The document of the API: the committed one is the truth, and it says nothing twice.

use std::collections::HashSet;
use std::fmt;
use std::path::Path;
use std::process::Command;

use reqwest::Method;
use serde::de::{Deserialize, Deserializer, MapAccess, SeqAccess, Visitor};
use serde_json::Value;

use crate::server::TestServer;

fn committed() -> String {
    let path = Path::new(env!("CARGO_MANIFEST_DIR")).join("openapi.json");
    std::fs::read_to_string(path).unwrap_or_default()
}

#[test]
fn the_committed_document_is_that_of_the_code() {
    assert!(
        committed().trim_end() == chatcore_server::openapi().trim_end(),
        "the API is not what chatcore-server/openapi.json says. If that is intended, write it anew and look at the \
         difference:\n    cargo run -p chatcore-server -- openapi > chatcore-server/openapi.json"
    );
}

#[test]
fn the_command_prints_the_document() {
    let folder = tempfile::tempdir().unwrap();
    let binary = env!("CARGO_BIN_EXE_chatcore-server");
    let output = Command::new(binary).arg("openapi").current_dir(folder.path()).env_clear().output().unwrap();
    assert!(output.status.success());
    assert_eq!(String::from_utf8(output.stdout).unwrap(), format!("{}\n", chatcore_server::openapi()));
    assert!(std::fs::read_dir(folder.path()).unwrap().next().is_none(), "it makes no files");
}

/// JSON in which no object names a field twice.
struct Unique;

impl<'de> Deserialize<'de> for Unique {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserializer.deserialize_any(Self)
    }
}

impl<'de> Visitor<'de> for Unique {
    type Value = Self;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("JSON")
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Self, A::Error> {
        let mut names = HashSet::new();
        while let Some(name) = map.next_key::<String>()? {
            map.next_value::<Self>()?;
            if let Some(twice) = names.replace(name) {
                return Err(serde::de::Error::custom(format!("`{twice}` is there twice")));
            }
        }
        Ok(self)
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut list: A) -> Result<Self, A::Error> {
        while list.next_element::<Self>()?.is_some() {}
        Ok(self)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self, E> {
        Ok(self)
    }

    fn visit_unit<E>(self) -> Result<Self, E> {
        Ok(self)
    }
}

/// Readers of JSON keep one of two fields of the same name, and with it lose half of an address.
#[test]
fn the_document_says_nothing_twice() {
    if let Err(error) = serde_json::from_str::<Unique>(&chatcore_server::openapi()) {
        panic!("{error}");
    }
}

/// What nobody has to sign in for, and what somebody hears there who says nothing.
pub(crate) const PUBLIC: [(&str, u16); 18] = [
    ("POST /auth/register", 422),
    ("POST /auth/login", 422),
    ("POST /auth/refresh", 422),
    ("POST /auth/logout", 422),
    ("POST /auth/set-up", 422),
    ("POST /auth/email/verify", 422),
    ("POST /auth/password/forgot", 422),
    ("POST /auth/password/reset", 422),
    ("POST /auth/visitor", 403),
    ("GET /auth/providers", 200),
    ("POST /auth/wallet/challenge", 422),
    ("POST /auth/wallet/verify", 422),
    ("GET /auth/oauth/{provider}/start", 404),
    ("GET /auth/oauth/{provider}/callback", 422),
    ("POST /auth/oauth/exchange", 422),
    ("GET /plans", 200),
    ("GET /shares/{token}", 404),
    // nobody can pay here
    ("POST /webhooks/stripe", 404),
];

/// Every operation as the document names it, with what it says of it.
pub(crate) fn operations() -> Vec<(String, Value)> {
    let document: Value = serde_json::from_str(&chatcore_server::openapi()).unwrap();
    let paths = document["paths"].as_object().unwrap().iter();
    let all = paths.flat_map(|(path, methods)| {
        let methods = methods.as_object().unwrap().iter();
        methods.map(move |(method, operation)| (format!("{} {path}", method.to_uppercase()), operation.clone()))
    });
    all.collect()
}

/// The fields of the body that an operation takes.
pub(crate) fn fields(document: &Value, operation: &Value) -> Vec<String> {
    let content = operation["requestBody"]["content"].as_object().into_iter().flatten().next();
    let reference = content.and_then(|(_, media)| media["schema"]["$ref"].as_str());
    let schema = reference.and_then(|reference| document.pointer(reference.trim_start_matches('#')));
    let fields = schema.and_then(|schema| schema["properties"].as_object()).into_iter().flatten();
    fields.map(|(field, _)| field.clone()).collect()
}

each_store! {
    async fn every_operation_is_there_and_asks_who_it_is(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let mut public = 0;
        for (name, operation) in operations() {
            let (method, path) = name.split_once(' ').unwrap();
            let method = Method::from_bytes(method.as_bytes()).unwrap();
            let path = path.replace("{id}", "x").replace("{provider}", "x");
            let answer = client.ask(client.request(method, &path).json(&serde_json::json!({}))).await;
            assert!(operation["responses"]["default"].is_object(), "{name} says how it fails");
            if let Some((_, status)) = PUBLIC.iter().find(|(known, _)| *known == name) {
                public += 1;
                assert!(operation.get("security").is_none(), "{name}");
                answer.is(*status);
            } else {
                let ticket = if name.ends_with("/events") { vec![serde_json::json!({"ticket": []})] } else { vec![] };
                let known = ["bearer", "key", "token"].map(|scheme| serde_json::json!({scheme: []})).to_vec();
                assert_eq!(operation["security"], serde_json::json!([known, ticket].concat()), "{name}");
                answer.problem(401, "unauthenticated");
            }
        }
        assert_eq!(public, PUBLIC.len());
    }
}
