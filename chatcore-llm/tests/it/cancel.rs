//! Whoever stops listening ends the work upstream.

use chatcore::turn::LanguageModel;
use chatcore_llm::testing::{Answer, MockOpenAi};
use futures::StreamExt;

use super::support::{LONG, ask, client, until};

#[tokio::test]
async fn dropping_the_stream_closes_the_connection() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::events("data: {\"choices\":[{\"delta\":{\"content\":\"a\"}}]}\n\n").hang_after(1));
    let mut stream = client(&mock).stream(ask("x")).await.unwrap();
    assert!(stream.next().await.is_some_and(|event| event.is_ok()));
    assert_eq!(mock.left_early(), 0);
    drop(stream);
    until(|| mock.left_early() == 1).await;
}

#[tokio::test]
async fn dropping_the_future_closes_the_connection() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::events("").wait(LONG));
    let model = client(&mock);
    let asking = tokio::spawn(async move { model.stream(ask("x")).await.is_ok() });
    until(|| mock.requests().len() == 1).await;
    asking.abort();
    until(|| mock.left_early() == 1).await;
    assert_eq!(mock.requests().len(), 1);
}
