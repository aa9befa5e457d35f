//! Names of requests (`Idempotency-Key`): who asks again under the same name gets the same answer, for a day.

use std::collections::BTreeMap;

use poem::http::StatusCode;
use serde_json::Value;

use crate::failure::Failure;

const DAY: i64 = 24 * 60 * 60;
const LONGEST: usize = 255;

struct Saved {
    at: i64,
    asked: (String, Value),
    status: StatusCode,
    body: Value,
}

/// The answers that were given.
#[derive(Default)]
pub(crate) struct Answers(BTreeMap<String, Saved>);

impl Answers {
    /// The answer that was given under this name.
    ///
    /// # Errors
    /// When the name was used for something else, or is too long.
    pub(crate) fn replay(
        &mut self,
        name: &str,
        path: &str,
        params: &Value,
        now: i64,
    ) -> Result<Option<(StatusCode, Value)>, Failure> {
        if name.len() > LONGEST {
            let kind = "idempotency_error";
            return Err(Failure { kind, ..Failure::invalid("the key has more than 255 characters") });
        }
        self.0.retain(|_, saved| saved.at + DAY > now);
        match self.0.get(name) {
            None => Ok(None),
            Some(saved) if saved.asked.0 == path && saved.asked.1 == *params => {
                Ok(Some((saved.status, saved.body.clone())))
            }
            Some(_) => {
                let message = "the key was used for another request, or with other parameters";
                Err(Failure { kind: "idempotency_error", ..Failure::invalid(message) })
            }
        }
    }

    /// Keeps an answer. One that only says that the parameters are wrong is not kept: nothing was begun.
    pub(crate) fn keep(&mut self, name: &str, path: &str, params: &Value, now: i64, answer: &(StatusCode, Value)) {
        if answer.0 != StatusCode::BAD_REQUEST {
            let asked = (path.to_owned(), params.clone());
            let saved = Saved { at: now, asked, status: answer.0, body: answer.1.clone() };
            self.0.insert(name.to_owned(), saved);
        }
    }
}
