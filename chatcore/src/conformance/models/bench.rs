//! What checks share: asking, listening, and waiting for what the provider sees.

use std::sync::Arc;

use futures::StreamExt;

use super::harness::{ModelHarness, Scene};
use crate::conversation::Role;
use crate::turn::{
    LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelMessage, ModelRequest, ModelStream, ToolSpec,
};

/// Events of one answer are counted to here, so that a model that never ends fails and does not hang.
const MOST_EVENTS: usize = 1_000_000;
/// How often the provider is looked at before it is said not to have noticed.
const LOOKS: usize = 2_000;

/// Why a check does not apply.
pub(super) struct Skip(pub(super) &'static str);

/// A check that ran, or why it did not.
pub(super) type Outcome = Result<(), Skip>;

/// A model under test.
pub(super) struct Bench<'a> {
    pub(super) harness: &'a dyn ModelHarness,
    pub(super) model: Arc<dyn LanguageModel>,
}

/// An answer, read to its end.
#[derive(Debug, Default)]
pub(super) struct Heard {
    pub(super) events: Vec<ModelEvent>,
    pub(super) error: Option<ModelError>,
    /// Whether the answer could not even be started.
    pub(super) refused: bool,
    /// What came behind the error.
    pub(super) after_error: usize,
}

impl Heard {
    pub(super) fn text(&self) -> String {
        let text = |event: &ModelEvent| match event {
            ModelEvent::Text(text) => text.clone(),
            _ => String::new(),
        };
        self.events.iter().map(text).collect()
    }

    pub(super) fn kind(&self) -> Option<ModelErrorKind> {
        self.error.as_ref().map(|error| error.kind)
    }

    pub(super) fn finishes(&self) -> usize {
        self.events.iter().filter(|event| matches!(event, ModelEvent::Finish(_))).count()
    }

    /// Fails the check unless the answer went well.
    pub(super) fn well(self) -> Self {
        assert!(self.error.is_none(), "a plain question failed: {:?}", self.error);
        assert!(self.finishes() > 0, "a plain question was not answered to its end: {:?}", self.events);
        self
    }
}

impl Bench<'_> {
    /// A request to the default model.
    pub(super) fn ask(&self, question: &str) -> ModelRequest {
        let model = self.model.models().first().map(|info| info.id.clone()).unwrap_or_default();
        let messages = vec![ModelMessage::text(Role::User, question)];
        ModelRequest { model, messages, ..ModelRequest::default() }
    }

    pub(super) async fn hear(&self, request: ModelRequest) -> Heard {
        match self.model.stream(request).await {
            Ok(stream) => listen(stream).await,
            Err(error) => Heard { error: Some(error), refused: true, ..Heard::default() },
        }
    }

    pub(super) async fn stage(&self, scene: Scene) -> Outcome {
        if self.harness.stage(scene).await { Ok(()) } else { Err(Skip("the harness cannot stage it")) }
    }

    /// What is answered to a question.
    pub(super) fn answer(&self, question: &str) -> Result<String, Skip> {
        self.harness.answer(question).ok_or(Skip("the harness does not know the answer"))
    }

    /// Waits until so many answers are being worked on.
    pub(super) async fn at_work(&self, count: usize, when: &str) -> Outcome {
        let mut seen = None;
        for _ in 0..LOOKS {
            seen = Some(self.harness.at_work().await.ok_or(Skip("the harness cannot see who is at work"))?);
            if seen == Some(count) {
                return Ok(());
            }
            self.harness.pause().await;
        }
        panic!("{when}, {count} answers should be in the making; there are {seen:?}")
    }
}

async fn listen(mut stream: ModelStream) -> Heard {
    let mut heard = Heard::default();
    while let Some(event) = stream.next().await {
        match event {
            _ if heard.error.is_some() => heard.after_error += 1,
            Ok(event) => heard.events.push(event),
            Err(error) => heard.error = Some(error),
        }
        assert!(heard.events.len() + heard.after_error < MOST_EVENTS, "the stream does not end");
    }
    heard
}

/// Pieces that show when one is lost, doubled or cut inside a character.
pub(super) fn pieces() -> Vec<String> {
    ["One, ", "two", ",\n\n", "tr\u{e8}s \u{1f600}", " \u{4e2d}\u{6587}", " {\"x\": \"\\n\"} ", "data: end"]
        .map(str::to_owned)
        .to_vec()
}

pub(super) fn tool() -> ToolSpec {
    ToolSpec {
        name: "look".into(),
        description: "looks".into(),
        parameters: serde_json::json!({"type": "object", "properties": {"at": {"type": "string"}}}),
    }
}
