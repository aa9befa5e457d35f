//! Chat Completions: OpenAI itself, and most others.
//!
//! What they send differs in small ways, so reading is lenient: every field may be missing, null or of another type,
//! and what is not known is passed over. It is strict only where a guess would be a lie: an answer that breaks off is an
//! error, never a short answer.

mod delta;
mod messages;
mod reader;
mod request;
mod usage;

use chatcore::turn::ModelError;
use messages::{EXTRA, Manner, THOUGHT, Thoughts};
pub(crate) use reader::ChatReader;
use request::Dialect;
use serde_json::Value;

use crate::client::{Ask, Complaint, Lessons, Reader, Wire};

/// The model wants the limit under its old name.
const OLD_LIMIT: &str = "max_tokens";
/// The model does not take `stream_options`.
const NO_USAGE: &str = "no usage";
/// The model does not take thoughts back.
const NO_THOUGHTS: &str = "no thoughts";
/// The model wants every answer back with its thought.
const ALL_THOUGHTS: &str = "all thoughts";
/// The model wants a proof with every call.
const PROOFS: &str = "proofs";

/// How complaints call a proof that is missing.
const PROOF: &str = "thought_signature";

/// The wire, and what models have been found not to know.
#[derive(Debug, Default)]
pub(crate) struct Chat {
    lessons: Lessons,
}

impl Wire for Chat {
    fn provider(&self) -> &'static str {
        "openai"
    }

    fn path(&self) -> &'static [&'static str] {
        &["chat", "completions"]
    }

    fn list_path(&self) -> &'static [&'static str] {
        &["models"]
    }

    fn has_known_tokenizer(&self) -> bool {
        true
    }

    fn body(&self, ask: &Ask<'_>) -> Result<Value, ModelError> {
        let knows = |fact| self.lessons.has(ask.model, fact);
        let thoughts = match (knows(NO_THOUGHTS), knows(ALL_THOUGHTS)) {
            (true, _) => Thoughts::None,
            (_, true) => Thoughts::All,
            _ => Thoughts::default(),
        };
        let dialect = Dialect {
            max_tokens: knows(OLD_LIMIT),
            no_usage: knows(NO_USAGE),
            manner: Manner { thoughts, excuse_calls: knows(PROOFS) },
        };
        request::body(ask, dialect)
    }

    /// Older servers know the limit by its old name alone, newer models of OpenAI by its new name alone.
    fn learn(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> bool {
        let has = |field: &str| sent.get(field).is_some();
        let about = |field: &str| complaint.names(field);
        if has("stream_options") && (about("stream_options") || about("include_usage")) {
            self.lessons.add(ask.model, NO_USAGE);
            return true;
        }
        if let Some(learned) = self.learn_of_thoughts(ask, sent, complaint) {
            return learned;
        }
        if !complaint.is_about_unknown_field() {
            return false;
        }
        if has("max_completion_tokens") && about("max_completion_tokens") {
            self.lessons.add(ask.model, OLD_LIMIT);
            return true;
        }
        let new_name = has("max_tokens") && complaint.message.contains("max_completion_tokens");
        if new_name {
            self.lessons.remove(ask.model, OLD_LIMIT);
        }
        new_name
    }

    fn reader(&self, provider: &str, next_call: usize) -> Box<dyn Reader> {
        Box::new(ChatReader::of(provider).numbering_from(next_call))
    }
}

impl Chat {
    /// What a complaint says of thoughts and proofs that go back; `None` if it is about something else.
    fn learn_of_thoughts(&self, ask: &Ask<'_>, sent: &Value, complaint: &Complaint) -> Option<bool> {
        let messages = || sent["messages"].as_array().into_iter().flatten();
        if complaint.mentions(PROOF) {
            let calls = || messages().filter_map(|message| message["tool_calls"].get(0));
            let lacks = calls().any(|call| call.get(EXTRA).is_none());
            if lacks {
                self.lessons.add(ask.model, PROOFS);
            }
            return Some(lacks);
        }
        if !complaint.mentions(THOUGHT) {
            return None;
        }
        let answers = || messages().filter(|message| message["role"] == "assistant");
        let (fact, other, helps) = if complaint.misses_something() {
            (ALL_THOUGHTS, NO_THOUGHTS, answers().any(|answer| answer.get(THOUGHT).is_none()))
        } else {
            (NO_THOUGHTS, ALL_THOUGHTS, answers().any(|answer| answer.get(THOUGHT).is_some()))
        };
        if helps {
            self.lessons.add(ask.model, fact);
            self.lessons.remove(ask.model, other);
        }
        Some(helps)
    }
}

#[cfg(test)]
mod tests {
    use chatcore::conversation::{Part, Role};
    use chatcore::turn::ModelMessage;
    use serde_json::json;

    use super::*;

    fn ask<'a>(request: &'a chatcore::turn::ModelRequest, model: &'a str) -> Ask<'a> {
        Ask { request, model, info: None, provider: "openai" }
    }

    fn complaint(message: &str, param: &str) -> Complaint {
        Complaint { message: message.into(), param: param.into(), ..Complaint::default() }
    }

    #[test]
    fn a_field_is_given_up_once() {
        let (chat, request) = (Chat::default(), chatcore::turn::ModelRequest::default());
        let ask = ask(&request, "m");
        let sent = json!({"stream_options": {}});
        assert!(!chat.learn(&ask, &sent, &complaint("Unknown parameter", "max_completion_tokens")));
        assert!(chat.learn(&ask, &sent, &complaint("", "stream_options")));
        let again = chat.body(&ask).unwrap();
        assert!(!chat.learn(&ask, &again, &complaint("", "stream_options")), "{again}");
    }

    /// A turn in which a model thought, called a tool and was told what it gave.
    fn called() -> chatcore::turn::ModelRequest {
        let parts = vec![
            Part::Reasoning { text: "hm".into(), signature: None },
            Part::ToolCall { id: "1".into(), name: "look".into(), arguments: "{}".into() },
            Part::ToolResult { call_id: "1".into(), content: "rain".into(), is_error: false },
            Part::text("it rains"),
        ];
        let messages = vec![ModelMessage { role: Role::Assistant, parts }, ModelMessage::text(Role::User, "and now?")];
        chatcore::turn::ModelRequest { messages, ..Default::default() }
    }

    #[test]
    fn whether_thoughts_go_back_is_learned_for_each_model() {
        let (chat, request) = (Chat::default(), called());
        let thoughts = |ask: &Ask<'_>| {
            let body = chat.body(ask).unwrap();
            [0, 2].map(|at| body["messages"][at].get(THOUGHT).cloned())
        };
        let (strict, plain) = (ask(&request, "strict"), ask(&request, "plain"));
        assert_eq!(thoughts(&strict), [Some(json!("hm")), None]);
        let missing = complaint("Missing `reasoning_content` field in the assistant message at message index 2.", "");
        assert!(chat.learn(&strict, &chat.body(&strict).unwrap(), &missing));
        assert_eq!(thoughts(&strict), [Some(json!("hm")), Some(json!(""))]);
        assert!(!chat.learn(&strict, &chat.body(&strict).unwrap(), &missing), "there is nothing more to give");
        let unknown = complaint("property 'reasoning_content' is unsupported", "messages.0.reasoning_content");
        assert!(chat.learn(&plain, &chat.body(&plain).unwrap(), &unknown));
        assert_eq!(thoughts(&plain), [None, None]);
        assert!(!chat.learn(&plain, &chat.body(&plain).unwrap(), &unknown));
    }

    #[test]
    fn a_call_without_a_proof_is_excused_where_one_is_asked_for() {
        let (chat, request) = (Chat::default(), called());
        let ask = ask(&request, "m");
        let missing = complaint("Function call is missing a thought_signature in functionCall parts.", "");
        assert!(chat.learn(&ask, &chat.body(&ask).unwrap(), &missing));
        let excused = chat.body(&ask).unwrap();
        assert!(excused["messages"][0]["tool_calls"][0].get(EXTRA).is_some());
        assert!(!chat.learn(&ask, &excused, &missing));
    }

    #[test]
    fn the_name_of_the_limit_is_learned_for_each_model_and_unlearned() {
        let mut request = chatcore::turn::ModelRequest::default();
        request.options.max_output_tokens = Some(9);
        let (chat, old, new) = (Chat::default(), ask(&request, "old"), ask(&request, "new"));
        let sent = chat.body(&old).unwrap();
        let too_large = "Invalid 'max_completion_tokens': integer above maximum value.";
        assert!(!chat.learn(&old, &sent, &complaint(too_large, "max_completion_tokens")));
        assert_eq!(chat.body(&old).unwrap(), sent, "a value that is too large says nothing about the name");
        let unknown = complaint("Unrecognized request argument supplied: max_completion_tokens", "");
        assert!(chat.learn(&old, &sent, &unknown));
        assert!(chat.learn(&old, &sent, &unknown), "another request on its way at the same time");
        let renamed = chat.body(&old).unwrap();
        assert_eq!((&renamed["max_tokens"], renamed.get("max_completion_tokens")), (&json!(9), None));
        assert_eq!(chat.body(&new).unwrap()["max_completion_tokens"], 9);
        let other = "Unsupported parameter: 'max_tokens' is not supported with this model. \
            Use 'max_completion_tokens' instead.";
        assert!(chat.learn(&old, &renamed, &complaint(other, "max_tokens")));
        assert_eq!(chat.body(&old).unwrap()["max_completion_tokens"], 9);
    }
}
