//! Fields: all that are wrong are told at once, in the framework's words.

use poem::http::StatusCode;
use serde_json::{Map, Value};

use super::body::Data;
use crate::compat::Refusal;
use crate::compat::reply::refuse;

/// What a text must be.
#[derive(Clone, Copy)]
pub(in crate::compat) struct Text {
    required: bool,
    blank: bool,
    null: bool,
    trim: bool,
    min: usize,
    max: usize,
    format: Option<fn(&str) -> Option<&'static str>>,
}

impl Text {
    /// Something has to be there.
    pub(in crate::compat) const fn required() -> Self {
        Self { required: true, blank: false, null: false, trim: true, min: 0, max: usize::MAX, format: None }
    }

    /// It may be missing.
    pub(in crate::compat) const fn optional() -> Self {
        Self { required: false, ..Self::required() }
    }

    /// It may be empty.
    pub(in crate::compat) const fn or_blank(self) -> Self {
        Self { blank: true, ..self }
    }

    /// It may be `null`.
    pub(in crate::compat) const fn or_null(self) -> Self {
        Self { null: true, ..self }
    }

    /// Spaces around it belong to it: a password.
    pub(in crate::compat) const fn as_it_is(self) -> Self {
        Self { trim: false, ..self }
    }

    /// It has so many characters at least.
    pub(in crate::compat) const fn min(self, min: usize) -> Self {
        Self { min, ..self }
    }

    /// It has so many characters at most.
    pub(in crate::compat) const fn max(self, max: usize) -> Self {
        Self { max, ..self }
    }

    /// It is a name to sign in with.
    pub(in crate::compat) const fn username(self) -> Self {
        Self { format: Some(username), ..self }
    }

    /// It is an e-mail address.
    pub(in crate::compat) const fn email(self) -> Self {
        Self { format: Some(email), ..self }
    }

    fn complaints(&self, text: &str) -> Vec<String> {
        let chars = text.chars().count();
        let mut wrong = Vec::new();
        wrong.extend(self.format.and_then(|format| format(text)).map(str::to_owned));
        if chars > self.max {
            wrong.push(format!("Ensure this field has no more than {} characters.", self.max));
        }
        if chars < self.min {
            wrong.push(format!("Ensure this field has at least {} characters.", self.min));
        }
        if text.contains('\0') {
            wrong.push("Null characters are not allowed.".to_owned());
        }
        wrong
    }
}

fn username(text: &str) -> Option<&'static str> {
    let fits = text.chars().all(|letter| letter.is_alphanumeric() || "@.+-_".contains(letter));
    (!fits).then_some("Enter a valid username. This value may contain only letters, numbers, and @/./+/-/_ characters.")
}

fn email(text: &str) -> Option<&'static str> {
    chatcore::account::check_email(text).is_err().then_some("Enter a valid email address.")
}

/// The fields of a request, while they are looked at.
pub(in crate::compat) struct Form {
    data: Data,
    errors: Map<String, Value>,
}

impl Form {
    /// Over what somebody sent.
    pub(in crate::compat) fn new(data: Data) -> Self {
        Self { data, errors: Map::new() }
    }

    /// A text; empty if it is refused or may be left out and was.
    pub(in crate::compat) fn text(&mut self, name: &str, rules: Text) -> String {
        self.given(name, rules).unwrap_or_default()
    }

    /// A text, if there is one.
    pub(in crate::compat) fn given(&mut self, name: &str, rules: Text) -> Option<String> {
        let text = match self.data.get(name) {
            None if rules.required => return self.refuse(name, "This field is required."),
            None => return None,
            Some(Value::Null) if rules.null => return None,
            Some(Value::Null) => return self.refuse(name, "This field may not be null."),
            Some(Value::String(text)) => text.clone(),
            Some(Value::Number(number)) => number.to_string(),
            Some(_) => return self.refuse(name, "Not a valid string."),
        };
        let text = if rules.trim { text.trim().to_owned() } else { text };
        if text.is_empty() {
            return if rules.blank { Some(text) } else { self.refuse(name, "This field may not be blank.") };
        }
        let wrong = rules.complaints(&text);
        if wrong.is_empty() {
            return Some(text);
        }
        self.errors.insert(name.to_owned(), wrong.into());
        None
    }

    /// Refuses a field.
    pub(in crate::compat) fn refuse(&mut self, name: &str, message: &str) -> Option<String> {
        self.errors.insert(name.to_owned(), vec![message].into());
        None
    }

    /// What is wrong so far, by field.
    pub(in crate::compat) fn errors(&self) -> &Map<String, Value> {
        &self.errors
    }

    /// Ends the look at the fields.
    ///
    /// # Errors
    /// 400 with all fields that were refused.
    pub(in crate::compat) fn check(&self) -> Result<(), Refusal> {
        if self.errors.is_empty() { Ok(()) } else { Err(refuse(StatusCode::BAD_REQUEST, &self.errors)) }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    fn errors(data: &Value, rules: Text) -> Value {
        let mut form = Form::new(data.as_object().cloned().unwrap());
        form.given("name", rules);
        Value::Object(form.errors)
    }

    #[test]
    fn fields_are_refused_in_the_words_of_the_framework() {
        let rules = Text::required().max(3);
        for (data, message) in [
            (json!({}), "This field is required."),
            (json!({"name": null}), "This field may not be null."),
            (json!({"name": " "}), "This field may not be blank."),
            (json!({"name": true}), "Not a valid string."),
            (json!({"name": {"a": 1}}), "Not a valid string."),
            (json!({"name": "abcd"}), "Ensure this field has no more than 3 characters."),
        ] {
            assert_eq!(errors(&data, rules), json!({"name": [message]}), "{data}");
        }
        assert_eq!(errors(&json!({"name": 5}), rules), json!({}), "a number is a text, too");
        assert_eq!(errors(&json!({"name": ""}), Text::optional().or_blank()), json!({}));
        assert_eq!(errors(&json!({"name": null}), Text::optional().or_null()), json!({}));
        let short = json!({"name": ["Ensure this field has at least 8 characters."]});
        assert_eq!(errors(&json!({"name": "short"}), Text::required().min(8)), short);
    }

    #[test]
    fn numbers_become_texts() {
        let mut form = Form::new(json!({"name": 123}).as_object().cloned().unwrap());
        assert_eq!(form.text("name", Text::required()), "123");
        assert!(form.check().is_ok());
    }
}
