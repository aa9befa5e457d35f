//! Answers that go wrong, and how often was asked.

use std::time::Duration;

use chatcore::turn::{FinishReason, ModelErrorKind};
use chatcore_llm::Client;
use chatcore_llm::testing::{Answer, MockOpenAi, MockSettings};

use super::support::{LONG, ask, client, client_with, hear};

const HELLO: &str = "data: {\"choices\":[{\"delta\":{\"content\":\"hello\"}}]}\n\n";

/// What the mock answers first, what kind of error that makes, and how often the client asked.
async fn fails(answer: Answer, kind: ModelErrorKind, asked: usize) -> String {
    let mock = MockOpenAi::start().await.unwrap();
    for _ in 0..asked {
        mock.push(answer.clone());
    }
    let heard = hear(&client(&mock), ask("x")).await;
    let error = heard.error.unwrap_or_else(|| panic!("no error for {answer:?}"));
    assert_eq!(error.kind, kind, "{error}");
    assert_eq!(mock.requests().len(), asked, "{error}");
    assert!(!format!("{error:?}").contains("sk-hush"), "{error:?}");
    error.message
}

#[tokio::test]
async fn a_break_in_the_middle_is_an_error_and_never_asked_again() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::events(&format!("{HELLO}{HELLO}{HELLO}")).break_after(2));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!((heard.text().as_str(), heard.error_kind()), ("hellohello", Some(ModelErrorKind::Interrupted)));
    assert_eq!(mock.requests().len(), 1);
}

#[tokio::test]
async fn a_break_before_the_first_event_is_not_asked_again_either() {
    fails(Answer::events(HELLO).break_after(0), ModelErrorKind::Interrupted, 1).await;
}

#[tokio::test]
async fn an_end_without_a_reason_is_a_break() {
    fails(Answer::events(HELLO), ModelErrorKind::Interrupted, 1).await;
    fails(Answer::events(""), ModelErrorKind::Interrupted, 1).await;
}

#[tokio::test]
async fn utf8_that_is_cut_off_is_a_break() {
    let mut body = HELLO.as_bytes().to_vec();
    body.extend_from_slice(b"data: {\"choices\":[{\"delta\":{\"content\":\"\xE2\x82");
    fails(Answer::new(200, "text/event-stream", body), ModelErrorKind::Interrupted, 1).await;
}

#[tokio::test]
async fn a_break_behind_the_reason_is_an_end() {
    let mock = MockOpenAi::start().await.unwrap();
    let end = "data: {\"choices\":[{\"delta\":{},\"finish_reason\":\"stop\"}]}\n\n";
    mock.push(Answer::events(&format!("{HELLO}{end}")).break_after(2));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!((heard.text().as_str(), heard.finish()), ("hello", Some(FinishReason::Stop)));
    assert!(heard.error.is_none());
}

#[tokio::test]
async fn a_limit_is_waited_out() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::error(429, "rate_limit_exceeded", "slow down").header("retry-after", "0"));
    mock.push(Answer::error(500, "server_error", "oops"));
    let heard = hear(&client(&mock), ask("x")).await;
    assert_eq!(heard.text(), "You said: x");
    assert_eq!(mock.requests().len(), 3);
}

#[tokio::test]
async fn a_server_that_hangs_up_without_a_word_is_called_again() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::hang_up());
    assert_eq!(hear(&client(&mock), ask("x")).await.text(), "You said: x");
    assert_eq!(mock.requests().len(), 2);
    fails(Answer::hang_up(), ModelErrorKind::Unavailable, 3).await;
}

#[tokio::test]
async fn a_named_wait_is_kept() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::error(429, "rate_limit_exceeded", "slow down").header("retry-after-ms", "300"));
    let before = tokio::time::Instant::now();
    assert_eq!(hear(&client(&mock), ask("x")).await.text(), "You said: x");
    assert!(before.elapsed() >= Duration::from_millis(300));
}

#[tokio::test]
async fn patience_ends() {
    let limit = Answer::error(429, "rate_limit_exceeded", "slow down");
    fails(limit.clone().header("retry-after-ms", "5"), ModelErrorKind::RateLimited, 3).await;
    fails(limit.clone().header("retry-after", "3600"), ModelErrorKind::RateLimited, 1).await;
    fails(limit.header("x-should-retry", "false"), ModelErrorKind::RateLimited, 1).await;
    fails(Answer::error(429, "insufficient_quota", "pay"), ModelErrorKind::RateLimited, 1).await;
    fails(Answer::error(503, "overloaded", "later"), ModelErrorKind::Unavailable, 3).await;
}

#[tokio::test]
async fn the_wish_of_the_provider_is_passed_on() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::error(429, "rate_limit_exceeded", "slow down").header("retry-after", "3600"));
    let error = hear(&client(&mock), ask("x")).await.error.unwrap();
    assert_eq!(error.retry_after, Some(Duration::from_secs(3600)));
    assert!(error.message.contains("slow down") && error.message.contains("req_mock1"), "{error}");
}

#[tokio::test]
async fn refusals_are_final() {
    let message =
        fails(Answer::error(401, "invalid_api_key", "bad key sk-hush"), ModelErrorKind::Unauthorized, 1).await;
    assert!(message.contains("bad key ***"), "{message}");
    fails(Answer::error(403, "", "no"), ModelErrorKind::Unauthorized, 1).await;
    fails(Answer::error(404, "model_not_found", "none"), ModelErrorKind::UnknownModel, 1).await;
    fails(Answer::error(400, "context_length_exceeded", "long"), ModelErrorKind::ContextTooLong, 1).await;
    fails(Answer::error(422, "", "odd"), ModelErrorKind::BadRequest, 1).await;
    let page = format!("<html>{}</html>", "no ".repeat(1000));
    let message =
        fails(Answer::new(502, "text/html", page).header("x-should-retry", "false"), ModelErrorKind::Unavailable, 1);
    assert!(message.await.len() < 400);
    fails(Answer::new(302, "text/html", "").header("location", "http://127.0.0.1:1/"), ModelErrorKind::Protocol, 1)
        .await;
}

#[tokio::test]
async fn a_key_is_asked_for() {
    let settings = MockSettings { require_key: Some("sk-other".into()), only_listed: true, ..MockSettings::default() };
    let mock = MockOpenAi::start_with(settings).await.unwrap();
    assert_eq!(hear(&client(&mock), ask("x")).await.error_kind(), Some(ModelErrorKind::Unauthorized));
    let right = Client::openai(mock.base_url() + "/").api_key("sk-other").build().unwrap();
    assert_eq!(hear(&right, ask("x")).await.text(), "You said: x");
    let mut request = ask("x");
    request.model = "gpt-0".into();
    assert_eq!(hear(&right, request).await.error_kind(), Some(ModelErrorKind::UnknownModel));
}

#[tokio::test]
async fn nonsense_is_told_apart() {
    fails(Answer::events("data: {\"choices\": nonsense}\n\n"), ModelErrorKind::Protocol, 1).await;
    fails(Answer::new(200, "text/html", "<html>Welcome!</html>"), ModelErrorKind::Protocol, 1).await;
    fails(Answer::new(200, "application/json", "{\"choices\": "), ModelErrorKind::Protocol, 1).await;
    fails(Answer::new(200, "application/json", ""), ModelErrorKind::Protocol, 1).await;
}

#[tokio::test]
async fn an_error_inside_the_stream_is_an_error() {
    let limit = "data: {\"error\":{\"message\":\"too fast\",\"type\":\"rate_limit_exceeded\"}}\n\n";
    let message = fails(Answer::events(&format!("{HELLO}{limit}")), ModelErrorKind::RateLimited, 1).await;
    assert!(message.contains("too fast"), "{message}");
}

#[tokio::test]
async fn silence_ends_in_a_timeout() {
    let mock = MockOpenAi::start().await.unwrap();
    mock.push(Answer::events(HELLO).hang_after(1));
    let heard = hear(&client_with(&mock.base_url(), Duration::from_millis(500)), ask("x")).await;
    assert_eq!((heard.text().as_str(), heard.error_kind()), ("hello", Some(ModelErrorKind::Timeout)));
    mock.push(Answer::events(HELLO).wait(LONG));
    let heard = hear(&client_with(&mock.base_url(), Duration::from_millis(500)), ask("x")).await;
    assert_eq!(heard.error_kind(), Some(ModelErrorKind::Timeout));
    assert_eq!(mock.requests().len(), 2);
}

#[tokio::test]
async fn a_closed_port_is_unavailable() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let address = listener.local_addr().unwrap();
    drop(listener);
    let heard = hear(&client_with(&format!("http://{address}/v1"), LONG), ask("x")).await;
    let error = heard.error.unwrap();
    assert_eq!(error.kind, ModelErrorKind::Unavailable);
    assert!(error.source.is_some());
}
