//! What only one may have, and what must not be had too often, while many reach for it from several threads.

use std::time::Duration;

use super::access::hash;
use super::bench::{Bench, expect_refusal};
use super::raw::Insert;
use super::threads::race;
use crate::Timestamp;
use crate::account::{
    AccountRole, AccountState, Challenge, ChallengeKind, ExpectNoAdmin, IdentityKey, IssueChallenge, LinkIdentity,
    MergeVisitor, OpenVisitor, RegisterUser, RoleCount, RotateSession, Session, SetRole, SetState, TakeChallenge,
    UnlinkIdentity, User, Visitor,
};
use crate::id::{JobId, UserId, VisitorId};
use crate::limits::{Bucket, FREE_ATTEMPTS, MAX_ATTEMPTS, Rule, TakeAttempt, TakeUnits};
use crate::store::{Batch, Conflict, Kind};

/// A user of that name, with a password.
async fn registered(bench: &Bench<'_>, name: &str, role: AccountRole) -> UserId {
    let id = UserId::mint(bench.now(), &*bench.ids);
    let (username, secret) = (Some(name.to_owned()), "$argon2id$".to_owned());
    bench.commit(Batch::of(RegisterUser { id, username, email: None, secret, role, at: bench.now() })).await.unwrap();
    id
}

pub(super) async fn one_use_of_a_code_wins(bench: Bench<'_>) {
    let ann = registered(&bench, "ann", AccountRole::User).await;
    for n in 0..4 {
        let challenge = Challenge {
            hash: hash(n),
            kind: ChallengeKind::PasswordReset,
            payload: String::new(),
            user: Some(ann),
            epoch: None,
            binding: None,
            created_at: bench.now(),
            expires_at: bench.now().plus(Duration::from_secs(1)),
        };
        bench.commit(Batch::of(IssueChallenge { challenge })).await.unwrap();
        let (store, at) = (bench.store.clone(), bench.now());
        let all = race(&bench, |_| {
            let store = store.clone();
            let kinds = vec![ChallengeKind::PasswordReset];
            let take = TakeChallenge { hash: hash(n), kinds, binding: None, at };
            Box::pin(async move { store.commit(Batch::of(take)).await })
        });
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1, "so many of 64 used one code");
        all.into_iter().filter(Result::is_err).for_each(|lost| expect_refusal(lost, &Conflict::SpentCode));
        assert_eq!(bench.store.challenge(hash(n)).await.unwrap(), None);
    }
}

pub(super) async fn one_identity_one_user(bench: Bench<'_>) {
    let mut users = Vec::new();
    for name in ["ann", "bob", "eve", "joe"] {
        users.push(registered(&bench, name, AccountRole::User).await);
    }
    for round in 0..4 {
        let key = IdentityKey::OAuth { provider: "google".into(), subject: format!("{round}") };
        let (store, at) = (bench.store.clone(), bench.now());
        let all = race(&bench, |racer| {
            let (store, user) = (store.clone(), users[racer % 4]);
            let link = LinkIdentity { user, key: key.clone(), at };
            Box::pin(async move { (user, store.commit(Batch::of(link)).await) })
        });
        let found = bench.store.identity(&key).await.unwrap().expect("one of 64 links it");
        for (user, done) in all {
            match done {
                Ok(_) => assert_eq!(user, found.user, "two users are told that one identity is theirs"),
                refused => expect_refusal(refused, &Conflict::Exists(Kind::Identity)),
            }
        }
    }
    let mut links = 0;
    for user in users {
        links += bench.store.user(user).await.unwrap().unwrap().links;
    }
    assert_eq!(links, 4, "a link was counted for each that tried");
}

pub(super) async fn the_last_way_in_stays(bench: Bench<'_>) {
    let ann = registered(&bench, "ann", AccountRole::User).await;
    let keys: Vec<IdentityKey> = (0..16).map(|n| IdentityKey::Wallet(format!("0x{n:040x}"))).collect();
    for key in &keys {
        bench.commit(Batch::of(LinkIdentity { user: ann, key: key.clone(), at: bench.now() })).await.unwrap();
    }
    let password = UnlinkIdentity { user: ann, key: IdentityKey::Password(ann) };
    bench.commit(Batch::of(password)).await.unwrap();
    let store = bench.store.clone();
    let all = race(&bench, |racer| {
        let (store, unlink) = (store.clone(), UnlinkIdentity { user: ann, key: keys[racer % 16].clone() });
        Box::pin(async move { store.commit(Batch::of(unlink)).await })
    });
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 15, "each of 16 links but one goes once");
    let left = bench.store.identities(ann).await.unwrap();
    assert_eq!(left.iter().filter(|identity| identity.key.is_link()).count(), 1, "there is no way in any more");
    assert_eq!(bench.store.user(ann).await.unwrap().unwrap().links, 1);
}

pub(super) async fn one_first_admin(bench: Bench<'_>) {
    let (store, ids, at) = (bench.store.clone(), bench.ids.clone(), bench.now());
    let set_up = |n: usize| {
        let id = UserId::mint(at, &*ids);
        let (username, secret) = (Some(format!("admin{n}")), "$argon2id$".to_owned());
        let admin = RegisterUser { id, username, email: None, secret, role: AccountRole::Admin, at };
        (id, Batch::of(ExpectNoAdmin).and(admin))
    };
    let all = race(&bench, |racer| {
        let (store, (id, batch)) = (store.clone(), set_up(racer));
        Box::pin(async move { (id, store.commit(batch).await) })
    });
    assert_eq!(all.iter().filter(|(_, done)| done.is_ok()).count(), 1, "so many of 64 became the first admin");
    for (id, done) in all {
        assert_eq!(store.user(id).await.unwrap().is_some(), done.is_ok(), "whoever was refused has an account");
        if done.is_err() {
            expect_refusal(done, &Conflict::SpentCode);
        }
    }
    expect_refusal(bench.commit(set_up(64).1).await, &Conflict::SpentCode);
    let count = super::raw::scan_all(&*bench.store, Kind::RoleCount, 9).await;
    assert_eq!(count, [RoleCount { role: AccountRole::Admin, active: 1 }.into()]);
}

pub(super) async fn the_last_admin_stays(bench: Bench<'_>) {
    let mut admins = Vec::new();
    for n in 0..8 {
        admins.push(registered(&bench, &format!("admin{n}"), AccountRole::Admin).await);
    }
    let store = bench.store.clone();
    let all = race(&bench, |racer| {
        let (store, user) = (store.clone(), admins[racer % 8]);
        let batch = if racer < 32 {
            Batch::of(SetRole { by: None, user, role: AccountRole::User })
        } else {
            Batch::of(SetState { by: None, user, state: AccountState::Suspended })
        };
        Box::pin(async move { store.commit(batch).await })
    });
    assert!(all.iter().any(Result::is_err), "all admins went");
    let mut left = 0;
    for admin in admins {
        let User { role, state, .. } = bench.store.user(admin).await.unwrap().unwrap();
        left += u64::from(role == AccountRole::Admin && state == AccountState::Active);
    }
    assert_eq!(left, 1, "of eight admins that 64 wanted to shut out, so many are left");
    let count = super::raw::scan_all(&*bench.store, Kind::RoleCount, 9).await;
    assert_eq!(count, [RoleCount { role: AccountRole::Admin, active: 1 }.into()]);
}

pub(super) async fn limits_hold_at_once(bench: Bench<'_>) {
    let (store, at) = (bench.store.clone(), bench.now());
    let bucket = Bucket::new("read", "address");
    // two units come back in a second
    let rule = Rule::new(32, Duration::from_secs(16));
    let all = race(&bench, |_| {
        let (store, bucket) = (store.clone(), bucket.clone());
        let take = TakeUnits { bucket, cost: 3, rule, at };
        Box::pin(async move { store.commit(Batch::of(take)).await })
    });
    assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 10, "three fit ten times into 32");
    let (until, whole_at) = (at.plus(Duration::from_millis(500)), at.plus(Duration::from_secs(15)));
    let refusal = Conflict::RateLimited { until, at, expires_at: whole_at };
    all.into_iter().filter(Result::is_err).for_each(|refused| expect_refusal(refused, &refusal));
    let counter = bench.store.rate_counter(&bucket.to_string()).await.unwrap().unwrap();
    assert_eq!((counter.failures, counter.expires_at), (0, whole_at), "a refusal was counted");
    // one who waits gets what has come back, and one who waits long gets all
    for (at, cost) in [(until, 3), (whole_at.plus(Duration::from_secs(9)), 32)] {
        bench.commit(Batch::of(TakeUnits { bucket: bucket.clone(), cost, rule, at })).await.unwrap();
    }
}

pub(super) async fn guesses_are_counted_at_once(bench: Bench<'_>) {
    let store = bench.store.clone();
    let bucket = Bucket::new("password", "ann");
    let guess = |at| TakeAttempt { bucket: bucket.clone(), most: MAX_ATTEMPTS, expires_at: Timestamp::MAX, at };
    let rush = |at| {
        let all = race(&bench, |_| {
            let (store, guess) = (store.clone(), guess(at));
            Box::pin(async move { store.commit(Batch::of(guess)).await })
        });
        all.iter().filter(|done| done.is_ok()).count()
    };
    let failures = async || store.rate_counter(&bucket.to_string()).await.unwrap().map(|counter| counter.failures);
    let mut at = bench.now();
    let free = usize::try_from(FREE_ATTEMPTS).unwrap();
    assert_eq!(rush(at), free, "so many of 64 guesses at once went through");
    assert_eq!(failures().await, Some(FREE_ATTEMPTS));
    // from now on one after the other, however many there are at once
    let longest = Duration::from_secs(900);
    for _ in FREE_ATTEMPTS + 1..MAX_ATTEMPTS {
        at = at.plus(longest);
        bench.commit(Batch::of(guess(at))).await.unwrap();
    }
    at = at.plus(longest);
    assert_eq!((rush(at), failures().await), (1, Some(MAX_ATTEMPTS)), "the hundredth guess");
    at = at.plus(longest * 1_000_000);
    assert_eq!((rush(at), failures().await), (0, Some(MAX_ATTEMPTS)), "the guess after the hundredth");
}

pub(super) async fn a_visitor_becomes_one_user(bench: Bench<'_>) {
    let users =
        [registered(&bench, "ann", AccountRole::User).await, registered(&bench, "bob", AccountRole::User).await];
    let visitor = VisitorId::mint(bench.now(), &*bench.ids);
    bench.commit(Batch::of(OpenVisitor { id: visitor, network: "here".into(), at: bench.now() })).await.unwrap();
    let (store, ids, at) = (bench.store.clone(), bench.ids.clone(), bench.now());
    let all = race(&bench, |racer| {
        let (store, user) = (store.clone(), users[racer % 2]);
        let merge = MergeVisitor { visitor, user, job: JobId::mint(at, &*ids), at };
        Box::pin(async move { (user, store.commit(Batch::of(merge)).await) })
    });
    let Visitor { merged_into, .. } = bench.store.visitor(visitor).await.unwrap().unwrap();
    for (user, done) in all {
        match done {
            Ok(_) => assert_eq!(Some(user), merged_into, "a visitor has become two users"),
            refused => expect_refusal(refused, &Conflict::MergedElsewhere),
        }
    }
    assert_eq!(bench.store.jobs(None, 9).await.unwrap().len(), 1, "merging again left more to do");
}

pub(super) async fn rotations_survive(bench: Bench<'_>) {
    let ann = registered(&bench, "ann", AccountRole::User).await;
    let far = bench.now().plus(Duration::from_secs(1_000));
    let session = Session { epoch: 1, expires_at: far, ..super::accounts::session(&bench, ann) };
    bench.commit(Batch::of(Insert(session.clone()))).await.unwrap();
    let refresh = |at: Timestamp| RotateSession {
        session: session.id,
        generation: 1,
        presented: hash(7),
        successor: hash(8),
        grace: Duration::from_secs(10),
        at,
    };
    bench.commit(Batch::of(refresh(bench.now()))).await.unwrap();
    let id = session.id;
    let Some(bench) = bench.reopen().await else { return };
    let stored = bench.store.session(id).await.unwrap().unwrap();
    assert_eq!((stored.generation, stored.token_hash), (2, hash(8)), "a token that was used is good again");
    bench.tick();
    let again = bench.commit(Batch::of(refresh(bench.now()))).await.unwrap();
    assert_eq!(again.get::<Session>(&id), Some(&stored), "whoever lost the answer gets the same successor");
    let Some(bench) = bench.reopen().await else { return };
    bench.clock.advance(Duration::from_secs(60));
    bench.commit(Batch::of(refresh(bench.now()))).await.unwrap();
    let Some(bench) = bench.reopen().await else { return };
    assert!(bench.store.session(id).await.unwrap().unwrap().ended_at.is_some(), "a stolen token was of use");
    expect_refusal(bench.commit(Batch::of(refresh(bench.now()))).await, &Conflict::SessionEnded);
}
