//! Codes: for one use, for one thing, for one browser, for some time.

use chatcore::account::{ChallengeKind, MAX_PAYLOAD_BYTES, NewCode, SessionKind, TicketOf, Via};
use chatcore::store::{Kind, Scan};
use chatcore::{Clock, Error};
use futures::executor::block_on;
use futures::future::join_all;

use crate::world::{World, invalid};

#[test]
fn a_code_is_used_once_of_64_at_once() {
    let world = World::new();
    block_on(async {
        for kind in ChallengeKind::ALL {
            let code = world.accounts.issue(NewCode::new(*kind, "what")).await.unwrap().code;
            assert_eq!((code.len(), code.bytes().all(|digit| digit.is_ascii_hexdigit())), (40, true));
            let all = join_all((0..64).map(|_| world.accounts.take(*kind, &code, None))).await;
            let won: Vec<_> = all.iter().filter_map(|done| done.as_ref().ok()).collect();
            assert_eq!((won.len(), won[0].payload()), (1, "what"));
            assert!(all.iter().filter(|done| done.is_err()).all(invalid));
        }
    });
}

#[test]
fn a_code_for_something_else_or_another_browser_or_too_old_is_none() {
    let world = World::new();
    block_on(async {
        let accounts = &world.accounts;
        for kind in ChallengeKind::ALL {
            let issued = accounts.issue(NewCode::new(*kind, "").bound_to("browser")).await.unwrap();
            for other in ChallengeKind::ALL.iter().filter(|other| *other != kind) {
                assert!(invalid(&accounts.take(*other, &issued.code, Some("browser")).await), "{kind:?} as {other:?}");
            }
            for browser in [None, Some(""), Some("another")] {
                assert!(invalid(&accounts.take(*kind, &issued.code, browser).await), "{browser:?}");
            }
            assert_eq!(issued.expires_at, world.clock.now().plus(kind.lifetime()));
            accounts.take(*kind, &issued.code, Some("browser")).await.expect("who was wrong has used nothing up");

            let old = accounts.issue(NewCode::new(*kind, "")).await.unwrap().code;
            world.wait(kind.lifetime().as_secs());
            assert!(invalid(&accounts.take(*kind, &old, None).await), "{kind:?} is too old");
        }
        let large = NewCode::new(ChallengeKind::OauthState, "x".repeat(MAX_PAYLOAD_BYTES + 1));
        assert!(matches!(accounts.issue(large).await, Err(Error::Invalid { field: "payload", .. })));
    });
}

#[test]
fn old_codes_are_removed_in_batches_and_others_stay() {
    let world = World::new();
    block_on(async {
        for _ in 0..450 {
            world.accounts.issue(NewCode::new(ChallengeKind::LoginCode, "")).await.unwrap();
        }
        let young = world.accounts.issue(NewCode::new(ChallengeKind::OauthState, "")).await.unwrap().code;
        world.wait(60);
        assert_eq!(world.accounts.tidy().await.unwrap(), 450);
        assert_eq!(world.store.scan(Kind::Challenge, None, 9).await.unwrap().len(), 1);
        assert!(world.accounts.take(ChallengeKind::OauthState, &young, None).await.is_ok());
    });
}

#[test]
fn a_ticket_opens_one_stream_for_whoever_got_it_and_lets_them_look_only() {
    let world = World::new();
    block_on(async {
        let (user, caller) = world.joins(Some("ann"), None).await;
        let accounts = &world.accounts;
        let visit = accounts.open_visitor("here").await.unwrap();
        let visitor = accounts.by_visitor(&visit.token).await.unwrap().0;
        for of in [&caller, &visitor] {
            let ticket = accounts.issue_ticket(of, "run 1").await.unwrap().code;
            let by = accounts.by_ticket(&ticket, "run 1").await.unwrap();
            let shown =
                if let Via::Session(session) = of.via() { TicketOf::Session(session) } else { TicketOf::Subject };
            assert_eq!((by.subject(), by.via()), (of.subject(), Via::Ticket(shown)));
            let another = accounts.issue_ticket(&by, "run 1").await;
            assert!(matches!(another, Err(Error::Denied)), "a ticket makes no other");
            assert!(by.require(chatcore::account::Scope::Write).is_err());
            assert!(invalid(&accounts.by_ticket(&ticket, "run 1").await), "it was used");
        }
        let ticket = accounts.issue_ticket(&caller, "run 1").await.unwrap().code;
        assert!(invalid(&accounts.by_ticket(&ticket, "run 2").await), "it is for another one");
        let ticket = accounts.issue_ticket(&caller, "run 1").await.unwrap().code;
        accounts.logout_caller(&caller).await.unwrap();
        assert!(invalid(&accounts.by_ticket(&ticket, "run 1").await), "who asked for it has signed out");
        let caller = world.caller(&accounts.open(user.id, SessionKind::api(), None).await.unwrap()).await;
        let ticket = accounts.issue_ticket(&caller, "run 1").await.unwrap().code;
        accounts.suspend(None, user.id).await.unwrap();
        assert!(invalid(&accounts.by_ticket(&ticket, "run 1").await), "the user is shut out");
        let ticket = accounts.issue_ticket(&visitor, "run 1").await.unwrap().code;
        let (_, bob) = world.joins(Some("bob"), None).await;
        accounts.merge_visitor(&bob, &visit.token).await.unwrap();
        assert!(invalid(&accounts.by_ticket(&ticket, "run 1").await), "the visitor has become a user");
    });
}

#[test]
fn a_front_end_changes_a_code_for_a_session_once() {
    let world = World::new();
    block_on(async {
        let (user, _) = world.joins(Some("ann"), None).await;
        let new = NewCode::new(ChallengeKind::LoginCode, "").of(user.id).bound_to("browser");
        let code = world.accounts.issue(new).await.unwrap().code;
        let sign_in = |browser| world.accounts.sign_in_with_code(&code, browser, SessionKind::api(), None);
        assert!(invalid(&sign_in(Some("another")).await));
        let all = join_all((0..64).map(|_| sign_in(Some("browser")))).await;
        assert_eq!(all.iter().filter(|done| done.is_ok()).count(), 1);
        let nobodys = world.accounts.issue(NewCode::new(ChallengeKind::LoginCode, "")).await.unwrap().code;
        assert!(invalid(&world.accounts.sign_in_with_code(&nobodys, None, SessionKind::api(), None).await));
        assert_eq!(world.store.scan(Kind::Session, None, 9).await.unwrap().len(), 2);
    });
}
