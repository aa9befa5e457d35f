//! The models that need no server.

use std::sync::Arc;

use async_trait::async_trait;
use chatcore::conformance::models::{ModelHarness, skipped};
use chatcore::turn::LanguageModel;
use chatcore_llm::offline::{Echo, Eliza};

struct EchoHarness;

#[async_trait]
impl ModelHarness for EchoHarness {
    async fn open(&self) -> Arc<dyn LanguageModel> {
        Arc::new(Echo::new())
    }

    fn answer(&self, question: &str) -> Option<String> {
        Some(question.to_owned())
    }
}

struct ElizaHarness;

#[async_trait]
impl ModelHarness for ElizaHarness {
    async fn open(&self) -> Arc<dyn LanguageModel> {
        Arc::new(Eliza::new().delay(std::time::Duration::ZERO))
    }
}

mod echo {
    use super::*;
    chatcore::model_conformance!(EchoHarness);
}

mod eliza {
    use super::*;
    chatcore::model_conformance!(ElizaHarness);
}

#[test]
fn what_an_offline_model_cannot_be_asked() {
    let names =
        |skipped: Vec<(&'static str, &'static str)>| skipped.into_iter().map(|(name, _)| name).collect::<Vec<_>>();
    let staged = ["refusal_before_start", "tool_calls_whole", "usage_last_counts"];
    let failures = ["error_ends", "break_is_error", "used_again", "drop_cancels", "cancels_before_first_event"];
    assert_eq!(names(skipped(|| EchoHarness)), [&staged[..], &failures[..]].concat());
}
