//! A model that counts words.

use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use chatcore::conversation::{Role, text_of};
use chatcore::turn::{
    FinishReason, LanguageModel, ModelError, ModelEvent, ModelInfo, ModelRequest, ModelStream, Prices, TokenCounter,
    Usage, UsageSource,
};
use futures::StreamExt;
use futures::stream::iter;

/// The model `abacus`. A token of it is a word. Clones are one model.
#[derive(Debug, Clone, Default)]
pub(crate) struct Abacus {
    /// Answers that somebody is reading.
    at_work: Arc<AtomicUsize>,
}

#[async_trait::async_trait]
impl LanguageModel for Abacus {
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo::new("abacus", "example", 100_000).prices(Prices { input: 1_000_000, ..Prices::default() })]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        let said = request.messages.iter().filter(|message| message.role == Role::User);
        let words: u64 = said.map(|message| Words.count(&text_of(&message.parts))).sum();
        let answer = format!("You said {words} words.");
        let usage =
            Usage { input: words, output: Words.count(&answer), source: UsageSource::Counted, ..Usage::default() };
        let pieces: Vec<_> = answer.split_inclusive(' ').map(|word| ModelEvent::Text(word.to_owned())).collect();
        let end = [ModelEvent::Usage(usage), ModelEvent::Finish(FinishReason::Stop)];
        // what a model holds while it is at work belongs to the stream: dropping that ends it
        let work = Work::begin(&self.at_work);
        let events = iter(pieces.into_iter().chain(end));
        Ok(events.map(move |event| work.still(Ok(event))).boxed())
    }

    fn counter(&self, _model: &str) -> Option<Arc<dyn TokenCounter>> {
        Some(Arc::new(Words))
    }
}

impl Abacus {
    /// How many answers somebody is reading.
    pub(crate) fn at_work(&self) -> usize {
        self.at_work.load(Ordering::SeqCst)
    }
}

/// A model that thinks in words.
struct Words;

impl TokenCounter for Words {
    fn name(&self) -> &str {
        "words"
    }

    fn count(&self, text: &str) -> u64 {
        u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
    }
}

/// Stands for a connection, a thread, or memory of a GPU.
struct Work(Arc<AtomicUsize>);

impl Work {
    fn begin(count: &Arc<AtomicUsize>) -> Self {
        count.fetch_add(1, Ordering::SeqCst);
        Self(count.clone())
    }

    fn still<T>(&self, event: T) -> T {
        event
    }
}

impl Drop for Work {
    fn drop(&mut self) {
        self.0.fetch_sub(1, Ordering::SeqCst);
    }
}
