//! Work that nobody waits for.

use futures::future::{Either, select};
use futures::{FutureExt, StreamExt};

use super::bench::{Bench, Outcome, pieces};
use super::harness::Scene;
use crate::turn::ModelEvent;

pub(super) async fn drop_cancels(bench: &Bench<'_>) -> Outcome {
    bench.at_work(0, "before anything was asked").await?;
    // a model that cannot be told to hang is left in the middle of a plain answer
    let _ = bench.stage(Scene::Hangs { pieces: pieces() }).await;
    let started = bench.model.stream(bench.ask("Tell me a long story.")).await;
    let mut stream = started.unwrap_or_else(|error| panic!("a plain question failed: {error}"));
    while let Some(event) = stream.next().await {
        match event {
            Ok(ModelEvent::Text(text)) if !text.is_empty() => break,
            Ok(ModelEvent::Finish(_)) => panic!("it finished without a word"),
            Ok(_) => {}
            Err(error) => panic!("a plain question failed: {error}"),
        }
    }
    bench.at_work(1, "in the middle of an answer").await?;
    drop(stream);
    bench.at_work(0, "after the stream was dropped").await
}

pub(super) async fn cancels_before_first_event(bench: &Bench<'_>) -> Outcome {
    bench.at_work(0, "before anything was asked").await?;
    for scene in [Scene::Silent, Scene::Hangs { pieces: Vec::new() }] {
        bench.stage(scene).await?;
        let asking = async {
            let started = bench.model.stream(bench.ask("Hello.")).await;
            let mut stream = started.unwrap_or_else(|error| panic!("a plain question failed: {error}"));
            stream.next().await
        };
        let begun = bench.at_work(1, "while the first event is waited for");
        let outcome = match select(asking.boxed(), begun.boxed()).await {
            Either::Left((event, _)) => panic!("nothing was said, and there came {event:?}"),
            // what waits is dropped here
            Either::Right((outcome, _)) => outcome,
        };
        outcome?;
        bench.at_work(0, "after nobody waited any more").await?;
    }
    Ok(())
}
