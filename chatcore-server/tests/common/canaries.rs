//! Words that nobody else writes, put wherever somebody can write; and a look through every byte of a folder for them.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::fs;
use std::path::{Path, PathBuf};
use std::sync::Arc;

use async_trait::async_trait;
use chatcore::account::{
    Caller, NewAccount, NewKey, PasswordHasher, PasswordPolicy, ProfileChange, Scope, SessionKind,
};
use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role};
use chatcore::feedback::{Opinion, Rating};
use chatcore::once::Once;
use chatcore::{Error, UserId};
use chatcore_llm::offline::Echo;
use chatcore_server::app::App;
use chatcore_server::config::{AttachmentSettings, Settings};
use futures::stream;

/// How many there are.
pub(crate) const CANARIES: usize = 20;
/// What whoever planted them signs in with.
pub(crate) const PASSWORD: &str = "a stapler among horses";

/// A word for each place. They begin differently: an index of words keeps only what a word does not share with the one before.
fn canary(at: usize) -> String {
    let first = char::from(b'a' + u8::try_from(at).unwrap());
    format!("{first}{at:02}zqcanary")
}

/// What is stored of a password; whose it is who plants canaries shows.
fn kept(password: &str) -> String {
    let word = if password == PASSWORD { canary(0) } else { String::new() };
    format!("$plain${word}{password}")
}

/// Passwords are no business of these tests.
struct Plain;

#[async_trait]
impl PasswordHasher for Plain {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        Ok(kept(password))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        Ok(hash == Some(&kept(password)))
    }
}

/// A server's insides, with attachments in a folder.
pub(crate) async fn app(store: String, files: &Path) -> Arc<App> {
    let settings = Settings {
        store: Some(store.into()),
        secret: Some("0f1e2d3c4b5a69788796a5b4c3d2e1f00f1e2d3c4b5a6978".to_owned().into()),
        ollama: Some("off".into()),
        titles: Some("off".into()),
        attachments: AttachmentSettings { place: Some(format!("file:{}", files.display())), max_bytes: None },
        ..Settings::default()
    };
    App::with_hasher(&settings.resolve().unwrap(), Echo::new(), Arc::new(Plain)).await.unwrap()
}

pub(crate) fn said(text: String) -> NewMessage {
    let parts = vec![Part::text(text)];
    NewMessage { role: Role::User, parts, parent: Parent::Head, expected_head: None, client_ref: None, once: None }
}

/// Somebody who has written a canary wherever one can.
pub(crate) async fn plant(app: &App) -> UserId {
    let accounts = app.credentials.accounts();
    let (name, email) = (Some(canary(1)), Some(format!("{}@example.com", canary(2))));
    let new = NewAccount { username: name, email, password: PASSWORD.into(), policy: PasswordPolicy::default() };
    let user = accounts.register(new).await.unwrap().id;
    let me = Caller::user(user);
    accounts.login(&canary(1), PASSWORD, SessionKind::api(), Some(canary(3))).await.unwrap();
    let named = ProfileChange { display_name: Some(Some(canary(4))), locale: None };
    accounts.set_profile(&me, named).await.unwrap();
    let key = NewKey { name: canary(5), scopes: vec![Scope::Read], expires_at: None };
    accounts.create_key(&me, key).await.unwrap();

    let chats = app.chat.conversations();
    let new = NewConversation {
        external_id: Some(canary(6)),
        title: Some(canary(7)),
        system_prompt: Some(canary(8)),
        model: None,
        once: Some(Once::new(canary(9)).unwrap()),
    };
    let chat = chats.create(&me, new).await.unwrap().id;
    let named = NewMessage { client_ref: Some(canary(10)), ..said(canary(11)) };
    let first = chats.append(&me, chat, named).await.unwrap().message;
    chats.revise_text(&me, first.id, canary(12), None).await.unwrap();
    // what the model says again stands in the log of the run and in the answer
    let turn = app.chat.send(&me, chat, canary(13).as_str()).await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let opinion = Opinion { rating: Rating::Down, comment: Some(canary(14)) };
    chats.set_feedback(&me, answer, Some(opinion)).await.unwrap();
    let gone = chats.append(&me, chat, said(canary(15))).await.unwrap().message;
    app.chat.delete_message(&me, gone.id).await.unwrap();

    let files = app.chat.attachments().unwrap();
    for (at, is_named) in [(16, true), (18, false)] {
        let bytes = canary(at + 1).repeat(10_000).into_bytes();
        let file = files.upload(&me, &canary(at), stream::iter([Ok(bytes)])).await.unwrap();
        if is_named {
            let with = NewMessage { parts: vec![Part::text("look"), Part::naming(file.id)], ..said(String::new()) };
            chats.append(&me, chat, with).await.unwrap();
        }
    }
    // others write, too, before and behind
    for n in 0..50 {
        chats.append(&me, chat, said(format!("filler {n} {}", "of some length ".repeat(n)))).await.unwrap();
    }
    user
}

/// The canaries that stand in the files of a folder, whatever their case, each with the first file.
pub(crate) fn found(folder: &Path) -> Vec<(usize, PathBuf)> {
    let mut found: Vec<(usize, PathBuf)> = Vec::new();
    let mut folders = vec![folder.to_owned()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                folders.push(path);
                continue;
            }
            // one that goes while we look is gone
            let bytes = fs::read(&path).unwrap_or_default().to_ascii_lowercase();
            for at in 0..CANARIES {
                let word = canary(at).into_bytes();
                let is_new = found.iter().all(|(known, _)| *known != at);
                // the first byte finds most of what it is not
                let is_here = |(start, byte): (usize, &u8)| *byte == word[0] && bytes[start..].starts_with(&word);
                if is_new && bytes.iter().enumerate().any(is_here) {
                    found.push((at, path.clone()));
                }
            }
        }
    }
    found.sort();
    found
}
