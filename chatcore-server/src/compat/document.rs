//! What a mount says of its routes, in OpenAPI: made of its table in `docs/compat`, of which a test sends every row. What
//! values look like is read off the examples there.

use std::collections::BTreeMap;

use poem::Response;
use poem::http::{StatusCode, header};
use poem_openapi::OpenApiService;
use serde::Deserialize;
use serde_json::{Map, Value, json};

use super::reply::with;
use super::{Call, Outcome};
use crate::http::Problem;
use crate::ops::DOCS_POLICY;

/// The document of one mount.
#[derive(Clone, Copy)]
pub(super) struct Document {
    /// What its clients call the system.
    pub(super) title: &'static str,
    /// Its table.
    pub(super) table: &'static str,
    /// The version of OpenAPI that its clients read.
    pub(super) version: &'static str,
}

/// As much of a table as is told.
#[derive(Deserialize)]
struct Table {
    endpoint: Vec<Row>,
}

#[derive(Deserialize)]
struct Row {
    request: String,
    does: String,
    authorization: Option<String>,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    body: Option<String>,
    form: Option<String>,
    file: Option<String>,
    status: u16,
    says: Option<String>,
}

impl Document {
    /// The document as it is served at a path of the mount, with that type.
    pub(super) fn answer(&self, call: &Call, at: &str, kind: &str) -> Outcome {
        Ok(Response::builder().content_type(kind).body(self.text(call, at)?))
    }

    /// A page of Swagger UI.
    pub(super) fn swagger(&self, call: &Call, at: &str) -> Outcome {
        let page = OpenApiService::new((), self.title, "1");
        Ok(shown(&page.swagger_ui_html(), &page.spec(), &self.text(call, at)?))
    }

    /// A page of ReDoc.
    pub(super) fn redoc(&self, call: &Call, at: &str) -> Outcome {
        let page = OpenApiService::new((), self.title, "1");
        let html = page.redoc_html();
        // its fonts would come from somebody else's server
        let local: String = html.split_inclusive('\n').filter(|line| !line.contains("fonts.googleapis.com")).collect();
        Ok(shown(&local, &page.spec(), &self.text(call, at)?))
    }

    fn text(&self, call: &Call, at: &str) -> Result<String, Problem> {
        let here = call.request.original_uri().path().trim_end_matches('/');
        let base = here.strip_suffix(at).unwrap_or_default();
        let told = self.tell(base).and_then(|document| serde_json::to_string_pretty(&document).map_err(Into::into));
        told.map_err(|error: Box<dyn std::error::Error>| {
            tracing::error!(%error, title = self.title, "failed to read the table of a mount");
            Problem::internal()
        })
    }

    /// The document of the mount at that path.
    fn tell(&self, base: &str) -> Result<Value, Box<dyn std::error::Error>> {
        let table: Table = toml::from_str(self.table)?;
        let mut paths = Map::new();
        for row in &table.endpoint {
            let (method, path) = row.request.split_once(' ').ok_or("a row without a path")?;
            let (path, query) = path.split_once('?').unwrap_or((path, ""));
            let methods = paths.entry(path).or_insert_with(|| json!({}));
            let responses = &mut methods[method.to_ascii_lowercase()];
            if responses.is_null() {
                *responses = row.operation(path, query)?;
            }
            responses["responses"][row.status.to_string()] = row.response()?;
        }
        Ok(json!({
            "openapi": self.version,
            "info": { "title": self.title, "version": env!("CARGO_PKG_VERSION") },
            "servers": [{ "url": if base.is_empty() { "/" } else { base } }],
            "paths": paths,
            "components": { "securitySchemes": {
                "authorization": { "type": "apiKey", "in": "header", "name": "Authorization" },
            } },
        }))
    }
}

impl Row {
    fn operation(&self, path: &str, query: &str) -> Result<Value, serde_json::Error> {
        let string = json!({ "type": "string" });
        let in_path = path.split('/').filter_map(|part| part.strip_prefix('{')?.strip_suffix('}'));
        let parameter = |name: &str, place: &str| json!({ "name": name, "in": place, "required": place == "path", "schema": string });
        let of_path = in_path.map(|name| parameter(name, "path"));
        let in_query = query.split('&').filter_map(|pair| pair.split_once('='));
        let of_query = in_query.map(|(name, _)| parameter(name, "query"));
        let of_headers = self.headers.keys().map(|name| parameter(name, "header"));
        let parameters: Vec<Value> = of_path.chain(of_query).chain(of_headers).collect();
        let mut operation = json!({ "summary": self.does, "parameters": parameters, "responses": {} });
        if self.authorization.is_some() {
            operation["security"] = json!([{ "authorization": [] }]);
        }
        if let Some(body) = &self.body {
            operation["requestBody"] = content("application/json", &example(body)?);
        } else if self.file.is_some() {
            let properties = json!({ "file": { "type": "string", "format": "binary" } });
            let schema = json!({ "type": "object", "required": ["file"], "properties": properties });
            operation["requestBody"] = json!({ "content": { "multipart/form-data": { "schema": schema } } });
        } else if let Some(form) = &self.form {
            let fields = form.split('&').filter_map(|pair| pair.split_once('='));
            let fields: Map<String, Value> = fields.map(|(name, value)| (name.to_owned(), value.into())).collect();
            operation["requestBody"] = content("application/x-www-form-urlencoded", &fields.into());
        }
        Ok(operation)
    }

    fn response(&self) -> Result<Value, serde_json::Error> {
        let mut response = match &self.says {
            Some(says) => content("application/json", &example(says)?),
            None => json!({}),
        };
        let status = StatusCode::from_u16(self.status).ok().and_then(|status| status.canonical_reason());
        response["description"] = status.unwrap_or_default().into();
        Ok(response)
    }
}

/// An example of a row: `{name}` stands for what an earlier row kept, a number or a part of a text.
fn example(text: &str) -> Result<Value, serde_json::Error> {
    let mut parts = text.split('{');
    let mut whole = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let is_name =
            |name: &str| !name.is_empty() && name.chars().all(|it| it.is_ascii_lowercase() || "_ ".contains(it));
        match part.split_once('}') {
            Some((name, rest)) if is_name(name) => whole.extend(["1", rest]),
            _ => whole.extend(["{", part]),
        }
    }
    serde_json::from_str(&whole)
}

fn content(kind: &str, example: &Value) -> Value {
    json!({ "content": { kind: { "schema": schema(example) } } })
}

/// What values like this one look like. `"*"` is anything.
fn schema(example: &Value) -> Value {
    match example {
        Value::Null => json!({}),
        Value::Bool(_) => json!({ "type": "boolean" }),
        Value::Number(number) if number.is_f64() => json!({ "type": "number" }),
        Value::Number(_) => json!({ "type": "integer" }),
        Value::String(any) if any == "*" => json!({}),
        Value::String(_) => json!({ "type": "string" }),
        Value::Array(items) => json!({ "type": "array", "items": items.first().map_or_else(|| json!({}), schema) }),
        Value::Object(fields) => {
            let properties: Map<String, Value> =
                fields.iter().map(|(name, field)| (name.clone(), schema(field))).collect();
            json!({ "type": "object", "properties": properties })
        }
    }
}

/// A page of the framework with another document than the one that it was made with.
fn shown(html: &str, own: &str, document: &str) -> Response {
    // nothing of a document ends the script that it stands in
    let html = html.replace(own, &document.replace("</", "<\\/"));
    let response = Response::builder().content_type("text/html; charset=utf-8").body(html);
    with(response, header::CONTENT_SECURITY_POLICY, DOCS_POLICY)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn names_of_what_was_kept_stand_for_values() {
        let told = example(r#"{"a": "{first} of {the last}", "b": {chat}, "c": {}, "d": {"e": "*"}}"#).unwrap();
        assert_eq!(told, json!({"a": "1 of 1", "b": 1, "c": {}, "d": {"e": "*"}}));
    }

    #[test]
    fn a_row_becomes_an_operation() {
        let table = "[[endpoint]]\nrequest = 'POST /things/{id}/?page=1'\ndoes = 'makes one'\nstatus = 201\n\
                     authorization = 'Bearer x'\nbody = '{\"name\": \"a\", \"tags\": [1]}'\nsays = '{\"id\": \"*\"}'\n\
                     [[endpoint]]\nrequest = 'POST /things/{id}/'\ndoes = 'again'\nstatus = 400";
        let document = Document { title: "T", table, version: "3.0.3" }.tell("/compat/t").unwrap();
        let operation = &document["paths"]["/things/{id}/"]["post"];
        let names: Vec<&str> =
            operation["parameters"].as_array().unwrap().iter().map(|it| it["name"].as_str().unwrap()).collect();
        assert_eq!((names, &operation["summary"]), (vec!["id", "page"], &json!("makes one")));
        let body = &operation["requestBody"]["content"]["application/json"]["schema"]["properties"];
        assert_eq!(body, &json!({"name": {"type": "string"}, "tags": {"type": "array", "items": {"type": "integer"}}}));
        let statuses: Vec<&String> = operation["responses"].as_object().unwrap().keys().collect();
        assert_eq!(statuses, ["201", "400"]);
        assert_eq!(document["servers"][0]["url"], "/compat/t");
    }
}
