//! What front ends of other systems bring: devices that are known by what they send, addresses that somebody only says are
//! theirs, credit for whoever is new to a place, files that come behind the message. All of them come many at a time.

use std::sync::Arc;

use futures::future::join_all;

use super::bench::{Bench, message};
use super::holds::{expect_nothing_held, question, with_terms};
use super::threads::race;
use crate::account::{
    AccountRole, ClaimEmail, IdentityKey, MeetVisitor, OpenVisitor, RegisterUser, RenewSecret, SetPassword, Visitor,
};
use crate::attachment::{AttachmentState, Attachments};
use crate::billing::PlanTable;
use crate::billing::entitlement::Terms;
use crate::billing::ledger::{Charging, Credit, CreditRules, Ledger, PriceTable};
use crate::conversation::{Message, Parent, Role};
use crate::error::Error;
use crate::id::{UserId, VisitorId};
use crate::quota::Meter;
use crate::store::{Batch, Conflict, Kind, StoreError};
use crate::testing::{MemoryBlobs, user};
use crate::turn::{Ask, Say};

pub(super) async fn one_device_one_visitor(bench: Bench<'_>) {
    for round in 0..4_u8 {
        let id = VisitorId::from_uuid(uuid::Uuid::from_bytes([round + 1; 16]));
        let (store, at) = (bench.store.clone(), bench.now());
        let all = race(&bench, |_| {
            let (store, network) = (store.clone(), "192.0.2.0/24".to_owned());
            Box::pin(async move { store.commit(Batch::of(MeetVisitor { id, network, at })).await })
        });
        let made = all.iter().filter(|done| done.as_ref().unwrap().get::<Visitor>(&id).is_some()).count();
        assert_eq!(made, 1, "so many of 64 made the visitor, and the others found one");
    }
    // who comes later changes nothing, and is not refused
    let id = VisitorId::from_uuid(uuid::Uuid::from_bytes([9; 16]));
    bench.commit(Batch::of(OpenVisitor { id, network: "192.0.2.0/24".into(), at: bench.now() })).await.unwrap();
    let known = bench.store.visitor(id).await.unwrap();
    bench.tick();
    let meet = MeetVisitor { id, network: "198.51.100.0/24".into(), at: bench.now() };
    bench.commit(Batch::of(meet)).await.unwrap();
    assert_eq!(bench.store.visitor(id).await.unwrap(), known);
    assert_eq!(bench.count(Kind::Visitor).await, 5);
}

/// Whoever registers with a name alone.
async fn registered(bench: &Bench<'_>, name: String) -> UserId {
    let id = UserId::mint(bench.now(), &*bench.ids);
    let (secret, role, at) = ("$argon2id$".to_owned(), AccountRole::User, bench.now());
    let new = RegisterUser { id, username: Some(name), email: None, secret, role, at };
    bench.commit(Batch::of(new)).await.unwrap();
    id
}

pub(super) async fn one_address_one_claim(bench: Bench<'_>) {
    let mut users = Vec::new();
    for n in 0..8 {
        users.push(registered(&bench, format!("user-{n}")).await);
    }
    let (store, at) = (bench.store.clone(), bench.now());
    // each user wants each address: one of them gets one of them
    let all = race(&bench, |n| {
        let (store, user) = (store.clone(), users[n % 8]);
        let email = format!("Somebody-{}@Example.com", n / 8);
        Box::pin(async move { store.commit(Batch::of(ClaimEmail { user, email, at })).await })
    });
    let refused = |done: &Result<_, StoreError>| {
        let lost = done.as_ref().err().and_then(StoreError::conflict);
        matches!(lost, Some(Conflict::Exists(Kind::Identity)))
    };
    let won = all.iter().filter(|done| done.is_ok()).count();
    assert!(all.iter().all(|done| done.is_ok() || refused(done)), "somebody was refused for another reason");
    let mut owners = 0;
    for n in 0..8 {
        let key = IdentityKey::email(&format!("somebody-{n}@example.com"));
        let Some(claimed) = bench.store.identity(&key).await.unwrap() else { continue };
        let owner = bench.store.user(claimed.user).await.unwrap().unwrap();
        let own = owner.email.as_deref().map(IdentityKey::email);
        assert_eq!(
            (own, claimed.verified_at),
            (Some(key), None),
            "an address leads to whoever has it, not shown to be theirs"
        );
        owners += 1;
    }
    assert_eq!(owners, won, "as many addresses are somebody's as were got");
    let mut with_address = 0;
    for id in &users {
        with_address += usize::from(bench.store.user(*id).await.unwrap().unwrap().email.is_some());
    }
    assert_eq!(with_address, won, "nobody has two, and none has been lost");
}

pub(super) async fn a_password_that_changed_stays(bench: Bench<'_>) {
    for round in 0..4 {
        let user = registered(&bench, format!("user-{round}")).await;
        let (store, at) = (bench.store.clone(), bench.now());
        // one changes it, while the others renew the hash that they looked at
        let all = race(&bench, |n| {
            let (store, secret) = (store.clone(), format!("secret-{n}"));
            let batch = match n {
                17 => Batch::of(SetPassword { user, secret, keep: None, at }),
                _ => Batch::of(RenewSecret { user, old: "$argon2id$".to_owned(), new: secret }),
            };
            Box::pin(async move { store.commit(batch).await })
        });
        assert!(all.iter().all(Result::is_ok), "nobody is refused");
        let kept = bench.store.identity(&IdentityKey::Password(user)).await.unwrap().unwrap();
        assert_eq!(kept.secret.as_deref(), Some("secret-17"), "what somebody set was overwritten");
    }
}

pub(super) async fn one_place_one_welcome(bench: Bench<'_>) {
    let ledger = Ledger::new(bench.store.clone(), Arc::new(bench.clock.clone()), CreditRules::default());
    let start = ledger.balance(user(70).subject()).await.unwrap().available;
    for owner in [70, 71, 72, 73].map(user) {
        let owner = owner.subject();
        // under other terms by now, and in other places
        let all = race(&bench, |n| {
            let (ledger, n) = (ledger.clone(), i64::try_from(n).unwrap());
            let amount = Credit::from_micros(if n % 4 == 0 { 100 } else { 40 });
            Box::pin(async move { ledger.welcome(owner, &format!("place-{}", n % 4), amount).await })
        });
        assert!(all.iter().all(Result::is_ok), "somebody who comes at once with others is welcome, too");
        let given = Credit::from_micros(100 + 3 * 40);
        let balance = ledger.balance(owner).await.unwrap().available;
        assert_eq!(balance.as_micros(), start.as_micros() + given.as_micros(), "once in each of four places");
        assert!(ledger.verify(owner).await.unwrap().matches);
    }
    // who brings along what they had elsewhere, nothing too, gets that in place of a welcome
    for (had, owner) in [(0, 74), (7, 75)] {
        let owner = user(owner).subject();
        assert!(ledger.bring(owner, "place", Credit::from_micros(had)).await.unwrap());
        let all = race(&bench, |n| {
            let (ledger, amount) = (ledger.clone(), Credit::from_micros(i64::try_from(n).unwrap()));
            Box::pin(async move {
                ledger.welcome(owner, "place", amount).await.unwrap();
                ledger.bring(owner, "place", amount).await.unwrap()
            })
        });
        assert!(all.iter().all(|booked| !booked), "what was brought along is booked once");
        assert_eq!(ledger.balance(owner).await.unwrap().available.as_micros(), start.as_micros() + had);
        assert!(ledger.verify(owner).await.unwrap().matches);
    }
}

/// A front end may have prices of its own, beside those of the service.
pub(super) async fn prices_that_turns_bring_are_covered(bench: Bench<'_>) {
    let chat = with_terms(&bench, Terms::new(PlanTable::default()));
    let ledger = Ledger::new(bench.store.clone(), Arc::new(bench.clock.clone()), CreditRules::default());
    let amount = Credit::from_micros(10);
    let prices = Arc::new(PriceTable::new("shop/10", Charging::PerRequest { amount }, [].into()).unwrap());
    let owner = bench.caller.subject();
    let before = ledger.balance(owner).await.unwrap().available.as_micros();
    ledger.welcome(owner, "shop", Credit::from_micros(105 - before)).await.unwrap();
    let id = bench.conversation().await;
    // each at the root, so that nobody is in anybody's way
    let say = || Say { ask: Ask { prices: Some(prices.clone()), ..Ask::default() }, ..question() };
    let all = join_all((0..64).map(|_| chat.send(&bench.caller, id, say()))).await;
    let (begun, refused): (Vec<_>, Vec<_>) = all.into_iter().partition(Result::is_ok);
    assert_eq!(begun.len(), 10, "of 64 turns at once so many began");
    for turn in refused {
        assert!(matches!(&turn, Err(Error::InsufficientCredit { .. })), "refused for another reason: {:?}", turn.err());
    }
    join_all(begun.into_iter().map(|turn| turn.unwrap().driver)).await;
    assert_eq!(ledger.balance(owner).await.unwrap().available, Credit::from_micros(5));
    // the service itself takes nothing
    chat.send(&bench.caller, id, "free").await.unwrap().driver.await;
    assert_eq!(ledger.balance(owner).await.unwrap().available, Credit::from_micros(5));
    // and what was used is counted, whether or not anything limits it
    let used = chat.used(&bench.caller, &[Meter::Messages]).await.unwrap();
    assert_eq!(used.iter().map(|state| (state.meter, state.used)).collect::<Vec<_>>(), [(Meter::Messages, 11)]);
    expect_nothing_held(&bench).await;
}

pub(super) async fn files_that_come_at_once_are_all_there(bench: Bench<'_>) {
    let blobs = Arc::new(MemoryBlobs::default());
    let clock = Arc::new(bench.clock.clone());
    let files = Attachments::new(bench.store.clone(), clock, bench.ids.clone(), blobs, |_| None).unwrap();
    let mut ids = Vec::new();
    for n in 0..16 {
        let bytes = futures::stream::iter([Ok(format!("file {n}").into_bytes())]);
        ids.push(files.upload(&bench.caller, "a.txt", bytes).await.unwrap().id);
    }
    let conversation = bench.conversation().await;
    let said = message(Parent::Head, Role::User, "look");
    let said = bench.conversations().append(&bench.caller, conversation, said).await.unwrap().message.id;
    let (service, caller) = (bench.conversations().clone(), bench.caller.clone());
    // each of them four times
    let all = race(&bench, |n| {
        let (service, caller, file) = (service.clone(), caller.clone(), ids[n % 16]);
        Box::pin(async move { service.attach(&caller, said, file).await })
    });
    assert!(all.iter().all(Result::is_ok), "a file was refused");
    let Message { parts, .. } = bench.view(said).await.message;
    let mut named: Vec<_> = parts.iter().filter_map(crate::conversation::Part::attachment).collect();
    named.sort_unstable();
    let mut wanted = ids.clone();
    wanted.sort_unstable();
    assert_eq!(named, wanted, "each is named, once");
    for id in ids {
        let file = bench.store.attachment(id).await.unwrap().unwrap();
        assert_eq!((file.links, file.state), (1, AttachmentState::Ready));
    }
    // nobody attaches to what is not theirs, to what a model said, or what is not there
    let service = bench.conversations();
    assert!(matches!(service.attach(&user(99), said, wanted[0]).await, Err(Error::NotFound(_))));
    let nothing = crate::id::AttachmentId::mint(bench.now(), &*bench.ids);
    assert!(matches!(service.attach(&bench.caller, said, nothing).await, Err(Error::NotFound(_))));
    let answer = message(Parent::Head, Role::Assistant, "well");
    let answer = service.append(&bench.caller, conversation, answer).await.unwrap().message.id;
    assert!(matches!(service.attach(&bench.caller, answer, wanted[0]).await, Err(Error::Invalid { .. })));
}
