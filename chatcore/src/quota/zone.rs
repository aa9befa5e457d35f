//! Time zones, and where the stretches of their calendars begin and end.

use jiff::tz::TimeZone;
use jiff::{Span as Length, ToSpan};

use super::window::Unit;
use crate::clock::Timestamp;

/// A time zone.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Zone(TimeZone);

/// No time zone has that name.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("there is no time zone named `{0}`: `Europe/Berlin` and `UTC` are some")]
pub struct ZoneError(String);

/// Time from a moment to another: `start` lies in it, `end` does not.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Span {
    /// When it begins.
    pub start: Timestamp,
    /// When it ends.
    pub end: Timestamp,
}

impl Span {
    /// All time.
    pub const ALWAYS: Self = Self { start: Timestamp::from_micros(i64::MIN), end: Timestamp::MAX };
}

impl Zone {
    /// Where nobody said which.
    pub const UTC: Self = Self(TimeZone::UTC);

    /// The zone of that name in the IANA database, whatever the case.
    ///
    /// # Errors
    /// [`ZoneError`].
    pub fn named(name: &str) -> Result<Self, ZoneError> {
        TimeZone::get(name).map(Self).map_err(|_| ZoneError(name.to_owned()))
    }

    /// The stretch of the calendar that a moment lies in; all time for a moment that no calendar has.
    #[must_use]
    pub fn stretch(&self, unit: Unit, at: Timestamp) -> Span {
        let span = match unit {
            Unit::Minute => self.clock(at, 60),
            Unit::Hour => self.clock(at, 3600),
            Unit::Day => self.days(at, |_| 0, 1.day()),
            Unit::Week => self.days(at, |date| date.weekday().to_monday_zero_offset(), 1.week()),
            Unit::Month => self.days(at, |date| date.day() - 1, 1.month()),
        };
        span.unwrap_or(Span::ALWAYS)
    }

    /// A stretch of a clock on the wall there.
    fn clock(&self, at: Timestamp, seconds: i64) -> Option<Span> {
        let offset = self.0.to_offset(moment(at)?).seconds();
        let (offset, length) = (i64::from(offset).checked_mul(1_000_000)?, seconds.checked_mul(1_000_000)?);
        let late = at.as_micros().checked_add(offset)?.rem_euclid(length);
        let start = at.as_micros().checked_sub(late)?;
        Some(Span { start: Timestamp::from_micros(start), end: Timestamp::from_micros(start.checked_add(length)?) })
    }

    /// From the midnight so many days before the moment's own to the one that lies so much behind that. In some zones a day
    /// has 23 or 25 hours twice a year, and some days begin at one o'clock.
    fn days(&self, at: Timestamp, before: impl Fn(jiff::civil::Date) -> i8, length: Length) -> Option<Span> {
        let date = self.0.to_datetime(moment(at)?).date();
        let first = date.checked_sub(i64::from(before(date)).days()).ok()?;
        let midnight = |date: jiff::civil::Date| {
            let midnight = date.to_zoned(self.0.clone()).ok()?;
            Some(Timestamp::from_micros(midnight.timestamp().as_microsecond()))
        };
        Some(Span { start: midnight(first)?, end: midnight(first.checked_add(length).ok()?)? })
    }
}

fn moment(at: Timestamp) -> Option<jiff::Timestamp> {
    jiff::Timestamp::from_microsecond(at.as_micros()).ok()
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    const UNITS: [Unit; 5] = [Unit::Minute, Unit::Hour, Unit::Day, Unit::Week, Unit::Month];

    fn at(text: &str) -> Timestamp {
        text.parse().unwrap()
    }

    #[track_caller]
    fn expect(zone: &str, unit: Unit, now: &str, start: &str, end: &str) {
        let span = Zone::named(zone).unwrap().stretch(unit, at(now));
        assert_eq!((span.start.to_string(), span.end.to_string()), (at(start).to_string(), at(end).to_string()));
    }

    #[test]
    fn stretches_are_those_of_the_calendar_on_the_wall() {
        let now = "2026-03-29T10:20:30Z";
        expect("UTC", Unit::Minute, now, "2026-03-29T10:20:00Z", "2026-03-29T10:21:00Z");
        expect("UTC", Unit::Week, now, "2026-03-23T00:00:00Z", "2026-03-30T00:00:00Z");
        // clocks went forward that night
        expect("Europe/Berlin", Unit::Day, now, "2026-03-28T23:00:00Z", "2026-03-29T22:00:00Z");
        expect("europe/berlin", Unit::Month, now, "2026-02-28T23:00:00Z", "2026-03-31T22:00:00Z");
        expect("Asia/Kathmandu", Unit::Hour, now, "2026-03-29T10:15:00Z", "2026-03-29T11:15:00Z");
        // a day that begins at one o'clock, because midnight was skipped
        let spring = "2026-04-24T12:00:00Z";
        expect("Africa/Cairo", Unit::Day, spring, "2026-04-23T22:00:00Z", "2026-04-24T21:00:00Z");
    }

    #[test]
    fn names_that_nobody_has_are_refused() {
        for name in ["Europe/Nowhere", "", "../etc/passwd", "CEST+"] {
            assert!(Zone::named(name).is_err(), "{name}");
        }
    }

    proptest! {
        #[test]
        fn a_moment_lies_in_its_stretch_and_stretches_join(
            zone in prop::sample::select(vec!["UTC", "Europe/Berlin", "America/St_Johns", "Australia/Lord_Howe", "Asia/Kathmandu"]),
            micros in 1_500_000_000_000_000_i64..2_000_000_000_000_000,
        ) {
            let (zone, now) = (Zone::named(zone).unwrap(), Timestamp::from_micros(micros));
            for unit in UNITS {
                let Span { start, end } = zone.stretch(unit, now);
                prop_assert!(start <= now && now < end, "{unit:?}: {start} {now} {end}");
                if !matches!(unit, Unit::Minute | Unit::Hour) {
                    prop_assert_eq!(zone.stretch(unit, end).start, end);
                }
            }
        }

        #[test]
        fn no_moment_is_too_odd(micros: i64) {
            for unit in UNITS {
                let span = Zone::named("America/New_York").unwrap().stretch(unit, Timestamp::from_micros(micros));
                prop_assert!(span.start < span.end);
            }
        }
    }
}
