//! Links to conversations, through the service.

use std::sync::Arc;
use std::time::Duration;

use serde_json::json;

use super::bench::{Bench, expect_gone, message};
use super::raw::{Insert, Update};
use super::secrets::Plain;
use crate::account::{AccountRole, AccountState, User};
use crate::conversation::{Message, NewConversation, NewMessage, Parent, Part, Role, Settings};
use crate::error::Error;
use crate::id::ConversationId;
use crate::once::Once;
use crate::page::PageRequest;
use crate::share::{Link, NewShare, Shared, Shares};
use crate::store::{Batch, Kind};
use crate::testing::{Script, user, visitor};

fn shares(bench: &Bench<'_>) -> Shares {
    Shares::new(bench.conversations().clone(), Arc::new(Plain))
}

async fn share(bench: &Bench<'_>, id: ConversationId, new: NewShare) -> (Link, String) {
    let link = shares(bench).create(&bench.caller, id, new).await.unwrap();
    let token = link.token.clone().unwrap();
    (link, token)
}

async fn read(bench: &Bench<'_>, token: &str) -> Result<Shared, Error> {
    shares(bench).read(token, &PageRequest::first()).await
}

fn texts(shared: &Shared) -> Vec<&str> {
    shared.messages.items.iter().map(|message| message.text.as_str()).collect()
}

async fn add(bench: &Bench<'_>, to: ConversationId, role: Role, parts: Vec<Part>) -> Message {
    let new = NewMessage { parts, ..message(Parent::Head, role, "") };
    bench.conversations().append(&bench.caller, to, new).await.unwrap().message
}

/// A conversation with everything that is not for readers.
async fn candid(bench: &Bench<'_>) -> (ConversationId, Vec<Message>) {
    let text = |text: &str| text.to_owned();
    let new = NewConversation {
        title: Some(text("Trip")),
        system_prompt: Some(text("SECRET prompt")),
        model: Some(text("SECRET model")),
        external_id: Some(text("SECRET id")),
        once: None,
    };
    let id = bench.conversations().create(&bench.caller, new).await.unwrap().id;
    let file = Part::File { url: text("data:,SECRET"), name: Some(text("SECRET.txt")), media_type: None };
    let call = Part::ToolCall { id: text("1"), name: text("SECRET"), arguments: text("{}") };
    let result = Part::ToolResult { call_id: text("1"), content: text("SECRET"), is_error: false };
    let thought = Part::Reasoning { text: text("SECRET"), signature: Some(text("SECRET")) };
    let block = Part::Provider { provider: text("own"), raw: json!("SECRET") };
    let said = vec![
        add(bench, id, Role::System, vec![Part::text("SECRET system")]).await,
        add(bench, id, Role::User, vec![Part::text("where to?"), file.clone()]).await,
        add(bench, id, Role::User, vec![file]).await,
        add(bench, id, Role::Assistant, vec![thought.clone(), call]).await,
        add(bench, id, Role::Tool, vec![result]).await,
        add(bench, id, Role::Assistant, vec![thought, Part::text("south"), block]).await,
    ];
    (id, said)
}

pub(super) async fn a_link_shows_what_was_said(bench: Bench<'_>) {
    let (id, _) = candid(&bench).await;
    let (link, token) = share(&bench, id, NewShare::default()).await;
    assert!(!format!("{link:?} {:?}", link.share).contains(&token), "a link prints its secret");
    let shared = read(&bench, &token).await.unwrap();
    assert_eq!((shared.title.as_deref(), texts(&shared)), (Some("Trip"), vec!["where to?", "", "south"]));
    let attachments: Vec<usize> = shared.messages.items.iter().map(|message| message.attachments).collect();
    assert_eq!(attachments, [1, 1, 0]);
    assert!(!format!("{shared:?}").contains("SECRET"), "{shared:?}");
    // what comes later, and what is beside it, never shows
    bench.ask(id, Parent::Head, "later").await;
    bench.ask(id, Parent::Root, "beside").await;
    assert_eq!(read(&bench, &token).await.unwrap(), shared);
    // its owner sees it again, others do not
    let all = shares(&bench).list(&bench.caller, id, &PageRequest::first()).await.unwrap().items;
    assert_eq!(all, [link]);
    expect_gone(shares(&bench).list(&user(99), id, &PageRequest::first()).await);
    expect_gone(shares(&bench).create(&user(99), id, NewShare::default()).await);
    expect_gone(read(&bench, "").await);
    expect_gone(read(&bench, &token.to_uppercase()).await);
    // pages join
    let long = bench.conversation().await;
    let chain = bench.chain(long, 120).await;
    let (_, token) = share(&bench, long, NewShare { message: Some(chain[99].id), expires_at: None }).await;
    let (mut joined, mut page) = (Vec::new(), PageRequest::first().limit(30));
    loop {
        let found = shares(&bench).read(&token, &page).await.unwrap().messages;
        joined.splice(0..0, found.items.iter().map(|message| message.text.clone()));
        let Some(next) = found.next else { break };
        page = page.after(Some(next));
    }
    assert_eq!(joined, (0..100).map(|at| at.to_string()).collect::<Vec<_>>());
}

pub(super) async fn a_link_knows_its_owner(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 3).await;
    let (service, reader) = (shares(&bench), user(7));
    let (_, token) = share(&bench, id, NewShare::default()).await;
    let copy = service.fork(&reader, &token, None).await.unwrap().id;
    assert_eq!(service.own(&bench.caller, &token).await.unwrap(), Some(id));
    for stranger in [&reader, &user(99), &visitor(1)] {
        assert_eq!(
            service.own(stranger, &token).await.unwrap(),
            None,
            "whoever reads, or goes on with a copy, is a reader"
        );
    }
    let back = service.create(&reader, copy, NewShare::default()).await.unwrap().token.unwrap();
    assert_eq!(service.own(&reader, &back).await.unwrap(), Some(copy));
    assert_eq!(service.own(&bench.caller, &back).await.unwrap(), None, "a copy is whose it is");
    // what opens nothing is nobody's
    for nothing in ["", &token.to_uppercase()] {
        expect_gone(service.own(&bench.caller, nothing).await);
    }
    let end = bench.now().plus(Duration::from_secs(60));
    let to = |at: usize, expires_at| NewShare { message: Some(chain[at].id), expires_at };
    let (_, short) = share(&bench, id, to(0, Some(end))).await;
    let (_, deep) = share(&bench, id, to(2, None)).await;
    assert_eq!(service.own(&bench.caller, &short).await.unwrap(), Some(id));
    bench.clock.advance(Duration::from_secs(60));
    bench.conversations().delete_subtree(&bench.caller, chain[2].id).await.unwrap();
    let (_, taken_back) = share(&bench, id, to(1, None)).await;
    service.end(&bench.caller, id, None).await.unwrap();
    for over in [&short, &deep, &taken_back] {
        expect_gone(service.own(&bench.caller, over).await);
    }
}

pub(super) async fn a_link_ends(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 5).await;
    let to = |at: usize| NewShare { message: Some(chain[at].id), expires_at: None };
    let (one, two) = (share(&bench, id, to(1)).await, share(&bench, id, to(1)).await);
    assert_ne!(one.1, two.1, "each link has its own secret");
    let service = shares(&bench);
    service.end(&bench.caller, id, Some(one.0.share.id)).await.unwrap();
    expect_gone(read(&bench, &one.1).await);
    assert_eq!(texts(&read(&bench, &two.1).await.unwrap()), ["0", "1"]);
    expect_gone(service.end(&user(99), id, Some(two.0.share.id)).await);
    expect_gone(service.end(&bench.caller, id, Some(one.0.share.id)).await);
    // by time
    let end = bench.now().plus(Duration::from_secs(60));
    let (_, short) = share(&bench, id, NewShare { expires_at: Some(end), ..to(1) }).await;
    assert!(read(&bench, &short).await.is_ok());
    bench.clock.advance(Duration::from_secs(60));
    expect_gone(read(&bench, &short).await);
    let past = NewShare { expires_at: Some(end), ..to(1) };
    assert!(matches!(service.create(&bench.caller, id, past).await, Err(Error::Invalid { field: "expires_at", .. })));
    service.tidy().await.unwrap();
    assert_eq!(bench.count(Kind::Share).await, 1, "what has expired is removed, and nothing else");
    // with its message
    let (_, deep) = share(&bench, id, to(4)).await;
    bench.conversations().delete_subtree(&bench.caller, chain[3].id).await.unwrap();
    expect_gone(read(&bench, &deep).await);
    assert!(read(&bench, &two.1).await.is_ok());
    service.end(&bench.caller, id, None).await.unwrap();
    expect_gone(read(&bench, &two.1).await);
    service.end(&bench.caller, id, None).await.unwrap();
    // with its conversation
    let (_, last) = share(&bench, id, to(1)).await;
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    expect_gone(read(&bench, &last).await);
    let empty = bench.conversation().await;
    assert!(matches!(service.create(&bench.caller, empty, NewShare::default()).await, Err(Error::Invalid { .. })));
}

pub(super) async fn a_link_ends_with_its_account(bench: Bench<'_>) {
    let owner = User {
        id: bench.caller.user_id().unwrap(),
        number: 1,
        username: None,
        email: None,
        role: AccountRole::User,
        state: AccountState::Active,
        epoch: 1,
        links: 0,
        key_epoch: 0,
        display_name: None,
        locale: None,
        created_at: bench.now(),
    };
    bench.commit(Batch::of(Insert(owner.clone()))).await.unwrap();
    let id = bench.conversation().await;
    bench.chain(id, 2).await;
    let (_, token) = share(&bench, id, NewShare::default()).await;
    assert!(read(&bench, &token).await.is_ok());
    for state in [AccountState::Suspended, AccountState::Deleted] {
        bench.commit(Batch::of(Update(User { state, ..owner.clone() }))).await.unwrap();
        expect_gone(read(&bench, &token).await);
        expect_gone(shares(&bench).fork(&user(5), &token, None).await);
        bench.commit(Batch::of(Update(owner.clone()))).await.unwrap();
        assert!(read(&bench, &token).await.is_ok(), "who is let in again finds their links");
    }
}

pub(super) async fn a_link_leads_to_a_copy(bench: Bench<'_>) {
    let (id, _) = candid(&bench).await;
    let (_, token) = share(&bench, id, NewShare::default()).await;
    bench.ask(id, Parent::Head, "later").await;
    let (reader, service) = (user(7), shares(&bench));
    let before = bench.get(id).await;
    let copy = service.fork(&reader, &token, None).await.unwrap();
    assert_eq!((copy.owner, copy.title.as_deref(), copy.message_count), (reader.subject(), Some("Trip"), 2));
    assert_eq!((&copy.system_prompt, &copy.model, &copy.external_id, copy.forked_from), (&None, &None, &None, None));
    let branch = bench.conversations().branch(&reader, copy.id, None, &PageRequest::first()).await.unwrap().items;
    let parts: Vec<&[Part]> = branch.iter().map(|view| view.message.parts.as_slice()).collect();
    assert_eq!(parts, [[Part::text("where to?")], [Part::text("south")]]);
    assert!(branch.iter().all(|view| view.message.owner == reader.subject() && view.message.run.is_none()));
    assert_eq!(bench.get(id).await, before, "copying changed the original");
    // the same request makes one copy
    let once = || Once::new("again").ok();
    let first = service.fork(&reader, &token, once()).await.unwrap();
    assert_eq!(service.fork(&reader, &token, once()).await.unwrap().id, first.id);
    assert_eq!((bench.count(Kind::Conversation).await, bench.count(Kind::Job).await), (3, 0));
    // it is the reader's, whatever becomes of the link
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    expect_gone(service.fork(&reader, &token, None).await);
    let title = Settings { title: Some(Some("mine".into())), ..Settings::default() };
    assert!(bench.conversations().update(&reader, copy.id, title, None).await.is_ok());
    bench.expect_sound().await;
}

pub(super) async fn links_to_open_answers_are_refused(bench: Bench<'_>) {
    let id = bench.conversation().await;
    bench.model.will(Script::default().text("well").hang());
    let turn = bench.chat.send(&bench.caller, id, "and?").await.unwrap();
    let refused = shares(&bench).create(&bench.caller, id, NewShare::default()).await;
    assert!(matches!(refused, Err(Error::Busy)));
    let question = turn.user_message.as_ref().map(|view| view.message.id);
    let (_, token) = share(&bench, id, NewShare { message: question, expires_at: None }).await;
    assert_eq!(texts(&read(&bench, &token).await.unwrap()), ["and?"]);
    assert_eq!(bench.count(Kind::Share).await, 1);
}

pub(super) async fn links_leave_nothing(bench: Bench<'_>) {
    let id = bench.conversation().await;
    let chain = bench.chain(id, 4).await;
    let other = bench.conversation().await;
    bench.chain(other, 2).await;
    let (_, kept) = share(&bench, other, NewShare::default()).await;
    let (_, upper) = share(&bench, id, NewShare { message: Some(chain[1].id), expires_at: None }).await;
    for _ in 0..150 {
        share(&bench, id, NewShare::default()).await;
    }
    bench.conversations().delete_subtree(&bench.caller, chain[2].id).await.unwrap();
    assert_eq!(bench.count(Kind::Share).await, 2, "links to what is purged are left, or others are gone");
    assert!(read(&bench, &upper).await.is_ok());
    bench.expect_sound().await;
    bench.conversations().delete(&bench.caller, id).await.unwrap();
    assert_eq!(bench.count(Kind::Share).await, 1);
    assert!(read(&bench, &kept).await.is_ok());
    bench.expect_sound().await;
}
