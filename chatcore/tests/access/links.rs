//! Providers and wallets: who comes by them, and what they never lead to.

use chatcore::Error;
use chatcore::account::{AccountStore, ChallengeKind, IdentityKey, NewCode, Proof, ProviderAccount};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{PASSWORD, World, invalid, refused, wallet};

#[test]
fn who_comes_first_gets_an_account_and_comes_back_to_it() {
    let world = World::new();
    block_on(async {
        let proofs = [world.oauth("1", Some(("ann@example.com", true))).await, world.wallet(1).await];
        for proof in proofs {
            // 64 tabs at once
            let all = join_all((0..64).map(|_| world.sign_in_with(&proof))).await;
            let first = all[0].as_ref().unwrap().user.clone();
            assert!(
                all.iter().all(|one| one.as_ref().is_ok_and(|one| one.user.id == first.id)),
                "one proof, two users"
            );
            assert_eq!((first.links, first.username), (1, None));
        }
        let known = world.store.identity(&IdentityKey::email("ann@example.com")).await.unwrap().unwrap();
        assert!(known.verified_at.is_some(), "the provider has checked it");
        assert_eq!(world.store.user_by_number(3).await.unwrap(), None, "an account nobody uses was made");
        // an address of a wallet is one address, however it is written
        let code = world.accounts.issue(NewCode::new(ChallengeKind::WalletNonce, "")).await.unwrap().code;
        let taken = world.accounts.take(ChallengeKind::WalletNonce, &code, None).await.unwrap();
        let upper = Proof::wallet(taken, &wallet(1).to_uppercase().replacen("0X", "0x", 1)).unwrap();
        assert_eq!(world.sign_in_with(&upper).await.unwrap().user.number, 2);
    });
}

/// Whether the provider has checked the address, and whether its user here has shown it.
#[test]
fn an_address_never_leads_into_an_account() {
    block_on(async {
        for shown_here in [false, true] {
            for checked in [None, Some(false), Some(true)] {
                let world = World::new();
                let (ann, _) = if shown_here {
                    world.verified("ann", "ann@example.com").await
                } else {
                    world.joins(Some("ann"), Some("ann@example.com")).await
                };
                let proof = world.oauth("evil", checked.map(|checked| ("ANN@example.com", checked))).await;
                let came = world.sign_in_with(&proof).await;
                match (shown_here, checked) {
                    (true, Some(true)) => assert!(matches!(came, Err(Error::LinkFirst))),
                    _ => {
                        let user = came.unwrap().user;
                        assert_ne!(user.id, ann.id, "shown {shown_here}, checked {checked:?}: taken over");
                        assert_eq!(user.email, None);
                    }
                }
                let now = world.store.identity(&IdentityKey::email("ann@example.com")).await.unwrap().unwrap();
                assert_eq!((now.user, now.verified_at.is_some()), (ann.id, shown_here));
                assert!(world.login("ann@example.com", PASSWORD).await.is_ok());
            }
        }
    });
}

#[test]
fn linking_takes_a_fresh_proof_and_leads_to_one_account() {
    let world = World::new();
    block_on(async {
        let (ann, a) = world.verified("ann", "ann@example.com").await;
        let (_, b) = world.joins(Some("bob"), None).await;
        let accounts = &world.accounts;
        // after signing in, the same address is no obstacle
        let proof = world.oauth("1", Some(("ann@example.com", true))).await;
        accounts.link(&a, &proof).await.unwrap();
        accounts.link(&a, &proof).await.unwrap();
        assert_eq!(world.sign_in_with(&proof).await.unwrap().user.id, ann.id);
        assert!(matches!(accounts.link(&b, &proof).await, Err(Error::Taken(_))));
        let stale = world.wallet(9).await;
        world.wait(301);
        assert!(invalid(&accounts.link(&a, &stale).await) && invalid(&world.sign_in_with(&stale).await));
        // many at once, of two users: one of them has it
        let proof = world.oauth("2", None).await;
        let all = join_all((0..64).map(|at| accounts.link(if at % 2 == 0 { &a } else { &b }, &proof))).await;
        let owner = world.store.identity(proof.key()).await.unwrap().unwrap().user;
        for (at, done) in all.iter().enumerate() {
            let own = [&a, &b][at % 2].user_id() == Some(owner);
            assert!(if own { done.is_ok() } else { matches!(done, Err(Error::Taken(_))) });
        }
        // who was signed out meanwhile links nothing
        let proof = world.wallet(3).await;
        accounts.logout_all(&a).await.unwrap();
        assert!(refused(&accounts.link(&a, &proof).await));
    });
}

#[test]
fn the_last_way_in_is_not_taken_away() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, caller) = world.joins(Some("ann"), Some("ann@example.com")).await;
        let password = || IdentityKey::Password(user.id);
        let name = || IdentityKey::Username("ann".into());
        assert!(matches!(accounts.unlink(&caller, password()).await, Err(Error::LastWayIn)));
        accounts.unlink(&caller, name()).await.expect("the address is left");
        let email = IdentityKey::email("ann@example.com");
        assert!(matches!(accounts.unlink(&caller, email.clone()).await, Err(Error::LastWayIn)));
        let proof = world.wallet(1).await;
        accounts.link(&caller, &proof).await.unwrap();
        accounts.unlink(&caller, password()).await.expect("the wallet is left");
        assert!(matches!(accounts.unlink(&caller, proof.key().clone()).await, Err(Error::LastWayIn)));
        accounts.unlink(&caller, email).await.unwrap();
        let left = accounts.identities(&caller).await.unwrap();
        assert_eq!(left.iter().map(|one| &one.key).collect::<Vec<_>>(), [proof.key()]);
        assert!(left.iter().all(|one| one.secret.is_none()));
        let (_, other) = world.joins(Some("bob"), None).await;
        assert!(matches!(accounts.unlink(&other, proof.key().clone()).await, Err(Error::NotFound(_))));
    });
}

#[test]
fn proofs_are_made_of_codes_for_them_alone() {
    let world = World::new();
    block_on(async {
        let taken = async |kind| {
            let code = world.accounts.issue(NewCode::new(kind, "")).await.unwrap().code;
            world.accounts.take(kind, &code, None).await.unwrap()
        };
        let who = |subject: &str| ProviderAccount {
            provider: "google".into(),
            subject: subject.into(),
            email: None,
            email_verified: true,
        };
        assert!(invalid(&Proof::oauth(taken(ChallengeKind::WalletNonce).await, who("1"))));
        assert!(invalid(&Proof::wallet(taken(ChallengeKind::OauthState).await, &wallet(1))));
        for nobody in ["", "\0", &"x".repeat(256)] {
            let proof = Proof::oauth(taken(ChallengeKind::OauthState).await, who(nobody));
            assert!(matches!(proof, Err(Error::Invalid { .. })), "{nobody:?}");
        }
        for none in ["", "0x", &"0".repeat(40), &format!("{}0", wallet(1)), &wallet(1).replace('x', "y"), "0xg"] {
            let proof = Proof::wallet(taken(ChallengeKind::WalletNonce).await, none);
            assert!(matches!(proof, Err(Error::Invalid { .. })), "{none:?}");
        }
        let suspended = world.sign_in_with(&world.wallet(5).await).await.unwrap().user;
        world.accounts.suspend(None, suspended.id).await.unwrap();
        assert!(refused(&world.sign_in_with(&world.wallet(5).await).await));
    });
}
