//! The client on each of its wires, alone and behind a [`Fallback`].

use std::sync::Arc;
use std::time::Duration;

use async_trait::async_trait;
use chatcore::conformance::models::{ModelHarness, Scene, skipped};
use chatcore::turn::{LanguageModel, ModelInfo};
use chatcore_llm::testing::{MockProvider, MockSettings};
use chatcore_llm::{Client, Fallback, RetryPolicy, Timeouts};
use futures::future::BoxFuture;
use tokio::runtime::Runtime;

use crate::scenes;

/// Patience that a busy machine does not use up.
const LONG: Duration = Duration::from_secs(60);

#[derive(Debug, Clone, Copy, PartialEq)]
pub(crate) enum Wire {
    Chat,
    Responses,
    Anthropic,
    Ollama,
}

/// A client of a mock that speaks its wire.
struct Remote {
    wire: Wire,
    behind_fallback: bool,
    runtime: Runtime,
    mock: MockProvider,
}

impl Remote {
    fn new(wire: Wire) -> Self {
        let runtime = Runtime::new().unwrap();
        let settings = MockSettings { only_listed: true, ..MockSettings::default() };
        let mock = runtime.block_on(MockProvider::start_with(settings)).unwrap();
        Self { wire, behind_fallback: false, runtime, mock }
    }

    fn behind_fallback(wire: Wire) -> Self {
        Self { behind_fallback: true, ..Self::new(wire) }
    }

    fn client(&self) -> Client {
        let builder = match self.wire {
            Wire::Chat => Client::openai(self.mock.base_url()),
            Wire::Responses => Client::openai_responses(self.mock.base_url()),
            Wire::Anthropic => Client::anthropic(self.mock.root_url()),
            Wire::Ollama => Client::ollama(self.mock.root_url()),
        };
        let info = ModelInfo::new("mock-gpt", "mock", 1_000_000).max_output_tokens(1_000_000);
        let timeouts = Timeouts { connect: LONG, headers: LONG, idle: LONG };
        builder.model(info).timeouts(timeouts).retry(RetryPolicy::never()).build().unwrap()
    }
}

#[async_trait]
impl ModelHarness for Remote {
    async fn open(&self) -> Arc<dyn LanguageModel> {
        if self.behind_fallback { Arc::new(Fallback::new(self.client())) } else { Arc::new(self.client()) }
    }

    fn answer(&self, question: &str) -> Option<String> {
        Some(format!("You said: {question}"))
    }

    async fn stage(&self, scene: Scene) -> bool {
        match scenes::play(self.wire, &scene) {
            Some(answers) => answers.into_iter().for_each(|answer| self.mock.push(answer)),
            None => return scene == Scene::Usual,
        }
        true
    }

    async fn at_work(&self) -> Option<usize> {
        Some(self.mock.at_work())
    }

    async fn asked(&self) -> Option<usize> {
        Some(self.mock.requests().len())
    }

    async fn pause(&self) {
        tokio::time::sleep(Duration::from_millis(5)).await;
    }

    fn run(&self, check: BoxFuture<'_, ()>) {
        self.runtime.block_on(check);
    }
}

mod chat {
    use super::*;
    chatcore::model_conformance!(Remote::new(Wire::Chat));
}

mod responses {
    use super::*;
    chatcore::model_conformance!(Remote::new(Wire::Responses));
}

mod anthropic {
    use super::*;
    chatcore::model_conformance!(Remote::new(Wire::Anthropic));
}

mod ollama {
    use super::*;
    chatcore::model_conformance!(Remote::new(Wire::Ollama));
}

mod fallback {
    use super::*;
    chatcore::model_conformance!(Remote::behind_fallback(Wire::Anthropic));
}

#[test]
fn no_check_is_skipped() {
    for wire in [Wire::Chat, Wire::Responses, Wire::Anthropic, Wire::Ollama] {
        assert_eq!(skipped(|| Remote::new(wire)), [], "{wire:?}");
    }
}
