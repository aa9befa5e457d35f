//! Models that stand in for each other.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::turn::{
    Estimate, LanguageModel, ModelError, ModelErrorKind, ModelEvent, ModelInfo, ModelRequest, ModelStream, Models,
    TokenCounter,
};
use futures::stream::{StreamExt, iter};

/// All of some models, with substitutes for those that fail.
///
/// A substitute is asked when a model fails before its first event, in a way that another model may not: it is
/// unreachable, silent, overloaded, broke off, or made no sense. Its answer begins with [`ModelEvent::Model`]. Once an
/// event was handed out, the answer is that of one model, whatever happens to it. If all of them fail, the error is that
/// of the model that was asked.
///
/// Substitutes may be of another provider, and are asked in order. Those of a substitute are not asked. The prompt was
/// planned for the model that was asked; a substitute whose context is too small for it is passed over without a request.
///
/// ```
/// use chatcore::turn::Models;
/// use chatcore_llm::Fallback;
/// use chatcore_llm::offline::{Echo, Eliza};
///
/// let models = Models::new().with(Eliza::new()).with(Echo::new());
/// let model = Fallback::new(models).substitutes("eliza", ["echo"]);
/// # let _ = model;
/// ```
#[derive(Clone)]
pub struct Fallback {
    models: Models,
    substitutes: BTreeMap<String, Vec<String>>,
}

impl Fallback {
    /// Those models, without substitutes yet.
    #[must_use]
    pub fn new(models: impl Into<Models>) -> Self {
        Self { models: models.into(), substitutes: BTreeMap::new() }
    }

    /// Lets these models stand in for that one, the first one first. Names that no model has are passed over.
    #[must_use]
    pub fn substitutes<I: Into<String>>(
        mut self,
        model: impl Into<String>,
        others: impl IntoIterator<Item = I>,
    ) -> Self {
        self.substitutes.insert(model.into(), others.into_iter().map(Into::into).collect());
        self
    }

    fn others(&self, id: &str) -> impl Iterator<Item = (&ModelInfo, &Arc<dyn LanguageModel>)> {
        let names = self.substitutes.get(id).into_iter().flatten();
        names.filter(move |name| *name != id).filter_map(|name| self.models.find(Some(name)))
    }
}

#[async_trait]
impl LanguageModel for Fallback {
    fn models(&self) -> Vec<ModelInfo> {
        self.models.list().cloned().collect()
    }

    async fn stream(&self, mut request: ModelRequest) -> Result<ModelStream, ModelError> {
        let asked = Some(request.model.as_str()).filter(|id| !id.is_empty());
        let Some((info, model)) = self.models.find(asked) else {
            return Err(ModelError::new(ModelErrorKind::UnknownModel, "there is no model of that name"));
        };
        let first = match begun(&**model, request.clone()).await {
            Err(error) if may_pass(error.kind) => error,
            other => return other,
        };
        for (other, model) in self.others(&info.id) {
            tracing::warn!(model = info.id, substitute = other.id, error = %first, "asking another model");
            request.model.clone_from(&other.id);
            let counter = model.counter(&other.id).unwrap_or_else(|| Arc::new(Estimate));
            if let Err(error) = request.must_fit(other, &*counter) {
                tracing::warn!(model = other.id, %error, "a substitute is too small");
                continue;
            }
            match begun(&**model, request.clone()).await {
                Ok(stream) => {
                    let news = Ok(ModelEvent::Model { id: other.id.clone() });
                    return Ok(iter([news]).chain(stream).boxed());
                }
                Err(error) => tracing::warn!(model = other.id, %error, "a substitute failed as well"),
            }
        }
        Err(first)
    }

    fn counter(&self, model: &str) -> Option<Arc<dyn TokenCounter>> {
        self.models.find(Some(model))?.1.counter(model)
    }
}

/// An answer whose first event is there. What was used does not count as one: some providers tell it before they fail.
async fn begun(model: &dyn LanguageModel, request: ModelRequest) -> Result<ModelStream, ModelError> {
    let mut stream = model.stream(request).await?;
    let mut held = Vec::new();
    loop {
        match stream.next().await {
            Some(Ok(usage @ ModelEvent::Usage(_))) => held.push(Ok(usage)),
            Some(Ok(event)) => return Ok(iter(held).chain(iter([Ok(event)])).chain(stream).boxed()),
            Some(Err(error)) => return Err(error),
            None => return Err(ModelError::new(ModelErrorKind::Interrupted, "the stream ended before it began")),
        }
    }
}

/// Whether another model may do better. It would not with a request that is wrong, nor should a key that is refused go
/// unnoticed.
fn may_pass(kind: ModelErrorKind) -> bool {
    use ModelErrorKind::{Interrupted, Protocol, RateLimited, Timeout, Unavailable};
    matches!(kind, Unavailable | Timeout | RateLimited | Interrupted | Protocol)
}

impl fmt::Debug for Fallback {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Fallback").field("substitutes", &self.substitutes).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::FinishReason;
    use futures::FutureExt;

    use super::*;
    use crate::offline::{Scripted, Step};

    fn scripted(id: &str, steps: impl IntoIterator<Item = Step>) -> Scripted {
        Scripted::new(steps).named(ModelInfo::new(id, "offline", 1000))
    }

    fn fails(id: &str, kind: ModelErrorKind) -> Scripted {
        scripted(id, [Step::Error(kind, id.to_owned())])
    }

    fn all(models: &[&Scripted]) -> Fallback {
        let models = models.iter().fold(Models::new(), |all, model| all.with((*model).clone()));
        Fallback::new(models).substitutes("a", ["a", "nobody", "b", "c"]).substitutes("b", ["c"])
    }

    async fn hear(model: &Fallback, id: &str) -> Result<Vec<Result<ModelEvent, ModelErrorKind>>, String> {
        let request = ModelRequest { model: id.into(), ..ModelRequest::default() };
        let stream = model.stream(request).await.map_err(|error| error.message)?;
        Ok(stream.map(|event| event.map_err(|error| error.kind)).collect().await)
    }

    #[tokio::test]
    async fn the_next_one_that_works_answers_and_says_so() {
        for kind in [
            ModelErrorKind::Unavailable,
            ModelErrorKind::Timeout,
            ModelErrorKind::RateLimited,
            ModelErrorKind::Interrupted,
            ModelErrorKind::Protocol,
        ] {
            let (a, b, c) = (
                fails("a", kind),
                fails("b", ModelErrorKind::Unauthorized),
                scripted("c", [Step::text("c"), Step::stop()]),
            );
            let model = all(&[&a, &b, &c]);
            let said = [
                Ok(ModelEvent::Model { id: "c".into() }),
                Ok(ModelEvent::Text("c".into())),
                Ok(ModelEvent::Finish(FinishReason::Stop)),
            ];
            for asked in ["a", ""] {
                assert_eq!(hear(&model, asked).await.unwrap(), said);
            }
            assert_eq!((b.requests().len(), c.requests()[0].model.as_str()), (2, "c"));
            assert_eq!(hear(&model, "c").await.unwrap()[..], said[1..], "the one that was asked says nothing of it");
        }
    }

    #[tokio::test]
    async fn an_error_as_the_first_thing_of_a_stream_counts_too() {
        let late = scripted("a", [Step::delay_ms(1), Step::Error(ModelErrorKind::Unavailable, "late".into())]);
        let ends = scripted("a", []);
        for a in [late, ends] {
            let b = scripted("b", [Step::text("b"), Step::stop()]);
            assert_eq!(hear(&all(&[&a, &b]), "a").await.unwrap().len(), 3);
            assert_eq!(a.open_streams(), 0);
        }
    }

    #[tokio::test]
    async fn what_was_used_does_not_begin_an_answer() {
        let used = || Step::Event(ModelEvent::Usage(chatcore::turn::Usage { input: 3, ..Default::default() }));
        let a = scripted("a", [used(), Step::Error(ModelErrorKind::Unavailable, "overloaded".into())]);
        let b = scripted("b", [used(), Step::text("b"), Step::stop()]);
        let heard = hear(&all(&[&a, &b]), "a").await.unwrap();
        assert!(matches!(heard[0], Ok(ModelEvent::Model { .. })), "{heard:?}");
        assert!(matches!(heard[1], Ok(ModelEvent::Usage(usage)) if usage.input == 3), "{heard:?}");
        assert_eq!(heard[2], Ok(ModelEvent::Text("b".into())));
    }

    #[tokio::test]
    async fn what_has_begun_is_never_begun_again() {
        let a = scripted("a", [Step::text("a"), Step::Error(ModelErrorKind::Unavailable, "down".into())]);
        let b = scripted("b", [Step::text("b"), Step::stop()]);
        let heard = hear(&all(&[&a, &b]), "a").await.unwrap();
        assert_eq!(heard, [Ok(ModelEvent::Text("a".into())), Err(ModelErrorKind::Unavailable)]);
        assert_eq!(b.requests().len(), 0);
    }

    #[tokio::test]
    async fn a_wrong_request_is_wrong_everywhere() {
        for kind in [
            ModelErrorKind::BadRequest,
            ModelErrorKind::ContextTooLong,
            ModelErrorKind::Unauthorized,
            ModelErrorKind::UnknownModel,
        ] {
            let (a, b) = (fails("a", kind), scripted("b", [Step::stop()]));
            assert_eq!(hear(&all(&[&a, &b]), "a").await.unwrap_err(), "a");
            assert_eq!(b.requests().len(), 0, "{kind}");
        }
        assert!(hear(&all(&[]), "a").await.is_err());
    }

    #[tokio::test]
    async fn a_substitute_that_is_too_small_is_not_asked() {
        let (a, c) = (fails("a", ModelErrorKind::Timeout), scripted("c", [Step::text("c"), Step::stop()]));
        let b = Scripted::new([Step::text("b"), Step::stop()]).named(ModelInfo::new("b", "offline", 200));
        let model = all(&[&a, &b, &c]);
        let said = "four".repeat(400);
        let messages = vec![chatcore::turn::ModelMessage::text(chatcore::conversation::Role::User, said)];
        let request = ModelRequest { model: "a".into(), messages, ..ModelRequest::default() };
        let heard: Vec<_> = model.stream(request).await.unwrap().collect().await;
        assert!(matches!(&heard[0], Ok(ModelEvent::Model { id }) if id == "c"), "{heard:?}");
        assert_eq!((b.requests().len(), c.requests().len()), (0, 1));
        // what fits is for the first of them
        assert_eq!(hear(&model, "a").await.unwrap()[0], Ok(ModelEvent::Model { id: "b".into() }));
    }

    #[tokio::test]
    async fn if_all_fail_the_first_one_says_why() {
        let (a, b) = (fails("a", ModelErrorKind::Timeout), fails("b", ModelErrorKind::RateLimited));
        assert_eq!(hear(&all(&[&a, &b]), "a").await.unwrap_err(), "a");
    }

    #[tokio::test]
    async fn dropping_ends_whichever_is_at_work() {
        let (a, b) = (fails("a", ModelErrorKind::Timeout), scripted("b", [Step::Hang]));
        let model = all(&[&a, &b]);
        let mut asking = Box::pin(hear(&model, "a"));
        assert!((&mut asking).now_or_never().is_none());
        assert_eq!(b.open_streams(), 1);
        drop(asking);
        assert_eq!(b.open_streams(), 0);
    }
}
