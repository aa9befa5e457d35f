//! Parameters as Stripe takes them: forms in which brackets nest (`line_items[0][price]=price_1`).

use serde_json::{Map, Value};
use url::form_urlencoded;

use crate::failure::Failure;

/// Parameters of a request. Whatever an endpoint does not know is refused, as Stripe does.
pub(crate) struct Params(Value);

impl Params {
    /// Reads a form, or a query.
    pub(crate) fn parse(text: &str) -> Self {
        let mut root = Value::Object(Map::new());
        for (name, value) in form_urlencoded::parse(text.as_bytes()) {
            let mut place = &mut root;
            for (depth, step) in name.split('[').enumerate() {
                let step = if depth == 0 { step } else { step.strip_suffix(']').unwrap_or(step) };
                let fields = fields(place);
                // `expand[]=a&expand[]=b` counts by itself
                let step = if step.is_empty() { fields.len().to_string() } else { step.to_owned() };
                place = fields.entry(step).or_insert(Value::Null);
            }
            *place = Value::String(value.into_owned());
        }
        Self(with_lists(root))
    }

    /// All of them.
    pub(crate) fn value(&self) -> &Value {
        &self.0
    }

    /// Refuses parameters of other names, at the top.
    pub(crate) fn only(&self, known: &[&str]) -> Result<(), Failure> {
        let mut names = self.0.as_object().into_iter().flatten().map(|(name, _)| name.as_str());
        match names.find(|name| *name != "expand" && !known.contains(name)) {
            Some(stranger) => Err(Failure::parameter("parameter_unknown", stranger)),
            None => Ok(()),
        }
    }

    /// A parameter by its path: `/line_items/0/price`. An empty text is none.
    pub(crate) fn text(&self, path: &str) -> Option<&str> {
        self.0.pointer(path).and_then(Value::as_str).filter(|text| !text.is_empty())
    }

    /// A parameter that must be there.
    pub(crate) fn required(&self, path: &str) -> Result<&str, Failure> {
        self.text(path).ok_or_else(|| Failure::parameter("parameter_missing", path.trim_start_matches('/')))
    }

    /// A whole number.
    pub(crate) fn number(&self, path: &str) -> Result<Option<i64>, Failure> {
        let parse = |text: &str| text.parse().map_err(|_| Failure::parameter("parameter_invalid_integer", path));
        self.text(path).map(parse).transpose()
    }

    /// Yes or no.
    pub(crate) fn flag(&self, path: &str) -> Result<Option<bool>, Failure> {
        match self.text(path) {
            None => Ok(None),
            Some("true") => Ok(Some(true)),
            Some("false") => Ok(Some(false)),
            Some(_) => Err(Failure::parameter("parameter_invalid_boolean", path)),
        }
    }

    /// A table of texts; empty if there is none.
    pub(crate) fn table(&self, path: &str) -> Value {
        self.0.pointer(path).filter(|table| table.is_object()).cloned().unwrap_or_else(|| Value::Object(Map::new()))
    }

    /// What is to be shown whole instead of by its id.
    pub(crate) fn expand(&self) -> Vec<String> {
        let texts = self.0["expand"].as_array().into_iter().flatten().filter_map(Value::as_str);
        texts.map(str::to_owned).collect()
    }
}

/// The fields of a value, which is made an object if it is none.
fn fields(value: &mut Value) -> &mut Map<String, Value> {
    if !value.is_object() {
        *value = Value::Object(Map::new());
    }
    match value {
        Value::Object(fields) => fields,
        _ => unreachable!("it was made an object"),
    }
}

/// Objects whose names count from zero are lists.
fn with_lists(value: Value) -> Value {
    let Value::Object(fields) = value else { return value };
    let is_list = !fields.is_empty() && (0..fields.len()).all(|at| fields.contains_key(&at.to_string()));
    if !is_list {
        return Value::Object(fields.into_iter().map(|(name, value)| (name, with_lists(value))).collect());
    }
    let mut numbered: Vec<(usize, Value)> =
        fields.into_iter().filter_map(|(at, value)| Some((at.parse().ok()?, with_lists(value)))).collect();
    numbered.sort_by_key(|(at, _)| *at);
    Value::Array(numbered.into_iter().map(|(_, value)| value).collect())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn brackets_nest_and_numbers_make_lists() {
        let form = "a=1&line_items[0][price]=p&line_items[0][quantity]=2&expand[]=x&expand[]=y&metadata%5Bk%5D=v%26w";
        let params = Params::parse(form);
        let whole = json!({
            "a": "1", "line_items": [{"price": "p", "quantity": "2"}], "expand": ["x", "y"], "metadata": {"k": "v&w"},
        });
        assert_eq!(params.value(), &whole);
        assert_eq!(params.number("/line_items/0/quantity").unwrap(), Some(2));
        assert_eq!(params.expand(), ["x", "y"]);
        assert!(params.only(&["a", "line_items", "metadata"]).is_ok());
        assert_eq!(params.only(&["a", "line_items"]).unwrap_err().param.as_deref(), Some("metadata"));
        assert_eq!(params.required("/b").unwrap_err().code, Some("parameter_missing"));
    }
}
