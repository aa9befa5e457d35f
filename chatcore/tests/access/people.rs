//! Visitors, and those who run the service.

use chatcore::account::{AccountRole, AccountState, Caller, PasswordPolicy, Permission, SessionKind};
use chatcore::conversation::{Conversations, NewConversation};
use chatcore::page::PageRequest;
use chatcore::store::{Kind, Scan};
use chatcore::{Error, UserId};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{OTHER, PASSWORD, World, account, invalid, refused};

#[test]
fn a_visitor_becomes_one_user_and_brings_what_is_theirs() {
    let world = World::new();
    let time = std::sync::Arc::new(world.clock.clone());
    let conversations = Conversations::new(world.store.clone(), time, world.ids.clone());
    block_on(async {
        let accounts = &world.accounts;
        let new = accounts.open_visitor("192.0.2.0/24").await.unwrap();
        let (caller, visitor) = accounts.by_visitor(&new.token).await.unwrap();
        assert_eq!(visitor, new.visitor);
        for _ in 0..250 {
            conversations.create(&caller, NewConversation::default()).await.unwrap();
        }
        let other = accounts.open_visitor("192.0.2.0/24").await.unwrap();
        let forged = format!("{}{}", new.visitor.id, &other.token[36..]);
        for none in ["", ".", &forged, &new.token[..40], &new.token.to_uppercase()] {
            assert!(refused(&accounts.by_visitor(none).await), "{none}");
        }
        let (_, ann) = world.joins(Some("ann"), None).await;
        let (_, bob) = world.joins(Some("bob"), None).await;
        assert!(refused(&accounts.merge_visitor(&ann, &forged).await));
        assert!(matches!(accounts.merge_visitor(&caller, &new.token).await, Err(Error::Denied)));
        for merged in join_all((0..8).map(|_| accounts.merge_visitor(&ann, &new.token))).await {
            merged.unwrap();
        }
        assert!(matches!(accounts.merge_visitor(&bob, &new.token).await, Err(Error::Taken("visitor"))));
        assert!(refused(&accounts.by_visitor(&new.token).await), "what was theirs is ann's now");
        let mut page = PageRequest::first().limit(200);
        let mut moved = 0;
        loop {
            let found = conversations.list(&ann, &page).await.unwrap();
            moved += found.items.len();
            let Some(next) = found.next else { break };
            page = page.after(Some(next));
        }
        assert_eq!((moved, conversations.list(&caller, &PageRequest::first()).await.unwrap().items.len()), (250, 0));
        assert_eq!(world.store.scan(Kind::Job, None, 9).await.unwrap(), []);
        // what a request that was under way left behind comes along the next time
        conversations.create(&caller, NewConversation::default()).await.unwrap();
        accounts.merge_visitor(&ann, &new.token).await.unwrap();
        assert_eq!(conversations.list(&caller, &PageRequest::first()).await.unwrap().items.len(), 0);
    });
}

async fn as_role(world: &World, name: &str, role: AccountRole) -> (UserId, Caller) {
    let user = world.accounts.create(account(Some(name), None), role).await.unwrap();
    let signed = world.accounts.open(user.id, SessionKind::api(), None).await.unwrap();
    (user.id, world.caller(&signed).await)
}

#[test]
fn who_may_do_what_to_whom() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let roles = [AccountRole::User, AccountRole::Staff, AccountRole::Admin];
        for (at, by) in roles.into_iter().enumerate() {
            for (of, over) in roles.into_iter().enumerate() {
                let (_, caller) = as_role(&world, &format!("by{at}{of}"), by).await;
                let (user, _) = as_role(&world, &format!("of{at}{of}"), over).await;
                let may = |permission| by.may(permission) && by.is_above(over);
                let told = |done: Result<(), Error>| match done {
                    Ok(()) => true,
                    Err(Error::Denied) => false,
                    Err(other) => panic!("{other:?}"),
                };
                let by_ref = Some(&caller);
                let done = accounts.end_sessions_of(by_ref, user).await.map(drop);
                assert_eq!(told(done), may(Permission::EndSessions), "{by:?} signs {over:?} out");
                let done = accounts.set_password(by_ref, user, OTHER, PasswordPolicy::default()).await;
                assert_eq!(told(done), may(Permission::SetPasswords), "{by:?} sets a password of {over:?}");
                let done = accounts.suspend(by_ref, user).await.map(drop);
                assert_eq!(told(done), may(Permission::Suspend), "{by:?} suspends {over:?}");
                let done = accounts.reinstate(by_ref, user).await.map(drop);
                assert_eq!(told(done), may(Permission::Suspend), "{by:?} reinstates {over:?}");
                let done = accounts.set_role(by_ref, user, AccountRole::Staff).await.map(drop);
                assert_eq!(told(done), may(Permission::SetRoles), "{by:?} makes {over:?} staff");
                assert_eq!(accounts.account(by_ref, user).await.is_ok(), by.may(Permission::SeeAccounts));
            }
        }
    });
}

#[test]
fn who_is_shut_out_is_out_at_once_and_everywhere() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, caller) = world.verified("ann", "ann@example.com").await;
        let signed = world.login("ann", PASSWORD).await.unwrap();
        let code = world.forgot("ann", "ann@example.com").await;
        let suspended = accounts.suspend(None, user.id).await.unwrap();
        assert_eq!((suspended.state, suspended.epoch), (AccountState::Suspended, user.epoch + 1));
        assert_eq!(accounts.suspend(None, user.id).await.unwrap(), suspended, "twice is once");
        assert!(
            refused(&accounts.refresh(&signed.token).await) && refused(&accounts.by_session(signed.session.id).await)
        );
        assert!(refused(&world.login("ann", PASSWORD).await));
        assert!(refused(&accounts.open(user.id, SessionKind::web(), None).await));
        assert!(invalid(&accounts.reset(&code, OTHER, PasswordPolicy::default()).await));
        assert!(refused(&accounts.link(&caller, &world.wallet(1).await).await));
        assert!(accounts.forgot("ann").await.is_ok() && world.mail().is_empty());
        accounts.reinstate(None, user.id).await.unwrap();
        assert!(refused(&accounts.refresh(&signed.token).await), "what was over stays over");
        assert!(world.login("ann", PASSWORD).await.is_ok());
        accounts.delete_account(None, user.id).await.unwrap();
        assert!(refused(&world.login("ann", PASSWORD).await));
        assert!(refused(&accounts.reinstate(None, user.id).await), "for good");
    });
}

#[test]
fn who_leaves_shows_that_it_is_them() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (_, caller) = world.joins(Some("ann"), None).await;
        assert!(refused(&accounts.close_account(&caller, OTHER).await));
        accounts.close_account(&caller, PASSWORD).await.unwrap();
        assert!(refused(&world.login("ann", PASSWORD).await));
        let (_, admin) = as_role(&world, "root", AccountRole::Admin).await;
        assert!(matches!(accounts.close_account(&admin, PASSWORD).await, Err(Error::LastAdmin)));
        let signed = world.sign_in_with(&world.wallet(1).await).await.unwrap();
        accounts.close_account(&world.caller(&signed).await, "").await.unwrap();
        assert!(refused(&world.sign_in_with(&world.wallet(1).await).await));
    });
}

#[test]
fn there_is_always_an_admin_once_there_was_one() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let code = accounts.issue_set_up().await.unwrap().unwrap().code;
        let another = accounts.issue_set_up().await.unwrap().unwrap().code;
        let weak = chatcore::account::NewAccount { password: "short".into(), ..account(Some("root"), None) };
        assert!(matches!(accounts.set_up(&code, weak).await, Err(Error::Invalid { .. })));
        let names = ["root", "evil1", "evil2"];
        let all = join_all(names.map(|name| accounts.set_up(&code, account(Some(name), None)))).await;
        let made: Vec<_> = all.iter().filter_map(|done| done.as_ref().ok()).collect();
        assert_eq!((made.len(), made[0].role), (1, AccountRole::Admin));
        let root = made[0].id;
        // nobody finds a link in an old log and becomes a second one
        let late = accounts.set_up(&another, account(Some("late"), None)).await;
        assert!(matches!(late, Err(Error::InvalidCode)));
        assert!(accounts.issue_set_up().await.unwrap().is_none());
        for last in [
            accounts.suspend(None, root).await,
            accounts.delete_account(None, root).await,
            accounts.set_role(None, root, AccountRole::Staff).await,
        ] {
            assert!(matches!(last, Err(Error::LastAdmin)));
        }
        let (second, caller) = as_role(&world, "second", AccountRole::Admin).await;
        accounts.set_role(Some(&caller), root, AccountRole::User).await.unwrap();
        assert!(matches!(accounts.set_role(Some(&caller), second, AccountRole::User).await, Err(Error::LastAdmin)));
        // a role that was lost meanwhile is no role
        accounts.set_role(None, root, AccountRole::Admin).await.unwrap();
        accounts.set_role(None, second, AccountRole::User).await.unwrap();
        assert!(matches!(accounts.suspend(Some(&caller), root).await, Err(Error::Denied)));
    });
}

#[test]
fn sessions_are_listed_and_ended_one_by_one() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        let (user, caller) = world.joins(Some("ann"), None).await;
        let other = accounts.open(user.id, SessionKind::web(), Some("phone".into())).await.unwrap();
        let page = accounts.sessions(&caller, &PageRequest::first().limit(1)).await.unwrap();
        let rest = accounts.sessions(&caller, &PageRequest::first().after(page.next)).await.unwrap();
        assert_eq!((page.items.len(), rest.items[0].label.as_deref()), (1, Some("phone")));
        let (_, stranger) = world.joins(Some("bob"), None).await;
        assert!(matches!(accounts.end_session(&stranger, other.session.id).await, Err(Error::NotFound(_))));
        accounts.end_session(&caller, other.session.id).await.unwrap();
        assert!(refused(&accounts.by_token(&other.token).await));
        assert!(accounts.by_session(page.items[0].id).await.is_ok());
    });
}
