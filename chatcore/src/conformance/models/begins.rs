//! How an answer begins, and when it does not.

use std::collections::BTreeSet;
use std::time::Duration;

use super::bench::{Bench, Outcome};
use super::harness::Scene;
use crate::turn::ModelErrorKind;

pub(super) async fn offers_itself(bench: &Bench<'_>) -> Outcome {
    let models = bench.model.models();
    assert!(!models.is_empty(), "it offers no model");
    let names: BTreeSet<&str> = models.iter().map(|info| info.id.as_str()).collect();
    assert_eq!(names.len(), models.len(), "it offers a name twice: {models:?}");
    for info in &models {
        assert!(!info.id.is_empty(), "a model has no name");
        assert!(info.context_tokens > 0, "{} has no room for a prompt", info.id);
        let mut request = bench.ask("Hello.");
        request.model.clone_from(&info.id);
        bench.hear(request).await.well();
    }
    Ok(())
}

pub(super) async fn unknown_model_refused(bench: &Bench<'_>) -> Outcome {
    let mut request = bench.ask("Hello.");
    request.model = "no-such-model-anywhere".to_owned();
    let heard = bench.hear(request).await;
    assert_eq!(heard.kind(), Some(ModelErrorKind::UnknownModel), "an unknown model gave {heard:?}");
    assert!(heard.events.is_empty(), "an unknown model said {:?}", heard.events);
    Ok(())
}

pub(super) async fn long_prompts(bench: &Bench<'_>) -> Outcome {
    // beyond every buffer that a socket, a line or a frame may have
    let question = "Zw\u{f6}lf Boxk\u{e4}mpfer jagen Viktor. \u{1f600} ".repeat(8_000) + "END";
    let heard = bench.hear(bench.ask(&question)).await;
    if heard.kind() == Some(ModelErrorKind::ContextTooLong) {
        assert!(heard.events.is_empty(), "a prompt that is too long was answered");
        return Ok(());
    }
    let heard = heard.well();
    // whether the answer is right to the letter is for another check
    let (said, expected) = (heard.text().len(), bench.answer(&question)?.len());
    assert!(said > expected / 10 * 9, "a prompt of {} bytes was answered with {said}, not {expected}", question.len());
    Ok(())
}

pub(super) async fn refusal_before_start(bench: &Bench<'_>) -> Outcome {
    let cases = [
        (ModelErrorKind::RateLimited, Some(Duration::from_secs(3600))),
        (ModelErrorKind::Unauthorized, None),
        (ModelErrorKind::BadRequest, None),
    ];
    for (kind, retry_after) in cases {
        bench.stage(Scene::Refuses { kind, retry_after }).await?;
        let heard = bench.hear(bench.ask("Hello.")).await;
        assert!(heard.refused, "the provider refused, and there was a stream: {heard:?}");
        assert_eq!(heard.kind(), Some(kind), "{:?}", heard.error);
        let told = heard.error.and_then(|error| error.retry_after);
        assert_eq!(told, retry_after, "how long the provider asks to be left alone");
    }
    Ok(())
}
