//! The binary as a tool: settings looked at, a running server asked how it is.

use std::fs;
use std::net::TcpListener;

use chatcore_server::config::reference;
use serde_json::{Value, json};

use super::tool::Tool;
use crate::binary::Binary;
use crate::client::eventually;

/// A port that was free a moment ago.
fn free_port() -> u16 {
    TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port()
}

#[tokio::test]
async fn settings_are_printed_with_where_they_come_from_and_without_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let file = "titles = \"off\"\ndrain_seconds = 9\n[mail]\nfrom = \"chat@example.org\"\n[[models]]\nid = \"e\"\nkind = \"eliza\"\n";
    fs::write(folder.path().join("chatcore.toml"), file).unwrap();
    fs::write(folder.path().join(".env"), "CHATCORE_TOOLS=current_time\nREDIS_HOST=cache\n").unwrap();
    let tool = Tool::new(folder.path())
        .with("SECRET_KEY", "hunter2hunter2hunter2hunter2hunter2")
        .with("PORT", "4321")
        .with("CHATCORE_STORE", "postgres://ada:hunter2@db/chat");
    let output = tool.run(&["--drain-seconds", "3", "config", "print"]).await;
    let (said, noted) = (String::from_utf8(output.stdout).unwrap(), String::from_utf8(output.stderr).unwrap());
    for line in [
        "listen = \"0.0.0.0:4321\"  # PORT",
        "store = (not shown)  # the environment",
        "secret = (not shown)  # SECRET_KEY",
        "titles = \"off\"  # chatcore.toml",
        "tools = \"current_time\"  # the environment",
        "drain_seconds = 3  # the command line",
        "mail.from = \"chat@example.org\"  # chatcore.toml",
        "# models: 1 rows in chatcore.toml",
    ] {
        assert!(said.lines().any(|known| known == line), "{line} in {said}");
    }
    assert!(!said.contains("hunter2") && !noted.contains("hunter2"), "{said}{noted}");
    assert!(noted.contains("REDIS_HOST has no effect: "), "{noted}");
}

#[tokio::test]
async fn a_key_goes_to_nobody_but_who_knows_it() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Tool::new(folder.path())
        .with("OPENAI_API_KEY", "sk-openai")
        .with("OPENAI_BASE_URL", "https://api.sentx.example/v1");
    assert!(tool.fine(&["config", "print"]).await.contains("openai_api_key = (not shown)  # the environment"));
    let sentx = tool.with("SENTX_SECRET_KEY", "sx-key");
    assert!(sentx.fine(&["config", "print"]).await.contains("openai_api_key = (not shown)  # SENTX_SECRET_KEY"));
    let flag = sentx.fine(&["--openai-api-key", "sk-flag", "config", "print"]).await;
    assert!(flag.contains("openai_api_key = (not shown)  # the command line"), "{flag}");
}

#[tokio::test]
async fn settings_are_checked_before_a_server_has_them() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Tool::new(folder.path());
    assert!(tool.fine(&["config", "check"]).await.contains("make sense"));
    assert!(tool.fails(2, &["--header-seconds", "0", "config", "check"]).await.contains("header_seconds"));
    fs::write(folder.path().join("chatcore.toml"), "listne = 1\n").unwrap();
    assert!(tool.fails(1, &["config", "check"]).await.contains("listne"));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 1, "looking makes nothing");
}

#[tokio::test]
async fn a_server_says_how_it_is() {
    let folder = tempfile::tempdir().unwrap();
    let metrics = format!("127.0.0.1:{}", free_port());
    let environment =
        [("CHATCORE_METRICS_LISTEN", metrics.as_str()), ("CHATCORE_LOG_FORMAT", "json"), ("APP_WORKERS", "4")];
    let server = Binary::start(folder.path(), &environment).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    ada.say(&id, "hello").await;
    ada.get("/nowhere").await.is(404);
    let taken = json!({"username": "ada", "password": crate::client::PASSWORD});
    server.anonymous().post("/auth/register", taken).await.is(409);

    let page = format!("http://{metrics}/metrics");
    let counted = eventually("the answer is counted", async || {
        let text = reqwest::get(&page).await.ok()?.text().await.ok()?;
        text.contains("chatcore_runs_ended_total").then_some(text)
    })
    .await;
    for series in [
        "http_server_request_duration_seconds_bucket{http_request_method=\"POST\",http_route=\"/api/v1/conversations/{}/messages\",http_response_status_code=\"201\",le=\"",
        "http_server_request_duration_seconds_count{http_request_method=\"GET\",http_route=\"\",http_response_status_code=\"404\"} 1",
        "gen_ai_client_operation_duration_seconds_count{gen_ai_request_model=\"eliza\"} 1",
        "gen_ai_server_time_to_first_token_seconds_count{gen_ai_request_model=\"eliza\"} 1",
        "gen_ai_client_token_usage_total{gen_ai_request_model=\"eliza\",gen_ai_token_type=\"output\"}",
        "chatcore_store_commit_duration_seconds_bucket{outcome=\"committed\",le=\"0.001\"}",
        "chatcore_store_commit_duration_seconds_count{outcome=\"refused\"}",
        "chatcore_store_commit_wait_seconds_count ",
        "chatcore_store_group_batches_bucket{le=\"1\"}",
        "chatcore_store_read_duration_seconds_count{domain=\"conversations\"}",
        "chatcore_store_read_duration_seconds_count{domain=\"accounts\"}",
        "chatcore_store_connection_wait_seconds_bucket{le=\"0.001\"}",
        "chatcore_store_in_flight{operation=\"commit\"}",
        "chatcore_runs_ended_total{gen_ai_request_model=\"eliza\",state=\"completed\"} 1",
    ] {
        assert!(counted.contains(series), "{series} in {counted}");
    }
    assert!(!counted.contains(&id), "ids would each be a series");
    server.anonymous().get("/metrics").await.is(404);

    let address = format!("http://{}", server.address);
    let tool = Tool::new(folder.path())
        .with("CHATCORE_OLLAMA", "off")
        .with("CHATCORE_PUBLIC_URL", &address)
        .with("CHATCORE_STORE", &format!("sqlite:{}", folder.path().join("chat.db").display()));
    assert_eq!(tool.fine(&["health", "--url", &address]).await.trim(), "ready");
    let findings: Vec<Value> = serde_json::from_str(&tool.fine(&["doctor", "--json"]).await).unwrap();
    let grade = |about: &str| findings.iter().find(|it| it["about"] == about).unwrap()["grade"].clone();
    let grades = ["store", "secret", "disk", "public URL", "clock", "models", "mail"].map(grade);
    assert_eq!(grades, ["fine", "fine", "fine", "fine", "fine", "note", "note"]);
    let open = tool.clone().with("CHATCORE_VISITORS", "on");
    for (limits, said) in [("messages=5/day", "can come back"), ("network:messages=50/day", "share a limit")] {
        let open = open.clone().with("CHATCORE_VISITOR_LIMITS", limits);
        assert!(open.fine(&["doctor"]).await.contains(said), "{limits}");
    }

    server.ask_to_end().await;
    let (_, log) = server.ended().await;
    let lines: Vec<Value> = log.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    let said = |text: &str| lines.iter().any(|line| line["message"].as_str().is_some_and(|it| it.contains(text)));
    assert!(said("APP_WORKERS has no effect: ") && said("listening on ") && said("ending"), "{log}");
    assert!(tool.fails(1, &["health", "--url", &address]).await.contains("does not answer"));
    assert!(tool.fails(1, &["doctor"]).await.contains("WRONG public URL: "));
}

#[test]
fn whatever_is_deployed_names_settings_that_there_are() {
    let root = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
    let known: Vec<String> = reference::settings().into_iter().filter_map(|setting| setting.variable).collect();
    let deploy = fs::read_dir(root.join("chatcore-server/deploy")).unwrap().map(|entry| entry.unwrap().path());
    let mut named = 0;
    for path in deploy.chain([root.join("Dockerfile"), root.join("compose.yaml"), root.join("README.md")]) {
        let text = fs::read_to_string(&path).unwrap();
        let words = text.split(|letter: char| !letter.is_ascii_alphanumeric() && letter != '_');
        // what tests are told is no setting
        let of_tests = [
            "PYTHON",
            "NODE",
            "EVENTSOURCE",
            "REQUIRE_",
            "STREAM_",
            "BULLIES",
            "CANCELS",
            "CRASH_",
            "EXAMPLES",
            "LONG",
            "CHROMIUM",
            "SCREENSHOTS",
        ];
        for word in words.filter(|word| word.starts_with("CHATCORE_") && word.len() > 9) {
            if of_tests.iter().any(|name| word["CHATCORE_".len()..].starts_with(name)) {
                continue;
            }
            assert!(known.iter().any(|it| it == word), "{word} in {}", path.display());
            named += 1;
        }
    }
    assert!(named > 10, "{named}");
}
