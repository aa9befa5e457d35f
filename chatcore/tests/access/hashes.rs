//! What a password costs: whoever is refused has cost the same, so that time tells nobody who has an account.

use std::sync::atomic::Ordering;

use chatcore::Error;
use chatcore::account::PasswordPolicy;
use futures::executor::block_on;

use crate::world::{OTHER, PASSWORD, World, account, invalid, refused};

/// How often the hasher was asked since the last time: to compare, and to make a hash.
fn cost(world: &World) -> (usize, usize) {
    (world.hasher.0.swap(0, Ordering::SeqCst), world.hasher.1.swap(0, Ordering::SeqCst))
}

#[test]
fn every_refused_sign_in_costs_one_hash() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        world.verified("ann", "ann@example.com").await;
        let (suspended, _) = world.joins(Some("suspended"), None).await;
        accounts.suspend(None, suspended.id).await.unwrap();
        let (deleted, _) = world.joins(Some("deleted"), None).await;
        accounts.delete_account(None, deleted.id).await.unwrap();
        let wallet = world.sign_in_with(&world.wallet(1).await).await.unwrap();
        let bare = world.sign_in_with(&world.oauth("bare", Some(("bare@example.com", true))).await).await.unwrap();
        assert_eq!((bare.user.email.as_deref(), wallet.user.email), (Some("bare@example.com"), None));
        cost(&world);
        for (login, password) in [
            ("ann", "wrong"),
            ("ann", ""),
            ("ANN@example.com ", "wrong"),
            ("nobody", PASSWORD),
            ("nobody@example.com", PASSWORD),
            ("", ""),
            ("\0", "\0"),
            ("suspended", "wrong"),
            ("suspended", PASSWORD),
            ("deleted", "wrong"),
            ("deleted", PASSWORD),
            ("bare@example.com", PASSWORD),
            ("ann", &"x".repeat(100_000)),
            (&"x".repeat(100_000), PASSWORD),
        ] {
            assert!(refused(&world.login(login, password).await), "{login:.9}");
            assert_eq!(cost(&world), (1, 0), "{login:.9} with {password:.9}");
        }
        assert!(world.login("ann", PASSWORD).await.is_ok());
        assert_eq!(cost(&world), (1, 0), "who is let in costs no less");
    });
}

#[test]
fn other_refusals_cost_the_same_whoever_it_is() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let policy = PasswordPolicy::default();
        let (_, ann) = world.verified("ann", "ann@example.com").await;
        let (_, bob) = world.joins(Some("bob"), None).await;
        cost(&world);
        // whether a name is free, taken, or an address of somebody else
        for (name, address) in [("ann", None), ("ANN", None), ("x-1", Some("ann@example.com")), ("free", None)] {
            let _ = accounts.register(account(Some(name), address)).await;
            assert_eq!(cost(&world), (0, 1), "{name}");
        }
        for login in ["ann", "ann@example.com", "bob", "nobody", "nobody@example.com", ""] {
            accounts.forgot(login).await.unwrap();
            assert_eq!(cost(&world), (0, 0), "{login}");
        }
        for code in ["", "nothing", &"0".repeat(40)] {
            assert!(invalid(&accounts.reset(code, OTHER, policy).await));
            assert_eq!(cost(&world), (0, 0), "{code:?}");
        }
        for caller in [&ann, &bob] {
            let changed = accounts.change_password(caller, "wrong", OTHER, policy).await;
            assert!(matches!(changed, Err(Error::Unauthenticated)));
            assert_eq!(cost(&world), (1, 0));
        }
    });
}
