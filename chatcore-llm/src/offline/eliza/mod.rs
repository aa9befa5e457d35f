//! A small ELIZA: keywords with ranks, patterns that take a sentence apart, replies that put it together again. The
//! method is Joseph Weizenbaum's of 1966; the script is our own.

mod engine;
mod script;
mod words;

use std::time::Duration;

use async_trait::async_trait;
use chatcore::conversation::Role;
use chatcore::turn::{LanguageModel, ModelError, ModelInfo, ModelRequest, ModelStream};

use super::speak::{said, say};
use engine::Talk;

/// Longer conversations are remembered from here on only.
const REMEMBERED: usize = 200;

/// The model `eliza`: holds a real conversation without a network, word by word.
///
/// What it says depends on the messages alone: the same conversation always gets the same answer, and a branch of it
/// gets its own.
#[derive(Debug, Clone)]
pub struct Eliza {
    delay: Duration,
}

impl Default for Eliza {
    /// With a pause of 15 ms behind each word, so that one sees it speak.
    fn default() -> Self {
        Self { delay: Duration::from_millis(15) }
    }
}

impl Eliza {
    /// A partner for a talk, with the pause of [`Self::default`].
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// With another pause behind each word; zero for none.
    #[must_use]
    pub fn delay(mut self, delay: Duration) -> Self {
        self.delay = delay;
        self
    }

    fn answer(request: &ModelRequest) -> String {
        let mut talk = Talk::default();
        let users: Vec<_> = request.messages.iter().filter(|message| message.role == Role::User).collect();
        let recent = &users[users.len().saturating_sub(REMEMBERED)..];
        let mut reply = None;
        for message in recent {
            let text = said(message);
            let only_shows = text.trim().is_empty() && !message.parts.is_empty();
            reply = Some(if only_shows && message.parts.iter().any(is_attachment) {
                "You show me something, but I cannot see it. Tell me about it in words.".to_owned()
            } else {
                talk.hear(&text)
            });
        }
        reply.unwrap_or_else(|| "Hello. What is on your mind?".to_owned())
    }
}

fn is_attachment(part: &chatcore::conversation::Part) -> bool {
    use chatcore::conversation::Part;
    matches!(part, Part::Image { .. } | Part::File { .. })
}

#[async_trait]
impl LanguageModel for Eliza {
    fn models(&self) -> Vec<ModelInfo> {
        vec![ModelInfo::new("eliza", "offline", 8_192)]
    }

    async fn stream(&self, request: ModelRequest) -> Result<ModelStream, ModelError> {
        request.must_be_for(&self.models())?;
        Ok(say(&Self::answer(&request), &request, self.delay))
    }
}

#[cfg(test)]
mod tests {
    use chatcore::conversation::Part;
    use chatcore::turn::{ModelEvent, ModelMessage};
    use futures::{StreamExt, executor::block_on};

    use super::*;

    /// `> ` says what the person says, `< ` what the model answers.
    const GOLDEN: &str = include_str!("golden.txt");

    #[test]
    fn a_whole_conversation() {
        let mut request = ModelRequest { model: "eliza".into(), ..ModelRequest::default() };
        let mut talk = String::new();
        for said in GOLDEN.lines().filter_map(|line| line.strip_prefix("> ")) {
            request.messages.push(ModelMessage::text(Role::User, said));
            let reply = Eliza::answer(&request);
            talk.push_str(&format!("> {said}\n< {reply}\n"));
            request.messages.push(ModelMessage::text(Role::Assistant, reply));
        }
        assert_eq!(talk, GOLDEN, "the conversation now runs like this:\n{talk}");
    }

    #[test]
    fn it_streams_word_by_word() {
        let request = ModelRequest { messages: vec![ModelMessage::text(Role::User, "hello")], ..Default::default() };
        let answer = Eliza::answer(&request);
        let stream = block_on(Eliza::new().delay(Duration::ZERO).stream(request)).unwrap();
        let texts: Vec<_> = block_on(stream.collect::<Vec<_>>())
            .into_iter()
            .filter_map(|event| match event {
                Ok(ModelEvent::Text(text)) => Some(text),
                _ => None,
            })
            .collect();
        assert!(texts.len() > 2);
        assert_eq!(texts.concat(), answer);
    }

    #[test]
    fn odd_prompts_get_an_answer() {
        assert!(!Eliza::answer(&ModelRequest::default()).is_empty());
        let image = Part::Image { url: "att_1".into(), media_type: None };
        let messages = vec![ModelMessage { role: Role::User, parts: vec![image] }];
        let answer = Eliza::answer(&ModelRequest { messages, ..ModelRequest::default() });
        assert!(answer.contains("cannot see"), "{answer}");
    }
}
