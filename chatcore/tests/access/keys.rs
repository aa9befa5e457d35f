//! Keys of programs, and opaque tokens.

use std::time::Duration;

use chatcore::account::{AccountStore, KEY_PREFIX, NewKey, Scope, USE_STEP, Via};
use chatcore::page::PageRequest;
use chatcore::{Clock, Error};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{World, refused};

fn key(name: &str, scopes: &[Scope]) -> NewKey {
    NewKey { name: name.into(), scopes: scopes.to_vec(), expires_at: None }
}

#[test]
fn a_key_does_what_its_scopes_say_until_it_is_revoked_or_too_old() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, caller) = world.joins(Some("ann"), None).await;
        let made = accounts.create_key(&caller, key(" laptop ", &[Scope::Read, Scope::Read])).await.unwrap();
        assert!(made.secret.starts_with(KEY_PREFIX) && made.secret.starts_with(&made.key.prefix));
        assert!(made.secret.len() >= 64 && made.key.prefix.len() < 12);
        let (by, of, stored) = accounts.by_secret(&made.secret).await.unwrap();
        assert_eq!((by.via(), of.id, stored.name.as_str()), (Via::ApiKey(made.key.id), user.id, "laptop"));
        assert!(by.require(Scope::Read).is_ok() && by.require(Scope::Write).is_err());
        // a key makes no keys, and changes nothing of the account
        let all = accounts.create_key(&caller, key("all", &[Scope::Read, Scope::Write, Scope::Account])).await.unwrap();
        let by = accounts.by_secret(&all.secret).await.unwrap().0;
        assert!(matches!(accounts.create_key(&by, key("more", &[Scope::Read])).await, Err(Error::Denied)));
        assert!(matches!(accounts.link(&by, &world.wallet(1).await).await, Err(Error::Denied)));
        assert!(matches!(accounts.keys(&by, &PageRequest::first()).await, Err(Error::Denied)));
        assert!(matches!(accounts.sessions(&by, &PageRequest::first()).await, Err(Error::Denied)));
        assert!(matches!(accounts.identities(&by).await, Err(Error::Denied)));
        assert!(matches!(accounts.logout_all(&by).await, Err(Error::Denied)));
        let Via::Session(session) = caller.via() else { panic!("she is signed in") };
        assert!(matches!(accounts.end_session(&by, session).await, Err(Error::Denied)));
        let ticket = || async { accounts.issue_ticket(&by, "me").await.unwrap().code };
        let (first, second) = (ticket().await, ticket().await);
        let listener = accounts.by_ticket(&first, "me").await.unwrap();
        for by in [&by, &listener] {
            assert!(accounts.expect_still_in(by).await.is_ok());
        }
        for wrong in [key("", &[Scope::Read]), key("x", &[]), key(&"x".repeat(101), &[Scope::Read])] {
            assert!(matches!(accounts.create_key(&caller, wrong).await, Err(Error::Invalid { .. })));
        }
        let page = accounts.keys(&caller, &PageRequest::first().limit(1)).await.unwrap();
        assert_eq!((page.items.len(), page.next.is_some()), (1, true));
        let rest = accounts.keys(&caller, &PageRequest::first().after(page.next)).await.unwrap();
        assert_eq!(rest.items.iter().map(|key| key.id).collect::<Vec<_>>(), [all.key.id]);
        let (_, stranger) = world.joins(Some("bob"), None).await;
        assert!(matches!(accounts.revoke_key(&stranger, all.key.id).await, Err(Error::NotFound(_))));
        accounts.revoke_key(&caller, all.key.id).await.unwrap();
        accounts.revoke_key(&caller, all.key.id).await.unwrap();
        for by in [&by, &listener] {
            assert!(refused(&accounts.expect_still_in(by).await));
        }
        assert!(matches!(accounts.by_ticket(&second, "me").await, Err(Error::InvalidCode)));
        let end = world.clock.now().plus(Duration::from_secs(60));
        let short = NewKey { expires_at: Some(end), ..key("short", &[Scope::Read]) };
        let short = accounts.create_key(&caller, short).await.unwrap().secret;
        assert!(accounts.by_secret(&short).await.is_ok());
        world.wait(60);
        for gone in [&all.secret, &short, "", "ck_", &made.secret.to_uppercase()] {
            assert!(refused(&accounts.by_secret(gone).await), "{gone}");
        }
        accounts.suspend(None, user.id).await.unwrap();
        assert!(refused(&accounts.by_secret(&made.secret).await));
        accounts.reinstate(None, user.id).await.unwrap();
        assert!(accounts.by_secret(&made.secret).await.is_ok());
    });
}

#[test]
fn the_use_of_a_key_is_noted_once_a_minute() {
    let world = World::new();
    block_on(async {
        let (_, caller) = world.joins(Some("ann"), None).await;
        let made = world.accounts.create_key(&caller, key("laptop", &[Scope::Read])).await.unwrap();
        let mut noted = std::collections::BTreeSet::new();
        for _ in 0..120 {
            let all = join_all((0..4).map(|_| world.accounts.by_secret(&made.secret))).await;
            assert!(all.iter().all(Result::is_ok));
            noted.insert(world.store.api_key(made.key.hash).await.unwrap().unwrap().last_used_at);
            world.wait(1);
        }
        assert_eq!(noted.len(), 2, "two minutes, and so many writes");
        assert_eq!(USE_STEP, Duration::from_secs(60));
    });
}

#[test]
fn an_opaque_token_stays_the_same_until_it_is_ended() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, _) = world.joins(Some("ann"), None).await;
        let first = accounts.opaque_token(user.id, "bot").await.unwrap().secret;
        assert_eq!((first.len(), first.bytes().all(|digit| digit.is_ascii_hexdigit())), (40, true));
        assert_eq!(accounts.opaque_token(user.id, "bot").await.unwrap().secret, first);
        assert_ne!(accounts.opaque_token(user.id, "other mount").await.unwrap().secret, first);
        assert_eq!(accounts.by_secret(&first).await.unwrap().1.id, user.id);
        accounts.end_token(&first).await.unwrap();
        accounts.end_token(&first).await.unwrap();
        accounts.end_token("").await.unwrap();
        assert!(refused(&accounts.by_secret(&first).await));
        let second = accounts.opaque_token(user.id, "bot").await.unwrap().secret;
        assert_ne!(second, first, "one that was ended does not come back");
        accounts.suspend(None, user.id).await.unwrap();
        assert!(refused(&accounts.by_secret(&second).await) && refused(&accounts.opaque_token(user.id, "bot").await));
    });
}
