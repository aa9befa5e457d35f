//! What the API document says of each address: its methods, for `Allow`, and the fields of its JSON body, so that a
//! refusal can name them. The framework's own errors do neither.

use std::collections::BTreeSet;

use poem::http::Method;
use serde_json::Value;

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
pub(super) struct Operation(Vec<Field>);

#[derive(Debug, Clone)]
struct Field {
    name: String,
    required: bool,
    kind: Option<String>,
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
        let Some((_, media)) = json else { return Self::default() };
        let schema = resolve(document, &media["schema"]);
        let required: Vec<&str> =
            schema["required"].as_array().into_iter().flatten().filter_map(Value::as_str).collect();
        let properties = schema["properties"].as_object().into_iter().flatten();
        let field = |(name, schema): (&String, &Value)| Field {
            name: name.clone(),
            required: required.contains(&name.as_str()),
            kind: resolve(document, schema)["type"].as_str().map(ToOwned::to_owned),
        };
        Self(properties.map(field).collect())
    }

    /// What is plainly wrong with the fields of a JSON body: missing, or of another type.
    pub(super) fn refusals(&self, body: &[u8]) -> Vec<FieldError> {
        if self.0.is_empty() {
            return Vec::new();
        }
        match serde_json::from_slice(body) {
            Ok(Value::Object(body)) => {
                self.0.iter().filter_map(|field| field.refusal(body.get(&field.name).unwrap_or(&Value::Null))).collect()
            }
            Ok(_) => vec![FieldError::new("", "The body must be a JSON object.")],
            Err(_) => Vec::new(),
        }
    }
}

impl Field {
    fn refusal(&self, value: &Value) -> Option<FieldError> {
        if value.is_null() {
            return self.required.then(|| FieldError::new(self.name.clone(), "is required"));
        }
        let (fits, message) = match self.kind.as_deref()? {
            "string" => (value.is_string(), "must be a string"),
            "integer" => (value.is_i64() || value.is_u64(), "must be an integer"),
            "number" => (value.is_number(), "must be a number"),
            "boolean" => (value.is_boolean(), "must be true or false"),
            "array" => (value.is_array(), "must be a list"),
            "object" => (value.is_object(), "must be an object"),
            _ => return None,
        };
        (!fits).then(|| FieldError::new(self.name.clone(), message))
    }
}

/// Follows one reference, bare or as the only or first part of `allOf`.
fn resolve<'a>(document: &'a Value, schema: &'a Value) -> &'a Value {
    let reference = schema["$ref"].as_str().or_else(|| schema["allOf"][0]["$ref"].as_str());
    let target = reference.and_then(|reference| document.pointer(reference.strip_prefix('#')?));
    target.unwrap_or(schema)
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
    }
}
