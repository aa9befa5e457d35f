//! Health, documentation, the page, and what every answer carries.

use reqwest::Method;
use serde_json::Value;

use crate::server::TestServer;

each_store! {
    async fn a_server_that_serves_is_alive_and_ready(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        for (path, text) in [("//healthz", "ok"), ("//readyz", "ready")] {
            let answer = client.get(path).await;
            assert_eq!((answer.status, answer.body.as_str()), (200, text));
            client.ask(client.request(Method::HEAD, path)).await.is(200);
            client.ask(client.request(Method::POST, path)).await.problem(405, "method-not-allowed");
        }
        server.end().await;
    }

    async fn the_documents_are_served(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        let document = client.get("//openapi.json").await;
        assert_eq!(document.header("content-type"), "application/json");
        assert_eq!(document.to::<Value>(200), serde_json::from_str::<Value>(&chatcore_server::openapi()).unwrap());
        let docs = client.get("//docs").await;
        docs.is(200);
        assert!(docs.header("content-type").starts_with("text/html"), "{:?}", docs.headers);
        assert!(docs.body.contains("/conversations/{id}/messages"), "the page brings the document");
        assert!(docs.header("content-security-policy").contains("default-src 'none'"));
        let page = client.get("//").await;
        page.is(200);
        assert!(page.header("content-type").starts_with("text/html") && !page.body.contains("<script>"));
        client.get("//assets/no-such-file.js").await.problem(404, "not-found");
        client.get("//assets/..%2fCargo.toml").await.problem(404, "not-found");
    }

    async fn every_answer_has_an_id_and_the_headers_of_safety(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        for path in ["//", "//healthz", "//docs", "//nowhere", "/me", "/conversations/x"] {
            let answer = client.get(path).await;
            assert!(!answer.header("x-request-id").is_empty(), "{path}");
            assert_eq!(answer.header("x-content-type-options"), "nosniff", "{path}");
            assert_eq!(answer.header("x-frame-options"), "DENY", "{path}");
        }
        let answer = client.with("x-request-id", "mine-1").get("/me").await;
        assert_eq!(answer.header("x-request-id"), "mine-1");
        assert_eq!(answer.header("cache-control"), "no-store");
    }

    async fn what_is_not_there_and_what_is_not_taken(kind) {
        let server = TestServer::start(kind).await;
        let client = server.anonymous();
        for path in ["//nowhere", "/nowhere", "//api", "//api/v2/me"] {
            client.get(path).await.problem(404, "not-found");
        }
        let refused = client.delete("/conversations").await;
        refused.problem(405, "method-not-allowed");
        assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS, POST");
        let refused = client.delete("/conversations/x/messages").await;
        assert_eq!(refused.header("allow"), "GET, HEAD, OPTIONS, POST");
    }
}
