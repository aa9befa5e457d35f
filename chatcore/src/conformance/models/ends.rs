//! How an answer ends.

use super::bench::{Bench, Outcome, pieces};
use super::harness::Scene;
use crate::turn::{ModelErrorKind, ModelEvent};

pub(super) async fn one_finish(bench: &Bench<'_>) -> Outcome {
    let heard = bench.hear(bench.ask("Say something.")).await;
    assert!(heard.error.is_none(), "a plain question failed: {:?}", heard.error);
    assert_eq!(heard.finishes(), 1, "of {:?}", heard.events);
    assert!(matches!(heard.events.last(), Some(ModelEvent::Finish(_))), "the last event is {:?}", heard.events.last());
    Ok(())
}

pub(super) async fn error_ends(bench: &Bench<'_>) -> Outcome {
    bench.stage(Scene::Breaks { pieces: pieces() }).await?;
    let heard = bench.hear(bench.ask("Say something.")).await;
    assert_eq!(heard.after_error, 0, "something came behind {:?}", heard.error);
    Ok(())
}

pub(super) async fn break_is_error(bench: &Bench<'_>) -> Outcome {
    for said in [pieces(), Vec::new()] {
        bench.stage(Scene::Breaks { pieces: said.clone() }).await?;
        let before = bench.harness.asked().await;
        let heard = bench.hear(bench.ask("Say something.")).await;
        assert_eq!(heard.text().is_empty(), said.is_empty(), "what was said before it broke off: {:?}", heard.events);
        assert_eq!(heard.finishes(), 0, "an answer that breaks off is not finished");
        assert_eq!(heard.kind(), Some(ModelErrorKind::Interrupted), "{:?}", heard.error);
        let times = bench.harness.asked().await.zip(before).map(|(after, before)| after - before);
        assert!(times.is_none_or(|times| times == 1), "it was asked {times:?} times");
    }
    Ok(())
}

pub(super) async fn used_again(bench: &Bench<'_>) -> Outcome {
    let question = "Are you well?";
    // a model whose answers differ cannot be compared with itself
    bench.answer(question)?;
    let first = bench.hear(bench.ask(question)).await.well().text();
    assert!(!first.is_empty(), "it says nothing");
    for scene in
        [Scene::Breaks { pieces: pieces() }, Scene::Refuses { kind: ModelErrorKind::BadRequest, retry_after: None }]
    {
        bench.stage(scene).await?;
        bench.hear(bench.ask(question)).await;
        bench.stage(Scene::Usual).await?;
        let again = bench.hear(bench.ask(question)).await;
        assert!(again.error.is_none(), "after a failure it fails again: {:?}", again.error);
        assert_eq!(again.text(), first, "after a failure");
    }
    Ok(())
}
