//! Accounts made and changed by whoever runs the server, and the link to the first admin.

use std::os::unix::fs::PermissionsExt;

use chatcore_llm::testing::MockOpenAi;
use serde_json::{Value, json};

use super::tool::Tool;
use crate::binary::Binary;
use crate::client::{Answer, Client, PASSWORD, User, eventually};
use crate::server::{SECRET, postgres};

const OTHER: &str = "a cow that eats paperclips";

async fn sign_in(client: &Client, name: &str, password: &str) -> Answer {
    client.post("/auth/login", json!({"login": name, "password": password})).await
}

async fn signed_in(client: &Client, name: &str, password: &str) -> User {
    client.signed_in(sign_in(client, name, password).await.to(200))
}

/// The password that was made up, which is said once, on a line of its own.
fn generated(said: &str) -> String {
    let passwords: Vec<&str> = said.lines().filter_map(|line| line.strip_prefix("password: ")).collect();
    let [password] = passwords[..] else { panic!("one password: {said}") };
    assert_eq!(password.len(), 20);
    password.to_owned()
}

async fn piped(tool: &Tool, arguments: &[&str], password: &str) -> String {
    let (status, said) = tool.fed(&format!("{password}\n"), arguments).await;
    assert!(status.success(), "{said}");
    assert!(!said.contains(password), "what somebody typed is not repeated: {said}");
    said
}

#[tokio::test]
async fn accounts_are_made_before_a_server_runs_and_changed_while_it_does_not() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Tool::new(folder.path()).with("CHATCORE_STORE", "sqlite:chat.db");
    let ada = generated(&tool.fine(&["admin", "create-user", "ada", "--generate"]).await);
    piped(&tool, &["admin", "create-user", "root@example.org", "--role", "admin"], PASSWORD).await;
    assert_eq!(tool.fine(&["admin", "sessions", "ada"]).await, "signed in nowhere\n");

    let server = Binary::start(folder.path(), &[]).await;
    let client = server.anonymous();
    let role = async |user: &User| user.get("/me").await.to::<Value>(200)["role"].clone();
    assert_eq!(role(&signed_in(&client, "ada", &ada).await).await, "user");
    assert_eq!(role(&signed_in(&client, "root@example.org", PASSWORD).await).await, "admin");
    let refused = tool.fails(2, &["store", "check"]).await;
    assert!(refused.contains("is in use by another process"), "{refused}");
    assert!(!server.said().contains("#setup="), "there is an admin");
    server.end().await;

    let sessions = tool.fine(&["admin", "sessions", "ADA"]).await;
    assert!(sessions.starts_with("ses_") && sessions.lines().count() == 1, "{sessions}");
    piped(&tool, &["admin", "set-password", "ada"], OTHER).await;
    assert_eq!(tool.fine(&["admin", "sessions", "ada"]).await, "signed in nowhere\n");
    assert!(tool.fine(&["admin", "promote", "ada", "--role", "staff"]).await.ends_with(" is staff\n"));
    let server = Binary::start(folder.path(), &[]).await;
    let client = server.anonymous();
    sign_in(&client, "ada", &ada).await.problem(401, "wrong-credentials");
    assert_eq!(role(&signed_in(&client, "ada", OTHER).await).await, "staff");
    server.end().await;
}

#[tokio::test]
async fn a_command_that_is_refused_changes_nothing_and_says_why() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Tool::new(folder.path()).with("CHATCORE_STORE", "sled:chat.sled");
    let missing = tool.fails(2, &["admin", "suspend", "ada"]).await;
    assert!(missing.contains("there is no store sled:chat.sled"), "{missing}");
    tool.fine(&["admin", "create-user", "root", "--role", "admin", "--generate"]).await;
    let digest = super::digest_of(&tool, "sled:chat.sled").await;
    let refusals = [
        (&["admin", "create-user", "root", "--generate"][..], "taken"),
        (&["admin", "create-user", "x", "--generate"], "username"),
        (&["admin", "create-user", "ada"], "at least 12 characters"),
        (&["admin", "set-password", "root"], "at least 12 characters"),
        (&["admin", "set-password", "nobody", "--generate"], "user"),
        (&["admin", "promote", "root", "--role", "user"], "last active admin"),
        (&["admin", "suspend", "root"], "last active admin"),
        (&["admin", "delete-user", "root", "--yes"], "last active admin"),
        (&["admin", "delete-user", "root"], "--yes"),
        (&["admin", "delete-user", "nobody", "--yes"], "user"),
        (&["admin", "sessions", "nobody"], "user"),
    ];
    for (arguments, why) in refusals {
        let said = tool.fails(2, arguments).await;
        assert!(said.contains(why), "{arguments:?}: {said}");
        assert!(said.lines().all(|line| !line.starts_with("password: ")), "nobody got that one: {said}");
    }
    assert_eq!(super::digest_of(&tool, "sled:chat.sled").await, digest);
}

#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
#[tokio::test]
async fn what_is_done_beside_a_server_holds_at_once() {
    let (folder, url) = (tempfile::tempdir().unwrap(), postgres().fresh());
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", url.as_str()), ("CHATCORE_SECRET", SECRET)]).await;
    let tool = Tool::new(folder.path()).with("CHATCORE_STORE", &url);
    let ada = server.anonymous().register("ada").await;
    ada.get("/me").await.is(200);
    tool.fine(&["admin", "suspend", "ada"]).await;
    ada.get("/me").await.problem(401, "unauthenticated");
    sign_in(&server.anonymous(), "ada", PASSWORD).await.problem(401, "wrong-credentials");
    tool.fine(&["admin", "reinstate", "ada"]).await;
    ada.get("/me").await.problem(401, "unauthenticated");
    let ada = server.anonymous().login("ada").await;
    tool.fine(&["admin", "promote", "ada"]).await;
    assert_eq!(ada.get("/me").await.to::<Value>(200)["role"], "admin", "and stays signed in");
    tool.fine(&["admin", "sessions", "ada", "--end"]).await;
    ada.get("/me").await.problem(401, "unauthenticated");
    server.end().await;
}

/// A server that has its store to itself does what commands ask it for at a socket beside the data.
async fn beside_a_server_of_its_own(store: &str) {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("{}:{}", store, folder.path().join("chat").display());
    let socket = folder.path().join("chat.admin");
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", &url)]).await;
    let mode = |path: &std::path::Path| std::fs::metadata(path).unwrap().permissions().mode() & 0o777;
    assert_eq!(mode(&socket), 0o600);
    let names = std::fs::read_dir(folder.path()).unwrap().map(|entry| entry.unwrap().file_name());
    assert!(names.into_iter().all(|name| !name.to_string_lossy().ends_with(".new")), "its folder is gone");
    let tool = Tool::new(folder.path()).with("CHATCORE_STORE", &url);
    let ada = generated(&tool.fine(&["admin", "create-user", "ada", "--generate"]).await);
    let client = server.anonymous();
    let user = signed_in(&client, "ada", &ada).await;
    tool.fine(&["admin", "promote", "ada"]).await;
    assert_eq!(user.get("/me").await.to::<Value>(200)["role"], "admin");
    let sessions = tool.fine(&["admin", "sessions", "ada"]).await;
    assert!(sessions.starts_with("ses_") && sessions.lines().count() == 1, "{sessions}");
    tool.fails(2, &["admin", "suspend", "ada"]).await;
    tool.fine(&["admin", "create-user", "root", "--role", "admin", "--generate"]).await;
    tool.fine(&["admin", "suspend", "ada"]).await;
    user.get("/me").await.problem(401, "unauthenticated");
    tool.fine(&["admin", "reinstate", "ada"]).await;
    piped(&tool, &["admin", "set-password", "ada"], OTHER).await;
    sign_in(&client, "ada", &ada).await.problem(401, "wrong-credentials");
    signed_in(&client, "ada", OTHER).await;
    for (arguments, why) in [(["admin", "suspend", "nobody"], "user"), (["admin", "promote", "nobody"], "user")] {
        let said = tool.fails(2, &arguments).await;
        assert!(said.contains(why), "{said}");
    }
    server.ask_to_end().await;
    let (_, log) = server.ended().await;
    assert!(log.contains("an admin command") && !log.contains(OTHER) && !log.contains(&ada), "{log}");
    assert!(!socket.exists(), "the door is closed");
    // what a killed server leaves behind is in nobody's way
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", &url)]).await;
    server.kill().await;
    assert!(socket.exists());
    tool.fine(&["admin", "sessions", "ada"]).await;
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", &url)]).await;
    tool.fine(&["admin", "promote", "ada", "--role", "staff"]).await;
    let deleted = tool.fine(&["admin", "delete-user", "ada", "--reason", "they asked for it", "--yes"]).await;
    assert!(deleted.contains(" is deleted; "), "{deleted}");
    sign_in(&server.anonymous(), "ada", OTHER).await.problem(401, "wrong-credentials");
    server.end().await;
}

#[tokio::test]
async fn a_server_on_sled_does_what_commands_ask_for() {
    beside_a_server_of_its_own("sled").await;
}

#[tokio::test]
async fn a_server_on_sqlite_does_what_commands_ask_for() {
    beside_a_server_of_its_own("sqlite").await;
}

/// The code in the link that a server prints.
async fn code_of(server: &Binary) -> String {
    let link = async || {
        let said = server.said();
        let (_, code) = said.split_once(&format!("http://{}/#setup=", server.address))?;
        code.ends_with('\n').then(|| code.trim_end().to_owned())
    };
    eventually("the link is printed", link).await
}

#[tokio::test]
async fn the_first_admin_comes_by_a_link_that_works_once_and_is_in_no_log() {
    let folder = tempfile::tempdir().unwrap();
    let upstream = MockOpenAi::start().await.unwrap();
    let base = upstream.base_url();
    let environment = [("CHATCORE_LOG", "trace"), ("OPENAI_BASE_URL", base.as_str())];
    let server = Binary::start(folder.path(), &environment).await;
    let first = code_of(&server).await;
    // somebody who has an account already makes no admin
    server.anonymous().register("ada").await;
    server.ask_to_end().await;
    let mut logs = server.ended().await.1;

    let server = Binary::start(folder.path(), &environment).await;
    let second = code_of(&server).await;
    let client = server.anonymous();
    let set_up = async |code: &str, name: &str, password: &str| {
        client.post("/auth/set-up", json!({"code": code, "username": name, "password": password})).await
    };
    set_up("0000", "root", PASSWORD).await.problem(422, "invalid");
    set_up(&second, "root", "short").await.problem(422, "invalid");
    set_up(&second, "ada", PASSWORD).await.is(409);
    assert_eq!(set_up(&first, "root", PASSWORD).await.to::<Value>(201)["role"], "admin");
    for code in [&first, &second] {
        let late = set_up(code, "late", PASSWORD).await;
        assert_eq!(late.problem(422, "invalid")["errors"][0]["field"], "code");
        assert!(!late.body.contains(code.as_str()));
    }
    let root = client.login("root").await;
    assert_eq!(root.get("/me").await.to::<Value>(200)["role"], "admin");
    server.ask_to_end().await;
    logs.push_str(&server.ended().await.1);
    assert!(logs.contains("TRACE") && logs.contains("/api/v1/auth/set-up"), "everything is logged");
    for code in [&first, &second] {
        assert!(!logs.contains(code.as_str()), "the code is logged");
    }

    let server = Binary::start(folder.path(), &[]).await;
    // it is said before anybody is served
    server.anonymous().get("//healthz").await.is(200);
    assert_eq!(server.said(), "", "there is an admin");
    server.end().await;
}
