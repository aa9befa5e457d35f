//! `deploy/backup.sh`, as cron or a timer calls it.

use std::fs;
use std::path::Path;
use std::process::Output;

use tokio::process::Command;

use super::used;

async fn nightly(folder: &Path, store: &str) -> Output {
    let script = concat!(env!("CARGO_MANIFEST_DIR"), "/deploy/backup.sh");
    let mut command = Command::new("sh");
    command.args([script, "backups", "2"]).current_dir(folder).env("CHATCORE_STORE", store);
    command
        .env("BACKUP_PROGRAM", env!("CARGO_BIN_EXE_chatcore-server"))
        .env("BACKUP_SETTINGS", "chatcore.toml none.env");
    command.output().await.unwrap()
}

fn names(folder: &Path) -> Vec<String> {
    let entries = fs::read_dir(folder.join("backups")).unwrap();
    let mut names: Vec<String> = entries.map(|entry| entry.unwrap().file_name().into_string().unwrap()).collect();
    names.sort();
    names
}

#[tokio::test]
async fn the_oldest_backups_go_when_there_is_a_new_one() {
    let folder = tempfile::tempdir().unwrap();
    used(folder.path()).await;
    fs::write(folder.path().join("chatcore.toml"), "").unwrap();
    for old in ["2020-01-01T00-00-00Z", "2021-01-01T00-00-00Z", "notes"] {
        fs::create_dir_all(folder.path().join("backups").join(old)).unwrap();
    }
    let failed = nightly(folder.path(), "sqlite:nowhere/none.db").await;
    assert_eq!(failed.status.code(), Some(2), "{}", String::from_utf8_lossy(&failed.stderr));
    assert_eq!(
        names(folder.path()),
        ["2020-01-01T00-00-00Z", "2021-01-01T00-00-00Z", "notes"],
        "nothing goes, nothing stays"
    );

    let done = nightly(folder.path(), "sqlite:chat.db").await;
    assert!(done.status.success(), "{}", String::from_utf8_lossy(&done.stderr));
    let left = names(folder.path());
    assert_eq!((left.len(), left[0].as_str(), left[2].as_str()), (3, "2021-01-01T00-00-00Z", "notes"));
    let new = folder.path().join("backups").join(&left[1]);
    assert!(new.join("chat.backup").is_file() && new.join("chatcore.toml").is_file());
    let said = String::from_utf8_lossy(&done.stderr);
    assert!(said.contains("there is no none.env"), "settings that are not there keep nobody from a backup: {said}");
}
