//! Finding messages by their words.

use super::bench::{Bench, message};
use super::raw::{Delete, Insert, Update};
use crate::account::Caller;
use crate::conversation::{Message, NewConversation, Parent, Part, Role};
use crate::error::Error;
use crate::id::MessageId;
use crate::job::{Job, Work};
use crate::page::PageRequest;
use crate::search::{Hit, MAX_WORD_CHARS, Query};
use crate::store::Batch;
use crate::subject::Subject;
use crate::testing::{Script, user, visitor};

fn query(text: &str) -> Query {
    Query::parse(text).unwrap()
}

/// Messages that no service made: one a text, numbered from 1.
async fn said(bench: &Bench<'_>, owner: Subject, texts: &[&str]) -> Vec<Message> {
    let like = bench.ask(bench.conversation().await, Parent::Root, "like this").await;
    bench.commit(Batch::of(Delete(like.clone()))).await.unwrap();
    let mut all = Vec::new();
    for (number, text) in (1..).zip(texts) {
        let id = MessageId::mint(bench.now(), &*bench.ids);
        let place = crate::conversation::Place { position: u32::try_from(number).unwrap(), ..like.place };
        all.push(Message { id, owner, number, place, parts: vec![Part::text(*text)], ..like.clone() });
    }
    for chunk in all.chunks(100) {
        let insert = chunk.iter().fold(Batch::default(), |batch, one| batch.and(Insert(one.clone())));
        bench.commit(insert).await.unwrap();
    }
    all
}

/// All that a search finds, in pages.
async fn found(bench: &Bench<'_>, owner: Subject, text: &str, size: usize) -> Vec<Message> {
    let (mut all, mut before) = (Vec::new(), None);
    loop {
        let page = bench.store.search(owner, &query(text), before, size).await.unwrap();
        assert!(page.messages.len() <= size, "a page of {size} has {}", page.messages.len());
        all.extend(page.messages);
        let Some(next) = page.next else { return all };
        assert!(before.is_none_or(|before| next < before), "a search goes on where it was");
        before = Some(next);
    }
}

const TEXTS: [&str; 12] = [
    "The blue whale",
    "WHALES are BLUE",
    "narwhale",
    "blue-eyed whale, e.g. v1.5",
    "Straße nach Köln, 3 km",
    "strasse nach koln",
    "ДОМ и дом",
    "漢字かな。テスト",
    "don't OR \"quoted\" AND* (NEAR) foo_bar ' % \\ :",
    "",
    "🦀 🦀",
    "İstanbul e\u{301}",
];

/// What is looked for, and the texts in which it is, counted from 0.
const FINDS: [(&str, &[usize]); 24] = [
    ("whale", &[0, 1, 3]),
    ("blue whale", &[0, 1, 3]),
    ("whale blue", &[0, 3]),
    ("whales", &[1]),
    ("wha", &[0, 1, 3]),
    ("wha blue", &[]),
    ("BLUE W", &[0, 1, 3]),
    ("hale", &[]),
    ("5", &[3]),
    ("v1 5", &[3]),
    ("straße", &[4]),
    ("STRASSE", &[5]),
    ("köln", &[4]),
    ("koln", &[5]),
    ("Дом", &[6]),
    ("漢字", &[7]),
    ("テ", &[7]),
    ("字", &[]),
    ("or", &[8]),
    ("near and", &[8]),
    ("quoted foo ba", &[8]),
    ("\"don\" *", &[8]),
    ("@ e", &[3, 11]),
    ("e' OR 1=1 --", &[]),
];

pub(super) async fn search_finds_words(bench: Bench<'_>) {
    let (me, other) = (user(1).subject(), visitor(1).subject());
    let mut all = said(&bench, me, &TEXTS).await;
    let theirs = said(&bench, other, &["the blue whale is somebody else's"]).await;
    for (text, expected) in FINDS {
        let rule: Vec<usize> = (0..TEXTS.len()).filter(|at| query(text).finds(TEXTS[*at])).collect();
        assert_eq!(rule, expected, "the rule itself: {text}");
        let expected: Vec<Message> = expected.iter().rev().map(|at| all[*at].clone()).collect();
        assert_eq!(found(&bench, me, text, 100).await, expected, "{text}");
    }
    assert_eq!(found(&bench, other, "whale", 100).await, theirs);
    assert_eq!(found(&bench, user(2).subject(), "whale", 100).await, []);
    // what is written anew is found by its new words, what is given away by its new owner, what is gone by nobody
    all[0].parts = vec![Part::text("a red fox")];
    all[1].parts =
        vec![Part::Reasoning { text: "whale".into(), signature: None }, Part::Refusal { text: "no fox".into() }];
    all[3].owner = other;
    for at in [0, 1, 3] {
        bench.commit(Batch::of(Update(all[at].clone()))).await.unwrap();
    }
    assert_eq!(found(&bench, me, "whale", 100).await, []);
    assert_eq!(found(&bench, me, "fox", 100).await, [all[1].clone(), all[0].clone()]);
    assert_eq!(found(&bench, other, "whale v1", 100).await, [all[3].clone()]);
    bench.commit(Batch::of(Delete(all[0].clone()))).await.unwrap();
    assert_eq!(found(&bench, me, "fox", 100).await, [all[1].clone()]);
    all[1].parts = Vec::new();
    bench.commit(Batch::of(Update(all[1].clone()))).await.unwrap();
    assert_eq!(found(&bench, me, "fox", 100).await, []);
    // long words and long texts
    let (word, long) = ("x".repeat(MAX_WORD_CHARS + 9), format!("{} last", "many different ".repeat(30_000)));
    let id = MessageId::mint(bench.now(), &*bench.ids);
    let big = Message { id, parts: vec![Part::text(&word), Part::text(&long)], ..all[1].clone() };
    bench.commit(Batch::of(Delete(all[1].clone())).and(Insert(big.clone()))).await.unwrap();
    assert_eq!(found(&bench, me, &format!("different {word}yz"), 9).await, [big]);
    assert_eq!(found(&bench, me, "last", 9).await, []);
}

pub(super) async fn search_newest_first(bench: Bench<'_>) {
    let me = user(1).subject();
    let texts: Vec<String> = (0..60).map(|at| format!("{} {at}", if at % 2 == 0 { "even" } else { "odd" })).collect();
    let all = said(&bench, me, &texts.iter().map(String::as_str).collect::<Vec<_>>()).await;
    let mut even: Vec<Message> = all.into_iter().step_by(2).collect();
    even.reverse();
    for size in [1, 7, 30, 31, 100] {
        assert_eq!(found(&bench, me, "even", size).await, even, "in pages of {size}");
    }
    // behind a place that is gone
    let gone = even.remove(10);
    bench.commit(Batch::of(Delete(gone.clone()))).await.unwrap();
    let page = bench.store.search(me, &query("even"), Some(gone.number), 3).await.unwrap();
    assert_eq!(page.messages, even[10..13]);
    assert_eq!(bench.store.search(me, &query("even"), None, 0).await.unwrap().messages, []);
    assert_eq!(bench.store.search(me, &query("even"), Some(1), 9).await.unwrap().messages, []);
}

pub(super) async fn search_says_where_it_stopped(bench: Bench<'_>) {
    let me = user(1).subject();
    let texts: Vec<&str> = (0..1_300).map(|at| if [0, 700, 1_299].contains(&at) { "needle" } else { "hay" }).collect();
    let all = said(&bench, me, &texts).await;
    let needles = [all[1_299].clone(), all[700].clone(), all[0].clone()];
    for size in [1, 2, 3, 50] {
        assert_eq!(found(&bench, me, "needle", size).await, needles, "in pages of {size}");
    }
    assert_eq!(found(&bench, me, "nothing", 50).await, []);
    assert_eq!(found(&bench, me, "hay", 100).await.len(), 1_297);
}

async fn hits(bench: &Bench<'_>, caller: &Caller, text: &str) -> Vec<Hit> {
    bench.conversations().search(caller, text, &PageRequest::first()).await.unwrap().items
}

pub(super) async fn a_search_finds_what_is_there(bench: Bench<'_>) {
    let service = bench.conversations();
    let new = NewConversation { title: Some("Sea".into()), ..NewConversation::default() };
    let id = service.create(&bench.caller, new).await.unwrap().id;
    let first = bench.ask(id, Parent::Head, "about whales").await;
    let branch = bench.ask(id, Parent::Root, "another whale").await;
    bench.model.will(Script::default().text("a whale of an answer").finish());
    let turn = bench.chat.send(&bench.caller, id, "go on").await.unwrap();
    let answer = turn.assistant_message.message.id;
    assert_eq!(
        hits(&bench, &bench.caller, "whale").await.len(),
        2,
        "what is being written is found when it is finished"
    );
    turn.driver.await;
    let found = hits(&bench, &bench.caller, "whale").await;
    assert_eq!(found.iter().map(|hit| hit.message).collect::<Vec<_>>(), [answer, branch.id, first.id]);
    let hit = &found[2];
    assert_eq!((hit.conversation, hit.title.as_deref(), hit.role), (id, Some("Sea"), Role::User));
    assert_eq!((hit.snippet.text.as_str(), hit.snippet.highlights[0].start), ("about whales", 6));
    // its branch is not the active one, and is shown by the message
    let path = service.branch(&bench.caller, id, Some(first.id), &PageRequest::first()).await.unwrap();
    assert_eq!(path.items.last().unwrap().message.id, first.id);
    assert_eq!(hits(&bench, &user(99), "whale").await, []);
    for wrong in ["", "?!", &"x ".repeat(20)] {
        let refused = service.search(&bench.caller, wrong, &PageRequest::first()).await;
        assert!(matches!(refused, Err(Error::Invalid { field: "q", .. })));
    }
    service.revise(&bench.caller, first.id, vec![Part::text("about foxes")]).await.unwrap();
    assert_eq!(hits(&bench, &bench.caller, "fox").await.len(), 1);
    assert_eq!(hits(&bench, &bench.caller, "whale").await.len(), 2);
    let copy = service.fork(&bench.caller, id, branch.id, None).await.unwrap().id;
    assert_eq!(hits(&bench, &bench.caller, "another").await.len(), 2);
    service.delete_subtree(&bench.caller, branch.id).await.unwrap();
    let left = hits(&bench, &bench.caller, "whale").await;
    assert_eq!(left.iter().map(|hit| hit.conversation).collect::<Vec<_>>(), [copy]);
    service.delete(&bench.caller, copy).await.unwrap();
    assert_eq!(hits(&bench, &bench.caller, "whale").await, []);
    // what a visitor said is the user's that they become
    let guest = visitor(5);
    let theirs = service.create(&guest, NewConversation::default()).await.unwrap().id;
    service.append(&guest, theirs, message(Parent::Head, Role::User, "a lonely whale")).await.unwrap();
    let work = Work::Adopt { from: guest.subject(), to: bench.caller.subject() };
    let job = Job { id: bench.mint_job(), work, created_at: bench.now() };
    bench.commit(Batch::of(Insert(job))).await.unwrap();
    service.resume_jobs(crate::Timestamp::MAX).await.unwrap();
    assert_eq!((hits(&bench, &bench.caller, "lonely").await.len(), hits(&bench, &guest, "lonely").await.len()), (1, 0));
    bench.expect_sound().await;
}
