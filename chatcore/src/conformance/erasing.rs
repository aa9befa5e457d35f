//! Erasing deleted accounts: what goes, what stays, and what a kill in the middle does.

use std::sync::Arc;
use std::time::Duration;

use futures::stream;

use super::bench::{Bench, expect_gone, expect_refusal, message};
use super::raw::{Insert, Update, scan_all};
use crate::account::{
    AccountRole, AccountState, ApiKey, ApiKeyKind, Caller, Challenge, ChallengeKind, DeleteUser, IdentityKey,
    LinkIdentity, MergeVisitor, OpenSession, OpenVisitor, ProfileChange, RegisterUser, Session, SessionKind,
    SetProfile, TokenHash,
};
use crate::attachment::Attachments;
use crate::billing::{Customer, ExpectUnsubscribed, PlanId, Subscription, SubscriptionState};
use crate::conversation::{NewConversation, NewMessage, Parent, Part, Role, Settings};
use crate::erasure::{
    Fate, ForgetAccess, ForgetAliases, ForgetIdentities, ForgetNotes, ForgetProfile, ForgetRequests, SETTLE, fate,
};
use crate::feedback::{Opinion, Rating};
use crate::id::{ApiKeyId, ConversationId, SessionId, ShareId, UserId, VisitorId};
use crate::once::{Once, RequestName};
use crate::page::PageRequest;
use crate::share::Share;
use crate::store::{Batch, Change, Conflict, Domain, Kind};
use crate::subject::Subject;
use crate::testing::{MemoryBlobs, Script};

fn files(bench: &Bench<'_>, blobs: &MemoryBlobs) -> Attachments {
    let (clock, blobs) = (Arc::new(bench.clock.clone()), Arc::new(blobs.clone()));
    Attachments::new(bench.store.clone(), clock, bench.ids.clone(), blobs, |_| None).unwrap()
}

/// Somebody of whom every kind of record knows something, with this word in each text.
struct Person {
    id: UserId,
    caller: Caller,
    visitor: VisitorId,
    chat: ConversationId,
}

async fn commit(bench: &Bench<'_>, change: impl Change + 'static) {
    bench.commit(Batch::of(change)).await.unwrap();
}

fn register(bench: &Bench<'_>, word: &str) -> RegisterUser {
    RegisterUser {
        id: UserId::mint(bench.now(), &*bench.ids),
        username: Some(word.to_owned()),
        email: Some(format!("{word}@example.com")),
        secret: format!("$argon2id${word}"),
        role: AccountRole::User,
        at: bench.now(),
    }
}

fn wallet(word: &str) -> IdentityKey {
    IdentityKey::OAuth { provider: "p".into(), subject: word.to_owned() }
}

async fn person(bench: &Bench<'_>, blobs: &MemoryBlobs, word: &str, tag: u8) -> Person {
    let at = bench.now();
    let new = register(bench, word);
    let (id, caller) = (new.id, Caller::user(new.id));
    commit(bench, new).await;
    let (named, locale) = (Some(Some(word.to_owned())), None);
    commit(bench, SetProfile { user: id, change: ProfileChange { display_name: named, locale } }).await;
    commit(bench, LinkIdentity { user: id, key: wallet(word), at }).await;
    let visitor = VisitorId::mint(at, &*bench.ids);
    commit(bench, OpenVisitor { id: visitor, network: word.to_owned(), at }).await;
    let early = bench.conversations().create(&Caller::visitor(visitor), titled(word)).await.unwrap();
    commit(bench, MergeVisitor { visitor, user: id, job: bench.mint_job(), at }).await;
    bench.conversations().resume_jobs(crate::Timestamp::MAX).await.unwrap();
    assert!(bench.conversations().get(&caller, early.id).await.is_ok());
    ways_in(bench, id, word, tag).await;
    let chat = talk(bench, &caller, blobs, word, tag).await;
    Person { id, caller, visitor, chat }
}

async fn ways_in(bench: &Bench<'_>, user: UserId, word: &str, tag: u8) {
    let at = bench.now();
    for (n, ended) in [(0, None), (1, Some(at))] {
        let session = Session {
            id: SessionId::mint(at, &*bench.ids),
            user,
            kind: SessionKind::api(),
            generation: 1,
            token_hash: TokenHash([tag + n; 32]),
            rotated_at: at,
            epoch: 1,
            label: Some(word.to_owned()),
            created_at: at,
            expires_at: crate::Timestamp::MAX,
            ended_at: None,
        };
        commit(bench, OpenSession { session: Session { ended_at: ended, ..session } }).await;
    }
    let key = ApiKey {
        hash: TokenHash([tag; 32]),
        id: ApiKeyId::mint(at, &*bench.ids),
        owner: user,
        kind: ApiKeyKind::Key,
        name: word.to_owned(),
        prefix: String::new(),
        scopes: Vec::new(),
        epoch: 0,
        created_at: at,
        last_used_at: None,
        expires_at: None,
        revoked_at: Some(at),
    };
    commit(bench, Insert(key)).await;
    let code = Challenge {
        hash: TokenHash([tag; 32]),
        kind: ChallengeKind::EmailChange,
        payload: word.to_owned(),
        user: Some(user),
        epoch: Some(1),
        binding: None,
        created_at: at,
        expires_at: crate::Timestamp::MAX,
    };
    commit(bench, Insert(code)).await;
}

fn titled(word: &str) -> NewConversation {
    NewConversation {
        title: Some(word.to_owned()),
        system_prompt: Some(word.to_owned()),
        external_id: Some(word.to_owned()),
        once: Some(Once::new(word).unwrap()),
        ..NewConversation::default()
    }
}

async fn talk(bench: &Bench<'_>, caller: &Caller, blobs: &MemoryBlobs, word: &str, tag: u8) -> ConversationId {
    let service = bench.conversations();
    let chat = service.create(caller, NewConversation { external_id: None, once: None, ..titled(word) }).await.unwrap();
    let named = NewMessage { client_ref: Some(word.to_owned()), ..message(Parent::Head, Role::User, word) };
    let first = service.append(caller, chat.id, named).await.unwrap().message;
    bench.model.will(Script::saying(word));
    let turn = bench.chat.send(caller, chat.id, word).await.unwrap();
    let answer = turn.assistant_message.message.id;
    turn.driver.await;
    let opinion = Opinion { rating: Rating::Down, comment: Some(word.to_owned()) };
    service.set_feedback(caller, answer, Some(opinion)).await.unwrap();
    let share = Share {
        hash: TokenHash([tag; 32]),
        id: ShareId::mint(bench.now(), &*bench.ids),
        conversation: chat.id,
        message: first.id,
        created_at: bench.now(),
        expires_at: None,
    };
    commit(bench, Insert(share)).await;
    let set_apart = Settings { archived: Some(true), ..Settings::default() };
    let away =
        service.create(caller, NewConversation { title: Some(word.into()), ..Default::default() }).await.unwrap();
    service.update(caller, away.id, set_apart, None).await.unwrap();
    if bench.store.supports(Domain::Attachments) {
        let files = files(bench, blobs);
        for (name, is_named) in [("named", true), ("idle", false)] {
            let bytes = format!("{word} {name}");
            let file = files.upload(caller, word, stream::iter([Ok(bytes.into_bytes())])).await.unwrap();
            if is_named {
                let said = message(Parent::Head, Role::User, word);
                let parts = said.parts.iter().cloned().chain([Part::naming(file.id)]).collect();
                service.append(caller, chat.id, NewMessage { parts, ..said }).await.unwrap();
            }
        }
    }
    chat.id
}

async fn delete(bench: &Bench<'_>, user: UserId) {
    commit(bench, DeleteUser { by: None, user, job: bench.mint_job(), at: bench.now() }).await;
}

/// The kinds in whose records the word stands.
async fn traces(bench: &Bench<'_>, word: &str) -> Vec<Kind> {
    let mut found = Vec::new();
    for kind in Kind::ALL.iter().copied().filter(|kind| !kind.is_projection() && bench.store.supports(kind.domain())) {
        let all = scan_all(&*bench.store, kind, 100).await;
        let has = all.iter().any(|one| one.encode().windows(word.len()).any(|text| text == word.as_bytes()));
        found.extend(has.then_some(kind));
    }
    found
}

/// Nothing is left of who was erased but their number, and what they were known by is free.
async fn expect_erased(bench: &Bench<'_>, gone: &Person, word: &str) {
    assert_eq!(traces(bench, word).await, [], "these still tell of who was erased");
    for kind in Kind::ALL.iter().copied().filter(|kind| fate(*kind) == Fate::Erased && !kind.is_projection()) {
        let (user, visitor) = (gone.id.to_string(), gone.visitor.to_string());
        let names = |bytes: Vec<u8>| {
            let text = String::from_utf8_lossy(&bytes).into_owned();
            text.contains(&user) || text.contains(&visitor)
        };
        let left = scan_all(&*bench.store, kind, 100).await.iter().any(|one| names(one.encode()));
        assert!(!left, "a {} of who was erased is left", kind.name());
    }
    let left = bench.store.user(gone.id).await.unwrap().unwrap();
    assert_eq!((left.state, left.username, left.email, left.links), (AccountState::Deleted, None, None, 0));
    expect_gone(bench.conversations().get(&gone.caller, gone.chat).await);
    assert_eq!(bench.store.jobs(None, 9).await.unwrap(), []);
    commit(bench, register(bench, word)).await;
    bench.expect_sound().await;
}

async fn settle(bench: &Bench<'_>) {
    assert_eq!(bench.chat.erase().await.unwrap(), 0, "an account is looked at twice");
    bench.clock.advance(SETTLE);
    assert_eq!(bench.chat.erase().await.unwrap(), 1);
    assert_eq!(bench.chat.erase().await.unwrap(), 0);
}

pub(super) async fn erasing_leaves_no_trace(bench: Bench<'_>) {
    let blobs = MemoryBlobs::default();
    let gone = person(&bench, &blobs, "canary", 10).await;
    let stays = person(&bench, &blobs, "neighbour", 20).await;
    bench.expect_sound().await;
    let before = traces(&bench, "neighbour").await;
    assert_eq!(traces(&bench, "canary").await, before, "the two are alike");
    let counts = before.iter().filter(|kind| fate(**kind) == Fate::Erased).count();
    assert!(counts >= 10, "the canary is in few places: {before:?}");
    delete(&bench, gone.id).await;
    settle(&bench).await;
    expect_erased(&bench, &gone, "canary").await;
    assert_eq!(traces(&bench, "neighbour").await, before, "a neighbour lost something");
    let list = bench.conversations().list(&stays.caller, &PageRequest::first()).await.unwrap();
    assert_eq!(list.items.len(), 2);
    if bench.store.supports(Domain::Attachments) {
        bench.clock.advance(Duration::from_secs(2 * 3600));
        files(&bench, &blobs).sweep().await.unwrap();
        assert_eq!(blobs.count(), (0, 2), "bytes that nobody has any more are left, or a neighbour's went");
    }
}

pub(super) async fn erasing_spares_who_is_not_deleted(bench: Bench<'_>) {
    let Person { id: user, visitor, .. } = person(&bench, &MemoryBlobs::default(), "neighbour", 20).await;
    let (owner, before) = (Subject::User(user), traces(&bench, "neighbour").await);
    let mut forget = ForgetAccess::of(user);
    forget.sessions = bench.store.sessions(user, None, 9).await.unwrap().iter().map(|one| one.id).collect();
    let steps = [
        Batch::of(ForgetIdentities { user, keys: vec![wallet("neighbour")] }),
        Batch::of(ForgetProfile { user }),
        Batch::of(forget),
        Batch::of(ForgetAliases { user, visitors: vec![visitor] }),
        Batch::of(ForgetRequests { user, owner, names: vec![RequestName::Key("neighbour".into())] }),
        Batch::of(ForgetNotes { user }),
    ];
    for step in steps {
        expect_refusal(bench.commit(step).await, &Conflict::Rule("what is not deleted is not erased"));
    }
    assert_eq!(traces(&bench, "neighbour").await, before);
}

pub(super) async fn erasing_looks_twice(bench: Bench<'_>) {
    let gone = person(&bench, &MemoryBlobs::default(), "canary", 10).await;
    delete(&bench, gone.id).await;
    assert_eq!(bench.chat.erase().await.unwrap(), 0);
    // requests that were let in before: of the user, and of the visitor that they were
    for caller in [&gone.caller, &Caller::visitor(gone.visitor)] {
        bench.conversations().create(caller, titled("canary")).await.unwrap();
    }
    assert_eq!(bench.chat.erase().await.unwrap(), 0, "nothing is due yet");
    assert!(!traces(&bench, "canary").await.is_empty());
    bench.clock.advance(SETTLE);
    assert_eq!(bench.chat.erase().await.unwrap(), 1);
    expect_erased(&bench, &gone, "canary").await;
}

pub(super) async fn erasing_goes_on_from_any_step(bench: Bench<'_>) {
    let gone = person(&bench, &MemoryBlobs::default(), "canary", 10).await;
    delete(&bench, gone.id).await;
    // its process died when the wallet was gone and a conversation was marked
    for _ in 0..2 {
        commit(&bench, ForgetIdentities { user: gone.id, keys: vec![wallet("canary")] }).await;
    }
    let (owner, at) = (gone.caller.subject(), bench.now());
    let mark = crate::conversation::DeleteConversation { conversation: gone.chat, owner, job: bench.mint_job(), at };
    commit(&bench, mark).await;
    bench.expect_sound().await;
    let Some(bench) = bench.crash().await else { return };
    bench.chat.recover().await.unwrap();
    settle(&bench).await;
    expect_erased(&bench, &gone, "canary").await;
}

pub(super) async fn a_subscription_keeps_an_account(bench: Bench<'_>) {
    if !bench.store.supports(Domain::Billing) {
        return;
    }
    let new = register(&bench, "canary");
    let (user, subject) = (new.id, Subject::User(new.id));
    commit(&bench, new).await;
    let at = bench.now();
    let customer = Customer { subject, reference: "cus_1".into(), subscriptions: vec!["sub_1".into()], created_at: at };
    let one = Subscription {
        id: "sub_1".into(),
        subject,
        customer: "cus_1".into(),
        plan: PlanId("pro".into()),
        price: "price_1".into(),
        state: SubscriptionState::Active,
        period_start: at,
        period_end: at,
        until: None,
        credited: Vec::new(),
        created_at: at,
        updated_at: at,
        version: 1,
    };
    commit(&bench, Insert(customer)).await;
    commit(&bench, Insert(one.clone())).await;
    let delete = || {
        let delete = DeleteUser { by: None, user, job: bench.mint_job(), at };
        bench.commit(Batch::of(delete).and(ExpectUnsubscribed { subject }))
    };
    let ends = [SubscriptionState::Cancelled, SubscriptionState::Ended];
    for state in SubscriptionState::ALL.into_iter().filter(|state| !ends.contains(state)) {
        commit(&bench, Update(Subscription { state, ..one.clone() })).await;
        expect_refusal(delete().await, &Conflict::Subscribed);
        assert_eq!(bench.store.user(user).await.unwrap().unwrap().state, AccountState::Active);
    }
    commit(&bench, Update(Subscription { state: SubscriptionState::Cancelled, ..one })).await;
    delete().await.expect("it ends with what is paid for");
}

pub(super) async fn what_is_old_goes(bench: Bench<'_>) {
    use crate::account::{ForgetSessions, ForgetVisitors, KEEP_SESSIONS};
    let old = person(&bench, &MemoryBlobs::default(), "neighbour", 20).await;
    let [silent, speaks, late] = [0, 1, 2].map(|_| VisitorId::mint(bench.now(), &*bench.ids));
    for id in [silent, speaks] {
        commit(&bench, OpenVisitor { id, network: "n".into(), at: bench.now() }).await;
    }
    bench.conversations().create(&Caller::visitor(speaks), NewConversation::default()).await.unwrap();
    bench.clock.advance(KEEP_SESSIONS);
    commit(&bench, OpenVisitor { id: late, network: "n".into(), at: bench.now() }).await;
    let sessions = bench.store.sessions(old.id, None, 9).await.unwrap();
    let ids = sessions.iter().map(|one| one.id).collect();
    commit(&bench, ForgetSessions { sessions: ids, over_by: bench.now().minus(KEEP_SESSIONS) }).await;
    let left = bench.store.sessions(old.id, None, 9).await.unwrap();
    assert_eq!(left, sessions.into_iter().filter(|one| one.ended_at.is_none()).collect::<Vec<_>>());
    let visitors = vec![silent, speaks, late, old.visitor];
    commit(&bench, ForgetVisitors { visitors, came_by: bench.now().minus(KEEP_SESSIONS) }).await;
    let mut there = Vec::new();
    for id in [silent, speaks, late, old.visitor] {
        there.push(bench.store.visitor(id).await.unwrap().is_some());
    }
    assert_eq!(there, [false, true, true, true], "only who never said anything, came long ago and became nobody goes");
    bench.expect_sound().await;
}
