//! The model of `04_custom_model` passes the suite.

#[path = "../examples/04_custom_model/abacus.rs"]
mod abacus;

use std::sync::Arc;

use abacus::Abacus;
use chatcore::conformance::models::ModelHarness;
use chatcore::turn::LanguageModel;

#[derive(Default)]
struct Bench(Abacus);

#[async_trait::async_trait]
impl ModelHarness for Bench {
    async fn open(&self) -> Arc<dyn LanguageModel> {
        Arc::new(self.0.clone())
    }

    fn answer(&self, question: &str) -> Option<String> {
        Some(format!("You said {} words.", question.split_whitespace().count()))
    }

    async fn at_work(&self) -> Option<usize> {
        Some(self.0.at_work())
    }
}

chatcore::model_conformance!(Bench::default());
