//! Users, identities and sessions as a store finds and lists them; jobs too.

use futures::future::join_all;
use uuid::Uuid;

use super::bench::{Bench, expect_refusal};
use super::raw::{Delete, Insert, Update};
use crate::Timestamp;
use crate::account::{
    AccountRole, AccountState, Identity, IdentityKey, RegisterUser, Session, SessionKind, TokenHash, User,
};
use crate::id::{ConversationId, JobId, SessionId, UserId};
use crate::job::{Job, Work};
use crate::store::{Batch, Conflict, Kind};

fn user(number: u64) -> User {
    User {
        id: UserId::from_uuid(Uuid::from_u128(1_000 - u128::from(number))),
        number,
        username: Some(format!("User {number}")),
        email: None,
        role: AccountRole::User,
        state: AccountState::Active,
        epoch: 1,
        links: 0,
        key_epoch: 0,
        display_name: None,
        locale: None,
        created_at: Timestamp::from_micros(7),
    }
}

pub(super) async fn user_by_id(bench: Bench<'_>) {
    for number in 1..5 {
        bench.commit(Batch::of(Insert(user(number)))).await.unwrap();
    }
    let suspended = User { state: AccountState::Suspended, ..user(2) };
    bench.commit(Batch::of(Update(suspended.clone()))).await.unwrap();
    assert_eq!(bench.store.user(suspended.id).await.unwrap(), Some(suspended));
    assert_eq!(bench.store.user(user(3).id).await.unwrap(), Some(user(3)));
    assert_eq!(bench.store.user(user(9).id).await.unwrap(), None);
}

pub(super) async fn user_by_number(bench: Bench<'_>) {
    for number in [1, 2, 10, 11, 256] {
        bench.commit(Batch::of(Insert(user(number)))).await.unwrap();
    }
    for number in [1, 2, 10, 11, 256] {
        assert_eq!(bench.store.user_by_number(number).await.unwrap(), Some(user(number)));
    }
    for nobody in [0, 3, 12, super::samples::MAX] {
        assert_eq!(bench.store.user_by_number(nobody).await.unwrap(), None);
    }
}

fn identity(key: IdentityKey, user: UserId) -> Identity {
    Identity { key, user, secret: None, verified_at: None, created_at: Timestamp::from_micros(7) }
}

/// Keys of every sort, in order: names by their bytes, then addresses, passwords, providers, wallets.
fn keys() -> Vec<IdentityKey> {
    let texts = ["", " ", "B", "a", "a ", "ab", "b", "z", "ä", "я", "\u{ffff}", "\u{1F600}"];
    let names = texts.map(|text| IdentityKey::Username(text.into()));
    let addresses = texts.map(|text| IdentityKey::Email(text.into()));
    let mut keys: Vec<IdentityKey> = names.into_iter().chain(addresses).collect();
    keys.push(IdentityKey::Password(user(1).id));
    let oauth =
        |(provider, subject): (&str, &str)| IdentityKey::OAuth { provider: provider.into(), subject: subject.into() };
    keys.extend([("", "ab"), ("a", ""), ("a", "B"), ("a", "b"), ("ab", "")].map(oauth));
    keys.extend(["0x0", "0xa"].map(|address| IdentityKey::Wallet(address.into())));
    keys
}

pub(super) async fn identity_by_key(bench: Bench<'_>) {
    for key in keys() {
        bench.commit(Batch::of(Insert(identity(key, user(1).id)))).await.unwrap();
    }
    for key in keys() {
        let found = bench.store.identity(&key).await.unwrap();
        assert_eq!(found, Some(identity(key, user(1).id)), "texts are compared by their bytes");
    }
    for nobody in
        [IdentityKey::Username("A".into()), IdentityKey::Email("ab ".into()), IdentityKey::Password(user(2).id)]
    {
        assert_eq!(bench.store.identity(&nobody).await.unwrap(), None, "{nobody:?} is nobody's");
    }
}

pub(super) async fn identities_in_order(bench: Bench<'_>) {
    let mut backwards = keys();
    backwards.reverse();
    for (at, key) in backwards.iter().enumerate() {
        let of = user(1 + u64::from(at % 5 == 0)).id;
        bench.commit(Batch::of(Insert(identity(key.clone(), of)))).await.unwrap();
    }
    for number in [1, 2] {
        let found = bench.store.identities(user(number).id).await.unwrap();
        let mut own: Vec<(usize, IdentityKey)> = backwards.iter().cloned().enumerate().collect();
        own.retain(|(at, _)| 1 + u64::from(at % 5 == 0) == number);
        own.reverse();
        let found: Vec<IdentityKey> = found.into_iter().map(|identity| identity.key).collect();
        assert_eq!(found, own.into_iter().map(|(_, key)| key).collect::<Vec<_>>());
    }
    // given to somebody else
    let moved = identity(keys()[3].clone(), user(3).id);
    bench.commit(Batch::of(Update(moved.clone()))).await.unwrap();
    assert_eq!(bench.store.identities(user(3).id).await.unwrap(), std::slice::from_ref(&moved));
    let of_others =
        [bench.store.identities(user(1).id).await.unwrap(), bench.store.identities(user(2).id).await.unwrap()];
    assert!(of_others.concat().iter().all(|identity| identity.key != moved.key), "it is in two lists");
}

pub(super) fn session(bench: &Bench<'_>, user: UserId) -> Session {
    Session {
        id: SessionId::mint(bench.now(), &*bench.ids),
        user,
        kind: SessionKind::api(),
        generation: 1,
        token_hash: TokenHash([7; 32]),
        rotated_at: bench.now(),
        epoch: 1,
        label: None,
        created_at: bench.now(),
        expires_at: bench.now(),
        ended_at: None,
    }
}

pub(super) async fn session_by_id(bench: Bench<'_>) {
    let session = session(&bench, user(1).id);
    assert_eq!(bench.store.session(session.id).await.unwrap(), None);
    bench.commit(Batch::of(Insert(session.clone()))).await.unwrap();
    assert_eq!(bench.store.session(session.id).await.unwrap().as_ref(), Some(&session));
    let ended = Session { ended_at: Some(bench.now()), token_hash: TokenHash([8; 32]), ..session };
    bench.commit(Batch::of(Update(ended.clone()))).await.unwrap();
    assert_eq!(bench.store.session(ended.id).await.unwrap(), Some(ended));
}

pub(super) async fn sessions_in_order(bench: Bench<'_>) {
    let all: Vec<Session> = (0..20).map(|at| session(&bench, user(1 + at % 2).id)).collect();
    for session in all.iter().rev() {
        bench.commit(Batch::of(Insert(session.clone()))).await.unwrap();
    }
    let mut own: Vec<Session> = all.into_iter().filter(|session| session.user == user(1).id).collect();
    own[2].ended_at = Some(bench.now());
    bench.commit(Batch::of(Update(own[2].clone()))).await.unwrap();
    for page in [1, 3, 10, 11, usize::MAX] {
        let mut joined: Vec<Session> = Vec::new();
        loop {
            let found = bench.store.sessions(user(1).id, joined.last().map(|last| last.id), page).await.unwrap();
            assert!(found.len() <= page, "a page of {page} has {}", found.len());
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, own, "pages of {page} do not join to the whole, ended ones included");
    }
    let gone = own.remove(4);
    bench.commit(Batch::of(Delete(gone.clone()))).await.unwrap();
    assert_eq!(bench.store.sessions(user(1).id, Some(gone.id), 2).await.unwrap(), own[4..6]);
    assert_eq!(bench.store.sessions(user(1).id, None, 0).await.unwrap(), []);
    assert_eq!(bench.store.sessions(user(9).id, None, 9).await.unwrap(), []);
}

pub(super) async fn jobs_in_order(bench: Bench<'_>) {
    let mut jobs: Vec<Job> = (0..12)
        .map(|_| Job {
            id: bench.mint_job(),
            work: Work::PurgeConversation { conversation: ConversationId::mint(bench.now(), &*bench.ids) },
            created_at: bench.now(),
        })
        .collect();
    for job in jobs.iter().rev() {
        bench.commit(Batch::of(Insert(job.clone()))).await.unwrap();
    }
    for page in [1, 5, 12, 13, usize::MAX] {
        let mut joined: Vec<Job> = Vec::new();
        loop {
            let found = bench.store.jobs(joined.last().map(|last| last.id), page).await.unwrap();
            assert!(found.len() <= page);
            if found.is_empty() {
                break;
            }
            joined.extend(found);
        }
        assert_eq!(joined, jobs, "pages of {page} do not join to the whole");
    }
    let gone: JobId = jobs.remove(5).id;
    bench.commit(Batch::of(Delete(Job { id: gone, ..jobs[0].clone() }))).await.unwrap();
    assert_eq!(bench.store.jobs(Some(gone), 2).await.unwrap(), jobs[5..7], "a job that is gone is still a place");
}

pub(super) async fn one_name_one_user(bench: Bench<'_>) {
    let register = |at: u64| RegisterUser {
        id: UserId::mint(bench.now(), &*bench.ids),
        username: Some(if at.is_multiple_of(2) { "Ann".into() } else { " ann ".into() }),
        email: None,
        secret: "$argon2id$".into(),
        role: AccountRole::User,
        at: bench.now(),
    };
    let all = join_all((0..64).map(|at| bench.commit(Batch::of(register(at))))).await;
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "64 registered one name at once");
    for refused in all.into_iter().filter(Result::is_err) {
        expect_refusal(refused, &Conflict::Exists(Kind::Identity));
    }
    assert_eq!(
        (bench.count(Kind::User).await, bench.count(Kind::Identity).await),
        (1, 2),
        "a refused one left a trace"
    );
    let user = bench.store.user_by_number(1).await.unwrap().expect("the first user has the number 1");
    let name = bench.store.identity(&IdentityKey::of_login("ANN")).await.unwrap().unwrap();
    assert_eq!(name.user, user.id);
}
