//! Anthropic's Messages.
//!
//! Thoughts come with a signature, and some come encrypted; both go back as they came, because a model that called a tool
//! goes on from what it thought.

mod reader;
mod request;

use std::collections::BTreeSet;
use std::sync::{Mutex, PoisonError};

use chatcore::turn::ModelError;
use serde_json::Value;

use crate::client::{Ask, Complaint, Reader, Wire};

/// The wire, and which models have been found to choose for themselves how long they think.
#[derive(Debug, Default)]
pub(crate) struct Messages {
    adaptive: Mutex<BTreeSet<String>>,
}

impl Wire for Messages {
    fn provider(&self) -> &'static str {
        "anthropic"
    }

    fn path(&self) -> &'static [&'static str] {
        &["v1", "messages"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["v1", "models"]
    }

    fn key_header(&self, key: &str) -> (&'static str, String) {
        ("x-api-key", key.to_owned())
    }

    fn headers(&self) -> &'static [(&'static str, &'static str)] {
        &[("anthropic-version", "2023-06-01")]
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        let is_adaptive = self.adaptive.lock().unwrap_or_else(PoisonError::into_inner).contains(ask.model);
        request::body(ask, is_adaptive)
    }

    /// Older models want a budget for their thoughts, newer ones refuse it.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let has_budget = sent.pointer("/thinking/budget_tokens").is_some();
        if !has_budget || !complaint.names("thinking") {
            return false;
        }
        self.adaptive.lock().unwrap_or_else(PoisonError::into_inner).insert(ask.model.to_owned())
    }

    fn reader(&self, provider: &str) -> Box<dyn Reader> {
        Box::new(reader::MessagesReader::new(provider))
    }
}
