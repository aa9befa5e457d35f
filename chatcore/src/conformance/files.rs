//! Files that people attach: who may, how long they stay, and what they count.

use std::sync::Arc;
use std::time::Duration;

use futures::future::join_all;
use futures::stream;

use super::bench::{Bench, expect_gone, message};
use super::raw::scan_all;
use crate::account::{AccountRole, Caller, MergeVisitor, OpenVisitor, RegisterUser};
use crate::attachment::{Attachment, AttachmentRules, AttachmentState, Attachments, BlobState, ReceiveAttachment};
use crate::billing::entitlement::{MergeUsage, Terms};
use crate::billing::{Plan, PlanId, PlanTable};
use crate::conversation::{ConversationState, MessageView, NewConversation, NewMessage, Parent, Part, Role, text_of};
use crate::error::Error;
use crate::id::{AttachmentId, ConversationId, JobId, UserId, VisitorId};
use crate::page::PageRequest;
use crate::quota::{Counter, ScopeKey};
use crate::store::{AnyRecord, Batch, Kind};
use crate::subject::Subject;
use crate::testing::{MemoryBlobs, user};
use crate::turn::{Capabilities, Chat, Say};

fn detect(head: &[u8]) -> Option<&'static str> {
    head.starts_with(b"\x89PNG").then_some("image/png")
}

fn files(bench: &Bench<'_>, blobs: &MemoryBlobs) -> Attachments {
    let (clock, blobs) = (Arc::new(bench.clock.clone()), Arc::new(blobs.clone()));
    Attachments::new(bench.store.clone(), clock, bench.ids.clone(), blobs, detect).unwrap()
}

/// The same for people who may keep so many bytes.
fn limited(bench: &Bench<'_>, blobs: &MemoryBlobs, bytes: u64) -> (Chat, Attachments) {
    let rules = format!(r#"{{"meter": "stored_bytes", "limit": {bytes}}}"#);
    let plan: Plan =
        serde_json::from_str(&format!(r#"{{"id": "free", "name": "free", "limits": [{rules}]}}"#)).unwrap();
    let free = Some(PlanId("free".into()));
    let terms = Terms::new(PlanTable::new(vec![plan], free.clone(), free).unwrap());
    let chat = bench.chat.clone().entitlements(terms).unwrap().with_attachments(files(bench, blobs));
    let files = chat.attachments().unwrap();
    (chat, files)
}

async fn put(files: &Attachments, caller: &Caller, bytes: &str) -> Result<Attachment, Error> {
    files.upload(caller, "a.txt", stream::iter([Ok(bytes.as_bytes().to_vec())])).await
}

/// A message that names these.
fn naming(ids: &[AttachmentId]) -> NewMessage {
    let said = message(Parent::Head, Role::User, "look");
    let parts = said.parts.iter().cloned().chain(ids.iter().map(|id| Part::naming(*id))).collect();
    NewMessage { parts, ..said }
}

async fn say(bench: &Bench<'_>, to: ConversationId, ids: &[AttachmentId]) -> Result<MessageView, Error> {
    bench.conversations().append(&bench.caller, to, naming(ids)).await
}

/// How many messages name it, and whether it is idle.
async fn links(bench: &Bench<'_>, id: AttachmentId) -> (u64, bool) {
    let found = bench.store.attachment(id).await.unwrap().expect("the attachment is gone");
    (found.links, found.idle_since.is_some())
}

fn later(bench: &Bench<'_>) {
    bench.clock.advance(AttachmentRules::default().grace + Duration::from_secs(1));
}

pub(super) async fn links_follow_messages(bench: Bench<'_>) {
    let (blobs, id) = (MemoryBlobs::default(), bench.conversation().await);
    let files = files(&bench, &blobs);
    let (one, two) =
        (put(&files, &bench.caller, "one").await.unwrap().id, put(&files, &bench.caller, "two").await.unwrap().id);
    assert_eq!(links(&bench, one).await, (0, true));
    let said = say(&bench, id, &[one, two, one]).await.unwrap().message;
    assert_eq!((links(&bench, one).await, links(&bench, two).await), ((1, false), (1, false)), "named twice is once");
    let again = say(&bench, id, &[one]).await.unwrap().message;
    assert_eq!(links(&bench, one).await, (2, false));
    let service = bench.conversations();
    let copy = service.fork(&bench.caller, id, again.id, None).await.unwrap().id;
    assert_eq!((links(&bench, one).await, links(&bench, two).await), ((4, false), (2, false)), "a fork names them too");
    service.revise(&bench.caller, said.id, vec![Part::text("words"), Part::naming(one)]).await.unwrap();
    assert_eq!((links(&bench, one).await, links(&bench, two).await), ((4, false), (1, false)));
    bench.expect_sound().await;
    service.delete_subtree(&bench.caller, said.id).await.unwrap();
    assert_eq!((links(&bench, one).await, links(&bench, two).await), ((2, false), (1, false)));
    service.delete(&bench.caller, copy).await.unwrap();
    assert_eq!((links(&bench, one).await, links(&bench, two).await), ((0, true), (0, true)));
    bench.expect_sound().await;
    assert_eq!(files.sweep().await.unwrap(), 0, "they stay for a while");
    later(&bench);
    files.sweep().await.unwrap();
    later(&bench);
    files.sweep().await.unwrap();
    assert_eq!((bench.count(Kind::Attachment).await, bench.count(Kind::Blob).await, blobs.count()), (0, 0, (0, 0)));
    bench.expect_sound().await;
}

pub(super) async fn foreign_attachments_look_like_none(bench: Bench<'_>) {
    let (blobs, id) = (MemoryBlobs::default(), bench.conversation().await);
    let (files, stranger) = (files(&bench, &blobs), user(2));
    let theirs = put(&files, &stranger, "theirs").await.unwrap().id;
    let own = put(&files, &bench.caller, "theirs").await.unwrap().id;
    let none = AttachmentId::mint(bench.now(), &*bench.ids);
    for wrong in [theirs, none] {
        expect_gone(say(&bench, id, &[own, wrong]).await);
        expect_gone(files.get(&bench.caller, wrong).await);
        expect_gone(files.remove(&bench.caller, wrong).await);
        expect_gone(files.open(&bench.caller, wrong).await.map(drop));
        // nor does the rule itself take it
        let mut insert = bench.insert(id, None, Role::User);
        insert.parts = vec![Part::naming(wrong)];
        assert!(bench.commit(Batch::of(insert)).await.is_err(), "a message names what is not its owner's");
    }
    let page = files.list(&bench.caller, &PageRequest::first()).await.unwrap();
    assert_eq!(page.items.iter().map(|one| one.id).collect::<Vec<_>>(), [own]);
    assert_eq!((bench.count(Kind::Message).await, links(&bench, own).await), (0, (0, true)), "nothing was stored");
    assert_eq!(blobs.count(), (0, 1), "the same bytes are kept once");
    files.remove(&stranger, theirs).await.unwrap();
    assert!(files.open(&bench.caller, own).await.is_ok(), "one of two who have the same bytes let them go");
}

pub(super) async fn what_is_gone_leaves_a_word(bench: Bench<'_>) {
    let (blobs, id) = (MemoryBlobs::default(), bench.conversation().await);
    let files = files(&bench, &blobs);
    let one = put(&files, &bench.caller, "one").await.unwrap().id;
    let said = say(&bench, id, &[one]).await.unwrap().message;
    files.remove(&bench.caller, one).await.unwrap();
    expect_gone(files.get(&bench.caller, one).await);
    expect_gone(say(&bench, id, &[one]).await);
    bench.expect_sound().await;
    let copy = bench.conversations().fork(&bench.caller, id, said.id, None).await.unwrap();
    let texts = bench.texts(copy.id).await;
    assert!(copy.state == ConversationState::Live && texts[0].contains("\"a.txt\" is gone"), "{texts:?}");
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    bench.expect_sound().await;
}

pub(super) async fn uploads_that_break_off_are_found(bench: Bench<'_>) {
    let blobs = MemoryBlobs::default();
    let files = files(&bench, &blobs);
    for step in ["begin", "write", "keep"] {
        blobs.fail_at(step);
        assert!(matches!(put(&files, &bench.caller, step).await, Err(Error::Blobs(_))), "{step}");
    }
    let page = files.list(&bench.caller, &PageRequest::first()).await.unwrap();
    assert_eq!(page.items, [], "nobody sees what has not come whole");
    // the bytes that broke off last come again: they are kept, for both
    let again = put(&files, &bench.caller, "keep").await.unwrap();
    assert_eq!((again.state, blobs.count()), (AttachmentState::Ready, (0, 1)));
    let id = bench.conversation().await;
    say(&bench, id, &[again.id]).await.unwrap();
    bench.expect_sound().await;
    later(&bench);
    files.sweep().await.unwrap();
    assert_eq!((bench.count(Kind::Attachment).await, blobs.count()), (1, (0, 1)), "only what is named stays");
    bench.expect_sound().await;
}

pub(super) async fn bytes_go_in_steps(bench: Bench<'_>) {
    let blobs = MemoryBlobs::default();
    let files = files(&bench, &blobs);
    let one = put(&files, &bench.caller, "same").await.unwrap();
    files.remove(&bench.caller, one.id).await.unwrap();
    bench.clock.advance(AttachmentRules::default().linger);
    // the process dies when the blob is condemned
    blobs.fail_at("remove");
    assert!(files.sweep().await.is_err());
    let blob = bench.store.blob(one.hash).await.unwrap().unwrap();
    assert_eq!((blob.state, blob.links), (BlobState::Leaving, 0));
    let bare = ReceiveAttachment { attachment: one.clone(), bid: None };
    assert!(bench.commit(Batch::of(bare)).await.is_err(), "bytes that are being removed are given to somebody");
    let again = put(&files, &bench.caller, "same").await.unwrap();
    let fresh = bench.store.blob(one.hash).await.unwrap().unwrap();
    assert_eq!((fresh.state, fresh.links, blobs.count()), (BlobState::Kept, 1, (0, 1)));
    assert_ne!(fresh.name(), blob.name(), "who removes the old bytes late must not remove the new ones");
    assert!(files.open(&bench.caller, again.id).await.is_ok());
    bench.expect_sound().await;
}

/// What the newest message of a request says, and all that it shows.
fn asked(bench: &Bench<'_>) -> (String, Vec<String>) {
    let request = bench.model.requests().pop().unwrap();
    let parts = request.messages.iter().flat_map(|message| &message.parts);
    let shown = parts.filter_map(|part| match part {
        Part::Image { url, .. } | Part::File { url, .. } => Some(url.clone()),
        _ => None,
    });
    let shown = shown.collect();
    let texts = request.messages.iter().map(|message| text_of(&message.parts));
    (texts.collect::<Vec<_>>().join("\n"), shown)
}

pub(super) async fn models_get_what_is_attached(bench: Bench<'_>) {
    let (blobs, id) = (MemoryBlobs::default(), bench.conversation().await);
    let files = files(&bench, &blobs);
    let text = put(&files, &bench.caller, "some words").await.unwrap().id;
    let image = put(&files, &bench.caller, "\u{89}PNG").await;
    assert_eq!(image.ok().map(|it| it.media_type).as_deref(), Some("text/plain"), "it begins with another byte");
    let image = files.upload(&bench.caller, "a.png", stream::iter([Ok(&b"\x89PNG\0"[..])])).await.unwrap().id;
    let blind = bench.chat.clone().with_attachments(files.clone());
    let sees = Capabilities { images: true, ..Capabilities::default() };
    let model = bench.model.clone().capabilities(sees);
    let (clock, ids) = (Arc::new(bench.clock.clone()), bench.ids.clone());
    let seeing = Chat::over(bench.store.clone(), model, clock, ids).with_attachments(files.clone());
    let say = |ids: &[AttachmentId]| Say { parts: naming(ids).parts, ..Say::default() };
    match blind.send(&bench.caller, id, say(&[image])).await {
        Err(Error::Invalid { field: "attachments", reason }) => assert!(reason.contains("scripted"), "{reason}"),
        other => panic!("a model that sees nothing is asked about an image: {:?}", other.err()),
    }
    assert_eq!((bench.count(Kind::Message).await, links(&bench, image).await), (0, (0, true)), "nothing was stored");
    let turn = seeing.send(&bench.caller, id, say(&[text, image])).await.unwrap();
    let said = turn.user_message.unwrap().message.parts;
    assert!(said.iter().skip(1).all(|part| part.attachment().is_some()), "the message holds ids: {said:?}");
    turn.driver.await;
    let (words, shown) = asked(&bench);
    assert!(words.contains("[File \"a.txt\"]\nsome words\n"), "{words}");
    assert_eq!(shown, ["data:image/png;base64,iVBORwA="]);
    // the next model sees nothing, and the text is gone by then
    files.remove(&bench.caller, text).await.unwrap();
    blind.send(&bench.caller, id, "and now?").await.unwrap().driver.await;
    let (words, shown) = asked(&bench);
    assert!(words.contains("[An image cannot be read by this model.]"), "{words}");
    assert!(words.contains("\"a.txt\" is not there") && shown.is_empty(), "{words} {shown:?}");
    bench.expect_sound().await;
}

async fn bytes_of(bench: &Bench<'_>, subject: Subject) -> u64 {
    let found: Vec<Counter> = bench.store.counters(&[ScopeKey::subject(subject)]).await.unwrap();
    found.first().map_or(0, |counter| counter.bytes)
}

pub(super) async fn as_many_bytes_as_the_limit_covers(bench: Bench<'_>) {
    let blobs = MemoryBlobs::default();
    let (chat, files) = limited(&bench, &blobs, 50);
    // the same bytes count for each attachment that has them
    let all = join_all((0..64).map(|_| put(&files, &bench.caller, "12345"))).await;
    let (kept, over): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!((kept.len(), over.len()), (10, 54), "of 64 uploads at once so many were taken");
    assert!(over.iter().all(|one| matches!(one, Err(Error::OverLimit(_)))));
    let subject = bench.caller.subject();
    assert_eq!((bytes_of(&bench, subject).await, blobs.count()), (50, (0, 1)));
    assert!(matches!(put(&files, &bench.caller, "6").await, Err(Error::OverLimit(_))));
    assert_eq!(chat.usage(&bench.caller).await.unwrap().states[0].remaining, 0);
    let kept: Vec<AttachmentId> = kept.into_iter().map(|one| one.unwrap().id).collect();
    files.remove(&bench.caller, kept[0]).await.unwrap();
    assert_eq!(bytes_of(&bench, subject).await, 45, "deleting gives back");
    put(&files, &bench.caller, "67890").await.unwrap();
    bench.expect_sound().await;
    later(&bench);
    files.sweep().await.unwrap();
    assert_eq!(bytes_of(&bench, subject).await, 0, "what nobody named is gone, and counts no more");
    bench.expect_sound().await;
}

pub(super) async fn a_visitors_attachments_become_the_users(bench: Bench<'_>) {
    let (blobs, at) = (MemoryBlobs::default(), bench.now());
    let (_, files) = limited(&bench, &blobs, 1000);
    let (id, user) = (VisitorId::mint(at, &*bench.ids), UserId::mint(at, &*bench.ids));
    bench.commit(Batch::of(OpenVisitor { id, network: "n".into(), at })).await.unwrap();
    let (username, secret, role) = (Some("ann".into()), "$argon2id$".into(), AccountRole::User);
    let register = RegisterUser { id: user, username, email: None, secret, role, at };
    bench.commit(Batch::of(register)).await.unwrap();
    let (visitor, ann) = (Caller::visitor(id), Caller::user(user));
    let loose = put(&files, &visitor, "loose").await.unwrap().id;
    let named = put(&files, &visitor, "named").await.unwrap().id;
    let service = bench.conversations();
    let to = service.create(&visitor, NewConversation::default()).await.unwrap().id;
    service.append(&visitor, to, naming(&[named])).await.unwrap();
    let merge = MergeVisitor { visitor: id, user, job: JobId::mint(at, &*bench.ids), at };
    bench.commit(Batch::of(merge).and(MergeUsage { visitor: id, user, zones: false, at })).await.unwrap();
    assert_eq!(bytes_of(&bench, ann.subject()).await, 10, "what a visitor keeps the user keeps");
    bench.expect_sound().await;
    // between the merge and the move one goes
    files.remove(&visitor, loose).await.unwrap();
    assert_eq!(bytes_of(&bench, ann.subject()).await, 5);
    let late = put(&files, &visitor, "late!").await.unwrap().id;
    bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap();
    for id in [named, late] {
        assert!(files.open(&ann, id).await.is_ok(), "an attachment of the visitor's is not the user's");
        expect_gone(files.get(&visitor, id).await);
    }
    assert!(bench.conversations().append(&ann, to, naming(&[named])).await.is_ok());
    files.remove(&ann, late).await.unwrap();
    assert_eq!((bytes_of(&bench, ann.subject()).await, bytes_of(&bench, visitor.subject()).await), (5, 0));
    for record in scan_all(&*bench.store, Kind::Attachment, 9).await {
        assert!(matches!(&record, AnyRecord::Attachment(one) if one.owner == ann.subject()), "{record:?}");
    }
    bench.expect_sound().await;
}
