//! A row, and its fields by the names that they may have.

use chatcore::Timestamp;
use serde_json::{Map, Value};

use super::DumpError;

/// A row of some table.
pub(super) struct Row {
    /// What it is a row of, in lower case: `user`, `chatsession`.
    pub(super) model: String,
    /// Its primary key.
    pub(super) key: String,
    fields: Map<String, Value>,
}

/// The rows of a dump.
///
/// # Errors
/// [`DumpError`].
pub(super) fn rows(text: &str) -> Result<Vec<Row>, DumpError> {
    match serde_json::from_str(text)? {
        Value::Array(objects) => Ok(objects.into_iter().filter_map(of_object).collect()),
        Value::Object(tables) => Ok(tables.into_iter().flat_map(|(name, rows)| of_table(&name, rows)).collect()),
        _ => Err(DumpError::Shape),
    }
}

/// An object of `dumpdata`. Sessions of browsers are none of conversations.
fn of_object(object: Value) -> Option<Row> {
    let label = object["model"].as_str()?.to_ascii_lowercase();
    let (app, model) = label.split_once('.')?;
    let key = key(&object["pk"])?;
    let fields = object["fields"].as_object()?.clone();
    (app != "sessions").then(|| Row { model: model.to_owned(), key, fields })
}

/// The rows of a table, whose name is that of many.
fn of_table(name: &str, rows: Value) -> Vec<Row> {
    let model = name.to_ascii_lowercase();
    let model = model.strip_suffix('s').unwrap_or(&model).replace('_', "");
    let Value::Array(rows) = rows else { return Vec::new() };
    let row = |fields: Value| {
        let Value::Object(fields) = fields else { return None };
        Some(Row { model: model.clone(), key: key(fields.get("id")?)?, fields })
    };
    rows.into_iter().filter_map(row).collect()
}

/// A key as a text: a number, a text, or a natural key of one part.
fn key(value: &Value) -> Option<String> {
    match value {
        Value::String(text) => Some(text.clone()),
        Value::Number(number) => Some(number.to_string()),
        Value::Array(parts) => key(parts.first()?),
        _ => None,
    }
}

impl Row {
    /// The first of these fields that is there and not null.
    fn field(&self, names: &[&str]) -> Option<&Value> {
        names.iter().filter_map(|name| self.fields.get(*name)).find(|value| !value.is_null())
    }

    /// A text that says something.
    pub(super) fn text(&self, names: &[&str]) -> Option<String> {
        let text = self.field(names)?.as_str()?.trim();
        (!text.is_empty()).then(|| text.to_owned())
    }

    /// A text as it is, also an empty one.
    pub(super) fn raw(&self, names: &[&str]) -> Option<String> {
        self.field(names)?.as_str().map(str::to_owned)
    }

    /// The key of another row.
    pub(super) fn other(&self, names: &[&str]) -> Option<String> {
        key(self.field(names)?)
    }

    pub(super) fn is_false(&self, name: &str) -> bool {
        self.fields.get(name) == Some(&Value::Bool(false))
    }

    /// How many there are; below nothing is nothing.
    pub(super) fn count(&self, name: &str) -> Option<u64> {
        let number = self.fields.get(name)?;
        number.as_u64().or_else(|| number.as_i64().map(|_| 0))
    }

    pub(super) fn flag(&self, name: &str) -> Option<bool> {
        self.fields.get(name)?.as_bool()
    }

    /// A moment; without a zone it is one of UTC.
    pub(super) fn moment(&self, names: &[&str]) -> Option<Timestamp> {
        let text = self.text(names)?.replacen(' ', "T", 1);
        text.parse().or_else(|_| format!("{text}Z").parse()).ok()
    }
}
