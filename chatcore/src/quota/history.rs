//! What was used, by time: slices, finer the nearer they are, so that a window is a question that is asked of them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use super::meter::Amounts;
use super::window::{Unit, Window};
use super::zone::{Span, Zone};
use crate::clock::Timestamp;

/// What was used, when.
///
/// Of the last hour it is known by the minute, of the last day by the quarter of an hour, of the last 62 days by the day, and
/// all of it together for good. A day ends where one ends in UTC or in the subject's time zone, so both calendars'
/// stretches consist of whole slices. Slices in which nothing was used are not kept.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(from = "Packed", into = "Packed")]
pub struct History {
    /// All that was ever used.
    total: Amounts,
    /// By start.
    slices: Vec<Slice>,
}

/// What was used in a stretch of whole minutes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
struct Slice {
    /// In minutes since 1970.
    start: i64,
    /// In minutes.
    length: i64,
    used: Amounts,
}

impl Slice {
    const fn end(&self) -> i64 {
        self.start.saturating_add(self.length)
    }
}

const QUARTER: i64 = 15;
/// What lies so far back is known by the quarter of an hour: the last hour is known by the minute, wherever in its own
/// minute a question comes.
const MINUTES_FOR: i64 = 60 + 1;
/// What lies so far back is known by the day: the longest day is known by the quarter of an hour.
const QUARTERS_FOR: i64 = 25 * 60 + QUARTER;
/// What lies so far back is known no more, but for the total.
const DAYS_FOR: i64 = 62 * 24 * 60;

const MINUTE: i64 = 60_000_000;

const MINUTES_A_DAY: i64 = 24 * 60;

impl History {
    /// All that was ever used.
    #[must_use]
    pub const fn total(&self) -> Amounts {
        self.total
    }

    /// Notes what was used at a moment.
    pub fn book(&mut self, used: Amounts, at: Timestamp, zone: &Zone) {
        if used.is_nothing() {
            return;
        }
        self.total = self.total.plus(used);
        self.slices.push(Slice { start: at.as_micros().div_euclid(MINUTE), length: 1, used });
        self.merge(at, zone);
    }

    /// Takes over what somebody else used, who is the same person.
    pub fn absorb(&mut self, other: Self, at: Timestamp, zone: &Zone) {
        self.total = self.total.plus(other.total);
        self.slices.extend(other.slices);
        self.merge(at, zone);
    }

    /// What was used in the window that a moment lies in, and since: what another server's clock says is still to come
    /// counts. A slice that lies partly in a window counts wholly.
    #[must_use]
    pub fn used(&self, window: Window, zone: &Zone, at: Timestamp) -> Amounts {
        if window == Window::Lifetime {
            return self.total;
        }
        let start = window.span(zone, at).start;
        let inside = self.slices.iter().filter(|slice| moment(slice.end()) > start);
        inside.fold(Amounts::default(), |sum, slice| sum.plus(slice.used))
    }

    /// What was used in each day of UTC that is known by time, the oldest first. A slice counts for the day in which it
    /// begins.
    #[must_use]
    pub fn days(&self) -> BTreeMap<Timestamp, Amounts> {
        let mut days: BTreeMap<Timestamp, Amounts> = BTreeMap::new();
        for slice in &self.slices {
            let day = days.entry(moment(slice.start.div_euclid(MINUTES_A_DAY) * MINUTES_A_DAY)).or_default();
            *day = day.plus(slice.used);
        }
        days
    }

    /// When each part of what counts in the last so many hours does so no more, the oldest first.
    pub(super) fn leaving(&self, hours: u16, at: Timestamp) -> Vec<(Timestamp, Amounts)> {
        let window = Window::Rolling { hours };
        let start = window.span(&Zone::UTC, at).start;
        let length = i64::from(hours) * 60;
        let inside = self.slices.iter().filter(|slice| moment(slice.end()) > start);
        let leaves = |slice: &Slice| (moment(slice.end().saturating_add(length)), slice.used);
        let mut leaving: Vec<_> = inside.map(leaves).collect();
        // slices of two that became one may overlap
        leaving.sort_by_key(|(when, _)| *when);
        leaving
    }

    /// Whether the total is no less than what is known by time.
    pub(crate) fn is_whole(&self) -> bool {
        let sum = self.slices.iter().fold(Amounts::default(), |sum, slice| sum.plus(slice.used));
        sum.minus(self.total).is_nothing()
    }

    /// The same with a total that covers what is known by time.
    pub(crate) fn made_whole(mut self) -> Self {
        let sum = self.slices.iter().fold(Amounts::default(), |sum, slice| sum.plus(slice.used));
        self.total = self.total.plus(sum.minus(self.total));
        self
    }

    /// Merges slices as far as they may be by now, and leaves those out that are known no more.
    fn merge(&mut self, at: Timestamp, zone: &Zone) {
        let now = at.as_micros().div_euclid(MINUTE);
        let mut days = Days { zone, last: None };
        let coarser = |slice| coarser(slice, now, &mut days);
        let mut merged: Vec<Slice> = std::mem::take(&mut self.slices).into_iter().filter_map(coarser).collect();
        merged.sort_by_key(|slice| (slice.start, slice.length));
        merged.dedup_by(|next, first| {
            let same = (next.start, next.length) == (first.start, first.length);
            if same {
                first.used = first.used.plus(next.used);
            }
            same
        });
        self.slices = merged;
    }
}

/// The slice that one is a part of by now; `None` if it is too old. All of a quarter or a day is merged at once.
fn coarser(slice: Slice, now: i64, days: &mut Days<'_>) -> Option<Slice> {
    let age = |slice: &Slice| now.saturating_sub(slice.end());
    let quarter = Slice { start: slice.start.div_euclid(QUARTER) * QUARTER, length: QUARTER, ..slice };
    if slice.length < QUARTER && age(&quarter) < MINUTES_FOR {
        return Some(slice);
    }
    let slice = if slice.length < QUARTER { quarter } else { slice };
    if slice.length == QUARTER && age(&slice) >= QUARTERS_FOR {
        let day = days.of(slice);
        return if age(&day) >= QUARTERS_FOR { Some(day) } else { Some(slice) };
    }
    (age(&slice) < DAYS_FOR).then_some(slice)
}

/// Days that slices lie in. Neighbours share one, and a calendar is slow to ask.
struct Days<'a> {
    zone: &'a Zone,
    /// Start and end, in minutes.
    last: Option<(i64, i64)>,
}

impl Days<'_> {
    /// The day that a slice lies in: no longer than one of UTC, and than one of the zone.
    fn of(&mut self, slice: Slice) -> Slice {
        let known = self.last.filter(|(start, end)| (*start..*end).contains(&slice.start));
        let (start, end) = known.unwrap_or_else(|| {
            let at = moment(slice.start);
            let (one, other) = (Zone::UTC.stretch(Unit::Day, at), self.zone.stretch(Unit::Day, at));
            let minutes = |at: Timestamp| at.as_micros().div_euclid(MINUTE);
            (minutes(one.start.max(other.start)), minutes(one.end.min(other.end)))
        });
        self.last = Some((start, end));
        Slice { start, length: end.saturating_sub(start).max(slice.length), ..slice }
    }
}

const fn moment(minute: i64) -> Timestamp {
    Timestamp::from_micros(minute.saturating_mul(MINUTE))
}

impl Window {
    /// From when to when it goes that a moment lies in.
    #[must_use]
    pub fn span(self, zone: &Zone, at: Timestamp) -> Span {
        match self {
            Self::Fixed(unit) => Zone::UTC.stretch(unit, at),
            Self::Calendar(unit) => zone.stretch(unit, at),
            Self::Rolling { hours } => {
                let length = std::time::Duration::from_secs(u64::from(hours) * 3600);
                Span { start: at.minus(length), end: at }
            }
            Self::Lifetime => Span::ALWAYS,
        }
    }
}

/// As it is stored. A slice is a list: minutes since the start of the one before, its length in minutes, then messages,
/// requests, tokens, calls, cost; zeros at its end are left out.
#[derive(Default, Serialize, Deserialize)]
#[serde(default)]
struct Packed {
    total: Amounts,
    #[serde(skip_serializing_if = "Option::is_none")]
    from: Option<i64>,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    slices: Vec<Vec<u64>>,
}

impl From<History> for Packed {
    fn from(History { total, slices }: History) -> Self {
        let from = slices.first().map(|first| first.start);
        let mut before = from.unwrap_or_default();
        let pack = |Slice { start, length, used }: Slice| {
            let gap = start.saturating_sub(std::mem::replace(&mut before, start));
            let Amounts { messages, requests, tokens, cost, api_calls } = used;
            let times = [gap, length].map(|time| u64::try_from(time).unwrap_or_default());
            let mut packed: Vec<u64> = times.into_iter().chain([messages, requests, tokens, api_calls, cost]).collect();
            let last = packed.iter().rposition(|number| *number != 0);
            packed.truncate(last.map_or(0, |last| last + 1));
            packed
        };
        Self { total, from, slices: slices.into_iter().map(pack).collect() }
    }
}

impl From<Packed> for History {
    fn from(Packed { total, from, slices }: Packed) -> Self {
        let mut start = from.unwrap_or_default();
        let unpack = |packed: Vec<u64>| {
            let number = |at: usize| packed.get(at).copied().unwrap_or_default();
            let time = |at: usize| i64::try_from(number(at)).unwrap_or(i64::MAX);
            start = start.saturating_add(time(0));
            let used = Amounts {
                messages: number(2),
                requests: number(3),
                tokens: number(4),
                api_calls: number(5),
                cost: number(6),
            };
            Slice { start, length: time(1).max(1), used }
        };
        Self { total, slices: slices.into_iter().map(unpack).collect() }
    }
}

#[cfg(test)]
#[path = "history_tests.rs"]
mod tests;
