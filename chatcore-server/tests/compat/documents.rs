//! What mounts say of themselves: documents, and pages that load nothing from elsewhere.

use serde_json::Value;

use crate::server::{Kind, TestServer};

#[tokio::test]
async fn mounts_say_what_they_have() {
    let server = TestServer::start(Kind::Memory).await;
    let schema = server.anonymous().at("sentx").get("/api/schema/?format=json").await;
    assert_eq!(schema.header("content-type"), "application/vnd.oai.openapi+json");
    let yaml = server.anonymous().at("sentx").get("/api/schema/").await;
    assert_eq!((yaml.header("content-type"), &yaml.body), ("application/vnd.oai.openapi; charset=utf-8", &schema.body));
    let other = server.anonymous().at("chat-platform").get("/openapi.json").await;
    for (document, version, path) in
        [(schema.json(200), "3.0.3", "/chat/messages"), (other.json(200), "3.1.0", "/auth/authenticate")]
    {
        assert_eq!(document["openapi"], version);
        assert!(document["servers"][0]["url"].as_str().unwrap().starts_with("/compat/"), "{document}");
        let operation = &document["paths"][path]["post"];
        assert!(operation["responses"]["200"].is_object() && operation["requestBody"].is_object(), "{operation}");
        // every operation says what may come of it
        let operations =
            document["paths"].as_object().unwrap().values().flat_map(|path| path.as_object().unwrap().values());
        assert!(operations.into_iter().all(|it| it["responses"].as_object().is_some_and(|all| !all.is_empty())));
    }
    server.end().await;
}

#[tokio::test]
async fn pages_of_documents_load_nothing_from_elsewhere() {
    let server = TestServer::start(Kind::Memory).await;
    for (mount, path) in
        [("sentx", "/api/swagger/"), ("sentx", "/api/redoc/"), ("chat-platform", "/docs"), ("chat-platform", "/redoc")]
    {
        let page = server.anonymous().at(mount).get(path).await;
        assert_eq!((page.status, page.header("content-type")), (200, "text/html; charset=utf-8"), "{path}");
        let policy = page.header("content-security-policy").to_owned();
        assert!(policy.starts_with("default-src 'none'") && !policy.contains("http"), "{policy}");
        let loads = ["src=\"http", "href=\"http"].map(|load| page.body.contains(load));
        let head = page.body.split("<script").next().unwrap();
        assert!(!head.contains("https://"), "{path}: {head:.2000}");
        assert!(!loads[0], "{path} loads a script from elsewhere");
        let spec = page.body.rsplit_once("let spec = ").expect("a document in the page").1;
        let document: Value = serde_json::Deserializer::from_str(spec).into_iter().next().unwrap().unwrap();
        assert!(document["paths"].as_object().unwrap().len() > 10, "{path}");
    }
    server.end().await;
}
