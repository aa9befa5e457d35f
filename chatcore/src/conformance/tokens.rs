//! Refresh tokens that are looked at without being used.

use std::sync::Arc;
use std::time::Duration;

use super::bench::Bench;
use super::secrets::Plain;
use crate::account::{Accounts, NewAccount, PasswordPolicy, SessionKind};
use crate::error::Error;

#[track_caller]
fn expect_refused(looked: Result<(), Error>) {
    assert!(matches!(looked, Err(Error::Unauthenticated)), "such a token is taken for good: {looked:?}");
}

pub(super) async fn looking_at_a_token_spends_nothing(bench: Bench<'_>) {
    let (store, clock, ids) = (bench.store.clone(), Arc::new(bench.clock.clone()), bench.ids.clone());
    let accounts = Accounts::new(store, clock, ids, Arc::new(Plain), Arc::new(Plain));
    let (username, password) = (Some("ann".to_owned()), "a horse that eats staples".into());
    let new = NewAccount { username, email: None, password, policy: PasswordPolicy::default() };
    let ann = accounts.register(new).await.unwrap().id;
    let kind =
        |name: &str, rotating| SessionKind { name: name.into(), rotating, lifetime_seconds: 3600, claims: name.into() };
    for (own, other) in [(kind("one", true), "two"), (kind("two", false), "one")] {
        let first = accounts.open(ann, own.clone(), None).await.unwrap().token;
        for _ in 0..3 {
            accounts.check_refresh(&first, &own.name).await.unwrap();
        }
        for (token, name) in [(first.as_str(), other), ("", &own.name), ("nothing", &own.name)] {
            expect_refused(accounts.check_refresh(token, name).await);
        }
        // looking was no use of it
        let next = accounts.refresh_of(&first, &own.name).await.unwrap().token;
        accounts.check_refresh(&next, &own.name).await.unwrap();
        let is_good = accounts.check_refresh(&first, &own.name).await.is_ok();
        assert_eq!(is_good, !own.rotating, "a token that works once was used");
        // nor is a look at a token that was used the misuse that ends a session
        bench.clock.advance(Duration::from_secs(60));
        assert_eq!(accounts.check_refresh(&first, &own.name).await.is_ok(), !own.rotating);
        accounts.check_refresh(&next, &own.name).await.unwrap();
        let last = accounts.refresh_of(&next, &own.name).await.unwrap().token;
        accounts.end_sessions_of(None, ann).await.unwrap();
        expect_refused(accounts.check_refresh(&last, &own.name).await);
        let late = accounts.open(ann, own.clone(), None).await.unwrap().token;
        bench.clock.advance(Duration::from_secs(3600));
        expect_refused(accounts.check_refresh(&late, &own.name).await);
    }
}
