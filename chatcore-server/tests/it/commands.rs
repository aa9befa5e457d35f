//! The binary as a tool: stores checked, compared, copied, backed up and restored, also beside a running server.

mod admin;
mod nightly;
mod settings;
pub(crate) mod tool;

use std::fs;
use std::path::Path;

use chatcore::store::{AnyRecord, Kind};
use serde_json::{Value, json};

use self::tool::{Tool, clutter, digest_of, opened, put};
use crate::attachments::{files, upload};
use crate::binary::Binary;
use crate::client::{User, eventually};
use crate::records::{Conversation, Message, Turn};
use crate::server::{SECRET, postgres};

/// A folder where a server was used: two people, branches, a few answers.
async fn used(folder: &Path) {
    let server = Binary::start(folder, &[]).await;
    for name in ["ada", "ben"] {
        let user = server.anonymous().register(name).await;
        let id = user.conversation().await.id;
        let first = user.say(&id, "one").await;
        user.say(&id, "two").await;
        let edit = json!({"text": "one, otherwise"});
        user.post(&format!("/messages/{}/edit", first.said().id), edit).await.is(201);
    }
    server.end().await;
}

async fn everything_of(client: &User) -> Vec<(Conversation, Vec<Message>)> {
    let mut all = Vec::new();
    for conversation in client.pages::<Conversation>("/conversations", 10).await {
        let branch = client.branch(&conversation.id, None).await;
        all.push((conversation, branch));
    }
    all
}

#[tokio::test]
async fn a_store_keeps_what_it_holds_on_its_way_through_other_kinds_of_stores() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    let target = format!("sqlite:{}", other.path().join("chat.db").display());
    let there = tool.fine(&["store", "copy", "--from", "sqlite:chat.db", "--to", "sled:chat.sled"]).await;
    let back = tool.fine(&["store", "copy", "--from", "sled:chat.sled", "--to", &target]).await;
    assert!(there.contains("copied ") && there.contains("0 were there already"), "{there}");
    let digest = digest_of(&tool, "sqlite:chat.db").await;
    assert!(digest["records"].as_u64().unwrap() > 30, "{digest}");
    assert_eq!(digest["kinds"]["user"]["records"], 2);
    for (url, said) in [("sled:chat.sled", there), (target.as_str(), back)] {
        assert_eq!(digest_of(&tool, url).await, digest, "{url}");
        assert!(said.contains(&format!("verified: {}", digest["sha256"].as_str().unwrap())), "{said}");
        let lines = tool.fine(&["store", "digest", "--store", url]).await;
        assert!(lines.lines().last().unwrap().ends_with(digest["sha256"].as_str().unwrap()), "{lines}");
        assert!(tool.fine(&["store", "check", "--store", url]).await.starts_with("no defects in "));
    }

    let server = Binary::start(folder.path(), &[]).await;
    let before = everything_of(&server.anonymous().login("ada").await).await;
    server.end().await;
    let server = Binary::start(other.path(), &[]).await;
    assert_eq!(everything_of(&server.anonymous().login("ada").await).await, before);
    server.end().await;
}

#[tokio::test]
async fn a_backup_is_taken_beside_a_server_that_writes_and_restored() {
    let (folder, other) = (tempfile::tempdir().unwrap(), tempfile::tempdir().unwrap());
    let server = Binary::start(folder.path(), &[("CHATCORE_OFFLINE_DELAY_MS", "20")]).await;
    let ada = server.anonymous().register("ada").await;
    let id = ada.conversation().await.id;
    let before = ada.send(&id, json!({"text": "one", "model": "echo"})).await.to::<Turn>(201);
    let long: String = (0..5000).map(|at| format!("word{at} ")).collect();
    let note: Value = upload(&ada, "note.txt", b"a note to keep").await.to(201);
    let attached = json!({"text": "look", "attachments": [note["id"]], "model": "echo"});
    ada.send(&id, attached).await.to::<Turn>(201);
    let open = ada.send(&id, json!({"text": long, "model": "echo", "detach": true})).await.to::<Turn>(202);
    let text = async || Some(ada.message(&open.answer().id).await.text).filter(|text| text.len() > 100);
    let written = eventually("some of the answer is stored", text).await;

    let tool = Tool::new(folder.path());
    let said = tool.fine(&["backup", "--store", "sqlite:chat.db", "--to", "chat.backup"]).await;
    assert!(said.starts_with("backed up sqlite:chat.db: "), "{said}");
    assert!(said.ends_with("files: 1 copied, 0 were there already, 0 lost\n"), "{said}");
    let text = async || Some(ada.message(&open.answer().id).await.text).filter(|text| text.len() > written.len());
    eventually("the server goes on writing", text).await;
    server.kill().await;

    let target = format!("sqlite:{}", other.path().join("chat.db").display());
    let restored = tool.fine(&["restore", "--from", "chat.backup", "--to", &target, "--verify"]).await;
    let digest = said.lines().next().unwrap().strip_prefix("backed up sqlite:chat.db: ").unwrap();
    assert!(restored.contains(&format!("verified: {digest}")) && restored.contains("no defects"), "{restored}");
    let server = Binary::start(other.path(), &[]).await;
    let ada = server.anonymous().login("ada").await;
    let branch = ada.branch(&id, None).await;
    assert_eq!((&branch[0], &branch[1]), (before.said(), before.answer()));
    let path = format!("/attachments/{}/content", note["id"].as_str().unwrap());
    assert_eq!(ada.get(&path).await.body, "a note to keep");
    let answer = &branch[5];
    assert_eq!(answer.state, "interrupted", "its run did not come along");
    assert!(answer.text.starts_with(&written) && long.starts_with(answer.text.trim_end()), "{}", answer.text);
    server.end().await;

    // bytes that are not those of their name are not restored, and said to be lost
    let kept = files(&folder.path().join("chat.backup.files"));
    assert_eq!(kept.len(), 1, "{kept:?}");
    fs::write(&kept[0], "a note to keeq").unwrap();
    let third = tempfile::tempdir().unwrap();
    let target = format!("sqlite:{}", third.path().join("chat.db").display());
    let found = tool.run(&["restore", "--from", "chat.backup", "--to", &target]).await;
    let found = (found.status.code(), String::from_utf8(found.stdout).unwrap());
    assert!(found.0 == Some(1) && found.1.contains("0 copied, 0 were there already, 1 lost\nlost: "), "{found:?}");
    assert!(files(&third.path().join("chat.db.files")).is_empty());
}

#[tokio::test]
async fn a_backup_is_for_its_owner_alone_and_replaces_nothing_unasked() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    let file = folder.path().join("chat.backup");
    // what an attempt left that was killed, for everybody to read
    fs::write(folder.path().join("chat.backup.partial"), "half").unwrap();
    tool.fine(&["backup", "--store", "sqlite:chat.db", "--to", "chat.backup"]).await;
    assert!(!folder.path().join("chat.backup.partial").exists());
    #[cfg(unix)]
    assert_eq!(std::os::unix::fs::PermissionsExt::mode(&file.metadata().unwrap().permissions()) & 0o777, 0o600);
    let first = fs::read(&file).unwrap();
    let refused = tool.fails(2, &["backup", "--store", "sqlite:chat.db", "--to", "chat.backup"]).await;
    assert!(refused.contains("chat.backup is there already; --force replaces it"), "{refused}");
    put(&folder.path().join("chat.db"), clutter(1)).await;
    tool.fine(&["backup", "--store", "sqlite:chat.db", "--to", "chat.backup", "--force"]).await;
    let second = fs::read(&file).unwrap();
    assert!(second.len() > first.len() && second != first);
    let piped = tool.run(&["backup", "--store", "sqlite:chat.db", "--to", "-"]).await;
    assert!(piped.status.success() && piped.stdout == second, "nothing else goes to standard output");

    let refused = tool.fails(2, &["backup", "--store", "sqlite:chat.db", "--to", "nowhere/chat.backup"]).await;
    assert!(refused.contains("failed to use nowhere/chat.backup.partial: "), "{refused}");
}

#[tokio::test]
async fn only_a_whole_backup_is_restored_and_only_into_an_empty_store() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    tool.fine(&["backup", "--store", "sqlite:chat.db", "--to", "chat.backup"]).await;
    let whole = fs::read(folder.path().join("chat.backup")).unwrap();
    let restore = ["restore", "--from", "damaged", "--to", "sqlite:new.db"];
    for (damaged, why) in [
        (&whole[..whole.len() / 2], "the archive is cut off"),
        (&whole[..0], "line 1: this is not an archive of chatcore"),
        (&[&whole[..], b"more"].concat(), "there is something behind the end"),
    ] {
        fs::write(folder.path().join("damaged"), damaged).unwrap();
        let refused = tool.fails(2, &restore).await;
        assert!(refused.contains("failed to read the backup damaged: line ") && refused.contains(why), "{refused}");
        assert!(!folder.path().join("new.db").exists(), "nothing was written");
    }
    let onto = tool.fails(2, &["restore", "--from", "chat.backup", "--to", "sqlite:chat.db"]).await;
    assert!(onto.contains("the target is not empty: there is a conversation in it"), "{onto}");
    let resumed = tool.fine(&["restore", "--from", "chat.backup", "--to", "sqlite:chat.db", "--resume"]).await;
    assert!(resumed.contains("restored 0 records"), "{resumed}");
}

#[tokio::test]
async fn a_copy_that_broke_off_goes_on_and_a_foreign_store_is_left_alone() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    let from = opened(&folder.path().join("chat.db")).await;
    let some = from.store().scan(Kind::Conversation, None, 2).await.unwrap();
    from.close().await;
    put(&folder.path().join("half.db"), some.clone()).await;
    let copy = |to| ["store", "copy", "--from", "sqlite:chat.db", "--to", to];
    let said = tool.fine(&copy("sqlite:half.db")).await;
    assert!(said.contains("2 were there already"), "{said}");
    let digest = digest_of(&tool, "sqlite:chat.db").await;
    assert_eq!(digest_of(&tool, "sqlite:half.db").await, digest);
    let again = tool.fine(&copy("sqlite:half.db")).await;
    assert!(
        again.contains(&format!("copied 0 records from sqlite:chat.db to sqlite:half.db; {} were", digest["records"]))
    );

    let mut foreign = some;
    let Some(AnyRecord::Conversation(changed)) = foreign.last_mut() else { panic!("{foreign:?}") };
    changed.title = Some("another".into());
    let key: String = AnyRecord::from(changed.clone()).key_bytes().iter().map(|byte| format!("{byte:02x}")).collect();
    put(&folder.path().join("foreign.db"), foreign).await;
    let before = digest_of(&tool, "sqlite:foreign.db").await;
    let refused = tool.fails(2, &copy("sqlite:foreign.db")).await;
    let why = format!("the target is not an unfinished copy of the source: the conversation {key} is another one");
    assert!(refused.contains(&why), "{refused}");
    assert_eq!(digest_of(&tool, "sqlite:foreign.db").await, before);
    let itself = tool.fails(2, &copy("sqlite:chat.db")).await;
    assert!(itself.contains("a store cannot be copied into itself"), "{itself}");
}

#[tokio::test]
async fn a_copy_that_is_interrupted_says_how_to_go_on() {
    let folder = tempfile::tempdir().unwrap();
    put(&folder.path().join("chat.db"), clutter(40_000)).await;
    let tool = Tool::new(folder.path());
    let copy = ["store", "copy", "--from", "sqlite:chat.db", "--to", "sqlite:copy.db"];
    let (status, log) = tool.interrupted(&copy, "copying: 10,000 records").await;
    assert_eq!(status.code(), Some(2), "{log}");
    assert!(log.contains("interrupted; the same command goes on where it was"), "{log}");
    let said = tool.fine(&copy).await;
    assert!(!said.contains("; 0 were there already"), "{said}");
    assert_eq!(digest_of(&tool, "sqlite:copy.db").await, digest_of(&tool, "sqlite:chat.db").await);
}

#[tokio::test]
async fn a_check_ends_with_one_for_defects_and_repairs_them_when_asked() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    let check = ["store", "check", "--store", "sqlite:chat.db"];
    assert!(tool.fine(&check).await.starts_with("no defects in "));
    let store = opened(&folder.path().join("chat.db")).await;
    let conversations = store.store().scan(Kind::Conversation, None, 1).await.unwrap();
    store.close().await;
    // a conversation without a single message that says it has some
    let Some(AnyRecord::Conversation(mut lost)) = conversations.into_iter().next() else { panic!("there are two") };
    lost.id = chatcore::ConversationId::from_uuid(uuid::Uuid::max());
    put(&folder.path().join("chat.db"), [lost.into()]).await;

    let found = tool.run(&check).await;
    assert_eq!(found.status.code(), Some(1));
    let said = String::from_utf8(found.stdout).unwrap();
    assert!(said.contains("(--repair: ") && said.contains(" defects in "), "{said}");
    let json = tool.run(&[&check[..], &["--json"]].concat()).await;
    assert_eq!(json.status.code(), Some(1));
    let report: Value = serde_json::from_slice(&json.stdout).unwrap();
    assert!(report["defects"].as_array().is_some_and(|defects| !defects.is_empty()), "{report}");
    let repaired = tool.fine(&[&check[..], &["--repair"]].concat()).await;
    assert!(repaired.contains("(repaired: "), "{repaired}");
    assert!(tool.fine(&check).await.starts_with("no defects in "));
}

#[tokio::test]
async fn stores_that_cannot_be_used_are_refused_and_not_made() {
    let folder = tempfile::tempdir().unwrap();
    let tool = Tool::new(folder.path());
    for command in [
        &["backup", "--to", "chat.backup", "--store"][..],
        &["store", "digest", "--store"],
        &["store", "check", "--store"],
        &["store", "copy", "--to", "sqlite:copy.db", "--from"],
    ] {
        for url in ["sqlite:none.db", "sled:none.sled"] {
            let refused = tool.fails(2, &[command, &[url]].concat()).await;
            assert!(refused.contains(&format!("there is no store {url}")), "{refused}");
        }
        let refused = tool.fails(2, &[command, &["memory:"]].concat()).await;
        assert!(refused.contains("holds nothing that another process could use"), "{refused}");
    }
    let wrong = tool.fails(2, &["migrate", "--store", "mysql://ada:hunter2@db.example/chat"]).await;
    assert!(wrong.contains("`mysql:` is not a store: use sqlite:<path>, sled:<path>, postgres://"), "{wrong}");
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 0, "nothing was made");
    let made = tool.fine(&["migrate", "--store", "sqlite:new.db"]).await;
    assert!(made.starts_with("sqlite:new.db is up to date with version "), "{made}");
    // the usual store is the server's
    let usual = tool.with("CHATCORE_STORE", "sqlite:new.db").fine(&["store", "digest", "--json"]).await;
    assert_eq!(serde_json::from_str::<Value>(&usual).unwrap()["records"], 0);
}

#[tokio::test]
async fn a_store_in_use_says_that_the_server_must_be_stopped() {
    let folder = tempfile::tempdir().unwrap();
    let url = format!("sled:{}", folder.path().join("chat.sled").display());
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", &url)]).await;
    let tool = Tool::new(folder.path());
    for command in [&["backup", "--to", "chat.backup", "--store"][..], &["store", "digest", "--store"]] {
        let refused = tool.fails(2, &[command, &[url.as_str()]].concat()).await;
        assert!(refused.contains("one process at a time can use: stop the server if it runs"), "{refused}");
    }
    server.end().await;
    tool.fine(&["backup", "--to", "chat.backup", "--store", &url]).await;
}

#[tokio::test]
async fn no_password_of_a_database_is_printed() {
    let folder = tempfile::tempdir().unwrap();
    let url = "postgres://ada:hunter2@127.0.0.1:1/chat?sslmode=disable&password=hunter2";
    let tool = Tool::new(folder.path()).with("CHATCORE_LOG", "trace");
    for command in [
        &["migrate", "--store", url][..],
        &["backup", "--to", "chat.backup", "--store", url],
        &["store", "check", "--store", url],
        &["store", "digest", "--store", url],
        &["store", "copy", "--from", url, "--to", "sqlite:copy.db"],
    ] {
        let refused = tool.fails(2, command).await;
        assert!(refused.contains("failed to open the store postgres://127.0.0.1:1/chat"), "{refused}");
        assert!(!refused.contains("hunter2"), "{refused}");
    }
    let tool = tool.with("CHATCORE_SECRET", "0f1e2d3c4b5a69788796a5b4c3d2e1f0").with("DATABASE_URL", url);
    let refused = tool.fails(1, &["serve"]).await;
    assert!(refused.contains("postgres://127.0.0.1:1/chat") && !refused.contains("hunter2"), "{refused}");
    for help in [&["--help"][..], &["serve", "--help"], &["backup", "--help"]] {
        let said = tool.fine(help).await;
        assert!(said.contains("Usage") && !said.contains("hunter2"), "{said}");
    }
}

#[tokio::test]
#[cfg_attr(no_postgres, ignore = "no PostgreSQL was installed when this was built")]
async fn postgresql_takes_part() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    let digest = digest_of(&tool, "sqlite:chat.db").await;
    let (first, second) = (postgres().fresh(), postgres().fresh());
    tool.fine(&["store", "copy", "--from", "sqlite:chat.db", "--to", &first]).await;
    tool.fine(&["store", "copy", "--from", &first, "--to", "sled:chat.sled"]).await;
    tool.fine(&["backup", "--store", &first, "--to", "chat.backup"]).await;
    let restored = tool.fine(&["restore", "--from", "chat.backup", "--to", &second, "--verify"]).await;
    assert!(restored.contains("no defects"), "{restored}");
    for url in [first.as_str(), "sled:chat.sled", second.as_str()] {
        assert_eq!(digest_of(&tool, url).await, digest);
    }
    // what a server writes meanwhile is not in a snapshot, and does not disturb it
    let server = Binary::start(folder.path(), &[("CHATCORE_STORE", &first), ("CHATCORE_SECRET", SECRET)]).await;
    let ada = server.anonymous().login("ada").await;
    let id = ada.conversation().await.id;
    ada.say(&id, "more").await;
    tool.fine(&["backup", "--store", &first, "--to", "chat.backup", "--force"]).await;
    ada.say(&id, "and more").await;
    server.end().await;
    let again = tool.fine(&["restore", "--from", "chat.backup", "--to", "sqlite:again.db", "--verify"]).await;
    assert!(again.contains("no defects"), "{again}");
}

#[tokio::test]
async fn a_folder_is_compacted_by_who_has_it_alone() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    let tool = Tool::new(folder.path());
    tool.fine(&["store", "copy", "--from", "sqlite:chat.db", "--to", "sled:chat.sled"]).await;
    let digest = digest_of(&tool, "sled:chat.sled").await;
    let [live, before] = ["chat.sled", "chat.sled.before"].map(|name| folder.path().join(name));
    // as another one has it between its two renames
    fs::rename(&live, &before).unwrap();
    let lock = fs::File::options().write(true).open(folder.path().join("chat.sled.lock")).unwrap();
    lock.lock().unwrap();
    let compact = ["store", "compact", "--store", "sled:chat.sled"];
    let refused = tool.fails(2, &compact).await;
    assert!(refused.contains("is in use by another process"), "{refused}");
    assert!(before.exists() && !live.exists(), "it did something to a folder that somebody else has");
    // that one was killed there
    drop(lock);
    tool.fine(&compact).await;
    assert_eq!(digest_of(&tool, "sled:chat.sled").await, digest);
    assert!(live.exists() && !before.exists() && !folder.path().join("chat.sled.compact.lock").exists());
    let missing = tool.fails(2, &["store", "compact", "--store", "sled:none.sled"]).await;
    assert!(missing.contains("there is no store sled:none.sled"), "{missing}");
    assert!(!folder.path().join("none.sled.lock").exists());
}
