//! Passwords that are changed or forgotten, and addresses that are proved.

use chatcore::account::{AccountState, AccountStore};
use chatcore::account::{ChallengeKind, IdentityKey, MailContent, NewCode, NewKey, PasswordPolicy, Scope, SessionKind};
use chatcore::{Clock, Error};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{OTHER, PASSWORD, World, account, invalid, refused};

#[test]
fn twelve_misuses_of_reset_codes_reset_nothing() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (ann, _) = world.verified("ann", "ann@example.com").await;
        let (bob, _) = world.verified("bob", "bob@example.com").await;
        let reset = |code: String| async move { accounts.reset(&code, OTHER, PasswordPolicy::default()).await };
        let mut misuses = vec![String::new(), "null".into(), "0".repeat(40), "\0".into()];
        let code = |kind, user| accounts.issue(NewCode::new(kind, "ann@example.com").of(user));
        for kind in [ChallengeKind::EmailVerification, ChallengeKind::LoginCode, ChallengeKind::SetUp] {
            misuses.push(code(kind, ann.id).await.unwrap().code);
        }
        // nobody's; somebody else's, with ann's address in it
        let nobodys = NewCode::new(ChallengeKind::PasswordReset, "ann@example.com");
        misuses.push(accounts.issue(nobodys).await.unwrap().code);
        misuses.push(code(ChallengeKind::PasswordReset, bob.id).await.unwrap().code);
        // too old, by a moment
        misuses.push(world.forgot("ann", "ann@example.com").await);
        world.wait(ChallengeKind::PasswordReset.lifetime().as_secs());
        // upper case, and with a space: another text
        let good = world.forgot("ann", "ann@example.com").await;
        misuses.push(format!(" {good}"));
        misuses.push(good.to_uppercase());
        // used before
        reset(good.clone()).await.unwrap();
        misuses.push(good);
        // made before the password was changed
        world.mail();
        misuses.push(world.forgot("ann", "ann@example.com").await);
        let session = world.caller(&world.login("ann", OTHER).await.unwrap()).await;
        accounts.change_password(&session, OTHER, PASSWORD, PasswordPolicy::default()).await.unwrap();
        assert!(misuses.len() >= 12);
        for code in misuses {
            assert!(invalid(&reset(code.clone()).await), "{code:?} reset a password");
        }
        for name in ["ann", "bob"] {
            assert!(world.login(name, PASSWORD).await.is_ok() && refused(&world.login(name, OTHER).await), "{name}");
        }
    });
}

#[test]
fn a_reset_works_once_ends_all_sessions_and_forgets_failures() {
    let world = World::new();
    block_on(async {
        let (_, caller) = world.verified("ann", "Ann@example.com").await;
        for _ in 0..10 {
            assert!(refused(&world.login("ann", "wrong").await));
        }
        world.wait(900);
        let code = world.forgot(" ANN@example.com", "Ann@example.com").await;
        let weak = world.accounts.reset(&code, "short", PasswordPolicy::default()).await;
        assert!(matches!(weak, Err(Error::Invalid { field: "password", .. })), "and the code still works");
        let all = join_all((0..64).map(|_| world.accounts.reset(&code, OTHER, PasswordPolicy::default()))).await;
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1);
        assert!(all.iter().filter(|done| done.is_err()).all(invalid));
        let chatcore::account::Via::Session(session) = caller.via() else { panic!("a session") };
        assert!(refused(&world.accounts.by_session(session).await), "who had the account before is out");
        assert!(refused(&world.login("ann", PASSWORD).await));
        assert!(world.login("ann", OTHER).await.is_ok());
        assert!(matches!(world.mail().pop().map(|mail| mail.content), Some(MailContent::PasswordChanged)));
    });
}

#[test]
fn nobody_learns_who_has_an_account_and_no_mailbox_is_flooded() {
    let world = World::new();
    block_on(async {
        world.verified("ann", "ann@example.com").await;
        world.wait(3600);
        for nobody in ["", "nobody", "nobody@example.com", "\0", "ann@example.com.evil"] {
            for _ in 0..7 {
                assert!(world.accounts.forgot(nobody).await.is_ok(), "{nobody}");
            }
            assert!(world.mail().is_empty());
        }
        for _ in 0..20 {
            assert!(world.accounts.forgot("ann").await.is_ok());
        }
        assert_eq!(world.mail().len(), 5, "five mails an hour");
        let silent = World::without_mail();
        silent.joins(Some("ann"), Some("ann@example.com")).await;
        assert!(silent.accounts.forgot("ann").await.is_ok());
    });
}

#[test]
fn who_changes_a_password_knows_it_and_stays_signed_in_alone() {
    let world = World::new();
    block_on(async {
        let (user, caller) = world.joins(Some("ann"), None).await;
        let (accounts, policy) = (&world.accounts, PasswordPolicy::default());
        let other = accounts.open(user.id, SessionKind::api(), None).await.unwrap();
        assert!(refused(&accounts.change_password(&caller, "wrong", OTHER, policy).await));
        assert!(matches!(
            accounts.change_password(&caller, PASSWORD, "short", policy).await,
            Err(Error::Invalid { field: "password", .. })
        ));
        accounts.change_password(&caller, PASSWORD, OTHER, policy).await.unwrap();
        assert!(accounts.me(&caller).await.is_ok());
        let chatcore::account::Via::Session(own) = caller.via() else { panic!("a session") };
        assert!(accounts.by_session(own).await.is_ok());
        assert!(refused(&accounts.refresh(&other.token).await), "another session went on");
        // who came with a wallet has none, and sets one while the sign-in is fresh
        let signed = world.sign_in_with(&world.wallet(1).await).await.unwrap();
        let wallet = world.caller(&signed).await;
        world.wait(601);
        assert!(refused(&accounts.change_password(&wallet, "", OTHER, policy).await));
        let signed = world.sign_in_with(&world.wallet(1).await).await.unwrap();
        accounts.change_password(&world.caller(&signed).await, "", OTHER, policy).await.unwrap();
    });
}

#[test]
fn an_address_is_whose_mail_is_answered_whoever_said_so_before() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (squatter, _) = world.joins(Some("squatter"), Some("ann@example.com")).await;
        world.mail();
        // the owner comes, and is not kept out
        let owner = accounts.register(account(None, Some("Ann@example.com"))).await.unwrap();
        assert_eq!(owner.email, None, "not before the mail is answered");
        let code = world.code("Ann@example.com");
        let owner = accounts.verify_email(&code).await.unwrap();
        assert_eq!(owner.email.as_deref(), Some("Ann@example.com"));
        assert!(invalid(&accounts.verify_email(&code).await), "it was used");
        assert_eq!(world.login("ann@example.com", PASSWORD).await.unwrap().user.id, owner.id);
        assert_eq!(world.store.user(squatter.id).await.unwrap().unwrap().email, None);
        assert!(world.login("squatter", PASSWORD).await.is_ok());
        // from now on it is taken
        let third = accounts.register(account(Some("third"), Some("ann@example.com"))).await;
        assert!(matches!(third, Err(Error::Taken(_))));
        // without mail nobody can tell, so who came first has it
        let silent = World::without_mail();
        silent.joins(Some("first"), Some("ann@example.com")).await;
        let second = silent.accounts.register(account(None, Some("ann@example.com"))).await;
        assert!(matches!(second, Err(Error::Taken(_))));
    });
}

#[test]
fn who_gets_in_by_mail_first_shuts_out_whoever_made_the_account() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (squatter, caller) = world.joins(Some("squatter"), Some("ann@example.com")).await;
        world.mail();
        let (links, proof) = (world.wallet(7).await, world.oauth("squatter", None).await);
        accounts.link(&caller, &links).await.unwrap();
        accounts.link(&caller, &proof).await.unwrap();
        let new = NewKey { name: "back door".into(), scopes: vec![Scope::Read], expires_at: None };
        let key = accounts.create_key(&caller, new).await.unwrap().secret;
        let token = accounts.opaque_token(squatter.id, "mount").await.unwrap().secret;
        let code = world.forgot("ann@example.com", "ann@example.com").await;
        accounts.reset(&code, OTHER, PasswordPolicy::default()).await.unwrap();
        let owner = world.login("ann@example.com", OTHER).await.unwrap().user;
        assert_eq!((owner.id, owner.links), (squatter.id, 0));
        assert!(refused(&accounts.by_secret(&key).await) && refused(&accounts.by_secret(&token).await));
        let other = world.sign_in_with(&world.wallet(7).await).await.unwrap().user;
        assert_ne!(other.id, owner.id, "the wallet leads elsewhere now");
        let email = world.store.identity(&IdentityKey::email("ann@example.com")).await.unwrap().unwrap();
        assert_eq!(email.verified_at, Some(world.clock.now()));
        // a second reset of an address that was shown takes nothing away
        let again = world.login("ann@example.com", OTHER).await.unwrap();
        let caller = world.caller(&again).await;
        accounts.link(&caller, &world.oauth("ann", None).await).await.unwrap();
        world.mail();
        let code = world.forgot("ann@example.com", "ann@example.com").await;
        accounts.reset(&code, PASSWORD, PasswordPolicy::default()).await.unwrap();
        assert_eq!(world.sign_in_with(&world.oauth("ann", None).await).await.unwrap().user.id, owner.id);
    });
}

#[test]
fn an_address_changes_when_the_new_one_answers() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, caller) = world.verified("ann", "old@example.com").await;
        world.verified("bob", "bob@example.com").await;
        assert!(refused(&accounts.change_email(&caller, "wrong", "new@example.com").await));
        accounts.change_email(&caller, PASSWORD, "new@example.com").await.unwrap();
        let code = world.code("new@example.com");
        assert!(world.login("old@example.com", PASSWORD).await.is_ok(), "not before");
        accounts.verify_email(&code).await.unwrap();
        assert_eq!(world.mail()[0].to, "old@example.com", "the old address hears of it");
        assert!(refused(&world.login("old@example.com", PASSWORD).await));
        assert_eq!(world.login("new@example.com", PASSWORD).await.unwrap().user.id, user.id);
        // somebody else's stays somebody else's
        accounts.change_email(&caller, PASSWORD, "bob@example.com").await.unwrap();
        let code = world.code("bob@example.com");
        assert!(matches!(accounts.verify_email(&code).await, Err(Error::Taken("address"))));
        assert!(matches!(accounts.verify_again(&caller).await, Err(Error::NotFound(_))));
        accounts.suspend(None, user.id).await.unwrap();
        assert!(invalid(&accounts.verify_email(&code).await), "who is shut out proves nothing");
        assert_eq!(world.store.user(user.id).await.unwrap().unwrap().state, AccountState::Suspended);
    });
}
