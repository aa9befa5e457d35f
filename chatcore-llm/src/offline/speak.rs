//! Saying a text word by word.

use std::collections::VecDeque;
use std::time::Duration;

use chatcore::conversation::text_of;
use chatcore::turn::{FinishReason, ModelEvent, ModelMessage, ModelRequest, ModelStream, Usage, UsageSource};
use futures::stream::{StreamExt, unfold};

/// Where a text without blanks is cut, in characters.
const LONGEST_PIECE: usize = 40;

/// What this model's answer to the request is, as a stream: the words, what they cost, the end. Stops at the limit of
/// the request, one word for one token.
pub(super) fn say(text: &str, request: &ModelRequest, delay: Duration) -> ModelStream {
    let mut words = pieces(text);
    let limit = request.options.max_output_tokens.and_then(|limit| usize::try_from(limit).ok()).unwrap_or(usize::MAX);
    let finish = if words.len() > limit { FinishReason::Length } else { FinishReason::Stop };
    words.truncate(limit);
    let usage = Usage {
        input: request.messages.iter().map(|message| count(&said(message))).sum(),
        output: words.iter().map(|word| count(word)).sum(),
        source: UsageSource::Counted,
        ..Usage::default()
    };
    let end = [ModelEvent::Usage(usage), ModelEvent::Finish(finish)];
    paced(words.into_iter().map(ModelEvent::Text).chain(end).collect(), delay)
}

/// Those events, with a pause behind each text.
fn paced(events: VecDeque<ModelEvent>, delay: Duration) -> ModelStream {
    unfold((events, false), move |(mut events, mut after_word)| async move {
        let event = events.pop_front()?;
        let is_word = matches!(event, ModelEvent::Text(_));
        if std::mem::replace(&mut after_word, is_word) && !delay.is_zero() {
            tokio::time::sleep(delay).await;
        }
        Some((Ok(event), (events, after_word)))
    })
    .boxed()
}

/// What a person reads of a message.
pub(super) fn said(message: &ModelMessage) -> String {
    text_of(&message.parts)
}

/// Words with the blanks behind them; joined they are the text.
pub(super) fn pieces(text: &str) -> Vec<String> {
    let mut all = Vec::new();
    for word in text.split_inclusive(char::is_whitespace) {
        let mut rest = word;
        while let Some((end, _)) = rest.char_indices().nth(LONGEST_PIECE) {
            all.push(rest[..end].to_owned());
            rest = &rest[end..];
        }
        all.push(rest.to_owned());
    }
    all
}

fn count(text: &str) -> u64 {
    u64::try_from(text.split_whitespace().count()).unwrap_or(u64::MAX)
}

#[cfg(test)]
mod tests {
    use chatcore::conversation::Role;
    use futures::executor::block_on;

    use super::*;

    fn events(text: &str, limit: Option<u64>) -> Vec<ModelEvent> {
        let mut request =
            ModelRequest { messages: vec![ModelMessage::text(Role::User, "a b c")], ..Default::default() };
        request.options.max_output_tokens = limit;
        block_on(say(text, &request, Duration::ZERO).map(Result::unwrap).collect())
    }

    #[test]
    fn the_words_joined_are_the_text() {
        for text in ["", " ", "one", "one  two\nthree ", &"\u{4e2d}".repeat(100)] {
            assert_eq!(pieces(text).concat(), text);
        }
    }

    #[test]
    fn words_are_counted_and_limited() {
        let all = events("one two three", Some(2));
        assert_eq!(all.len(), 4);
        let usage = Usage { input: 3, output: 2, source: UsageSource::Counted, ..Usage::default() };
        assert_eq!(all[2..], [ModelEvent::Usage(usage), ModelEvent::Finish(FinishReason::Length)]);
        assert_eq!(events("one two", None).last(), Some(&ModelEvent::Finish(FinishReason::Stop)));
    }
}
