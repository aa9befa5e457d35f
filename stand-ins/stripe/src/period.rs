//! How long a period is.

use serde_json::Value;
use time::{Month, OffsetDateTime, UtcDateTime};

const DAY: i64 = 24 * 60 * 60;

/// When the period that begins at a moment ends, by the price's `recurring`. A month that has no such day ends the period on
/// its last.
pub(crate) fn end(begin: i64, recurring: &Value) -> i64 {
    let count = recurring["interval_count"].as_i64().unwrap_or(1);
    match recurring["interval"].as_str() {
        Some("day") => begin + count * DAY,
        Some("week") => begin + count * 7 * DAY,
        Some("year") => months_later(begin, 12 * count),
        _ => months_later(begin, count),
    }
}

fn months_later(begin: i64, count: i64) -> i64 {
    later(begin, count).unwrap_or(begin + count * 30 * DAY)
}

fn later(begin: i64, count: i64) -> Option<i64> {
    let moment = OffsetDateTime::from_unix_timestamp(begin).ok()?;
    let months = i64::from(moment.year()) * 12 + i64::from(u8::from(moment.month())) - 1 + count;
    let year = i32::try_from(months.div_euclid(12)).ok()?;
    let month = Month::try_from(u8::try_from(months.rem_euclid(12) + 1).ok()?).ok()?;
    let day = moment.day().min(month.length(year));
    let date = time::Date::from_calendar_date(year, month, day).ok()?;
    Some(UtcDateTime::new(date, moment.time()).unix_timestamp())
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn months_are_those_of_the_calendar() {
        let january_31 = 1_738_281_600;
        assert_eq!(end(january_31, &json!({ "interval": "month" })), january_31 + 28 * DAY);
        assert_eq!(end(january_31, &json!({ "interval": "year" })), january_31 + 365 * DAY);
        assert_eq!(end(january_31, &json!({ "interval": "week", "interval_count": 2 })), january_31 + 14 * DAY);
    }
}
