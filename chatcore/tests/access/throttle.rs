//! Failures to sign in cost time, and are the same for names that are nobody's.

use std::sync::atomic::Ordering;
use std::time::Duration;

use chatcore::account::{Attempt, PasswordPolicy, SessionKind};
use chatcore::limits::{Bucket, FREE_ATTEMPTS, Limits, MAX_ATTEMPTS, Rule, SharedLimits, Verdict};
use chatcore::{Error, Timestamp};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{OTHER, PASSWORD, World, refused};

fn until<T>(result: Result<T, Error>) -> Option<Timestamp> {
    match result {
        Err(Error::RateLimited { until, .. }) => Some(until),
        _ => None,
    }
}

#[test]
fn guesses_get_slower_for_anybody_and_one_success_forgets_them() {
    let world = World::new();
    block_on(async {
        world.joins(Some("ann"), None).await;
        let calls = || world.hasher.0.swap(0, Ordering::SeqCst);
        let mut story = Vec::new();
        for name in ["ann", "nobody"] {
            let mut told = Vec::new();
            for _ in 0..FREE_ATTEMPTS + 3 {
                let done = world.login(name, "wrong").await;
                let limited = matches!(done, Err(Error::RateLimited { .. }));
                told.push((limited, calls()));
            }
            story.push(told);
        }
        assert_eq!(story[0], story[1], "the answers tell who has an account");
        assert!(story[0].iter().all(|(limited, hashes)| *hashes == usize::from(!limited)));
        assert_eq!(story[0].iter().filter(|(limited, _)| !limited).count(), 10);
        assert!(until(world.login("ann", PASSWORD).await).is_some(), "even the right one waits");
        world.wait(1);
        assert!(world.login("ann", PASSWORD).await.is_ok());
        for _ in 0..FREE_ATTEMPTS {
            assert!(refused(&world.login("ann", "wrong").await), "one success makes it as at first");
        }
    });
}

#[test]
fn nobody_guesses_more_than_a_hundred_times_in_a_row_also_not_all_at_once() {
    let world = World::new();
    block_on(async {
        let (user, _) = world.joins(Some("ann"), None).await;
        let mut looked_at = 0;
        for _ in 0..200 {
            let all = join_all((0..64).map(|_| world.login("ann", "wrong"))).await;
            looked_at += all.iter().filter(|done| refused(done)).count();
            world.wait(900);
        }
        assert_eq!(looked_at, usize::try_from(MAX_ATTEMPTS).unwrap());
        assert_eq!(until(world.login("ann", PASSWORD).await), Some(Timestamp::MAX), "time does not help any more");
        for _ in 0..MAX_ATTEMPTS {
            assert!(refused(&world.login("nobody", "wrong").await));
            world.wait(900);
        }
        assert_eq!(until(world.login("nobody", "wrong").await), Some(Timestamp::MAX), "the same for who is nobody");
        let policy = PasswordPolicy::default();
        world.accounts.set_password(None, user.id, OTHER, policy).await.unwrap();
        assert!(world.login("ann", OTHER).await.is_ok(), "another proof does");
    });
}

#[test]
fn one_place_does_not_try_many_names() {
    let world = World::new();
    block_on(async {
        world.joins(Some("ann"), None).await;
        let attempt = |login: String, password: &str, network: &str| Attempt {
            login,
            password: password.into(),
            network: Some(network.into()),
            kind: SessionKind::api(),
            label: None,
        };
        for n in 0..100 {
            assert!(refused(&world.accounts.sign_in(attempt(format!("name{n}"), "guess", "192.0.2.0/24")).await));
        }
        let limited = world.accounts.sign_in(attempt("ann".into(), PASSWORD, "192.0.2.0/24")).await;
        assert!(until(limited).is_some());
        assert!(world.accounts.sign_in(attempt("ann".into(), PASSWORD, "198.51.100.0/24")).await.is_ok());
        world.wait(900);
        assert!(world.accounts.sign_in(attempt("ann".into(), PASSWORD, "192.0.2.0/24")).await.is_ok());
    });
}

#[test]
fn limits_say_what_is_left_and_old_counters_go() {
    let world = World::new();
    let limits = Limits::new(world.store.clone(), std::sync::Arc::new(world.clock.clone()));
    let rule = Rule::new(10, Duration::from_secs(60));
    let seconds = |verdict: Verdict| {
        let wait = verdict.retry_after.map(|wait| wait.as_secs());
        (verdict.allowed, verdict.remaining, verdict.reset.as_secs(), wait)
    };
    let bucket = |key| Bucket::new("read", key);
    let take = async |key, cost| seconds(limits.take(&bucket(key), cost, rule).await.unwrap());
    let look = async |key, cost| seconds(limits.look(&bucket(key), cost, rule).await.unwrap());
    block_on(async {
        assert_eq!(look("a", 1).await, (true, 9, 6, None));
        assert_eq!(take("a", 7).await, (true, 3, 42, None), "looking took nothing");
        assert_eq!(take("a", 4).await, (false, 3, 42, Some(6)));
        assert_eq!(take("a", 3).await, (true, 0, 60, None), "neither did what was refused");
        assert_eq!(look("a", 1).await, (false, 0, 60, Some(6)));
        assert_eq!(take("b", 10).await, (true, 0, 60, None), "another bucket");
        assert_eq!(take("c", 11).await, (false, 10, 0, None), "never");
        world.wait(30);
        assert_eq!(take("a", 1).await, (true, 4, 36, None), "half of it is back");
        assert_eq!(limits.tidy().await.unwrap(), 0);
        world.wait(30);
        assert_eq!(limits.tidy().await.unwrap(), 1, "one bucket is whole");
        assert_eq!((take("a", 9).await.1, take("b", 10).await.1), (0, 0));
        world.wait(60);
        assert_eq!(limits.tidy().await.unwrap(), 2);
    });
}
