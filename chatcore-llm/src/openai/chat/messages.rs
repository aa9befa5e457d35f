//! What has been said, as Chat Completions tells it.

use chatcore::conversation::{Part, Role};
use chatcore::turn::{ModelError, ModelMessage};
use serde_json::{Value, json};

use crate::client::{GO_ON, Source, bad_request};

/// What servers add to a tool call and want to see again with it: Gemini's proof of the thought behind it.
pub(super) const EXTRA: &str = "extra_content";

/// The name of a thought that goes back.
pub(super) const THOUGHT: &str = "reasoning_content";

/// What Gemini takes as the proof of a call that another model made.
const NO_PROOF: &str = "skip_thought_signature_validator";

/// How answers are given back.
#[derive(Debug, Clone, Copy, Default)]
pub(super) struct Manner {
    pub(super) thoughts: Thoughts,
    /// Every call needs a proof, and one that has none is excused.
    pub(super) excuse_calls: bool,
}

/// Which thoughts go back.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub(super) enum Thoughts {
    /// None: some servers know no such field, and the first DeepSeek R1 refuses it.
    None,
    /// Those that led to tool calls: a model that thinks between its calls goes on from there.
    #[default]
    WithCalls,
    /// All, and where there was no thought an empty one: DeepSeek asks for the field once there are tools.
    All,
}

/// The messages of a request.
pub(super) fn messages(said: &[ModelMessage], provider: &str, manner: Manner) -> Result<Vec<Value>, ModelError> {
    let mut all = Vec::new();
    for message in said {
        all.extend(turns(message, provider, manner)?);
    }
    go_on(&mut all);
    Ok(all)
}

/// One message of ours may be several of theirs: a tool result is a message of its own there.
fn turns(message: &ModelMessage, provider: &str, manner: Manner) -> Result<Vec<Value>, ModelError> {
    let mut all = Vec::new();
    let mut open = Open::default();
    for part in &message.parts {
        // it stands right before the call that it belongs to
        let extra = open.extra.take();
        match part {
            Part::Text { text } | Part::Refusal { text } => open.content.push(json!({"type": "text", "text": text})),
            Part::Image { url, media_type } => open.content.push(image(&Source::of(url, media_type.as_deref())?)),
            Part::File { url, name, media_type } => {
                open.content.push(file(&Source::of(url, media_type.as_deref())?, name.as_deref())?);
            }
            // a signed one is another wire's
            Part::Reasoning { text, signature: None } => open.thought.push_str(text),
            Part::Provider { provider: whose, raw } if whose == provider => open.extra = raw.get(EXTRA).cloned(),
            Part::ToolCall { id, name, arguments } => open.calls.push(call(id, name, arguments, extra)),
            Part::ToolResult { call_id, content, .. } => {
                all.extend(std::mem::take(&mut open).close(message.role, manner));
                all.push(json!({"role": "tool", "tool_call_id": call_id, "content": content}));
            }
            // what another provider said means nothing here
            _ => {}
        }
    }
    all.extend(open.close(message.role, manner));
    if all.is_empty() && message.role == Role::User {
        all.push(json!({"role": "user", "content": ""}));
    }
    Ok(all)
}

/// Has an answer that is the last thing continued.
fn go_on(all: &mut Vec<Value>) {
    let Some(last) = all.last_mut().filter(|last| last["role"] == "assistant" && last.get("tool_calls").is_none())
    else {
        return;
    };
    if let Some(text) = last["content"].as_str() {
        last["content"] = text.trim_end().into();
    }
    all.push(json!({"role": "user", "content": GO_ON}));
}

/// A message that is being put together.
#[derive(Default)]
struct Open {
    content: Vec<Value>,
    thought: String,
    extra: Option<Value>,
    calls: Vec<Value>,
}

impl Open {
    /// The message, unless it is empty.
    fn close(self, role: Role, manner: Manner) -> Option<Value> {
        let Self { content: said, thought, mut calls, .. } = self;
        if said.is_empty() && calls.is_empty() {
            return None;
        }
        let role = match role {
            Role::System => "system",
            Role::User => "user",
            // text beside a tool result is the model's
            Role::Assistant | Role::Tool => "assistant",
        };
        let mut message = json!({"role": role, "content": content(said)});
        let tells_thought = match manner.thoughts {
            Thoughts::None => false,
            Thoughts::WithCalls => !thought.is_empty() && !calls.is_empty(),
            Thoughts::All => role == "assistant",
        };
        if tells_thought {
            message[THOUGHT] = thought.into();
        }
        // of calls that are made at once the first has the proof
        if let Some(first) = calls.first_mut().filter(|call| manner.excuse_calls && call.get(EXTRA).is_none()) {
            first[EXTRA] = json!({"google": {"thought_signature": NO_PROOF}});
        }
        if !calls.is_empty() {
            message["tool_calls"] = calls.into();
        }
        Some(message)
    }
}

fn call(id: &str, name: &str, arguments: &str, extra: Option<Value>) -> Value {
    let mut call = json!({"id": id, "type": "function", "function": {"name": name, "arguments": arguments}});
    if let Some(extra) = extra {
        call[EXTRA] = extra;
    }
    call
}

/// A plain string where there is only text, because every server understands that.
fn content(parts: Vec<Value>) -> Value {
    if parts.is_empty() {
        return Value::Null;
    }
    match parts.iter().map(|part| part["text"].as_str()).collect::<Option<Vec<_>>>() {
        Some(texts) => texts.join("\n\n").into(),
        None => parts.into(),
    }
}

fn image(source: &Source<'_>) -> Value {
    json!({"type": "image_url", "image_url": {"url": source.to_url()}})
}

fn file(source: &Source<'_>, name: Option<&str>) -> Result<Value, ModelError> {
    match source {
        Source::Data { .. } => {
            let file = json!({"filename": name.unwrap_or("file"), "file_data": source.to_url()});
            Ok(json!({"type": "file", "file": file}))
        }
        Source::Url(_) => Err(bad_request("Chat Completions takes a file as a data: URL only")),
    }
}

#[cfg(test)]
mod tests {
    use chatcore::turn::ModelErrorKind;

    use super::*;

    fn sent(said: &[ModelMessage], manner: Manner) -> Vec<Value> {
        messages(said, "google", manner).unwrap()
    }

    fn by_model(parts: Vec<Part>) -> ModelMessage {
        ModelMessage { role: Role::Assistant, parts }
    }

    fn call(id: &str) -> Part {
        Part::ToolCall { id: id.into(), name: "look".into(), arguments: "{}".into() }
    }

    fn result(id: &str) -> Part {
        Part::ToolResult { call_id: id.into(), content: "seen".into(), is_error: false }
    }

    fn thought(text: &str) -> Part {
        Part::Reasoning { text: text.into(), signature: None }
    }

    fn proof(of: &str, raw: &str) -> Part {
        Part::Provider { provider: of.into(), raw: json!({EXTRA: {"google": {"thought_signature": raw}}}) }
    }

    #[test]
    fn an_answer_at_the_end_is_gone_on_with() {
        let said = |text: &str| ModelMessage::text(Role::Assistant, text);
        let expected = json!([{"role": "assistant", "content": "once upon"}, {"role": "user", "content": GO_ON}]);
        assert_eq!(Value::from(sent(&[said("once upon \n")], Manner::default())), expected);
        let answered = sent(&[said("a "), ModelMessage::text(Role::User, "b")], Manner::default());
        let untouched = json!([{"role": "assistant", "content": "a "}, {"role": "user", "content": "b"}]);
        assert_eq!(Value::from(answered), untouched);
    }

    #[test]
    fn images_and_files_make_a_list() {
        let parts = vec![
            Part::text("look"),
            Part::Image { url: "data:image/png;base64,AA==".into(), media_type: None },
            Part::File { url: "data:text/plain,x".into(), name: Some("x.txt".into()), media_type: None },
        ];
        let sent = sent(&[ModelMessage { role: Role::User, parts }], Manner::default());
        let kinds: Vec<_> = sent[0]["content"].as_array().unwrap().iter().map(|part| part["type"].clone()).collect();
        assert_eq!(kinds, ["text", "image_url", "file"]);
        let unknown = Part::Image { url: "att_1".into(), media_type: None };
        let unknown = ModelMessage { role: Role::User, parts: vec![unknown] };
        let error = messages(&[unknown], "google", Manner::default()).unwrap_err();
        assert_eq!(error.kind, ModelErrorKind::BadRequest);
    }

    #[test]
    fn tool_calls_and_results_become_messages_in_order() {
        let parts = vec![call("1"), call("2"), result("1"), result("2"), Part::text("done")];
        let sent = sent(&[by_model(parts), ModelMessage::text(Role::User, "so?")], Manner::default());
        let roles: Vec<_> = sent.iter().map(|message| message["role"].clone()).collect();
        assert_eq!(roles, ["assistant", "tool", "tool", "assistant", "user"]);
        assert_eq!(sent[0]["content"], Value::Null);
        assert_eq!(sent[0]["tool_calls"][1]["id"], "2");
        assert_eq!(sent[2]["tool_call_id"], "2");
        assert_eq!(sent[3]["content"], "done");
    }

    #[test]
    fn thoughts_go_back_with_the_calls_that_they_led_to() {
        let of_another_wire = Part::Reasoning { text: "hm".into(), signature: Some("c2ln".into()) };
        let parts = vec![thought("look "), thought("first"), call("1"), result("1"), thought("so"), Part::text("done")];
        let said = [by_model(parts), by_model(vec![of_another_wire, call("2"), result("2")])];
        let thoughts = |thoughts| {
            let sent = sent(&said, Manner { thoughts, ..Manner::default() });
            let of_model = sent.into_iter().filter(|message| message["role"] == "assistant");
            of_model.map(|message| message.get(THOUGHT).cloned()).collect::<Vec<_>>()
        };
        assert_eq!(thoughts(Thoughts::None), [None, None, None]);
        assert_eq!(thoughts(Thoughts::WithCalls), [Some(json!("look first")), None, None]);
        assert_eq!(thoughts(Thoughts::All), [Some(json!("look first")), Some(json!("so")), Some(json!(""))]);
    }

    #[test]
    fn a_proof_goes_back_with_the_call_behind_it() {
        let parts = vec![proof("google", "a"), call("1"), call("2"), result("1"), result("2"), proof("other", "b")];
        let dangling = vec![proof("google", "c"), Part::text("let me see"), call("3"), result("3")];
        let said = [by_model(parts), by_model(dangling)];
        let proofs = |excuse_calls| {
            let sent = sent(&said, Manner { excuse_calls, ..Manner::default() });
            let calls = sent.iter().filter_map(|message| message["tool_calls"].as_array()).flatten();
            calls.map(|call| call.pointer("/extra_content/google/thought_signature").cloned()).collect::<Vec<_>>()
        };
        assert_eq!(proofs(false), [Some(json!("a")), None, None]);
        assert_eq!(proofs(true), [Some(json!("a")), None, Some(json!(NO_PROOF))]);
    }
}
