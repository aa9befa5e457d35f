//! What somebody owns, taken away and taken in again; and archives that are no good.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::collections::HashMap;
use std::sync::Arc;
use std::time::Duration;

use bytes::Bytes;
use chatcore::account::Caller;
use chatcore::attachment::Attachments;
use chatcore::check::{Options, check};
use chatcore::conversation::{NewConversation, NewMessage, Parent, Part, Role, Settings};
use chatcore::export::{ExportError, ExportProblem, Imported, Portable};
use chatcore::feedback::{Opinion, Rating};
use chatcore::once::Once;
use chatcore::page::PageRequest;
use chatcore::testing::{CountingIds, ManualClock, MemoryBlobs, ScriptedModel, user};
use chatcore::{Chat, ConversationId, Error, MemoryStore, MessageId, Store};
use futures::channel::mpsc;
use futures::executor::block_on;
use futures::{StreamExt, stream};
use serde_json::Value;

struct World {
    chat: Chat,
    store: Arc<dyn Store>,
    blobs: MemoryBlobs,
    clock: ManualClock,
}

/// A server with a store of its own; all go by one clock.
fn world(clock: &ManualClock) -> World {
    let (store, ids): (Arc<dyn Store>, _) = (Arc::new(MemoryStore::in_memory()), Arc::new(CountingIds::default()));
    let (blobs, clock) = (MemoryBlobs::default(), clock.clone());
    let at: Arc<ManualClock> = Arc::new(clock.clone());
    let files = Attachments::new(store.clone(), at.clone(), ids.clone(), Arc::new(blobs.clone()), |_| None).unwrap();
    let chat = Chat::over(store.clone(), ScriptedModel::new(&clock), at, ids).with_attachments(files);
    World { chat, store, blobs, clock }
}

impl World {
    fn portable(&self) -> Portable {
        Portable::new(&self.chat)
    }

    fn say(&self, me: &Caller, to: ConversationId, parent: Parent, parts: Vec<Part>) -> MessageId {
        let new = NewMessage { role: Role::User, parts, parent, expected_head: None, client_ref: None, once: None };
        block_on(self.chat.conversations().append(me, to, new)).unwrap().message.id
    }

    /// A tree with versions, a deleted branch, an answer with feedback, and files.
    fn fill(&self, me: &Caller) {
        let service = self.chat.conversations();
        let text = |text: &str| vec![Part::text(text)];
        let new = |name: &str| NewConversation {
            title: Some(name.into()),
            system_prompt: Some("Be brief.".into()),
            external_id: Some(name.into()),
            ..NewConversation::default()
        };
        let chat = block_on(service.create(me, new("tree"))).unwrap().id;
        let root = self.say(me, chat, Parent::Root, text("root"));
        let first = self.say(me, chat, Parent::Head, text("first"));
        for version in 0..60 {
            self.clock.advance(Duration::from_secs(1));
            self.say(me, chat, Parent::Message(root), text(&format!("version {version} \u{1F600} \"quoted\"")));
        }
        let gone = self.say(me, chat, Parent::Message(first), text("gone"));
        block_on(service.delete_subtree(me, gone)).unwrap();
        let turn = block_on(self.chat.send(me, chat, "a question")).unwrap();
        let answer = turn.assistant_message.message.id;
        block_on(turn.driver);
        let opinion = Opinion { rating: Rating::Up, comment: Some("good".into()) };
        block_on(service.set_feedback(me, answer, Some(opinion))).unwrap();
        let files = self.chat.attachments().unwrap();
        let put = |name: &str, bytes: Vec<u8>| {
            self.clock.advance(Duration::from_secs(1));
            block_on(files.upload(me, name, stream::iter([Ok::<_, Error>(bytes)]))).unwrap().id
        };
        let (long, same) = (put("long.txt", b"0123456789".repeat(50_000)), put("same.txt", b"same".to_vec()));
        let lost = put("lost.txt", b"lost".to_vec());
        put("idle.txt", b"same".to_vec());
        let named = [long, same, lost].map(Part::naming);
        self.say(me, chat, Parent::Message(first), text("look").into_iter().chain(named).collect());
        block_on(files.remove(me, lost)).unwrap();
        block_on(service.move_head(me, chat, first, None)).unwrap();
        for (name, settings) in [
            ("away", Settings { archived: Some(true), ..Settings::default() }),
            ("front", Settings { pinned: Some(true), ..Settings::default() }),
            ("empty", Settings::default()),
        ] {
            self.clock.advance(Duration::from_secs(1));
            let one = block_on(service.create(me, new(name))).unwrap().id;
            if name != "empty" {
                self.say(me, one, Parent::Head, text("hello"));
            }
            block_on(service.update(me, one, settings, None)).unwrap();
        }
    }

    fn export(&self, me: &Caller) -> Vec<u8> {
        block_on(async {
            let (to, from) = mpsc::channel::<Bytes>(1);
            let portable = self.portable();
            let (done, pieces) = futures::join!(portable.export(me, to), from.collect::<Vec<Bytes>>());
            done.unwrap();
            pieces.concat()
        })
    }

    fn import_pieces(&self, me: &Caller, name: &str, archive: &[u8], piece: usize) -> Result<Imported, ExportError> {
        let pieces: Vec<_> = archive.chunks(piece).map(|it| Ok(Bytes::copy_from_slice(it))).collect();
        block_on(self.portable().import(me, &Once::new(name).unwrap(), stream::iter(pieces)))
    }

    fn import(&self, me: &Caller, name: &str, archive: &[u8]) -> Result<Imported, ExportError> {
        self.import_pieces(me, name, archive, 1000)
    }

    fn expect_sound(&self) {
        let report = block_on(check(&*self.store, &Options::default(), &mut |_| {})).unwrap();
        assert!(report.is_clean(), "{:?}", report.defects);
        assert_eq!(block_on(self.store.jobs(None, 9)).unwrap(), []);
    }
}

/// The entries of an archive.
fn entries(archive: &[u8]) -> Vec<(String, Vec<u8>)> {
    let (mut found, mut at) = (Vec::new(), 0);
    while archive[at] != 0 {
        let field = |from: usize, to: usize| {
            let text = std::str::from_utf8(&archive[at + from..at + to]).unwrap();
            text.trim_end_matches('\0').to_owned()
        };
        let size = usize::from_str_radix(&field(124, 136), 8).unwrap();
        found.push((field(0, 100), archive[at + 512..at + 512 + size].to_vec()));
        at += 512 + size.div_ceil(512) * 512;
    }
    found
}

/// An archive of entries, whatever their names and sizes.
fn tar(entries: &[(String, Vec<u8>)]) -> Vec<u8> {
    let mut archive = Vec::new();
    for (name, bytes) in entries {
        let mut head = [0_u8; 512];
        head[..name.len()].copy_from_slice(name.as_bytes());
        head[124..135].copy_from_slice(format!("{:011o}", bytes.len()).as_bytes());
        head[148..156].copy_from_slice(b"        ");
        head[156] = b'0';
        head[257..265].copy_from_slice(b"ustar\x0000");
        let sum: u32 = head.iter().map(|byte| u32::from(*byte)).sum();
        head[148..156].copy_from_slice(format!("{sum:06o}\0 ").as_bytes());
        archive.extend_from_slice(&head);
        archive.extend_from_slice(bytes);
        archive.resize(archive.len().div_ceil(512) * 512, 0);
    }
    archive.resize(archive.len() + 1024, 0);
    archive
}

/// The lines of an archive, messages of each conversation from the root down, children in their order: where in the file they
/// stand is no part of what they say.
fn lines(archive: &[u8]) -> Vec<(String, String)> {
    let (mut all, mut messages): (Vec<(String, String)>, Vec<Value>) = (Vec::new(), Vec::new());
    let flush = |messages: &mut Vec<Value>, all: &mut Vec<(String, String)>| {
        let mut stack: Vec<Value> = vec![Value::Null];
        while let Some(at) = stack.pop() {
            stack.extend(messages.iter().rev().filter(|one| one["parent"] == at).map(|one| one["id"].clone()));
            let line = messages.iter().find(|one| one["id"] == at).map(ToString::to_string);
            all.extend(line.map(|line| (String::from("message"), line)));
        }
        messages.clear();
    };
    for (name, bytes) in entries(archive) {
        if name.starts_with("attachments/") {
            all.push((name, String::from_utf8(bytes).unwrap()));
            continue;
        }
        for line in String::from_utf8(bytes).unwrap().lines() {
            let mut line: Value = serde_json::from_str(line).unwrap();
            if line["message"].is_object() {
                messages.push(line["message"].take());
                continue;
            }
            flush(&mut messages, &mut all);
            // an import does not know when a file came first
            line.get_mut("attachment").and_then(Value::as_object_mut).and_then(|one| one.remove("created_at"));
            all.push((String::new(), line.to_string()));
        }
    }
    all.into_iter().filter(|(_, line)| !line.contains("\"format\"")).collect()
}

/// What an archive says, with ids by their order.
fn said(archive: &[u8]) -> Vec<(String, String)> {
    let mut known: HashMap<String, String> = HashMap::new();
    let mut rename = |text: &str| {
        let is_end = |letter: char| !letter.is_ascii_alphanumeric() && letter != '_';
        let mut renamed = String::new();
        for piece in text.split_inclusive(is_end) {
            let (word, rest) = piece.split_at(piece.find(is_end).unwrap_or(piece.len()));
            let is_id = ["conv_", "msg_", "att_"].iter().any(|kind| word.starts_with(kind) && word.len() > 30);
            let next = format!("#{}", known.len());
            renamed += if is_id { known.entry(word.to_owned()).or_insert(next) } else { word };
            renamed += rest;
        }
        renamed
    };
    lines(archive).into_iter().map(|(name, line)| (rename(&name), rename(&line))).collect()
}

#[test]
fn what_is_exported_is_imported() {
    let clock = ManualClock::new();
    let (here, there) = (world(&clock), world(&clock));
    here.fill(&user(1));
    let archive = here.export(&user(1));
    assert!(said(&archive).len() > 70, "there is much in it");
    // another account of the same server, and of another one
    for (world, me, pieces) in [(&there, user(1), 7), (&here, user(2), 100_000)] {
        let done = world.import_pieces(&me, "once", &archive, pieces).unwrap();
        let expected = Imported { conversations: 4, present: 0, messages: done.messages, attachments: 3 };
        assert_eq!((done, done.messages > 60), (expected, true));
        world.expect_sound();
        let again = world.export(&me);
        let (before, after) = (said(&archive), said(&again));
        for (one, other) in before.iter().zip(&after) {
            // the external id is taken by whoever has it: another account may have the same
            assert_eq!(one, other);
        }
        assert_eq!(before.len(), after.len());
    }
}

#[test]
fn an_import_under_one_name_is_made_once() {
    let clock = ManualClock::new();
    let (here, there) = (world(&clock), world(&clock));
    here.fill(&user(1));
    let archive = here.export(&user(1));
    let first = there.import(&user(1), "once", &archive).unwrap();
    let (before, blobs) = (there.export(&user(1)), there.blobs.count());
    let second = there.import(&user(1), "once", &archive).unwrap();
    assert_eq!((second.conversations, second.present, second.messages), (0, 4, 0));
    // a file that no message names is not known by anything
    assert_eq!((second.attachments, there.blobs.count()), (1, blobs));
    let third = there.import(&user(1), "another", &archive).unwrap();
    assert_eq!(third.conversations, first.conversations);
    there.expect_sound();
    assert_ne!(there.export(&user(1)).len(), before.len());
}

#[test]
fn an_archive_that_is_cut_off_is_taken_up_again() {
    let clock = ManualClock::new();
    let (here, there) = (world(&clock), world(&clock));
    here.fill(&user(1));
    let archive = here.export(&user(1));
    let step = archive.len() / 23;
    for length in (0..archive.len() - 1024).step_by(step) {
        let cut = there.import(&user(1), "once", &archive[..length]);
        assert!(
            matches!(cut, Err(ExportError::Archive { problem: ExportProblem::Truncated, .. })),
            "{length}: {cut:?}"
        );
        there.expect_sound();
    }
    there.import(&user(1), "once", &archive).unwrap();
    there.expect_sound();
    let list = block_on(there.chat.conversations().list(&user(1), &PageRequest::first())).unwrap();
    assert_eq!(list.items.len(), 3, "each conversation is there once");
}

type Change = fn(&mut Vec<(String, Vec<u8>)>);

fn replace(entries: &mut [(String, Vec<u8>)], from: &str, to: &str) {
    for (name, bytes) in entries.iter_mut().filter(|(name, _)| !name.starts_with("attachments/")) {
        assert!(!name.is_empty());
        *bytes = String::from_utf8(bytes.clone()).unwrap().replacen(from, to, 1).into_bytes();
    }
}

#[test]
fn archives_that_are_no_good_are_refused() {
    let clock = ManualClock::new();
    let here = world(&clock);
    here.fill(&user(1));
    let good = entries(&here.export(&user(1)));
    let file =
        |all: &Vec<(String, Vec<u8>)>| all.iter().position(|(name, _)| name.starts_with("attachments/")).unwrap();
    let cases: &[(&str, Change, ExportProblem)] = &[
        ("a newer version", |all| replace(all, "\"version\":1", "\"version\":2"), ExportProblem::Newer),
        ("another format", |all| replace(all, "chatcore export", "another export"), ExportProblem::NotAnExport),
        ("another first entry", |all| all[0].0 = "x.json".into(), ExportProblem::NotAnExport),
        ("a name that climbs", |all| all[1].0 = "../../etc/passwd".into(), ExportProblem::Misplaced),
        ("a name from the root", |all| all[1].0 = "/etc/passwd".into(), ExportProblem::Misplaced),
        ("something more", |all| all.insert(1, ("extra".into(), vec![0; 9])), ExportProblem::Misplaced),
        ("no end", |all| all.truncate(all.len() - 1), ExportProblem::Misplaced),
        ("another total", |all| replace(all, "\"attachments\":3", "\"attachments\":2"), ExportProblem::WrongTotal),
        ("an unknown parent", |all| replace(all, "\"parent\":\"msg_", "\"parent\":\"msg_f"), ExportProblem::Garbage),
        ("no JSON", |all| replace(all, "{\"conversation\"", "{\"conversation"), ExportProblem::Garbage),
        (
            "half a line",
            |all| {
                all[1].1.pop();
            },
            ExportProblem::Garbage,
        ),
        ("a line without end", |all| all[1].1 = vec![b'x'; 9 * 1024 * 1024], ExportProblem::TooLong),
        ("a long header", |all| all[0].1 = vec![b' '; 5000], ExportProblem::TooLong),
    ];
    for (what, change, problem) in cases {
        let there = world(&clock);
        let mut bad = good.clone();
        change(&mut bad);
        let done = there.import(&user(1), "once", &tar(&bad));
        assert!(
            matches!(&done, Err(ExportError::Archive { problem: found, .. }) if found == problem),
            "{what}: {done:?}"
        );
        there.expect_sound();
    }
    let there = world(&clock);
    let mut forged = good.clone();
    let at = file(&forged);
    forged[at].1[0] ^= 1;
    let done = there.import(&user(1), "once", &tar(&forged));
    assert!(matches!(done, Err(ExportError::Archive { problem: ExportProblem::WrongBytes, .. })), "{done:?}");
    for bytes in [&b""[..], b"\x1f\x8b\x08", b"PK\x03\x04 and more of a zip file, which is none of ours", &[0; 4096]] {
        assert!(matches!(there.import(&user(1), "once", bytes), Err(ExportError::Archive { .. })));
    }
    let mut behind = tar(&good);
    behind.extend_from_slice(b"more");
    assert!(there.import(&user(1), "once", &behind).is_err(), "something behind the end");
    there.expect_sound();
}

#[test]
fn nobody_gets_at_files_of_others_by_naming_them() {
    let clock = ManualClock::new();
    let here = world(&clock);
    let files = here.chat.attachments().unwrap();
    let theirs = block_on(files.upload(&user(2), "theirs.txt", stream::iter([Ok::<_, Error>(b"secret".to_vec())])));
    let theirs = theirs.unwrap();
    let mine = here.chat.conversations();
    let chat = block_on(mine.create(&user(1), NewConversation::default())).unwrap().id;
    here.say(&user(1), chat, Parent::Head, vec![Part::text("look at this")]);
    let mut all = entries(&here.export(&user(1)));
    let naming = format!(r#"[{{"type":"file","url":"{}","name":"theirs.txt"}}]"#, theirs.id);
    replace(&mut all, r#"[{"type":"text","text":"look at this"}]"#, &naming);
    here.import(&user(1), "once", &tar(&all)).unwrap();
    let archive = here.export(&user(1));
    let text = String::from_utf8_lossy(&archive);
    assert!(!text.contains(&theirs.id.to_string()) && text.contains("The file \\\"theirs.txt\\\" is gone."));
    // a file is had by its bytes alone
    let line = format!(
        "{{\"attachment\":{{\"id\":\"{}\",\"name\":\"x\",\"media_type\":\"text/plain\",\"sha256\":\"{}\",\"size\":6,\"is_named\":false,\"created_at\":\"2026-01-01T00:00:00Z\"}}}}\n",
        theirs.id, theirs.hash
    );
    all.insert(1, ("records/000001.jsonl".into(), line.into_bytes()));
    all.insert(2, (format!("attachments/{}", theirs.id), Vec::new()));
    let stolen = here.import(&user(1), "twice", &tar(&all));
    assert!(stolen.is_err(), "{stolen:?}");
    here.expect_sound();
}

#[test]
fn nothing_in_an_archive_sends_a_provider_elsewhere() {
    let clock = ManualClock::new();
    let here = world(&clock);
    let chat = block_on(here.chat.conversations().create(&user(1), NewConversation::default())).unwrap().id;
    here.say(&user(1), chat, Parent::Head, vec![Part::text("look at this")]);
    let mut all = entries(&here.export(&user(1)));
    let inside = r#"{"type":"image","url":"http://169.254.169.254/latest"}"#;
    let raw =
        r#"{"type":"provider","provider":"anthropic","raw":{"type":"image","source":{"url":"http://10.0.0.1/"}}}"#;
    let own = r#"{"type":"image","url":"data:image/png;base64,AAAA"}"#;
    let parts = format!(r#"[{{"type":"text","text":"look"}},{inside},{raw},{own}]"#);
    replace(&mut all, r#"[{"type":"text","text":"look at this"}]"#, &parts);
    here.import(&user(1), "once", &tar(&all)).unwrap();
    let text = said(&here.export(&user(1))).into_iter().map(|(_, line)| line).collect::<String>();
    assert!(!text.contains("169.254") && !text.contains("10.0.0.1"), "{text}");
    assert!(text.contains("was elsewhere") && text.contains("data:image/png"), "{text}");
}
