//! Plans and entitlements, by the hand of those who run the service and of those who use it.

use chatcore::account::{AccountRole, Caller, RegisterUser, Scope};
use chatcore::billing::{BillingStore, Deed, Edit};
use chatcore::quota::{LimitRule, Meter, Unit, Window};
use chatcore::store::{Batch, Commit};
use chatcore::testing::{user, visitor};
use chatcore::{ApiKeyId, Error, SessionId, Subject, UserId};
use futures::executor::block_on;
use uuid::Uuid;

use crate::world::{DAY, World, id, plan};

fn user_id(caller: &Caller) -> UserId {
    caller.user_id().unwrap()
}

/// Registers somebody, and signs them in.
fn registered(world: &World, caller: &Caller, name: &str, role: AccountRole) -> Caller {
    let (id, secret) = (user_id(caller), "hash".to_owned());
    let new = RegisterUser { id, username: Some(name.into()), email: None, secret, role, at: world.now() };
    block_on(world.store.commit(Batch::of(new))).unwrap();
    Caller::session(id, SessionId::from_uuid(Uuid::from_u128(1)), role)
}

fn daily(limit: u64) -> LimitRule {
    LimitRule {
        meter: Meter::Messages,
        window: Window::Fixed(Unit::Day),
        scope: chatcore::quota::Scope::Subject,
        model: None,
        limit,
    }
}

#[test]
fn staff_give_a_plan_above_what_is_paid_for() {
    let world = World::new();
    let ann = registered(&world, &world.ann, "ann", AccountRole::User);
    let admin = registered(&world, &user(2), "admin", AccountRole::Admin);
    world.ann_buys_pro();
    let give = |by: &Caller, plan: &str| {
        let edits = vec![Edit::Give(id(plan), Some(world.day(3))), Edit::Overrides(vec![daily(7)])];
        block_on(world.billing.change_entitlement(Some(by), ann.subject(), edits, Some("as agreed")))
    };
    assert!(matches!(give(&ann, "max"), Err(Error::Denied)));
    assert!(matches!(give(&admin, "none"), Err(Error::Invalid { field: "plan", .. })));
    let given = give(&admin, "max").unwrap();
    assert_eq!((given.overrides, given.version), (vec![daily(7)], 2));
    assert_eq!(world.plan(), "max");
    world.clock.advance(DAY * 3);
    assert_eq!(world.plan(), "pro", "what is paid for counts again");
    let taken = world.billing.change_entitlement(Some(&admin), ann.subject(), vec![Edit::TakeBack], None);
    let taken = block_on(taken).unwrap();
    assert_eq!(taken.plan, Some(id("pro")));
    let told: Vec<_> = taken.notes.iter().map(|note| (note.by, note.reason.as_deref(), note.deeds.clone())).collect();
    let given = (admin.user_id(), Some("as agreed"), vec![Deed::Gave(id("max")), Deed::Overrides]);
    assert_eq!(told, [given, (admin.user_id(), None, vec![Deed::TookBack])], "who did it, and why");
    let nobody = user(9).subject();
    let nobody = block_on(world.billing.change_entitlement(Some(&admin), nobody, vec![Edit::TakeBack], None));
    assert!(matches!(nobody, Err(Error::NotFound("user"))));
}

#[test]
fn rules_that_contradict_each_other_are_refused() {
    let world = World::new();
    let edits = vec![Edit::Overrides(vec![daily(7), daily(8)])];
    let refused = block_on(world.billing.change_entitlement(None, visitor(1).subject(), edits, None));
    assert!(matches!(refused, Err(Error::Invalid { field: "overrides", .. })));
}

#[test]
fn people_set_their_own_cap_and_time_zone() {
    let world = World::new();
    let Subject::User(ann) = world.ann.subject() else { unreachable!() };
    let billing = &world.billing;
    assert_eq!(block_on(billing.set_cap(&world.ann, Some(5_000_000))).unwrap().cap, Some(5_000_000));
    let zone = block_on(billing.set_time_zone(&world.ann, Some("Europe/Berlin".into()))).unwrap();
    assert_eq!((zone.cap, zone.time_zone.as_deref()), (Some(5_000_000), Some("Europe/Berlin")));
    assert_eq!(block_on(billing.set_cap(&world.ann, None)).unwrap().cap, None);
    let wrong = block_on(billing.set_time_zone(&world.ann, Some("nowhere at all".into())));
    assert!(matches!(wrong, Err(Error::Invalid { field: "time_zone", .. })));
    let key = Caller::api_key(ann, ApiKeyId::from_uuid(Uuid::from_u128(1)), vec![Scope::Read, Scope::Account]);
    for caller in [visitor(1), key] {
        assert!(matches!(block_on(billing.set_cap(&caller, None)), Err(Error::Denied)));
    }
}

#[test]
fn plans_have_numbers_for_good_and_staff_may_change_them() {
    let world = World::new();
    let billing = &world.billing;
    block_on(billing.number_plans()).unwrap();
    block_on(billing.number_plans()).unwrap();
    let numbers = |names: &[&str]| {
        let book = block_on(billing.book()).unwrap();
        names.iter().map(|name| book.number(&id(name))).collect::<Vec<_>>()
    };
    assert_eq!(numbers(&["free", "pro", "max"]), [Some(1), Some(2), Some(3)]);
    let staff = Caller::session(user_id(&user(2)), SessionId::from_uuid(Uuid::from_u128(1)), AccountRole::Staff);
    let denied = block_on(billing.put_plan(Some(&staff), plan("team", None), None));
    assert!(matches!(denied, Err(Error::Denied)));
    let stored = block_on(billing.put_plan(None, plan("team", None), Some(0))).unwrap();
    assert_eq!((stored.number, stored.version), (4, 1));
    let late = block_on(billing.put_plan(None, plan("team", None), Some(0)));
    assert!(matches!(late, Err(Error::StaleVersion)));
    let clash = block_on(billing.put_plan(None, plan("team", Some("price_pro")), None));
    assert!(matches!(clash, Err(Error::Invalid { field: "plan", .. })));
    block_on(billing.withdraw_plan(None, id("team"), Some(1))).unwrap();
    assert!(block_on(billing.book()).unwrap().get(&id("team")).is_none());
    assert_eq!(block_on(world.store.plan(&id("team"))).unwrap().unwrap().number, 4, "its number is nobody else's");
    let never = block_on(billing.withdraw_plan(None, id("never"), None));
    assert!(matches!(never, Err(Error::NotFound("plan"))));
}
