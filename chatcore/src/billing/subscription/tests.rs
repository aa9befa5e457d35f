use super::*;
use crate::billing::gateway::SnapshotStatus;
use crate::testing::user;

const DAY: i64 = 86_400_000_000;

fn day(n: i64) -> Timestamp {
    Timestamp::from_micros(n * DAY)
}

fn snapshot(status: SnapshotStatus) -> Snapshot {
    Snapshot {
        id: "sub_1".into(),
        customer: "cus_1".into(),
        price: "price_1".into(),
        status,
        period_start: day(0),
        period_end: day(30),
        trial_end: None,
        cancel_at_period_end: false,
        ended_at: None,
    }
}

fn pro() -> PlanId {
    PlanId("pro".into())
}

fn begun(snapshot: &Snapshot) -> Subscription {
    Subscription::begin(snapshot, user(1).subject(), pro(), Grace::days(7), day(0)).unwrap()
}

fn then(it: &Subscription, snapshot: &Snapshot) -> Result<Subscription, TransitionError> {
    it.advance(snapshot, pro(), Grace::days(7), day(1))
}

/// One snapshot that shows each state.
fn showing(state: SubscriptionState) -> Snapshot {
    match state {
        SubscriptionState::Pending => snapshot(SnapshotStatus::Incomplete),
        SubscriptionState::Trial => Snapshot { trial_end: Some(day(14)), ..snapshot(SnapshotStatus::Trialing) },
        SubscriptionState::Active => snapshot(SnapshotStatus::Active),
        SubscriptionState::PastDue => snapshot(SnapshotStatus::PastDue),
        SubscriptionState::Cancelled => Snapshot { cancel_at_period_end: true, ..snapshot(SnapshotStatus::Active) },
        SubscriptionState::Suspended => snapshot(SnapshotStatus::Unpaid),
        SubscriptionState::Ended => Snapshot { ended_at: Some(day(3)), ..snapshot(SnapshotStatus::Canceled) },
    }
}

#[test]
fn each_state_entitles_until_its_end() {
    let ends = [
        (SubscriptionState::Pending, None),
        (SubscriptionState::Trial, Some(day(21))),
        (SubscriptionState::Active, Some(day(37))),
        (SubscriptionState::PastDue, Some(day(7))),
        (SubscriptionState::Cancelled, Some(day(30))),
        (SubscriptionState::Suspended, None),
        (SubscriptionState::Ended, None),
    ];
    for (state, until) in ends {
        let it = begun(&showing(state));
        assert_eq!((it.state, it.until), (state, until));
        assert_eq!(it.basis(day(0)).and_then(|basis| basis.until), until);
    }
    let last = Snapshot { cancel_at_period_end: true, period_end: day(5), ..showing(SubscriptionState::PastDue) };
    assert_eq!(begun(&last).until, Some(day(5)), "grace does not outlast what was cancelled");
    assert_eq!(begun(&snapshot(SnapshotStatus::Paused)).state, SubscriptionState::Suspended);
}

#[test]
fn every_way_between_states_is_open_but_back_to_the_beginning_and_out_of_the_end() {
    for from in SubscriptionState::ALL {
        for to in SubscriptionState::ALL {
            let next = then(&begun(&showing(from)), &showing(to)).map(|next| next.state);
            let expected = match (from, to) {
                (SubscriptionState::Ended, _) => Err(TransitionError::Ended),
                (SubscriptionState::Pending, to) => Ok(to),
                (_, SubscriptionState::Pending) => Err(TransitionError::Begun),
                (_, to) => Ok(to),
            };
            assert_eq!(next, expected, "{from:?} to {to:?}");
        }
    }
}

#[test]
fn a_snapshot_of_something_else_is_refused() {
    let it = begun(&showing(SubscriptionState::Active));
    let other = Snapshot { id: "sub_2".into(), ..showing(SubscriptionState::Active) };
    assert_eq!(then(&it, &other), Err(TransitionError::Another));
    let other = Snapshot { customer: "cus_2".into(), ..showing(SubscriptionState::Active) };
    assert_eq!(then(&it, &other), Err(TransitionError::Another));
    let inverted = Snapshot { period_end: day(-1), ..showing(SubscriptionState::Active) };
    assert_eq!(then(&it, &inverted), Err(TransitionError::Period));
    let first = Subscription::begin(&inverted, user(1).subject(), pro(), Grace::default(), day(0));
    assert_eq!(first, Err(TransitionError::Period));
}

#[test]
fn time_alone_suspends_and_a_payment_wakes_up() {
    for state in SubscriptionState::ALL {
        let it = begun(&showing(state));
        let Some(until) = it.until else {
            assert_eq!(it.lapse(Timestamp::MAX), None);
            continue;
        };
        assert_eq!(it.lapse(Timestamp::from_micros(until.as_micros() - 1)), None);
        let lapsed = it.lapse(until).unwrap();
        assert_eq!((lapsed.state, lapsed.until), (SubscriptionState::Suspended, None));
        let renewed = Snapshot { period_start: day(30), period_end: day(60), ..showing(SubscriptionState::Active) };
        assert_eq!(then(&lapsed, &renewed).unwrap().until, Some(day(67)));
    }
}

#[test]
fn of_several_the_one_that_was_paid_for_last_counts() {
    let old = begun(&showing(SubscriptionState::Active));
    let young = Subscription { id: "sub_0".into(), period_start: day(9), ..old.clone() };
    let over = Subscription { id: "sub_3".into(), period_start: day(10), until: None, ..old.clone() };
    let twin = Subscription { id: "sub_2".into(), ..old.clone() };
    let best = |all: &[Subscription]| Subscription::best(all).map(|one| one.id.clone());
    assert_eq!(best(&[old.clone(), young.clone(), over.clone()]).as_deref(), Some("sub_0"));
    assert_eq!(best(&[over, young, old.clone()]).as_deref(), Some("sub_0"));
    assert_eq!(best(&[twin.clone(), old.clone()]), best(&[old, twin]), "in whatever order they come");
    assert_eq!(best(&[]), None);
}
