use proptest::prelude::*;
use serde_json::json;

use super::*;
use crate::turn::plan::tests::{any_message, paired};
use crate::turn::plan::{Estimate, estimate, speeches};

fn tool(words: usize) -> ToolSpec {
    let parameters = json!({"type": "object", "description": "word ".repeat(words)});
    ToolSpec { name: "look".into(), description: "looks something up".into(), parameters }
}

/// A round of a run: calls, then their results.
fn round(at: usize, calls: &[(String, String)]) -> Vec<ModelMessage> {
    let id = |n: usize| format!("r{at}-{n}");
    let call = |(n, (arguments, _)): (usize, &(String, String))| Part::ToolCall {
        id: id(n),
        name: "look".into(),
        arguments: arguments.clone(),
    };
    let result = |(n, (_, content)): (usize, &(String, String))| Part::ToolResult {
        call_id: id(n),
        content: content.clone(),
        is_error: false,
    };
    let parts: Vec<Part> = calls.iter().enumerate().map(call).chain(calls.iter().enumerate().map(result)).collect();
    speeches(Role::Assistant, &parts)
}

fn calls(message: &ModelMessage) -> Vec<&str> {
    let ids = message.parts.iter().filter_map(|part| match part {
        Part::ToolCall { id, .. } => Some(id.as_str()),
        Part::ToolResult { call_id, .. } => Some(call_id.as_str()),
        _ => None,
    });
    ids.collect()
}

fn request(messages: Vec<ModelMessage>, tools: Vec<ToolSpec>) -> ModelRequest {
    ModelRequest { messages, tools, ..ModelRequest::default() }
}

#[test]
fn what_fits_stays_as_it_is() {
    let messages = vec![ModelMessage::text(Role::User, "look"), ModelMessage::text(Role::Assistant, "at")];
    let asked = request(messages, vec![tool(3)]);
    let tokens = tokens_of(&asked, &Estimate);
    assert_eq!(fit(asked.clone(), tokens, &Estimate).unwrap(), (asked.clone(), tokens));
    let without = ModelRequest { tools: Vec::new(), ..asked };
    assert!(tokens_of(&without, &Estimate) + 12 < tokens, "schemas are counted");
}

#[test]
fn the_form_of_the_answer_is_counted() {
    let schema = json!({"type": "object", "description": "word ".repeat(99)});
    let response_format = Some(ResponseFormat::JsonSchema { name: "form".into(), schema, strict: true });
    let options = ModelOptions { response_format, ..ModelOptions::default() };
    let fixed = Fixed::of(&[], &options, &Estimate);
    assert!(fixed.tools == 0 && fixed.format > 99, "{fixed:?}");
    assert_eq!((room(fixed.format + 64, fixed), room(fixed.format + 63, fixed)), (Some(64), None));
    assert_eq!(room(0, Fixed::default()), Some(MIN_BUDGET), "without schemas there is always room for something");
}

#[test]
fn older_rounds_go_before_newer_ones() {
    let mut messages = vec![ModelMessage::text(Role::System, "be kind"), ModelMessage::text(Role::User, "look")];
    for at in 0..4 {
        messages.extend(round(at, &[("{}".into(), "x".repeat(400))]));
    }
    let (fitted, _) = fit(request(messages, vec![tool(1)]), 300, &Estimate).unwrap();
    let ids: Vec<&str> = fitted.messages.iter().flat_map(calls).collect();
    assert_eq!(ids, ["r2-0", "r2-0", "r3-0", "r3-0"]);
    let said: Vec<Role> = fitted.messages[..2].iter().map(|message| message.role).collect();
    assert_eq!(said, [Role::System, Role::User], "the question stays");
}

#[test]
fn what_cannot_fit_is_refused() {
    let question = ModelMessage::text(Role::User, "look");
    let called = round(0, &[("x".repeat(4_000), "found".into())]);
    let messages: Vec<ModelMessage> = [question.clone()].into_iter().chain(called).collect();
    for (asked, what) in [
        (request(messages, vec![tool(1)]), "the newest calls"),
        (request(vec![question], vec![tool(2_000)]), "the schemas alone"),
        (request(vec![ModelMessage::text(Role::System, "rule"); 200], Vec::new()), "what has to be shown"),
    ] {
        let refused = fit(asked, 300, &Estimate).unwrap_err();
        assert_eq!(refused.kind, ModelErrorKind::ContextTooLong);
        assert!(refused.message.starts_with(what), "{refused}");
    }
}

fn any_calls() -> impl Strategy<Value = Vec<(String, String)>> {
    let arguments = prop_oneof![9 => "[a-z]{0,60}", 1 => "[a-z]{0,2000}"];
    let content = prop_oneof![3 => "[a-zä]{0,200}", 1 => "[a-z]{0,4000}"];
    prop::collection::vec((arguments, content), 1..4)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(500))]
    #[test]
    fn every_round_fits_or_is_refused_for_a_reason(
        path in prop::collection::vec(any_message(), 0..8),
        question in "[a-z]{1,200}",
        rounds in prop::collection::vec(any_calls(), 1..6),
        system in prop::option::of("[a-z ]{1,300}"),
        budget in prop_oneof![0..600_u64, 0..5_000_u64],
        tools in 0..3_usize,
    ) {
        let system = system.map(|text| ModelMessage::text(Role::System, text));
        let has_system = system.is_some();
        // what a plan has let through is paired already
        let older = crate::turn::plan::plan(None, &path, 100_000, &Estimate).messages;
        let mut messages: Vec<ModelMessage> = system.into_iter().chain(older).collect();
        messages.push(ModelMessage::text(Role::User, question));
        messages.extend(rounds.iter().enumerate().flat_map(|(at, calls)| round(at, calls)));
        let newest = calls(messages.last().unwrap()).iter().map(ToString::to_string).collect::<Vec<_>>();
        let asked = request(messages, (0..tools).map(tool).collect());
        let whole = tokens_of(&asked, &Estimate);
        let needed = Fixed::of(&asked.tools, &asked.options, &Estimate).total()
            + rounds.last().unwrap().iter().map(|(arguments, _)| 1 + estimate_of(arguments)).sum::<u64>()
            + 4 * 4;
        match fit(asked.clone(), budget, &Estimate) {
            Ok((fitted, tokens)) => {
                prop_assert!(tokens <= budget.max(MIN_BUDGET), "{tokens} of {budget}");
                let said: u64 = fitted.messages.iter().map(|message| estimate(&message.parts)).sum();
                prop_assert_eq!(tokens, said + Fixed::of(&fitted.tools, &fitted.options, &Estimate).total());
                prop_assert!(paired(&fitted.messages), "{:?}", fitted.messages);
                prop_assert_eq!(calls(fitted.messages.last().unwrap()), newest);
                prop_assert!(fitted.messages.iter().any(|message| message.role == Role::User));
                prop_assert_eq!(fitted.messages[0].role == Role::System, has_system);
                prop_assert_eq!(&fitted.tools, &asked.tools);
                prop_assert_eq!(fitted == asked, whole <= budget.max(MIN_BUDGET));
            }
            Err(error) => {
                prop_assert_eq!(error.kind, ModelErrorKind::ContextTooLong);
                prop_assert!(budget < needed + MIN_BUDGET, "{} is enough for {}: {}", budget, needed, error);
            }
        }
    }
}

fn estimate_of(text: &str) -> u64 {
    Estimate.count(text)
}
