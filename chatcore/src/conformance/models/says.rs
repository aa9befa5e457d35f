//! What an answer says.

use futures::StreamExt;

use super::bench::{Bench, Outcome, Skip, pieces, tool};
use super::harness::Scene;
use crate::turn::{FinishReason, ModelEvent, Usage, UsageSource};

pub(super) async fn text_in_order(bench: &Bench<'_>) -> Outcome {
    let scene = Scene::Says { pieces: pieces(), usage: Vec::new() };
    let expected = match bench.stage(scene).await {
        Ok(()) => pieces().concat(),
        Err(_) => bench.answer("What comes after one, and what after that?")?,
    };
    let heard = bench.hear(bench.ask("What comes after one, and what after that?")).await.well();
    assert_eq!(heard.text(), expected);
    Ok(())
}

pub(super) async fn tool_calls_whole(bench: &Bench<'_>) -> Outcome {
    let arguments = r#"{"at":"the \"sea\" 😀","depth":[1,2]}"#;
    let scene = Scene::Calls { id: "call_77".into(), name: "look".into(), arguments: arguments.into() };
    bench.stage(scene).await?;
    let mut request = bench.ask("Look at the sea.");
    request.tools = vec![tool()];
    let heard = bench.hear(request).await.well();
    let calls: Vec<_> = heard
        .events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::ToolCall { id, name, arguments } => Some((id, name, arguments)),
            _ => None,
        })
        .collect();
    let [(id, name, told)] = calls[..] else { panic!("one call was made, and there are {calls:?}") };
    assert!(!id.is_empty(), "a call needs an id, so that its result can name it");
    assert_eq!(name, "look");
    let told: serde_json::Value = serde_json::from_str(told).unwrap_or_else(|error| panic!("{told:?}: {error}"));
    assert_eq!(told, serde_json::from_str::<serde_json::Value>(arguments).unwrap());
    assert_eq!(heard.events.last(), Some(&ModelEvent::Finish(FinishReason::ToolCalls)));
    Ok(())
}

pub(super) async fn usage_last_counts(bench: &Bench<'_>) -> Outcome {
    let total = |output| Usage { input: 11, output, source: UsageSource::Provider, ..Usage::default() };
    bench.stage(Scene::Says { pieces: pieces(), usage: vec![total(1), total(4), total(7)] }).await?;
    let heard = bench.hear(bench.ask("Count.")).await.well();
    let told: Vec<Usage> = heard
        .events
        .iter()
        .filter_map(|event| match event {
            ModelEvent::Usage(usage) => Some(*usage),
            _ => None,
        })
        .collect();
    let last = told.last().unwrap_or_else(|| panic!("the provider told its usage, and nobody heard of it"));
    assert_eq!((last.input, last.output, last.total()), (11, 7, 18), "of {told:?}");
    assert!(told.is_sorted_by_key(Usage::total), "totals do not shrink: {told:?}");
    Ok(())
}

pub(super) async fn streams_are_independent(bench: &Bench<'_>) -> Outcome {
    let questions = ["Who is there, the first asks?", "And who is that, says the second?", "Nobody at all."];
    let mut open = Vec::new();
    for question in questions {
        match bench.model.stream(bench.ask(question)).await {
            Ok(stream) => open.push(stream),
            Err(error) => panic!("one of three that run at once failed: {error}"),
        }
    }
    // the third is dropped after a word; the others are read in turns
    let first_word = open.pop().map(|mut stream| async move { stream.next().await.is_some() });
    assert!(first_word.is_some() && first_word.unwrap().await, "the third says nothing");
    let mut texts = vec![String::new(); open.len()];
    let mut ended = vec![false; open.len()];
    while ended.contains(&false) {
        for (at, stream) in open.iter_mut().enumerate().filter(|(at, _)| !ended[*at]).collect::<Vec<_>>() {
            match stream.next().await {
                Some(Ok(ModelEvent::Text(text))) => texts[at].push_str(&text),
                Some(Ok(_)) => {}
                Some(Err(error)) => panic!("stream {at} failed: {error}"),
                None => ended[at] = true,
            }
        }
    }
    if questions.iter().any(|question| bench.harness.answer(question).is_none()) {
        return Err(Skip("the harness does not know the answer"));
    }
    for (question, text) in questions.iter().zip(&texts) {
        let alone = bench.hear(bench.ask(question)).await.well();
        assert_eq!(*text, alone.text(), "what was said to {question:?} among others, and alone");
    }
    Ok(())
}
