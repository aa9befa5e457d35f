//! A history against a list of all that happened.

use proptest::prelude::*;

use super::*;
use crate::quota::Meter;

fn at(minutes: i64) -> Timestamp {
    Timestamp::from_micros(minutes * MINUTE)
}

fn tokens(tokens: u64) -> Amounts {
    Amounts { tokens, messages: 1, ..Amounts::default() }
}

/// 2026-03-02T00:00:00Z, a Monday, in minutes.
const MONDAY: i64 = 29_540_160;

/// All windows that a rule may have, but for those of so many hours.
fn calendars() -> Vec<Window> {
    let units = [Unit::Minute, Unit::Hour, Unit::Day, Unit::Week, Unit::Month];
    units.into_iter().flat_map(|unit| [Window::Fixed(unit), Window::Calendar(unit)]).collect()
}

#[test]
fn slices_grow_with_age_and_windows_stay_right() {
    let (mut history, zone) = (History::default(), Zone::UTC);
    history.book(tokens(1), at(MONDAY), &zone);
    history.book(tokens(2), at(MONDAY + 1), &zone);
    assert_eq!(history.slices.len(), 2);
    history.book(tokens(4), at(MONDAY + 90), &zone);
    assert_eq!(history.slices.len(), 2, "the first two are one quarter now");
    let used = |window: Window, minutes: i64| history.used(window, &zone, at(minutes)).tokens;
    assert_eq!(used(Window::Fixed(Unit::Minute), MONDAY + 90), 4);
    assert_eq!(used(Window::Fixed(Unit::Hour), MONDAY + 90), 4);
    assert_eq!(used(Window::Fixed(Unit::Day), MONDAY + 90), 7);
    assert_eq!(used(Window::Fixed(Unit::Day), MONDAY + 24 * 60), 0);
    assert_eq!(used(Window::Rolling { hours: 1 }, MONDAY + 74), 7, "a quarter that lies partly inside");
    assert_eq!(used(Window::Rolling { hours: 1 }, MONDAY + 75), 4);
    assert_eq!(used(Window::Lifetime, i64::MAX / MINUTE), 7);
}

#[test]
fn what_is_stored_is_small_and_comes_back() {
    let mut history = History::default();
    assert_eq!(serde_json::to_string(&history).unwrap(), r#"{"total":{}}"#);
    // a message in every quarter of an hour that a person is awake, for three months
    for quarter in (0..96 * 90).filter(|quarter| quarter % 96 > 36) {
        let used = Amounts { messages: 1, requests: 1, tokens: 12_345, cost: 0, api_calls: 1 };
        history.book(used, at(MONDAY + quarter * QUARTER), &Zone::named("Europe/Berlin").unwrap());
    }
    let stored = serde_json::to_string(&history).unwrap();
    assert!(stored.len() < 6_000, "{} bytes: {stored}", stored.len());
    assert_eq!(serde_json::from_str::<History>(&stored).unwrap(), history);
}

#[test]
fn odd_moments_and_amounts_do_no_harm() {
    let mut history = History::default();
    for micros in [i64::MIN, -1, 0, i64::MAX, 5] {
        history.book(tokens(u64::MAX), Timestamp::from_micros(micros), &Zone::UTC);
    }
    assert_eq!(history.total().tokens, i64::MAX.cast_unsigned());
    assert!(history.is_whole());
    let damaged = History { total: Amounts::default(), ..history };
    assert!(!damaged.is_whole() && damaged.made_whole().is_whole());
}

/// What was used at some minutes, in order.
fn events() -> impl Strategy<Value = Vec<(i64, u64)>> {
    prop::collection::vec((prop_oneof![0..3_i64, 0..90_i64, 0..4_000_i64], 1..50_u64), 1..120).prop_map(|steps| {
        let mut now = MONDAY;
        let event = |(pause, tokens)| {
            now += pause;
            (now, tokens)
        };
        steps.into_iter().map(event).collect()
    })
}

proptest! {
    /// A window of a calendar holds exactly what was used in it, however coarse the slices are by then.
    #[test]
    fn calendars_are_exact(
        events in events(),
        later in 0..3_000_i64,
        zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "Asia/Kathmandu", "America/Los_Angeles"]),
    ) {
        let (mut history, zone) = (History::default(), Zone::named(zone).unwrap());
        events.iter().for_each(|(minute, used)| history.book(tokens(*used), at(*minute), &zone));
        let now = at(events.last().unwrap().0 + later);
        for window in calendars() {
            let start = window.span(&zone, now).start;
            let exact: u64 = events.iter().filter(|(minute, _)| at(*minute) >= start).map(|(_, used)| used).sum();
            prop_assert_eq!(history.used(window, &zone, now).of(Meter::Tokens), exact, "{}", window);
        }
        prop_assert_eq!(history.total().messages, events.len() as u64);
        prop_assert!(history.is_whole());
    }

    /// The last so many hours hold at least what was used in them, and no more than a slice beyond.
    #[test]
    fn rolling_windows_are_strict_and_no_more(events in events(), hours in 1..1_464_u16, later in 0..3_000_i64) {
        let (mut history, zone) = (History::default(), Zone::UTC);
        events.iter().for_each(|(minute, used)| history.book(tokens(*used), at(*minute), &zone));
        let now = events.last().unwrap().0 + later;
        let within = |reach: i64| -> u64 {
            let start = now - i64::from(hours) * 60 - reach;
            events.iter().filter(|(minute, _)| *minute + 1 > start).map(|(_, used)| used).sum()
        };
        let used = history.used(Window::Rolling { hours }, &zone, at(now)).tokens;
        prop_assert!(used >= within(0), "{used} of {}", within(0));
        prop_assert!(used <= within(24 * 60), "{used}, and a day more has {}", within(24 * 60));
        let leaves = history.leaving(hours, at(now));
        prop_assert!(leaves.iter().all(|(when, _)| *when > at(now)));
        for (when, _) in &leaves {
            // it counts a moment before, and at that moment no more
            let before = history.used(Window::Rolling { hours }, &zone, Timestamp::from_micros(when.as_micros() - 1));
            let after = history.used(Window::Rolling { hours }, &zone, *when);
            prop_assert!(after.tokens < before.tokens);
        }
    }

    /// Two that are one used what both used.
    #[test]
    fn whoever_takes_over_another_has_used_what_both_did(one in events(), other in events(), later in 0..3_000_i64) {
        let zone = Zone::named("Europe/Berlin").unwrap();
        let of = |events: &[(i64, u64)]| {
            let mut history = History::default();
            events.iter().for_each(|(minute, used)| history.book(tokens(*used), at(*minute), &zone));
            history
        };
        let now = at(one.last().unwrap().0.max(other.last().unwrap().0) + later);
        let (mut both, theirs) = (of(&one), of(&other));
        let expected: Vec<u64> = calendars()
            .into_iter()
            .map(|window| both.used(window, &zone, now).tokens + theirs.used(window, &zone, now).tokens)
            .collect();
        both.absorb(theirs, now, &zone);
        let found: Vec<u64> = calendars().into_iter().map(|window| both.used(window, &zone, now).tokens).collect();
        prop_assert_eq!(found, expected);
        let stored = serde_json::to_vec(&both).unwrap();
        prop_assert_eq!(serde_json::from_slice::<History>(&stored).unwrap(), both);
    }
}
