//! Accounts over the store in memory: registering, signing in, tokens that are used twice, sessions that end.
#![expect(clippy::unwrap_used, reason = "helpers of tests may fail the test")]

use std::sync::Arc;
use std::sync::atomic::{AtomicI64, AtomicUsize, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use chatcore::account::{
    Accounts, NewAccount, PasswordHasher, PasswordPolicy, Scope, SessionKind, SignedIn, TokenHash, TokenSecrets,
};
use chatcore::once::Fingerprint;
use chatcore::{Clock, Error, MemoryStore, RandomIds, SessionId, Timestamp};
use futures::executor::block_on;

/// Hashes nothing, and counts how often it was asked.
#[derive(Default)]
struct Counting(AtomicUsize);

#[async_trait]
impl PasswordHasher for Counting {
    async fn hash(&self, password: &str) -> Result<String, Error> {
        Ok(format!("hash of {password}"))
    }

    async fn verify(&self, password: &str, hash: Option<&str>) -> Result<bool, Error> {
        self.0.fetch_add(1, Ordering::SeqCst);
        Ok(hash == Some(format!("hash of {password}").as_str()))
    }
}

/// Tokens that say what they are.
struct Plain;

impl TokenSecrets for Plain {
    fn derive(&self, purpose: &str, input: &[u8]) -> [u8; 32] {
        Fingerprint::of([purpose.as_bytes(), input]).0
    }

    fn token(&self, session: SessionId, generation: u64) -> String {
        format!("{session}/{generation}")
    }

    fn parse(&self, token: &str) -> Option<(SessionId, u64)> {
        let (session, generation) = token.split_once('/')?;
        Some((session.parse().ok()?, generation.parse().ok()?))
    }

    fn hash(&self, token: &str) -> TokenHash {
        let mut bytes = [0; 32];
        for (at, byte) in token.bytes().enumerate() {
            bytes[at % 32] ^= byte.rotate_left(u32::try_from(at / 32).unwrap());
        }
        TokenHash(bytes)
    }
}

#[derive(Default)]
struct Hands(AtomicI64);

#[async_trait]
impl Clock for Hands {
    fn now(&self) -> Timestamp {
        Timestamp::from_micros(self.0.load(Ordering::SeqCst))
    }

    async fn sleep_until(&self, _: Timestamp) {}
}

struct World {
    accounts: Accounts,
    hasher: Arc<Counting>,
    clock: Arc<Hands>,
}

impl World {
    fn new() -> Self {
        let (hasher, clock) = (Arc::new(Counting::default()), Arc::new(Hands::default()));
        let store = Arc::new(MemoryStore::in_memory());
        let accounts = Accounts::new(store, clock.clone(), Arc::new(RandomIds), hasher.clone(), Arc::new(Plain));
        Self { accounts, hasher, clock }
    }

    fn wait(&self, time: Duration) {
        self.clock.0.fetch_add(i64::try_from(time.as_micros()).unwrap(), Ordering::SeqCst);
    }

    fn ann(&self, kind: SessionKind) -> SignedIn {
        block_on(async {
            let user = self.accounts.register(account(Some("Ann"), Some("ann@example.com"))).await.unwrap();
            self.accounts.open(user.id, kind, Some("a test".into())).await.unwrap()
        })
    }
}

fn account(username: Option<&str>, email: Option<&str>) -> NewAccount {
    NewAccount {
        username: username.map(str::to_owned),
        email: email.map(str::to_owned),
        password: "correct horse battery".into(),
        policy: PasswordPolicy::default(),
    }
}

fn refused<T>(result: Result<T, Error>) -> bool {
    matches!(result, Err(Error::Unauthenticated))
}

#[test]
fn names_and_addresses_are_taken_once_whatever_their_case() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let ann = accounts.register(account(Some("Ann"), Some("Ann@Example.com"))).await.unwrap();
        assert_eq!((ann.number, ann.username.as_deref()), (1, Some("Ann")));
        for again in [
            account(Some("ann"), None),
            account(None, Some("ANN@example.COM")),
            account(Some("x1y"), Some("ann@example.com")),
        ] {
            assert!(matches!(accounts.register(again).await, Err(Error::Taken("name or address"))));
        }
        assert_eq!(accounts.register(account(Some("bob"), None)).await.unwrap().number, 2, "refusals use up no number");
        assert!(matches!(accounts.register(account(None, None)).await, Err(Error::Invalid { field: "email", .. })));
        let weak = NewAccount { password: "short".into(), ..account(Some("carl"), None) };
        assert!(matches!(accounts.register(weak).await, Err(Error::Invalid { field: "password", .. })));
    });
}

#[test]
fn every_way_to_fail_asks_the_hasher_once() {
    let world = World::new();
    world.ann(SessionKind::api());
    block_on(async {
        let calls = || world.hasher.0.swap(0, Ordering::SeqCst);
        for (login, password, works) in [
            ("ann", "correct horse battery", true),
            (" ANN@example.com ", "correct horse battery", true),
            ("ann", "wrong", false),
            ("nobody", "correct horse battery", false),
            ("nobody@example.com", "correct horse battery", false),
            ("", "", false),
        ] {
            let result = world.accounts.login(login, password, SessionKind::api(), None).await;
            assert_eq!(result.is_ok(), works, "{login}");
            assert!(works || refused(result), "{login}");
            assert_eq!(calls(), 1, "{login}");
        }
    });
}

#[test]
fn a_refresh_token_works_once_and_its_late_reuse_ends_the_session() {
    let world = World::new();
    let first = world.ann(SessionKind::api());
    block_on(async {
        let accounts = &world.accounts;
        let second = accounts.refresh(&first.token).await.unwrap();
        assert_ne!(second.token, first.token);
        world.wait(Duration::from_secs(3));
        let again = accounts.refresh(&first.token).await.unwrap();
        assert_eq!(again.token, second.token, "the loser of a race gets the same successor");
        world.wait(Duration::from_secs(60));
        assert!(refused(accounts.refresh(&first.token).await), "too late");
        assert!(refused(accounts.refresh(&second.token).await), "and the whole session is over");
        assert!(refused(accounts.by_session(first.session.id).await));
    });
}

#[test]
fn an_old_generation_ends_the_session_even_within_the_grace() {
    let world = World::new();
    let first = world.ann(SessionKind::api());
    block_on(async {
        let second = world.accounts.refresh(&first.token).await.unwrap();
        let third = world.accounts.refresh(&second.token).await.unwrap();
        assert!(refused(world.accounts.refresh(&first.token).await));
        assert!(refused(world.accounts.refresh(&third.token).await));
    });
}

#[test]
fn forged_tokens_change_nothing() {
    let world = World::new();
    let first = world.ann(SessionKind::api());
    block_on(async {
        let future = Plain.token(first.session.id, 2);
        let other = Plain.token(SessionId::mint(Timestamp::default(), &RandomIds), 1);
        for forged in ["", "x", &future, &other] {
            assert!(refused(world.accounts.refresh(forged).await), "{forged}");
        }
        assert!(refused(world.accounts.logout("x").await));
        assert!(world.accounts.refresh(&first.token).await.is_ok());
    });
}

#[test]
fn sessions_end_by_logging_out_by_age_and_all_at_once() {
    let world = World::new();
    let first = world.ann(SessionKind::web());
    block_on(async {
        let accounts = &world.accounts;
        let open = || accounts.open(first.user.id, SessionKind::web(), None);
        let (caller, user, _) = accounts.by_token(&first.token).await.unwrap();
        assert_eq!(user.id, first.user.id);
        assert!(caller.require(Scope::Account).is_ok());
        assert_eq!(accounts.refresh(&first.token).await.unwrap().token, first.token, "a web session does not rotate");

        accounts.logout_caller(&caller).await.unwrap();
        accounts.logout(&first.token).await.unwrap();
        assert!(refused(accounts.by_token(&first.token).await));

        let (second, third) = (open().await.unwrap(), open().await.unwrap());
        let (caller, ..) = accounts.by_token(&second.token).await.unwrap();
        accounts.logout_all(&caller).await.unwrap();
        for token in [&second.token, &third.token] {
            assert!(refused(accounts.by_token(token).await));
        }

        let fourth = open().await.unwrap();
        assert_eq!(accounts.me(&caller).await.unwrap().id, first.user.id);
        world.wait(Duration::from_secs(31 * 24 * 3600));
        assert!(refused(accounts.by_token(&fourth.token).await));
    });
}
