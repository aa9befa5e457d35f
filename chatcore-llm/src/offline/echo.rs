//! A model that repeats what it hears.

use std::time::Duration;

use async_trait::async_trait;
use chatcore::conversation::Role;
use chatcore::turn::{LanguageModel, ModelError, ModelInfo, ModelRequest, ModelStream};

use super::speak::{said, say};

/// The model `echo`: says the last user message again, word by word.
#[derive(Debug, Clone, Default)]
pub struct Echo {
    delay: Duration,
}

impl Echo {
    /// An echo without delay.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With a pause behind each word.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }
}

#[async_trait]
impl LanguageModel for Echo {
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo::new("echo", "offline", 8_192)]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        let last = request.messages.iter().rfind(|message| message.role == Role::User);
        Ok(say(&last.map(said).unwrap_or_default(), &request, self.delay))
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::{ModelEvent, ModelMessage};
    use futures::{StreamExt, executor::block_on};

    use super::*;

    #[test]
    fn it_says_the_last_thing_again() {
        let messages = vec![
            ModelMessage::text(Role::User, "one"),
            ModelMessage::text(Role::Assistant, "one"),
            ModelMessage::text(Role::User, "two three"),
        ];
        let request = ModelRequest { messages, ..ModelRequest::default() };
        let stream = block_on(Echo::new().stream(request)).unwrap();
        let events: Vec<_> = block_on(stream.map(Result::unwrap).collect());
        assert_eq!(events[..2], [ModelEvent::Text("two ".into()), ModelEvent::Text("three".into())]);
        assert_eq!(events.len(), 4);
    }
}
