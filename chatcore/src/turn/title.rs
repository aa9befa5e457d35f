//! Titles that conversations get by themselves.

use futures::StreamExt;
use futures::future::{Either, select};
use futures::pin_mut;

use super::model::{LanguageModel, ModelEvent, ModelMessage, ModelOptions, ModelRequest};
use super::plan::{Estimate, cut};
use super::usage::Usage;
use crate::clock::Clock;
use crate::conversation::{Part, Role, text_of};

/// How a conversation without a title gets one when its first answer is complete. A title that somebody gave it is never
/// changed.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
#[non_exhaustive]
pub enum Titles {
    /// Not at all.
    #[default]
    Off,
    /// The beginning of what was said first.
    Words,
    /// A model writes it, in the language of the conversation: this one, or the one that answered. If it cannot, the
    /// beginning of what was said first has to do.
    Model(Option<String>),
}

/// The longest title, in characters.
const LONGEST: usize = 60;

/// Tokens of the question and of the answer that a model reads for a title.
const EXCERPT: u64 = 400;

/// Tokens that the title may have; models that think need some of them for that.
const ANSWER: u64 = 400;

/// How long a model may take for it.
const PATIENCE: std::time::Duration = std::time::Duration::from_secs(30);

const TASK: &str = "You name conversations. Read the beginning of one and answer with a title for it: at most six words, in \
     the language in which the user writes, without quotes and without a full stop. Answer with the title alone.";

/// What was said first.
pub(super) fn opening(prompt: &[ModelMessage]) -> Option<String> {
    let first = prompt.iter().find(|message| message.role == Role::User)?;
    Some(text_of(&first.parts)).filter(|text| !text.trim().is_empty())
}

/// The beginning of a text, cut between words.
pub(super) fn words(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).find(|line| !line.is_empty())?;
    let line = line.trim_start_matches(['#', '>', '*', '-', ' ']).trim();
    let mut title = String::new();
    for word in line.split_whitespace() {
        let space = usize::from(!title.is_empty());
        if title.chars().count() + space + word.chars().count() > LONGEST {
            break;
        }
        title.push_str(if space == 1 { " " } else { "" });
        title.push_str(word);
    }
    if title.is_empty() {
        title = line.chars().take(LONGEST).collect();
    } else if title.len() < line.len() {
        title.push('…');
    }
    Some(title).filter(|title| !title.is_empty())
}

/// What a model is asked for a title.
pub(super) fn task(name: &str, opening: &str, answer: &[Part]) -> ModelRequest {
    let excerpt = |text: &str| cut(text, EXCERPT, &Estimate);
    let dialogue = format!("User:\n{}\n\nAssistant:\n{}", excerpt(opening), excerpt(&text_of(answer)));
    ModelRequest {
        model: name.to_owned(),
        messages: vec![ModelMessage::text(Role::System, TASK), ModelMessage::text(Role::User, dialogue)],
        tools: Vec::new(),
        options: ModelOptions { max_output_tokens: Some(ANSWER), ..ModelOptions::default() },
    }
}

/// A title, or nothing, and what was used by which model.
pub(super) type Written = (Option<String>, Option<(String, Usage)>);

/// Asks a model for a title. What it used counts even if nothing came of it.
pub(super) async fn written(model: &dyn LanguageModel, request: ModelRequest, clock: &dyn Clock) -> Written {
    let (mut text, mut usage, mut by) = (String::new(), None, request.model.clone());
    let work = async {
        let mut events = model.stream(request).await?;
        while let Some(event) = events.next().await {
            match event? {
                ModelEvent::Text(piece) => text.push_str(&piece),
                ModelEvent::Usage(used) => usage = Some(used),
                ModelEvent::Model { id } => by = id,
                _ => {}
            }
        }
        Ok::<(), super::model::ModelError>(())
    };
    let late = clock.sleep_until(clock.now().plus(PATIENCE));
    let done = {
        pin_mut!(work, late);
        match select(work, late).await {
            Either::Left((Ok(()), _)) => true,
            Either::Left((Err(error), _)) => {
                tracing::info!(%error, "a model gave no title");
                false
            }
            Either::Right(_) => false,
        }
    };
    (tidy(&text).filter(|_| done), usage.map(|usage| (by, usage)))
}

/// A title as it should have been: one line, no quotes, no full stop, not too long.
fn tidy(text: &str) -> Option<String> {
    let line = text.lines().map(str::trim).rfind(|line| !line.is_empty())?;
    let quotes = ['"', '\'', '“', '”', '„', '«', '»', '`', '*', '#', ' '];
    let line = line.trim_matches(quotes).trim_end_matches(['.', '。']).trim_matches(quotes);
    words(line)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_whole_and_few() {
        assert_eq!(words("  \n## How do trees grow?\nmore").as_deref(), Some("How do trees grow?"));
        let long = "word ".repeat(30);
        let title = words(&long).unwrap();
        assert!(title.ends_with("word…") && title.chars().count() <= LONGEST + 1, "{title}");
        assert_eq!(words(&"字".repeat(99)).map(|title| title.chars().count()), Some(LONGEST));
        assert_eq!(words(" \n "), None);
    }

    #[test]
    fn titles_of_models_are_tidied() {
        assert_eq!(tidy("\"Wie Bäume wachsen.\"\n").as_deref(), Some("Wie Bäume wachsen"));
        assert_eq!(tidy("Here is a title:\n**How trees grow**").as_deref(), Some("How trees grow"));
        assert_eq!(tidy("  \n"), None);
    }
}
