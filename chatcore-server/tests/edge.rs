//! The edge of the server, over bare sockets: every answer has its headers, every error is a problem, no client can
//! hold the server up.

#[cfg(test)]
#[path = "edge/bodies.rs"]
mod bodies;
#[cfg(test)]
#[path = "edge/client.rs"]
mod client;
#[cfg(test)]
#[path = "edge/connections.rs"]
mod connections;
#[cfg(test)]
#[path = "edge/service.rs"]
mod service;
#[cfg(test)]
#[path = "edge/tls.rs"]
mod tls;

use chatcore_server::http::{EdgeSettings, Problem, Render, ServerLimits};
use client::{Client, ask, bare, json};
use poem::IntoResponse;
use poem::http::StatusCode;
use service::{start, start_with};

#[tokio::test]
async fn errors_of_routing_are_problems() {
    let server = start().await;
    ask(server.address, &bare("GET", "/nowhere")).await.problem(404, "not-found");
    ask(server.address, &bare("GET", "/api/nowhere")).await.problem(404, "not-found");
    let refused = ask(server.address, &bare("DELETE", "/api/things")).await;
    refused.problem(405, "method-not-allowed");
    assert_eq!(refused.headers["allow"], "GET, HEAD, OPTIONS, POST");
    ask(server.address, &bare("TRACE", "/peer")).await.problem(405, "method-not-allowed");
    let options = ask(server.address, &bare("OPTIONS", "/api/things/7")).await;
    assert_eq!((options.status, options.headers["allow"].as_str()), (204, "GET, HEAD, OPTIONS"));
}

#[tokio::test]
async fn an_id_that_cannot_be_read_does_not_exist() {
    let server = start().await;
    let answer = ask(server.address, &bare("GET", "/api/things/seven")).await;
    let problem = answer.problem(404, "not-found");
    assert!(!answer.body.contains("param0"), "{problem}");
}

#[tokio::test]
async fn parameters_are_named() {
    let server = start().await;
    let missing = ask(server.address, &bare("GET", "/api/things")).await.problem(400, "bad-request");
    assert_eq!(missing["errors"][0]["field"], "limit");
    assert_eq!(missing["errors"][0]["message"], "is missing");
    for query in ["limit=x", "limit=-1", "limit=101"] {
        let problem =
            ask(server.address, &bare("GET", &format!("/api/things?{query}"))).await.problem(400, "bad-request");
        assert_eq!(problem["errors"][0]["field"], "limit", "{query}");
    }
}

#[tokio::test]
async fn bodies_are_told_apart() {
    let server = start().await;
    let post = |body: &str| json("POST", "/api/things", body);
    assert_eq!(ask(server.address, &post(r#"{"text":"a","count":2}"#)).await.body, r#""a:2""#);
    ask(server.address, &post(r#"{"text":"#)).await.problem(400, "bad-request");
    ask(server.address, &post("")).await.problem(400, "bad-request");
    let typed = post(r#"{"text":"a"}"#).replace("application/json", "text/csv");
    ask(server.address, &typed).await.problem(415, "unsupported-media-type");
    let cases = [
        ("{}", "text", "is required"),
        (r#"{"text":null}"#, "text", "is required"),
        (r#"{"text":[5]}"#, "text", "must be a string"),
        (r#"{"text":"a","count":"2"}"#, "count", "must be an integer"),
        (r#"{"text":""}"#, "text", "does not satisfy minLength(1)"),
        ("[]", "", "The body must be a JSON object."),
    ];
    for (body, field, message) in cases {
        let problem = ask(server.address, &post(body)).await.problem(422, "invalid");
        assert_eq!(problem["errors"][0]["field"], field, "{problem}");
        assert_eq!(problem["errors"][0]["message"], message, "{problem}");
    }
}

#[tokio::test]
async fn errors_of_the_core_are_problems() {
    let server = start().await;
    let missing = ask(server.address, &bare("GET", "/core")).await.problem(404, "not-found");
    assert_eq!(missing["detail"], "There is no such conversation.");
    let field = ask(server.address, &bare("GET", "/core?field")).await.problem(422, "invalid");
    assert_eq!(field["detail"], "`text` is empty");
    assert!(ask(server.address, &bare("GET", "/core?head")).await.problem(409, "stale-head")["head"].is_null());
    let busy = ask(server.address, &bare("GET", "/core?busy")).await;
    busy.problem(503, "overloaded");
    assert_eq!(busy.headers["retry-after"], "1");
}

#[tokio::test]
async fn a_panic_is_a_problem_and_the_connection_goes_on() {
    let server = start().await;
    let mut client = Client::new(server.address).await;
    client.send(&bare("GET", "/boom")).await;
    let answer = client.answer().await;
    answer.problem(500, "internal");
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    client.send(&bare("GET", "/peer")).await;
    assert!(client.answer().await.body.starts_with("socket://127.0.0.1:"));
}

#[tokio::test]
async fn plain_text_of_an_error_never_leaves() {
    let server = start().await;
    let answer = ask(server.address, &bare("GET", "/plain")).await;
    answer.problem(409, "conflict");
    assert!(!answer.body.contains("secret"), "{}", answer.body);
    assert_eq!(answer.headers["x-kept"], "yes");
}

#[tokio::test]
async fn what_is_not_http_is_refused_with_a_problem() {
    let server = start().await;
    for garbage in ["hello\r\n\r\n", "GET / HTTP/1.1\r\nbad header\r\n\r\n"] {
        let mut client = Client::new(server.address).await;
        client.send(garbage).await;
        client.answer().await.problem(400, "bad-request");
        assert_eq!(client.rest().await, "");
    }
    let long = format!("GET / HTTP/1.1\r\nhost: test\r\nx-long: {}\r\n\r\n", "x".repeat(100_000));
    ask(server.address, &long).await.problem(431, "headers-too-large");
    let many = format!("GET / HTTP/1.1\r\nhost: test\r\n{}\r\n", "x-many: 1\r\n".repeat(200));
    ask(server.address, &many).await.problem(431, "headers-too-large");
}

#[tokio::test]
async fn a_request_id_is_taken_when_it_is_a_plain_word() {
    let server = start().await;
    let request = |id: &str| format!("GET /peer HTTP/1.1\r\nhost: test\r\nx-request-id: {id}\r\n\r\n");
    assert_eq!(ask(server.address, &request("abc-1.2_3")).await.headers["x-request-id"], "abc-1.2_3");
    for bad in ["", "two words", "<b>", &"x".repeat(129)] {
        let id = &ask(server.address, &request(bad)).await.headers["x-request-id"];
        assert!(id.len() == 32 && id.bytes().all(|byte| byte.is_ascii_hexdigit()), "{bad:?} became {id:?}");
    }
}

#[tokio::test]
async fn a_mount_may_have_an_error_shape_of_its_own() {
    let own = |path: &str, problem: &Problem| {
        let body = format!("{{\"error\":{:?}}}", problem.slug());
        path.starts_with("/api").then(|| (problem.status(), body).with_content_type("application/json").into_response())
    };
    let settings = EdgeSettings { render: Render::new(own), hsts: true, ..EdgeSettings::default() };
    let server = start_with(settings, ServerLimits::default()).await;
    let answer = ask(server.address, &bare("GET", "/api/nowhere")).await;
    assert_eq!((answer.status, answer.body.as_str()), (StatusCode::NOT_FOUND.as_u16(), r#"{"error":"not-found"}"#));
    assert!(answer.headers.contains_key("strict-transport-security"));
    ask(server.address, &bare("GET", "/nowhere")).await.problem(404, "not-found");
}
