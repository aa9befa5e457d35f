//! What the API document says of each address: its methods, for `Allow`, and the fields and values that it takes, so that
//! a refusal can name them. The framework's own errors do neither.

mod schema;

use std::collections::BTreeSet;

use poem::http::Method;
use serde_json::Value;

use self::schema::{Schema, resolve};
use super::problem::FieldError;

/// Addresses with their methods and bodies.
#[derive(Debug, Clone, Default)]
pub struct Outline(Vec<Address>);

#[derive(Debug, Clone)]
struct Address {
    /// `None` stands for any one segment.
    segments: Vec<Option<String>>,
    operations: Vec<(Method, Operation)>,
}

/// One method of one address.
#[derive(Debug, Clone, Default)]
pub(super) struct Operation {
    parameters: Vec<(String, Schema)>,
    body: Option<Schema>,
}

impl Outline {
    /// Adds the addresses of an OpenAPI document that is mounted under `prefix`.
    ///
    /// # Errors
    ///
    /// When the document is not JSON.
    pub fn document(mut self, prefix: &str, document: &str) -> serde_json::Result<Self> {
        let document: Value = serde_json::from_str(document)?;
        for (path, methods) in document["paths"].as_object().into_iter().flatten() {
            let operations = methods.as_object().into_iter().flatten().filter_map(|(method, operation)| {
                let method = Method::from_bytes(method.to_ascii_uppercase().as_bytes()).ok()?;
                Some((method, Operation::read(&document, operation)))
            });
            self.0.push(Address { segments: segments(&format!("{prefix}/{path}")), operations: operations.collect() });
        }
        Ok(self)
    }

    /// Adds one address by hand; a segment that begins with `:` or `{` stands for any.
    #[must_use]
    pub fn address(mut self, path: &str, methods: &[Method]) -> Self {
        let operations = methods.iter().map(|method| (method.clone(), Operation::default())).collect();
        self.0.push(Address { segments: segments(path), operations });
        self
    }

    /// The `Allow` header of a path, if the path is known.
    #[must_use]
    pub fn allow(&self, path: &str) -> Option<String> {
        let address = self.find(path)?;
        let mut methods: BTreeSet<&str> = address.operations.iter().map(|(method, _)| method.as_str()).collect();
        if methods.contains("GET") {
            methods.insert("HEAD");
        }
        methods.insert("OPTIONS");
        Some(methods.into_iter().collect::<Vec<_>>().join(", "))
    }

    /// A path with its ids left out, if the path is known.
    pub(super) fn route(&self, path: &str) -> Option<String> {
        let segments = self.find(path)?.segments.iter();
        Some(segments.fold(String::new(), |route, segment| route + "/" + segment.as_deref().unwrap_or("{}")))
    }

    pub(super) fn operation(&self, method: &Method, path: &str) -> Option<&Operation> {
        let address = self.find(path)?;
        address.operations.iter().find(|(of, _)| of == method).map(|(_, operation)| operation)
    }

    /// The most literal address that fits.
    fn find(&self, path: &str) -> Option<&Address> {
        let path: Vec<&str> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        let fits = self.0.iter().filter(|address| address.fits(&path));
        fits.max_by_key(|address| address.segments.iter().filter(|segment| segment.is_some()).count())
    }
}

impl Address {
    fn fits(&self, path: &[&str]) -> bool {
        let same = |(ours, theirs): (&Option<String>, &&str)| ours.as_ref().is_none_or(|ours| ours == theirs);
        self.segments.len() == path.len() && self.segments.iter().zip(path).all(same)
    }
}

fn segments(path: &str) -> Vec<Option<String>> {
    let segments = path.split('/').filter(|segment| !segment.is_empty());
    segments.map(|segment| (!segment.starts_with([':', '{'])).then(|| segment.to_owned())).collect()
}

impl Operation {
    fn read(document: &Value, operation: &Value) -> Self {
        let content = operation["requestBody"]["content"].as_object().into_iter().flatten();
        let json = content.into_iter().find(|(kind, _)| kind.starts_with("application/json"));
        let parameters = operation["parameters"].as_array().into_iter().flatten();
        let parameters = parameters.filter_map(|parameter| {
            let parameter = resolve(document, parameter);
            Some((parameter["name"].as_str()?.to_owned(), Schema::read(document, &parameter["schema"])))
        });
        Self { parameters: parameters.collect(), body: json.map(|(_, media)| Schema::read(document, &media["schema"])) }
    }

    /// The values that a parameter takes, where it takes these alone.
    pub(super) fn choices_of(&self, parameter: &str) -> Option<String> {
        self.parameters.iter().find(|(name, _)| name == parameter).and_then(|(_, schema)| schema.choices())
    }

    /// What is plainly wrong with a JSON body: fields that are missing, of another type, or none of the values that
    /// they may have.
    pub(super) fn refusals(&self, body: &[u8]) -> Vec<FieldError> {
        match (&self.body, serde_json::from_slice(body)) {
            (Some(schema), Ok(Value::Object(body))) => schema.refusals(&Value::Object(body)),
            (Some(_), Ok(_)) => vec![FieldError::new("", "The body must be a JSON object.")],
            _ => Vec::new(),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_most_literal_address_wins() {
        let outline = Outline::default()
            .address("/api/users/:id", &[Method::GET, Method::DELETE])
            .address("/api/users/me", &[Method::PATCH]);
        assert_eq!(outline.allow("/api/users/1").as_deref(), Some("DELETE, GET, HEAD, OPTIONS"));
        assert_eq!(outline.allow("/api/users/me/").as_deref(), Some("OPTIONS, PATCH"));
        assert_eq!(outline.allow("/api/users"), None);
        assert_eq!(outline.route("/api/users/1").as_deref(), Some("/api/users/{}"));
    }
}
