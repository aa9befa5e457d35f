//! From chunks of a Chat Completions answer to events. Pure: the same for a stream, a whole answer and a recording.

use std::collections::VecDeque;

use chatcore::turn::{FinishReason, ModelError, ModelEvent, Usage};
use serde_json::{Value, json};

use super::delta;
use super::messages::EXTRA;
use super::usage::{finish_reason, usage};
use crate::client::{Complaint, Reader, count, raw_text, text};

/// What is known so far about one answer.
#[derive(Debug, Default)]
pub(crate) struct ChatReader {
    /// Whose the extras of calls are.
    provider: String,
    /// The number of the first call, for an id where none came.
    first_call: usize,
    calls: Vec<Call>,
    usage: Option<Usage>,
    finish: Option<FinishReason>,
    begun: bool,
}

/// A tool call in the making.
#[derive(Debug, Default)]
struct Call {
    index: Option<u64>,
    id: String,
    name: String,
    arguments: String,
    /// What goes back with the call as it came.
    extra: Option<Value>,
}

impl Reader for ChatReader {
    fn object(&mut self, chunk: &Value, out: &mut VecDeque<ModelEvent>) -> Result<(), ModelError> {
        if chunk.get("error").is_some_and(|error| !error.is_null()) || chunk.pointer("/0/error").is_some() {
            return Err(Complaint::from_value(chunk).to_error(None, None));
        }
        self.usage = usage(chunk).or(self.usage);
        let choices = chunk.get("choices").and_then(Value::as_array);
        // only one answer was asked for; a server that sends more is heard for the first
        let choice = choices.into_iter().flatten().find(|choice| choice.get("index").and_then(count).unwrap_or(0) == 0);
        self.begun |= choices.is_some();
        let Some(choice) = choice else { return Ok(()) };
        for delta in ["delta", "message"].into_iter().filter_map(|name| choice.get(name)) {
            self.delta(delta, out);
        }
        match choice.get("finish_reason").and_then(Value::as_str) {
            None | Some("") => {}
            Some(word) => self.finish = Some(finish_reason(word)),
        }
        Ok(())
    }

    fn words(&mut self, chunk: &str, out: &mut VecDeque<ModelEvent>) -> bool {
        let Some(words) = delta::words(chunk) else { return false };
        let delta::Words { content, reasoning_content, reasoning, refusal, .. } = words;
        let said = |text: Option<String>| text.filter(|text| !text.is_empty());
        let thought = said(reasoning_content).or_else(|| said(reasoning));
        out.extend(thought.map(|text| ModelEvent::Reasoning { text, signature: None }));
        out.extend(said(content).map(ModelEvent::Text));
        out.extend(said(refusal).map(ModelEvent::Refusal));
        self.begun = true;
        true
    }

    fn has_begun(&self) -> bool {
        self.begun
    }

    fn is_finished(&self) -> bool {
        self.finish.is_some()
    }

    fn takes_done(&self) -> bool {
        true
    }

    fn usage(&self) -> Option<Usage> {
        self.usage
    }

    fn close(&mut self) -> Vec<ModelEvent> {
        let calls = std::mem::take(&mut self.calls);
        let finish = match self.finish.take() {
            // an answer that calls tools waits for them, whatever word was sent
            None | Some(FinishReason::Stop) if !calls.is_empty() => FinishReason::ToolCalls,
            None => FinishReason::Stop,
            Some(finish) => finish,
        };
        let mut events = Vec::new();
        for (place, call) in (self.first_call..).zip(calls) {
            // it stands right before its call, because the engine may give the call another id
            events.extend(
                call.extra
                    .map(|extra| ModelEvent::Provider { provider: self.provider.clone(), raw: json!({EXTRA: extra}) }),
            );
            events.push(ModelEvent::ToolCall {
                id: if call.id.is_empty() { format!("call_{place}") } else { call.id },
                name: call.name,
                arguments: if call.arguments.is_empty() { "{}".to_owned() } else { call.arguments },
            });
        }
        events.extend(self.usage.map(ModelEvent::Usage).into_iter().chain([ModelEvent::Finish(finish)]));
        events
    }
}

impl ChatReader {
    /// A reader of that provider's answers.
    pub(crate) fn of(provider: &str) -> Self {
        Self { provider: provider.to_owned(), ..Self::default() }
    }

    /// Gives calls without an id one of its own, this number first.
    pub(crate) fn numbering_from(self, first_call: usize) -> Self {
        Self { first_call, ..self }
    }

    fn delta(&mut self, delta: &Value, out: &mut VecDeque<ModelEvent>) {
        let field = |name: &str| delta.get(name).map(text).filter(|text| !text.is_empty());
        if let Some(text) = field("reasoning_content").or_else(|| field("reasoning")) {
            out.push_back(ModelEvent::Reasoning { text, signature: None });
        }
        if let Some(text) = field("content") {
            out.push_back(ModelEvent::Text(text));
        }
        if let Some(text) = field("refusal") {
            out.push_back(ModelEvent::Refusal(text));
        }
        for piece in delta.get("tool_calls").and_then(Value::as_array).into_iter().flatten() {
            self.call(piece);
        }
    }

    /// A piece belongs to the call of its index. Some servers leave the index out, or give every call the same one; a
    /// new id begins a new call there.
    fn call(&mut self, piece: &Value) {
        let function = piece.get("function").unwrap_or(piece);
        let field = |of: &Value, name: &str| of.get(name).map(raw_text).unwrap_or_default();
        let (id, name) = (field(piece, "id"), field(function, "name"));
        let index = piece.get("index").and_then(count);
        let is_same = |call: &Call| {
            let other_id = !id.is_empty() && !call.id.is_empty() && call.id != id;
            let second_name = id.is_empty() && index.is_none() && !name.is_empty() && !call.name.is_empty();
            (index.is_none() || call.index == index) && !other_id && !second_name
        };
        let place = match self.calls.iter().rposition(is_same) {
            Some(place) if index.is_some() || place + 1 == self.calls.len() || !id.is_empty() => place,
            _ => {
                self.calls.push(Call { index, ..Call::default() });
                self.calls.len() - 1
            }
        };
        let call = &mut self.calls[place];
        if call.id.is_empty() {
            call.id = id;
        }
        if call.name.is_empty() {
            call.name = name;
        }
        call.arguments.push_str(&field(function, "arguments"));
        if let Some(extra) = piece.get(EXTRA).filter(|extra| !extra.is_null()) {
            call.extra = Some(extra.clone());
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use serde_json::json;

    use super::*;

    fn read(chunks: &[Value]) -> Vec<ModelEvent> {
        let (mut reader, mut out) = (ChatReader::default(), VecDeque::new());
        for chunk in chunks {
            reader.object(chunk, &mut out).unwrap();
        }
        out.into_iter().chain(reader.close()).collect()
    }

    fn delta(delta: Value) -> Value {
        json!({"choices": [{"delta": delta}]})
    }

    fn calls(pieces: &[Value]) -> Vec<(String, String, String)> {
        let chunks: Vec<_> = pieces.iter().map(|piece| delta(json!({"tool_calls": [piece]}))).collect();
        let call = |event| match event {
            ModelEvent::ToolCall { id, name, arguments } => Some((id, name, arguments)),
            _ => None,
        };
        read(&chunks).into_iter().filter_map(call).collect()
    }

    fn owned(calls: &[(&str, &str, &str)]) -> Vec<(String, String, String)> {
        calls.iter().map(|(id, name, arguments)| ((*id).into(), (*name).into(), (*arguments).into())).collect()
    }

    #[test]
    fn nulls_are_everywhere_and_mean_nothing() {
        let null = json!({"choices": [{"delta": {"content": null, "tool_calls": null, "refusal": null, "role": null},
            "finish_reason": null, "index": null}], "usage": null, "error": null});
        let events =
            read(&[null, json!({}), json!({"choices": null}), delta(json!(null)), delta(json!({"content": "a"}))]);
        assert_eq!(events, [ModelEvent::Text("a".into()), ModelEvent::Finish(FinishReason::Stop)]);
    }

    #[test]
    fn a_whole_answer_is_one_chunk() {
        let whole = json!({"object": "chat.completion", "choices": [{"index": 0, "finish_reason": "length",
            "message": {"role": "assistant", "reasoning": "hm", "content": "a", "refusal": null}}],
            "usage": {"prompt_tokens": 1, "completion_tokens": 2}});
        let events = read(&[whole]);
        assert_eq!(events.len(), 4);
        assert!(matches!(&events[0], ModelEvent::Reasoning { text, .. } if text == "hm"));
        assert!(matches!(&events[2], ModelEvent::Usage(usage) if usage.total() == 3));
        assert_eq!(events[3], ModelEvent::Finish(FinishReason::Length));
    }

    #[test]
    fn calls_are_collected_by_index() {
        let both = calls(&[
            json!({"index": 0, "id": "a", "function": {"name": "f", "arguments": ""}}),
            json!({"index": 1, "id": "b", "function": {"name": "g", "arguments": "{\"x\""}}),
            json!({"index": 0, "function": {"arguments": "{}"}}),
            json!({"index": 1, "function": {"arguments": ":1}"}}),
        ]);
        assert_eq!(both, owned(&[("a", "f", "{}"), ("b", "g", "{\"x\":1}")]));
    }

    #[test]
    fn calls_without_index_or_id_are_told_apart() {
        let no_index = calls(&[
            json!({"id": "a", "function": {"name": "f", "arguments": "{"}}),
            json!({"function": {"arguments": "}"}}),
            json!({"id": "b", "function": {"name": "f", "arguments": {"x": 1}}}),
        ]);
        assert_eq!(no_index, owned(&[("a", "f", "{}"), ("b", "f", "{\"x\":1}")]));
        let same_index = calls(&[
            json!({"index": 0, "id": "a", "function": {"name": "f"}}),
            json!({"index": 0, "id": "b", "function": {"name": "g"}}),
        ]);
        assert_eq!(same_index, owned(&[("a", "f", "{}"), ("b", "g", "{}")]));
        let nothing = calls(&[json!({"function": {"name": "f"}}), json!({"function": {"name": "g"}})]);
        assert_eq!(nothing, owned(&[("call_0", "f", "{}"), ("call_1", "g", "{}")]));
    }

    #[test]
    fn what_came_with_a_call_is_kept_before_it() {
        let extra = json!({"google": {"thought_signature": "c2ln"}});
        let piece = json!({"id": "a", "function": {"name": "f", "arguments": "{}"}, "extra_content": extra});
        let other = json!({"id": "b", "function": {"name": "f", "arguments": "{}"}, "extra_content": null});
        let events = read(&[delta(json!({"tool_calls": [piece, other]}))]);
        let kept = ModelEvent::Provider { provider: String::new(), raw: json!({"extra_content": extra}) };
        assert_eq!((events.len(), &events[0]), (4, &kept));
        assert!(matches!(&events[1], ModelEvent::ToolCall { id, .. } if id == "a"), "{events:?}");
    }

    #[test]
    fn an_answer_that_calls_tools_waits_for_them() {
        let chunk = json!({"choices": [{"delta": {"tool_calls": [{"index": 0, "id": "a"}]}, "finish_reason": "stop"}]});
        assert_eq!(read(&[chunk]).last(), Some(&ModelEvent::Finish(FinishReason::ToolCalls)));
    }

    #[test]
    fn other_choices_are_not_mixed_in() {
        let chunk =
            json!({"choices": [{"index": 1, "delta": {"content": "b"}}, {"index": 0, "delta": {"content": "a"}}]});
        assert_eq!(read(&[chunk])[0], ModelEvent::Text("a".into()));
    }

    /// Chunks with anything in the places that are read.
    fn anything() -> impl Strategy<Value = Value> {
        let leaf = prop_oneof![
            Just(json!(null)),
            any::<bool>().prop_map(Value::from),
            any::<i32>().prop_map(Value::from),
            any::<f64>().prop_map(Value::from),
            ".{0,5}".prop_map(Value::from),
        ];
        let name = prop::sample::select(vec![
            "choices",
            "delta",
            "message",
            "content",
            "reasoning",
            "refusal",
            "tool_calls",
            "extra_content",
            "function",
            "name",
            "arguments",
            "index",
            "id",
            "usage",
            "prompt_tokens",
            "finish_reason",
            "text",
        ]);
        leaf.prop_recursive(6, 40, 4, move |inner| {
            prop_oneof![
                prop::collection::vec(inner.clone(), 0..4).prop_map(Value::from),
                prop::collection::hash_map(name.clone().prop_map(str::to_owned), inner, 0..4)
                    .prop_map(|map| Value::Object(map.into_iter().collect())),
            ]
        })
    }

    /// Chunks as they come as a rule, now and then with anything in a place that is read.
    fn nearly_plain() -> impl Strategy<Value = Value> {
        let word = || prop_oneof![3 => ".{0,5}".prop_map(Value::from), 1 => Just(json!(null)), 1 => anything()];
        let odd = || prop_oneof![4 => Just(None), 1 => Just(Some(json!(null))), 1 => anything().prop_map(Some)];
        let delta = (word(), odd(), odd(), odd(), odd());
        (delta, odd(), odd(), odd(), odd(), any::<bool>()).prop_map(|(delta, index, finish, usage, error, in_list)| {
            let object = |fields: &[(&str, Option<Value>)]| {
                let there = fields.iter().filter_map(|(name, value)| Some(((*name).to_owned(), value.clone()?)));
                Value::Object(there.collect())
            };
            let (content, thought, reasoning, refusal, calls) = delta;
            let delta = object(&[
                ("content", Some(content)),
                ("reasoning_content", thought),
                ("reasoning", reasoning),
                ("refusal", refusal),
                ("tool_calls", calls),
            ]);
            let choice = object(&[("index", index), ("delta", Some(delta)), ("finish_reason", finish)]);
            let choice = if in_list { json!([0, choice["delta"]]) } else { choice };
            object(&[("choices", Some(json!([choice]))), ("usage", usage), ("error", error)])
        })
    }

    /// What a reader says and then is, by way of the words alone if `plain`; `None` if there are more than words.
    fn one(chunk: &Value, plain: bool) -> Option<(VecDeque<ModelEvent>, bool, Vec<ModelEvent>)> {
        let (mut reader, mut out) = (ChatReader::default(), VecDeque::new());
        if plain {
            reader.words(&chunk.to_string(), &mut out).then_some(())?;
        } else {
            reader.object(chunk, &mut out).unwrap();
        }
        Some((out, reader.has_begun(), reader.close()))
    }

    #[test]
    fn a_chunk_of_words_is_read_as_such() {
        let chunk = json!({"id": "x", "choices": [{"index": 0, "delta": {"role": "assistant", "content": "a\n\u{e9}"},
            "logprobs": null, "finish_reason": null}], "usage": null});
        assert!(one(&chunk, true).is_some_and(|(said, ..)| said == [ModelEvent::Text("a\n\u{e9}".into())]));
        assert!(one(&json!({"choices": [[0, {"content": "a"}]]}), true).is_none());
    }

    proptest! {
        #[test]
        fn words_are_read_as_the_whole_chunk_is(chunk in prop_oneof![nearly_plain(), anything()]) {
            if let Some(words) = one(&chunk, true) {
                prop_assert_eq!(Some(words), one(&chunk, false));
            }
        }

        #[test]
        fn any_json_is_read_and_ends_with_one_finish(chunks in prop::collection::vec(anything(), 0..4)) {
            let events = read(&chunks);
            let finishes = events.iter().filter(|event| matches!(event, ModelEvent::Finish(_))).count();
            prop_assert_eq!(finishes, 1);
            prop_assert!(matches!(events.last(), Some(ModelEvent::Finish(_))));
        }
    }
}
