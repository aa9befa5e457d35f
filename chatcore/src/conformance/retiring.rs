//! What goes by itself where there is no list of what is old: a walk through all, a bounded step at a time.

use std::sync::Arc;

use async_trait::async_trait;

use super::bench::Bench;
use super::raw::InsertFresh;
use super::secrets::Plain;
use crate::account::{
    AccountRole, Accounts, Caller, KEEP_SESSIONS, OpenVisitor, PasswordHasher, RegisterUser, Session, SessionKind,
    TokenHash, Walk,
};
use crate::conversation::NewConversation;
use crate::error::Error;
use crate::id::{SessionId, UserId, VisitorId};
use crate::store::{Batch, Kind};

/// More than one step looks at.
const MANY: u64 = 1_050;

/// What one batch brings.
const BATCH: usize = 105;

/// Nobody has a password here.
struct NoPasswords;

#[async_trait]
impl PasswordHasher for NoPasswords {
    async fn hash(&self, _password: &str) -> Result<String, Error> {
        Err(Error::Denied)
    }

    async fn verify(&self, _password: &str, _hash: Option<&str>) -> Result<bool, Error> {
        Ok(false)
    }
}

fn accounts(bench: &Bench<'_>) -> Accounts {
    let (store, clock) = (bench.store.clone(), Arc::new(bench.clock.clone()));
    Accounts::new(store, clock, bench.ids.clone(), Arc::new(NoPasswords), Arc::new(Plain))
}

/// Sessions of one user; every second one has ended.
async fn sign_in(bench: &Bench<'_>) {
    let (at, user) = (bench.now(), UserId::mint(bench.now(), &*bench.ids));
    let (username, secret) = (Some("neighbour".to_owned()), "$argon2id$".to_owned());
    let new = RegisterUser { id: user, username, email: None, secret, role: AccountRole::User, at };
    bench.commit(Batch::of(new)).await.unwrap();
    let session = |n: u64| Session {
        id: SessionId::mint(at, &*bench.ids),
        user,
        kind: SessionKind::api(),
        generation: 1,
        token_hash: TokenHash([7; 32]),
        rotated_at: at,
        epoch: 1,
        label: None,
        created_at: at,
        expires_at: crate::Timestamp::MAX,
        ended_at: n.is_multiple_of(2).then_some(at),
    };
    let all: Vec<Session> = (0..MANY).map(session).collect();
    for some in all.chunks(BATCH) {
        let mut batch = Batch::default();
        some.iter().cloned().for_each(|one| batch.push(InsertFresh(one)));
        bench.commit(batch).await.unwrap();
    }
}

/// Visitors who say nothing.
async fn come(bench: &Bench<'_>, count: u64) -> Vec<VisitorId> {
    let at = bench.now();
    let all: Vec<VisitorId> = (0..count).map(|_| VisitorId::mint(at, &*bench.ids)).collect();
    for some in all.chunks(BATCH) {
        let mut batch = Batch::default();
        some.iter().for_each(|id| batch.push(OpenVisitor { id: *id, network: "192.0.2.0/24".into(), at }));
        bench.commit(batch).await.unwrap();
    }
    all
}

pub(super) async fn retiring_walks_through_all(bench: Bench<'_>) {
    let accounts = accounts(&bench);
    let left = async || [bench.count(Kind::Session).await, bench.count(Kind::Visitor).await];
    sign_in(&bench).await;
    let visitors = come(&bench, MANY).await;
    let speaks = *visitors.last().unwrap();
    bench.conversations().create(&Caller::visitor(speaks), NewConversation::default()).await.unwrap();
    let all = left().await;
    bench.clock.advance(KEEP_SESSIONS / 2);
    let late = come(&bench, 1).await[0];
    let walk = accounts.retire(&Walk::default()).await.unwrap();
    let walk = accounts.retire(&walk).await.unwrap();
    assert_eq!(left().await, [all[0], all[1] + 1], "what is not old yet stays");

    bench.clock.advance(KEEP_SESSIONS / 2);
    let walk = accounts.retire(&walk).await.unwrap();
    let some = left().await;
    let stay = [all[0] / 2, 2];
    assert!(some.iter().zip(stay).all(|(some, stay)| *some > stay), "one step looked at everything: {some:?} are left");
    let walk = accounts.retire(&walk).await.unwrap();
    assert_eq!(left().await, stay, "who goes on, who spoke and who came late stay, and nobody else");
    for id in [speaks, late] {
        assert!(bench.store.visitor(id).await.unwrap().is_some());
    }

    // the next round sees what has become old since
    bench.clock.advance(KEEP_SESSIONS / 2);
    accounts.retire(&walk).await.unwrap();
    assert!(bench.store.visitor(late).await.unwrap().is_none(), "the walk ended for good");
    assert!(bench.store.visitor(speaks).await.unwrap().is_some());
    bench.expect_sound().await;
}
