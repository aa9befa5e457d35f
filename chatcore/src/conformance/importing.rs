//! People and conversations of other systems: each comes once, and what was deleted since does not come back.

use std::sync::Arc;

use super::bench::Bench;
use super::raw::Update;
use crate::Timestamp;
use crate::account::{AccountState, Caller, User};
use crate::conversation::{NewConversation, Role};
use crate::import::{Brought, Dialogue, Importer, Met, Person, Said};
use crate::store::{Batch, Kind};

fn time(seconds: i64) -> Timestamp {
    Timestamp::from_micros(seconds * 1_000_000)
}

/// Names that are longer than any of ours.
fn long(name: &str) -> String {
    format!("{name} {}", "x".repeat(300))
}

fn said(name: &str, parent: Option<&str>, at: i64) -> Said {
    let role = if name.starts_with('q') { Role::User } else { Role::Assistant };
    Said { key: long(name), parent: parent.map(long), role, text: name.to_owned(), at: time(at) }
}

fn person() -> Person {
    let (username, created_at) = (Some("ann".to_owned()), time(1));
    Person { key: long("ann"), username, created_at, ..Person::default() }
}

/// Two answers to one question; the first of them is gone on with.
fn dialogue() -> Dialogue {
    let all = [
        said("q1", None, 10),
        said("a1", Some("q1"), 11),
        said("q2", Some("a1"), 12),
        said("a2", Some("q2"), 13),
        said("a3", Some("q1"), 14),
    ];
    Dialogue { key: long("talk"), title: Some("Trip".into()), created_at: time(9), said: all.to_vec(), head: None }
}

/// Brings it, after a look that must say the same.
async fn bring(importer: &Importer, me: &Caller, of: &Dialogue, is_new: bool, messages: usize, left_out: usize) {
    let (owner, expected) = (me.user_id().unwrap(), Brought { is_new, messages, left_out });
    assert_eq!(importer.look_at(owner, of).await.unwrap(), expected, "a look at what would come");
    assert_eq!(importer.dialogue(owner, of).await.unwrap(), expected, "what came");
}

pub(super) async fn what_came_once_does_not_come_again(bench: Bench<'_>) {
    let importer = Importer::new(bench.store.clone(), Arc::new(bench.clock.clone()), bench.ids.clone(), "elsewhere");
    let Met::Made(ann) = importer.person(&person()).await.unwrap() else { panic!("she is new here") };
    assert_eq!(importer.person(&person()).await.unwrap(), Met::There(ann));
    let (me, mut talk) = (Caller::user(ann), dialogue());
    bring(&importer, &me, &talk, true, 5, 0).await;
    bring(&importer, &me, &talk, false, 5, 0).await;
    assert_eq!((bench.count(Kind::Conversation).await, bench.count(Kind::Message).await), (1, 5), "it came twice");
    // what is deleted stays away, with whatever followed it; what is new comes
    let all = bench.store.conversations(me.subject(), None, 9).await.unwrap();
    let tree = bench.store.tree(all[0].id, None, 9).await.unwrap();
    let first = tree.iter().find(|message| message.text() == "a1").unwrap();
    bench.conversations().delete_subtree(&me, first.id).await.unwrap();
    bring(&importer, &me, &talk, false, 2, 3).await;
    talk.said.extend([said("q3", Some("a2"), 15), said("q4", Some("a3"), 16)]);
    bring(&importer, &me, &talk, false, 3, 4).await;
    let branch = bench.conversations().branch(&me, all[0].id, None, &Default::default()).await.unwrap().items;
    let texts: Vec<String> = branch.iter().map(|view| view.message.text()).collect();
    assert_eq!(texts, ["q1", "a3", "q4"], "its owner looks at what came last");
    bench.conversations().delete(&me, all[0].id).await.unwrap();
    bring(&importer, &me, &talk, false, 0, 7).await;
    assert_eq!(bench.count(Kind::Conversation).await, 0, "a conversation that was deleted came back");
    bench.expect_sound().await;
}

/// A front end may have made the conversation that the import goes on with.
pub(super) async fn what_was_here_before_is_known_too(bench: Bench<'_>) {
    let importer = Importer::new(bench.store.clone(), Arc::new(bench.clock.clone()), bench.ids.clone(), "elsewhere");
    let Met::Made(ann) = importer.person(&person()).await.unwrap() else { panic!("she is new here") };
    let (me, talk) = (Caller::user(ann), Dialogue { key: "own".into(), ..dialogue() });
    let new = NewConversation { external_id: Some("own".into()), ..NewConversation::default() };
    let own = bench.conversations().create(&me, new).await.unwrap().id;
    bring(&importer, &me, &talk, false, 5, 0).await;
    assert_eq!(bench.store.conversation(own).await.unwrap().unwrap().message_count, 5);
    bench.conversations().delete(&me, own).await.unwrap();
    bring(&importer, &me, &talk, false, 0, 5).await;
    // and whoever is erased stays away
    let user = bench.store.user(ann).await.unwrap().unwrap();
    bench.commit(Batch::of(Update(User { state: AccountState::Deleted, ..user }))).await.unwrap();
    assert!(matches!(importer.person(&person()).await.unwrap(), Met::Refused(_)));
}
